import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { besideTool, helpers } from "../src/internal/programs.js"

/** The lines between two fences that begin with the alias, without their common indentation. */
const ruleIn = (path: string): string => {
  const text = readFileSync(new URL(path, import.meta.url), "utf8")
  const [, indentation = "", rule = ""] = /^( *)```\n( *Cmnd_Alias PLOOP = [^`]*)^ *```$/m.exec(text) ?? []
  return rule.split("\n").map((line) => line.slice(indentation.length)).join("\n")
}

const rule = ruleIn("../README.md")

describe("the rule for sudo in the README", () => {
  it("names every program that the prefix runs, and no other", () => {
    const [, alias = ""] = /^Cmnd_Alias PLOOP = ((?:.*\\\n)*.*)$/m.exec(rule) ?? []
    const named = alias.split(",").map((path) => path.replace("\\\n", "").trim())
    assert.deepStrictEqual(named, ["ploop", ...besideTool, ...helpers].map((name) => `/usr/sbin/${name}`))
  })

  it("is also the one of the guide", () => {
    assert.strictEqual(ruleIn("../../../docs/guides.md"), rule)
  })
})

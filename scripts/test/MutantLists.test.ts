import { assert, describe, it } from "@effect/vitest"
import { Array, Record } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { sourcesOf } from "../mutants/broken.js"
import { Stale } from "../mutants/engine/Selection.js"
import * as syntax from "../mutants/engine/syntax.js"
import { mutants } from "../mutants/lists/index.js"

const byFile = Array.groupBy(mutants, (mutant) => join(sourcesOf(mutant.package), mutant.file))

describe("the lists of mutants", () => {
  for (const [file, own] of Record.toEntries(byFile)) {
    it(`fit the sources: ${own[0].package}/${own[0].file}`, () => {
      const source = syntax.parse(file, readFileSync(file, "utf8"))
      const stale = own.map((mutant) => [mutant.broken, mutant.edit(source)] as const)
        .flatMap(([broken, edit]) => edit instanceof Stale ? [`${broken}: ${edit.reason}`] : [])
      assert.deepStrictEqual(stale, [])
    })
  }

  it("name each mutant of a package once", () => {
    const names = mutants.map((mutant) => `${mutant.package}: ${mutant.broken}`)
    assert.deepStrictEqual(names.filter((name, index) => names.indexOf(name) !== index), [])
  })
})

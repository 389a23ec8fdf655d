import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { documentation } from "../checks/documentation.js"
import { program } from "../checks/sources.js"

const path = join(import.meta.dirname, "fixtures", "Options.ts")

const { problems } = documentation(program([path]), [path])

const of = (owner: string): ReadonlyArray<string> =>
  problems.filter((problem) => problem.includes(` ${owner}`)).map((problem) => problem.replace(/^.*?: /, ""))

describe("the documentation of a property", () => {
  it("is required for inherited properties too, and must say what happens when an option is left out", () => {
    expect(of("WithBaseOptions")).toEqual([
      "WithBaseOptions.silent can be left out, but its documentation does not say what happens then",
      "WithBaseOptions.bare has no documentation"
    ])
  })

  it("is required in every member of a union or intersection, except where a property must be left out", () => {
    expect(of("AliasOptions")).toEqual(["AliasOptions.other has no documentation"])
  })

  it("is required in options that a method declares inline", () => {
    expect(of("Service")).toEqual(["Service(options).inPlace has no documentation"])
  })

  it("is not required for a tag, a declaration of another package, or an alias that is not of options", () => {
    expect(of("Failure")).toEqual([])
    expect(of("Alias.")).toEqual([])
  })

  it("is reported by file and line", () => {
    expect(problems[0]).toMatch(/^scripts\/test\/fixtures\/Options\.ts:21: /)
  })
})

import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { documentation } from "../checks/documentation.js"
import { program } from "../checks/sources.js"

const path = join(import.meta.dirname, "fixtures", "Options.ts")

const { problems } = documentation(program([path]), [path])

const of = (owner: string): ReadonlyArray<string> =>
  problems.filter((problem) => problem.includes(` ${owner}`)).map((problem) => problem.replace(/^.*?: /, ""))

describe("the documentation of a property", () => {
  it("is missed where it was inherited without one, and an option says what it is when it is left out", () => {
    expect(of("WithBaseOptions")).toEqual([
      "WithBaseOptions.silent can be left out, and its documentation does not say what happens then",
      "WithBaseOptions.bare has no documentation"
    ])
  })

  it("is missed in every member of a union and an intersection, except where nothing can be given", () => {
    expect(of("AliasOptions")).toEqual(["AliasOptions.other has no documentation"])
  })

  it("is missed in options that a method declares in place", () => {
    expect(of("Service")).toEqual(["Service(options).inPlace has no documentation"])
  })

  it("is not asked of a tag, of what another package declares, and of an alias that names no options", () => {
    expect(of("Failure")).toEqual([])
    expect(of("Alias.")).toEqual([])
  })

  it("is named by the file and the line", () => {
    expect(problems[0]).toMatch(/^scripts\/test\/fixtures\/Options\.ts:21: /)
  })
})

/** Mutants that somebody wrote into a file of their own, as texts and what stands in their place. */
import { FileSystem } from "@effect/platform"
import { Effect, Schema } from "effect"
import type { Mutant } from "./engine/Mutant.js"
import { Stale } from "./engine/Selection.js"

const Written = Schema.Struct({
  package: Schema.Literal("core", "backend-cli", "backend-fake"),
  file: Schema.NonEmptyString,
  broken: Schema.NonEmptyString,
  find: Schema.NonEmptyString,
  put: Schema.String
})

const List = Schema.parseJson(Schema.Array(Written))

/** A text that is not there, or more than once, makes the mutant stale. */
const mutantOf = ({ find, put, ...named }: typeof Written.Type): Mutant => ({
  ...named,
  operation: "",
  edit: ({ text }) => {
    const places = text.split(find).length - 1
    const start = text.indexOf(find)
    return places === 1
      ? { start, end: start + find.length, text: put }
      : new Stale(`${places} places have the text`, [find])
  }
})

/** The mutants of a file. */
export const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return (yield* Schema.decode(List)(yield* fs.readFileString(file))).map(mutantOf)
  })

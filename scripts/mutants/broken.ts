/** Mutants with the text of the file that each breaks. */
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { join } from "node:path"
import type { Mutant, Package } from "./engine/Mutant.js"
import * as Engine from "./engine/Mutant.js"
import { Stale } from "./engine/Selection.js"
import type { Change } from "./judges/Verdict.js"

export const root = join(import.meta.dirname, "../..")

export const sourcesOf = (name: Package): string => join(root, "packages", name, "src")

export interface Broken {
  readonly mutant: Mutant
  readonly result: Change | Stale
}

export const isChange = (result: Broken["result"]): result is Change => !(result instanceof Stale)

/** Breaks a file of the package with the mutant. */
const breakFile = (mutant: Mutant, name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = join(sourcesOf(mutant.package), name)
    const text = Engine.apply(mutant, yield* fs.readFileString(file))
    return text instanceof Stale ? text : { file, text }
  })

export const make = (mutant: Mutant) =>
  breakFile(mutant, mutant.file).pipe(
    Effect.catchAll(() => Effect.succeed(new Stale(`there is no ${mutant.file}`, []))),
    Effect.map((result): Broken => ({ mutant, result }))
  )

/** The other files of the package that the mutant fits: what was moved is found there. */
const elsewhere = ({ mutant }: Broken) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const files = (yield* fs.readDirectory(sourcesOf(mutant.package), { recursive: true }))
      .filter((file) => file.endsWith(".ts") && file !== mutant.file)
    return yield* Effect.filter(files, (file) => Effect.map(breakFile(mutant, file), isChange))
  })

/** Why a mutant is stale, and what there is in its place; undefined when it is not. */
export const staleness = (broken: Broken) => {
  const { mutant, result } = broken
  if (isChange(result)) return Effect.succeed(undefined)
  return Effect.map(elsewhere(broken), (files) =>
    [
      `STALE  ${mutant.package}/${mutant.file}: ${mutant.broken}`,
      `    ${result.reason}`,
      ...result.candidates.slice(0, 20).map((candidate) => `      ${candidate}`),
      ...files.map((file) => `      it fits ${file}`)
    ].join("\n"))
}

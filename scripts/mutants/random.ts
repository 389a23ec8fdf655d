/** Mutants that nobody wrote: drawn from all places that the generic rules fit. */
import { FileSystem, Path } from "@effect/platform"
import { Effect, Random } from "effect"
import * as generic from "./engine/generic.js"
import type { Mutant, Package } from "./engine/Mutant.js"
import * as syntax from "./engine/syntax.js"

const mutantsOf = (name: Package, file: string, text: string): ReadonlyArray<Mutant> =>
  generic.places(syntax.parse(file, text)).map(({ declaration, edit, line, what }) => ({
    broken: `${name}/${file}:${line} ${declaration} ${what}`,
    package: name,
    file,
    operation: declaration.split(".").at(-1) ?? "",
    edit: () => edit
  }))

/** All of a package, in the order of its files. */
const ofPackage = (name: Package, sources: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files = (yield* fs.readDirectory(sources, { recursive: true })).filter((file) => file.endsWith(".ts")).sort()
    const mutants = yield* Effect.forEach(files, (file) =>
      Effect.map(fs.readFileString(path.join(sources, file)), (text) => mutantsOf(name, file, text)))
    return mutants.flat()
  })

/** As many as wanted; the same seed gives the same ones as long as the sources are the same. */
export const draw = <R>(
  packages: ReadonlyArray<readonly [name: Package, sources: string]>,
  seed: string,
  isMutant: (mutant: Mutant) => Effect.Effect<boolean, never, R>,
  count: number
) =>
  Effect.gen(function*() {
    const all = (yield* Effect.forEach(packages, ([name, sources]) => ofPackage(name, sources))).flat()
    const shuffled = yield* Effect.withRandom(Random.shuffle(all), Random.make(seed))
    const drawn: Array<Mutant> = []
    for (const mutant of shuffled) {
      if (drawn.length === count) break
      if (yield* isMutant(mutant)) drawn.push(mutant)
    }
    return drawn
  })

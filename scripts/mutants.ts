/**
 * Shows that the tests can fail: breaks the packages in many small ways, one at
 * a time and in memory only, and runs the tests that concern the package on each
 * until one fails. It fails when a mutant survives that is not called equivalent,
 * with a reason; when a mutant is stale, because it fits no place of the sources
 * any more; and when the packages as they are do not pass.
 * `--help` prints the options.
 */
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Data, Effect } from "effect"
import * as broken from "./mutants/broken.js"
import * as compiler from "./mutants/compiler.js"
import type { Mutant } from "./mutants/engine/Mutant.js"
import { complaint, judgeAll, summary } from "./mutants/judged.js"
import { mutants } from "./mutants/lists/index.js"
import { isWanted, options, packages } from "./mutants/options.js"
import * as random from "./mutants/random.js"
import * as written from "./mutants/written.js"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

/** As many mutants that nobody wrote: those that the compiler takes. */
const drawn = (count: number) =>
  Effect.suspend(() => {
    const takes = compiler.make(broken.root)
    const isMutant = (mutant: Mutant) =>
      Effect.map(
        broken.make(mutant),
        ({ result }) => isWanted(mutant) && broken.isChange(result) && takes(mutant.package, result.file, result.text)
      )
    const sources = packages.map((name) => [name, broken.sourcesOf(name)] as const)
    return random.draw(sources, options.seed, isMutant, count)
  })

/** The mutants that the options want. */
const chosenBy = ({ file, random }: typeof options) =>
  random !== undefined
    ? drawn(random)
    : Effect.map(file === undefined ? Effect.succeed(mutants) : listOf(file), (all) => all.filter(isWanted))

const listOf = (file: string) =>
  Effect.mapError(written.read(file), ({ message }) => new Failed({ message: `${file}: ${message}` }))

const main = Effect.gen(function*() {
  const chosen = yield* chosenBy(options)
  if (chosen.length === 0) return yield* new Failed({ message: "no mutant is wanted" })
  const all = yield* Effect.forEach(chosen, broken.make)
  if (options.list) {
    yield* Effect.forEach(chosen, (mutant) => Console.log(`${mutant.package}/${mutant.file}: ${mutant.broken}`))
  }
  const stale = (yield* Effect.forEach(all, broken.staleness)).filter((text) => text !== undefined)
  if (stale.length > 0) return yield* new Failed({ message: `${stale.join("\n")}\n${stale.length} are stale` })
  if (options.list) return yield* Console.log(`${all.length} mutants`)

  const judged = yield* judgeAll(packages, all)
  for (const name of packages) yield* Console.log(summary(name, judged))
  const message = complaint(judged)
  if (message !== undefined) return yield* new Failed({ message })
})

main.pipe(
  Effect.catchTag("Failed", "NoVerdict", ({ message }) =>
    Effect.zipRight(
      Console.error(message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)

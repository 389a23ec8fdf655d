import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as option from "@effect-ploop/command-line/Option"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Target from "@effect-ploop/testkit/Target"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Differential from "../../Differential.js"
import * as backends from "./backends.js"
import * as environment from "./environment.js"
import { inside } from "./namespaces.js"
import * as options from "./options.js"
import { words } from "./words.js"

const sequences = option.withDefault(option.positive("sequences"), "The number of sequences.", 300)

const noShrink = Options.boolean("no-shrink").pipe(
  Options.withDescription("Report the first sequence that differs, without searching for a shorter one.")
)

const counts = Options.boolean("counts").pipe(
  Options.withDescription("Also report how often each operation succeeded and failed.")
)

const volumes = Options.boolean("volumes").pipe(
  Options.withDescription("Compare operations on volumes only, which generations 7 and 9 have.")
)

const extended = Options.boolean("extended").pipe(
  Options.withDescription(
    "Compare encryption, merges of images by their files, and further options of create, resize and discard."
  )
)

interface Given {
  readonly counts: boolean
  readonly directory: string | undefined
  readonly emulateKernel: boolean
  readonly extended: boolean
  readonly json: boolean
  readonly jobs: number
  readonly noShrink: boolean
  readonly seed: number | undefined
  readonly sequences: number
  readonly volumes: boolean
}

/** The host in memory, with the generation of the tool on this host, and its large disks. */
const counterpart = <E>(tool: Target.Target<E>, mounts: boolean) =>
  Effect.map(
    Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool), tool.layer),
    ({ generation }) => backends.fake({ generation, directory: undefined, largeDisks: mounts })
  )

const table = (operations: Differential.Agreement["operations"]): string =>
  Object.entries(operations)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, { failed, succeeded }]) => `${name}: ${succeeded} succeeded, ${failed} failed`)
    .join("\n")

/** How a difference ends the command: as a text on the standard error, or as a document. */
const differing = (difference: Differential.TargetsDiffer, json: boolean) => {
  if (!json) return Effect.fail(new Ended({ code: 1, message: difference.message }))
  const { one, other, seed, steps } = difference
  return Effect.zipRight(
    Console.log(JSON.stringify({ seed, agree: false, steps, one, other }, undefined, 2)),
    new Ended({ code: 1, message: "" })
  )
}

const agreement = (given: Given, seed: number, { operations, sequences, steps }: Differential.Agreement): string => {
  if (given.json) return JSON.stringify({ seed, agree: true, sequences, steps, operations }, undefined, 2)
  const sentence = `The tool and the host in memory agree after each of the ${steps} steps of ${sequences} sequences.`
  return given.counts ? `${sentence}\n${table(operations)}` : sentence
}

const compareTargets = (given: Given) =>
  Effect.gen(function*() {
    const chosen = given.seed ?? (yield* Random.nextIntBetween(0, 1_000_000_000))
    if (!given.json) yield* Console.log(`seed ${chosen}`)
    const tool = yield* backends.target({ ...given, backend: "cli", generation: undefined })
    const mounts = given.emulateKernel && tool.capabilities?.includes("mount") === true
    if (given.emulateKernel && !mounts) return yield* misused(tool.reason ?? "the kernel cannot be emulated here")
    const fake = yield* Effect.mapError(counterpart(tool, mounts), (error) => misused(words(error)))
    const agreed = yield* Differential.compare(tool, fake, {
      sequences: given.sequences,
      seed: chosen,
      mounts,
      volumes: given.volumes,
      extended: given.extended,
      jobs: given.jobs,
      shrink: !given.noShrink
    }).pipe(
      Effect.catchAll((error) =>
        error instanceof Differential.TargetsDiffer
          ? differing(error, given.json)
          : Effect.fail(misused(words(error)))
      )
    )
    yield* Console.log(agreement(given, chosen, agreed))
  }).pipe(Effect.scoped)

export const command = Command.make("compare", {
  counts,
  directory: options.directory,
  emulateKernel: options.emulateKernel,
  extended,
  json: options.json,
  jobs: options.jobs,
  noShrink,
  seed: options.seed,
  sequences,
  volumes
}, (given) =>
  Effect.gen(function*() {
    yield* environment.check
    const work = compareTargets(given)
    yield* given.emulateKernel ? inside(given.directory ?? options.defaultDirectory, work) : work
  })).pipe(
    Command.withDescription(
      "Runs random sequences of operations on the tool of this host and on the host in memory, and reports a difference."
    )
  )

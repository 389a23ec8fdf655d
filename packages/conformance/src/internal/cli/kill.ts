import { Ended, misused } from "@effect-ploop/command-line/Ended"
import * as option from "@effect-ploop/command-line/Option"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Record from "effect/Record"
import * as KernelEmulation from "../../KernelEmulation.js"
import { kill } from "../kill/kill.js"
import * as report from "../kill/report.js"
import type { Name } from "../kill/scenario.js"
import { scenarios } from "../kill/scenario.js"
import type { Victim } from "../kill/strike.js"
import { victims } from "../kill/strike.js"
import * as environment from "./environment.js"
import { inside } from "./namespaces.js"
import * as options from "./options.js"
import { words } from "./words.js"

const operations = Record.keys(scenarios)

const rounds = option.withDefault(
  option.positive("rounds"),
  "How many times each operation is killed in each way.",
  1
)

const only = option.choices("operation", operations).pipe(
  Options.withDescription("Only this operation. May be repeated. Default: all.")
)

const killed = option.choices("killed", victims).pipe(
  Options.withDescription(
    "Only this kind of kill. May be repeated. Default: all. tool: the process group of the tool; fiber: the fiber of " +
      "the operation, which is interrupted; process: the whole Node process."
  )
)

interface Given {
  readonly directory: string | undefined
  readonly emulateKernel: boolean
  readonly json: boolean
  readonly killed: ReadonlyArray<Victim>
  readonly only: ReadonlyArray<Name>
  readonly rounds: number
  readonly seed: number | undefined
}

const orAll = <A>(chosen: ReadonlyArray<A>, all: ReadonlyArray<A>): ReadonlyArray<A> =>
  chosen.length === 0 ? all : chosen

const killOn = (given: Given) =>
  Effect.gen(function*() {
    const seed = given.seed ?? (yield* Random.nextIntBetween(0, 1_000_000_000))
    const scratch = given.directory ?? options.defaultDirectory
    const emulation = yield* Effect.mapError(KernelEmulation.scoped({ scratch }), (error) => misused(words(error)))
    const skipped: Array<report.Skipped> = []
    if (!given.json) yield* Console.log(`seed ${seed}`)
    const found = yield* kill({
      emulation,
      scratch,
      operations: orAll(given.only, operations),
      victims: orAll(given.killed, victims),
      rounds: given.rounds,
      seed,
      onFound: (found) =>
        given.json
          ? Effect.void
          : Effect.forEach(report.complaints(found), (line) => Console.log(line), { discard: true }),
      onSkipped: (operation, reason) =>
        given.json
          ? Effect.sync(() => void skipped.push({ operation, reason }))
          : Console.log(`${operation} is skipped: ${reason}`)
    }).pipe(Effect.mapError((error) => misused(words(error))))
    yield* Console.log(given.json ? report.toJson(seed, found, skipped) : report.table(found))
    if (found.some((one) => report.complaints(one).length > 0)) return yield* new Ended({ code: 1, message: "" })
  }).pipe(Effect.scoped)

export const command = Command.make("kill", {
  directory: options.directory,
  emulateKernel: options.emulateKernel,
  json: options.json,
  killed,
  only,
  rounds,
  seed: options.seed
}, (given) =>
  Effect.gen(function*() {
    if (!given.emulateKernel) {
      return yield* misused("kill works only on an emulated kernel: add --emulate-kernel")
    }
    yield* environment.check
    yield* inside(given.directory ?? options.defaultDirectory, killOn(given))
  })).pipe(
    Command.withDescription(
      "Kills each operation that changes something at random moments, on the tool of this host over an emulated " +
        "kernel, and reports which devices, mounts, processes and files are left, and whether synced data is readable."
    )
  )

import { type Ended, misused } from "@effect-ploop/command-line/Ended"
import type * as Case from "@effect-ploop/testkit/Case"
import * as Runner from "@effect-ploop/testkit/Runner"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as backends from "./backends.js"
import * as environment from "./environment.js"
import { requireExt4 } from "./hostFileSystem.js"
import { inside } from "./namespaces.js"
import * as options from "./options.js"
import { behindSocket } from "./remote.js"
import { reported, type Reporting } from "./reported.js"
import { select, type Selection } from "./select.js"
import * as tapes from "./tapes.js"
import { words } from "./words.js"

interface Given extends backends.Wanted, Selection, Omit<Reporting, "groupSkipped" | "runsTool"> {
  readonly tape: string | undefined
  readonly updateTape: boolean
  readonly remote: boolean
}

/** Checks the options, as far as that is possible without the host. */
const refuse = ({ backend, emulateKernel, generation, remote, tape, updateTape }: Given): Effect.Effect<void, Ended> =>
  backend === "cli" && generation !== undefined
    ? Effect.fail(misused(
      `--generation is ${generation}, but it is only for --backend fake: the tool has its own generation`
    ))
    : backend === "fake" && emulateKernel
    ? Effect.fail(misused("--emulate-kernel is only for --backend cli: the fake needs no kernel"))
    : backend === "fake" && tape !== undefined
    ? Effect.fail(misused(`--tape is ${tape}, but it is only for --backend cli: the fake runs no tool`))
    : updateTape && tape === undefined
    ? Effect.fail(misused("--update-tape needs --tape FILE: it says what becomes of that file"))
    : remote && tape !== undefined
    ? Effect.fail(misused("--tape is only for a run without --remote: a tape has the calls of the host itself"))
    : Effect.void

const runOn = (given: Given, cases: ReadonlyArray<Case.Case>) =>
  Effect.gen(function*() {
    if (given.backend === "cli" && !given.emulateKernel) {
      yield* requireExt4(given.directory ?? options.defaultDirectory).pipe(
        Effect.provide(backends.cliLayer),
        Effect.catchTag("ConfigError", (error) => misused(words(error)))
      )
    }
    const tape = given.tape === undefined
      ? undefined
      : yield* tapes.destination({ file: given.tape, update: given.updateTape })
    yield* reported(
      { ...given, runsTool: given.backend === "cli", groupSkipped: false },
      cases,
      (options) =>
        tape === undefined
          ? Effect.flatMap(
            backends.target(given),
            (target) => Runner.run(given.remote ? behindSocket(target) : target, options)
          )
          : tapes.record(tape, given, options)
    )
  }).pipe(Effect.scoped)

export const command = Command.make("run", {
  backend: options.backend,
  generation: options.generation,
  directory: options.directory,
  emulateKernel: options.emulateKernel,
  failOnSkip: options.failOnSkip,
  filters: options.filters,
  jobs: options.jobs,
  needs: options.needs,
  remote: options.remote,
  reports: options.reports,
  tape: options.tape,
  updateTape: options.updateTape
}, (given) =>
  Effect.gen(function*() {
    yield* refuse(given)
    if (given.backend === "cli") yield* environment.check
    const work = runOn(given, yield* select(given))
    yield* given.emulateKernel ? inside(given.directory ?? options.defaultDirectory, work) : work
  })).pipe(Command.withDescription("Runs the suite on a backend, and reports which cases passed and failed."))

import * as Classification from "@effect-ploop/core/Classification"
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as args from "./arguments.js"
import type { About } from "./host.js"
import { context, outcome } from "./outcome.js"
import type { Runner } from "./process.js"

/** Checks for what the tool needs in the kernel, before the tool runs: it would notice only half-way that it is missing. */
export interface Kernel {
  /** Fails with what is missing. */
  readonly require: (about: About, generation: Generation) => Effect.Effect<void, PloopError.PloopError>
  /** Whether the device mapper responds. Its node is there also where it does not. */
  readonly hasDeviceMapper: Effect.Effect<boolean>
}

interface Options {
  readonly runner: Runner
  /** Runs `dmsetup` where the tool runs. */
  readonly dmsetup: Runner
}

type Require = (about: About) => Effect.Effect<void, PloopError.PloopError>

const missing = (about: About, text: string) =>
  new PloopError.PrerequisiteMissing({ ...context(about), text, what: "the device mapper with its ploop target" })

/** A line of `dmsetup targets`, as in `ploop            v1.0.0`. */
const target = /^ploop\s+v(?<version>\S+)$/m

/** The version of the ploop target in the output of `dmsetup targets`. */
export const targetVersion = (stdout: string): string | undefined => target.exec(stdout)?.groups?.version

const requireTarget = (dmsetup: Runner): Require => (about) =>
  Effect.gen(function*() {
    const result = yield* dmsetup.run({ ...about, args: args.targets, kind: "query" }).pipe(
      Effect.catchTag(
        "ToolNotFound",
        () => Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what: "the program dmsetup" }))
      )
    )
    if (result.exitCode !== 0 || targetVersion(result.stdout) === undefined) {
      return yield* missing(about, `${result.stderr}${result.stdout}`.trimEnd())
    }
  })

const respondsTo = (dmsetup: Runner): Effect.Effect<boolean> =>
  Effect.match(dmsetup.run({ operation: "prerequisites", subject: "host", args: args.targets, kind: "query" }), {
    // Without the program, the node is all that can be seen.
    onFailure: (error) => error._tag === "ToolNotFound",
    onSuccess: ({ exitCode }) => exitCode === 0
  })

/** The command for the name of the next device opens the driver. */
const requireDriver = (runner: Runner, generation: Generation): Require => (about) =>
  Effect.flatMap(
    runner.run({ ...about, args: args.nextDevice, kind: "query" }),
    (result) =>
      result.exitCode === 0 ? Effect.void : Effect.fail(Classification.classify(outcome(about, generation, result)))
  )

export const make = ({ dmsetup, runner }: Options): Kernel => {
  const rows: Row<Require> = {
    "1.15": requireDriver(runner, "1.15"),
    "7": requireDriver(runner, "7"),
    "9": requireTarget(dmsetup)
  }
  return { require: (about, generation) => rows[generation](about), hasDeviceMapper: respondsTo(dmsetup) }
}

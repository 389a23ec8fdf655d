import { LowLevel } from "@effect-ploop/core/LowLevel"
import type * as Operation from "@effect-ploop/core/Operation"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Capability from "../Capability.js"
import type * as Case from "../Case.js"
import { CheckFailed } from "../Check.js"
import { Conformance } from "../Conformance.js"
import type { CaseResult } from "../Report.js"
import * as Scratch from "../Scratch.js"
import type { Profile } from "../Target.js"
import { inspected, type Watched } from "./inspected.js"
import * as recorder from "./recorder.js"
import { result, skipped } from "./report/result.js"

interface Target {
  readonly profile: Profile
  readonly scratch: string
}

/** Why a target cannot run a case; undefined when it can. */
const lackOf = ({ profile }: Target, self: Case.Case): string | undefined => {
  if (self.generations?.includes(profile.generation) === false) {
    return `needs generation ${self.generations.join(" or ")}, but this is ${profile.generation}`
  }
  const needs: ReadonlyArray<Capability.Capability> = ["locks", ...self.needs]
  const lack = needs.flatMap((need) => profile.lacks.find(({ capability }) => capability === need) ?? [])[0]
  return lack === undefined ? undefined : `needs ${Capability.describe(lack.capability)}: ${lack.reason}`
}

const words = (error: unknown): string =>
  Predicate.hasProperty(error, "_tag") && error instanceof Error
    ? error._tag === "CheckFailed" ? error.message : `${String(error._tag)}: ${error.message}`
    : String(error)

/** A result that a backend must not have is found as a defect, but its words say what is wrong. */
const explainDefect = (cause: Cause.Cause<unknown>): string =>
  Option.match(Option.filter(Cause.dieOption(cause), (defect) => defect instanceof CheckFailed), {
    onSome: words,
    onNone: () => `defect: ${Cause.pretty(cause)}`
  })

const explain = (cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.failureOption(cause), { onSome: words, onNone: () => explainDefect(cause) })

/** A need that the suite does not know, as only a program without types can state it. */
const strangeNeed = ({ needs }: Case.Case): string | undefined => {
  const strange = needs.find((need) => !Capability.all.includes(need))
  return strange === undefined
    ? undefined
    : `the case needs ${String(strange)}, but a capability must be one of ${Capability.all.join(", ")}`
}

/** Why the run must end: the tool has disappeared; undefined when it is still there. */
export const lostTool = ({ outcome }: CaseResult): string | undefined =>
  outcome._tag === "Failed" && outcome.operations.some(({ outcome }) => outcome === "ToolNotFound")
    ? "the tool is no longer there"
    : undefined

const inDirectory = (
  target: Target,
  self: Case.Case,
  limit: Duration.DurationInput,
  watched: Watched
): Effect.Effect<void, Case.Failure | Cause.TimeoutException, Case.Services> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const scratch = yield* fs.realPath(target.scratch)
    const made = yield* Effect.acquireRelease(
      fs.makeTempDirectory({ directory: scratch, prefix: Scratch.prefix }),
      // The cleanup is not an operation of the case, so it is not recorded.
      (directory) => Effect.orDie(Effect.withTracerEnabled(Scratch.clear(target.profile, directory), false))
    )
    const directory = path.resolve(made)
    const conformance = {
      directory,
      generation: target.profile.generation,
      capabilities: new Set(target.profile.capabilities)
    }
    yield* Effect.scoped(self.run).pipe(
      Effect.provideService(Conformance, conformance),
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () => new Cause.TimeoutException(`it took longer than ${Duration.format(limit)}`)
      })
    )
  }).pipe(
    Effect.scoped,
    Effect.updateService(Ploop, inspected(watched)),
    Effect.updateService(LowLevel, inspected(watched))
  )

export const runCase = (
  target: Target,
  self: Case.Case,
  limit: Duration.DurationInput = "10 minutes"
): Effect.Effect<CaseResult, never, Case.Services> =>
  Effect.gen(function*() {
    const strange = strangeNeed(self)
    if (strange !== undefined) return result(self, { _tag: "Failed", message: strange, operations: [], output: [] }, 0)
    const lack = lackOf(target, self)
    if (lack !== undefined) return skipped(self, lack)
    const recording = yield* recorder.make
    const begin = yield* Clock.currentTimeMillis
    const missing = new Set<Operation.Name>()
    const watched: Watched = { operations: target.profile.leavesOut ?? [], note: (name) => missing.add(name) }
    const exit = yield* Effect.exit(recording.record(inDirectory(target, self, limit, watched)))
    const duration = (yield* Clock.currentTimeMillis) - begin
    if (Exit.isSuccess(exit)) return result(self, { _tag: "Passed" }, duration)
    if (Cause.isInterruptedOnly(exit.cause)) return yield* Effect.interrupt
    if (missing.size > 0) return skipped(self, `needs ${[...missing].join(" and ")}: the backend leaves it out`)
    return result(self, {
      _tag: "Failed",
      message: explain(exit.cause),
      operations: yield* recording.operations,
      output: yield* recording.output
    }, duration)
  })

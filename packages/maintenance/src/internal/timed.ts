import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { HostSpeed } from "../HostSpeed.js"
import * as Plan from "../Plan.js"
import { kindOf } from "./apply.js"

const withTime = (step: Plan.Step) =>
  Effect.gen(function*() {
    if (step.moves === 0n) return step
    const kind = yield* Effect.option(kindOf(step.action))
    if (Option.isNone(kind)) return step
    const speed = yield* Effect.flatMap(HostSpeed, (known) => known.of(kind.value))
    return Option.match(speed, {
      onNone: () => step,
      onSome: (speed) => new Plan.Step({ ...step, takes: Duration.seconds(Number(step.moves) / speed) })
    })
  })

/** The plan with an estimate of how long each of its steps takes, where that is known. */
export const timed = (plan: Plan.Plan): Effect.Effect<Plan.Plan, never, FileSystem | Path> =>
  Effect.map(Effect.forEach(plan.steps, withTime), (steps) => new Plan.Plan({ ...plan, steps }))

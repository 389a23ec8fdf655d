import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { ReadFrom } from "./copy.js"
import * as frozen from "./frozen.js"
import type { Place, Taking } from "./place.js"
import * as problems from "./problem.js"
import * as source from "./source.js"
import type { Origin, Result, Step, Taken } from "./steps.js"
import * as target from "./target.js"

/** Reads from another disk. */
export type Reader = (from: string, origin: Origin) => ReadFrom

const run = (place: Place, step: Step, reader: Reader): Taking<Taken> => {
  switch (step._tag) {
    case "Freeze":
      return frozen.freeze(place, step.snapshot)
    case "Hold":
      return source.hold(place, step.awaitsPerson === true)
    case "Stage":
      return source.stage(place, step.snapshot)
    case "Confirm":
      return source.confirm(place, step.manifest)
    case "Purge":
      return source.purge(place, step.manifest)
    case "Release":
      return source.release(place)
    case "Unstage":
      return source.unstage(place)
    case "Receive":
      return target.receive(place, step.manifest, reader(step.from, step.origin), step.ahead)
    case "ReceiveAhead":
      return target.receiveAhead(place, step.manifest, reader(step.from, "disk"))
    case "Publish":
      return target.publish(place, step.manifest)
    case "Finish":
      return target.finish(place)
    case "Discard":
      return target.discard(place)
    case "Thaw":
      return frozen.thaw(place, step.snapshot)
  }
}

/** Takes a step, and says how it has ended. */
export const take = (place: Place, step: Step, reader: Reader): Effect.Effect<Result> =>
  Effect.map(Effect.either(run(place, step, reader)), (ended): Result =>
    Either.isRight(ended)
      ? { _tag: "Taken", taken: ended.right }
      : { _tag: "NotTaken", problem: problems.of(ended.left) })

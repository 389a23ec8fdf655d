import * as PloopError from "@effect-ploop/core/PloopError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Drain from "./drain.js"
import * as failures from "./failures.js"
import type { Running } from "./running.js"
import { gone } from "./termination.js"
import type { RunError } from "./types.js"

/** The output until its end, or until nothing has come for a while after the exit. */
export const output = ({ drains, invocation, process }: Running): Stream.Stream<Uint8Array, RunError> =>
  Stream.toPull(process.stdout).pipe(
    Effect.map((pull) => {
      const over = gone(process).pipe(
        Effect.zipRight(Effect.sleep(Drain.pipesGrace)),
        Effect.zipRight(Drain.abandon(drains)),
        Effect.zipRight(Effect.fail(Option.none()))
      )
      return Stream.repeatEffectChunkOption(Effect.raceFirst(pull, over))
    }),
    Stream.unwrapScoped,
    Stream.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause)
        ? Stream.fromEffect(Effect.interrupt)
        : Stream.fail(
          new PloopError.Unclassified(failures.context(invocation, failures.textOf(Cause.squash(cause))))
        )
    )
  )

/** Feeds the process, ends its input, and does what follows. */
export const input = <A, E>(
  { feed }: Running,
  after: Effect.Effect<A, E>
): Sink.Sink<A, Uint8Array, never, E> =>
  Sink.forEachWhile((bytes: Uint8Array) => feed?.offer(bytes) ?? Effect.succeed(false)).pipe(
    Sink.ignoreLeftover,
    Sink.mapEffect(() => Effect.zipRight(feed?.end ?? Effect.void, after))
  )

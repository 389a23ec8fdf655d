import type { Wire } from "@effect-ploop/core/Duplex"
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
import type { Listener, RunError } from "./types.js"

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

/**
 * Passes on what the process and the other end send, until the process has sent all. When one of them takes nothing
 * more, the other learns of it.
 */
export const both = (
  { process, socket }: Running,
  wire: Wire,
  listener: Listener
): Effect.Effect<void> => {
  if (socket === undefined) return Effect.void
  const pass = (
    from: Stream.Stream<Uint8Array>,
    heard: (bytes: Uint8Array) => Effect.Effect<void>,
    offer: (bytes: Uint8Array) => Effect.Effect<boolean>
  ) => Stream.runForEachWhile(from, (bytes) => Effect.zipRight(heard(bytes), offer(bytes)))
  const there = Effect.zipRight(pass(socket.incoming, listener.sent, wire.offer), socket.close)
  const back = Effect.zipRight(pass(wire.incoming, listener.received, socket.offer), socket.end)
  // Another process may have the socket for as long as it likes.
  const over = Effect.zipRight(gone(process), Effect.sleep(Drain.pipesGrace))
  return Effect.raceFirst(
    Effect.zipRight(Effect.raceFirst(there, over), gone(process)),
    // The other end may have nothing more to send.
    Effect.zipRight(back, Effect.never)
  )
}

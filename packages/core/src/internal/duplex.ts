import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Duplex, Wire } from "../Duplex.js"

/** The other end, with both directions under way until the scope is closed. */
export interface Engaged<E> extends Wire {
  /** Fails when the connection does. */
  readonly failure: Deferred.Deferred<never, E>
  /** Ends what is sent, and waits until the other end has it. */
  readonly finish: Effect.Effect<void>
}

/** How many pieces wait for a reader. */
const capacity = 2

const pump = <E, R>(
  run: Effect.Effect<void, E, R>,
  failure: Deferred.Deferred<never, E>,
  done: Effect.Effect<unknown>
): Effect.Effect<void, never, R> =>
  Effect.matchCauseEffect(run, {
    onFailure: (cause) => Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.failCause(failure, cause),
    onSuccess: () => done
  })

/**
 * Starts both directions at once: so the other end learns of it when an operation ends before it has sent or read
 * anything.
 */
export const engage = <E, R>(peer: Duplex<E, R>): Effect.Effect<Engaged<E>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const failure = yield* Deferred.make<never, E>()
    const received = yield* Mailbox.make<Uint8Array>({ capacity })
    const sent = yield* Mailbox.make<Uint8Array>({ capacity })
    yield* pump(
      Stream.runForEachWhile(peer.incoming, (bytes) => received.offer(bytes)),
      failure,
      received.end
    ).pipe(Effect.forkScoped)
    const sending = yield* pump(Stream.run(Mailbox.toStream(sent), peer.outgoing), failure, sent.shutdown).pipe(
      Effect.forkScoped
    )
    return {
      incoming: Mailbox.toStream(received),
      offer: (bytes) => sent.offer(bytes),
      failure,
      finish: Effect.zipRight(sent.end, Effect.asVoid(Fiber.await(sending)))
    }
  })

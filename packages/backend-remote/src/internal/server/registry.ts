import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { NotAllowed } from "../protocol/refused.js"

/** How long the host remembers calls. */
export interface Settings {
  /** How long a change may run on without a connection that waits for it. */
  readonly grace: Duration.Duration
  /** How long the outcome of a change is kept. */
  readonly retention: Duration.Duration
}

interface Begun {
  readonly _tag: "Begun"
  readonly fingerprint: string
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  /** How many connections wait for it. */
  attached: number
}

/** A call that was given up before it arrived, or one that cannot be attached to. */
interface Stoppable {
  readonly _tag: "Stoppable"
  readonly stop: Deferred.Deferred<void>
  readonly ended: Deferred.Deferred<void>
}

interface GivenUp {
  readonly _tag: "GivenUp"
}

type Known = Begun | Stoppable | GivenUp

/** The calls that a host knows, by their key: a change with the same key happens once. */
export interface Registry {
  /** Runs a change; or waits for the one with this key, and returns its outcome. */
  readonly once: (
    key: string,
    fingerprint: string,
    work: Effect.Effect<unknown, unknown>
  ) => Effect.Effect<unknown, unknown>
  /** Registers a stream. It has to end when `stopped` does; the finalizer says that it has ended. */
  readonly stream: (key: string) => Effect.Effect<{ readonly stopped: Effect.Effect<void> }, never, Scope.Scope>
  /** Interrupts a call, and returns when it has ended. One that has not arrived yet will not begin. */
  readonly cancel: (key: string) => Effect.Effect<void>
}

/** How many calls are remembered that did not arrive: a caller can give up any key. */
const maximumGivenUp = 10_000

const usedForAnother = new NotAllowed({
  what: "key",
  reason: "the key of this call was used for another operation or for other options"
})

export const make = ({ grace, retention }: Settings): Effect.Effect<Registry, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const known = new Map<string, Known>()
    let givenUp = 0
    const exclusive = (yield* Effect.makeSemaphore(1)).withPermits(1)

    /** It is interruptible even where a finalizer asks for it. */
    const later = (work: Effect.Effect<unknown>, delay: Duration.Duration) =>
      Effect.forkIn(Effect.interruptible(Effect.delay(work, delay)), scope)

    const forgetLater = (key: string) => later(Effect.sync(() => known.delete(key)), retention)

    const begin = (key: string, fingerprint: string, work: Effect.Effect<unknown, unknown>) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkIn(Effect.ensuring(Effect.interruptible(work), forgetLater(key)), scope)
        const begun: Begun = { _tag: "Begun", fingerprint, fiber, attached: 0 }
        known.set(key, begun)
        return begun
      })

    const obtain = (key: string, fingerprint: string, work: Effect.Effect<unknown, unknown>) =>
      exclusive(Effect.suspend(() => {
        const entry = known.get(key)
        if (entry === undefined) return begin(key, fingerprint, work)
        if (entry._tag === "GivenUp") return Effect.interrupt
        if (entry._tag === "Stoppable" || entry.fingerprint !== fingerprint) return Effect.fail(usedForAnother)
        return Effect.succeed(entry)
      })).pipe(
        Effect.tap((entry) => {
          entry.attached++
        }),
        Effect.uninterruptible
      )

    const abandon = (begun: Begun) =>
      Effect.suspend(() => begun.attached > 0 ? Effect.void : Fiber.interruptFork(begun.fiber))

    const detach = (begun: Begun) =>
      Effect.suspend(() => {
        begun.attached--
        return begun.attached > 0 || begun.fiber.unsafePoll() !== null
          ? Effect.void
          : later(abandon(begun), grace)
      })

    const giveUp = (key: string) =>
      Effect.suspend(() => {
        if (givenUp >= maximumGivenUp) return Effect.void
        givenUp++
        known.set(key, { _tag: "GivenUp" })
        return later(
          Effect.sync(() => {
            givenUp--
            known.delete(key)
          }),
          retention
        )
      })

    return {
      once: (key, fingerprint, work) =>
        Effect.acquireUseRelease(
          obtain(key, fingerprint, work),
          ({ fiber }) => Effect.flatten(Fiber.await(fiber)),
          detach
        ),
      stream: (key) =>
        Effect.gen(function*() {
          // It was given up before it began, or another call has its key.
          if (known.has(key)) return yield* Effect.interrupt
          const [stop, ended] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          yield* Effect.addFinalizer(() =>
            Effect.zipRight(Deferred.succeed(ended, undefined), Effect.sync(() => known.delete(key)))
          )
          known.set(key, { _tag: "Stoppable", stop, ended })
          return { stopped: Deferred.await(stop) }
        }),
      cancel: (key) =>
        Effect.suspend(() => {
          const entry = known.get(key)
          if (entry === undefined) return giveUp(key)
          if (entry._tag === "GivenUp") return Effect.void
          return entry._tag === "Begun"
            ? Fiber.interrupt(entry.fiber)
            : Effect.zipRight(Deferred.succeed(entry.stop, undefined), Deferred.await(entry.ended))
        }).pipe(Effect.asVoid)
    }
  })

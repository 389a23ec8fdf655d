import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/** The part of an operation in which it holds the lock of a disk, and has started no command that changes something. */
export interface Lease {
  isOver: boolean
}

const current = FiberRef.unsafeMake<Lease | undefined>(undefined)

/** Runs an operation that holds the lock of a disk. */
export const during = <A, E, R>(operation: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => Effect.locally(operation, current, { isOver: false }))

/** Comes before a command that changes something. */
export const end: Effect.Effect<void> = Effect.map(FiberRef.get(current), (lease) => {
  if (lease !== undefined) lease.isOver = true
})

/** The lease that lasts; none where there is none, or it is over. */
export const lasting: Effect.Effect<Lease | undefined> = Effect.map(
  FiberRef.get(current),
  (lease) => lease?.isOver === false ? lease : undefined
)

import * as Effect from "effect/Effect"

interface Queue {
  readonly semaphore: Effect.Semaphore
  users: number
}

/** A lock for each key, which exists while somebody uses it. */
export interface Locks {
  /** Runs an effect while nothing else runs with one of these keys. */
  readonly exclusively: (
    ...keys: ReadonlyArray<string>
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const make: Effect.Effect<Locks> = Effect.sync(() => {
  const queues = new Map<string, Queue>()

  const enter = (key: string) =>
    Effect.sync(() => {
      const queue = queues.get(key) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
      queue.users++
      queues.set(key, queue)
      return queue
    })

  const leave = (key: string) => (queue: Queue) =>
    Effect.sync(() => {
      if (--queue.users === 0) queues.delete(key)
    })

  const one = (key: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(enter(key), ({ semaphore }) => semaphore.withPermits(1)(effect), leave(key))

  return {
    // In one order everywhere, so that two calls with the same keys never wait for each other.
    exclusively: (...keys) => (effect) =>
      [...new Set(keys)].sort().reverse().reduce((inner, key) => one(key)(inner), effect)
  }
})

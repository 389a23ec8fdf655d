/** A clock on which a month takes as long as what happens in it: whenever nothing runs, it goes to the next moment at which something will. */
import type { Fiber } from "effect"
import { Clock, Duration, Effect } from "effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** The sleepers, the first one at the root of a heap. */
class Sleepers {
  readonly heap: Array<Sleeper> = []

  push(sleeper: Sleeper) {
    let index = this.heap.push(sleeper) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.heap[parent]!.at <= sleeper.at) break
      this.heap[index] = this.heap[parent]!
      index = parent
    }
    this.heap[index] = sleeper
  }

  pop(): Sleeper | undefined {
    const first = this.heap[0]
    const last = this.heap.pop()
    if (first === undefined || last === undefined || this.heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= this.heap.length) break
      if (child + 1 < this.heap.length && this.heap[child + 1]!.at < this.heap[child]!.at) child++
      if (last.at <= this.heap[child]!.at) break
      this.heap[index] = this.heap[child]!
      index = child
    }
    this.heap[index] = last
    return first
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

export const make = () => {
  let now = Date.UTC(2020, 0, 1)
  const sleepers = new Sleepers()
  const millis = () => now
  const nanos = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    ...Clock.make(),
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) =>
      Effect.async<void>((resume) => {
        let isCancelled = false
        sleepers.push({ at: now + Duration.toMillis(duration), wake: () => isCancelled || resume(Effect.void) })
        return Effect.sync(() => void (isCancelled = true))
      })
  }
  /** Lets the time pass until the fiber has ended. Returns how many moments there were. */
  const run = async (fiber: Fiber.RuntimeFiber<unknown, unknown>) => {
    for (let moments = 0;; moments++) {
      // Effects run in microtasks, which all end before the turn does. A digest of the platform may end at a later moment.
      await turn()
      if (fiber.unsafePoll() !== null) return moments
      const next = sleepers.pop()
      if (next === undefined) continue
      now = next.at
      next.wake()
      while (sleepers.heap[0]?.at === now) sleepers.pop()!.wake()
    }
  }
  return { clock, run, now: millis }
}

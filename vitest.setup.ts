import { addEqualityTesters, it } from "@effect/vitest"
import { defaultScheduler, SchedulerRunner } from "effect/Scheduler"

addEqualityTesters()

type Testers = Pick<typeof it, "effect" | "live" | "scoped" | "scopedLive">

// The test files of a process share `it`, and `layer` writes testers of its own into it, such as one without a test
// clock. So each file begins with those that the library has made.
const shared: typeof it & { original?: Testers } = it
shared.original ??= { effect: it.effect, live: it.live, scoped: it.scoped, scopedLive: it.scopedLive }
Object.assign(it, shared.original)

// A worker talks to vitest between two turns of the event loop. Effect counts the steps of each fiber before it takes
// the next turn, so with many short fibers a turn can last minutes, and vitest then takes the worker for lost. Here a
// turn that has lasted for a while ends, and the order of the steps stays as it is.
const longest = 1000
let began = performance.now()
setInterval(() => void (began = performance.now()), 100).unref()
let held: Array<() => void> | undefined

const hold = (): void => {
  held = []
  setImmediate(() => {
    began = performance.now()
    const released = held ?? []
    held = undefined
    released.forEach(soon)
  })
}

const soon = (step: () => void): void =>
  queueMicrotask(() => {
    if (held !== undefined) return void held.push(step)
    if (performance.now() - began > longest) hold()
    step()
  })

Object.assign(defaultScheduler, {
  getRunner: SchedulerRunner.cached((_, drain) => soon(() => drain(0)))
})

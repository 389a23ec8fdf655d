import { addEqualityTesters } from "@effect/vitest"
import { defaultScheduler, SchedulerRunner } from "effect/Scheduler"

addEqualityTesters()

// A worker talks to vitest between two turns of the event loop. Effect counts the steps of each fiber before it takes
// the next turn, so with many short fibers a turn can last minutes, and vitest then takes the worker for lost. Here the
// steps of all fibers count together, and their order stays as it is.
const limit = 16
let steps = 0
let held: Array<() => void> | undefined

const hold = (): void => {
  held = []
  setImmediate(() => {
    const released = held ?? []
    held = undefined
    released.forEach(soon)
  })
}

const soon = (step: () => void): void =>
  queueMicrotask(() => {
    if (held !== undefined) return void held.push(step)
    steps = (steps + 1) % limit
    if (steps === 0) hold()
    step()
  })

Object.assign(defaultScheduler, {
  getRunner: SchedulerRunner.cached((_, drain) => soon(() => drain(0)))
})

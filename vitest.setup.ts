import { addEqualityTesters } from "@effect/vitest"
import { defaultScheduler } from "effect/Scheduler"

addEqualityTesters()

// A worker talks to vitest between two turns of the event loop. As it is, Effect can take a minute of a busy machine
// for one turn, and vitest then takes the worker for lost.
Object.assign(defaultScheduler, { maxNextTickBeforeTimer: 32 })

import type * as Disk from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Plan from "../../Plan.js"
import type { Window } from "../../ReclaimPolicy.js"
import type { Placed } from "../apply.js"
import { applyStep, place } from "../apply.js"
import { fileSystemOf } from "../heavy.js"
import { sizesOf } from "../retention/sizes.js"
import { isOpen } from "./window.js"

interface Outcome {
  readonly step: number
  readonly outcome: "applied" | "done" | "left"
  readonly freed: bigint
}

type Observe = (outcome: Outcome, step: Plan.Step) => Effect.Effect<void>

type Step = Placed<Plan.Step>

/** What the images of a disk take; zero when that cannot be read, because the step has succeeded all the same. */
const takes = (disk: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    // The step has it from a checked plan.
    const known = disk as Disk.Disk
    const sizes = yield* sizesOf(known, yield* ploop.listSnapshots({ disk }))
    return Array.from(sizes.values()).reduce((total, size) => total + size, 0n)
  })

const begin = (placed: Step) =>
  Effect.gen(function*() {
    const before = yield* Effect.option(takes(placed.subject))
    const { outcome, step } = yield* applyStep(placed)
    const after = yield* Effect.option(takes(placed.subject))
    const freed = before._tag === "Some" && after._tag === "Some" ? before.value - after.value : 0n
    return { step, outcome, freed: freed > 0n ? freed : 0n } satisfies Outcome
  })

const left = ({ index }: Step): Outcome => ({ step: index, outcome: "left", freed: 0n })

const inWindow = (window: Window | undefined) =>
  Effect.map(DateTime.now, (now) => window === undefined || isOpen(window, now))

/** The steps of one file system, one after the other. */
const inTurn = (steps: ReadonlyArray<Step>, window: Window | undefined, observe: Observe) =>
  Effect.forEach(
    steps,
    (placed) =>
      Effect.flatMap(inWindow(window), (isOpen) => isOpen ? begin(placed) : Effect.succeed(left(placed))).pipe(
        Effect.tap((outcome) => observe(outcome, placed.step))
      )
  )

/** The steps by the file system that they load, in their order. */
const byFileSystem = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const groups = new Map<number, Array<Step>>()
    for (const placed of steps) {
      // A disk that is gone fails with its own error once it is its turn.
      const device = yield* Effect.orElseSucceed(fileSystemOf(placed.subject), () => 0)
      groups.set(device, [...groups.get(device) ?? [], placed])
    }
    return Array.from(groups.values())
  })

/** The file systems are worked on at the same time. A failure ends the work on its own file system only. */
export const apply = (plan: Plan.Plan, window: Window | undefined, observe: Observe) =>
  Effect.gen(function*() {
    const groups = yield* byFileSystem(place<Plan.Step>(plan))
    const exits = yield* Effect.forEach(groups, (steps) => Effect.exit(inTurn(steps, window, observe)), {
      concurrency: "unbounded"
    })
    const failures = exits.flatMap((exit) => Exit.isFailure(exit) ? [exit.cause] : [])
    const [first, ...others] = failures
    if (first !== undefined) return yield* Effect.failCause(others.reduce(Cause.parallel, first))
    const outcomes = exits.flatMap((exit) => Exit.isSuccess(exit) ? exit.value : [])
    return outcomes.toSorted((one, other) => one.step - other.step)
  })

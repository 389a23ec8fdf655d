import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Action from "../Action.js"
import { HostSpeed, type Kind, measured } from "../HostSpeed.js"
import * as MaintenanceError from "../MaintenanceError.js"
import * as backups from "./actions/backups.js"
import * as devices from "./actions/devices.js"
import { discard } from "./actions/discard.js"
import type { Failure, Handler, Status } from "./actions/handler.js"
import { remove } from "./actions/remove.js"
import * as snapshots from "./actions/snapshots.js"
import { alone, fileSystemOf } from "./heavy.js"

type ByTag = { readonly [Tag in Action.Action["_tag"]]: Handler<Extract<Action.Action, { readonly _tag: Tag }>> }

const handlers: ByTag = {
  CreateSnapshot: snapshots.createSnapshot,
  DeleteSnapshot: snapshots.deleteSnapshot,
  SwitchSnapshot: snapshots.switchSnapshot,
  ClearInUseFlag: devices.clearInUseFlag,
  StopDevice: devices.stopDevice,
  Remove: remove,
  Discard: discard,
  SaveBackup: backups.saveBackup,
  RestoreBackup: backups.restoreBackup
}

/** The table has the handler of each action under its tag, which the compiler cannot follow through the union. */
const handlerOf = (action: Action.Action) => handlers[action._tag] as Handler<Action.Action>

/** Paths on the file systems that an action loads; the last one is where it writes. */
export const loadsOf = (action: Action.Action): ReadonlyArray<string> => handlerOf(action).loads?.(action) ?? []

interface Step {
  readonly action: Action.Action
  /** How many bytes it copies, at most. */
  readonly moves: bigint
}

interface Plan<S> {
  readonly title: string
  readonly steps: ReadonlyArray<S>
  readonly onFailure: "stop" | "undo"
}

interface Outcome {
  readonly step: number
  readonly outcome: "applied" | "done"
}

type OnOutcome<S> = (outcome: Outcome, step: S) => Effect.Effect<void>

export interface Placed<S extends Step = Step> {
  readonly step: S
  readonly index: number
  readonly subject: string
}

/** Of which kind a step is when its speed is measured; it fails when it loads no file system. */
export const kindOf = (action: Action.Action) =>
  Effect.flatMap(
    Effect.fromNullable(loadsOf(action).at(-1)),
    (path) => Effect.map(fileSystemOf(path), (fileSystem): Kind => ({ action: action._tag, fileSystem }))
  )

/** Learns from a step how long the next one of its kind takes. */
const measuring = <A, E, R>({ action, moves }: Step, run: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const speed = yield* HostSpeed
    const [took, result] = yield* Effect.timed(run)
    yield* Effect.ignore(
      Effect.flatMap(
        measured(moves, took),
        (found) => Effect.flatMap(kindOf(action), (kind) => speed.keep(kind, found))
      )
    )
    return result
  })

const failed = ({ index, subject }: Placed) => (error: Failure) =>
  new MaintenanceError.StepFailed({ step: index, subject, error })

const inspect = (placed: Placed): Effect.Effect<Status, MaintenanceError.StepFailed, Ploop | FileSystem | Path> =>
  Effect.mapError(handlerOf(placed.step.action).status(placed.step.action), failed(placed))

/** Applies a step. `onBegin` runs before it changes anything. */
export const applyStep = (placed: Placed, onBegin: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function*() {
    const { index, step, subject } = placed
    const before = yield* inspect(placed)
    if (before._tag === "Done") return { step: index, outcome: "done" } satisfies Outcome
    if (before._tag === "Outdated") {
      const { found, planned } = before
      return yield* new MaintenanceError.PlanOutdated({ step: index, subject, planned, found })
    }
    const handler = handlerOf(step.action)
    yield* onBegin
    yield* Effect.mapError(alone(loadsOf(step.action), measuring(step, handler.run(step.action))), failed(placed))
    if (handler.isRepeatable) return { step: index, outcome: "applied" } satisfies Outcome
    const after = yield* inspect(placed)
    if (after._tag !== "Done") return yield* new MaintenanceError.StepWithoutEffect({ step: index, subject })
    return { step: index, outcome: "applied" } satisfies Outcome
  }).pipe(Effect.withSpan("Plan.applyStep", { attributes: { step: placed.index, subject: placed.subject } }))

/** Takes back the steps that are done, the last one first. */
const undo = (steps: ReadonlyArray<Placed>) =>
  Effect.forEach(steps.toReversed(), (placed, already) => {
    const { action } = placed.step
    const handler = handlerOf(action)
    return handler.status(action).pipe(
      Effect.flatMap((status) => status._tag === "Done" && handler.undo ? handler.undo(action) : Effect.void),
      Effect.mapError((error) =>
        new MaintenanceError.UndoFailed({
          step: placed.index,
          left: steps.slice(0, steps.length - already).map(({ subject }) => subject),
          error
        })
      )
    )
  }, { discard: true })

/**
 * An interruption in the middle must undo too, so only the steps themselves can be interrupted. What was done before this
 * application stays: it may be the result of one that has ended well, and somebody may rely on it by now.
 */
const undoing = <A, E, R>(begun: Ref.Ref<ReadonlyArray<Placed>>, apply: Effect.Effect<A, E, R>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.catchAllCause(
      restore(apply),
      (cause) => Effect.zipRight(Effect.flatMap(Ref.get(begun), undo), Effect.failCause(cause))
    )
  )

const inOrder = <S extends Step>(
  steps: ReadonlyArray<Placed<S>>,
  begun: Ref.Ref<ReadonlyArray<Placed>>,
  onOutcome: OnOutcome<S>
) =>
  Effect.forEach(steps, (placed) =>
    Effect.tap(
      applyStep(placed, Ref.update(begun, (before) => [...before, placed])),
      (outcome) => onOutcome(outcome, placed.step)
    ))

/** The steps of a plan with their places. */
export const place = <S extends Step>({ steps }: Pick<Plan<S>, "steps">): ReadonlyArray<Placed<S>> =>
  steps.map((step, index) => ({ step, index, subject: Action.subject(step.action) }))

export const apply = <S extends Step>(
  plan: Plan<S>,
  onOutcome: OnOutcome<S> = () => Effect.void
): Effect.Effect<ReadonlyArray<Outcome>, MaintenanceError.ApplyError, Ploop | FileSystem | Path> =>
  Effect.gen(function*() {
    const begun = yield* Ref.make<ReadonlyArray<Placed>>([])
    const applied = inOrder(place(plan), begun, onOutcome)
    return yield* plan.onFailure === "undo" ? undoing(begun, applied) : applied
  }).pipe(Effect.withSpan("Plan.apply", { attributes: { title: plan.title } }))

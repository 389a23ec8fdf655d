import { FakeHost } from "@effect-ploop/backend-fake"
import type { PloopError } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Clock, Effect, FastCheck as fc } from "effect"
import { a, b, c, diskOf } from "./host.js"

type Services = Ploop.Ploop | FileSystem.FileSystem

/** An action on one disk, whose outcome depends on that disk alone. */
export interface Action {
  readonly name: string
  readonly run: (disk: string) => Effect.Effect<unknown, unknown, Services>
}

const on = (
  name: string,
  run: (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>
): Action => ({ name, run: (disk) => Effect.flatMap(Ploop.Ploop, (ploop) => run(ploop, disk)) })

const logOf = (disk: string): string => disk.replace("DiskDescriptor.xml", "log")

/** The shape of the tree, without the file names, which are random. */
const shape = (ploop: Ploop.Ploop, disk: string) =>
  Effect.map(
    ploop.listSnapshots({ disk }),
    ({ nodes }) => nodes.map(({ id, parent, temporary }) => ({ id, parent, temporary }))
  )

const id = fc.constantFrom(a, b, c)
const idOrTop = fc.constantFrom(a, b, c, SnapshotId.top)

export const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: id.map((id) => on(`snapshot ${id}`, (p, disk) => p.createSnapshot({ disk, id }))) },
  { weight: 3, arbitrary: idOrTop.map((id) => on(`delete ${id}`, (p, disk) => p.deleteSnapshot({ disk, id }))) },
  { weight: 2, arbitrary: id.map((id) => on(`switch ${id}`, (p, disk) => p.switchSnapshot({ disk, id }))) },
  fc.tuple(id, id).map(([id, keepAs]) =>
    on(`snapshot ${keepAs} and switch ${id}`, (p, disk) => p.snapshotAndSwitch({ disk, id, keepAs }))
  ),
  fc.constant(
    on("merge", (p, disk) => Effect.map(p.mergeSnapshots({ disk }), ({ gone, survivor }) => ({ gone, survivor })))
  ),
  { weight: 2, arbitrary: fc.constant(on("mount", (p, disk) => Effect.asVoid(p.mount({ disk })))) },
  { weight: 2, arbitrary: fc.constant(on("umount", (p, disk) => p.umount({ disk }))) },
  { weight: 2, arbitrary: fc.constant(on("list", shape)) },
  fc.constant(on("is mounted", (p, disk) => p.isMounted({ disk }))),
  fc.constantFrom("x", "y", "z").map((text): Action => ({
    name: `log ${text}`,
    run: (disk) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(logOf(disk), text, { flag: "a" }))
  })),
  fc.constant<Action>({
    name: "read log",
    run: (disk) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(logOf(disk)))
  })
)

const outcome = (run: Effect.Effect<unknown, unknown, Services>) =>
  Effect.map(Effect.either(run), (result) =>
    JSON.stringify(
      result._tag === "Right"
        ? result.right
        : (({ _tag, exitCode, reason }) => ({ _tag, exitCode, reason }))(
          result.left as { readonly _tag: string; readonly exitCode?: number; readonly reason?: string }
        )
    ) ?? "done")

/** Everything that can affect the outcome of a later action. */
const observe = (disk: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    return JSON.stringify([
      yield* shape(ploop, disk),
      yield* ploop.isMounted({ disk }),
      yield* Effect.option(fs.readFileString(logOf(disk)))
    ])
  })

/** An action that a fiber runs, and the number of steps after which it yields. */
export interface Task {
  readonly disk: number
  readonly action: Action
  readonly steps: number
}

interface Done {
  readonly action: Action
  readonly outcome: string
  /** The position of its last reading of the clock, which the host does when it makes a change. */
  readonly moment: number
}

/** A clock that stands still, and reports when it is read. */
const watched = (onRead: () => void): Clock.Clock =>
  Object.assign(Clock.make(), {
    currentTimeMillis: Effect.sync(() => {
      onRead()
      return 0
    })
  })

export const diskName = (index: number): string => `d${index}`

/** Runs all tasks at once, and returns the actions on each disk in their probable order. */
export const runAll = (tasks: ReadonlyArray<Task>) =>
  Effect.gen(function*() {
    const done = new Map<number, Array<Done>>()
    let reads = 0
    yield* Effect.forEach(tasks, ({ action, disk, steps }) => {
      let moment = 0
      return outcome(action.run(diskOf(diskName(disk)))).pipe(
        Effect.withClock(watched(() => moment = reads++)),
        Effect.map((outcome) => {
          const others = done.get(disk) ?? []
          done.set(disk, [...others, { action, outcome, moment }].sort((one, other) => one.moment - other.moment))
        }),
        Effect.withMaxOpsBeforeYield(steps)
      )
    }, { concurrency: "unbounded", discard: true })
    const disks = new Map<number, { readonly done: ReadonlyArray<Done>; readonly end: string }>()
    for (const [disk, list] of done) disks.set(disk, { done: list, end: yield* observe(diskOf(diskName(disk))) })
    return disks
  })

/** How many of the following actions may really have come before an action: the recorded order is almost right. */
const reach = 10

/**
 * Searches for an order in which the actions, one after the other on a host of
 * their own, have the same outcomes and leave the same state.
 */
export const explains = (
  disk: string,
  done: ReadonlyArray<Done>,
  end: string
): Effect.Effect<boolean, unknown, Services | FakeHost.FakeHost> =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const seen = new Set<string>()
    const search = (left: ReadonlyArray<Done>): Effect.Effect<boolean, unknown, Services> =>
      Effect.gen(function*() {
        const now = yield* observe(disk)
        if (left.length === 0) return now === end
        const place = `${now} ${left.map((one) => done.indexOf(one)).join()}`
        if (seen.has(place)) return false
        seen.add(place)
        const state = yield* host.state
        const last = done.indexOf(left[0]!) + reach
        for (const one of left.filter((one) => done.indexOf(one) <= last)) {
          yield* host.restore(state)
          const same = one.outcome === (yield* outcome(one.action.run(disk)))
          if (same && (yield* search(left.filter((other) => other !== one)))) return true
        }
        return false
      })
    return yield* search(done)
  })

import { FakeHost } from "@effect-ploop/backend-fake"
import type { Snapshotter } from "@effect-ploop/containerd"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Ref } from "effect"
import { contentOf, layer, leftovers, onFake, type OnHost, start } from "./utils.js"

class PowerCut {
  readonly _tag = "PowerCut"
}

/** Which change the power is cut at, and on which side of it. */
interface Cut {
  readonly at: number
  readonly side: "before" | "after"
}

/** The services of a host whose power is cut at one change. It counts the changes. */
const cutting = (cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const changes = yield* Ref.make(0)
    const isOff = yield* Ref.make(false)
    const stop = Effect.zipRight(host.cutPower, Effect.zipRight(Ref.set(isOff, true), Effect.die(new PowerCut())))
    const change = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(Effect.all([Ref.get(isOff), Ref.getAndUpdate(changes, (count) => count + 1)]), ([off, count]) => {
        // What a finalizer would do: the process is gone.
        if (off) return Effect.die(new PowerCut())
        return count !== cut.at ? effect : cut.side === "before" ? stop : Effect.zipRight(effect, stop)
      })
    const services = Context.make(Ploop.Ploop, {
      ...ploop,
      create: (options) => change(ploop.create(options)),
      mount: (options) => change(ploop.mount(options)),
      umount: (options) => change(ploop.umount(options)),
      createSnapshot: (options) => change(ploop.createSnapshot(options)),
      mergeSnapshots: (options) => change(ploop.mergeSnapshots(options))
    }).pipe(Context.add(FileSystem.FileSystem, {
      ...fs,
      makeDirectory: (path, options) => change(fs.makeDirectory(path, options)),
      copyFile: (from, to) => change(fs.copyFile(from, to)),
      link: (from, to) => change(fs.link(from, to)),
      rename: (from, to) => change(fs.rename(from, to)),
      remove: (path, options) => change(fs.remove(path, options)),
      writeFileString: (path, text, options) => change(fs.writeFileString(path, text, options))
    }))
    return { services, changes: Ref.get(changes) }
  })

interface Job {
  readonly before: (snapshotter: Snapshotter.Snapshotter) => Effect.Effect<unknown, unknown, OnHost>
  readonly call: (snapshotter: Snapshotter.Snapshotter) => Effect.Effect<unknown, { readonly _tag: string }>
  /** What a repetition may fail with because the call was done before the cut. */
  readonly done: string
  readonly names: ReadonlyArray<string>
}

const isCut = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) &&
  Cause.defects(exit.cause).pipe((defects) => [...defects].some((defect) => defect instanceof PowerCut))

/** Cuts the power at one change of a call, starts again, and repeats the call. Returns whether there was such a change. */
const round = (job: Job, cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const { services } = yield* cutting(cut)
    const exit = yield* Effect.exit(Effect.provide(Effect.flatMap(start(), job.call), services))
    if (!isCut(exit)) return false
    yield* Effect.ignore(host.cutPower)
    const snapshotter = yield* start()
    const again = yield* Effect.either(job.call(snapshotter))
    if (again._tag === "Left") assert.strictEqual(again.left._tag, job.done)
    assert.sameMembers((yield* snapshotter.list()).map(({ name }) => name), [...job.names])
    assert.deepStrictEqual(yield* contentOf(snapshotter, "one"), { one: "of one" })
    const left = yield* leftovers
    assert.deepStrictEqual([left.building, left.removed, left.snapshots], [0, 0, job.names.length])
    return true
  })

const jobs: Record<string, Job> = {
  prepare: {
    before: (snapshotter) => layer(snapshotter, "one"),
    call: (snapshotter) => snapshotter.prepare({ key: "a", parent: "one" }),
    done: "SnapshotExists",
    names: ["one", "a"]
  },
  commit: {
    before: (snapshotter) =>
      Effect.zipRight(layer(snapshotter, "one"), snapshotter.prepare({ key: "a", parent: "one" })),
    call: (snapshotter) => snapshotter.commit({ key: "a", name: "two" }),
    done: "SnapshotExists",
    names: ["one", "two"]
  },
  update: {
    before: (snapshotter) => layer(snapshotter, "one"),
    call: (snapshotter) => snapshotter.update({ name: "one", labels: { l: "1" } }),
    done: "none",
    names: ["one"]
  },
  remove: {
    before: (snapshotter) =>
      Effect.zipRight(layer(snapshotter, "one"), snapshotter.prepare({ key: "a", parent: "one" })),
    call: (snapshotter) => snapshotter.remove("a"),
    done: "SnapshotNotFound",
    names: ["one"]
  }
}

describe("a power cut at any change", () => {
  for (const [name, job] of Object.entries(jobs)) {
    for (const side of ["before", "after"] as const) {
      onFake(
        `of ${name}, ${side} it, leaves the snapshot or none, and lets the call be repeated`,
        Effect.gen(function*() {
          const host = yield* FakeHost.FakeHost
          yield* Effect.flatMap(start(), job.before)
          const prepared = yield* host.state
          let at = 0
          while (yield* round(job, { at, side })) {
            at++
            yield* host.restore(prepared)
          }
          assert.isAbove(at, 2)
        })
      )
    }
  }
})

import { FakeHost } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Cause, Context, Effect, Exit, Ref } from "effect"

class PowerCut {
  readonly _tag = "PowerCut"
}

/** Which change the power is cut at, and on which side of it. */
export interface Cut {
  readonly at: number
  readonly side: "before" | "after"
}

/** The services of a host whose power is cut at one change. It counts the changes. */
export const cutting = (cut: Cut) =>
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
      mergeSnapshots: (options) => change(ploop.mergeSnapshots(options)),
      deleteSnapshot: (options) => change(ploop.deleteSnapshot(options))
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

/** Whether an effect ended because the power was cut. */
export const isCut = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) &&
  Cause.defects(exit.cause).pipe((defects) => [...defects].some((defect) => defect instanceof PowerCut))

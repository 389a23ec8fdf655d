import { HostLock } from "@effect-ploop/maintenance"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Logger, Option, Ref, Stream } from "effect"
import { alone } from "../src/internal/heavy.js"

/** Another process that holds a lock, until it is ended by the result. */
const holdElsewhere = (directory: string) =>
  Effect.gen(function*() {
    // One process, so that its end is that of the lock: a child of flock would have the lock too, and end later.
    const program = Command.make("flock", "--no-fork", "-x", directory, "sh", "-c", "echo held; read line")
    const holder = yield* Command.start(program)
    yield* Stream.runHead(holder.stdout)
    return holder.kill("SIGKILL")
  })

/** Completes when somebody waits for another process. */
const seesWaiting = (waiting: Deferred.Deferred<void>) =>
  Logger.add(Logger.make(({ message }) => {
    if (String(message).includes("another process has the lock")) Deferred.unsafeDone(waiting, Effect.void)
  }))

describe("work that loads a file system", () => {
  it.scopedLive("waits until no other process of the host does, even one that is killed", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const directory = yield* fs.makeTempDirectoryScoped()
      const { dev } = yield* fs.stat(directory)
      const place = path.join(directory, "locks", String(dev))
      yield* fs.makeDirectory(place, { recursive: true })
      const kill = yield* holdElsewhere(place)
      const [waiting, hasRun] = [yield* Deferred.make<void>(), yield* Ref.make(false)]
      const work = alone([directory], Ref.set(hasRun, true)).pipe(
        Effect.provide(HostLock.layer({ directory: path.join(directory, "locks") })),
        Effect.provide(seesWaiting(waiting))
      )
      const fiber = yield* Effect.fork(work)
      yield* Deferred.await(waiting)
      assert.isFalse(yield* Ref.get(hasRun))
      yield* kill
      yield* Fiber.join(fiber)
      assert.isTrue(yield* Ref.get(hasRun))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("shows whether the process that makes the files of a directory has ended", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const lock = yield* HostLock.HostLock
      const mark = yield* Effect.scoped(Effect.gen(function*() {
        const mark = yield* lock.fill(directory)
        if (Option.isSome(mark)) assert.isFalse(yield* lock.isAbandoned(directory, mark.value))
        return mark
      }))
      // Nothing is proven on a file system that other hosts may share.
      if (Option.isNone(mark)) return assert.isFalse(yield* lock.isAbandoned(directory, "before"))
      assert.isTrue(yield* lock.isAbandoned(directory, mark.value))
      const kill = yield* holdElsewhere(directory)
      assert.isFalse(yield* lock.isAbandoned(directory, mark.value))
      assert.isTrue(yield* lock.isAbandoned(directory, "the start before this one"))
      yield* kill
      assert.isTrue(yield* lock.isAbandoned(directory, mark.value))
    }).pipe(Effect.provide(HostLock.layer()), Effect.provide(NodeContext.layer)))
})

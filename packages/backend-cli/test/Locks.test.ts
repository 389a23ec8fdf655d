import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, Option, Schedule, Scope } from "effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import * as ForkServer from "../src/ForkServer.js"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { lockDirectory as lockBy } from "../src/internal/flock.js"
import { fromNode } from "../src/internal/nodeFiles.js"
import { settle } from "./utils/clock.js"

/** Each rule holds for the locks of this process, and for those that small processes take for it. */
const ways: ReadonlyArray<readonly [suffix: string, typeof NodeContext.layer]> = [
  ["", NodeContext.layer],
  [", by a fork server", Layer.provideMerge(ForkServer.layer, NodeContext.layer)]
]

const test = <A, E>(
  title: string,
  body: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, Scope.Scope>
) => {
  for (const [suffix, layer] of ways) {
    it.scopedLive(`${title}${suffix}`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        return yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-locks-" }), fs)
      }).pipe(Effect.provide(layer)))
  }
}

const lockDirectory = (path: string) => Effect.flatMap(CurrentHostFiles, (files) => files.lockDirectory(path))

const locked = <A, E, R>(path: string, effect: Effect.Effect<A, E, R>) =>
  Effect.scopedWith((scope) => Effect.zipRight(Scope.extend(lockDirectory(path), scope), effect))

/** Whether nobody holds the lock now, by another program. */
const isFree = (directory: string) =>
  Effect.sync(() => {
    try {
      execFileSync("flock", ["-n", directory, "true"], { stdio: "ignore" })
      return true
    } catch {
      return false
    }
  })

const until = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(condition, { until: (met) => met, schedule: Schedule.spaced("5 millis") })

/** Holds the lock in an effect until told otherwise. */
const holder = (path: string) =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const release = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      locked(path, Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(release)))
    )
    yield* Deferred.await(begun)
    return { release: Effect.zipRight(Deferred.succeed(release, undefined), Fiber.await(fiber)), fiber }
  })

/** Another process that holds the lock by the code of this package. */
const otherProcess = (directory: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcess>((resume) => {
      const script = new URL("utils/lockHolder.ts", import.meta.url).pathname
      const child = spawn(
        process.execPath,
        ["--import", "tsx", "--conditions=@effect-ploop/source", script, directory],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
      child.stdout.once("data", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("the lock of a directory", () => {
  test("is held by one at a time, also among many", (directory) =>
    Effect.gen(function*() {
      const state = { inside: 0, most: 0, total: 0 }
      const work = Effect.acquireUseRelease(
        Effect.sync(() => (state.most = Math.max(state.most, ++state.inside))),
        () => Effect.yieldNow(),
        () => Effect.sync(() => (state.inside--, state.total++))
      )
      yield* Effect.forEach(Array.from({ length: 20 }), () => locked(directory, work), { concurrency: "unbounded" })
      assert.deepStrictEqual(state, { inside: 0, most: 1, total: 20 })
      assert.isTrue(yield* isFree(directory))
    }))

  it.scopedLive("is asked of flock by one fiber of this process at a time: the others wait for it here", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-locks-" })
      const asked: Array<string> = []
      // It lets everybody in, so that nothing but the wait in this process keeps a second one out.
      const enter = (name: string) =>
        lockBy(
          directory,
          fromNode("lockDirectory", directory),
          () => Effect.sync(() => (asked.push(name), { code: 0, stderr: "" }))
        )
      const second = yield* Effect.scoped(Effect.gen(function*() {
        yield* enter("first")
        const second = yield* Effect.fork(Effect.scoped(enter("second")))
        yield* settle()
        assert.deepStrictEqual([asked, second.unsafePoll()], [["first"], null])
        return second
      }))
      yield* Fiber.join(second)
      assert.deepStrictEqual(asked, ["first", "second"])
    }).pipe(Effect.provide(NodeContext.layer)))

  test("is the same by each name of the directory", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.makeDirectory(`${directory}/disk`)
      yield* fs.symlink(`${directory}/disk`, `${directory}/link`)
      const held = yield* holder(`${directory}/disk`)
      for (const name of ["link", "link/.", "disk/../disk"]) {
        const waiting = yield* Effect.fork(locked(`${directory}/${name}`, Effect.void))
        yield* Effect.sleep("20 millis")
        assert.isNull(waiting.unsafePoll())
        yield* Fiber.interrupt(waiting)
      }
      yield* held.release
      yield* locked(`${directory}/link`, Effect.void)
    }))

  test("of another directory is another one", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.makeDirectory(`${directory}/a`)
      yield* fs.makeDirectory(`${directory}/b`)
      const held = yield* holder(`${directory}/a`)
      yield* locked(`${directory}/b`, Effect.void)
      yield* held.release
    }))

  test("is respected by other programs, and respects theirs", (directory) =>
    Effect.gen(function*() {
      const held = yield* holder(directory)
      assert.isFalse(yield* isFree(directory))
      yield* held.release
      assert.isTrue(yield* isFree(directory))

      const child = spawn("flock", [directory, "sh", "-c", "echo locked; read line"], {
        stdio: ["pipe", "pipe", "inherit"]
      })
      yield* Effect.async<void>((resume) => void child.stdout.once("data", () => resume(Effect.void)))
      const waiting = yield* Effect.fork(locked(directory, Effect.succeed("in")))
      yield* Effect.sleep("20 millis")
      assert.isNull(waiting.unsafePoll())
      child.stdin.end("\n")
      assert.strictEqual(yield* Fiber.join(waiting), "in")
    }))

  test("is given back by the kernel when its process is killed", (directory) =>
    Effect.gen(function*() {
      const other = yield* otherProcess(directory)
      const waiting = yield* Effect.fork(locked(directory, Effect.succeed("in")))
      yield* Effect.sleep("20 millis")
      assert.isNull(waiting.unsafePoll())
      other.kill("SIGKILL")
      assert.strictEqual(yield* Fiber.join(waiting), "in")
    }))

  test("is given back after success, failure, a defect and an interruption", (directory) =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const never = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      for (const effect of [Effect.void, Effect.fail("no"), Effect.die("no")]) {
        yield* Effect.exit(locked<void, string, never>(directory, effect))
        assert.isTrue(yield* isFree(directory))
      }
      const fiber = yield* Effect.fork(locked(directory, never))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(yield* isFree(directory))
    }))

  test("is not waited for any longer once the wait is interrupted, in this process or for another", (directory) =>
    Effect.gen(function*() {
      const held = yield* holder(directory)
      const queued = yield* Effect.fork(locked(directory, Effect.void))
      yield* Effect.sleep("20 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(queued)))
      yield* held.release

      const other = yield* otherProcess(directory)
      const waiting = yield* Effect.fork(locked(directory, Effect.void))
      yield* Effect.sleep("20 millis")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
      other.kill("SIGKILL")
      yield* until(isFree(directory))
    }))

  test(
    "is that of the directory at the path, when another has come in its place meanwhile",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = `${directory}/disk`
        yield* fs.makeDirectory(path)
        const held = yield* holder(path)
        const waiting = yield* Effect.fork(locked(path, isFree(path)))
        yield* Effect.sleep("20 millis")
        yield* fs.rename(path, `${directory}/moved`)
        yield* fs.makeDirectory(path)
        yield* held.release
        assert.isFalse(yield* Fiber.join(waiting))
      })
  )

  test(
    "is that of the directory at the path, also when another process held the one that was there",
    (directory, fs) =>
      Effect.gen(function*() {
        const path = `${directory}/disk`
        yield* fs.makeDirectory(path)
        const other = yield* otherProcess(path)
        const waits = yield* Deferred.make<void>()
        const logger = Logger.make(() => void Deferred.unsafeDone(waits, Effect.void))
        const waiting = yield* Effect.fork(
          Effect.provide(locked(path, isFree(path)), Logger.replace(Logger.defaultLogger, logger))
        )
        yield* Deferred.await(waits)
        yield* fs.rename(path, `${directory}/moved`)
        yield* fs.makeDirectory(path)
        other.kill("SIGKILL")
        assert.isFalse(yield* Fiber.join(waiting))
      })
  )

  test("is none where there is no directory", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${directory}/file`, "")
      for (const name of ["missing", "file", "file/below"]) {
        assert.isTrue(Option.isNone(yield* lockDirectory(`${directory}/${name}`)))
      }
    }))
})

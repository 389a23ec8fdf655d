import { Disk, Ploop } from "@effect-ploop/core"
import type { Generation } from "@effect-ploop/core"
import { CommandExecutor, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Scope } from "effect"
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { over, scripted } from "./utils/host.js"

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), NodeContext.layer))

/** How many processes of an executor that change something run at once. */
const counting = () => {
  const state = { inside: 0, most: 0, runs: 0 }
  const wrap = (executor: CommandExecutor.CommandExecutor) =>
    CommandExecutor.makeExecutor((command) => {
      const args = command._tag === "StandardCommand" ? command.args : []
      if (!args.includes("snapshot")) return executor.start(command)
      const enter = Effect.sync(() => {
        state.runs++
        state.most = Math.max(state.most, ++state.inside)
      })
      return Effect.acquireRelease(enter, () => Effect.sync(() => state.inside--)).pipe(
        Effect.zipRight(executor.start(command))
      )
    })
  return { state, wrap }
}

const snapshot = (disk: string) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk }))

const slow = (generation: Generation.Generation) =>
  scripted(generation, (command) => command[0] === "snapshot" ? { lasts: "50 millis" } : undefined)

/** A process that has printed something, and runs until its input ends. */
const started = (program: string, args: ReadonlyArray<string>, cwd?: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcessWithoutNullStreams>((resume) => {
      const child = spawn(program, args, { cwd })
      child.stdout.once("data", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.stdin.end())
  )

/** One with these words in its command line, in this directory. */
const running = (words: ReadonlyArray<string>, cwd: string) =>
  started("sh", ["-c", "echo runs; read line", ...words], cwd)

/** A snapshot is taken only once the other process has ended; the wait can be interrupted. */
const waitsFor = (
  { commands, context, disk }: Effect.Effect.Success<ReturnType<typeof slow>>,
  other: ChildProcessWithoutNullStreams
) =>
  Effect.gen(function*() {
    const isTaken = Effect.map(commands, (all) => all.some((command) => command[0] === "snapshot"))
    const given = yield* Effect.fork(Effect.provide(snapshot(disk), context))
    const waiting = yield* Effect.fork(Effect.provide(snapshot(disk), context))
    yield* Effect.sleep("200 millis")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(given)))
    assert.isFalse(yield* isTaken)
    other.stdin.end()
    yield* Fiber.join(waiting)
    assert.isTrue(yield* isTaken)
  })

describe("a disk has one writer", () => {
  test("whatever it is called, and in whatever layer", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* slow("9")
      const { state, wrap } = counting()
      const links = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-links-" })
      yield* fs.symlink(host.directory, `${links}/directory`)
      yield* fs.makeDirectory(`${links}/descriptor`)
      yield* fs.symlink(host.disk, `${links}/descriptor/DiskDescriptor.xml`)
      const disks = [
        host.disk,
        Disk.inDirectory(`${links}/directory`),
        Disk.inDirectory(`${links}/descriptor`),
        Disk.inDirectory(`${host.directory}/../${host.directory.slice(host.directory.lastIndexOf("/") + 1)}`)
      ]
      const executor = wrap(host.executor)
      const layers = yield* Effect.all([over(executor), over(executor)])
      yield* Effect.forEach(
        layers.flatMap((context) => disks.map((disk) => Effect.provide(snapshot(disk), context))),
        (run) => run,
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(state, { inside: 0, most: 1, runs: 8 })
    }))

  test("while another process works on it, the wait for which can be interrupted", () =>
    Effect.gen(function*() {
      const host = yield* slow("1.15")
      const locking = [host.directory, "sh", "-c", "echo locked; read line"]
      yield* waitsFor(host, yield* started("flock", locking))
    }))

  test("while a tool of generation 9 that another process started changes it, which no lock shows", () =>
    Effect.gen(function*() {
      const host = yield* slow("9")
      const deleting = ["ploop", "snapshot-delete", "-u", "1", "DiskDescriptor.xml"]
      yield* waitsFor(host, yield* running(deleting, host.directory))
    }))

  test("but nobody waits for a tool of another disk, for one that only reads, or for one whose lock holds", () =>
    Effect.gen(function*() {
      const host = yield* slow("9")
      const other = yield* scripted("9", () => undefined)
      yield* running(["ploop", "snapshot", other.disk], host.directory)
      yield* running(["ploop", "-v0", "info", "-s", host.disk], host.directory)
      yield* running(["vi", host.disk], host.directory)
      yield* Effect.provide(snapshot(host.disk), host.context)
      const locking = yield* slow("7")
      yield* running(["ploop", "snapshot", locking.disk], locking.directory)
      yield* Effect.provide(snapshot(locking.disk), locking.context)
    }))

  test("but its readers wait for nobody", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", (command) =>
        command[0] === "snapshot"
          ? { lasts: "10 minutes" }
          : command[0] === "info" && command[1] === "-s"
          ? { stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }
          : undefined)
      const writer = yield* Effect.fork(Effect.provide(snapshot(host.disk), host.context))
      while (!(yield* host.commands).some((command) => command[0] === "snapshot")) yield* Effect.sleep("5 millis")
      yield* Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        yield* ploop.imageInfo({ disk: host.disk })
        yield* ploop.isMounted({ disk: host.disk })
        yield* ploop.listSnapshots({ disk: host.disk })
        yield* ploop.topDelta({ disk: host.disk })
      }).pipe(Effect.provide(host.context))
      assert.isNull(writer.unsafePoll())
      yield* Fiber.interrupt(writer)
    }))
})

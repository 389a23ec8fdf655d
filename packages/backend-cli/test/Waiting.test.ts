import { Disk, Ploop } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, TestClock } from "effect"
import { spawn } from "node:child_process"
import { settle, until, untilDone } from "./utils/clock.js"
import { scripted } from "./utils/host.js"
import type { Answer } from "./utils/ScriptedExecutor.js"

/** A host with a second disk, on which a merge of the first disk takes six seconds. */
const merging = (script: (command: ReadonlyArray<string>, disk: string) => Answer | undefined = () => undefined) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted(
      "1.15",
      (command, disk) => command[0] === "snapshot-merge" ? { lasts: "6 seconds" } : script(command, disk),
      { maxProcesses: 1 }
    )
    const other = Disk.inDirectory(`${host.directory}/other`)
    yield* fs.makeDirectory(`${host.directory}/other`)
    yield* fs.copyFile(host.disk, other)
    const merge = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mergeSnapshots({ disk: host.disk }))
    return { ...host, other, merge: Effect.provide(merge, host.context) }
  })

interface Form {
  /** The command of the tool by which it acquires. */
  readonly command: string
  readonly use: (disk: Disk.Disk) => Effect.Effect<void, PloopError.PloopError, Ploop.Ploop>
}

const forms: Record<"withMount" | "withTemporarySnapshot", Form> = {
  withMount: { command: "mount", use: (disk) => Ploop.withMount({ disk }, () => Effect.void) },
  withTemporarySnapshot: {
    command: "tsnapshot",
    use: (disk) => Ploop.withTemporarySnapshot({ disk, component: "bk" }, () => Effect.void)
  }
}

const waits = {
  "for the lock of the disk": (host: { readonly disk: Disk.Disk }) => host.disk,
  "for a permit": (host: { readonly other: Disk.Disk }) => host.other
}

/** Waits until the tool runs this command, and not the one before. */
const runs = (host: { readonly commands: Effect.Effect<ReadonlyArray<ReadonlyArray<string>>> }, command: string) =>
  until(Effect.map(host.commands, (all) => all.some(([first]) => first === command)))

for (const [name, { command, use }] of Object.entries(forms)) {
  describe(name, () => {
    for (const [what, diskOf] of Object.entries(waits)) {
      it.scoped(`returns from a timeout of a second while it waits ${what}, behind a merge of six`, () =>
        Effect.gen(function*() {
          const host = yield* merging()
          const merge = yield* Effect.forkDaemon(host.merge)
          yield* runs(host, "snapshot-merge")
          const fiber = yield* Effect.forkDaemon(
            Effect.provide(Effect.exit(Effect.timeout(use(diskOf(host)), "1 second")), host.context)
          )
          yield* settle()
          yield* TestClock.adjust("1 second")
          const exit = yield* Effect.flatten(Fiber.await(fiber))
          assert.include(String(exit), "TimeoutException")
          assert.strictEqual(host.running(), 1)
          yield* untilDone(host, merge)
          yield* settle()
          assert.notInclude((yield* host.commands).map(([first]) => first), command)
          // Nobody holds the lock or the permit any longer.
          const again = yield* Effect.forkDaemon(Effect.provide(host.merge, host.context))
          assert.isTrue(Exit.isSuccess(yield* untilDone(host, again)))
        }).pipe(Effect.provide(NodeContext.layer)))
    }

    it.scopedLive("is interrupted at once while it waits for the lock that another process holds", () =>
      Effect.gen(function*() {
        const host = yield* merging()
        const holder = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn("flock", [host.directory, "sh", "-c", "echo locked; read line"], {
              stdio: ["pipe", "pipe", "inherit"]
            })
          ),
          (child) => Effect.sync(() => child.stdin.end("\n"))
        )
        yield* Effect.async<void>((resume) => void holder.stdout.once("data", () => resume(Effect.void)))
        const fiber = yield* Effect.forkDaemon(Effect.provide(use(host.disk), host.context))
        // Those of the holder and of the waiter.
        yield* settle(2)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
        assert.notInclude((yield* host.commands).map(([first]) => first), command)
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scoped("releases what the tool attached, when it is interrupted while the tool works", () =>
      Effect.gen(function*() {
        const state = { attached: false }
        const host = yield* merging((found, disk) => {
          if (found[0] === command) state.attached = true
          if (found[0] === "umount") state.attached = false
          if (found[0] === command) return { lasts: "6 seconds", ignores: ["SIGTERM"] }
          const image = disk.replace("DiskDescriptor.xml", "root.hdd")
          if (found[0] === "list" && state.attached) return { stdout: `ploop3       ${image}  ~bk\n` }
          return found[0] === "info" && state.attached ? { stdout: "device:\t\t/dev/ploop3\n" } : undefined
        })
        const fiber = yield* Effect.forkDaemon(Effect.provide(use(host.disk), host.context))
        yield* until(Effect.sync(() => state.attached))
        yield* Fiber.interruptFork(fiber)
        assert.isTrue(Exit.isInterrupted(yield* untilDone(host, fiber)))
        assert.isFalse(state.attached)
        assert.strictEqual((yield* host.commands).filter(([first]) => first === "umount").length, 1)
        assert.deepStrictEqual(host.calls.flatMap(({ signals }) => signals), [])
      }).pipe(Effect.provide(NodeContext.layer)))
  })
}

it.scoped("withTemporarySnapshot is interrupted at once while a query lasts that comes before the snapshot", () =>
  Effect.gen(function*() {
    const host = yield* merging((command) => command[0] === "list" ? { lasts: "1 hour" } : undefined)
    const fiber = yield* Effect.forkDaemon(Effect.provide(forms.withTemporarySnapshot.use(host.disk), host.context))
    yield* runs(host, "list")
    assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
    assert.strictEqual(host.running(), 0)
  }).pipe(Effect.provide(NodeContext.layer)))

/** What comes beside a disk while an operation waits, or beside its tool, is somebody else's. */
import { type Disk, LowLevel, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { until, untilDone } from "./utils/clock.js"
import { scripted } from "./utils/host.js"
import { header } from "./utils/image.js"
import { sysfs } from "./utils/sysfs.js"

/** Names that the tool gives to what it writes beside a disk. */
const names = [
  "root.hdd.{cccccccc-0000-4000-8000-cccccccccccc}",
  "root.hdd.tmp",
  "root.hdd.idx",
  "DiskDescriptor.xml.tmp"
]

const writeAll = (directory: string) => {
  for (const name of names) writeFileSync(`${directory}/${name}`, header())
}

const left = (directory: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.readDirectory(directory), (all) => all.filter((name) => names.includes(name)).sort())
  )

const snapshot = (disk: Disk.Disk) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk }))

/** A disk whose snapshot waits for the turn of its tool, beside which somebody writes meanwhile. */
const waiting = (after: (directory: string) => void) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const options = { maxProcesses: 1, queries: "files" as const, sysfs: yield* sysfs({}) }
    let isListed = false
    const files = {
      ...nodeHostFiles,
      names: (directory: string) =>
        Effect.tap(nodeHostFiles.names(directory), () =>
          Effect.sync(() => {
            if (!isListed) after(directory)
            isListed = true
          }))
    }
    const host = yield* Effect.provideService(
      scripted("1.15", ([command]) => command === "stop" ? { lasts: "1 day" } : undefined, options),
      CurrentHostFiles,
      files
    )
    yield* fs.writeFileString(`${host.disk}.lck`, "")
    const stop = Effect.flatMap(LowLevel.LowLevel, (lowLevel) => lowLevel.stop({ device: "/dev/ploop9" }))
    const first = yield* Effect.fork(Effect.provide(stop, host.context))
    yield* until(Effect.map(host.commands, (commands) => commands.length === 1))
    const second = yield* Effect.fork(Effect.provide(snapshot(host.disk), host.context))
    yield* until(Effect.sync(() => isListed))
    return { ...host, first, second }
  })

describe("an interruption costs nobody a file that comes", () => {
  it.scoped("while the operation waits for the turn of its tool", () =>
    Effect.gen(function*() {
      const { commands, directory, first, second, ...host } = yield* waiting(writeAll)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(second)))
      assert.strictEqual((yield* commands).length, 1)
      assert.deepStrictEqual(yield* left(directory), [...names].sort())
      yield* untilDone(host, first, "1 day")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("while the tool goes on to its end, with success", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", ([command], disk) => {
        if (command !== "snapshot") return undefined
        writeAll(dirname(disk))
        return { lasts: "1 hour", ignores: ["SIGTERM"] }
      })
      yield* fs.writeFileString(`${host.disk}.lck`, "")
      const fiber = yield* Effect.fork(Effect.provide(snapshot(host.disk), host.context))
      yield* until(Effect.map(host.commands, (all) => all.some(([command]) => command === "snapshot")))
      const exit = yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)), "1 hour")
      assert.isTrue(Exit.isSuccess(exit) && Exit.isInterrupted(exit.value))
      assert.deepStrictEqual(yield* left(host.directory), [...names].sort())
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("an interruption removes", () => {
  it.scoped("what a tool has left that it ended", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", ([command], disk) => {
        if (command !== "snapshot") return undefined
        writeAll(dirname(disk))
        return { lasts: "1 hour" }
      })
      yield* fs.writeFileString(`${host.disk}.lck`, "")
      const fiber = yield* Effect.fork(Effect.provide(snapshot(host.disk), host.context))
      yield* until(Effect.map(host.commands, (all) => all.some(([command]) => command === "snapshot")))
      yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* left(host.directory), [])
    }).pipe(Effect.provide(NodeContext.layer)))
})

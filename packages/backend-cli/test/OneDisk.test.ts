import { Disk, LowLevel, Ploop } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { Error as Errors, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Option } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { until, untilDone } from "./utils/clock.js"
import { A, B, scripted, withNode } from "./utils/host.js"
import { image } from "./utils/image.js"
import { sysfs } from "./utils/sysfs.js"

type Services = Ploop.Ploop | LowLevel.LowLevel

type Operation = (
  paths: { readonly disk: string; readonly directory: string }
) => Effect.Effect<unknown, PloopError.PloopError, Services>

const ploop = (run: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>) =>
  Effect.flatMap(Ploop.Ploop, run)

const snapshot: Operation = ({ disk }) => ploop((ploop) => ploop.createSnapshot({ disk }))

/** How long the snapshot of a disk and another operation take together, when each of them takes a day. */
const together = (operation: Operation) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted("1.15", (command) =>
      ["info", "list"].includes(command[0]!) ? undefined : { lasts: "1 day" })
    yield* fs.writeFile(`${host.directory}/root.hdd`, image())
    yield* fs.makeDirectory(`${host.directory}/below`)
    const fiber = yield* Effect.all([snapshot(host), operation(host)].map(Effect.exit), { concurrency: "unbounded" })
      .pipe(Effect.timed, Effect.provide(host.context), Effect.fork)
    yield* untilDone(host, fiber, "1 hour")
    const [took] = yield* Fiber.join(fiber)
    return Duration.toDays(took)
  })

describe("while a snapshot of a disk is taken, these wait", () => {
  const operations: ReadonlyArray<readonly [title: string, operation: Operation]> = [
    ["another snapshot", snapshot],
    ["another snapshot, by another name of the directory", ({ directory }) =>
      Effect.gen(function*() {
        const link = `${directory}/below/link`
        const fs = yield* FileSystem.FileSystem
        yield* Effect.orDie(fs.symlink(directory, link))
        yield* snapshot({ directory: link, disk: Disk.inDirectory(link) })
      }).pipe(Effect.provide(NodeContext.layer))],
    ["a conversion", ({ disk }) => ploop((ploop) => ploop.convert({ disk, version: 2 }))],
    ["a check of the disk", ({ disk }) => ploop((ploop) => ploop.check({ disk }))],
    ["a check of an image", ({ directory }) => ploop((ploop) => ploop.check({ image: `${directory}/root.hdd` }))],
    [
      "a replacement",
      ({ directory, disk }) => ploop((ploop) => ploop.replace({ disk, snapshot: A, with: `${directory}/root.hdd` }))
    ],
    ["a mount", ({ disk }) => ploop((ploop) => ploop.mount({ disk }))],
    ["an unmount of the disk", ({ disk }) => ploop((ploop) => ploop.umount({ disk }))],
    ["an unmount of the image", ({ directory }) => ploop((ploop) => ploop.umount({ image: `${directory}/root.hdd` }))],
    ["a resize", ({ disk }) => ploop((ploop) => ploop.resize({ disk, size: "20M" }))],
    [
      "a temporary snapshot",
      ({ disk }) => ploop((ploop) => ploop.createTemporarySnapshot({ disk, component: "backup" }))
    ],
    ["a switch", ({ disk }) => ploop((ploop) => ploop.switchSnapshot({ disk, id: A }))],
    ["a deletion", ({ disk }) => ploop((ploop) => ploop.deleteSnapshot({ disk, id: A }))],
    ["a merge", ({ disk }) => ploop((ploop) => ploop.mergeSnapshots({ disk }))],
    ["a change of its balloon", ({ disk }) => ploop((ploop) => ploop.balloonChange({ disk, size: "1M" }))],
    ["a discard", ({ disk }) => ploop((ploop) => ploop.discard({ disk }))],
    [
      "growing the disk",
      ({ disk }) => Effect.flatMap(LowLevel.LowLevel, (lowLevel) => lowLevel.grow({ disk, size: "20M" }))
    ],
    ["growing the image", ({ directory }) =>
      Effect.flatMap(
        LowLevel.LowLevel,
        (lowLevel) => lowLevel.grow({ image: `${directory}/root.hdd`, size: "20M" })
      )]
  ]
  for (const [title, operation] of operations) {
    it.scoped(
      title,
      () => Effect.map(together(operation), (days) => assert.isAtLeast(days, 2)).pipe(Effect.provide(NodeContext.layer))
    )
  }
})

describe("while a snapshot of a disk is taken, these do not wait", () => {
  const queries: ReadonlyArray<readonly [title: string, operation: Operation]> = [
    ["information about the image", ({ disk }) => ploop((ploop) => ploop.imageInfo({ disk }))],
    ["whether it is mounted", ({ disk }) => ploop((ploop) => ploop.isMounted({ disk }))],
    ["its device", ({ disk }) => ploop((ploop) => ploop.deviceOf({ disk, component: "backup" }))],
    ["its snapshots", ({ disk }) => ploop((ploop) => ploop.listSnapshots({ disk }))],
    ["its top delta", ({ disk }) => ploop((ploop) => ploop.topDelta({ disk }))],
    ["the status of its balloon", ({ disk }) => Effect.exit(ploop((ploop) => ploop.balloonStatus({ disk })))],
    ["a check of its balloon", ({ disk }) => Effect.exit(ploop((ploop) => ploop.balloonCheck({ disk })))]
  ]
  for (const [title, operation] of queries) {
    it.scoped(title, () =>
      Effect.gen(function*() {
        const host = yield* scripted("1.15", (command) =>
          command[0] === "snapshot"
            ? { lasts: "1 hour" }
            : command[0] === "info" && command[1] === "-s"
            ? { stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }
            : undefined)
        const writer = yield* Effect.fork(Effect.provide(snapshot(host), host.context))
        yield* until(Effect.map(host.commands, (commands) => commands.some(([command]) => command === "snapshot")))
        // The clock stands still, so that the writer never ends.
        yield* Effect.provide(operation(host), host.context)
        yield* untilDone(host, writer, "1 hour")
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

describe("an operation of several steps that is interrupted in the first", () => {
  const steps: ReadonlyArray<readonly [title: string, operation: Operation, commands: ReadonlyArray<string>]> = [
    ["snapshotAndSwitch", ({ disk }) => ploop((ploop) => ploop.snapshotAndSwitch({ disk, id: A })), [
      "snapshot",
      "snapshot-switch"
    ]],
    ["switchAndDelete", ({ disk }) => ploop((ploop) => ploop.switchAndDelete({ disk, id: B })), [
      "snapshot-switch",
      "snapshot-delete"
    ]]
  ]
  for (const [title, operation, commands] of steps) {
    it.scoped(`is done to its end: ${title}`, () =>
      Effect.gen(function*() {
        const host = yield* scripted("1.15", ([command]) => command === commands[0] ? { lasts: "1 hour" } : undefined)
        const fiber = yield* Effect.fork(Effect.provide(operation(host), host.context))
        const changes = Effect.map(
          host.commands,
          (all) => all.flatMap(([command]) => command!.startsWith("snapshot") ? [command!] : [])
        )
        yield* until(Effect.map(changes, (changes) => changes.length === 1))
        yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)), "10 minutes")
        assert.deepStrictEqual(yield* changes, commands)
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

describe("while a snapshot of a running disk is taken", () => {
  const device = "/dev/ploop7"
  const low = (run: (low: LowLevel.LowLevel) => Effect.Effect<unknown, PloopError.PloopError>) =>
    Effect.flatMap(LowLevel.LowLevel, run)

  /** A disk that runs on {@link device} and is mounted at its directory `mnt`, by what files of the kernel show. */
  const running = (script: Parameters<typeof scripted>[1], others: Partial<HostFiles> = {}) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const root = yield* sysfs({})
      const mounts = { text: "" }
      const files: HostFiles = {
        ...withNode(device),
        kernelText: (path) =>
          path === "/proc/mounts" ? Effect.sync(() => Option.some(mounts.text)) : nodeHostFiles.kernelText(path),
        ...others
      }
      const host = yield* scripted("1.15", script, { queries: "files", sysfs: root }).pipe(
        Effect.provideService(CurrentHostFiles, files)
      )
      const directory = yield* fs.realPath(host.directory)
      const shown = yield* sysfs({ ploop7: { image: `${directory}/root.hdd` } })
      yield* fs.rename(`${shown}/block/ploop7`, `${root}/block/ploop7`)
      yield* fs.makeDirectory(`${directory}/mnt`)
      yield* fs.writeFile(`${directory}/root.hdd`, image())
      mounts.text = `${device}p1 ${directory}/mnt ext4 rw 0 0\n`
      return { ...host, sysfs: root }
    })

  const changes: ReadonlyArray<readonly [title: string, operation: Operation]> = [
    ["an unmount of its device", () => ploop((ploop) => ploop.umount({ device }))],
    [
      "an unmount of its mount point",
      ({ directory }) => ploop((ploop) => ploop.umount({ target: `${directory}/mnt` }))
    ],
    ["a change of its balloon", () => ploop((ploop) => ploop.balloonChange({ device, size: "1M" }))],
    [
      "a change of its balloon, by its mount point",
      ({ directory }) => ploop((ploop) => ploop.balloonChange({ target: `${directory}/mnt`, size: "1M" }))
    ],
    ["a repair of its balloon", () => ploop((ploop) => ploop.balloonRepair({ device }))],
    ["a discard", () => ploop((ploop) => ploop.discard({ device }))],
    ["growing its device", () => low((low) => low.grow({ device, size: "20M" }))],
    ["stopping its device", () => low((low) => low.stop({ device }))],
    ["the removal of a delta", () => low((low) => low.deleteDelta({ device, level: 1 }))]
  ]

  for (const [title, operation] of changes) {
    it.scoped(`${title} waits, and no process is started to see which disk it is`, () =>
      Effect.gen(function*() {
        const host = yield* running(() => ({ lasts: "1 day" }))
        const both = [snapshot(host), operation(host)].map(Effect.exit)
        const fiber = yield* Effect.all(both, { concurrency: "unbounded" }).pipe(
          Effect.timed,
          Effect.provide(host.context),
          Effect.fork
        )
        yield* untilDone(host, fiber, "1 hour")
        const [took] = yield* Fiber.join(fiber)
        assert.isAtLeast(Duration.toDays(took), 2)
        assert.strictEqual((yield* host.commands).length, 2)
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  for (const [title, operation] of changes) {
    it.scoped(`${title} waits also where queries run the tool, which says which disk it is`, () =>
      Effect.gen(function*() {
        const host = yield* scripted("1.15", ([command, all], disk) => {
          const image = `${dirname(disk)}/root.hdd`
          return command === "list"
            ? { stdout: all === "-a" ? `ploop7       ${image} ${dirname(disk)}/mnt \n` : `ploop7       ${image}  \n` }
            : { lasts: "1 day" }
        }).pipe(Effect.provideService(CurrentHostFiles, withNode(device)))
        mkdirSync(`${host.directory}/mnt`)
        const both = [snapshot(host), operation(host)].map(Effect.exit)
        const fiber = yield* Effect.all(both, { concurrency: "unbounded" }).pipe(
          Effect.timed,
          Effect.provide(host.context),
          Effect.fork
        )
        yield* untilDone(host, fiber, "1 hour")
        const [took] = yield* Fiber.join(fiber)
        assert.isAtLeast(Duration.toDays(took), 2)
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scoped("what names its device waits for the disk that the device runs by then", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const entered: Array<string> = []
      const shown = yield* Deferred.make<string>()
      const other = yield* fs.realPath(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" }))
      const host = yield* running(() => undefined, {
        lockDirectory: (directory) =>
          Effect.flatMap(Deferred.await(shown), (file) => {
            entered.push(directory)
            writeFileSync(file, `${other}/root.hdd\n`)
            return nodeHostFiles.lockDirectory(directory)
          })
      })
      yield* Deferred.succeed(shown, `${host.sysfs}/block/ploop7/pdelta/0/image`)
      yield* Effect.provide(low((low) => low.stop({ device })), host.context)
      assert.deepStrictEqual(entered, [yield* fs.realPath(host.directory), other])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("what names its device goes on without the lock where this process may not open the directory", () =>
    Effect.gen(function*() {
      const reason = "PermissionDenied"
      const denied = new Errors.SystemError({ module: "FileSystem", method: "lockDirectory", reason })
      const host = yield* running(() => undefined, { lockDirectory: () => Effect.fail(denied) })
      yield* Effect.provide(low((low) => low.stop({ device })), host.context)
      assert.deepStrictEqual(yield* host.commands, [["stop", "-d", device]])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("a query of its balloon does not wait", () =>
    Effect.gen(function*() {
      const host = yield* running(([command]) => command === "snapshot" ? { lasts: "1 hour" } : undefined)
      const writer = yield* Effect.fork(Effect.provide(snapshot(host), host.context))
      yield* until(Effect.map(host.commands, (commands) => commands.some(([command]) => command === "snapshot")))
      yield* Effect.exit(Effect.provide(ploop((ploop) => ploop.balloonStatus({ device })), host.context))
      assert.isNull(writer.unsafePoll())
      yield* untilDone(host, writer, "1 hour")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("an operation in two directories", () => {
  it.scoped("enters them in one order, whichever is the source, so that no two wait for each other", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const entered: Array<string> = []
      const host = yield* scripted("1.15", () => undefined).pipe(
        Effect.provideService(CurrentHostFiles, {
          ...nodeHostFiles,
          lockDirectory: (directory) => {
            entered.push(directory)
            return nodeHostFiles.lockDirectory(directory)
          }
        })
      )
      const [a, b] = [`${host.directory}/a`, `${host.directory}/b`]
      for (const directory of [a, b]) {
        yield* fs.makeDirectory(directory)
        yield* fs.copyFile(host.disk, Disk.inDirectory(directory))
      }
      for (const [from, to] of [[a, b], [b, a]] as const) {
        const clone = ploop((ploop) => ploop.clone({ disk: Disk.inDirectory(from), snapshot: A, directory: to }))
        yield* Effect.exit(Effect.provide(clone, host.context))
      }
      assert.deepStrictEqual(entered, [a, b, a, b])
    }).pipe(Effect.provide(NodeContext.layer)))
})

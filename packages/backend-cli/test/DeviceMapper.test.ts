import type { PloopError } from "@effect-ploop/core"
import { LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Sink, Stream } from "effect"
import { writeFileSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { untilDone } from "./utils/clock.js"
import type { Directories } from "./utils/directories.js"
import { B, descriptor, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import { uuid } from "./utils/realTool.js"
import type { Answer } from "./utils/ScriptedExecutor.js"

type Services = Ploop.Ploop | LowLevel.LowLevel

type Attaching = (disk: string, directory: string) => Effect.Effect<unknown, PloopError.PloopError, Services>

const service = (use: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>) =>
  Effect.flatMap(Ploop.Ploop, use)

const attaching: Readonly<Record<string, Attaching>> = {
  mount: (disk) => service((ploop) => ploop.mount({ disk })),
  createTemporarySnapshot: (disk) => service((ploop) => ploop.createTemporarySnapshot({ disk, component: "backup" })),
  resize: (disk) => service((ploop) => ploop.resize({ disk, size: "20M" })),
  discard: (disk) => service((ploop) => ploop.discard({ disk, automount: true })),
  fileSystemInfo: (disk) => service((ploop) => ploop.fileSystemInfo({ disk, mayMount: true })),
  grow: (disk) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk, size: "20M" })),
  create: (_, directory) => service((ploop) => ploop.create({ image: `${directory}/new/root.hdd`, size: "300M" }))
}

interface Host {
  readonly dmsetup?: Answer
  readonly directories?: Directories
}

const hosts: ReadonlyArray<readonly [string, string, Host]> = [
  ["without the ploop target", "the device mapper with its ploop target", {
    dmsetup: { stdout: "linear           v1.4.0\n" }
  }],
  ["without the device mapper", "the device mapper with its ploop target", {
    dmsetup: { stderr: "/dev/mapper/control: open failed: No such file or directory\n", exitCode: 1 }
  }],
  ["without dmsetup", "the program dmsetup", { dmsetup: { spawnError: "ENOENT" } }],
  ["without /dev/mapper", "the directory /dev/mapper", { directories: { missing: ["/dev/mapper"] } }],
  ["without a place for locks", "the directory /var/lock", {
    directories: { missing: ["/var/lock/ploop", "/var/lock"] }
  }],
  ["on which locks cannot be made", "a writable directory /var/lock/ploop", {
    directories: { readOnly: ["/var/lock/ploop"] }
  }]
]

/** What changes nothing. */
const isQuery = ([command, option]: ReadonlyArray<string>): boolean =>
  command === "targets" || command === "list" || (command === "info" && option === "-d")

describe("on a host of generation 9", () => {
  for (const [where, what, { directories, dmsetup }] of hosts) {
    it.scoped(`${where}, what attaches a disk says what is missing, and starts nothing`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted(
          "9",
          ([command]) => command === "targets" ? dmsetup : undefined,
          undefined,
          directories
        )
        yield* fs.makeDirectory(`${host.directory}/new`)
        for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFile(`${host.directory}/${name}`, image())
        }
        for (const [operation, attach] of Object.entries(attaching)) {
          const error = yield* Effect.flip(Effect.provide(attach(host.disk, host.directory), host.context))
          assert.strictEqual(error._tag, "PrerequisiteMissing", operation)
          if (error._tag === "PrerequisiteMissing") assert.strictEqual(error.what, what, operation)
        }
        assert.deepStrictEqual((yield* host.commands).filter((command) => !isQuery(command)), [])
        assert.deepStrictEqual(yield* fs.readDirectory(`${host.directory}/new`), [])
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

it.scoped("a mount of a snapshot is not refused for an image of version 1 that is above it", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    for (const old of ["root.hdd", "root.hdd.2"]) {
      const host = yield* scripted("9", () => undefined)
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
        const given = name === old ? { signature: "WithoutFreeSpace" } : {}
        yield* fs.writeFile(`${host.directory}/${name}`, image(given))
      }
      const mount = Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.mount({ disk: host.disk, snapshot: B, readOnly: true })
      )
      yield* Effect.exit(Effect.provide(mount, host.context))
      assert.strictEqual((yield* host.commands).some(([command]) => command === "mount"), old === "root.hdd.2")
    }
  }).pipe(Effect.provide(NodeContext.layer)))

it.scoped("a disk is locked while it is copied, because the tool does not find its device then", () =>
  Effect.gen(function*() {
    const locked: Array<string> = []
    const host = yield* scripted(
      "9",
      ([command], disk) =>
        command === "list" ? { stdout: `ploop7\t${disk.replace("DiskDescriptor.xml", "root.hdd")}\t\n` } : undefined
    )
      .pipe(Effect.provideService(CurrentHostFiles, {
        ...nodeHostFiles,
        lockDirectory: (directory) => {
          locked.push(directory)
          return nodeHostFiles.lockDirectory(directory)
        }
      }))
    const wire = { incoming: Stream.empty, outgoing: Sink.drain }
    const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
    yield* Effect.exit(Stream.runDrain(ploop.copyTo({ device: "/dev/mapper/ploop7" }, wire)))
    assert.deepStrictEqual(locked, [host.directory])
  }).pipe(Effect.provide(NodeContext.layer)))

it.scoped("a tool of another user may make its locks where this process may not write", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted(
      "9",
      ([program, ...words]) =>
        words.length === 0
          ? { stderr: "Usage: ploop init -s SIZE\n       ploop tg-init DEVICE NAME\n", exitCode: 38 }
          : program === "dmsetup"
          ? { stdout: "ploop            v1.0.0\n" }
          : words[0] === "mount"
          ? { signal: "SIGSEGV" }
          : words[0] === "info"
          ? { stdout: "device:\t\t\n" }
          : {},
      { prefix: ["sudo"] },
      { readOnly: ["/var/lock/ploop"] }
    ).pipe(Effect.provideService(CurrentHostFiles, { ...nodeHostFiles, isRoot: Effect.succeed(false) }))
    for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
      yield* fs.writeFile(`${host.directory}/${name}`, image())
    }
    const mount = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk }))
    assert.strictEqual((yield* Effect.flip(Effect.provide(mount, host.context)))._tag, "ToolAborted")
  }).pipe(Effect.provide(NodeContext.layer)))

const refused = [
  "device-mapper: reload ioctl on ploop46534 (253:46534) failed: Protocol error",
  "device-mapper: remove ioctl on ploop46534 (253:46534) failed: No such device or address",
  "Failed to revert device creation.",
  "Error in dm_create (dm.c:234): Failed to create ploop device /dev/mapper/ploop46534: No such device or address",
  ""
].join("\n")

/** A mount that the driver refuses, and what is asked of dmsetup then. */
const refusedMount = (table: Answer) =>
  Effect.gen(function*() {
    const host = yield* scripted("9", ([command]) =>
      command === "mount"
        ? { stderr: refused, exitCode: 255 }
        : command === "table"
        ? table
        : undefined)
    const mount = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk }))
    const error = yield* Effect.flip(Effect.provide(mount, host.context))
    const commands = yield* host.commands
    return { error, asked: commands.filter((command) => command[1] === "ploop46534") }
  }).pipe(Effect.provide(NodeContext.layer))

describe("a device that the driver of generation 9 refused its table", () => {
  it.scoped("is removed, because the tool can neither list nor unmount it", () =>
    Effect.gen(function*() {
      const { asked, error } = yield* refusedMount({ stdout: "\n" })
      assert.strictEqual(error._tag, "ImageCorrupt")
      assert.deepStrictEqual(asked, [["table", "ploop46534"], ["remove", "ploop46534"]])
    }))

  it.scoped("is left alone when it has a table after all", () =>
    Effect.gen(function*() {
      const { asked } = yield* refusedMount({ stdout: "0 131072 ploop 1 v2 2048 o\n" })
      assert.deepStrictEqual(asked, [["table", "ploop46534"]])
    }))
})

/** A mount that fails, and leaves the in-use flag as this generation does. */
const failedMount = (inUse: number, devices: (image: string) => string = () => "") =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const top: { path: string } = { path: "" }
    let hasFailed = false
    const host = yield* scripted("9", ([command], disk) => {
      if (command === "list" && hasFailed) return { stdout: devices(disk.replace("DiskDescriptor.xml", "root.hdd")) }
      if (command !== "mount") return undefined
      hasFailed = true
      writeFileSync(top.path, image({ inUse: 0x746f6e59 }))
      return { stderr: "Error in do_mount (x.c:1): Can't mount file system dev=/dev/mapper/ploop7\n", exitCode: 21 }
    })
    top.path = `${host.directory}/root.hdd.2`
    yield* fs.writeFile(top.path, image({ inUse }))
    const mount = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.mount({ disk: host.disk }))
    const error = yield* Effect.flip(Effect.provide(mount, host.context))
    const commands = yield* host.commands
    assert.strictEqual(error._tag, "MountFailed")
    return { top: top.path, checks: commands.filter(([command]) => command === "check") }
  }).pipe(Effect.provide(NodeContext.layer))

describe("the in-use flag that a failed mount of generation 9 leaves", () => {
  it.scoped("is cleared, so that nothing takes the image for one that was not closed", () =>
    Effect.gen(function*() {
      const { checks, top } = yield* failedMount(0)
      assert.deepStrictEqual(checks, [["check", "-f", "-d", top]])
    }))

  it.scoped("stays when a device has the disk by then, which set it", () =>
    Effect.gen(function*() {
      const { checks } = yield* failedMount(0, (image) => `ploop7\t${image}\t\n`)
      assert.deepStrictEqual(checks, [])
    }))

  it.scoped("stays when it was set before, because the image was not closed cleanly", () =>
    Effect.gen(function*() {
      const { checks } = yield* failedMount(0x746f6e59)
      assert.deepStrictEqual(checks, [])
    }))
})

describe("a temporary snapshot of generation 9 whose mount fails", () => {
  const C = SnapshotId.make(uuid("c"))

  /** How often the snapshot is deleted when the tool, which takes it or finds it there, fails. */
  const deletions = (isThere: boolean) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const taken = descriptor("root.hdd.3", C).replace(
        `<GUID>${C}</GUID>\n      <ParentGUID>${B}</ParentGUID>`,
        "$&<Temporary/>"
      )
      assert.include(taken, "<Temporary/>")
      const host = yield* scripted("9", ([command], disk) => {
        if (command !== "tsnapshot") return undefined
        writeFileSync(disk, taken)
        return isThere
          ? { stderr: `Error in x (y.c:1): The snapshot ${C} already exist\n`, exitCode: 20 }
          : { stderr: "Error in do_mount (x.c:1): Can't mount file system dev=/dev/mapper/ploop7\n", exitCode: 21 }
      })
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2", "root.hdd.3"]) {
        yield* fs.writeFile(`${host.directory}/${name}`, image())
      }
      if (isThere) yield* fs.writeFileString(host.disk, taken)
      const take = Effect.flatMap(Ploop.Ploop, (ploop) =>
        ploop.createTemporarySnapshot({ disk: host.disk, id: C, component: "bk" }))
      const error = yield* Effect.flip(Effect.provide(take, host.context))
      assert.strictEqual(error._tag, isThere ? "SnapshotExists" : "MountFailed")
      return (yield* host.commands).filter(([command]) =>
        command === "snapshot-delete"
      ).length
    }).pipe(Effect.provide(NodeContext.layer))

  it.scoped("is deleted", () => Effect.map(deletions(false), (count) => assert.strictEqual(count, 1)))

  it.scoped("is not deleted when it was there before: it is somebody else's", () =>
    Effect.map(deletions(true), (count) => assert.strictEqual(count, 0)))
})

describe("an operation of generation 9 that names a device", () => {
  it.scoped("waits for the one that changes the disk which runs there, as the tool lists it", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("9", ([command], disk) =>
        command === "list"
          ? { stdout: `ploop7\t${disk.replace("DiskDescriptor.xml", "root.hdd")}\n` }
          : ["snapshot", "balloon"].includes(command ?? "")
          ? { lasts: "1 day" }
          : undefined)
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
        yield* fs.writeFile(`${host.directory}/${name}`, image())
      }
      const service = yield* Effect.provide(Ploop.Ploop, host.context)
      const both = Effect.all([
        Effect.exit(service.createSnapshot({ disk: host.disk })),
        Effect.exit(service.balloonChange({ device: "/dev/mapper/ploop7", size: "1M" }))
      ], { concurrency: "unbounded" })
      const fiber = yield* Effect.fork(Effect.timed(both))
      yield* untilDone(host, fiber, "1 hour")
      const [took] = yield* Fiber.join(fiber)
      assert.strictEqual(Duration.toDays(took), 2)
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a discard of an idle disk of generation 9", () => {
  it.scoped("that may not mount it asks for no numbers of its file system, for which the tool would mount it", () =>
    Effect.gen(function*() {
      const host = yield* scripted("9", ([command]) =>
        command === "balloon"
          ? {
            stderr: "Error in get_dev_and_mnt (balloon.c:526): Unable to discard: image is not mounted\n",
            exitCode: 38
          }
          : undefined)
      const discard = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.discard({ disk: host.disk }))
      const error = yield* Effect.flip(Effect.provide(discard, host.context))
      assert.strictEqual(error._tag, "NotMounted")
      const asked = (yield* host.commands).filter(([command]) => command === "balloon")
      assert.deepStrictEqual(asked, [["balloon", "discard", host.disk]])
    }).pipe(Effect.provide(NodeContext.layer)))
})

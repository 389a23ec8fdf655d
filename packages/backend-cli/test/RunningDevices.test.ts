/** What the tool and the mount table say of devices that run, and what an operation makes of it. */
import type { PloopCli } from "@effect-ploop/backend-cli"
import { ChangeTracking, DevicePath, DiskDescriptor, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import type { Generation } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option, type Scope } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, B, descriptor, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"
import { uuid } from "./utils/realTool.js"
import type { Answer } from "./utils/ScriptedExecutor.js"
import { sysfs } from "./utils/sysfs.js"

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), NodeContext.layer))

type Script = (command: ReadonlyArray<string>, directory: string, index: number) => Answer | undefined

/** A disk, a tool, and the mount table as it is after each so many runs of the tool. */
const world = (
  generation: Generation.Generation,
  script: Script,
  mounts: (runs: number, directory: string) => string = () => "",
  foreignMounts: HostFiles["foreignMounts"] = Effect.succeed([]),
  options: PloopCli.Options = {}
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const state = { directory: "", runs: 0 }
    const files: HostFiles = {
      ...nodeHostFiles,
      foreignMounts,
      kernelText: (path) =>
        path === "/proc/mounts"
          ? Effect.sync(() => Option.some(mounts(state.runs, state.directory)))
          : nodeHostFiles.kernelText(path)
    }
    const host = yield* scripted(generation, (command, _, index) => {
      state.runs = index + 1
      return script(command, state.directory, index)
    }, options).pipe(Effect.provideService(CurrentHostFiles, files))
    state.directory = host.directory
    const ask = <A, E>(use: (ploop: Ploop.Ploop) => Effect.Effect<A, E>) =>
      Effect.provide(Effect.flatMap(Ploop.Ploop, use), host.context)
    return { ...host, ask, fs }
  })

/** The descriptor of a disk with one image, and with the name of a key. */
const single = (keyId?: string): string =>
  DiskDescriptor.format(DiskDescriptor.make({
    size: "10M",
    images: [{ id: SnapshotId.top, type: "Compressed", file: "root.hdd" }],
    snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
  })).replace(
    "</Disk_Parameters>",
    keyId === undefined ? "$&" : `<Encryption><KeyId>${keyId}</KeyId></Encryption>$&`
  )

const tagOf = (result: Either.Either<unknown, PloopError.PloopError>) =>
  Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: () => "done" })

/** What generation 9 prints when a device is removed while it reads the list of devices. */
const cutShort = "device-mapper: table ioctl on ploop7 (252:3) failed: No such device or address\n"

describe("a list that generation 9 cut short, because a device was removed meanwhile,", () => {
  test("is asked for again, until it is whole", () =>
    Effect.gen(function*() {
      const { ask, commands } = yield* world("9", (_, directory, index) =>
        index < 3 ? { stderr: cutShort } : { stdout: `ploop8\t${directory}/root.hdd\t\n` })
      const devices = yield* ask((ploop) =>
        ploop.listDevices
      )
      assert.deepStrictEqual(devices.map(({ device }) => device), ["/dev/mapper/ploop8"])
      assert.lengthOf(yield* commands, 4)
    }))

  test("is DeviceFailed when it is never whole", () =>
    Effect.gen(function*() {
      const { ask } = yield* world("9", () => ({ stderr: cutShort }))
      assert.strictEqual(tagOf(yield* Effect.either(ask((ploop) => ploop.listDevices))), "DeviceFailed")
    }))
})

describe("an operation of generation 9 while which another device was removed", () => {
  /** How an operation ends, when the tool says this after it, and the device of the disk runs from then on. */
  const ended = (
    command: "mount" | "snapshot",
    run: (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>,
    { isRunning = true, stdout = "" } = {}
  ) =>
    Effect.gen(function*() {
      let isUp = false
      const { ask, directory, disk, fs } = yield* world("9", (words, directory) => {
        if (words[0] === "list") return isUp ? { stdout: `ploop8\t${directory}/root.hdd\t\n` } : {}
        if (words[0] === "info" && isUp) return { stdout: "device:\t\t/dev/mapper/ploop8\n" }
        if (words[0] !== command) return undefined
        isUp = isRunning
        return { stderr: cutShort, stdout: `Adding delta dev=/dev/mapper/ploop8 img=${directory}/root.hdd\n${stdout}` }
      })
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) yield* fs.writeFile(`${directory}/${name}`, image())
      return yield* Effect.either(ask((ploop) => run(ploop, disk)))
    })

  const snapshot = (ploop: Ploop.Ploop, disk: string) => ploop.createSnapshot({ disk })

  test("fails when the disk runs, which the tool may have taken for an idle one", () =>
    Effect.gen(function*() {
      const result = yield* ended("snapshot", snapshot)
      assert.strictEqual(tagOf(result), "Unclassified")
      assert.include(Either.getOrThrow(Either.flip(result)).message, "may have taken this disk")
    }))

  test("succeeds when the disk is idle, and when the tool has reloaded its device", () =>
    Effect.gen(function*() {
      assert.strictEqual(tagOf(yield* ended("snapshot", snapshot, { isRunning: false })), "done")
      const stdout = "DM command: suspend ploop8\n"
      assert.strictEqual(tagOf(yield* ended("snapshot", snapshot, { stdout })), "done")
    }))

  test("succeeds when it is the mount after which the disk runs", () =>
    Effect.gen(function*() {
      assert.strictEqual(tagOf(yield* ended("mount", (ploop, disk) => ploop.mount({ disk }))), "done")
    }))
})

describe("the state of a discard on a device that is attached and not mounted", () => {
  test("is NotMounted before the tool mounts it, as generations 7 and 9 would", () =>
    Effect.gen(function*() {
      for (const [generation, device, row] of [["7", "/dev/ploop7", " "], ["9", "/dev/mapper/ploop7", "\t"]] as const) {
        const { ask, commands, disk } = yield* world(generation, ([command, flag], directory) => {
          if (command === "info" && flag === "-d") return { stdout: `device:\t\t${device}\n` }
          if (command !== "list") return undefined
          return { stdout: `ploop7${row}${directory}/root.hdd${row === " " ? "  " : "\t"}\n` }
        })
        const result = yield* Effect.either(ask((ploop) => ploop.discardStatus({ disk })))
        assert.strictEqual(tagOf(result), "NotMounted")
        assert.isFalse((yield* commands).some(([command]) => command === "balloon"), generation)
      }
    }))
})

describe("a resize of generation 7", () => {
  /** Whether it is done on a raw disk that is attached, and maybe mounted, and whether its numbers are kept. */
  const resized = (generation: Generation.Generation, isMounted: boolean) =>
    Effect.gen(function*() {
      const { ask, commands, directory, disk, fs } = yield* world(generation, ([command, flag], directory) => {
        if (command === "list") {
          return { stdout: `ploop7       ${directory}/root.hdd ${flag === "-a" && isMounted ? "/mnt" : ""} \n` }
        }
        if (command !== "info") return undefined
        return flag === "-d"
          ? { stdout: "device:\t\t/dev/ploop7\npartition:\t/dev/ploop7p1\n" }
          : { stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }
      })
      yield* fs.writeFileString(disk, single().replace("Compressed", "Plain"))
      yield* fs.writeFile(`${directory}/root.hdd`, new Uint8Array(4096))
      yield* fs.writeFileString(`${directory}/.statfs`, "numbers")
      yield* Effect.exit(ask((ploop) => ploop.resize({ disk, size: "5M" })))
      const isDone = (yield* commands).some(([command]) => command === "resize")
      return [isDone, yield* fs.exists(`${directory}/.statfs`)]
    })

  test("makes a raw disk smaller only while its file system is mounted", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* resized("7", true))[0], true)
      assert.strictEqual((yield* resized("7", false))[0], false)
    }))

  test("leaves no numbers of the file system from before, which the tool of 1.15 removes itself", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* resized("7", true), [true, false])
      assert.deepStrictEqual(yield* resized("1.15", true), [true, true])
    }))
})

describe("a deletion", () => {
  test("of the top delta is refused on generation 9 while the device of a component shows it", () =>
    Effect.gen(function*() {
      for (const isShown of [true, false]) {
        const { ask, commands, directory, disk, fs } = yield* world(
          "9",
          ([command], directory) =>
            command === "list" && isShown ? { stdout: `ploop7\t${directory}/root.hdd\tbk\n` } : undefined
        )
        for (const name of ["root.hdd", "root.hdd.1"]) yield* fs.writeFile(`${directory}/${name}`, image())
        yield* fs.writeFile(`${directory}/root.hdd.2`, image({ inUse: isShown ? 1 : 0 }))
        yield* Effect.exit(ask((ploop) => ploop.deleteSnapshot({ disk, id: SnapshotId.top })))
        assert.strictEqual((yield* commands).some(([command]) => command === "snapshot-delete"), !isShown)
      }
    }))

  test("that merges the top delta is refused while the device of the disk takes no writes", () =>
    Effect.gen(function*() {
      for (const readOnly of [true, false]) {
        const root = yield* sysfs({ ploop7: { image: "/later", readOnly } })
        const { ask, commands, directory, disk, fs } = yield* world("1.15", () => undefined, () => "", undefined, {
          queries: "files",
          sysfs: root
        })
        yield* fs.writeFileString(`${root}/block/ploop7/pdelta/0/image`, `${directory}/root.hdd\n`)
        for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFile(`${directory}/${name}`, image())
        }
        yield* Effect.exit(ask((ploop) => ploop.deleteSnapshot({ disk, id: B })))
        assert.strictEqual((yield* commands).some(([command]) => command === "snapshot-delete"), !readOnly)
      }
    }))
})

describe("a check of an image above the base of a disk", () => {
  test("is refused while the disk runs, of whose device only the base is seen", () =>
    Effect.gen(function*() {
      for (const base of ["root.hdd", "other.hdd"]) {
        const { ask, commands, directory, fs } = yield* world("1.15", ([command], directory) =>
          command === "list" ? { stdout: `ploop7       ${directory}/${base}  \n` } : undefined)
        for (const name of ["root.hdd", "root.hdd.1", "other.hdd"]) {
          yield* fs.writeFile(`${directory}/${name}`, image())
        }
        yield* Effect.exit(ask((ploop) =>
          ploop.check({ image: `${directory}/root.hdd.1` })
        ))
        assert.strictEqual((yield* commands).some(([command]) => command === "check"), base === "other.hdd")
      }
    }))
})

describe("the state of the balloon at a mount point", () => {
  test("is asked of the device on generation 7, which loses the mount point", () =>
    Effect.gen(function*() {
      const { ask, commands } = yield* world("7", (words, directory) => {
        if (words[0] === "list") return { stdout: `ploop7       ${directory}/root.hdd  \n` }
        if (words[0] !== "balloon") return undefined
        return words[1] === "show"
          ? { stdout: "Current size of hidden balloon is 4096 bytes\n" }
          : { stdout: "Current state of in-kernel maintenance: OFF\n" }
      }, () => "/dev/ploop7p1 /mnt ext4 rw 0 0\n")
      yield* ask((ploop) => ploop.balloonStatus({ target: "/mnt" }))
      const asked = (yield* commands).filter(([command]) => command === "balloon")
      assert.deepStrictEqual(asked, [["balloon", "show", "-m", "/mnt"], ["balloon", "status", "-d", "/dev/ploop7"]])
    }))
})

describe("a device whose image was removed", () => {
  const removed: Script = (command, directory) =>
    command[0] === "list" ? { stdout: `ploop7       ${directory}/root.hdd (deleted)  bk\n` } : undefined

  test("is listed with the path that the image had", () =>
    Effect.gen(function*() {
      const { ask, directory } = yield* world("1.15", removed)
      assert.deepStrictEqual<unknown>(yield* ask((ploop) => ploop.listDevices), [
        { device: "/dev/ploop7", image: `${directory}/root.hdd`, deleted: true, component: "bk" }
      ])
    }))

  test("is none of the disk that has another image at that path now", () =>
    Effect.gen(function*() {
      const { ask, directory, disk, fs } = yield* world("1.15", removed)
      yield* fs.writeFile(`${directory}/root.hdd`, image())
      assert.isTrue(Option.isNone(yield* ask((ploop) => ploop.deviceOf({ disk, component: "bk" }))))
    }))

  test("is another one than a device whose image has such a name", () =>
    Effect.gen(function*() {
      const { ask, directory, fs } = yield* world("1.15", removed)
      yield* fs.writeFile(`${directory}/root.hdd (deleted)`, image())
      assert.deepStrictEqual<unknown>(
        (yield* ask((ploop) => ploop.listDevices))[0]?.image,
        `${directory}/root.hdd (deleted)`
      )
    }))
})

describe("an unmount that is Busy", () => {
  const busy: Script = (command) =>
    command[0] === "umount" ? { stderr: "Failed to umount /mnt: Device or resource busy\n", exitCode: 46 } : undefined

  /** What the error names: the device, and what is mounted from it or below it. */
  const named = (mounts: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const { ask } = yield* world("7", busy, () => mounts.map((mount) => `${mount} ext4 rw 0 0\n`).join(""))
      const error = yield* Effect.flip(ask((ploop) => ploop.umount({ target: "/mnt" })))
      return error._tag === "Busy" ? [error.device, error.mounts] : error._tag
    })

  test("names what is mounted below it, and nothing beside it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* named(["/dev/ploop7p1 /mnt", "/dev/sdb /mnt/inside", "tmpfs /mnt/deep/er", "/dev/sdc /mnt-other"]),
        ["/dev/ploop7", ["/mnt/inside", "/mnt/deep/er"]]
      )
    }))

  test("names each mount point of its device when there are several", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* named(["/dev/ploop7p1 /mnt", "/dev/ploop7p1 /other", "/dev/ploop8p1 /third"]), [
        "/dev/ploop7",
        ["/mnt", "/other"]
      ])
    }))

  test("names the device alone when processes keep it busy", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* named(["/dev/ploop7p1 /mnt"]), ["/dev/ploop7", undefined])
    }))

  test("names the device that another file system covers, and where that is mounted", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* named(["/dev/ploop7p1 /mnt", "/dev/sdb1 /mnt"]), ["/dev/ploop7", ["/mnt"]])
    }))
})

describe("an unmount by an image", () => {
  test("takes the device of the component, and of no other, on generation 9", () =>
    Effect.gen(function*() {
      const { ask, commands, directory } = yield* world("9", ([command], directory) =>
        command === "list"
          ? { stdout: `ploop7\t${directory}/root.hdd\tother\nploop8\t${directory}/root.hdd\tbk\n` }
          : undefined)
      const image = `${directory}/root.hdd`
      yield* ask((ploop) => ploop.umount({ image, component: "bk" }))
      assert.strictEqual(tagOf(yield* Effect.either(ask((ploop) => ploop.umount({ image })))), "NotMounted")
      const unmounts = (yield* commands).filter(([command]) => command === "umount")
      assert.deepStrictEqual(unmounts.map((words) => words.at(-1)), ["/dev/mapper/ploop8"])
    }))
})

describe("an unmount of an idle device only", () => {
  test("stops the device, and then detaches its images", () =>
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world("1.15", ([command, flag]) =>
        command === "info" && flag === "-d" ? { stdout: "device:\t\t/dev/ploop7\n" } : undefined)
      yield* ask((ploop) =>
        ploop.umount({ disk, onlyIdle: true })
      )
      const changes = (yield* commands).filter(([command]) => command === "stop" || command === "clear")
      assert.deepStrictEqual(changes, [["stop", "-d", "/dev/ploop7"], ["clear", "-d", "/dev/ploop7"]])
    }))

  test("stops the device of the component, or the one without, where an image has both", () =>
    Effect.gen(function*() {
      const { ask, commands, directory } = yield* world("1.15", ([command], directory) =>
        command === "list"
          ? { stdout: `ploop7       ${directory}/root.hdd  bk\nploop8       ${directory}/root.hdd  \n` }
          : undefined)
      const named = { image: `${directory}/root.hdd`, onlyIdle: true } as const
      yield* ask((ploop) => ploop.umount(named))
      yield* ask((ploop) => ploop.umount({ ...named, component: "bk" }))
      const stopped = (yield* commands).flatMap(([command, , device]) => command === "stop" ? [device] : [])
      assert.deepStrictEqual(stopped, ["/dev/ploop8", "/dev/ploop7"])
    }))
})

describe("a device that an unmount left running when its mount point had become free", () => {
  /** What the tool is told to unmount by a second unmount of the mount point, when the device has this image by then. */
  const again = (image: string) =>
    Effect.gen(function*() {
      const state = { image: "root.hdd", isMounted: true }
      const { ask, commands } = yield* world(
        "1.15",
        ([command], directory) => {
          if (command === "list") return { stdout: `ploop7       ${directory}/${state.image}  \n` }
          if (command !== "umount" || !state.isMounted) return undefined
          state.isMounted = false
          return { stderr: "Failed to stop the device: Device or resource busy\n", exitCode: 46 }
        },
        () => state.isMounted ? "/dev/ploop7p1 /mnt ext4 rw 0 0\n" : ""
      )
      const unmount = ask((ploop) => ploop.umount({ target: "/mnt" }))
      assert.strictEqual((yield* Effect.flip(unmount))._tag, "Busy")
      state.image = image
      yield* unmount
      return (yield* commands).filter(([command]) => command === "umount").at(-1)?.slice(1)
    })

  test("is unmounted by the next unmount of that mount point", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* again("root.hdd"), ["-d", "/dev/ploop7"])
    }))

  test("is left alone once it runs from another image: it is another device of that name", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* again("other.hdd"), ["-m", "/mnt"])
    }))
})

describe("a mount in another mount namespace", () => {
  const unmounted = (device: string, isReached: boolean) =>
    Effect.gen(function*() {
      const mount = new PloopError.HiddenMount({ target: "/old", command: "sleep", pid: 4711 })
      const { ask, commands } = yield* world(
        "7",
        () => undefined,
        () => "/dev/ploop7p1 /mnt ext4 rw 0 0\n",
        Effect.succeed([{ device: DevicePath.make(device), isReached, mount }]),
        { queries: "files", sysfs: yield* sysfs({}) }
      )
      const result = yield* Effect.either(ask((ploop) => ploop.umount({ target: "/mnt" })))
      return [tagOf(result), (yield* commands).some(([command]) => command === "umount")]
    })

  test("that stays after an unmount here keeps its device from being unmounted, before the tool is started", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* unmounted("/dev/ploop7", false), ["Busy", false])
    }))

  test("that goes with the mount here does not, nor does that of another device", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* unmounted("/dev/ploop7", true), ["done", true])
      assert.deepStrictEqual(yield* unmounted("/dev/ploop8", false), ["done", true])
    }))
})

describe("a mount of generation 9, which mounts whatever file system it finds,", () => {
  const device = "/dev/mapper/ploop7"

  /** How a mount of an ext4 file system ends, and whether its device was stopped, when this is mounted. */
  const mounted = (source: string, type: string) =>
    Effect.gen(function*() {
      let isUp = false
      const { ask, commands, directory, disk, fs } = yield* world("9", (command, directory) => {
        if (command[0] === "mount") isUp = true
        if (command[0] === "list") return isUp ? { stdout: `ploop7\t${directory}/root.hdd\t\n` } : {}
        if (command[0] === "mount") return { stdout: `Adding delta dev=${device} img=${directory}/root.hdd (rw)\n` }
        return command[0] === "info" && isUp ? { stdout: `device:\t\t${device}\npartition:\t${device}p1\n` } : undefined
      }, (_, directory) => `${source} ${directory} ${type} rw 0 0\n`)
      yield* fs.writeFile(`${directory}/root.hdd`, image())
      const result = yield* Effect.either(ask((ploop) => ploop.mount({ disk, target: directory, fileSystem: "ext4" })))
      return [tagOf(result), (yield* commands).some(([first]) => first === "umount")]
    })

  test("succeeds with the file system that was asked for", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* mounted(`${device}p1`, "ext4"), ["done", false])
    }))

  test("fails with another one, and its device is stopped", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* mounted(`${device}p1`, "xfs"), ["MountFailed", true])
    }))

  test("ignores that of another device", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* mounted("/dev/mapper/ploop8p1", "xfs"), ["done", false])
    }))
})

describe("an in-use flag on generation 9", () => {
  const C = SnapshotId.make(uuid("c"))

  /** `B` is built on `A`, and `C` on that; the top delta is built on `A` beside them. */
  const branched = descriptor("root.hdd.3", C).replace(
    new RegExp(`(<GUID>${SnapshotId.top}</GUID>\\s*<ParentGUID>)[^<]*`),
    `$1${A}`
  )

  /** How a merge ends when every image but that of the top delta has the flag, and this device runs. */
  const merge = (row: (directory: string) => string, isBranched = false) =>
    Effect.gen(function*() {
      const { ask, directory, disk, fs } = yield* world("9", (command, directory) =>
        command[0] === "list" ? { stdout: row(directory) } : undefined)
      const top = isBranched ? "root.hdd.3" : "root.hdd.2"
      for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
        yield* fs.writeFile(`${directory}/${name}`, image({ inUse: 1 }))
      }
      yield* fs.writeFile(`${directory}/${top}`, image())
      if (isBranched) {
        yield* fs.writeFileString(disk, branched)
      }
      const range = isBranched ? { snapshot: C, downTo: B } : { snapshot: B, downTo: A }
      return tagOf(
        yield* Effect.either(ask((ploop) =>
          ploop.mergeSnapshots({ disk, ...range })
        ))
      )
    })

  test("of an idle disk keeps its images from being merged", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* merge(() => ""), "ImageDirty")
    }))

  test("says nothing while a device runs the disk, by its own name or another", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* merge((directory) => `ploop7\t${directory}/root.hdd\t\n`), "done")
      assert.strictEqual(yield* merge((directory) => `ploop7\t${directory}/root.hdd\tbk\n`), "done")
    }))

  test("counts beside the chain of the device, unless a component may have any image of the disk", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* merge((directory) => `ploop7\t${directory}/root.hdd\t\n`, true), "ImageDirty")
      assert.strictEqual(yield* merge((directory) => `ploop7\t${directory}/root.hdd\tbk\n`, true), "done")
    }))

  test("counts while a device runs another disk", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* merge(() => "ploop7\t/vz/other/root.hdd\t\n"), "ImageDirty")
    }))
})

describe("a snapshot of an idle disk", () => {
  /** How it ends while this device runs, and whether the tool has taken it. */
  const taken = (
    generation: Generation.Generation,
    row: (directory: string) => string,
    prepare: (fs: FileSystem.FileSystem, directory: string) => Effect.Effect<void, unknown>
  ) =>
    Effect.gen(function*() {
      const { ask, commands, directory, disk, fs } = yield* world(generation, (command, directory) =>
        command[0] === "list" ? { stdout: row(directory) } : undefined)
      yield* Effect.orDie(prepare(fs, directory))
      const result = yield* Effect.either(ask((ploop) =>
        ploop.createSnapshot({ disk })
      ))
      return [tagOf(result), (yield* commands).some(([command]) => command === "snapshot")]
    })

  test("is refused while another disk runs whose base image is the same file, and by no component of that", () =>
    Effect.gen(function*() {
      const beside = (component: string) =>
        taken(
          "7",
          (directory) => `ploop7       ${directory}/clone.hdd  ${component}\n`,
          (fs, directory) =>
            Effect.zipRight(
              fs.writeFile(`${directory}/root.hdd`, image()),
              fs.link(`${directory}/root.hdd`, `${directory}/clone.hdd`)
            )
        )
      assert.deepStrictEqual(yield* beside(""), ["Unsupported", false])
      assert.deepStrictEqual(yield* beside("bk"), ["done", true])
    }))

  test("is refused while a component writes to the disk, and not while only a temporary snapshot is shown", () =>
    Effect.gen(function*() {
      const beside = (component: string) =>
        taken(
          "1.15",
          (directory) => `ploop7       ${directory}/root.hdd  ${component}\n`,
          (fs, directory) => fs.writeFile(`${directory}/root.hdd.2`, image({ inUse: 1 }))
        )
      assert.deepStrictEqual(yield* beside("bk"), ["Unsupported", false])
      assert.deepStrictEqual(yield* beside("~bk"), ["done", true])
    }))
})

describe("a read-only mount on generation 9 beside a device of the same disk", () => {
  /** How it ends when the device mapper shows these attributes of the device. */
  const mounted = (attributes: string) =>
    Effect.gen(function*() {
      const { ask, commands, directory, disk, fs } = yield* world("9", (command, directory) =>
        command[0] === "list"
          ? { stdout: `ploop7\t${directory}/root.hdd\tbk\n` }
          : command[0] === "info" && command.includes("attr")
          ? { stdout: `${attributes}\n` }
          : undefined)
      yield* fs.writeFile(`${directory}/root.hdd.2`, image({ inUse: 1 }))
      const result = yield* Effect.either(ask((ploop) => ploop.mount({ disk, readOnly: true, component: "view" })))
      return [tagOf(result) === "MountFailed", (yield* commands).some(([command]) => command === "mount")]
    })

  test("is refused while that may be written to, whose in-use flag it would clear", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* mounted("L--w"), [true, false])
      assert.deepStrictEqual(yield* mounted("L--r"), [false, true])
    }))
})

describe("the tracking of a running disk", () => {
  const dropped = (answer: Answer) =>
    Effect.gen(function*() {
      const { ask, calls, directory, disk, fs } = yield* world("7", (command) =>
        command[0] === "info" && command[1] === "-d"
          ? { stdout: "device:\t\t/dev/ploop7\n" }
          : command[0] === "drop"
          ? answer
          : undefined)
      yield* fs.writeFile(`${directory}/root.hdd.2`, image())
      const result = yield* Effect.either(ask((ploop) =>
        ploop.dropTracking({ disk })
      ))
      return { result, disk, ran: calls.map(({ argv }) => argv).filter((argv) => argv.includes("drop")) }
    })

  test("is ended by the program beside the tool", () =>
    Effect.gen(function*() {
      const { disk, ran, result } = yield* dropped({})
      assert.strictEqual(tagOf(result), "done")
      assert.deepStrictEqual<unknown>(ran, [["ploop-cbt", "drop", disk]])
    }))

  test("goes on when the kernel refuses to end it, and when the program is missing", () =>
    Effect.gen(function*() {
      const refused = {
        exitCode: 3,
        stderr: "Error in cbt_stop (cbt.c:240): BLKCBTSTOP: Inappropriate ioctl for device"
      }
      assert.strictEqual(tagOf((yield* dropped(refused)).result), "DeviceFailed")
      const { result } = yield* dropped({ spawnError: "ENOENT" })
      const error = Option.getOrUndefined(Either.getLeft(result))
      assert.strictEqual(error?._tag === "PrerequisiteMissing" ? error.what : error?._tag, "the program ploop-cbt")
    }))
})

describe("the tracking of an idle disk", () => {
  interface Place {
    readonly fs: FileSystem.FileSystem
    readonly directory: string
    readonly disk: string
  }

  const dropped = <A, E>(prepare: (place: Place) => Effect.Effect<A, E, Scope.Scope>) =>
    Effect.gen(function*() {
      const { ask, directory, disk, fs } = yield* world("7", () => undefined)
      yield* fs.writeFile(`${directory}/root.hdd.2`, image())
      yield* prepare({ fs, directory, disk })
      return tagOf(yield* Effect.either(ask((ploop) => ploop.dropTracking({ disk }))))
    })

  test("is ended without the tool", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* dropped(() => Effect.void), "done")
    }))

  test("is none in a raw image, whose beginning may look like a header: nothing is cut off", () =>
    Effect.gen(function*() {
      const bytes = ChangeTracking.withPosition(image(), 512n * 1024n)
      let path = ""
      const tag = yield* dropped(({ directory, disk, fs }) => {
        path = `${directory}/root.hdd`
        const text = single().replace("Compressed", "Plain")
        return Effect.zipRight(fs.writeFileString(disk, text), fs.writeFile(path, bytes))
      })
      assert.strictEqual(tag, "done")
      assert.isTrue(Buffer.from(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(path))).equals(bytes))
    }))

  test("goes on while a tool that somebody else started holds the lock of the disk", () =>
    Effect.gen(function*() {
      const tag = yield* dropped(({ disk, fs }) =>
        Effect.zipRight(fs.writeFileString(`${disk}.lck`, ""), nodeHostFiles.tryLock(`${disk}.lck`))
      )
      assert.strictEqual(tag, "Locked")
    }))

  test("goes on in an image that another disk has by a hard link", () =>
    Effect.gen(function*() {
      const tag = yield* dropped(({ directory, fs }) => fs.link(`${directory}/root.hdd.2`, `${directory}/other`))
      assert.strictEqual(tag, "ImageShared")
    }))

  test("goes on in an image outside of the directory of the disk", () =>
    Effect.gen(function*() {
      const tag = yield* dropped(({ directory, fs }) =>
        Effect.gen(function*() {
          const elsewhere = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-elsewhere-" })
          yield* fs.rename(`${directory}/root.hdd.2`, `${elsewhere}/precious`)
          yield* fs.symlink(`${elsewhere}/precious`, `${directory}/root.hdd.2`)
        })
      )
      assert.strictEqual(tag, "Unsupported")
    }))
})

describe("an encryption", () => {
  const helper = "/usr/libexec/ploop/crypthelper"

  /** An idle disk with one image, and a tool that encrypts: it writes the key, and leaves its directory with these files. */
  const encrypted = (keyId: string, left: ReadonlyArray<string>, hasHelper = true) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const files: HostFiles = {
        ...nodeHostFiles,
        find: (path) => hasHelper && path === helper ? nodeHostFiles.find("/dev/null") : nodeHostFiles.find(path)
      }
      const host = yield* scripted("7", (command, disk) => {
        if (command[0] !== "encrypt") return undefined
        const enc = `${dirname(disk)}/enc`
        mkdirSync(enc)
        for (const name of left) writeFileSync(`${enc}/${name}`, "left")
        writeFileSync(disk, single(keyId))
        return {}
      }).pipe(Effect.provideService(CurrentHostFiles, files))
      yield* fs.writeFileString(host.disk, single())
      yield* fs.writeFile(`${host.directory}/root.hdd`, image())
      const result = yield* Effect.either(
        Effect.provide(
          Effect.flatMap(Ploop.Ploop, (ploop) => ploop.encrypt({ disk: host.disk, keyId: "key" })),
          host.context
        )
      )
      const isLeft = yield* fs.exists(`${host.directory}/enc`)
      return { result, isLeft, commands: yield* host.commands, disk: host.disk }
    })

  test("removes what the tool leaves of it, and nothing else", () =>
    Effect.gen(function*() {
      const { commands, disk, isLeft, result } = yield* encrypted("key", ["DiskDescriptor.xml.lck", ".statfs"])
      assert.strictEqual(tagOf(result), "done")
      assert.isFalse(isLeft)
      assert.deepStrictEqual<unknown>(commands.at(-1), ["encrypt", "-k", "key", disk])
      const foreign = yield* encrypted("key", ["foreign"])
      assert.strictEqual(tagOf(foreign.result), "done")
      assert.isTrue(foreign.isLeft)
    }))

  test("does not succeed unless the descriptor names the key", () =>
    Effect.gen(function*() {
      assert.strictEqual(tagOf((yield* encrypted("another", [])).result), "UnexpectedOutput")
    }))

  test("does not begin without the crypt helper", () =>
    Effect.gen(function*() {
      const { commands, result } = yield* encrypted("key", [], false)
      assert.strictEqual(tagOf(result), "PrerequisiteMissing")
      assert.notInclude(commands.map(([command]) => command), "encrypt")
    }))
})

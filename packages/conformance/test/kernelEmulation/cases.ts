import { PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import { Disk, LowLevel, Ploop, PloopError, Remedy, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { Command, FileSystem, Path, Terminal } from "@effect/platform"
import type { CommandExecutor } from "@effect/platform"
import { Config, Context, Effect, Option, Random, Schedule, Stream } from "effect"
import assert from "node:assert/strict"
import { fileURLToPath } from "node:url"
import { stress } from "./stress.js"

const sources = fileURLToPath(new URL("../../kernel-emulation", import.meta.url))

/** The emulation that a case runs on, and a directory for its images. */
export class Emulated extends Context.Tag("@effect-ploop/conformance/test/Emulated")<Emulated, {
  readonly emulation: KernelEmulation.KernelEmulation
  readonly directory: string
  readonly qemu: boolean
}>() {}

type Services =
  | CommandExecutor.CommandExecutor
  | Emulated
  | FileSystem.FileSystem
  | LowLevel.LowLevel
  | Path.Path
  | Ploop.Ploop

export type Case = Effect.Effect<void, unknown, Services>

const id = (digit: string) => SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)
const A = id("a")
const B = id("b")

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

/** A mount point, a disk, and short names for what most cases do. */
const bench = Effect.gen(function*() {
  const { directory, emulation, qemu } = yield* Emulated
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const disk = Disk.inDirectory(directory)
  const target = path.join(directory, "mnt")
  const side = path.join(directory, "side")
  const image = path.join(directory, "root.hdd")
  yield* fs.makeDirectory(target)
  yield* fs.makeDirectory(side)
  return {
    directory,
    emulation,
    qemu,
    ploop,
    low: yield* LowLevel.LowLevel,
    fs,
    disk,
    target,
    side,
    image,
    create: ploop.create({ image, size: "300M" }),
    createBare: ploop.create({ image, size: "16M", fileSystem: "none" }),
    mount: ploop.mount({ disk, target }),
    umount: ploop.umount({ disk }),
    write: (name: string, text: string) => fs.writeFileString(path.join(target, name), text),
    read: (name: string, below = target) => fs.readFileString(path.join(below, name)),
    /** A file system writes back at any time; sync(1) with one file flushes only its file system. */
    flush: Command.exitCode(Command.make("sync", "-f", target)),
    /** The number of bytes that the image stores. */
    imageSize: Effect.map(fs.stat(image), (info) => info.size)
  }
})

const lifeCycle: Case = Effect.gen(function*() {
  const { create, disk, mount, ploop, read, side, target, umount, write } = yield* bench
  yield* create
  const mounted = yield* mount
  assert.strictEqual(mounted.target, target)
  assert.ok(yield* ploop.isMounted({ disk }))
  yield* write("file", "1")
  yield* ploop.createSnapshot({ disk, id: A })
  yield* write("file", "2")

  // The snapshot beside the disk.
  yield* ploop.mount({ disk, snapshot: A, readOnly: true, component: "backup", target: side })
  assert.strictEqual(yield* read("file", side), "1")
  assert.strictEqual((yield* ploop.listDevices).length, 2)
  assert.strictEqual(yield* tagOf(ploop.deleteSnapshot({ disk, id: A })), "SnapshotInUse")
  yield* ploop.umount({ disk, component: "backup" })

  yield* ploop.createSnapshot({ disk, id: B })
  yield* write("file", "3")
  yield* ploop.deleteSnapshot({ disk, id: A })
  assert.strictEqual(yield* read("file"), "3")
  assert.strictEqual(yield* tagOf(ploop.switchSnapshot({ disk, id: B })), "ImageInUse")
  yield* umount
  yield* ploop.switchSnapshot({ disk, id: B })
  yield* mount
  assert.strictEqual(yield* read("file"), "2")
  yield* ploop.deleteSnapshot({ disk, id: B })
  assert.strictEqual(yield* read("file"), "2")
  yield* umount
  assert.strictEqual(yield* ploop.isMounted({ disk }), false)
  assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
})

const mounts: Case = Effect.gen(function*() {
  const { create, disk, fs, image, mount, ploop, target, umount, write } = yield* bench
  yield* create
  yield* ploop.mount({ disk, target, readOnly: true })
  assert.match(String(yield* Effect.flip(write("file", "1"))), /EROFS|read-only/i)
  yield* ploop.umount({ target })
  yield* ploop.mount({ disk, target, fsck: true })
  yield* ploop.umount({ image })
  yield* ploop.mount({ disk, target, data: ["discard", "noquota"] })
  assert.match(yield* fs.readFileString("/proc/mounts"), new RegExp(`${target} ext4 .*discard`))
  yield* umount
  const { device } = yield* ploop.mount({ disk, target, device: "/dev/ploop7" })
  assert.strictEqual(device, "/dev/ploop7")
  assert.strictEqual(yield* tagOf(mount), "AlreadyMounted")
  yield* ploop.umount({ device })
  assert.strictEqual(yield* tagOf(umount), "NotMounted")
  const bare = yield* ploop.mount({ disk })
  assert.strictEqual(bare.target, undefined)
  yield* umount
})

const busy: Case = Effect.scoped(Effect.gen(function*() {
  const { create, disk, mount, ploop, target, umount } = yield* bench
  yield* create
  yield* mount
  const holder = yield* Command.start(Command.make("sleep", "60").pipe(Command.workingDirectory(target)))
  assert.strictEqual(yield* tagOf(umount), "Busy")
  yield* holder.kill()
  yield* umount
  assert.strictEqual(yield* ploop.isMounted({ disk }), false)
}))

/** A process in a mount namespace of its own, to which nothing spreads from this one. */
const stranger = Effect.acquireRelease(
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const child = yield* Command.start(
      Command.make("unshare", "--mount", "--propagation", "private", "sleep", "300")
    )
    // It has this name once it is in its namespace.
    yield* Effect.repeat(fs.readFileString(`/proc/${child.pid}/comm`), {
      until: (name) => name === "sleep\n",
      schedule: Schedule.spaced("10 millis")
    })
    return child
  }),
  (child) => Effect.ignore(child.kill())
)

const namespaces: Case = Effect.scoped(Effect.gen(function*() {
  const { create, mount, ploop, read, target, umount, write } = yield* bench
  yield* create
  const { device } = yield* mount
  yield* write("file", "kept")
  const { pid } = yield* stranger
  const hidden = [new PloopError.HiddenMount({ target, command: "sleep", pid })]

  const error = yield* Effect.flip(umount)
  assert.ok(error._tag === "Busy" && error.exitCode === undefined, "the tool does not run, and wait for the device")
  assert.deepStrictEqual([error.device, error.hidden, error.mounts], [device, hidden, undefined])
  assert.strictEqual(error.remedy, Remedy.texts["busy-namespaces"]({ device, hidden }))
  assert.strictEqual(yield* read("file"), "kept", "it is still mounted here")
  assert.strictEqual(yield* tagOf(ploop.umount({ device })), "Busy")
  assert.strictEqual(yield* tagOf(ploop.umount({ target })), "Busy")

  yield* Command.exitCode(Command.make("nsenter", "--mount", "--target", `${pid}`, "umount", target))
  yield* umount
  assert.deepStrictEqual(yield* ploop.listDevices, [], "the remedy was enough")
}))

const resizes: Case = Effect.gen(function*() {
  const { create, disk, emulation, mount, ploop, read, umount, write } = yield* bench
  const total = Effect.map(ploop.fileSystemInfo({ disk }), (info) => info.size)
  yield* create
  yield* mount
  yield* write("file", "kept")
  const before = yield* total
  yield* umount
  yield* ploop.resize({ disk, size: "400M" })
  yield* mount
  const grown = yield* total
  assert.ok(grown > before)
  yield* umount
  yield* ploop.resize({ disk, size: "310M" })
  yield* mount
  assert.ok((yield* total) < grown)
  const online = yield* Effect.either(ploop.resize({ disk, size: "500M" }))
  assert.strictEqual(online._tag === "Right", emulation.capabilities.growsOnline)
  assert.strictEqual(yield* read("file"), "kept")
  yield* umount
  assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
})

const balloons: Case = Effect.gen(function*() {
  const { create, directory, disk, fs, imageSize, mount, ploop, target, umount } = yield* bench
  yield* create
  yield* mount
  yield* Effect.forEach(["1", "2", "3"], (name) => fs.writeFile(`${target}/${name}`, new Uint8Array(15 << 20).fill(1)))
  yield* Command.exitCode(Command.make("sync", "-f", target))
  const full = yield* imageSize
  yield* Effect.forEach(["1", "3"], (name) => fs.remove(`${target}/${name}`))
  yield* Command.exitCode(Command.make("sync", "-f", target))
  yield* ploop.discard({ disk })
  assert.ok((yield* imageSize) < full - BigInt(20 << 20), "discard gives the space of the image back")

  yield* ploop.resize({ disk, size: "280M" })
  const inflated = yield* ploop.balloonStatus({ disk })
  assert.ok(inflated.size > 0n)
  assert.strictEqual(inflated.maintenance, "OFF")
  yield* ploop.balloonCheck({ disk })
  yield* ploop.balloonRepair({ disk })
  yield* ploop.balloonComplete({ disk })
  assert.strictEqual(yield* ploop.balloonClear({ disk }), "OFF")
  yield* ploop.balloonChange({ disk, size: 0n })
  assert.strictEqual((yield* ploop.balloonStatus({ disk })).size, 0n)
  const kept = yield* fs.readFile(`${target}/2`)
  assert.ok(kept.every((byte) => byte === 1))
  yield* umount
  yield* ploop.discard({ disk, automount: true })
  assert.strictEqual((yield* ploop.check({ image: `${directory}/root.hdd`, force: true })).outcome, "clean")
})

const statistics: Case = Effect.gen(function*() {
  const { create, emulation, flush, mount, ploop, umount, write } = yield* bench
  yield* create
  const { device } = yield* mount
  const [program, ...prefix] = emulation.prefix
  // The counters in the emulated sysfs are those of the last time that a tool read them.
  const counted = Effect.zipRight(
    Command.exitCode(Command.make(program!, ...prefix, "ploop", "stat", "-d", device)),
    ploop.deviceStatistics({ device })
  )
  const before = yield* counted
  yield* write("file", "x".repeat(1 << 20))
  yield* flush
  const after = yield* counted
  for (const name of ["bio_writes", "bio_syncs", "bio_alloc"]) {
    assert.ok(after[name]! > before[name]!, `${name} counts up: ${before[name]}, then ${after[name]}`)
  }
  yield* umount
  assert.strictEqual(yield* tagOf(ploop.deviceStatistics({ device })), "DeviceNotFound")
})

const merges: Case = Effect.gen(function*() {
  const { create, directory, disk, mount, ploop, read, umount, write } = yield* bench
  yield* create
  yield* mount
  for (const snapshot of [A, B, id("c")]) {
    yield* write(`at-${snapshot}`, "here")
    yield* ploop.createSnapshot({ disk, id: snapshot })
  }
  yield* write("last", "here")
  const merged = yield* ploop.mergeSnapshots({ disk, snapshot: B, downTo: A, into: `${directory}/merged.hdd` })
  assert.strictEqual(merged.image, `${directory}/merged.hdd`)
  yield* ploop.mergeSnapshots({ disk, all: true })
  assert.strictEqual((SnapshotTree.nodes(yield* ploop.listSnapshots({ disk }))).length, 1)
  for (const name of [`at-${A}`, `at-${B}`, `at-${id("c")}`, "last"]) assert.strictEqual(yield* read(name), "here")
  yield* umount
  assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
})

const temporary: Case = Effect.gen(function*() {
  const { create, disk, mount, ploop, read, side, umount, write } = yield* bench
  yield* create
  yield* mount
  yield* write("file", "1")
  yield* Ploop.withTemporarySnapshot(
    { disk, component: "backup", target: side },
    () =>
      Effect.gen(function*() {
        yield* write("file", "2")
        assert.strictEqual(yield* read("file", side), "1")
      })
  )
  assert.strictEqual((SnapshotTree.nodes(yield* ploop.listSnapshots({ disk }))).length, 1)
  assert.strictEqual(yield* read("file"), "2")
  yield* umount
})

const replaces: Case = Effect.gen(function*() {
  const { create, directory, disk, fs, image, mount, ploop, read, umount, write } = yield* bench
  yield* create
  yield* mount
  yield* write("file", "1")
  yield* ploop.createSnapshot({ disk, id: A })
  yield* fs.copyFile(image, `${directory}/copy.hdd`)
  yield* ploop.replace({ disk, snapshot: A, with: `${directory}/copy.hdd` })
  assert.strictEqual(yield* read("file"), "1")
  yield* umount
  yield* fs.remove(image)
  yield* mount
  assert.strictEqual(yield* read("file"), "1")
  yield* umount
})

/** The copy shows the moment at which the writer was frozen, whatever was written during the copy. */
const copies: Case = Effect.gen(function*() {
  const { create, directory, fs, mount, ploop, target, umount, write } = yield* bench
  yield* create
  const { device } = yield* mount
  yield* fs.writeFile(`${target}/large`, new Uint8Array(30 << 20).fill(7))
  const copy = `${directory}/copy/root.hdd`
  yield* fs.makeDirectory(`${directory}/copy`)
  yield* Effect.forEach(
    Array.from({ length: 8 }, (_, index) => `w${index}`),
    (name) => Effect.zipRight(write(name, name.repeat(4000)), Command.exitCode(Command.make("sync", "-f", target)))
  ).pipe(
    Effect.forkScoped,
    Effect.zipRight(Stream.run(ploop.copySend({ device }), ploop.copyReceive({ image: copy }))),
    Effect.scoped
  )
  yield* umount
  assert.strictEqual((yield* ploop.check({ image: copy, force: true, dropInUse: true })).outcome, "clean")
  const copied = yield* ploop.restoreDescriptor({ image: copy })
  yield* ploop.mount({ disk: copied, target, fsck: true })
  assert.ok((yield* fs.readFile(`${target}/large`)).every((byte) => byte === 7))
  yield* ploop.umount({ disk: copied })
})

const lowLevel: Case = Effect.gen(function*() {
  const { createBare, disk, low, ploop } = yield* bench
  yield* createBare
  assert.strictEqual(yield* low.nextDevice, "/dev/ploop0")
  const { device } = yield* ploop.mount({ disk })
  assert.strictEqual(yield* low.nextDevice, "/dev/ploop1")
  yield* low.grow({ device, size: "32M" })
  yield* low.stop({ device })
  yield* low.start({ device })
  yield* low.stop({ device })
  yield* low.clear({ device })
  assert.deepStrictEqual(yield* ploop.listDevices, [])
  assert.strictEqual((yield* ploop.imageInfo({ disk })).size, 32n << 20n)
})

const formats: Case = Effect.gen(function*() {
  const { directory, fs, ploop, target } = yield* bench
  for (
    const [name, options] of [
      ["raw", { format: "raw" }],
      ["preallocated", { format: "preallocated" }],
      ["v1", { version: 1, clusterSize: "64K" }]
    ] as const
  ) {
    yield* fs.makeDirectory(`${directory}/${name}`)
    const { disk } = yield* ploop.create({ image: `${directory}/${name}/root.hdd`, size: "280M", ...options })
    yield* ploop.mount({ disk, target })
    yield* fs.writeFileString(`${target}/file`, "1")
    yield* ploop.createSnapshot({ disk, id: A })
    yield* fs.writeFileString(`${target}/file`, "2")
    yield* ploop.deleteSnapshot({ disk, id: A })
    yield* ploop.umount({ disk })
    yield* ploop.mount({ disk, target })
    assert.strictEqual(yield* fs.readFileString(`${target}/file`), "2", name)
    yield* ploop.umount({ disk })
    yield* fs.remove(`${directory}/${name}`, { recursive: true })
  }
})

/** A C program that uses only the image format; other programs can read what it writes. */
const imageFormat: Case = Effect.gen(function*() {
  const { directory, fs, ploop, qemu } = yield* bench
  const program = `${directory}/image-test`
  const compile = Command.make(
    "gcc",
    ...["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", program],
    `${sources}/image-test.c`,
    `${sources}/image.c`
  )
  assert.strictEqual(yield* Command.exitCode(compile), 0)
  const images = yield* Effect.forEach(
    [[1, "32K", 1280], [1, "1M", 40960], [2, "32K", 1280], [2, "256K", 10240]] as const,
    ([version, clusterSize, kibibytes]) =>
      Effect.gen(function*() {
        const home = `${directory}/${version}-${clusterSize}`
        const image = `${home}/version-${version}-${clusterSize}`
        yield* fs.makeDirectory(home)
        yield* ploop.create({ image, size: `${kibibytes}K`, fileSystem: "none", version, clusterSize })
        return image
      })
  )
  const output = yield* Command.lines(Command.make(program, ...images))
  assert.ok(output.length > images.length)
  assert.deepStrictEqual(output.filter((line) => !line.startsWith("ok ")), [])
  for (const image of images) {
    assert.strictEqual((yield* ploop.check({ image, force: true })).outcome, "clean", image)
    if (!qemu) continue
    const words = yield* Command.string(Command.make("qemu-img", "check", "-f", "parallels", image))
    assert.match(words, /No errors were found/, image)
  }
})

/** Processes of the namespace by their names, as `ps` prints them. */
const processes = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const numbers = (yield* fs.readDirectory("/proc")).filter((entry) => /^\d+$/.test(entry))
    const named = yield* Effect.filter(numbers, (pid) =>
      Effect.match(fs.readFileString(`/proc/${pid}/comm`), {
        onFailure: () => false,
        onSuccess: (text) => text.trim() === name
      }))
    return named.map(Number)
  })

const kill = (pid: number) => Command.exitCode(Command.make("kill", "-KILL", `${pid}`))

const serverKilled: Case = Effect.gen(function*() {
  const { create, disk, emulation, flush, fs, image, mount, ploop, umount, write } = yield* bench
  yield* create
  yield* mount
  yield* write("file", "1")
  yield* flush
  yield* ploop.createSnapshot({ disk, id: A })
  yield* write("file", "2")
  const loop = (yield* fs.readFileString(`${emulation.state}/block/ploop0/loop`)).trim()
  for (const pid of yield* processes("emulated-server")) yield* kill(pid)
  yield* Command.exitCode(Command.make(
    emulation.prefix[1]!.replace(/^LD_PRELOAD=|\.so$/g, ""),
    "reap",
    emulation.state
  ))
  assert.strictEqual(yield* fs.exists(`/sys/block/loop${loop}/loop`), false, "the loop device is detached")
  // It has notified the server, and is about to end.
  yield* processes("emulated-keeper").pipe(
    Effect.repeat({ until: (found) => found.length === 0, schedule: Schedule.spaced("10 millis") })
  )

  // The disk is now like one whose host lost power.
  assert.strictEqual(yield* tagOf(ploop.imageInfo({ disk })), "ImageDirty")
  const checked = yield* ploop.check({ disk })
  assert.notStrictEqual(checked.outcome, "broken")
  assert.strictEqual((yield* ploop.check({ image, force: true })).outcome, "clean")
  yield* mount
  yield* umount
})

/** Starts the tool and kills it after some of its steps. The disk can be repaired at any of them. */
const toolKilled: Case = Effect.gen(function*() {
  const { create, disk, emulation, fs, mount, ploop, read, umount, write } = yield* bench
  const start = (...args: ReadonlyArray<string>) => {
    const [program, ...rest] = [...emulation.prefix, "ploop", ...args]
    return Command.start(Command.make(program!, ...rest).pipe(Command.stdout("pipe")))
  }
  yield* create
  yield* mount
  yield* write("file", "kept")
  for (const milliseconds of [1, 5, 10, 20, 40]) {
    for (const args of [["snapshot", disk], ["snapshot-merge", "-A", disk]]) {
      yield* Effect.scoped(Effect.gen(function*() {
        const process = yield* start(...args)
        yield* Effect.sleep(milliseconds)
        yield* Effect.ignore(process.kill("SIGKILL"))
      }))
    }
  }
  assert.strictEqual(yield* read("file"), "kept")
  const { device } = Option.getOrThrow(yield* ploop.deviceOf({ disk }))
  yield* ploop.umount({ device })
  // A snapshot that was killed before its descriptor was in its place is refused, with this remedy.
  yield* Effect.catchTag(mount, "DescriptorInvalid", ({ remedy }) => {
    assert.ok(remedy.includes(`${disk}.tmp`), remedy)
    return Effect.zipRight(fs.rename(`${disk}.tmp`, disk), mount)
  })
  assert.strictEqual(yield* read("file"), "kept")
  yield* umount
  assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
})

const stressed: Case = Effect.gen(function*() {
  const { directory, qemu } = yield* Emulated
  const seed = yield* Config.withDefault(Config.integer("PLOOP_TEST_SEED"), yield* Random.nextIntBetween(1, 2 ** 31))
  const steps = yield* Config.withDefault(Config.integer("PLOOP_TEST_STEPS"), 60)
  yield* stress({ directory, steps, qemu }).pipe(
    Effect.withRandom(Random.make(seed)),
    Effect.annotateLogs({ seed, steps }),
    Effect.tapErrorCause(() => Effect.logError(`repeat it with PLOOP_TEST_SEED=${seed} PLOOP_TEST_STEPS=${steps}`))
  )
})

const limits: Case = Effect.gen(function*() {
  const { createBare, disk, fs, imageSize, ploop, umount } = yield* bench
  yield* createBare
  const text = yield* fs.readFileString(disk)
  const limit = 8192
  yield* fs.writeFileString(
    disk,
    text.replace("</Disk_size>", `</Disk_size><Max_delta_size>${limit}</Max_delta_size>`)
  )
  const { device } = yield* ploop.mount({ disk })
  const written = yield* Effect.either(Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(device, { flag: "r+" })
    yield* file.writeAll(new Uint8Array(8 << 20).fill(1))
    yield* file.sync
  })))
  assert.strictEqual(written._tag, "Left", "the device has no more room")
  assert.ok((yield* imageSize) <= BigInt(limit * 512))
  yield* umount
})

const neighbours: Case = Effect.gen(function*() {
  const { create, directory, fs, mount, ploop, read, side, umount, write } = yield* bench
  yield* create
  const { device } = yield* mount
  yield* write("file", "1")
  yield* fs.makeDirectory(`${directory}/other`)

  const left = yield* Effect.scoped(Effect.gen(function*() {
    const { prefix, state, sysfs } = yield* KernelEmulation.scoped()
    const other = yield* Effect.map(PloopCli.make({ prefix, sysfs, verbosity: 0 }), Context.get(Ploop.Ploop))
    assert.deepStrictEqual(yield* other.listDevices, [])
    const { disk } = yield* other.create({ image: `${directory}/other/root.hdd`, size: "300M" })
    const mounted = yield* other.mount({ disk, target: side })
    assert.notStrictEqual(mounted.device, device)
    assert.strictEqual((yield* ploop.listDevices).length, 1)
    return { device: mounted.device, disk, state }
  }))
  assert.strictEqual(yield* fs.exists(left.device), false, "the device is gone")
  assert.strictEqual(yield* fs.exists(left.state), false, "the state is gone")
  assert.doesNotMatch(yield* fs.readFileString("/proc/mounts"), new RegExp(side))
  assert.strictEqual((yield* ploop.check({ disk: left.disk })).outcome, "clean", "its image was closed")

  assert.strictEqual(yield* read("file"), "1")
  yield* umount
})

/** The cases by title. Each runs in namespaces of its own. */
export const cases: Readonly<Record<string, Case>> = {
  "a disk works: create, mount, snapshots of the mounted disk, switch, delete, unmount": lifeCycle,
  "mounts read-only, after fsck, with options, on a given device, and without a target": mounts,
  "refuses to unmount while a process uses the mount": busy,
  "refuses to unmount at once while another mount namespace has the mount, and names it": namespaces,
  "resizes an unmounted disk both ways, and grows a mounted disk where the kernel allows it": resizes,
  "supports the balloon: discard, shrink a mounted disk, and every command of the balloon": balloons,
  "counts what a device reads and writes": statistics,
  "merges ranges into a new image, and everything, below a mounted disk": merges,
  "takes a temporary snapshot for a backup": temporary,
  "replaces an image below a mounted disk with its copy": replaces,
  "copies a mounted disk while it is written to": copies,
  "starts, stops, clears and grows a device": lowLevel,
  "runs raw, preallocated and version 1 images": formats,
  "applies the limit in the descriptor to the top image": limits,
  "two in one namespace have devices of their own, and the end of a scope removes what is left": neighbours,
  "writes images that the tool and qemu-img read": imageFormat,
  "keeps every byte through random writes, snapshots, merges and growth": stressed,
  "leaves no loop device and an image that can be checked after the server was killed": serverKilled,
  "keeps the contents of the disk when the tool is killed at any moment": toolKilled
}

/** Mounts a disk, reports where, and writes to it until it is killed, at any moment. */
const writtenTo = (prepare: (target: string) => Effect.Effect<unknown, unknown, Services>) =>
  Effect.gen(function*() {
    const { create, disk, emulation, flush, fs, mount, ploop, target, write } = yield* bench
    const { display } = yield* Terminal.Terminal
    yield* create
    yield* mount
    yield* write("file", "kept")
    yield* flush
    yield* prepare(target)
    const loop = (yield* fs.readFileString(`${emulation.state}/block/ploop0/loop`)).trim()
    yield* display(`${JSON.stringify({ state: emulation.state, loop, disk })}\n`)
    yield* Effect.forkScoped(Effect.forever(write("other", "2".repeat(1 << 20))))
    return { disk, ploop }
  })

const snapshots = Effect.flatMap(
  writtenTo(() => Effect.void),
  ({ disk, ploop }) =>
    Effect.forever(Effect.zipRight(ploop.createSnapshot({ disk, id: A }), ploop.deleteSnapshot({ disk, id: A })))
)

const frozen = Effect.zipRight(
  writtenTo((target) => Command.exitCode(Command.make("fsfreeze", "--freeze", target))),
  Effect.never
)

/** What does not end by itself. */
export const endless = { snapshots, frozen } as const

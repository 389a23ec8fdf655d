import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import type { Generation, PloopError } from "@effect-ploop/core"
import { LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Stream } from "effect"
import { a, b, c, generations, makeDisk, makeMounted, MiB } from "./utils/host.js"

const d = SnapshotId.make("dddddddd-0000-4000-8000-00000000000d")

const services = Effect.all({
  fs: FileSystem.FileSystem,
  ploop: Ploop.Ploop,
  low: LowLevel.LowLevel,
  host: FakeHost.FakeHost
})

/** The class and the exit code of a failure, or `ok`. */
const outcome = <A, E extends PloopError.PloopError, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.match(effect, {
    onFailure: (error): string => error.exitCode === undefined ? error._tag : `${error._tag} ${error.exitCode}`,
    onSuccess: () => "ok"
  })

/** A rule that differs by generation, with the outcome for each. */
const differs = <A, E>(
  title: string,
  expected: { readonly [Each in Generation.Generation]: A },
  run: Effect.Effect<A, E, PloopFake.Services>,
  options?: PloopFake.Options
) => {
  for (const generation of generations) {
    it.effect(`${title}, on generation ${generation}`, () =>
      Effect.gen(function*() {
        const found = yield* Effect.provide(run, PloopFake.layer({ ...options, generation }))
        assert.deepStrictEqual(found, expected[generation])
      }))
  }
}

describe("names and files", () => {
  differs(
    "the generation is reported",
    { "1.15": ["1.15", "1.15"], 7: ["7", "7"], 9: ["9", "9"] },
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      return [(yield* ploop.tool).generation, HostState.generation(yield* host.state)]
    })
  )

  differs<unknown, PloopError.PloopError | PlatformError>(
    "devices have ascending numbers, or random numbers in the directory of the device mapper",
    { "1.15": ["/dev/ploop17761", "/dev/ploop17762"], 7: ["/dev/ploop17761", "/dev/ploop17762"], 9: "random" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const mounts = yield* Effect.forEach(
        ["one", "two"],
        (name) => Effect.flatMap(makeDisk(name), (disk) => ploop.mount({ disk }))
      )
      for (const { device } of mounts) assert.strictEqual((yield* fs.stat(device)).type, "BlockDevice")
      const names = mounts.map(({ device }) => String(device))
      const numbers = names.map((name) => Number(/^\/dev\/mapper\/ploop(\d+)$/.exec(name)?.[1]))
      const random = numbers.every((number) => number >= 1000 && number <= 66_534) && numbers[0] !== numbers[1]
      return random ? "random" : names
    })
  )

  differs(
    "the partition of a device is the name of the device and p1",
    { "1.15": "/dev/ploop17761p1", 7: "/dev/ploop17761p1", 9: "its own" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { device, disk } = yield* makeMounted("ct")
      const attached = yield* ploop.deviceOf({ disk })
      const partition = attached._tag === "Some" ? attached.value.partition : undefined
      assert.isTrue(yield* fs.exists(`${device}p1`))
      return partition === `${device}p1` && partition.startsWith("/dev/mapper/") ? "its own" : String(partition)
    })
  )

  const root = (generation: Generation.Generation) =>
    generation === "1.15" ? "Parallels_disk_image" : "Virtuozzo_disk_image"

  differs(
    "a new descriptor has the root element of its generation",
    { "1.15": root("1.15"), 7: root("7"), 9: root("9") },
    Effect.gen(function*() {
      const { fs } = yield* services
      return /<(\w+)>/.exec(yield* fs.readFileString(yield* makeDisk("ct")))?.[1]
    })
  )

  differs(
    "a descriptor of another generation gets the root element of this one when it is rewritten",
    { "1.15": root("1.15"), 7: root("7"), 9: root("9") },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      const text = yield* fs.readFileString(disk)
      const own = /<(\w+)>/.exec(text)![1]!
      const other = own === root("7") ? root("1.15") : root("7")
      yield* fs.writeFileString(disk, text.replaceAll(own, other))
      yield* ploop.listSnapshots({ disk })
      yield* ploop.createSnapshot({ disk })
      return /<(\w+)>/.exec(yield* fs.readFileString(disk))?.[1]
    })
  )

  differs(
    "a command that locks leaves an empty lock file or none, and one that does not lock leaves none",
    { "1.15": [false, true], 7: [false, true], 9: [false, false] },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.listSnapshots({ disk })
      yield* ploop.listDevices
      const before = yield* fs.exists(`${disk}.lck`)
      yield* ploop.createSnapshot({ disk })
      return [before, yield* fs.exists(`${disk}.lck`)]
    })
  )

  differs(
    "an image outside the descriptor's directory has an absolute or a relative path in it",
    { "1.15": "/vz/other/root.hdd", 7: "../other/root.hdd", 9: "../other/root.hdd" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* fs.remove(yield* makeDisk("other"))
      yield* fs.makeDirectory("/vz/ct")
      const disk = yield* ploop.restoreDescriptor({ image: "/vz/other/root.hdd", directory: "/vz/ct" })
      return /<File>(.*)<\/File>/.exec(yield* fs.readFileString(disk))?.[1]
    })
  )

  const named = (first: string, second: string) => [first, second]
  differs(
    "a new delta is named after the base image, with or without the identifier in the base image's name",
    {
      "1.15": named("root.hdd.{x}.{r}", "root.hdd.{x}.{r}"),
      7: named("root.hdd.{x}.{r}", "root.hdd.{x}.{r}"),
      9: named("root.hdd.{r}", "root.hdd.{x}.{r}")
    },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* fs.rename("/vz/ct/root.hdd", `/vz/ct/root.hdd.${a}`)
      yield* fs.writeFileString(disk, (yield* fs.readFileString(disk)).replace("root.hdd", `root.hdd.${a}`))
      const name = Effect.map(
        ploop.topDelta({ disk }),
        (path) => path.replace("/vz/ct/", "").replace(a, "{x}").replace(/\{[0-9a-f-]{36}\}/, "{r}")
      )
      yield* ploop.createSnapshot({ disk, id: b })
      const snapshot = yield* name
      yield* ploop.switchSnapshot({ disk, id: b })
      return [snapshot, yield* name]
    })
  )

  differs(
    "a descriptor with another file name is accepted or refused",
    { "1.15": "ok", 7: "ok", 9: "Unsupported" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* fs.rename(yield* makeDisk("ct"), "/vz/ct/other.xml")
      return yield* outcome(ploop.createSnapshot({ disk: "/vz/ct/other.xml" }))
    })
  )

  differs(
    "an unmount by disk saves the numbers of the file system",
    { "1.15": "cached", 7: "cached", 9: "cached" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      yield* ploop.umount({ disk })
      return yield* Effect.match(ploop.fileSystemInfo({ disk }), {
        onFailure: ({ _tag }): string => _tag,
        onSuccess: ({ source }) => source
      })
    })
  )
})

describe("making and converting", () => {
  differs(
    "ext3 is made on request, or refused where XFS would be made instead",
    { "1.15": "ok", 7: "ok", 9: "Unsupported" },
    outcome(makeDisk("ct", { size: "1G", fileSystem: "ext3" }) as Effect.Effect<
      unknown,
      PloopError.PloopError,
      PloopFake.Services
    >)
  )

  const largest = (size: string) =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.create({ image: "/vz/root.hdd", size, clusterSize: "64M" }))
    })
  differs(
    "a disk of 17 TiB with a file system",
    { "1.15": "SizeRefused 38", 7: "ok", 9: "ok" },
    largest("17T")
  )
  differs(
    "a disk of 51 TiB with a file system",
    { "1.15": "SizeRefused 38", 7: "SizeRefused 38", 9: "SizeRefused 38" },
    largest("51T")
  )

  const version = Effect.gen(function*() {
    const { ploop } = yield* services
    return (yield* ploop.imageInfo({ disk: yield* makeDisk("ct") })).version
  })
  differs("a new image has format version 2 by default", { "1.15": 2, 7: 2, 9: 2 }, version)
  differs("a new image has version 1 by default on a kernel without large disks", { "1.15": 1, 7: 1, 9: 2 }, version, {
    largeDisks: false
  })
  differs(
    "a request for version 2 on a kernel without large disks",
    { "1.15": "PrerequisiteMissing 38", 7: "PrerequisiteMissing 38", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.create({ image: "/vz/root.hdd", size: "10M", version: 2, fileSystem: "none" }))
    }),
    { largeDisks: false }
  )
  differs(
    "a disk of 2 TiB on a kernel without large disks",
    { "1.15": "InvalidArgument", 7: "InvalidArgument", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.create({ image: "/vz/root.hdd", size: "2T", fileSystem: "none" }))
    }),
    { largeDisks: false }
  )
  differs(
    "a kernel without large disks is reported among the prerequisites",
    { "1.15": ["large disk support"], 7: ["large disk support"], 9: [] },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return (yield* ploop.prerequisites).filter(({ status }) => status === "missing").map(({ name }) => name)
    }),
    { largeDisks: false }
  )

  const converted = (options: Parameters<typeof makeDisk>[1], to: 1 | 2) =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct", options)
      const ended = yield* outcome(ploop.convert({ disk, version: to }))
      return [ended, (yield* ploop.imageInfo({ disk })).version]
    })
  differs(
    "a conversion to version 1",
    { "1.15": ["ok", 1], 7: ["Unsupported 38", 2], 9: ["ok", 1] },
    converted({}, 1)
  )
  differs("a conversion to version 2", { "1.15": ["ok", 2], 7: ["ok", 2], 9: ["ok", 2] }, converted({ version: 1 }, 2))

  differs(
    "a conversion of a raw image to another version is refused",
    { "1.15": "Unsupported", 7: "Unsupported", 9: "Unsupported" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.convert({ disk: yield* makeDisk("ct", { format: "raw" }), version: 2 }))
    })
  )
})

describe("mounting and unmounting", () => {
  const upgraded = (options: { readonly readOnly?: boolean; readonly component?: string }) =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct", { version: 1 })
      const mounted = yield* Effect.either(ploop.mount({ disk, ...options }))
      if (Either.isLeft(mounted)) return mounted.left._tag
      yield* ploop.umount({ device: mounted.right.device })
      return `${(yield* ploop.imageInfo({ disk })).version}`
    })
  const refused = "Unsupported"
  differs(
    "a mount converts an image of version 1 to version 2, leaves it or is refused",
    { "1.15": "1", 7: "2", 9: refused },
    upgraded({})
  )
  differs(
    "a read-only mount leaves an image of version 1, or is refused",
    { "1.15": "1", 7: "1", 9: refused },
    upgraded({ readOnly: true })
  )
  differs(
    "a mount with a component leaves an image of version 1, or is refused",
    { "1.15": "1", 7: "1", 9: refused },
    upgraded({ component: "c" })
  )

  differs(
    "a mount of a missing disk",
    { "1.15": "DiskNotFound 39", 7: "DiskNotFound 39", 9: "DiskNotFound 4" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.mount({ disk: "/vz/none/DiskDescriptor.xml" }))
    })
  )
  differs(
    "a resize of a missing disk",
    {
      "1.15": ["DiskNotFound 39", "DiskNotFound 39"],
      7: ["DiskNotFound 4", "DiskNotFound 39"],
      9: [
        "DiskNotFound 4",
        "DiskNotFound 4"
      ]
    },
    Effect.gen(function*() {
      const { low, ploop } = yield* services
      const disk = "/vz/none/DiskDescriptor.xml"
      return [yield* outcome(ploop.resize({ disk, size: "1G" })), yield* outcome(low.grow({ disk, size: "1G" }))]
    })
  )

  differs(
    "an unmount of a disk that is not mounted",
    {
      "1.15": ["NotMounted 40", "NotMounted 38"],
      7: ["NotMounted 40", "NotMounted 38"],
      9: [
        "NotMounted",
        "NotMounted"
      ]
    },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      return [yield* outcome(ploop.umount({ disk })), yield* outcome(ploop.umount({ image: "/vz/ct/root.hdd" }))]
    })
  )

  differs(
    "an unmount while a file is open",
    { "1.15": "Busy 22", 7: "Busy 46", 9: "Busy 46" },
    Effect.scoped(Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.open(`${target}/log`, { flag: "w" })
      return yield* outcome(ploop.umount({ disk }))
    }))
  )

  differs(
    "an unmount that is refused saves the numbers of the file system, which are reported from then on",
    { "1.15": "cached", 7: "cached", 9: "cached" },
    Effect.scoped(Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.open(`${target}/log`, { flag: "w" })
      yield* Effect.flip(ploop.umount({ disk }))
      return (yield* ploop.fileSystemInfo({ disk })).source
    }))
  )

  differs(
    "a file system without its balloon file is mounted or refused",
    { "1.15": "ok", 7: "MountFailed 21", 9: "MountFailed 21" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, target } = yield* makeMounted("ct")
      const balloon = (yield* fs.readDirectory(target)).find((name) => name.startsWith(".balloon"))!
      yield* fs.remove(`${target}/${balloon}`)
      yield* ploop.umount({ disk })
      const ended = yield* outcome(ploop.mount({ disk, target }))
      assert.strictEqual(yield* ploop.isMounted({ disk }), ended === "ok")
      return ended
    })
  )

  differs(
    "the file system of a device that runs without a mount",
    { "1.15": "NotMounted", 7: "NotMounted 15", 9: "NotMounted 15" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct", { size: "300M", fileSystem: "ext4" })
      yield* ploop.mount({ disk })
      return yield* outcome(ploop.fileSystemInfo({ disk }))
    })
  )
})

describe("snapshots and images", () => {
  differs(
    "a snapshot of an idle disk with a temporary snapshot that has several children",
    { "1.15": "Unsupported", 7: "ok", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      assert.strictEqual((yield* ploop.deleteSnapshot({ disk, id: a }))._tag, "MarkedTemporary")
      return yield* outcome(ploop.createSnapshot({ disk, id: c }))
    })
  )

  differs(
    "the place of merged snapshots in the descriptor, which is that of the parent or of the child",
    { "1.15": [a, d, c, SnapshotId.top], 7: [a, d, c, SnapshotId.top], 9: [a, c, d, SnapshotId.top] },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: c })
      yield* ploop.switchSnapshot({ disk, id: b })
      yield* ploop.createSnapshot({ disk, id: d })
      yield* ploop.mergeSnapshots({ disk, snapshot: d })
      return (yield* ploop.listSnapshots({ disk })).nodes.map(({ id }) => id)
    })
  )

  differs(
    "a snapshot when the base image is missing",
    { "1.15": "ImageNotFound 4", 7: "ImageNotFound 4", 9: "ImageNotFound 23" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* fs.remove("/vz/ct/root.hdd")
      return yield* outcome(ploop.createSnapshot({ disk }))
    })
  )

  const old = (run: (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>) =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.createSnapshot({ disk, id: c })
      yield* fs.writeFileString(disk, (yield* fs.readFileString(disk)).replaceAll(SnapshotId.top, a))
      const ended = yield* outcome(run(ploop, disk))
      const written = yield* fs.readFileString(disk)
      return [ended, /<TopGUID>(.*)<\/TopGUID>/.exec(written)?.[1]]
    })
  const refused = ["DescriptorInvalid 38", a]
  const renamed = ["ok", SnapshotId.top]
  differs(
    "a snapshot with a descriptor whose top delta has another identifier is refused, or writes the usual one",
    { "1.15": refused, 7: renamed, 9: renamed },
    old((ploop, disk) => ploop.createSnapshot({ disk }))
  )
  differs(
    "a switch with a descriptor whose top delta has another identifier is refused, or writes the usual one",
    { "1.15": refused, 7: renamed, 9: renamed },
    old((ploop, disk) => ploop.switchSnapshot({ disk, id: b }))
  )
  differs(
    "a deletion with a descriptor whose top delta has another identifier is refused, or writes the usual one",
    { "1.15": refused, 7: renamed, 9: renamed },
    old((ploop, disk) => ploop.deleteSnapshot({ disk, id: b }))
  )

  const mergedInto = (all: boolean) =>
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      return yield* outcome(ploop.mergeSnapshots({ disk, into: "/vz/ct/new.hdd", ...(all && { all: true }) }))
    })
  differs(
    "a merge of two images into a new file",
    { "1.15": "ok", 7: "ok", 9: "Unsupported" },
    mergedInto(false)
  )
  differs(
    "a merge of more than two images into a new file",
    { "1.15": "ok", 7: "Unsupported", 9: "Unsupported" },
    mergedInto(true)
  )

  differs(
    "a check of a disk with an option",
    { "1.15": "Unsupported", 7: "ok", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      return yield* outcome(ploop.check({ disk: yield* makeDisk("ct"), force: true }))
    })
  )

  differs(
    "a read-only check that may clear the in-use flag, of an image that has it set",
    { "1.15": "ImageDirty 7", 7: "Unsupported", 9: "Unsupported" },
    Effect.gen(function*() {
      const { host, ploop } = yield* services
      yield* makeMounted("ct")
      yield* host.cutPower
      return yield* outcome(ploop.check({ image: "/vz/ct/root.hdd", readOnly: true, dropInUse: true }))
    })
  )

  differs(
    "a check of an image with an unknown value in place of the in-use flag",
    { "1.15": "ImageDirty 37", 7: "ok", 9: "ok" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* makeDisk("ct")
      yield* Effect.scoped(Effect.gen(function*() {
        const file = yield* fs.open("/vz/ct/root.hdd", { flag: "r+" })
        yield* file.seek(44, "start")
        yield* file.writeAll(new Uint8Array([1, 0, 0, 0]))
      }))
      return yield* outcome(ploop.check({ image: "/vz/ct/root.hdd" }))
    })
  )

  differs(
    "a replacement of an image of an idle disk",
    { "1.15": "ok", 7: "ok", 9: "Unsupported" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* fs.copyFile("/vz/ct/root.hdd", "/vz/ct/copy.hdd")
      return yield* outcome(ploop.replace({ disk, snapshot: SnapshotId.top, with: "/vz/ct/copy.hdd" }))
    })
  )

  differs(
    "a replacement of an image by one of another size",
    { "1.15": "ImageMismatch 11", 7: "ok", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* makeDisk("other", { size: "20M" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.mount({ disk })
      return yield* outcome(ploop.replace({ disk, level: 0, with: "/vz/other/root.hdd" }))
    })
  )
})

describe("space", () => {
  differs(
    "maintenance of the balloon",
    {
      "1.15": ["OFF", "ok", "ok", "ok", "ok"],
      7: ["OFF", "ok", "ok", "ok", "ok"],
      9: [
        undefined,
        "Unsupported",
        "Unsupported",
        "Unsupported",
        "Unsupported"
      ]
    },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      return [
        (yield* ploop.balloonStatus({ disk })).maintenance,
        yield* outcome(ploop.balloonClear({ disk })),
        yield* outcome(ploop.balloonComplete({ disk })),
        yield* outcome(ploop.balloonCheck({ disk })),
        yield* outcome(ploop.balloonRepair({ disk }))
      ]
    })
  )

  differs(
    "a resize of a disk to 17 TiB",
    { "1.15": "SizeRefused 38", 7: "ok", 9: "ok" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* makeMounted("ct", { clusterSize: "64M", size: "1G" })
      return yield* outcome(ploop.resize({ disk, size: "17T" }))
    })
  )

  differs(
    "a grow of an idle disk whose in-use flag is set is refused, or uses a device and clears the flag",
    { "1.15": ["ImageDirty 4", 300], 7: ["ok", 400], 9: ["ok", 400] },
    Effect.gen(function*() {
      const { host, low, ploop } = yield* services
      const { disk } = yield* makeMounted("ct")
      yield* host.cutPower
      const ended = yield* outcome(low.grow({ disk, size: "400M" }))
      assert.deepStrictEqual(yield* ploop.listDevices, [])
      yield* ploop.check({ image: "/vz/ct/root.hdd", dropInUse: true })
      return [ended, Number((yield* ploop.imageInfo({ disk })).size) / MiB]
    })
  )

  differs(
    "a grow of an idle disk of version 1 converts it to version 2, leaves it or is refused",
    { "1.15": "1", 7: "2", 9: "Unsupported" },
    Effect.gen(function*() {
      const { low, ploop } = yield* services
      const disk = yield* makeDisk("ct", { version: 1 })
      const grown = yield* Effect.either(low.grow({ disk, size: "20M" }))
      if (Either.isLeft(grown)) return grown.left._tag
      const { size, version } = yield* ploop.imageInfo({ disk })
      assert.strictEqual(size, BigInt(20 * MiB))
      return `${version}`
    })
  )
})

describe("devices", () => {
  differs(
    "the next device can be queried",
    { "1.15": "ok", 7: "ok", 9: "Unsupported" },
    Effect.flatMap(LowLevel.LowLevel, (low) => outcome(low.nextDevice))
  )

  differs(
    "a copy of a mounted device is a stream of bytes",
    { "1.15": ["ok", "ok"], 7: ["Unsupported", "Unsupported"], 9: ["Unsupported", "Unsupported"] },
    Effect.gen(function*() {
      const { ploop } = yield* services
      const { device } = yield* makeMounted("ct", { clusterSize: "32K" })
      return [
        yield* outcome(Stream.runDrain(ploop.copySend({ device }))),
        yield* outcome(
          Stream.run(
            Stream.orElse(ploop.copySend({ device }), () => Stream.empty),
            ploop.copyReceive({ image: "/vz/copy" })
          )
        )
      ]
    })
  )
})

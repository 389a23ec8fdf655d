import type { PloopCli } from "@effect-ploop/backend-cli"
import { ByteSize, LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import type { Generation } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Option } from "effect"
import type { Scope } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import * as imageHeader from "../src/internal/imageHeader.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, B, scripted } from "./utils/host.js"
import * as image from "./utils/image.js"
import type { Shown } from "./utils/sysfs.js"
import { sysfs } from "./utils/sysfs.js"

const device = "device:\t\t/dev/ploop5\n"

interface World {
  readonly generation?: Generation.Generation
  /** What the driver shows, of a disk in this directory. */
  readonly devices?: (directory: string) => Readonly<Record<string, Shown>>
  readonly options?: PloopCli.Options
  /** Whether the tool lists a device of the disk. Default: it lists none. */
  readonly devicesByTool?: boolean
  /** The image of the top delta. */
  readonly top?: Uint8Array
}

/** A disk, a driver, and a tool that says for each disk that `/dev/ploop5` runs it. */
const world = (
  { devices = () => ({}), devicesByTool = false, generation = "1.15", options, top = image.image() }: World = {}
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const root = yield* sysfs({})
    const host = yield* scripted(
      generation,
      ([command, option], disk) =>
        command === "list" && devicesByTool
          ? { stdout: `ploop7      ${disk.slice(0, -"DiskDescriptor.xml".length)}root.hdd  \n` }
          : command !== "info"
          ? undefined
          : option === "-d"
          ? { stdout: device }
          : { stdout: "size:\t\t1024\nblocksize:\t2048\nfmt_version:\t1\n" },
      { queries: "files", sysfs: root, ...options }
    )
    const directory = yield* fs.realPath(host.directory)
    const shown = yield* sysfs(devices(directory))
    yield* fs.remove(`${root}/block`, { recursive: true })
    yield* fs.rename(`${shown}/block`, `${root}/block`)
    yield* Effect.ignore(fs.rename(`${shown}/class`, `${root}/class`))
    yield* fs.writeFile(`${directory}/root.hdd`, image.image())
    yield* fs.writeFile(`${directory}/root.hdd.1`, image.image())
    yield* fs.writeFile(`${directory}/root.hdd.2`, top)
    const ask = <A, E>(query: (ploop: Ploop.Ploop) => Effect.Effect<A, E>) =>
      Effect.provide(Effect.flatMap(Ploop.Ploop, query), host.context)
    return { ...host, directory, root, ask }
  })

const rule = (title: string, run: Effect.Effect<void, unknown, FileSystem.FileSystem | Scope.Scope>) =>
  it.scoped(title, () => run.pipe(Effect.orDie, Effect.provide(NodeContext.layer)))

const base = (directory: string) => ({ ploop7: { image: `${directory}/root.hdd` } })

describe("a disk is running", () => {
  rule(
    "when a device has its base image, and no process is started to see it",
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world({ devices: base })
      assert.isTrue(yield* ask((ploop) => ploop.isMounted({ disk })))
      assert.deepStrictEqual<unknown>(
        yield* ask((ploop) => ploop.deviceOf({ disk })),
        Option.some({ device: "/dev/ploop7" })
      )
      assert.deepStrictEqual(yield* commands, [])
    })
  )

  rule(
    "no more, once the device is gone from sysfs",
    Effect.gen(function*() {
      const { ask, disk, root } = yield* world({ devices: base })
      yield* ask((ploop) => ploop.isMounted({ disk }))
      yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(`${root}/block/ploop7`, { recursive: true }))
      assert.isFalse(yield* ask((ploop) => ploop.isMounted({ disk })))
    })
  )

  rule(
    "not by a device of another disk, of a component, or without an image",
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world({
        devices: (directory) => ({
          ploop1: { image: `${directory}/root.hdd.1` },
          ploop2: { image: `${directory}/root.hdd`, component: "bk" },
          ploop3: {}
        })
      })
      assert.isFalse(yield* ask((ploop) => ploop.isMounted({ disk })))
      assert.isTrue(Option.isSome(yield* ask((ploop) => ploop.deviceOf({ disk, component: "bk" }))))
      assert.deepStrictEqual(yield* commands, [])
    })
  )

  rule(
    "by what its descriptor names now, not by what it named before",
    Effect.gen(function*() {
      const { ask, directory, disk } = yield* world({ devices: base })
      yield* ask((ploop) => ploop.isMounted({ disk }))
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFile(`${directory}/moved.hdd`, image.image())
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("<File>root.hdd</File>", "<File>moved.hdd</File>"))
      assert.isFalse(yield* ask((ploop) => ploop.isMounted({ disk })), directory)
    })
  )
})

describe("the tool is asked whether a disk runs", () => {
  const asked = (
    title: string,
    given: World,
    prepare: (directory: string) => Effect.Effect<void, unknown, FileSystem.FileSystem> = () => Effect.void
  ) =>
    rule(
      title,
      Effect.gen(function*() {
        const { ask, commands, directory, disk } = yield* world(given)
        yield* prepare(directory)
        assert.isTrue(yield* ask((ploop) => ploop.isMounted({ disk })))
        assert.deepStrictEqual((yield* commands).map((words) => words.slice(0, 2)), [["info", "-d"]])
      })
    )

  asked("when the caller wants that", { options: { queries: "tool" } })
  asked("on generation 9, whose devices are not in sysfs", { generation: "9" })
  asked("when there is no sysfs", { options: { sysfs: "/no/such/directory" } })
  asked("when two devices have its base image", {
    devices: (directory) => ({ ...base(directory), ploop8: { image: `${directory}/root.hdd` } })
  })
  asked(
    "when a device has its base image by another name",
    { devices: (directory) => ({ ploop7: { image: `${directory}/linked.hdd` } }) },
    (directory) =>
      Effect.flatMap(FileSystem.FileSystem, (fs) => fs.link(`${directory}/root.hdd`, `${directory}/linked.hdd`))
  )
  asked("when another device lies on its partition, as on an encrypted disk", {
    devices: (directory) => ({ ploop7: { image: `${directory}/root.hdd`, holder: "dm-0" } })
  })
  asked("when nothing is at the path that a device shows, as after its directory was renamed", {
    devices: (directory) => ({ ploop7: { image: `${directory}/before/root.hdd` } })
  })
  asked(
    "when its base image is missing, so that a device may have it by another name",
    { devices: () => ({ ploop7: { image: "/vz/other/root.hdd" } }) },
    (directory) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(`${directory}/root.hdd`))
  )
})

describe("the attachments of a disk", () => {
  const removed = " (deleted)"

  const ofChain = (base: string, ...above: ReadonlyArray<string>) => (directory: string) => ({
    ploop7: { image: `${directory}/${base}`, above: above.map((name) => `${directory}/${name}`), readOnly: true }
  })

  const read = (devices: NonNullable<World["devices"]>, gone: ReadonlyArray<string> = []) =>
    Effect.gen(function*() {
      const { ask, commands, directory, disk } = yield* world({ devices })
      const fs = yield* FileSystem.FileSystem
      yield* Effect.forEach(gone, (name) => fs.remove(`${directory}/${name}`))
      const found = yield* ask((ploop) => ploop.attachments({ disk }))
      assert.deepStrictEqual(yield* commands, [])
      const below = (paths: ReadonlyArray<string>) => paths.map((path) => path.slice(directory.length + 1))
      return found.map(({ deleted, images, readOnly, snapshot }) => ({
        snapshot,
        readOnly,
        images: below(images),
        deleted: below(deleted)
      }))
    })

  rule(
    "show the snapshot of the highest image, and no process is started to see them",
    Effect.gen(function*() {
      const all = ["root.hdd", "root.hdd.1", "root.hdd.2"]
      const expected = { readOnly: true, deleted: [] }
      assert.deepStrictEqual<unknown>(
        [yield* read(ofChain("root.hdd")), yield* read(ofChain("root.hdd", "root.hdd.1", "root.hdd.2"))],
        [[{ ...expected, snapshot: A, images: ["root.hdd"] }], [{ ...expected, snapshot: SnapshotId.top, images: all }]]
      )
    })
  )

  rule(
    "have the images that were removed, the base included",
    Effect.gen(function*() {
      const gone = ["root.hdd", "root.hdd.1"]
      assert.deepStrictEqual<unknown>(
        yield* read(ofChain(`root.hdd${removed}`, `root.hdd.1${removed}`), gone),
        [{ snapshot: B, readOnly: true, images: gone, deleted: gone }]
      )
    })
  )

  rule(
    "do not take another file at the path of a removed image for that image",
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* read(ofChain(`root.hdd${removed}`)), [])
      assert.deepStrictEqual<unknown>(
        yield* read(ofChain("root.hdd", `root.hdd.1${removed}`)),
        [{ snapshot: undefined, readOnly: true, images: ["root.hdd", "root.hdd.1"], deleted: ["root.hdd.1"] }]
      )
    })
  )

  rule(
    "have every mount point",
    Effect.gen(function*() {
      const table = "/dev/ploop7p1 /mnt/disk ext4 rw 0 0\n/dev/ploop70p1 /mnt/other ext4 rw 0 0\n" +
        "/dev/ploop7p1 /mnt/a\\040second ext4 rw 0 0\n"
      const files: HostFiles = {
        ...nodeHostFiles,
        kernelText: (path) =>
          path === "/proc/mounts" ? Effect.succeed(Option.some(table)) : nodeHostFiles.kernelText(path)
      }
      const { ask, disk } = yield* Effect.provideService(world({ devices: base }), CurrentHostFiles, files)
      const found = yield* ask((ploop) => ploop.attachments({ disk }))
      assert.deepStrictEqual<unknown>(found.map(({ targets }) => targets), [["/mnt/disk", "/mnt/a second"]])
    })
  )

  rule(
    "are refused where the chain of a device cannot be read",
    Effect.gen(function*() {
      const { ask, disk } = yield* world({
        generation: "1.15",
        devices: base,
        options: { sysfs: "/no/such/directory" },
        devicesByTool: true
      })
      const error = yield* Effect.flip(ask((ploop) => ploop.attachments({ disk })))
      assert.strictEqual(error._tag, "PrerequisiteMissing")
    })
  )
})

describe("the numbers of a mounted file system", () => {
  const numbers = { blockSize: 4096n, blocks: 1000n, freeBlocks: 500n, inodes: 100n, freeInodes: 90n }

  /** A mount table that the disk leaves after it was read so many times. */
  const read = (until: number) =>
    Effect.gen(function*() {
      let reads = 0
      const files: HostFiles = {
        ...nodeHostFiles,
        kernelText: (path) =>
          path === "/proc/mounts"
            ? Effect.sync(() => Option.some(reads++ < until ? "/dev/ploop7p1 /mnt/disk ext4 rw 0 0\n" : ""))
            : nodeHostFiles.kernelText(path),
        numbers: () => Effect.succeed(numbers)
      }
      const { ask, commands, disk } = yield* Effect.provideService(world({ devices: base }), CurrentHostFiles, files)
      const answer = yield* Effect.either(ask((ploop) => ploop.fileSystemInfo({ disk })))
      return { answer, isFromFiles: (yield* commands).length === 0 }
    })

  rule(
    "are those of its mount point, and no process is started to see them",
    Effect.gen(function*() {
      const { answer, isFromFiles } = yield* read(Infinity)
      assert.deepInclude(Either.getOrThrow(answer), {
        size: ByteSize.KiB(4000),
        free: ByteSize.KiB(2000),
        source: "mounted"
      })
      assert.isTrue(isFromFiles)
    })
  )

  rule(
    "are not taken from the mount point when the disk was unmounted meanwhile",
    Effect.gen(function*() {
      assert.isFalse((yield* read(1)).isFromFiles)
    })
  )
})

describe("the size of an idle disk", () => {
  const read = (given: World) =>
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world(given)
      const { size } = yield* ask((ploop) => ploop.imageInfo({ disk }))
      return { size, isFromFile: (yield* commands).length === 0 }
    })

  rule(
    "is in the header of its top delta",
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* read({}), { size: ByteSize.MiB(10), isFromFile: true })
    })
  )

  const doubtful: Record<string, image.Header> = {
    "is in use": { inUse: 0x746f6e59 },
    "has an unknown signature": { signature: "WithoutSignature" },
    "has another cluster size than the descriptor says": { cluster: 4096, first: 4096 },
    "has another type than the tool gives": { type: 7 },
    "has a size that is not a whole number of clusters": { size: 20_479n },
    "has no room for its index table": { clusters: 9 },
    "has clusters of nothing": { cluster: 0 },
    "begins in the middle of a cluster": { first: 2047 },
    "says that it is larger than any disk": { size: 1n << 60n, clusters: 2 ** 32 - 1 }
  }
  for (const [title, header] of Object.entries(doubtful)) {
    rule(
      `is asked of the tool when the image ${title}`,
      Effect.gen(function*() {
        const { isFromFile } = yield* read({ top: image.image(header) })
        assert.isFalse(isFromFile)
      })
    )
  }

  rule(
    "is asked of the tool when the image is cut off",
    Effect.gen(function*() {
      const { isFromFile } = yield* read({ top: image.image().subarray(0, 5000) })
      assert.isFalse(isFromFile)
    })
  )

  it("is never read from bytes that are not a header, whatever the bytes are", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      assert.isTrue(Option.isNone(imageHeader.read(bytes)))
      const signed = image.header()
      signed.set(bytes.subarray(0, 48), 16)
      const found = imageHeader.read(signed)
      if (Option.isSome(found)) assert.isTrue(found.value.size >= 0n)
    }))
  })
})

describe("the size of a running disk", () => {
  const running = (directory: string) => ({
    ploop7: { image: `${directory}/root.hdd`, size: 40_960, blockSize: 2048, version: 2 }
  })

  rule(
    "is that of its device",
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world({ devices: running })
      assert.deepStrictEqual<unknown>(yield* ask((ploop) => ploop.imageInfo({ disk })), {
        size: ByteSize.MiB(20),
        clusterSize: ByteSize.MiB(1),
        version: 2
      })
      assert.deepStrictEqual(yield* commands, [])
    })
  )

  rule(
    "is asked of the tool when the driver does not show it",
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* world({ devices: base })
      yield* ask((ploop) => ploop.imageInfo({ disk }))
      assert.strictEqual((yield* commands).length, 1)
    })
  )
})

describe("the counters of a device", () => {
  rule(
    "are in sysfs",
    Effect.gen(function*() {
      const { ask, commands } = yield* world({
        devices: () => ({ ploop7: { counters: { bio_reads: "3", bio_writes: "0" } } })
      })
      const statistics = yield* ask((ploop) => ploop.deviceStatistics({ device: "/dev/ploop7" }))
      assert.deepStrictEqual(statistics, { bio_reads: 3n, bio_writes: 0n })
      assert.deepStrictEqual(yield* commands, [])
    })
  )

  rule(
    "are asked of the tool when one of them is not a number",
    Effect.gen(function*() {
      const { ask, commands } = yield* world({ devices: () => ({ ploop7: { counters: { bio_reads: "many" } } }) })
      yield* ask((ploop) => ploop.deviceStatistics({ device: "/dev/ploop7" }))
      assert.strictEqual((yield* commands).length, 1)
    })
  )
})

describe("the devices that run", () => {
  rule(
    "have their images and components from sysfs, and nothing else is a device",
    Effect.gen(function*() {
      const { ask, commands } = yield* world({
        devices: () => ({
          ploop1: { image: "/vz/1/root.hdd" },
          ploop2: { image: "/vz/2/root hdd", component: "~bk" },
          ploop3: {},
          ploops: { image: "/vz/4/root.hdd" }
        })
      })
      assert.sameDeepMembers<unknown>([...yield* ask((ploop) => ploop.listDevices)], [
        { device: "/dev/ploop1", image: "/vz/1/root.hdd" },
        { device: "/dev/ploop2", image: "/vz/2/root hdd", component: "~bk" }
      ])
      assert.deepStrictEqual(yield* commands, [])
    })
  )

  rule(
    "say which images were removed, by the ending that the kernel gives to their paths",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const home = yield* fs.makeTempDirectoryScoped()
      yield* fs.writeFileString(`${home}/root.hdd (deleted)`, "a file that has this name")
      const { ask } = yield* world({
        devices: () => ({
          ploop1: { image: "/vz/1/root.hdd (deleted)" },
          ploop2: { image: `${home}/root.hdd (deleted)` }
        })
      })
      assert.sameDeepMembers<unknown>([...yield* ask((ploop) => ploop.listDevices)], [
        { device: "/dev/ploop1", image: "/vz/1/root.hdd", deleted: true },
        { device: "/dev/ploop2", image: `${home}/root.hdd (deleted)` }
      ])
    })
  )
})

describe("a defragmentation on generation 7", () => {
  const withIo = (io?: string) =>
    world({
      generation: "7",
      devices: (directory) => ({ ploop7: { image: `${directory}/root.hdd`, ...(io !== undefined && { io }) } })
    })
  const above = (disk: string) => (ploop: Ploop.Ploop) => ploop.discard({ disk, defrag: true, defragThreshold: 5 })

  rule(
    "has the threshold of the caller where the device uses kaio",
    Effect.gen(function*() {
      const { ask, commands, disk } = yield* withIo("kaio")
      yield* Effect.exit(ask(above(disk)))
      const discard = ["balloon", "discard", "--defrag", "--image-defrag-threshold", "5", disk]
      assert.deepStrictEqual(yield* commands, [discard])
    })
  )

  rule(
    "is refused with a threshold where the device does not use kaio or does not tell, and alone where it does",
    Effect.gen(function*() {
      for (const io of ["direct", undefined]) {
        const { ask, commands, disk } = yield* withIo(io)
        assert.strictEqual((yield* Effect.flip(ask(above(disk))))._tag, "Unsupported")
        assert.deepStrictEqual(yield* commands, [])
      }
      const { ask, commands, disk } = yield* withIo("kaio")
      const error = yield* Effect.flip(ask((ploop) => ploop.discard({ disk, defragOnly: true })))
      assert.strictEqual(error._tag, "Unsupported")
      assert.deepStrictEqual(yield* commands, [])
    })
  )
})

describe("a merge of two images by their files", () => {
  rule(
    "is refused for every image of a device, and no tool is started for it",
    Effect.gen(function*() {
      const { commands, context, directory } = yield* world({
        devices: (directory) => ({ ploop7: { image: `${directory}/root.hdd`, above: [`${directory}/root.hdd.1`] } })
      })
      const merge = (delta: string, image: string) =>
        Effect.flatMap(
          LowLevel.LowLevel,
          (low) => Effect.flip(low.mergeDelta({ delta: `${directory}/${delta}`, image: `${directory}/${image}` }))
        ).pipe(
          Effect.provide(context)
        )
      for (const [delta, image] of [["root.hdd.1", "root.hdd"], ["root.hdd.2", "root.hdd.1"]] as const) {
        const error = yield* merge(delta, image)
        assert.strictEqual(error._tag === "ImageInUse" ? error.device : error._tag, "/dev/ploop7")
      }
      assert.deepStrictEqual(yield* commands, [])
    })
  )
})

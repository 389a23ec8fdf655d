/** What a comparison makes of odd files: those that are read in pieces, of other sizes, or written meanwhile. */
import type { DiskChange } from "@effect-ploop/core"
import { ChangeTracking, DevicePath, DiskChanges, ImageExamination, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Exit, Option, Stream } from "effect"
import * as entry from "../src/internal/changes/entry.js"
import { make as makeHeld } from "../src/internal/changes/held.js"
import * as imageFile from "../src/internal/changes/imageFile.js"
import { walk } from "../src/internal/changes/walk.js"
import * as trees from "./utils/trees.js"

const { none, top } = SnapshotId

const [a, b] = [trees.id("a"), trees.id("b")]

const info: FileSystem.File.Info = {
  type: "File",
  mtime: Option.some(new Date(1)),
  atime: Option.none(),
  birthtime: Option.none(),
  dev: 1,
  ino: Option.some(7),
  mode: 0o100644,
  nlink: Option.none(),
  uid: Option.some(0),
  gid: Option.some(0),
  rdev: Option.none(),
  size: FileSystem.Size(1),
  blksize: Option.none(),
  blocks: Option.none()
}

const aspects = (changes: Partial<FileSystem.File.Info>) =>
  entry.metadata({ type: "File", info }, { type: "File", info: { ...info, ...changes } })

describe("the mode of a file", () => {
  it("differs when a permission does, or a bit that changes the user, the group or the directory", () => {
    for (const bit of [0o1, 0o20, 0o400, 0o1000, 0o2000, 0o4000]) {
      assert.deepStrictEqual(aspects({ mode: info.mode ^ bit }), ["mode"], bit.toString(8))
    }
  })

  it("does not differ by the bits of its type, which a file system may leave out", () => {
    assert.deepStrictEqual(aspects({ mode: 0o644 }), [])
  })
})

it.effect("the balloon of the tool is left out in the root directory, and nowhere else", () =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-changes-" })
    const roots = { from: `${directory}/from`, to: `${directory}/to` }
    for (const root of [roots.from, roots.to]) yield* fs.makeDirectory(`${root}/sub`, { recursive: true })
    for (const path of [".balloon-1", "sub/.balloon-2", ".balloon"]) {
      yield* fs.writeFileString(`${roots.to}/${path}`, "")
    }
    const changes = yield* Stream.runCollect(walk(fs, roots, { trustTimes: false, maximumRenames: 0 }))
    const added = [...changes].filter(({ _tag }) => _tag === "Added").map(({ path }) => path)
    assert.deepStrictEqual(added.sort(), ["/.balloon", "/sub/.balloon-2"])
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)))

/** A file of these bytes, which gives at most so many of them at once. */
const slow = (bytes: Uint8Array, most: number) => {
  let at = 0
  const readAlloc = (size: FileSystem.SizeInput) =>
    Effect.sync(() => {
      const part = bytes.subarray(at, at + Math.min(Number(size), most))
      at += part.length
      return part.length === 0 ? Option.none() : Option.some(part)
    })
  return { readAlloc }
}

describe("an image is read", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, index) => index)

  it.effect("as far as asked for, although the file gives fewer bytes at once, and on from there", () =>
    Effect.gen(function*() {
      const file = slow(bytes, 7)
      assert.deepStrictEqual(yield* imageFile.readNext(file, 40), bytes.slice(0, 40))
      assert.deepStrictEqual(yield* imageFile.readNext(file, 40), bytes.slice(40, 80))
    }))

  it.effect("to its end when it has less", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* imageFile.readNext(slow(bytes, 7), 1000), bytes)
    }))
})

describe("what is held", () => {
  /** Holds three things, of which the release of some fails; returns what was done, and the end of the first release. */
  const holding = (failing: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const done: Array<string> = []
      const exit = yield* Effect.scoped(Effect.gen(function*() {
        const held = yield* makeHeld<string>((error) => Effect.sync(() => void done.push(`hook ${error}`)))
        yield* Effect.forEach(["a", "b", "c"], (name) =>
          held.acquire(Effect.succeed(name), () =>
            Effect.zipRight(
              Effect.sync(() => done.push(name)),
              failing.includes(name) ? Effect.fail(name) : Effect.void
            )))
        return yield* Effect.exit(held.release)
      }))
      return { done, exit }
    })

  it.effect("is released once, the last first", () =>
    Effect.gen(function*() {
      const { done, exit } = yield* holding([])
      assert.deepStrictEqual(done, ["c", "b", "a"])
      assert.isTrue(Exit.isSuccess(exit))
    }))

  it.effect("is released also when some of it cannot be: it fails with the first failure, the hook gets the others", () =>
    Effect.gen(function*() {
      const { done, exit } = yield* holding(["a", "b"])
      assert.deepStrictEqual(done, ["c", "b", "a", "hook a"])
      assert.deepStrictEqual(exit, Exit.fail("b"))
    }))
})

const clusterSize = 65_536

/** An image of so many clusters, of which these are in the file. */
const image = (clusters: number, written: ReadonlyArray<number>, length = clusters + 1): Uint8Array => {
  const bytes = new Uint8Array(length * clusterSize)
  bytes.set(
    ImageExamination.formatHeader({
      version: 2,
      clusterSize,
      size: clusters * clusterSize,
      flags: 0,
      isInUse: false
    })
  )
  const view = new DataView(bytes.buffer)
  written.forEach((index, place) => view.setUint32(ImageExamination.headerLength + 4 * index, place + 1, true))
  return bytes
}

/** An image of so many blocks, of which some have changed since a snapshot: those of the bits of a byte. */
const trackedImage = (blocks: number, changed: number): Uint8Array => {
  const bytes = image(blocks, [], 4)
  const at = 2 * clusterSize
  bytes.set(ChangeTracking.withPosition(bytes.subarray(0, ImageExamination.headerLength), BigInt(at)))
  const tracking = {
    since: a,
    size: BigInt(blocks * clusterSize),
    blockSize: BigInt(clusterSize),
    parts: [BigInt(3 * clusterSize / 512)]
  }
  bytes.set(ChangeTracking.format(tracking, clusterSize), at)
  bytes[3 * clusterSize] = changed
  return bytes
}

/** Runs a stream of extents on a disk of these images. A device writes to it, or does not, each time that it is looked for. */
const on = <A, E>(
  entries: ReadonlyArray<trees.Entry>,
  images: ReadonlyArray<Uint8Array>,
  use: (disk: string) => Stream.Stream<A, E, Ploop.Ploop | FileSystem.FileSystem>,
  ...running: ReadonlyArray<boolean>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-changes-" })
    yield* Effect.forEach(images, (bytes, index) => fs.writeFile(`${directory}/image.${index}`, bytes))
    const left = [...running]
    const device = { device: DevicePath.make("/dev/ploop1"), readOnly: false, targets: [], images: [], deleted: [] }
    const ploop = Ploop.makeNoop({
      listSnapshots: () => Effect.succeed(trees.disk(entries).tree),
      attachments: () => Effect.sync(() => left.shift() === true ? [device] : [])
    })
    const found: Array<A> = []
    const disk = `${directory}/DiskDescriptor.xml`
    const exit = yield* Stream.runForEach(use(disk), (one) => Effect.sync(() => void found.push(one))).pipe(
      Effect.provideService(Ploop.Ploop, ploop),
      Effect.either
    )
    return { found, exit }
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

const inBlocks = (
  { found }: { readonly found: ReadonlyArray<DiskChange.Extent> }
): ReadonlyArray<ReadonlyArray<number>> =>
  found.map(({ length, offset }) => [Number(offset) / clusterSize, Number(length) / clusterSize])

describe("the blocks between two branches", () => {
  it.effect("go as far as the larger one, whichever is the earlier point", () =>
    Effect.gen(function*() {
      const entries: ReadonlyArray<trees.Entry> = [[a, none], [b, a], [top, a]]
      const images = [image(2, []), image(2, [1]), image(5, [3, 4], 3)]
      for (const [from, to] of [[b, top], [top, b]] as const) {
        const result = yield* on(entries, images, (disk) => DiskChanges.blocks({ disk, from, to }))
        assert.deepStrictEqual(inBlocks(result), [[1, 1], [3, 2]])
      }
    }))
})

describe("tracked blocks", () => {
  const tracked = (disk: string) => DiskChanges.tracked({ disk, from: a })

  it.effect("are all that the map has, also where the last byte of it is used in part", () =>
    Effect.gen(function*() {
      for (
        const [blocks, changed, expected] of [
          [3, 0b101, [[0, 1], [2, 1]]],
          [8, 0b1100_0000, [[6, 2]]],
          [3, 0b1111_0000, []]
        ] as const
      ) {
        const result = yield* on([[top, none]], [trackedImage(blocks, changed)], tracked)
        assert.deepStrictEqual(inBlocks(result), expected)
      }
    }))

  it.effect("are of no moment when the disk was mounted meanwhile: the kernel has the map then", () =>
    Effect.gen(function*() {
      const { exit } = yield* on([[top, none]], [trackedImage(3, 1)], tracked, false, true)
      assert.strictEqual(Either.isLeft(exit) ? exit.left._tag : "complete", "ImageInUse")
    }))
})

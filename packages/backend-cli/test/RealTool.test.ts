import type { PloopError } from "@effect-ploop/core"
import { LowLevel, Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Option, Stream } from "effect"
import { freshDisk, missing, RealTool, scratch, title, uuid } from "./utils/realTool.js"

const A = SnapshotId.make(uuid("a"))
const B = SnapshotId.make(uuid("b"))
const C = SnapshotId.make(uuid("c"))

/** Identifiers, base first, each with its parent. */
const shape = (tree: SnapshotTree.SnapshotTree) =>
  SnapshotTree.nodes(tree).map((node) =>
    [node.id, Option.getOrUndefined(Option.map(SnapshotTree.parent(tree, node.id), (parent) => parent.id))] as const
  )

const snapshots = (disk: string) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk }))

const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => error._tag)

const names = (directory: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(directory)),
    (found) => found.filter((name) => !name.endsWith(".lck")).sort()
  )

/** An image with the mark of one that was not closed cleanly. */
const soil = (image: string) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(image, { flag: "r+" })
    yield* file.seek(44, "start")
    yield* file.writeAll(new Uint8Array([0x59, 0x6e, 0x6f, 0x74]))
  }))

describe.skipIf(missing !== undefined)(title("the real tool"), () => {
  layer(RealTool, { excludeTestServices: true })("create", (it) => {
    it.scoped("makes the image and a descriptor beside it", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { directory, disk } = yield* freshDisk("10M")
        assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd"])
        const info = yield* ploop.imageInfo({ disk })
        assert.strictEqual(info.size, 10n << 20n)
        assert.strictEqual(info.clusterSize, 1n << 20n)
      }))

    for (const format of ["expanded", "preallocated", "raw"] as const) {
      it.scoped(`makes ${format} images`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const directory = yield* scratch
          const created = yield* ploop.create({
            image: `${directory}/disk`,
            size: "8M",
            format,
            clusterSize: "256K",
            fileSystem: "none"
          })
          const info = yield* ploop.imageInfo({ disk: created.disk })
          assert.strictEqual(info.size, 8n << 20n)
          assert.strictEqual(info.version, created.version)
          assert.strictEqual(info.version === undefined, format === "raw")
          // The header of a raw image does not hold a cluster size; its descriptor does.
          assert.strictEqual(info.clusterSize, 256n << 10n)
        }))
    }

    it.scoped("rounds the size up to a whole cluster", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk("1537K")
        assert.strictEqual((yield* ploop.imageInfo({ disk })).size, 2n << 20n)
      }))

    it.scoped("keeps an image file that is there already, which the tool would delete", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const directory = yield* scratch
        yield* fs.writeFileString(`${directory}/root.hdd`, "precious")
        const error = yield* Effect.flip(
          ploop.create({ image: `${directory}/root.hdd`, size: "1M", fileSystem: "none" })
        )
        assert.strictEqual(error._tag, "AlreadyExists")
        assert.strictEqual(yield* fs.readFileString(`${directory}/root.hdd`), "precious")
      }))

    it.scoped("refuses a second disk in a directory, and leaves the first alone", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { directory } = yield* freshDisk()
        const before = yield* names(directory)
        const again = ploop.create({ image: `${directory}/other.hdd`, size: "1M", fileSystem: "none" })
        assert.strictEqual(yield* tagOf(again), "AlreadyExists")
        assert.deepStrictEqual(yield* names(directory), before)
      }))

    it.scoped("leaves nothing behind when the directory is missing", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const directory = yield* scratch
        const error = yield* Effect.flip(
          ploop.create({ image: `${directory}/no/root.hdd`, size: "1M", fileSystem: "none" })
        )
        assert.strictEqual(error._tag, "DirectoryNotFound")
        assert.include(error.message, `${directory}/no`)
        assert.deepStrictEqual(yield* names(directory), [])
      }))

    it.scoped("says that the kernel driver is missing when a file system is to be made without one", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const directory = yield* scratch
        const error = yield* Effect.flip(ploop.create({ image: `${directory}/root.hdd`, size: "300M" }))
        assert.strictEqual(error._tag, "PrerequisiteMissing")
        assert.deepStrictEqual(yield* names(directory), [])
      }))

    it.scoped("refuses a size that the version cannot hold, before anything is touched", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const directory = yield* scratch
        const error = yield* Effect.flip(
          ploop.create({ image: `${directory}/root.hdd`, size: "2T", version: 1, fileSystem: "none" })
        )
        assert.strictEqual(error._tag, "InvalidArgument")
        assert.deepStrictEqual(yield* names(directory), [])
      }))

    for (
      const name of [
        "-rf",
        "with space",
        "new\ttab",
        "quo'te\"s",
        "*?[a]",
        "$HOME `id`",
        "Üñí—ço∂é",
        "<&>",
        "--",
        "{a}"
      ]
    ) {
      it.scoped(`takes ${JSON.stringify(name)} for a name`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const { disk, image } = yield* freshDisk("1M", name)
          assert.strictEqual(yield* ploop.topDelta({ disk }), image)
          yield* ploop.createSnapshot({ disk, id: A })
          yield* ploop.mergeSnapshots({ disk })
          assert.strictEqual(yield* ploop.topDelta({ disk }), image)
        }))
    }
  })

  layer(RealTool, { excludeTestServices: true })("snapshots", (it) => {
    it.scoped("the old top gets the identifier of the snapshot, and a new file becomes the top", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        assert.strictEqual(yield* ploop.createSnapshot({ disk, id: A }), A)
        const tree = yield* snapshots(disk)
        assert.deepStrictEqual(shape(tree), [[A, undefined], [SnapshotId.top, A]])
        assert.notStrictEqual(yield* ploop.topDelta({ disk }), image)
      }))

    it.scoped("an identifier is generated when none is given, and is the answer", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        const id = yield* ploop.createSnapshot({ disk })
        assert.isTrue(Option.isSome(SnapshotTree.get(yield* snapshots(disk), id)))
      }))

    it.scoped("an identifier that is taken is refused, in any case", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk, id: A.toUpperCase() })), "SnapshotExists")
      }))

    it.scoped("the identifiers that ploop keeps for itself are refused beforehand", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk, id: SnapshotId.top })), "InvalidArgument")
        assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk, id: SnapshotId.none })), "InvalidArgument")
      }))

    it.scoped("a switch discards the top delta", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.createSnapshot({ disk, id: B })
        yield* ploop.switchSnapshot({ disk, id: A })
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[A, undefined], [B, A], [SnapshotId.top, A]])
      }))

    it.scoped("a switch that keeps the old top returns its identifier", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        const kept = yield* ploop.snapshotAndSwitch({ disk, id: A, keepAs: B })
        assert.strictEqual(kept, B)
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[A, undefined], [B, A], [SnapshotId.top, A]])
      }))

    it.scoped("a switch that is refused makes no snapshot", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.snapshotAndSwitch({ disk, id: A })), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.snapshotAndSwitch({ disk, id: SnapshotId.top })), "SnapshotIsCurrent")
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[SnapshotId.top, undefined]])
      }))

    it.scoped("a switch that consumes the snapshot leaves its content as the top", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.switchAndDelete({ disk, id: A })
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[SnapshotId.top, undefined]])
        assert.strictEqual(yield* ploop.topDelta({ disk }), image)
      }))

    it.scoped("a switch that would consume a snapshot with other children is refused, and changes nothing", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.createSnapshot({ disk, id: B })
        const before = shape(yield* snapshots(disk))
        assert.strictEqual(yield* tagOf(ploop.switchAndDelete({ disk, id: A })), "SnapshotHasChildren")
        assert.deepStrictEqual(shape(yield* snapshots(disk)), before)
      }))

    it.scoped("deleting a leaf returns Deleted", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.snapshotAndSwitch({ disk, id: A, keepAs: B })
        assert.deepStrictEqual(yield* ploop.deleteSnapshot({ disk, id: B }), { _tag: "Deleted", id: B })
      }))

    it.scoped("deleting a snapshot with one child returns MergedIntoChild, and the child survives", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.createSnapshot({ disk, id: B })
        assert.deepStrictEqual(yield* ploop.deleteSnapshot({ disk, id: A }), {
          _tag: "MergedIntoChild",
          id: A,
          child: B
        })
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[B, undefined], [SnapshotId.top, B]])
      }))

    it.scoped("deleting a snapshot with several children returns MarkedTemporary, twice as well", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.snapshotAndSwitch({ disk, id: A, keepAs: B })
        const marked = { _tag: "MarkedTemporary", id: A, children: [B, SnapshotId.top] }
        assert.deepStrictEqual<unknown>(yield* ploop.deleteSnapshot({ disk, id: A }), marked)
        assert.deepStrictEqual<unknown>(yield* ploop.deleteSnapshot({ disk, id: A }), marked)
        assert.isTrue(Option.exists(SnapshotTree.get(yield* snapshots(disk), A), (node) => node.temporary))
        assert.strictEqual(yield* tagOf(ploop.switchSnapshot({ disk, id: A })), "SnapshotIsTemporary")
      }))

    it.scoped("a temporary snapshot with several children keeps generation 1.15 from taking another: said in words", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.snapshotAndSwitch({ disk, id: A, keepAs: B })
        yield* ploop.deleteSnapshot({ disk, id: A })
        assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk, id: C })), "Unsupported")
      }))

    it.scoped("deleting the top delta returns which snapshot took its place", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        assert.deepStrictEqual(yield* ploop.deleteSnapshot({ disk, id: SnapshotId.top }), {
          _tag: "Deleted",
          id: SnapshotId.top,
          becameTop: A
        })
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[SnapshotId.top, undefined]])
      }))

    it.scoped("the only image of a disk cannot be deleted", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.deleteSnapshot({ disk, id: SnapshotId.top })), "SnapshotIsBase")
      }))

    it.scoped("an unknown snapshot is SnapshotNotFound, whatever the tool's code for it", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        const unknown = { disk, id: C }
        assert.strictEqual(yield* tagOf(ploop.switchSnapshot(unknown)), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.deleteSnapshot(unknown)), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk, snapshot: C })), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.check({ disk, snapshot: C })), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.mount({ disk, snapshot: C })), "SnapshotNotFound")
      }))

    it.scoped("a switch to the top delta is SnapshotIsCurrent", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.switchSnapshot({ disk, id: SnapshotId.top })), "SnapshotIsCurrent")
      }))

    it.scoped("snapshots that are taken at once are all there afterwards", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk("1M")
        const ids = yield* Effect.all(Array.from({ length: 8 }, () => ploop.createSnapshot({ disk })), {
          concurrency: "unbounded"
        })
        const tree = yield* snapshots(disk)
        assert.isTrue(ids.every((id) => Option.isSome(SnapshotTree.get(tree, id))))
        assert.strictEqual(SnapshotTree.chain(tree, SnapshotId.top).length, 9)
      }))
  })

  layer(RealTool, { excludeTestServices: true })("merge", (it) => {
    const chainOfThree = Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* freshDisk()
      for (const id of [A, B, C]) yield* ploop.createSnapshot({ disk: made.disk, id })
      return made
    })

    it.scoped("a snapshot is merged into its parent, whose identifier is gone", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* chainOfThree
        assert.deepStrictEqual<unknown>(yield* ploop.mergeSnapshots({ disk, snapshot: B }), {
          survivor: B,
          image,
          gone: [A]
        })
        assert.deepStrictEqual(shape(yield* snapshots(disk)), [[B, undefined], [C, B], [SnapshotId.top, C]])
      }))

    it.scoped("without a snapshot, the top is merged", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* chainOfThree
        const merged = yield* ploop.mergeSnapshots({ disk })
        assert.strictEqual(merged.survivor, SnapshotId.top)
        assert.deepStrictEqual(merged.gone, [C])
      }))

    it.scoped("a range is merged into its lowest image", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* chainOfThree
        assert.deepStrictEqual<unknown>(yield* ploop.mergeSnapshots({ disk, snapshot: C, downTo: A }), {
          survivor: C,
          image,
          gone: [A, B]
        })
      }))

    it.scoped("a range that goes upwards is refused", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* chainOfThree
        const upwards = ploop.mergeSnapshots({ disk, snapshot: A, downTo: C })
        assert.isTrue(["SnapshotNotAncestor", "SnapshotIsBase"].includes(yield* tagOf(upwards)))
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk, snapshot: B, downTo: C })), "SnapshotNotAncestor")
      }))

    it.scoped("all are merged into the base", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* chainOfThree
        const merged = yield* ploop.mergeSnapshots({ disk, all: true })
        assert.deepStrictEqual<unknown>(merged, { survivor: SnapshotId.top, image, gone: [A, B, C] })
      }))

    for (const options of [{ snapshot: B }, { snapshot: C, downTo: A }, { all: true as const }]) {
      it.scoped(`the result goes into a new file: ${Object.keys(options).join(" and ")}`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const path = yield* Path.Path
          const { directory, disk } = yield* chainOfThree
          const into = path.join(directory, "merged.hdd")
          const merged = yield* ploop.mergeSnapshots({ disk, into, ...options })
          assert.strictEqual(merged.image, into)
          assert.deepStrictEqual(yield* ploop.check({ image: into }), yield* ploop.check({ image: into, force: false }))
        }))
    }

    it.scoped("a new file that is there already is refused, and kept", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { directory, disk, image } = yield* chainOfThree
        const before = yield* names(directory)
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk, all: true, into: image })), "AlreadyExists")
        assert.deepStrictEqual(yield* names(directory), before)
      }))

    it.scoped("the base has no parent to be merged into", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk })), "SnapshotIsBase")
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk, all: true })), "SnapshotIsBase")
      }))

    it.scoped("a parent with several children is refused before anything is touched", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        yield* ploop.snapshotAndSwitch({ disk, id: A, keepAs: B })
        const before = shape(yield* snapshots(disk))
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk })), "SnapshotHasChildren")
        assert.strictEqual(yield* tagOf(ploop.mergeSnapshots({ disk, all: true })), "SnapshotHasChildren")
        assert.deepStrictEqual(shape(yield* snapshots(disk)), before)
      }))
  })

  layer(RealTool, { excludeTestServices: true })("damaged images", (it) => {
    it.scoped("a raw base is not merged into a new file, which the tool would fail at half-way", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const directory = yield* scratch
        const { disk } = yield* ploop.create({
          image: `${directory}/root.hdd`,
          size: "8M",
          format: "raw",
          fileSystem: "none"
        })
        yield* ploop.createSnapshot({ disk, id: A })
        const before = yield* names(directory)
        assert.strictEqual(
          yield* tagOf(ploop.mergeSnapshots({ disk, into: `${directory}/merged` })),
          "Unsupported"
        )
        assert.deepStrictEqual(yield* names(directory), before)
      }))

    it.scoped("an image whose header is damaged is ImageCorrupt, whatever was asked", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const { disk, image } = yield* freshDisk()
        yield* fs.writeFileString(image, "not an image any more".repeat(100))
        assert.strictEqual(yield* tagOf(ploop.imageInfo({ disk })), "ImageCorrupt")
        assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk })), "ImageCorrupt")
        assert.strictEqual(yield* tagOf(ploop.convert({ disk, format: "preallocated" })), "ImageCorrupt")
      }))
  })

  layer(RealTool, { excludeTestServices: true })("images", (it) => {
    it.scoped("a lost descriptor is restored", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const { disk, image } = yield* freshDisk()
        const before = yield* fs.readFileString(disk)
        yield* fs.remove(disk)
        assert.strictEqual(yield* ploop.restoreDescriptor({ image }), disk)
        assert.strictEqual(yield* fs.readFileString(disk), before)
        assert.strictEqual(yield* tagOf(ploop.restoreDescriptor({ image })), "AlreadyExists")
      }))

    it.scoped("the descriptor of a raw image is restored with its cluster size", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const directory = yield* scratch
        yield* fs.writeFile(`${directory}/raw`, new Uint8Array(1 << 20))
        const disk = yield* ploop.restoreDescriptor({ image: `${directory}/raw`, format: "raw", clusterSize: "64K" })
        assert.deepStrictEqual<unknown>(
          { ...yield* ploop.imageInfo({ disk }) },
          { size: 1n << 20n, clusterSize: 64n << 10n }
        )
      }))

    it.scoped("an image that is not there is ImageNotFound", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const directory = yield* scratch
        assert.strictEqual(yield* tagOf(ploop.restoreDescriptor({ image: `${directory}/nope` })), "ImageNotFound")
        assert.strictEqual(yield* tagOf(ploop.check({ image: `${directory}/nope` })), "ImageNotFound")
      }))

    for (const format of ["raw", "preallocated", "expanded"] as const) {
      it.scoped(`an expanded image is converted to ${format}`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const { disk } = yield* freshDisk()
          yield* ploop.convert({ disk, format })
          assert.strictEqual((yield* ploop.imageInfo({ disk })).version === undefined, format === "raw")
        }))
    }

    it.scoped("a raw image is converted to nothing else", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        yield* ploop.convert({ disk, format: "raw" })
        assert.strictEqual(yield* tagOf(ploop.convert({ disk, format: "expanded" })), "Unsupported")
      }))

    it.scoped("an image is replaced by its copy: by snapshot, by file, keeping the name", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const { directory, disk, image } = yield* freshDisk()
        yield* ploop.createSnapshot({ disk, id: A })
        const fileOfA = Effect.map(snapshots(disk), (tree) => Option.getOrThrow(SnapshotTree.get(tree, A)).file)

        yield* fs.copyFile(image, `${directory}/copy1`)
        yield* ploop.replace({ disk, snapshot: A, with: `${directory}/copy1` })
        assert.strictEqual(yield* fileOfA, "copy1")

        yield* fs.copyFile(image, `${directory}/copy2`)
        yield* ploop.replace({ disk, file: `${directory}/copy1`, with: `${directory}/copy2` })
        assert.strictEqual(yield* fileOfA, "copy2")

        yield* fs.copyFile(image, `${directory}/copy3`)
        yield* ploop.replace({ disk, snapshot: A, with: `${directory}/copy3`, keepName: true })
        assert.strictEqual(yield* fileOfA, "copy2")
        assert.isFalse(yield* fs.exists(`${directory}/copy3`))
      }))

    it.scoped("a replacement must be there, and be a copy", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { directory, disk } = yield* freshDisk()
        const other = yield* freshDisk("20M")
        yield* ploop.createSnapshot({ disk, id: A })
        assert.strictEqual(
          yield* tagOf(ploop.replace({ disk, snapshot: A, with: `${directory}/nope` })),
          "ImageNotFound"
        )
        assert.strictEqual(yield* tagOf(ploop.replace({ disk, snapshot: A, with: other.image })), "ImageMismatch")
        assert.strictEqual(yield* tagOf(ploop.replace({ disk, snapshot: B, with: other.image })), "SnapshotNotFound")
        assert.strictEqual(yield* tagOf(ploop.replace({ disk, level: 0, with: other.image })), "NotMounted")
      }))

    it.scoped("a clean disk is clean", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
        assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
        assert.strictEqual((yield* ploop.check({ image, force: true })).outcome, "clean")
      }))

    it.scoped("a dirty image is ImageDirty until it may be repaired", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        yield* soil(image)
        assert.strictEqual(yield* tagOf(ploop.check({ image })), "ImageDirty")
        assert.strictEqual(yield* tagOf(ploop.imageInfo({ disk })), "ImageDirty")
        assert.strictEqual(yield* tagOf(ploop.convert({ disk, format: "raw" })), "ImageDirty")
        assert.strictEqual((yield* ploop.check({ image, dropInUse: true })).outcome, "repaired")
        assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
      }))

    it.scoped("checking a dirty disk repairs it", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        yield* soil(image)
        assert.strictEqual((yield* ploop.check({ disk })).outcome, "repaired")
        assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
      }))

    it.scoped("an image without a ploop header is broken", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const directory = yield* scratch
        yield* fs.writeFile(`${directory}/junk`, new Uint8Array(1 << 20).fill(7))
        const checked = yield* ploop.check({ image: `${directory}/junk` })
        assert.strictEqual(checked.outcome, "broken")
        assert.include(checked.findings.join("\n"), "Wrong signature")
      }))

    it.scoped("the switches are refused where generation 1.15 would ignore them", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.check({ disk, force: true })), "Unsupported")
      }))

    it.scoped("an image grows, at the low level", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const low = yield* LowLevel.LowLevel
        const { disk } = yield* freshDisk("10M")
        yield* low.grow({ disk, size: "20M" })
        assert.strictEqual((yield* ploop.imageInfo({ disk })).size, 20n << 20n)
        assert.strictEqual(yield* tagOf(low.grow({ disk, size: "10M" })), "SizeRefused")
        assert.strictEqual(yield* tagOf(low.grow({ disk, size: "20482s" })), "SizeRefused")
      }))
  })

  layer(RealTool, { excludeTestServices: true })("descriptors", (it) => {
    it.scoped("a missing one is DiskNotFound", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const disk = `${yield* scratch}/DiskDescriptor.xml`
        const each: ReadonlyArray<Effect.Effect<unknown, PloopError.PloopError>> = [
          ploop.imageInfo({ disk }),
          ploop.listSnapshots({ disk }),
          ploop.createSnapshot({ disk }),
          ploop.check({ disk }),
          ploop.mount({ disk }),
          ploop.umount({ disk }),
          ploop.fileSystemInfo({ disk }),
          ploop.convert({ disk, format: "raw" }),
          ploop.resize({ disk, size: "1G" })
        ]
        assert.deepStrictEqual(
          yield* Effect.forEach(each, (effect) => tagOf(effect)),
          each.map(() => "DiskNotFound")
        )
      }))

    for (
      const [what, text] of [["cut short", "<Parallels_disk_image>"], ["empty", "<Parallels_disk_image/>"]] as const
    ) {
      it.scoped(`one that is ${what} is DescriptorInvalid, not Locked`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const fs = yield* FileSystem.FileSystem
          const disk = `${yield* scratch}/DiskDescriptor.xml`
          yield* fs.writeFileString(disk, text)
          assert.strictEqual(yield* tagOf(ploop.imageInfo({ disk })), "DescriptorInvalid")
          assert.strictEqual(yield* tagOf(ploop.listSnapshots({ disk })), "DescriptorInvalid")
          assert.strictEqual(yield* tagOf(ploop.createSnapshot({ disk })), "DescriptorInvalid")
        }))
    }

    it.scoped("relative paths and symbolic links name the same disk", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const { disk, image } = yield* freshDisk()
        const elsewhere = yield* scratch
        yield* fs.symlink(disk, `${elsewhere}/DiskDescriptor.xml`)
        assert.strictEqual(yield* ploop.topDelta({ disk: `${elsewhere}/DiskDescriptor.xml` }), image)
        assert.strictEqual(yield* ploop.topDelta({ disk: path.relative(path.resolve("."), disk) }), image)
        yield* ploop.createSnapshot({ disk: path.relative(path.resolve("."), disk), id: A })
        assert.isTrue(Option.isSome(SnapshotTree.get(yield* snapshots(disk), A)))
      }))
  })

  layer(RealTool, { excludeTestServices: true })("without a kernel driver", (it) => {
    it.scoped("nothing is mounted", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        assert.isFalse(yield* ploop.isMounted({ disk }))
        assert.isTrue(Option.isNone(yield* ploop.deviceOf({ disk })))
        assert.isTrue(Option.isNone(yield* ploop.deviceOf({ disk, component: "backup" })))
        assert.deepStrictEqual(yield* ploop.listDevices, [])
        assert.strictEqual(yield* tagOf(ploop.umount({ disk })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.umount({ image })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.umount({ target: "/nowhere" })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.umount({ device: "/dev/ploop4242" })), "DeviceNotFound")
        assert.strictEqual(yield* tagOf(ploop.balloonStatus({ disk })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.balloonChange({ disk, size: 0 })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.discardStatus({ disk })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.discard({ disk })), "NotMounted")
        assert.strictEqual(yield* tagOf(ploop.resize({ disk, size: "20M", mode: "online" })), "NotMounted")
      }))

    it.scoped("what needs the driver says so", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const low = yield* LowLevel.LowLevel
        const { disk } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.mount({ disk })), "PrerequisiteMissing")
        assert.strictEqual(yield* tagOf(ploop.resize({ disk, size: "20M" })), "PrerequisiteMissing")
        assert.strictEqual(yield* tagOf(low.nextDevice), "PrerequisiteMissing")
        assert.strictEqual(yield* tagOf(low.stop({ device: "/dev/ploop4242" })), "DeviceNotFound")
        assert.strictEqual(yield* tagOf(ploop.deviceStatistics({ device: "/dev/ploop4242" })), "DeviceNotFound")
        const missing = (yield* ploop.prerequisites).filter((item) => item.status === "missing")
        assert.include(missing.map((item) => item.name), "ploop kernel driver")
      }))

    it.scoped("a mount point is inspected before the tool runs", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* freshDisk()
        assert.strictEqual(yield* tagOf(ploop.mount({ disk, target: image })), "MountPointInvalid")
        assert.strictEqual(yield* tagOf(ploop.mount({ disk, target: "/nowhere/at/all" })), "MountPointInvalid")
      }))

    it.scoped("asking for the file system of an idle disk needs consent to a mount", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* freshDisk()
        const error = yield* Effect.flip(ploop.fileSystemInfo({ disk }))
        assert.strictEqual(error._tag, "ConsentRequired")
        assert.strictEqual(yield* tagOf(ploop.fileSystemInfo({ disk, mayMount: true })), "PrerequisiteMissing")
      }))

    it.effect("the tool is of generation 1.15", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        assert.strictEqual((yield* ploop.tool).generation, "1.15")
      }))
  })

  layer(RealTool, { excludeTestServices: true })("copy", (it) => {
    /** A record of the copy stream: a marker, a length, a position, and the data. */
    const record = (position: number, data: Uint8Array, marker = 0x4cc0ac3d) => {
      const bytes = new Uint8Array(16 + data.length)
      const view = new DataView(bytes.buffer)
      view.setUint32(0, marker, true)
      view.setUint32(4, data.length, true)
      view.setBigUint64(8, BigInt(position), true)
      bytes.set(data, 16)
      return bytes
    }
    const end = record(0, new Uint8Array())
    const block = new Uint8Array(4096).fill(7)

    it.scoped("what is received is written to the image, at its position", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const image = `${yield* scratch}/copy.hdd`
        yield* Stream.make(record(0, block), record(8192, block), end).pipe(Stream.run(ploop.copyReceive({ image })))
        const bytes = yield* fs.readFile(image)
        assert.strictEqual(bytes.length, 12288)
        assert.strictEqual(bytes[0], 7)
        assert.strictEqual(bytes[4096], 0)
        assert.strictEqual(bytes[8192], 7)
      }))

    for (
      const [what, stream] of [
        ["is cut short", Stream.make(record(0, block).slice(0, 100))],
        ["is none", Stream.make(record(0, block, 1), end)],
        ["is empty", Stream.empty]
      ] as const
    ) {
      it.scoped(`a stream that ${what} is CopyProtocolBroken, and leaves no image`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const directory = yield* scratch
          const receiving = Stream.run(stream, ploop.copyReceive({ image: `${directory}/copy.hdd` }))
          assert.strictEqual(yield* tagOf(receiving), "CopyProtocolBroken")
          assert.deepStrictEqual(yield* names(directory), [])
        }))
    }

    it.scoped("an image that is there already is kept, whose tail the tool would leave behind the copy", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { image } = yield* freshDisk()
        const receiving = Stream.run(Stream.make(end), ploop.copyReceive({ image }))
        assert.strictEqual(yield* tagOf(receiving), "AlreadyExists")
        assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
      }))

    it.scoped("a device that is not there cannot be sent", () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const error = yield* Effect.flip(Stream.runDrain(ploop.copySend({ device: "/dev/ploop4242" })))
        assert.strictEqual(error._tag, "DeviceNotFound")
      }))
  })
})

import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import { top } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import { fingerprint as fingerprintOf } from "../bytes.js"

const { a, b, c } = Conformance.ids

// Disks

/** Takes snapshots one after the other, each the child of the one before. */
export const take = (disk: Conformance.TestDisk, ...ids: ReadonlyArray<SnapshotId.SnapshotId>) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) => Effect.forEach(ids, (id) => ploop.createSnapshot({ disk: disk.disk, id }), { discard: true })
  )

/** A disk without a file system, with a chain of snapshots; the first is the base. */
export const chained = (ids: ReadonlyArray<SnapshotId.SnapshotId>, options?: Conformance.DiskOptions) =>
  Effect.tap(Conformance.disk(options), (disk) => take(disk, ...ids))

/** A disk whose snapshot `a` has two children: the snapshot `b` and the top delta. */
export const branched = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const disk = yield* chained([a, b], options)
    yield* (yield* Ploop.Ploop).switchSnapshot({ disk: disk.disk, id: a })
    return disk
  })

/** The same, after a deletion of `a`, which is temporary now. */
export const marked = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const disk = yield* branched(options)
    yield* (yield* Ploop.Ploop).deleteSnapshot({ disk: disk.disk, id: a })
    return disk
  })

// The visible state of a disk

/** The identifiers and absolute paths of the images, in the order of the descriptor. */
export const files = (disk: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const tree = yield* (yield* Ploop.Ploop).listSnapshots({ disk: disk.disk })
    const path = yield* Path.Path
    return SnapshotTree.nodes(tree).map(({ file, id }) => [id, path.resolve(disk.directory, file)] as const)
  })

export const temporary = (disk: Conformance.TestDisk) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk: disk.disk })),
    (tree) => SnapshotTree.nodes(tree).filter(({ temporary }) => temporary).map(({ id }) => id)
  )

/** Checks that a file has the name of another one with an identifier as suffix. */
export const isNamedAfter = (file: string, other: string) =>
  Effect.gen(function*() {
    const name = (yield* Path.Path).basename(file)
    const rest = name.startsWith(`${other}.`) ? name.slice(other.length + 1) : ""
    yield* Check.isTrue(/^\{[0-9a-f-]{36}\}$/.test(rest), `whether it is named ${other} with an identifier`, name)
  })

/** Checks that the directory of the disk has the image files of the descriptor and no others. */
export const onlyNamedImages = (disk: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const prefix = path.basename(disk.image)
    const there = (yield* fs.readDirectory(disk.directory)).filter((name) => name.startsWith(prefix))
    const named = (yield* files(disk)).map(([, file]) => file)
      .filter((file) => path.dirname(file) === disk.directory)
      .map((file) => path.basename(file))
    yield* Check.equal(there.sort(), named.sort(), "the image files that exist, and those of the descriptor")
  })

const fingerprint = (file: string): Effect.Effect<string, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const info = yield* fs.stat(file)
    if (info.type !== "File") return info.type
    const bytes = yield* fs.readFile(file)
    return `${bytes.length} bytes, ${fingerprintOf(bytes)}`
  })

/** Digests of the descriptor and the image files. */
const seen = (disk: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = (yield* fs.readDirectory(disk.directory)).filter((name) => !/\.xml\.(?:lck|tmp)$/.test(name))
    return yield* Effect.forEach(names.sort(), (name) =>
      Effect.map(fingerprint(path.join(disk.directory, name)), (print) => `${name}: ${print}`))
  })

/**
 * Runs an effect that must not change the descriptor and the image files of the
 * disk. Lock files and temporary descriptors of the tool do not count.
 */
export const untouched = <A, E, R>(disk: Conformance.TestDisk, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* seen(disk)
    const result = yield* effect
    yield* Check.equal(yield* seen(disk), before, "the files of the disk")
    return result
  })

/** Checks that an argument is refused with its name, value and rule, before the disk is locked. */
export const refuses = <R>(
  disk: Conformance.TestDisk,
  effect: Effect.Effect<unknown, PloopError, R>,
  argument: { readonly field: string; readonly value: unknown; readonly rule: RegExp }
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const before = yield* fs.readDirectory(disk.directory)
    const { rule } = yield* untouched(
      disk,
      Check.fails(effect, "InvalidArgument", {
        field: argument.field,
        value: JSON.stringify(argument.value),
        exitCode: undefined
      })
    )
    yield* Check.isTrue(argument.rule.test(rule), `the rule says ${argument.rule}`, rule)
    yield* Check.equal((yield* fs.readDirectory(disk.directory)).sort(), before.sort(), "the names in the directory")
  })

/** Changes the text of a descriptor. */
export const rewrite = (disk: string, change: (text: string) => string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.writeFileString(disk, change(yield* fs.readFileString(disk)))
  })

// Image files

const read = (file: string, position: number, length: number) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(file)),
    (bytes) => bytes.subarray(position, position + length)
  )

const word = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

export const isMarkedInUse = (file: string) =>
  Effect.map(read(file, ImageFile.inUsePosition, 4), (bytes) => bytes.some((byte) => byte !== 0))

const header = { clusterSectors: 28, clusters: 32, index: 64 }
const sector = 512

/** The end of the signature, which is WithoutFreeSpace or WithouFreSpacExt. */
const signatureEnd = 15
const letterOfVersion1 = "e".charCodeAt(0)

/** Allocates a cluster in an image, as a write to the disk does. */
export const occupy = (file: string, cluster: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs.readFile(file)
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(header.clusterSectors, true) * sector
    yield* ImageFile.poke(file, bytes.length, new Uint8Array(size).fill(0x40 + cluster))
    // Version 1 counts sectors, and version 2 clusters.
    const unit = bytes[signatureEnd] === letterOfVersion1 ? sector : size
    yield* ImageFile.poke(file, header.index + 4 * cluster, word(bytes.length / unit))
    yield* ImageFile.markNotEmpty(file)
  })

/** The clusters that an image stores. */
export const occupied = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs.readFile(file)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return Array.from({ length: view.getUint32(header.clusters, true) }, (_, cluster) => cluster)
      .filter((cluster) => view.getUint32(header.index + 4 * cluster, true) !== 0)
  })

// Contents

/** The files of a disk or a snapshot, which is mounted to read them. */
export const contents = (
  disk: Conformance.TestDisk,
  options: Partial<Omit<Request.MountOptions, "disk" | "target">> = {}
) =>
  Effect.scoped(
    Effect.flatMap(Conformance.mounted(disk.disk, { at: "look", ...options }), ({ target }) => FileTree.read(target))
  )

/** Mounts a disk, writes files and unmounts it. */
export const put = (disk: Conformance.TestDisk, tree: FileTree.FileTree) =>
  Effect.scoped(
    Effect.flatMap(Conformance.mounted(disk.disk, { at: "write" }), ({ target }) => FileTree.write(target, tree))
  )

/**
 * Merges `a` and `b` below the snapshot `c`, which the device of a component shows. Generation 9 could not unmount
 * that device afterwards: there, it must be refused until it is unmounted.
 */
export const belowShown = <A>(merge: (disk: Disk) => Effect.Effect<A, PloopError, Ploop.Ploop>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const made = yield* chained([a, b, c])
    const { disk } = made
    const { device } = yield* ploop.mount({ disk, snapshot: c, component: "look" })
    if (yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })) {
      yield* merge(disk)
      yield* ploop.umount({ device })
    } else {
      yield* untouched(made, Check.fails(merge(disk), "SnapshotInUse", { id: b, devices: [device] }))
      yield* ploop.umount({ device })
      yield* merge(disk)
    }
    yield* Check.equal(yield* Conformance.parents(disk), [[b, undefined], [c, b], [top, c]], "the tree")
    yield* onlyNamedImages(made)
  })

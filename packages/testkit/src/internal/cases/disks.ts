import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"

/** A device that no host has. */
export const noDevice = "/dev/ploop1048575"

type Options = Partial<Omit<Request.MountOptions, "disk" | "target">>

/** Runs an effect at the mount point of a disk that is mounted meanwhile. */
export const inside = <A, E, R>(disk: Disk, use: (target: string) => Effect.Effect<A, E, R>, options: Options = {}) =>
  Effect.flatMap(
    Conformance.directory("inside"),
    (target) => Ploop.withMount({ disk, target, ...options }, () => use(target))
  )

/** Mounts a disk, writes files and unmounts it. */
export const write = (disk: Disk, tree: FileTree.FileTree) => inside(disk, (target) => FileTree.write(target, tree))

/** Mounts a disk or a snapshot, reads its files and unmounts it. */
export const contents = (disk: Disk, options?: Options) => inside(disk, FileTree.read, options)

/** Checks the files of a disk that is not mounted. */
export const holds = (disk: Disk, tree: FileTree.FileTree, what: string, options?: Options) =>
  Effect.flatMap(contents(disk, options), (found) => Check.equal(found, tree, what))

/** The parsed descriptor of a disk. */
export const descriptor = (
  disk: Disk
): Effect.Effect<DiskDescriptor.DiskDescriptor, PlatformError | Check.CheckFailed, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const text = yield* (yield* FileSystem.FileSystem).readFileString(disk)
    return yield* Either.match(DiskDescriptor.parse(text), {
      onLeft: (error) =>
        Effect.fail(new Check.CheckFailed({ what: "the descriptor", expected: "one", actual: error.message })),
      onRight: Effect.succeed
    })
  })

/** The names of the image files beside a descriptor. */
export const imageFiles = ({ directory, image }: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const names = yield* (yield* FileSystem.FileSystem).readDirectory(directory)
    return names.filter((name) => name.startsWith(path.basename(image))).sort()
  })

/** Checks that the image files beside a descriptor are those that it names, and no others. */
export const hasNoStrayImages = (disk: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const named = (yield* descriptor(disk.disk)).images.map(({ file }) => file)
    yield* Check.equal(yield* imageFiles(disk), [...named].sort(), "the image files")
  })

/** How much of the host an image file takes, in bytes. The driver of generation 9 never cuts a file. */
export const allocated = (image: string) =>
  Effect.gen(function*() {
    const { blocks, size } = yield* (yield* FileSystem.FileSystem).stat(image)
    const cutsFiles = yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })
    return cutsFiles ? size : Option.match(blocks, { onNone: () => size, onSome: (count) => BigInt(count) * 512n })
  })

/** Attaches a disk to a device, without a mount, until the scope ends. */
export const attached = (
  disk: Disk,
  options: Options = {}
): Effect.Effect<
  DevicePath,
  OperationError.MountError,
  Ploop.Ploop | Effect.Effect.Context<ReturnType<typeof Ploop.mountScoped>>
> => Effect.map(Ploop.mountScoped({ disk, ...options }), ({ device }) => device)

/** Writes a file of this size, and flushes it to the disk. */
export const fill = (file: string, size: ByteSize.ByteSize) =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* (yield* FileSystem.FileSystem).open(file, { flag: "w" })
    const chunk = new Uint8Array(Number(ByteSize.MiB(1))).fill(0x5a)
    for (let written = 0n; written < size; written += ByteSize.MiB(1)) yield* handle.writeAll(chunk)
    yield* handle.sync
  }))

/** Writes a file of this size in a mount, and removes it. */
export const fillAndRemove = (target: string, size: ByteSize.ByteSize) =>
  Effect.gen(function*() {
    const file = (yield* Path.Path).join(target, "filler")
    yield* fill(file, size)
    yield* (yield* FileSystem.FileSystem).remove(file)
    yield* synced(target)
  })

/** Flushes the changes in a mount to the disk. */
export const synced = (target: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = (yield* Path.Path).join(target, "sync")
    yield* Effect.scoped(Effect.flatMap(fs.open(file, { flag: "w" }), (handle) => handle.sync))
    yield* fs.remove(file)
  })

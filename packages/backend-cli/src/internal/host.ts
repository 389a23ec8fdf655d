import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import { HostPath } from "@effect-ploop/core/HostPath"
import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** What an error is about. */
export interface About {
  readonly operation: Operation.Name
  readonly subject: string
}

type ReadError =
  | PloopError.DiskNotFound
  | PloopError.DescriptorInvalid
  | PloopError.PermissionDenied
  | PloopError.InputOutputFailed

export interface Descriptor {
  readonly descriptor: DiskDescriptor.DiskDescriptor
  readonly tree: SnapshotTree.SnapshotTree
  /** Absolute path of an image file of the disk. */
  readonly image: (file: string) => HostPath
}

export interface Host {
  readonly absolute: (path: string) => string
  readonly directory: (path: string) => string
  readonly join: (...parts: ReadonlyArray<string>) => string
  /** The same for every name of a file; the path itself when the file is not there. */
  readonly real: (path: string) => Effect.Effect<string>
  readonly exists: (path: string) => Effect.Effect<boolean>
  readonly isDirectory: (path: string) => Effect.Effect<boolean>
  readonly text: (path: string) => Effect.Effect<Option.Option<string>>
  readonly remove: (path: string) => Effect.Effect<void>
  readonly descriptor: (about: About, disk: string) => Effect.Effect<Descriptor, ReadError>
  /** Of an image file; none when it is not there or has no header. */
  readonly formatVersion: (image: string) => Effect.Effect<Option.Option<FormatVersion>>
  readonly cachedBlockSize: (disk: string) => Effect.Effect<Option.Option<ByteSize.ByteSize>>
  readonly deviceBlockSize: (partition: string) => Effect.Effect<Option.Option<ByteSize.ByteSize>>
}

/** The numbers of the file system that a umount by descriptor leaves beside the descriptor. */
export const cacheName = ".statfs"

const readError = (about: About) => (error: PlatformError): ReadError => {
  const context = { ...about, text: error.message }
  if (error._tag === "BadArgument") return new PloopError.InputOutputFailed(context)
  switch (error.reason) {
    case "NotFound":
      return new PloopError.DiskNotFound(context)
    case "PermissionDenied":
      return new PloopError.PermissionDenied(context)
    case "BadResource":
      return new PloopError.DescriptorInvalid({ ...context, reason: "it is a directory" })
    default:
      return new PloopError.InputOutputFailed(context)
  }
}

const powerOfTwo = (value: bigint): Option.Option<ByteSize.ByteSize> =>
  value >= 512n && value <= 65536n && (value & (value - 1n)) === 0n
    ? Option.some(ByteSize.ByteSizeFromSelf.make(value))
    : Option.none()

/** The block size in the superblock of an ext or XFS file system. */
export const superblockBlockSize = (start: Uint8Array): Option.Option<ByteSize.ByteSize> => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (view.byteLength >= 1082 && view.getUint16(1024 + 56, true) === 0xef53) {
    return powerOfTwo(1024n << BigInt(Math.min(view.getUint32(1024 + 24, true), 16)))
  }
  return view.byteLength >= 8 && view.getUint32(0) === 0x58465342
    ? powerOfTwo(BigInt(view.getUint32(4)))
    : Option.none()
}

const signatures: ReadonlyMap<string, FormatVersion> = new Map([["WithoutFreeSpace", 1], ["WithouFreSpacExt", 2]])

export const make: Effect.Effect<Host, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const absolute = (name: string): string => path.resolve(name)

  const real: Host["real"] = (name) => Effect.orElseSucceed(fs.realPath(name), () => absolute(name))

  const start = (file: string, length: number) =>
    Effect.scoped(Effect.flatMap(fs.open(file), (file) => file.readAlloc(length)))

  return {
    absolute,
    directory: (name) => path.dirname(name),
    join: (...parts) => path.join(...parts),
    real,
    exists: (name) => Effect.orElseSucceed(fs.exists(name), () => false),
    isDirectory: (name) =>
      Effect.match(fs.stat(name), { onFailure: () => false, onSuccess: (info) => info.type === "Directory" }),
    text: (name) => Effect.option(fs.readFileString(name)),
    remove: (name) => Effect.ignore(fs.remove(name, { force: true })),
    descriptor: (about, disk) =>
      Effect.gen(function*() {
        const text = yield* Effect.mapError(fs.readFileString(disk), readError(about))
        const home = path.dirname(yield* real(disk))
        const parsed = Either.flatMap(
          DiskDescriptor.parse(text),
          (descriptor) => Either.map(SnapshotTree.fromDescriptor(descriptor), (tree) => ({ descriptor, tree }))
        )
        const { descriptor, tree } = yield* Either.mapLeft(
          parsed,
          (error) => new PloopError.DescriptorInvalid({ ...about, text: "", reason: error.message })
        )
        return { descriptor, tree, image: (file) => HostPath.make(path.resolve(home, file)) }
      }),
    formatVersion: (image) =>
      Effect.match(start(image, 16), {
        onFailure: Option.none,
        onSuccess: Option.flatMap((bytes) => Option.fromNullable(signatures.get(new TextDecoder().decode(bytes))))
      }),
    cachedBlockSize: (disk) =>
      fs.readFile(path.join(path.dirname(disk), cacheName)).pipe(
        Effect.map((bytes) =>
          bytes.byteLength < 40
            ? Option.none()
            : powerOfTwo(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
        ),
        Effect.orElseSucceed(Option.none)
      ),
    deviceBlockSize: (partition) =>
      start(partition, 2048).pipe(
        Effect.map(Option.flatMap(superblockBlockSize)),
        Effect.orElseSucceed(Option.none)
      )
  }
})

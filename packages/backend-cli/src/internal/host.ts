import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CurrentHostFiles } from "./currentHostFiles.js"
import * as descriptorCache from "./descriptorCache.js"
import type { HostFiles } from "./hostFiles.js"
import * as imageHeader from "./imageHeader.js"
import * as parse from "./parse.js"
import * as statfsCache from "./statfsCache.js"
import type { Statistics } from "./statistics.js"
import * as superblock from "./superblock.js"

/** What an error is about. */
export interface About {
  readonly operation: Operation.Name
  readonly subject: string
}

type ReadError =
  | PloopError.DiskNotFound
  | PloopError.DescriptorInvalid
  | PloopError.Unsupported
  | PloopError.PermissionDenied
  | PloopError.InputOutputFailed

/** What is in a descriptor, whose snapshots may have parents in another one. */
export interface Document {
  readonly descriptor: DiskDescriptor.DiskDescriptor
  /** Absolute path of an image file of the disk. */
  readonly image: (file: string) => HostPath
}

export interface Descriptor extends Document {
  readonly tree: SnapshotTree.SnapshotTree
}

export interface Host {
  readonly absolute: (path: string) => string
  readonly directory: (path: string) => string
  /** The last part of a path. */
  readonly name: (path: string) => string
  /** The path of a file as it is seen from a directory; absolute when it is not below that. */
  readonly below: (directory: string, path: string) => string
  readonly join: (...parts: ReadonlyArray<string>) => string
  /** The same for every name of a file; the path itself when the file is not there. */
  readonly real: (path: string) => Effect.Effect<string>
  /** Whether something may be there: it was not seen that nothing is. */
  readonly exists: (path: string) => Effect.Effect<boolean>
  /** Whether there is a node in `/dev`. */
  readonly hasNode: (path: string) => Effect.Effect<boolean>
  readonly isDirectory: (path: string) => Effect.Effect<boolean>
  /** Whether this process may write there: it was not seen that it may not. */
  readonly isWritable: (path: string) => Effect.Effect<boolean>
  /** The names in a directory; none where it cannot be read. */
  readonly names: (directory: string) => Effect.Effect<ReadonlyArray<string>>
  /** Whether there may be a directory: it was not seen that there is none. */
  readonly mayBeDirectory: (path: string) => Effect.Effect<boolean>
  /** What is mounted, in the order of the mounts; none when it cannot be read. */
  readonly mounts: Effect.Effect<Option.Option<ReadonlyArray<parse.Mount>>>
  /** The mounts of ploop devices in other mount namespaces. */
  readonly foreignMounts: HostFiles["foreignMounts"]
  readonly descriptor: (about: About, disk: string) => Effect.Effect<Descriptor, ReadError>
  readonly document: (about: About, disk: string) => Effect.Effect<Document, ReadError>
  /** The path of a file as it is seen from a directory, by way of `..` where it is not below that. */
  readonly relative: (directory: string, path: string) => string
  /** Of an image file; none when it is not there or has no header. */
  readonly formatVersion: (image: string) => Effect.Effect<Option.Option<FormatVersion>>
  /** The cluster sizes in the headers of a disk's images, by their files in the descriptor. */
  readonly imageStarts: (disk: Descriptor) => Effect.Effect<ReadonlyMap<string, ImageExamination.ImageStart>>
  /** Of an image file; none when it is not there or has no header. */
  readonly header: (image: string) => Effect.Effect<Option.Option<imageHeader.ImageHeader>>
  /** The blocks that a file takes on its file system, in bytes. */
  readonly allocated: (file: string) => Effect.Effect<bigint, PlatformError>
  /** The numbers that the last unmount left beside a descriptor; none unless the file has their form. */
  readonly cachedStatistics: (disk: string) => Effect.Effect<Option.Option<Statistics>>
  readonly deviceBlockSize: (partition: string) => Effect.Effect<Option.Option<ByteSize.ByteSize>>
  /** The size of the ext file system on a device, in bytes. */
  readonly fileSystemSize: (partition: string) => Effect.Effect<Option.Option<bigint>>
}

/** The largest descriptor that is read: one of 10,000 snapshots takes 2.3 MiB. */
export const descriptorLimit = 16 * 1024 * 1024

const readError = (about: About) => (error: PlatformError): ReadError => {
  const context = { ...about, text: error.message }
  if (error._tag === "BadArgument") return new PloopError.InputOutputFailed(context)
  switch (error.reason) {
    case "NotFound":
      return new PloopError.DiskNotFound(context)
    case "PermissionDenied":
      return new PloopError.PermissionDenied(context)
    case "BadResource":
    case "InvalidData":
      return new PloopError.DescriptorInvalid({ ...context, reason: error.description ?? error.message })
    default:
      return new PloopError.InputOutputFailed(context)
  }
}

const isPath = Schema.is(HostPath)

/** The paths of the images; each is one that the host can have. */
const pathsOf = (
  about: About,
  { images }: DiskDescriptor.DiskDescriptor,
  resolve: (file: string) => string
): Either.Either<ReadonlyMap<string, HostPath>, PloopError.DescriptorInvalid> => {
  const paths = new Map<string, HostPath>()
  for (const { file } of images) {
    const path = resolve(file)
    if (!isPath(path)) {
      const reason = `File is ${JSON.stringify(file.slice(0, 80))}, which no host can have as a path`
      return Either.left(new PloopError.DescriptorInvalid({ ...about, text: "", reason }))
    }
    paths.set(file, path)
  }
  return Either.right(paths)
}

/** Whether a path goes up again after a name, which may be that of a link. */
const hasDetour = (name: string): boolean => /(?:^|\/)(?!\.\.?\/)[^/]+\/(?:\.?\/)*\.\.(?:\/|$)/.test(name)

/** The path by which the tool opens an image: behind a link, `..` is above the directory where the link leads. */
const imagePath = (path: Path.Path, home: string, file: string): string => {
  if (!hasDetour(file)) return path.resolve(home, file)
  return path.isAbsolute(file) ? file : `${home}/${file}`
}

const unreadable = (about: About, bytes: Uint8Array) => (error: DiskDescriptor.DescriptorSyntaxError) =>
  Refusal.unreadableDescriptor(about, bytes, error)

export const make: Effect.Effect<Host, never, FileSystem.FileSystem | Path.Path> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const files = yield* CurrentHostFiles

  const absolute = (name: string): string => path.resolve(name)

  const real: Host["real"] = (name) => Effect.orElseSucceed(files.realPath(name), () => absolute(name))

  const bytesOf = (about: About, disk: string) => Effect.mapError(files.whole(disk, descriptorLimit), readError(about))

  /** A descriptor, resolved against a directory. */
  const resolved = (about: About, bytes: Uint8Array, home: string): Either.Either<Document, ReadError> =>
    Either.gen(function*() {
      const resolve = (file: string) => imagePath(path, home, file)
      const descriptor = yield* Either.mapLeft(DiskDescriptor.parseBytes(bytes), unreadable(about, bytes))
      const paths = yield* pathsOf(about, descriptor, resolve)
      return { descriptor, image: (file) => paths.get(file) ?? HostPath.make(resolve(file)) }
    })

  const read = (about: About, disk: string, home: string): Effect.Effect<Descriptor, ReadError> =>
    Effect.gen(function*() {
      const bytes = yield* bytesOf(about, disk)
      const document = yield* resolved(about, bytes, home)
      const tree = yield* Either.mapLeft(SnapshotTree.fromDescriptor(document.descriptor), unreadable(about, bytes))
      return { ...document, tree }
    })

  const document: Host["document"] = (about, disk) =>
    Effect.gen(function*() {
      const bytes = yield* bytesOf(about, disk)
      return yield* resolved(about, bytes, path.dirname(yield* real(disk)))
    })

  const cache = yield* descriptorCache.make<Descriptor, ReadError>(files)

  const descriptor: Host["descriptor"] = (about, disk) =>
    Effect.matchEffect(files.resolve(disk), {
      onFailure: () => read(about, disk, path.dirname(absolute(disk))),
      onSuccess: (resolved) => {
        const home = path.dirname(resolved.path)
        return cache(disk, home, resolved.stamp, read(about, disk, home))
      }
    })

  const imageStarts: Host["imageStarts"] = ({ descriptor, image, tree }) => {
    const wanted = descriptor.images.filter(({ id, type }) =>
      type === "Compressed" || id !== SnapshotTree.base(tree).id
    )
    return Effect.map(
      files.starts(wanted.map(({ file }) => image(file))),
      (starts) =>
        new Map(
          wanted.flatMap(({ file }, index) =>
            Option.toArray(starts[index] ?? Option.none()).map(({ length, start }) =>
              [file, ImageExamination.readStart(start, length)] as const
            )
          )
        )
    )
  }

  return {
    absolute,
    directory: (name) => path.dirname(name),
    name: (name) => path.basename(name),
    below: (directory, name) => {
      const relative = path.relative(directory, name)
      return relative === ".." || relative.startsWith(`..${path.sep}`) ? name : relative
    },
    relative: (directory, name) => path.relative(directory, name),
    join: (...parts) => path.join(...parts),
    real,
    exists: (name) => Effect.match(files.find(name), { onFailure: () => true, onSuccess: Option.isSome }),
    hasNode: files.hasNode,
    isDirectory: (name) =>
      Effect.match(fs.stat(name), { onFailure: () => false, onSuccess: (info) => info.type === "Directory" }),
    isWritable: (name) =>
      Effect.match(fs.access(name, { writable: true }), {
        onFailure: (error) => error._tag === "SystemError" && error.reason === "NotFound",
        onSuccess: () => true
      }),
    names: (name) => Effect.orElseSucceed(fs.readDirectory(name), () => []),
    mayBeDirectory: (name) =>
      Effect.match(fs.stat(name), {
        onFailure: (error) => error._tag !== "SystemError" || error.reason !== "NotFound",
        onSuccess: (info) => info.type === "Directory"
      }),
    mounts: Effect.match(files.kernelText("/proc/mounts"), {
      onFailure: () => Option.none(),
      onSuccess: Option.map(parse.mountpoints)
    }),
    foreignMounts: files.foreignMounts,
    descriptor,
    document,
    formatVersion: (image) =>
      Effect.match(files.start(image, 16), {
        onFailure: Option.none,
        onSuccess: (start) => Option.fromNullable(ImageExamination.version(start))
      }),
    imageStarts,
    header: (image) =>
      Effect.match(files.start(image, ImageExamination.headerLength), {
        onFailure: Option.none,
        onSuccess: imageHeader.read
      }),
    allocated: (file) =>
      Effect.map(
        fs.stat(file),
        ({ blocks, size }) =>
          Option.match(blocks, { onNone: () => size, onSome: (blocks) => BigInt(blocks) * ByteSize.sectorSize })
      ),
    cachedStatistics: (disk) => {
      const cache = path.join(path.dirname(disk), statfsCache.name)
      const read = Effect.match(files.whole(cache, statfsCache.length), {
        onFailure: Option.none,
        onSuccess: statfsCache.read
      })
      // Most often there is none, and a read that fails costs more than this.
      return Effect.matchEffect(files.find(cache), {
        onFailure: () => Effect.succeedNone,
        onSuccess: (found) => Option.isNone(found) ? Effect.succeedNone : read
      })
    },
    deviceBlockSize: (partition) =>
      Effect.match(files.start(partition, superblock.length, "BlockDevice"), {
        onFailure: Option.none,
        onSuccess: superblock.blockSize
      }),
    fileSystemSize: (partition) =>
      Effect.match(files.start(partition, superblock.length, "BlockDevice"), {
        onFailure: Option.none,
        onSuccess: superblock.size
      })
  }
})

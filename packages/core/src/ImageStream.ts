/**
 * Disks as streams of bytes, in the formats of `exportImage` and `importImage`: to another host, an archive or a service,
 * and back. It is made of these operations and of the host's `FileSystem`, so every backend has it.
 *
 * @example
 * import { ImageStream } from "@effect-ploop/core"
 * import { Stream } from "effect"
 *
 * // Neither side has the whole disk in memory.
 * const copy = ImageStream.exported({ disk: "/vz/101/DiskDescriptor.xml", snapshot: "1f0c6b4e-9a52-4d0e-8f6e-2d8f0b0a4c11" })
 *   .pipe(Stream.run(ImageStream.imported({ image: "/vz/102/root.hdd" })))
 *
 * @since 0.2.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import * as internal from "./internal/imageStream.js"
import type * as OperationError from "./OperationError.js"
import type * as Ploop from "./Ploop.js"
import type * as Request from "./Request.js"
import type * as Result from "./Result.js"

/**
 * What {@link exported} sends.
 *
 * @since 0.2.0
 * @category models
 */
export interface ExportOptions extends Omit<Request.ExportImageOptions, "file"> {
  /**
   * A directory of the host for the file that is sent, in a temporary directory of its own. Default: that of the disk.
   */
  readonly directory?: string | undefined
}

/**
 * What {@link imported} makes.
 *
 * @since 0.2.0
 * @category models
 */
export interface ImportOptions extends Omit<Request.ImportImageOptions, "file"> {
  /**
   * A directory of the host for the file that is received, in a temporary directory of its own. Default: that of the image.
   */
  readonly directory?: string | undefined
}

/**
 * The bytes of a disk or a snapshot, as `exportImage` writes them. It is refused as that one is, before the first byte.
 *
 * The file is made first, in a temporary directory, so that a slow reader holds up nothing and the bytes are those of one
 * moment. It takes what the disk has on the host, and is removed when the stream ends, fails, or is given up. A slow reader makes
 * the host wait.
 *
 * @since 0.2.0
 * @category constructors
 */
export const exported: (
  options: ExportOptions
) => Stream.Stream<Uint8Array, OperationError.ExportImageError | PlatformError, Ploop.Ploop | FileSystem> =
  internal.exported

/**
 * Makes a disk of the bytes that it receives, as `importImage` does of a file.
 *
 * An image that exists already, and a directory that does not, are refused before the first byte is taken. The bytes go to a
 * file in a temporary directory, with holes in the place of zeros, until all have arrived: a stream that fails, or is given up,
 * leaves nothing. A slow host makes the sender wait.
 *
 * @since 0.2.0
 * @category constructors
 */
export const imported: (
  options: ImportOptions
) => Sink.Sink<
  Result.Imported,
  Uint8Array,
  never,
  OperationError.ImportImageError | PlatformError,
  Ploop.Ploop | FileSystem
> = internal.imported

/**
 * How much room the file systems of the host have, which `FileSystem` cannot tell.
 *
 * @since 0.2.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { statfs } from "./internal/statfs.js"

/**
 * The room of a file system.
 *
 * @since 0.2.0
 * @category models
 */
export interface Space {
  /** The size of the file system, in bytes. */
  readonly size: ByteSize.ByteSize
  /** What a process without privileges can still write, in bytes. */
  readonly free: ByteSize.ByteSize
}

/**
 * @since 0.2.0
 * @category tags
 */
export class HostSpace extends Context.Tag("@effect-ploop/maintenance/HostSpace")<HostSpace, {
  /** The room of the file system that a path is on. */
  readonly of: (path: string) => Effect.Effect<Space, PlatformError>
}>() {}

const reasons: Record<string, SystemError["reason"]> = {
  EACCES: "PermissionDenied",
  ENOENT: "NotFound",
  ENOTDIR: "NotFound"
}

const failure = (path: string) => (cause: unknown) =>
  new SystemError({
    module: "FileSystem",
    method: "statfs",
    // An error of Node has a code.
    reason: reasons[(cause as NodeJS.ErrnoException).code ?? ""] ?? "Unknown",
    pathOrDescriptor: path,
    cause
  })

const bytes = (count: bigint): ByteSize.ByteSize => ByteSize.ByteSizeFromSelf.make(count)

/**
 * The room of this host, by statfs(2).
 *
 * @since 0.2.0
 * @category layers
 */
export const layer: Layer.Layer<HostSpace> = Layer.succeed(HostSpace, {
  of: (path) =>
    Effect.tryPromise({ try: () => statfs(path), catch: failure(path) }).pipe(
      Effect.map(({ bavail, blocks, bsize }) => ({ size: bytes(blocks * bsize), free: bytes(bavail * bsize) }))
    )
})

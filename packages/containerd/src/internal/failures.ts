import type { DescriptorSyntaxError } from "@effect-ploop/core/DiskDescriptor"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as SnapshotterError from "../SnapshotterError.js"

/** What `Ploop`, `FileSystem` and a descriptor fail with. */
export type Underlying = PloopError | PlatformError | DescriptorSyntaxError

export type StorageError =
  | SnapshotterError.StorageFull
  | SnapshotterError.HostUnready
  | SnapshotterError.DiskDamaged
  | SnapshotterError.StorageFailed

/** The error of a file system has the errno of a full one in its text alone. */
const saysFull = (reason: string) => /\b(ENOSPC|EDQUOT)\b/.test(reason)

const unready: ReadonlySet<string> = new Set([
  "PrerequisiteMissing",
  "ToolNotFound",
  "ToolNotExecutable",
  "PermissionDenied"
])

const damaged: ReadonlySet<string> = new Set([
  "DescriptorSyntaxError",
  "DescriptorInvalid",
  "DiskNotFound",
  "ImageNotFound",
  "ImageCorrupt",
  "ImageDirty",
  "FileSystemCorrupt"
])

const toStorageError = (step: string) => (error: Underlying): StorageError => {
  const reason = error.message
  if (error._tag === "NoSpace" || saysFull(reason)) return new SnapshotterError.StorageFull({ reason })
  if (unready.has(error._tag)) return new SnapshotterError.HostUnready({ reason })
  if (damaged.has(error._tag)) return new SnapshotterError.DiskDamaged({ step, reason })
  return new SnapshotterError.StorageFailed({ step, reason })
}

/** The errors of the layers below as those of the snapshotter. `step` completes "could not". */
export const during = (step: string) => <A, R>(effect: Effect.Effect<A, Underlying, R>) =>
  Effect.mapError(effect, toStorageError(step))

export const isNotFound = (error: PlatformError): boolean => error._tag === "SystemError" && error.reason === "NotFound"

import type { DescriptorSyntaxError } from "@effect-ploop/core/DiskDescriptor"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as StorageError from "../StorageError.js"

/** What `Ploop`, `FileSystem` and a descriptor fail with. */
export type Underlying = PloopError | PlatformError | DescriptorSyntaxError

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

/** Whether a disk is not as it was left. */
export const isDamage = ({ _tag }: Underlying): boolean => damaged.has(_tag)

const isAbsent = (error: Underlying) => error._tag === "SystemError" && error.reason === "NotFound"

const toStorageError = (step: string) => (error: Underlying): StorageError.StorageError => {
  const reason = error.message
  if (error._tag === "NoSpace" || saysFull(reason)) return new StorageError.StorageFull({ reason })
  if (unready.has(error._tag)) return new StorageError.HostUnready({ reason })
  if (isDamage(error)) return new StorageError.DiskDamaged({ step, reason })
  return new StorageError.StorageFailed({ step, reason })
}

/** The errors of the layers below as those of this package, before there is a disk. `step` completes "could not". */
export const opening = (step: string) => <A, R>(effect: Effect.Effect<A, Underlying, R>) =>
  Effect.mapError(effect, toStorageError(step))

/** As `opening`, where a file that is absent is one of a disk. */
export const during = (step: string) => <A, R>(effect: Effect.Effect<A, Underlying, R>) =>
  Effect.mapError(
    effect,
    (error) =>
      isAbsent(error) ? new StorageError.DiskDamaged({ step, reason: error.message }) : toStorageError(step)(error)
  )

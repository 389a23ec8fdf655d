import { status } from "@grpc/grpc-js"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import type { SnapshotterError } from "../../SnapshotterError.js"

/** How a call failed, for the client. */
export interface Status {
  readonly code: status
  readonly details: string
}

/** containerd decides by the code what to do next. */
const codes: Record<SnapshotterError["_tag"], status> = {
  ArgumentInvalid: status.INVALID_ARGUMENT,
  SnapshotNotFound: status.NOT_FOUND,
  SnapshotExists: status.ALREADY_EXISTS,
  ParentNotCommitted: status.INVALID_ARGUMENT,
  KindWrong: status.FAILED_PRECONDITION,
  NotRemovable: status.FAILED_PRECONDITION,
  StorageFull: status.RESOURCE_EXHAUSTED,
  HostUnready: status.UNAVAILABLE,
  DiskDamaged: status.DATA_LOSS,
  StorageFailed: status.INTERNAL
}

export const ofError = (error: SnapshotterError): Status => ({ code: codes[error._tag], details: error.message })

/** A client is shown that there is a bug, and not what it is. */
export const ofCause = (cause: Cause.Cause<SnapshotterError>): Status =>
  Option.match(Cause.failureOption(cause), {
    onSome: ofError,
    onNone: () =>
      Cause.isInterruptedOnly(cause)
        ? { code: status.CANCELLED, details: "the call was cancelled" }
        : { code: status.INTERNAL, details: "an error of the snapshotter, which its log has" }
  })

import * as PloopError from "@effect-ploop/core/PloopError"
import { Problem } from "../../Workflow.js"
import type { StepError } from "./place.js"

/** Errors that no repetition and no person at the workflow changes: the request does not fit what is there. */
const refusals: ReadonlyArray<string> = [
  "AlreadyExists",
  "DescriptorInvalid",
  "DiskNotFound",
  "ImageInUse",
  "InvalidArgument",
  "SnapshotExists",
  "SnapshotIsTemporary",
  "SnapshotLimitReached",
  "SnapshotNotFound",
  "Unsupported"
] satisfies ReadonlyArray<PloopError.Tag>

const ofPloop = (error: PloopError.PloopError): Problem =>
  new Problem({
    tag: error._tag,
    reason: error.message,
    kind: refusals.includes(error._tag) ? "refused" : error.isRetryable ? "transient" : "person"
  })

/** What follows from an error of a step. */
export const of = (error: StepError): Problem => {
  if (error._tag === "Problem") return error
  if (PloopError.isPloopError(error)) return ofPloop(error)
  const reason = error._tag === "PersistenceError" ? String(error.cause) : error.message
  // A lost connection is a file system error without a reason.
  const isTransient = error._tag === "PersistenceError" || (error._tag === "SystemError" && error.reason === "Unknown")
  return new Problem({ tag: error._tag, reason, kind: isTransient ? "transient" : "person" })
}

/** A host that does not respond while a disk is read from it. */
export const unreachable = (host: string): Problem =>
  new Problem({ tag: "HostUnreachable", reason: `${host} does not respond`, kind: "transient" })

/** What follows from an error of the source. That of the connection to it may go away. */
export const ofSource = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem({ tag: "HostUnreachable", reason: String(error), kind: "transient" })

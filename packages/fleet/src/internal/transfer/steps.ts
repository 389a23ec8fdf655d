import { SnapshotIdFromSelf } from "@effect-ploop/core/SnapshotId"
import * as Schema from "effect/Schema"
import { Problem } from "../../Workflow.js"

/** A file of a disk: its name in the directory of the disk, and what must stay the same while it is copied. */
export const File = Schema.Struct({
  name: Schema.String,
  size: Schema.BigInt,
  mode: Schema.Number,
  uid: Schema.Number,
  gid: Schema.Number,
  /** When it was changed last, in milliseconds. */
  modified: Schema.Number
})

export type File = typeof File.Type

/** What a disk consists of: the mode of its directory, the text of its descriptor, and the files beside it. */
export const Manifest = Schema.Struct({ mode: Schema.Number, descriptor: Schema.String, files: Schema.Array(File) })

export type Manifest = typeof Manifest.Type

/** Which files of a disk are read: its own, or those of the clone that a workflow has made beside it. */
export const Origin = Schema.Literal("disk", "clone")

export type Origin = typeof Origin.Type

const tagged = <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, fields)

/** A step that a workflow takes at a disk. Each can be repeated. Those of the source come first. */
export const Step = Schema.Union(
  // Takes a snapshot of a disk that may be running, and returns the files that do not change any more.
  tagged("Freeze", { snapshot: SnapshotIdFromSelf }),
  // Renames the descriptor, so that nothing can run the disk. A disk that runs is refused, or waits for a person.
  tagged("Hold", { awaitsPerson: Schema.optional(Schema.Boolean) }),
  // Makes a linked clone beside the disk.
  tagged("Stage", { snapshot: Schema.String }),
  // Checks that nobody has used the disk since it was held.
  tagged("Confirm", { manifest: Manifest }),
  // Removes the files of the disk.
  tagged("Purge", { manifest: Manifest }),
  // Gives the descriptor its name again.
  tagged("Release", {}),
  // Removes the clone.
  tagged("Unstage", {}),
  // Copies files of a disk that may be running into a directory of its own.
  tagged("ReceiveAhead", { from: Schema.String, manifest: Manifest }),
  // Copies the files from the source into that directory, except those that were copied ahead and have not changed.
  tagged("Receive", { from: Schema.String, origin: Origin, manifest: Manifest, ahead: Schema.optional(Manifest) }),
  // Gives that directory its name: from now on, the disk is here.
  tagged("Publish", { manifest: Manifest }),
  // Ends the hold of the new disk.
  tagged("Finish", {}),
  // Removes what was received, unless it was published.
  tagged("Discard", {}),
  // Deletes the snapshot of a live move, wherever the disk is now.
  tagged("Thaw", { snapshot: SnapshotIdFromSelf })
)

export type Step = typeof Step.Type

/** What the next step needs of this one. */
export const Taken = Schema.Struct({
  manifest: Schema.optional(Manifest),
  isPublished: Schema.optional(Schema.Boolean)
})

export type Taken = typeof Taken.Type

/** How a step has ended, as the storage keeps it. */
export const Result = Schema.Union(
  Schema.TaggedStruct("Taken", { taken: Taken }),
  Schema.TaggedStruct("NotTaken", { problem: Problem })
)

export type Result = typeof Result.Type

/** How much is read from a source at once, in bytes. */
export const chunkSize = 1024 * 1024

/** A part of a file of a source. */
export const Read = Schema.Struct({
  workflow: Schema.String,
  origin: Origin,
  name: Schema.String,
  offset: Schema.BigInt
})

export type Read = typeof Read.Type

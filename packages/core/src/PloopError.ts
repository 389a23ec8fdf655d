/**
 * What can go wrong with an operation of `ploop`: one class for each cause that
 * a caller can act on, the same on every backend and every generation.
 *
 * Every error names the operation and what it was about, keeps the tool's output,
 * and says whether a repeated call can help (`isRetryable`) and what a person can
 * do (`remedy`). It has the exit code too, which seldom is the cause: the tool
 * uses one code for many causes, and many codes for one.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   yield* ploop.umount({ disk: "/vz/101/root.hdd/DiskDescriptor.xml" })
 * }).pipe(
 *   Effect.catchTags({
 *     NotMounted: () => Effect.void,
 *     Busy: (error) => Console.error(error.message, error.holders)
 *   })
 * )
 *
 * @since 0.1.0
 */
import type { YieldableError } from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ByteSize, format as formatSize } from "./ByteSize.js"
import * as ExitCode from "./ExitCode.js"
import * as json from "./internal/json.js"
import { render } from "./internal/message.js"
import * as Operation from "./Operation.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: TypeId = "~@effect-ploop/core/PloopError"

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = "~@effect-ploop/core/PloopError"

const context = {
  /** The operation that failed, as in `mount`. */
  operation: Operation.Name,
  /** The disk, device, directory or file that the operation was about. */
  subject: Schema.String,
  /** The tool's output; empty when the tool was not started. */
  text: Schema.String,
  /** The exit code of the tool; absent when it was not started, or was killed by a signal. */
  exitCode: Schema.optional(Schema.Int),
  /** The signal that killed the tool, as in `SIGKILL`; absent when none did. */
  signal: Schema.optional(Schema.String),
  /**
   * The identifier that the operation chose for a new snapshot, which may exist although the operation failed; absent
   * when the caller gave one, and when the operation makes no snapshot.
   */
  newSnapshot: Schema.optional(Schema.String)
}

/**
 * What every error carries.
 *
 * @since 0.1.0
 * @category models
 */
export interface Context extends Schema.Struct.Type<typeof context> {
  /** The operation, as in `mount`. */
  readonly operation: Operation.Name
  /** The disk, device, directory or file that the operation was about. */
  readonly subject: string
  /** The tool's output; empty when the tool was not started. */
  readonly text: string
  /** The exit code of the tool; absent when it was not started or a signal ended it. */
  readonly exitCode?: number | undefined
  /** The signal that ended the tool, as in `SIGKILL`; absent when none did. */
  readonly signal?: string | undefined
  /**
   * The identifier that the operation chose for a new snapshot, which may exist
   * although the operation failed; absent when the caller gave one, and when the
   * operation makes no snapshot.
   */
  readonly newSnapshot?: string | undefined
}

/**
 * A process that keeps a mount or a device busy.
 *
 * @since 0.1.0
 * @category models
 */
export class Holder extends Schema.Class<Holder>("@effect-ploop/core/PloopError/Holder")({
  command: Schema.String,
  pid: Schema.Int,
  user: Schema.String
}) {}

/**
 * What a class of error adds to its fields.
 *
 * @since 0.1.0
 * @category models
 */
export interface Traits {
  /** The symbolic name of the exit code, as in `E_PARAM`. */
  readonly code: ExitCode.Symbol | undefined
  /** Whether repeating the same call is safe and may succeed. */
  readonly isRetryable: boolean
  /** What a person can do. */
  readonly remedy: string
  readonly [TypeId]: TypeId
}

interface Definition<in Self> {
  readonly sentence: (self: Self) => string
  readonly remedy: (self: Self) => string
  readonly isRetryable: boolean | ((self: Self) => boolean)
}

/** A query changes nothing, so that it can be repeated whatever became of it. */
const isQuery = (self: Context): boolean => Operation.table[self.operation].kind === "query"

/** An operation that was ended half-way, or failed half-way, can be repeated unless that damages an image. */
const isRepeatable = (self: Context): boolean => Operation.table[self.operation].kind !== "uninterruptible"

const crashes: ReadonlySet<string> = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS"])

const isCrash = (signal: string | undefined): boolean => signal !== undefined && crashes.has(signal)

const isReadOnly = (self: Context): boolean => /Read-only file system|EROFS/.test(self.text)

const isOneOf = (self: Context, ...names: ReadonlyArray<Operation.Name>): boolean => names.includes(self.operation)

type Fields<Tag extends string, Own extends Schema.Struct.Fields> =
  & { readonly _tag: Schema.tag<Tag> }
  & typeof context
  & Own

/** What `Schema.TaggedError` makes of the fields, and the traits. */
type FailureClass<Self, Tag extends string, Own extends Schema.Struct.Fields> =
  & Schema.Class<
    Self,
    Fields<Tag, Own>,
    Schema.Struct.Encoded<Fields<Tag, Own>>,
    Schema.Struct.Context<Fields<Tag, Own>>,
    Schema.Struct.Constructor<Omit<Fields<Tag, Own>, "_tag">>,
    {},
    YieldableError & Traits
  >
  & { readonly _tag: Tag }

const failure = <Self = never>() =>
<Tag extends string, Own extends Schema.Struct.Fields>(
  tag: Tag,
  own: Own,
  definition: Definition<NoInfer<Schema.Struct.Type<Own> & Context>>
): FailureClass<Self, Tag, Own> => {
  type Instance = Schema.Struct.Type<Own> & Context
  const base = Schema.TaggedError<Context>(`@effect-ploop/core/PloopError/${tag}`)(tag, { ...context, ...own })
  Object.defineProperties(base.prototype, {
    [TypeId]: { value: TypeId },
    code: {
      get(this: Instance) {
        return ExitCode.symbolOf(this.exitCode)
      }
    },
    isRetryable: {
      get(this: Instance) {
        return Predicate.isFunction(definition.isRetryable) ? definition.isRetryable(this) : definition.isRetryable
      }
    },
    remedy: {
      get(this: Instance) {
        return definition.remedy(this)
      }
    },
    toJSON: {
      value(this: Instance & Error) {
        return { ...json.fields(this), message: this.message }
      }
    },
    message: {
      get(this: Instance) {
        return render({ ...this, code: ExitCode.symbolOf(this.exitCode) }, definition.sentence(this))
      }
    }
  })
  // The cast adds the traits, which have just been put on the prototype.
  return base as never
}

const named = (name: string | undefined): string => name === undefined ? "" : ` ${name}`
const by = (device: string | undefined): string => device === undefined ? "" : ` by ${device}`
const as = (device: string | undefined): string => device === undefined ? "" : ` as ${device}`
const heldBy = (holders: ReadonlyArray<Holder>): string =>
  holders.length === 0 ? "" : `: used by ${holders.map((holder) => `${holder.command} (pid ${holder.pid})`).join(", ")}`

/**
 * An option breaks a rule. Nothing was started and nothing was touched.
 *
 * - `field`: the option, as in `size` or `deltas.0`
 * - `value`: what was given, as text
 * - `rule`: what it must be
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidArgument extends failure<InvalidArgument>()("InvalidArgument", {
  field: Schema.String,
  value: Schema.String,
  rule: Schema.String
}, {
  sentence: (self) => `${self.field} is ${self.value}, but it ${self.rule}`,
  remedy: (self) => `Give ${self.field} a value that follows the rule.`,
  isRetryable: false
}) {}

/**
 * The tool on this host cannot do it, or is known to do harm when it tries. It was not started.
 *
 * - `reason`: what is wrong, and on which generation
 * - `instead`: what works instead, where that is known
 *
 * @since 0.1.0
 * @category errors
 */
export class Unsupported extends failure<Unsupported>()("Unsupported", {
  reason: Schema.String,
  instead: Schema.optional(Schema.NonEmptyString)
}, {
  sentence: (self) => self.reason,
  remedy: (self) =>
    self.instead ?? "Do it another way, as the reason says, or on a host with another generation of ploop.",
  isRetryable: false
}) {}

/**
 * The operation would have to change something that the caller has not consented to.
 *
 * - `option`: the option that consents
 * - `reason`: what would be changed
 *
 * @since 0.1.0
 * @category errors
 */
export class ConsentRequired
  extends failure<ConsentRequired>()("ConsentRequired", { option: Schema.String, reason: Schema.String }, {
    sentence: (self) => self.reason,
    remedy: (self) => `Pass ${self.option} if that is acceptable.`,
    isRetryable: false
  })
{}

/**
 * There is no descriptor at the path that names the disk.
 *
 * @since 0.1.0
 * @category errors
 */
export class DiskNotFound extends failure<DiskNotFound>()("DiskNotFound", {}, {
  sentence: () => "there is no descriptor at this path",
  remedy: () => "Check the path. If the descriptor of an existing image was lost, restore it from a backup.",
  isRetryable: false
}) {}

const restoreFromBackup =
  "Restore the descriptor from a backup. Do not write a new one while the disk has snapshots: their data would be lost."

const renameTop =
  "Call convert with the format that the disk has: it changes nothing but the identifier of the top delta, which is what is old. A raw disk cannot be converted: put {5fbaabe3-6958-40ff-92a7-860e329aab41} in the place of its TopGUID, wherever that is in the descriptor. Then repeat the operation."

const isOldFormat = ({ reason }: { readonly reason: string }): boolean => /\bold format\b/.test(reason)

/**
 * The descriptor exists, but ploop cannot use it.
 *
 * - `reason`: what is wrong with it
 * - `instead`: what to do about it, where that is known
 *
 * @since 0.1.0
 * @category errors
 */
export class DescriptorInvalid extends failure<DescriptorInvalid>()("DescriptorInvalid", {
  reason: Schema.String,
  instead: Schema.optional(Schema.NonEmptyString)
}, {
  sentence: (self) => `the descriptor cannot be used: ${self.reason}`,
  remedy: (self) => self.instead ?? (isOldFormat(self) ? renameTop : restoreFromBackup),
  isRetryable: false
}) {}

/**
 * An image file that the operation needs is missing.
 *
 * - `image`: its path
 *
 * @since 0.1.0
 * @category errors
 */
export class ImageNotFound extends failure<ImageNotFound>()("ImageNotFound", { image: Schema.String }, {
  sentence: (self) => `the image file ${self.image} is missing`,
  remedy: () => "Bring the image file back; without it the data of every delta above it is lost too.",
  isRetryable: false
}) {}

/**
 * An image file is damaged, or is not a ploop image.
 *
 * - `image`: its path, where the tool names it
 *
 * @since 0.1.0
 * @category errors
 */
export class ImageCorrupt extends failure<ImageCorrupt>()("ImageCorrupt", { image: Schema.optional(Schema.String) }, {
  sentence: (self) => `the image${named(self.image)} is damaged, or is not a ploop image`,
  remedy: () => "Copy the image, then check it with repair on the copy.",
  isRetryable: false
}) {}

/**
 * The in-use flag of an image is set although no device runs it: its host stopped without an unmount.
 *
 * - `image`: its path, where the tool names it
 *
 * @since 0.1.0
 * @category errors
 */
export class ImageDirty extends failure<ImageDirty>()("ImageDirty", { image: Schema.optional(Schema.String) }, {
  sentence: (self) => `the image${named(self.image)} was not closed cleanly: its in-use flag is still set`,
  remedy: () => "Make sure that no other host uses it, then mount it or check it with dropInUse.",
  isRetryable: false
}) {}

/**
 * The operation needs an idle image, and a device runs it.
 *
 * - `device`: the device, where the tool names it
 *
 * @since 0.1.0
 * @category errors
 */
export class ImageInUse extends failure<ImageInUse>()("ImageInUse", { device: Schema.optional(Schema.String) }, {
  sentence: (self) => `the image is in use${by(self.device)}`,
  remedy: () => "Unmount the disk first, or wait until its user has done so.",
  isRetryable: true
}) {}

/**
 * An image file has other names (hard links), so that it may be part of another disk as well, such as a linked clone.
 *
 * - `image`: the image
 *
 * @since 0.2.0
 * @category errors
 */
export class ImageShared extends failure<ImageShared>()("ImageShared", { image: Schema.String }, {
  sentence: (self) => `the image ${self.image} has other names (hard links), so another disk may use it`,
  remedy: () => "Remove the disks that share the image first: find -samefile lists the names of a file.",
  isRetryable: false
}) {}

/**
 * Two image files that should be copies of each other differ.
 *
 * - `reason`: how they differ
 *
 * @since 0.1.0
 * @category errors
 */
export class ImageMismatch extends failure<ImageMismatch>()("ImageMismatch", { reason: Schema.String }, {
  sentence: (self) => self.reason,
  remedy: () => "Make the new file a copy of the old one, then replace.",
  isRetryable: false
}) {}

/**
 * A file that the operation would create exists already. It was not touched.
 *
 * - `path`: the file
 *
 * @since 0.1.0
 * @category errors
 */
export class AlreadyExists extends failure<AlreadyExists>()("AlreadyExists", { path: Schema.String }, {
  sentence: (self) => `${self.path} exists already`,
  remedy: () => "Choose another directory (one directory holds one disk), or remove what is there.",
  isRetryable: false
}) {}

/**
 * The directory that the operation would make a file in is missing, or is not a directory.
 *
 * - `directory`: its path
 *
 * @since 0.2.0
 * @category errors
 */
export class DirectoryNotFound extends failure<DirectoryNotFound>()("DirectoryNotFound", { directory: Schema.String }, {
  sentence: (self) => `the directory ${self.directory} is missing, or is not a directory`,
  remedy: (self) => `Create the directory ${self.directory} first.`,
  isRetryable: false
}) {}

/**
 * The disk, device or directory is not mounted.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotMounted extends failure<NotMounted>()("NotMounted", {}, {
  sentence: () => "it is not mounted",
  remedy: (self) =>
    isOneOf(self, "umount")
      ? "Nothing is left to unmount by this name. The operation listDevices shows whether a device of the disk still runs; unmount it by its device."
      : "Mount the disk first.",
  isRetryable: false
}) {}

/**
 * The disk is mounted already. Further mounts need a component name each.
 *
 * - `device`: the device, where the tool names it
 *
 * @since 0.1.0
 * @category errors
 */
export class AlreadyMounted
  extends failure<AlreadyMounted>()("AlreadyMounted", { device: Schema.optional(Schema.String) }, {
    sentence: (self) => `the disk is mounted already${as(self.device)}`,
    remedy: () => "Use the mount that exists, unmount it first, or give this mount a component name.",
    isRetryable: true
  })
{}

/**
 * The mount point is missing, or not a directory.
 *
 * - `target`: the mount point
 *
 * @since 0.1.0
 * @category errors
 */
export class MountPointInvalid extends failure<MountPointInvalid>()("MountPointInvalid", { target: Schema.String }, {
  sentence: (self) => `the mount point ${self.target} is missing or is not a directory`,
  remedy: () => "Create the directory first.",
  isRetryable: false
}) {}

/**
 * The kernel refused to mount the file system: it does not know the one on the device, or refuses an option.
 *
 * @since 0.1.0
 * @category errors
 */
export class MountFailed extends failure<MountFailed>()("MountFailed", {}, {
  sentence: () => "the file system could not be mounted",
  remedy: (self) =>
    isOneOf(self, "mount", "createTemporarySnapshot")
      ? "Read the tool's output. A read-only mount of a disk that was copied while in use needs data: [\"noload\"]. For other causes mount without a target and inspect the device."
      : isOneOf(self, "create")
      ? "The kernel of this host cannot mount the new file system: read the tool's output and the kernel log, or choose another fileSystem or fileSystemBlockSize."
      : "Mount the disk by the operation mount first, which takes mount options, and repeat the operation on the mounted disk.",
  isRetryable: false
}) {}

/**
 * The file system could not be unmounted, for another reason than being busy.
 *
 * @since 0.1.0
 * @category errors
 */
export class UmountFailed extends failure<UmountFailed>()("UmountFailed", {}, {
  sentence: () => "the file system could not be unmounted",
  remedy: () => "Read the tool's output and the kernel log.",
  isRetryable: false
}) {}

type BusyFields = {
  readonly holders: ReadonlyArray<Holder>
  readonly device?: string | undefined
  readonly mounts?: ReadonlyArray<string> | undefined
}

const mountedOn = ({ mounts = [] }: BusyFields): string =>
  mounts.length === 0 ? "" : `; it is mounted at, or has below it, ${mounts.join(", ")}`

/** What keeps it busy comes first; the device may run on although its mount point is free by then. */
const remedyOfBusy = ({ device, holders, mounts = [] }: BusyFields): string => {
  const causes = [
    ...(mounts.length > 0 ? [`Unmount ${mounts.join(", ")} first.`] : []),
    ...(holders.length > 0 ? ["End the processes that use it, or wait for them."] : [])
  ]
  const repeat = device === undefined
    ? "Then try again."
    : `Then unmount it by its device, umount({ device: "${device}" }).`
  return causes.length > 0
    ? [...causes, repeat].join(" ")
    : "Wait for the processes that use it and try again. If none does, a copy or a balloon operation was ended half-way: name the disk by its descriptor in umount, which completes it."
}

/**
 * Something below the mount point, or the device itself, is still in use.
 *
 * - `holders`: the processes, where the tool names them; not those of the tool itself
 * - `device`: the device, which may run on although its mount point is free; absent where it is not known
 * - `mounts`: other mount points of its file system, and those below it; absent when there are none
 *
 * @since 0.1.0
 * @category errors
 */
export class Busy extends failure<Busy>()("Busy", {
  holders: Schema.Array(Holder),
  device: Schema.optional(Schema.String),
  mounts: Schema.optional(Schema.Array(Schema.String))
}, {
  sentence: (self) => `still busy${heldBy(self.holders)}${mountedOn(self)}`,
  remedy: remedyOfBusy,
  isRetryable: true
}) {}

/**
 * There is no such ploop device.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeviceNotFound extends failure<DeviceNotFound>()("DeviceNotFound", {}, {
  sentence: () => "there is no such device",
  remedy: () => "List the running devices; the disk may be unmounted already.",
  isRetryable: false
}) {}

/**
 * The disk has no snapshot with this identifier.
 *
 * - `id`: the snapshot
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotNotFound
  extends failure<SnapshotNotFound>()("SnapshotNotFound", { id: Schema.optional(Schema.String) }, {
    sentence: (self) => `there is no snapshot${named(self.id)}`,
    remedy: () => "List the snapshots; merges and deletions remove identifiers.",
    isRetryable: false
  })
{}

/**
 * The disk has a snapshot with this identifier already.
 *
 * - `id`: the snapshot
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotExists
  extends failure<SnapshotExists>()("SnapshotExists", { id: Schema.optional(Schema.String) }, {
    sentence: (self) => `there is a snapshot${named(self.id)} already`,
    remedy: () => "Choose another identifier, or let one be generated.",
    isRetryable: false
  })
{}

/**
 * The chain below the top delta has reached its maximum length.
 *
 * - `limit`: how many snapshots a chain can have
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotLimitReached
  extends failure<SnapshotLimitReached>()("SnapshotLimitReached", { limit: Schema.Int }, {
    sentence: (self) => `a chain cannot have more than ${self.limit} snapshots`,
    remedy: () => "Delete or merge snapshots of this chain.",
    isRetryable: false
  })
{}

/**
 * Other snapshots are built on this one.
 *
 * - `id`: the snapshot
 * - `children`: how many they are
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotHasChildren extends failure<SnapshotHasChildren>()("SnapshotHasChildren", {
  id: Schema.optional(Schema.String),
  children: Schema.optional(Schema.Int)
}, {
  sentence: (self) =>
    `snapshot${named(self.id)} has ${self.children ?? "other"} ${self.children === 1 ? "child" : "children"}`,
  remedy: () => "Delete or merge the children first; a mount of it must be read-only.",
  isRetryable: false
}) {}

/**
 * The operation needs a parent, and the base delta has none.
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotIsBase extends failure<SnapshotIsBase>()("SnapshotIsBase", {}, {
  sentence: () => "the base delta has no parent to merge into, and the only image of a disk cannot be deleted",
  remedy: () => "Choose a snapshot above the base.",
  isRetryable: false
}) {}

/**
 * The top delta of a running disk cannot be deleted.
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotIsTop extends failure<SnapshotIsTop>()("SnapshotIsTop", {}, {
  sentence: () => "the top delta is being written to",
  remedy: () => "Umount the disk first; deleting the top delta then discards what was written since the last snapshot.",
  isRetryable: false
}) {}

/**
 * The snapshot is temporary: it is merged automatically as soon as that is possible.
 *
 * - `id`: the snapshot
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotIsTemporary
  extends failure<SnapshotIsTemporary>()("SnapshotIsTemporary", { id: Schema.optional(Schema.String) }, {
    sentence: (self) => `snapshot${named(self.id)} is temporary`,
    remedy: () => "Use a snapshot that is not temporary.",
    isRetryable: false
  })
{}

/**
 * The top delta was named where a snapshot is required: there is nothing to switch to.
 *
 * - `id`: the identifier
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotIsCurrent
  extends failure<SnapshotIsCurrent>()("SnapshotIsCurrent", { id: Schema.optional(Schema.String) }, {
    sentence: () => "this is the top delta, which the disk is on already",
    remedy: () =>
      "Name a snapshot. To discard what was written since the last one, switch to the parent of the top delta.",
    isRetryable: false
  })
{}

/**
 * A device is attached at this snapshot.
 *
 * - `id`: the snapshot
 * - `devices`: the devices
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotInUse extends failure<SnapshotInUse>()("SnapshotInUse", {
  id: Schema.optional(Schema.String),
  devices: Schema.Array(Schema.String)
}, {
  sentence: (self) => `snapshot${named(self.id)} is used by ${self.devices.join(", ") || "a device"}`,
  remedy: () => "Unmount those devices, then try again.",
  isRetryable: true
}) {}

/**
 * The end of the range is not an ancestor of its start.
 *
 * - `id`: the start of the range
 * - `ancestor`: the end that was given
 *
 * @since 0.1.0
 * @category errors
 */
export class SnapshotNotAncestor
  extends failure<SnapshotNotAncestor>()("SnapshotNotAncestor", { id: Schema.String, ancestor: Schema.String }, {
    sentence: (self) => `${self.ancestor} is not an ancestor of ${self.id}`,
    remedy: () => "Give the snapshot nearest to the top as `snapshot` and one of its ancestors as `downTo`.",
    isRetryable: false
  })
{}

/**
 * The file system of the host that holds the image cannot carry ploop images.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileSystemUnsupported extends failure<FileSystemUnsupported>()("FileSystemUnsupported", {}, {
  sentence: () => "the file system that holds the image is not one that ploop supports",
  remedy: () => "Put the image on ext4 (with extents).",
  isRetryable: false
}) {}

/**
 * The file system in the image has damage that fsck does not repair automatically.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileSystemCorrupt extends failure<FileSystemCorrupt>()("FileSystemCorrupt", {}, {
  sentence: () => "the file system in the image has errors that could not be repaired automatically",
  remedy: () => "Mount without a target and run e2fsck on the partition by hand.",
  isRetryable: false
}) {}

/**
 * The file system could not be created in the new image.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileSystemMakeFailed extends failure<FileSystemMakeFailed>()("FileSystemMakeFailed", {}, {
  sentence: () => "no file system could be created in the image",
  remedy: () => "Read the tool's output; an ext4 file system with its journal needs more than 128 MiB.",
  isRetryable: false
}) {}

/**
 * The file system inside the image could not be resized.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileSystemResizeFailed extends failure<FileSystemResizeFailed>()("FileSystemResizeFailed", {}, {
  sentence: () => "the file system in the image could not be resized",
  remedy: () => "Read the tool's output; a file system cannot become smaller than its data.",
  isRetryable: false
}) {}

/**
 * The disk cannot have this size.
 *
 * - `minimum`: the smallest possible size, where it is known
 *
 * @since 0.1.0
 * @category errors
 */
export class SizeRefused extends failure<SizeRefused>()("SizeRefused", { minimum: Schema.optional(ByteSize) }, {
  sentence: (self) =>
    `the disk cannot have this size${
      self.minimum === undefined ? "" : `: the smallest is ${formatSize(self.minimum)}`
    }`,
  remedy: () => "Choose a size within the limits, or free space inside the file system first.",
  isRetryable: false
}) {}

/**
 * No space is left: on the host, or in the file system of the image.
 *
 * @since 0.1.0
 * @category errors
 */
export class NoSpace extends failure<NoSpace>()("NoSpace", {}, {
  sentence: () => "no space left",
  remedy: (self) =>
    isOneOf(
        self,
        "createSnapshot",
        "deleteSnapshot",
        "mergeSnapshots",
        "switchSnapshot",
        "snapshotAndSwitch",
        "switchAndDelete"
      )
      ? "Free space on the host. Then inspect the snapshots with listSnapshots before you repeat the operation."
      : "Free space on the host, or in the file system of the image, and try again.",
  isRetryable: isRepeatable
}) {}

/**
 * Something that ploop needs of the host is missing: its kernel driver, the device mapper, a helper program.
 *
 * - `what`: what is missing
 *
 * @since 0.1.0
 * @category errors
 */
export class PrerequisiteMissing
  extends failure<PrerequisiteMissing>()("PrerequisiteMissing", { what: Schema.String }, {
    sentence: (self) => `${self.what} is missing on this host`,
    remedy: (self) => `Provide ${self.what}. The operation prerequisites lists everything that is missing.`,
    isRetryable: false
  })
{}

/**
 * The process lacks the permission.
 *
 * @since 0.1.0
 * @category errors
 */
export class PermissionDenied extends failure<PermissionDenied>()("PermissionDenied", {}, {
  sentence: (self) => isReadOnly(self) ? "the file system of the host is mounted read-only" : "permission denied",
  remedy: (self) =>
    isReadOnly(self)
      ? "Use a directory on a writable file system, or remount that one."
      : "Run as root, or configure a prefix such as `sudo -n`.",
  isRetryable: false
}) {}

/**
 * Another process holds the lock of this disk, and kept it for as long as the tool waited.
 *
 * - `pid`: the holder, where the tool names it
 *
 * @since 0.1.0
 * @category errors
 */
export class Locked extends failure<Locked>()("Locked", { pid: Schema.optional(Schema.Int) }, {
  sentence: (self) => `the disk is locked by ${self.pid === undefined ? "another process" : `process ${self.pid}`}`,
  remedy: () => "Wait for the other operation and try again.",
  isRetryable: true
}) {}

/**
 * The tool was not found.
 *
 * - `path`: the path or name that was looked up
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolNotFound extends failure<ToolNotFound>()("ToolNotFound", { path: Schema.String }, {
  sentence: (self) => `the ploop tool was not found: ${self.path}`,
  remedy: () => "Install it (on Debian: apt-get install ploop) or configure its path.",
  isRetryable: false
}) {}

/**
 * The tool exists, but cannot be run.
 *
 * - `path`: its path
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolNotExecutable extends failure<ToolNotExecutable>()("ToolNotExecutable", { path: Schema.String }, {
  sentence: (self) => `the ploop tool cannot be run: ${self.path}`,
  remedy: () => "Make it executable for this user, or configure another path or a prefix such as `sudo -n`.",
  isRetryable: false
}) {}

/**
 * The tool ended before its work was done: it was killed or cancelled, or it crashed.
 *
 * @since 0.1.0
 * @category errors
 */
export class ToolAborted extends failure<ToolAborted>()("ToolAborted", {}, {
  sentence: (self) => `the tool was aborted${self.signal === undefined ? "" : ` by ${self.signal}`}`,
  remedy: (self) =>
    isQuery(self)
      ? "Try again. If it happens again, report it with the tool's output."
      : "The operation may have happened in part. Inspect the disk with listSnapshots, deviceOf and check({ readOnly: true }) before you repeat it.",
  isRetryable: (self) => isQuery(self) && !isCrash(self.signal)
}) {}

/**
 * The tool took longer than the configured limit and was stopped.
 *
 * - `limit`: the limit
 *
 * @since 0.1.0
 * @category errors
 */
export class TimedOut extends failure<TimedOut>()("TimedOut", { limit: Schema.Duration }, {
  sentence: (self) => `no answer within ${Duration.format(self.limit)}`,
  remedy: (self) =>
    isQuery(self)
      ? "Try again; raise the limit if the host is slow."
      : "The operation may have happened. Inspect the disk with listSnapshots, deviceOf and check({ readOnly: true }) before you repeat it; raise the limit if the work takes longer.",
  isRetryable: isQuery
}) {}

/**
 * The tool succeeded, but its output is of an unknown form.
 *
 * - `line`: the line that could not be parsed
 * - `expected`: what was expected
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedOutput
  extends failure<UnexpectedOutput>()("UnexpectedOutput", { line: Schema.String, expected: Schema.String }, {
    sentence: (self) => `expected ${self.expected}, but the tool printed ${JSON.stringify(self.line)}`,
    remedy: () => "Report it with a tape of the run: the tool may be newer than this library.",
    isRetryable: false
  })
{}

/**
 * The tool could not get memory.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutOfMemory extends failure<OutOfMemory>()("OutOfMemory", {}, {
  sentence: () => "the tool ran out of memory",
  remedy: () => "Free memory and try again.",
  isRetryable: isRepeatable
}) {}

/**
 * A file of the disk could not be created, read, written, renamed or removed.
 *
 * @since 0.1.0
 * @category errors
 */
export class InputOutputFailed extends failure<InputOutputFailed>()("InputOutputFailed", {}, {
  sentence: () => "a file of the disk could not be read or written",
  remedy: () => "Read the tool's output and check the file system of the host.",
  isRetryable: false
}) {}

/**
 * The kernel refused what was asked of a ploop device.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeviceFailed extends failure<DeviceFailed>()("DeviceFailed", {}, {
  sentence: () => "the kernel refused the request",
  remedy: () =>
    "Read the tool's output and the kernel log. If a mount was killed half-way, unmount the disk, which removes its stopped device.",
  isRetryable: false
}) {}

/**
 * The stream of a copy is broken: it was cut short, or it is not from this generation of the tool.
 *
 * @since 0.1.0
 * @category errors
 */
export class CopyProtocolBroken extends failure<CopyProtocolBroken>()("CopyProtocolBroken", {}, {
  sentence: () => "the copy stream is broken",
  remedy: () => "Send and receive with the same generation of the tool, and start the copy again.",
  isRetryable: false
}) {}

/**
 * The image has no changed-block tracking.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotTracked extends failure<NotTracked>()("NotTracked", {}, {
  sentence: () => "changed blocks are not tracked",
  remedy: () => "Start the tracking with a snapshot, then try again.",
  isRetryable: false
}) {}

/**
 * The encryption layer of the image failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class EncryptionFailed extends failure<EncryptionFailed>()("EncryptionFailed", {}, {
  sentence: () => "encryption failed",
  remedy: () => "Check that the key is available on this host.",
  isRetryable: false
}) {}

/**
 * The tool reported success, but had rolled its work back.
 *
 * @since 0.1.0
 * @category errors
 */
export class RolledBack extends failure<RolledBack>()("RolledBack", {}, {
  sentence: () => "the tool rolled its work back and reported success",
  remedy: () => "Nothing has changed. Do it while the disk is not running.",
  isRetryable: false
}) {}

/**
 * The tool reported success, but dropped images from the disk that it had said
 * nothing about. Their files are still there.
 *
 * - `images`: the paths of those images
 * - `former`: the path of a copy of the descriptor as it was before
 *
 * @since 0.2.0
 * @category errors
 */
export class ImagesDropped extends failure<ImagesDropped>()("ImagesDropped", {
  images: Schema.Array(Schema.String),
  former: Schema.String
}, {
  sentence: (self) => `the tool dropped ${self.images.join(", ")} from the disk and reported success`,
  remedy: (self) =>
    `Write nothing to the disk, unmount it and copy its directory. The data is complete with ${self.former}, the descriptor as it was before: put it in the place of the present one, and check the disk.`,
  isRetryable: false
}) {}

/**
 * The operation failed for a reason that is not known.
 *
 * - `reason`: what is known beside the tool's output
 *
 * @since 0.1.0
 * @category errors
 */
export class Unclassified extends failure<Unclassified>()("Unclassified", { reason: Schema.optional(Schema.String) }, {
  sentence: (self) => self.reason ?? "failed for a reason that is not known",
  remedy: () => "Read the tool's output.",
  isRetryable: false
}) {}

/**
 * Every class of error, by its tag.
 *
 * @since 0.1.0
 * @category errors
 */
export const classes = {
  InvalidArgument,
  Unsupported,
  ConsentRequired,
  DiskNotFound,
  DescriptorInvalid,
  ImageNotFound,
  ImageCorrupt,
  ImageDirty,
  ImageInUse,
  ImageShared,
  ImageMismatch,
  AlreadyExists,
  DirectoryNotFound,
  NotMounted,
  AlreadyMounted,
  MountPointInvalid,
  MountFailed,
  UmountFailed,
  Busy,
  DeviceNotFound,
  SnapshotNotFound,
  SnapshotExists,
  SnapshotLimitReached,
  SnapshotHasChildren,
  SnapshotIsBase,
  SnapshotIsTop,
  SnapshotIsTemporary,
  SnapshotIsCurrent,
  SnapshotInUse,
  SnapshotNotAncestor,
  FileSystemUnsupported,
  FileSystemCorrupt,
  FileSystemMakeFailed,
  FileSystemResizeFailed,
  SizeRefused,
  NoSpace,
  PrerequisiteMissing,
  PermissionDenied,
  Locked,
  ToolNotFound,
  ToolNotExecutable,
  ToolAborted,
  TimedOut,
  UnexpectedOutput,
  OutOfMemory,
  InputOutputFailed,
  DeviceFailed,
  CopyProtocolBroken,
  NotTracked,
  EncryptionFailed,
  RolledBack,
  ImagesDropped,
  Unclassified
} as const

/**
 * The same error, with the identifier that the operation chose for a new snapshot.
 *
 * @since 0.2.0
 * @category combinators
 */
export const withNewSnapshot = (error: PloopError, id: string): PloopError => {
  // The class takes the fields of its own instance.
  const remake = classes[error._tag] as new(fields: object) => PloopError
  return new remake({ ...error, newSnapshot: id })
}

/**
 * @since 0.1.0
 * @category models
 */
export type Tag = keyof typeof classes

/**
 * The error with this tag.
 *
 * @since 0.2.0
 * @category models
 */
export type OfTag<T extends Tag> = InstanceType<(typeof classes)[T]>

/**
 * Any error of the service.
 *
 * @since 0.1.0
 * @category models
 */
export type PloopError = OfTag<Tag>

/**
 * An error as it crosses a wire.
 *
 * @since 0.2.0
 * @category models
 */
export type Encoded = Schema.Schema.Encoded<(typeof classes)[Tag]>

/**
 * Any error of the service; it crosses a wire and back without loss.
 *
 * @since 0.1.0
 * @category schemas
 */
// The members are those classes.
export const PloopError = Schema.Union(...Object.values<Schema.Schema.AnyNoContext>(classes)) as Schema.Schema<
  PloopError,
  Encoded
>

/**
 * @since 0.1.0
 * @category guards
 */
export const isPloopError = (u: unknown): u is PloopError => Predicate.hasProperty(u, TypeId)

/**
 * Keeps an error with one of these tags, and turns any other into
 * {@link Unclassified}, which keeps the message as its reason and the tool's
 * output as it is.
 *
 * @since 0.1.0
 * @category combinators
 */
export const narrow = <T extends Tag>(tags: ReadonlyArray<T>) => {
  const known: ReadonlySet<string> = new Set(tags)
  return (error: PloopError): OfTag<T> | Unclassified =>
    known.has(error._tag) ?
      // The tag says that it is one of them.
      error as OfTag<T> :
      new Unclassified({
        operation: error.operation,
        subject: error.subject,
        text: error.text,
        exitCode: error.exitCode,
        signal: error.signal,
        reason: error.message
      })
}

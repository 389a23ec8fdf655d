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
import type { Text } from "./internal/remedies.js"
import { given, texts } from "./internal/remedies.js"
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
 * A mount in another mount namespace, and a process in that namespace.
 *
 * - `target`: the mount point, as that process sees it
 *
 * @since 0.2.0
 * @category models
 */
export class HiddenMount extends Schema.Class<HiddenMount>("@effect-ploop/core/PloopError/HiddenMount")({
  target: Schema.String,
  command: Schema.String,
  pid: Schema.Int
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
  readonly remedy: (self: Self) => Text
  readonly isRetryable: boolean | ((self: Self) => boolean)
}

/** A query changes nothing, so that it can be repeated whatever became of it. */
const isQuery = (self: Context): boolean => Operation.table[self.operation].kind === "query"

/**
 * An operation that was ended half-way, or failed half-way, can be repeated unless that damages an image. After
 * deleteDelta, the same level is that of another image.
 */
const isRepeatable = (self: Context): boolean =>
  Operation.table[self.operation].kind !== "uninterruptible" && self.operation !== "deleteDelta"

const crashes: ReadonlySet<string> = new Set(["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS"])

const isCrash = (signal: string | undefined): boolean => signal !== undefined && crashes.has(signal)

const isReadOnly = (self: Context): boolean => /Read-only file system|EROFS/.test(self.text)

/** What the limits of a host of a remote backend count. */
const limited = {
  connections: "connections",
  requests: "requests at the same time on a connection",
  bytes: "bytes in a message"
}

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
  remedy: (self) => texts["invalid-argument"](self),
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
  remedy: (self) => self.instead === undefined ? texts.unsupported() : given(self.instead),
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
    remedy: (self) => texts["consent-required"](self),
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
  remedy: () => texts["disk-not-found"](),
  isRetryable: false
}) {}

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
  remedy: (self) =>
    self.instead !== undefined
      ? given(self.instead)
      : isOldFormat(self)
      ? texts["descriptor-old"]()
      : texts["descriptor-from-backup"](),
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
  remedy: () => texts["image-not-found"](),
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
  remedy: () => texts["image-corrupt"](),
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
  remedy: () => texts["image-dirty"](),
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
  remedy: () => texts["image-in-use"](),
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
  sentence: (self) =>
    self.operation === "deleteVolume"
      ? `another volume uses the image ${self.image}, which would be removed with this one`
      : `the image ${self.image} has other names (hard links), so another disk may use it`,
  remedy: (self) => texts[self.operation === "deleteVolume" ? "volume-has-children" : "image-shared"](),
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
  remedy: () => texts["image-mismatch"](),
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
  remedy: (self) =>
    isOneOf(self, "create", "restoreDescriptor") ? texts["already-exists-disk"]() : texts["already-exists"](),
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
  remedy: (self) => texts["directory-not-found"](self),
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
  remedy: (self) => isOneOf(self, "umount") ? texts["not-mounted-umount"]() : texts["not-mounted"](),
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
    remedy: (self) => isOneOf(self, "resize") ? texts["already-mounted-idle"]() : texts["already-mounted"](),
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
  remedy: (self) => texts["mount-point-invalid"](self),
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
      ? texts["mount-failed"]()
      : isOneOf(self, "create")
      ? texts["mount-failed-create"]()
      : texts["mount-failed-other"](),
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
  remedy: () => texts["umount-failed"](),
  isRetryable: false
}) {}

type BusyFields = {
  readonly holders: ReadonlyArray<Holder>
  readonly device?: string | undefined
  readonly mounts?: ReadonlyArray<string> | undefined
  readonly hidden?: ReadonlyArray<HiddenMount> | undefined
}

const mountedOn = ({ mounts = [] }: BusyFields): string =>
  mounts.length === 0 ? "" : `; it is mounted at, or has below it, ${mounts.join(", ")}`

const hiddenAt = ({ hidden = [] }: BusyFields): string =>
  hidden.map(({ command, pid, target }) =>
    `; it is mounted at ${target} in the mount namespace of ${command} (pid ${pid})`
  ).join("")

/** The device whose balloon was being changed when the tool was ended. The tool says so, and cannot complete it. */
const balloonDevice = (text: string): string | undefined =>
  /^Completing an on-going operation BALLOON for device (\S+)/m.exec(text)?.[1]

/** What keeps it busy comes first; the device may run on although its mount point is free by then. */
const remedyOfBusy = ({ device, hidden = [], holders, mounts = [], text }: Context & BusyFields): Text => {
  if (hidden.length > 0) return texts["busy-namespaces"]({ device, hidden })
  if (mounts.length === 0) {
    const changed = balloonDevice(text)
    if (changed !== undefined) return texts["busy-balloon"]({ device: changed })
    return holders.length === 0 ? texts.busy() : texts["busy-holders"]({ device })
  }
  return texts[holders.length === 0 ? "busy-mounts" : "busy-mounts-and-holders"]({ device, mounts })
}

/**
 * Something below the mount point, or the device itself, is still in use.
 *
 * - `holders`: the processes, where the tool names them; not those of the tool itself
 * - `device`: the device, which may run on although its mount point is free; absent where it is not known
 * - `mounts`: other mount points of its file system, and those below it; absent when there are none
 * - `hidden`: its mounts in other mount namespaces, which an unmount here does not take away; absent when none is seen
 *
 * @since 0.1.0
 * @category errors
 */
export class Busy extends failure<Busy>()("Busy", {
  holders: Schema.Array(Holder),
  device: Schema.optional(Schema.String),
  mounts: Schema.optional(Schema.Array(Schema.String)),
  hidden: Schema.optional(Schema.Array(HiddenMount))
}, {
  sentence: (self) => `still busy${heldBy(self.holders)}${mountedOn(self)}${hiddenAt(self)}`,
  remedy: remedyOfBusy,
  isRetryable: (self) => balloonDevice(self.text) === undefined
}) {}

/**
 * There is no such ploop device.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeviceNotFound extends failure<DeviceNotFound>()("DeviceNotFound", {}, {
  sentence: () => "there is no such device",
  remedy: () => texts["device-not-found"](),
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
    remedy: () => texts["snapshot-not-found"](),
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
    remedy: () => texts["snapshot-exists"](),
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
    remedy: () => texts["snapshot-limit"](),
    isRetryable: false
  })
{}

/** The remedies for children that operations have of their own. */
const ofChildren: Readonly<Partial<Record<Operation.Name, keyof typeof texts & `snapshot-has-children-${string}`>>> = {
  mount: "snapshot-has-children-mount",
  switchAndDelete: "snapshot-has-children-switch",
  mergeSnapshots: "snapshot-has-children-merge"
}

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
  remedy: (self) => (texts[ofChildren[self.operation] ?? "snapshot-has-children"])(),
  isRetryable: false
}) {}

/**
 * The volume has children.
 *
 * - `children`: their directories
 *
 * @since 0.2.0
 * @category errors
 */
export class VolumeHasChildren extends failure<VolumeHasChildren>()("VolumeHasChildren", {
  children: Schema.Array(Schema.String)
}, {
  sentence: (self) => `the volume has children: ${self.children.join(", ")}`,
  remedy: () => texts["volume-has-children"](),
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
  remedy: () => texts["snapshot-is-base"](),
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
  remedy: () => texts["snapshot-is-top"](),
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
    remedy: () => texts["snapshot-is-temporary"](),
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
    remedy: () => texts["snapshot-is-current"](),
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
  remedy: () => texts["snapshot-in-use"](),
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
    remedy: () => texts["snapshot-not-ancestor"](),
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
  remedy: () => texts["file-system-unsupported"](),
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
  remedy: () => texts["file-system-corrupt"](),
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
  remedy: () => texts["file-system-make-failed"](),
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
  remedy: () => texts["file-system-resize-failed"](),
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
  remedy: () => texts["size-refused"](),
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
      ? texts["no-space-snapshots"]()
      : isRepeatable(self)
      ? texts["no-space"]()
      : texts["no-space-half-way"](),
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
    remedy: (self) => texts["prerequisite-missing"](self),
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
  remedy: (self) => isReadOnly(self) ? texts["permission-denied-read-only"]() : texts["permission-denied"](),
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
  remedy: () => texts.locked(),
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
  remedy: () => texts["tool-not-found"](),
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
  remedy: () => texts["tool-not-executable"](),
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
  remedy: (self) => isQuery(self) ? texts["tool-aborted-query"]() : texts["tool-aborted"](),
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
  remedy: (self) => isQuery(self) ? texts["timed-out-query"]() : texts["timed-out"](),
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
    remedy: (self) => self.operation === "tool" ? texts["not-ploop"]() : texts["unexpected-output"](),
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
  remedy: (self) => isRepeatable(self) ? texts["out-of-memory"]() : texts["out-of-memory-half-way"](),
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
  remedy: () => texts["input-output-failed"](),
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
  remedy: () => texts["device-failed"](),
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
  remedy: () => texts["copy-protocol-broken"](),
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
  remedy: () => texts["not-tracked"](),
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
  remedy: () => texts["encryption-failed"](),
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
  remedy: () => texts["rolled-back"](),
  isRetryable: false
}) {}

/**
 * The tool reported success, but dropped images from the disk that it had said
 * nothing about. Their files are still there.
 *
 * - `images`: the paths of those images
 * - `former`: the path of a copy of the descriptor as it was before; absent when none could be written
 *
 * @since 0.2.0
 * @category errors
 */
export class ImagesDropped extends failure<ImagesDropped>()("ImagesDropped", {
  images: Schema.Array(Schema.String),
  former: Schema.optional(Schema.String)
}, {
  sentence: (self) => `the tool dropped ${self.images.join(", ")} from the disk and reported success`,
  remedy: (self) => texts["images-dropped"](self),
  isRetryable: false
}) {}

/**
 * The host of a remote backend could not be reached, or the connection was lost before the result arrived.
 *
 * - `reason`: what happened to the connection
 * - `mayHaveHappened`: whether the operation may have changed something on the host, or may still do so
 *
 * @since 0.2.0
 * @category errors
 */
export class ConnectionLost extends failure<ConnectionLost>()("ConnectionLost", {
  reason: Schema.String,
  mayHaveHappened: Schema.Boolean
}, {
  sentence: (self) =>
    `the connection to the host was lost: ${self.reason}; the operation ${
      self.mayHaveHappened ? "may have happened" : "has changed nothing"
    }`,
  remedy: (self) => self.mayHaveHappened ? texts["connection-lost"]() : texts["connection-lost-before"](),
  isRetryable: (self) => !self.mayHaveHappened
}) {}

/**
 * The host of a remote backend refuses the operation to this caller. Nothing was touched.
 *
 * - `what`: what is refused: the token, the operation, a directory, or the key of the call
 * - `reason`: the rule
 *
 * @since 0.2.0
 * @category errors
 */
export class AccessRefused extends failure<AccessRefused>()("AccessRefused", {
  what: Schema.Literal("token", "operation", "directory", "key"),
  reason: Schema.String
}, {
  sentence: (self) => `the host refuses it: ${self.reason}`,
  remedy: () => texts["access-refused"](),
  isRetryable: false
}) {}

/**
 * The call exceeds a limit of the host of a remote backend. Nothing was touched.
 *
 * - `limit`: which one: connections to the host, requests at the same time on a connection, or bytes in a message
 * - `value`: the limit
 *
 * @since 0.2.0
 * @category errors
 */
export class LimitExceeded extends failure<LimitExceeded>()("LimitExceeded", {
  limit: Schema.Literal("connections", "requests", "bytes"),
  value: Schema.Int
}, {
  sentence: (self) => `the host accepts no more than ${self.value} ${limited[self.limit]}`,
  remedy: (self) => self.limit === "bytes" ? texts["limit-exceeded-bytes"]() : texts["limit-exceeded"](),
  isRetryable: (self) => self.limit !== "bytes"
}) {}

/**
 * The host of a remote backend speaks another version of the protocol. Nothing was touched.
 *
 * - `client`: the version on this side
 * - `server`: the version of the host
 *
 * @since 0.2.0
 * @category errors
 */
export class ProtocolMismatch extends failure<ProtocolMismatch>()("ProtocolMismatch", {
  client: Schema.Int,
  server: Schema.Int
}, {
  sentence: (self) => `the host speaks version ${self.server} of the protocol, and this program version ${self.client}`,
  remedy: (self) => texts["protocol-mismatch"](self),
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
  remedy: () => texts.unclassified(),
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
  VolumeHasChildren,
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
  ConnectionLost,
  AccessRefused,
  LimitExceeded,
  ProtocolMismatch,
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

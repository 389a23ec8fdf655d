/**
 * What the operations take: a schema for each, which checks the options of a
 * caller before anything is touched, fills in the defaults, and gives a backend
 * a complete request.
 *
 * The type named after a schema is what a backend receives; `…Options` is what
 * a caller may write.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as ByteSize from "./ByteSize.js"
import * as ClusterSize from "./ClusterSize.js"
import { DevicePath } from "./DevicePath.js"
import { Disk } from "./Disk.js"
import { ExchangeFormat } from "./ExchangeFormat.js"
import { FileSystemType } from "./FileSystemType.js"
import * as FormatVersion from "./FormatVersion.js"
import { HostPath } from "./HostPath.js"
import { ImageFormat } from "./ImageFormat.js"
import { NewSnapshotId, SnapshotId, top } from "./SnapshotId.js"

type ExactlyOne<Options, Keys extends keyof Options> =
  & Omit<Options, Keys>
  & { [Key in Keys]: Required<Pick<Options, Key>> & { readonly [Other in Exclude<Keys, Key>]?: undefined } }[Keys]

/** Lends the documentation of options to the properties of a request. */
type Documented<Options> = { readonly [Key in keyof Options]?: unknown }

/** A rule between options: what it says when it is broken. */
type Rule = (options: object) => undefined | { readonly path: ReadonlyArray<string>; readonly message: string }

const given = (options: object, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.filter((key) => key in options && options[key as keyof typeof options] !== undefined)

const exactlyOne = (...keys: readonly [string, string, ...Array<string>]): Rule => (options) => {
  const found = given(options, keys)
  return found.length === 1 ? undefined : {
    path: [found[1] ?? keys[0]],
    message: found.length === 0
      ? `must be given: exactly one of ${keys.join(", ")}`
      : `cannot be given together with ${found[0]}: give exactly one of ${keys.join(", ")}`
  }
}

const notTogether = (key: string, ...others: ReadonlyArray<string>): Rule => (options) => {
  const found = given(options, others)
  return given(options, [key]).length === 0 || found.length === 0 ? undefined : {
    path: [key],
    message: `cannot be given together with ${found[0]}`
  }
}

const needs = (key: string, other: string): Rule => (options) =>
  given(options, [key]).length === 0 || given(options, [other]).length === 1 ? undefined : {
    path: [key],
    message: `needs ${other} to be given as well`
  }

/** Whether a snapshot is named that is not the top delta; in any form, because the rules see what the caller wrote. */
const namesSnapshot = (snapshot: unknown): boolean =>
  snapshot !== undefined && `${snapshot}`.toLowerCase().replace(/[{}]/g, "") !== top.slice(1, -1)

/** The check of a file system writes to the device. On a read-only one it fails, with an error that means no damage. */
const checksWhatIsWritable: Rule = (
  options: { readonly fsck?: unknown; readonly readOnly?: unknown; readonly snapshot?: unknown }
) =>
  options.fsck === true &&
    (options.readOnly === true || (options.readOnly !== false && namesSnapshot(options.snapshot)))
    ? { path: ["fsck"], message: "cannot be given for a read-only mount: the check writes to the device" }
    : undefined

/** The tool repairs an XFS after it has discarded its log, and what the log has of the last writes. */
const checksNoXfs: Rule = (options: { readonly fileSystem?: unknown; readonly fsck?: unknown }) =>
  options.fsck === true && options.fileSystem === "xfs"
    ? { path: ["fsck"], message: "cannot be given for XFS: the tool would discard its log, with the last writes" }
    : undefined

/** The threshold is about how the tool defragments. */
const thresholdOfDefrag: Rule = (options: { readonly defrag?: unknown; readonly defragThreshold?: unknown }) =>
  options.defragThreshold !== undefined && options.defrag !== true
    ? { path: ["defragThreshold"], message: "needs defrag: true to be given as well" }
    : undefined

/** The kernel forgets what has changed when a tracking begins by the identifier of the one that goes on. */
const trackedByItself: Rule = (options: { readonly id?: unknown; readonly track?: unknown }) =>
  options.track === true && options.id !== undefined
    ? { path: ["id"], message: "cannot be given together with track: a repeated identifier would lose changes" }
    : undefined

/** An option with a default, which a request has when it is decoded, and which its encoded form leaves out. */
const withDefault = <A, I>(schema: Schema.Schema<A, I>, value: NoInfer<A>) =>
  Schema.optionalToRequired(Schema.UndefinedOr(schema), Schema.typeSchema(schema), {
    decode: (written) => Option.getOrElse(Option.flatMap(written, Option.fromNullable<A | undefined>), () => value),
    encode: (complete) => complete === value ? Option.none() : Option.some(complete)
  })

const flag = withDefault(Schema.Boolean, false)

/**
 * The rules between options are about what the caller wrote, so they come before
 * the defaults. The second step refuses what is not an object or has other
 * keys.
 */
const request = <Fields extends Schema.Struct.Fields>(fields: Fields, ...rules: ReadonlyArray<Rule>) => {
  const complete = Schema.Struct(fields)
  const isWritten = (options: unknown): options is object =>
    Predicate.isRecord(options) && Object.keys(options).every((key) => Object.hasOwn(fields, key))
  const written = rules.reduce<Schema.Schema.Any>(
    (schema, rule) => Schema.filter((options: unknown) => isWritten(options) ? rule(options) : undefined)(schema),
    Schema.Unknown
  )
  const checked = rules.length === 0 ? complete : Schema.compose(written, complete, { strict: false })
  // The first step takes anything; the second says what it is.
  return checked as unknown as Schema.Schema<Schema.Struct.Type<Fields>, Schema.Struct.Encoded<Fields>>
}

const component = Schema.String.pipe(
  Schema.filter((name) =>
    /^[\w.:@+-]{1,60}$/.test(name) ||
    "must be 1 to 60 letters, digits or any of . : @ + - _"
  )
)

/** The tool puts a `~` before the component of a temporary snapshot. */
const attached = Schema.String.pipe(
  Schema.filter((name) => /^~?[\w.:@+-]{1,60}$/.test(name) || "must be the component name of a mount")
)

const sectors = ByteSize.ByteSize.pipe(
  Schema.filter((size) => size % ByteSize.sectorSize === 0n || "must be a multiple of 512 bytes, the size of a sector"),
  Schema.filter((size) => size <= FormatVersion.maximumSize(2) || "must be smaller than 4 PiB")
)

const positive = sectors.pipe(Schema.filter((size) => size > 0n || "must be larger than zero"))

const plain = Schema.String.pipe(
  Schema.filter((text) => text !== "" && !text.includes("\0") || "must not be empty or contain a NUL byte")
)

/** The tool reads it into an `int`, and takes 0 for none. */
const threshold = Schema.Int.pipe(
  Schema.between(1, 2 ** 31 - 1, { message: () => "must be a whole number from 1 to 2147483647" })
)

const level = Schema.Int.pipe(
  Schema.filter((value) => value >= 0 && value <= 127 || "must be a whole number from 0 (the base delta) to 127")
)

/** The image file of a new disk. */
const newImage = HostPath.pipe(
  Schema.filter((image) =>
    image.endsWith("/")
      ? "must name a file, not a directory"
      : !image.endsWith(".xml") || "must not end in .xml: the tool would take the image for a descriptor"
  )
)

/** What mkfs takes for the journal of an ext file system, in blocks. */
const journalBlocks = { least: 1024n, most: 10_240_000n }

/** What of the shape of an ext file system is not possible, or not for another file system. */
const extRule = (
  request: {
    readonly fileSystem: "none" | FileSystemType
    readonly fileSystemBlockSize?: ByteSize.ByteSize | undefined
    readonly size: ByteSize.ByteSize
    readonly journalSize?: ByteSize.ByteSize | undefined
    readonly growsTo?: ByteSize.ByteSize | undefined
    readonly balloon: boolean
  }
) => {
  const { balloon, fileSystem, fileSystemBlockSize: block = 4096n, growsTo, journalSize, size } = request
  const option = journalSize !== undefined
    ? "journalSize"
    : growsTo !== undefined
    ? "growsTo"
    : balloon
    ? undefined
    : "balloon"
  if (fileSystem === "xfs" && option !== undefined) {
    return { path: [option], message: "cannot be given for XFS" }
  }
  const [least, most] = [journalBlocks.least * block, journalBlocks.most * block]
  if (journalSize !== undefined && (journalSize < least || journalSize > most)) {
    return {
      path: ["journalSize"],
      message: `must be from ${ByteSize.toText(ByteSize.make(least))} to ${ByteSize.toText(ByteSize.make(most))}, ` +
        `for blocks of ${block} bytes`
    }
  }
  return growsTo === undefined || growsTo >= size
    ? undefined
    : { path: ["growsTo"], message: "must not be smaller than the size of the disk" }
}

/**
 * A new disk: an image file, its descriptor and a file system.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Create = request({
  image: newImage,
  size: positive,
  format: withDefault(ImageFormat, "expanded"),
  version: Schema.optional(FormatVersion.FormatVersion),
  clusterSize: withDefault(ClusterSize.ClusterSize, ClusterSize.standard),
  fileSystem: withDefault(Schema.Union(Schema.Literal("none"), FileSystemType), "ext4"),
  fileSystemBlockSize: Schema.optional(
    ByteSize.ByteSize.pipe(
      Schema.filter((size) => [1024n, 2048n, 4096n].includes(size) || "must be 1K, 2K or 4K")
    )
  ),
  lazy: withDefault(Schema.Boolean, true),
  label: Schema.optional(
    Schema.String.pipe(
      Schema.filter((text) =>
        /^[!-~](?:[ -~]{0,14}[!-~])?$/.test(text) ||
        "must be 1 to 16 characters of ASCII, and not begin or end with a space"
      )
    )
  ),
  partition: withDefault(Schema.Boolean, true),
  journalSize: Schema.optional(
    ByteSize.ByteSize.pipe(
      Schema.filter((size) => size % ByteSize.MiB(1) === 0n || "must be a multiple of 1 MiB")
    )
  ),
  growsTo: Schema.optional(positive),
  balloon: withDefault(Schema.Boolean, true),
  sparse: flag
}, (options) => {
  const shape = ["fileSystemBlockSize", "lazy", "label", "partition", "journalSize", "growsTo", "balloon"] as const
  const left = given(options, shape)[0]
  return left !== undefined && "fileSystem" in options && options.fileSystem === "none"
    ? { path: [left], message: "cannot be given when fileSystem is none" }
    : undefined
}).pipe(
  Schema.filter((request) => {
    const { fileSystem, format, label = "", size, sparse, version = 2 } = request
    if (fileSystem === "xfs" && label.length > 12) {
      return { path: ["label"], message: "must not be longer than 12 characters for XFS" }
    }
    if (sparse && format !== "raw") {
      return { path: ["sparse"], message: "can be given for a raw image only: the others grow as data is written" }
    }
    const broken = extRule(request)
    if (broken !== undefined) return broken
    const maximum = FormatVersion.maximumSize(version)
    return size <= maximum || {
      path: ["size"],
      message: `must not be larger than ${ByteSize.toText(maximum)}, the limit of format version ${version}`
    }
  })
)

/**
 * A checked request of {@link Create}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Create = typeof Create.Type & Documented<CreateOptions>

/**
 * What a caller may write for {@link Create}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateOptions extends Schema.Schema.Encoded<typeof Create> {
  /**
   * The image file to create. Its directory gets the descriptor, so one directory holds one disk. The
   * file must not exist.
   */
  readonly image: string
  /**
   * The size of the disk: text with a unit, as in `"10G"`, or bytes. ploop rounds it up to whole
   * clusters.
   */
  readonly size: ByteSize.ByteSizeInput
  /** How the image stores its data. Default: `expanded`, which grows as data is written. */
  readonly format?: ImageFormat | undefined
  /**
   * The version of the image format. Default: 2, or 1 where the kernel driver knows no other. A raw
   * image has none.
   */
  readonly version?: FormatVersion.FormatVersion | undefined
  /** The unit in which the image grows: a power of two from `32K` to `64M`. Default: `1M`. */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
  /**
   * The file system to make in the disk. Default: `ext4`. With `none` the disk stays blank, and no
   * kernel driver is needed. Generation 9 makes `xfs`; the others fail with `Unsupported`.
   */
  readonly fileSystem?: "none" | FileSystemType | undefined
  /**
   * The block size of the file system: `1K`, `2K` or `4K`. Default: the one that mkfs chooses for the
   * size.
   */
  readonly fileSystemBlockSize?: ByteSize.ByteSizeInput | undefined
  /** Whether the kernel finishes the file system later, in the background. Default: `true`. */
  readonly lazy?: boolean | undefined
  /**
   * The label of the file system: 1 to 16 characters of ASCII, for XFS 1 to 12. Default: none.
   *
   * @since 0.2.0
   */
  readonly label?: string | undefined
  /**
   * Whether the disk has a partition table, with one partition for the file system. Without one, the file system is on
   * the device itself. Default: `true`. Generation 1.15 does not shrink a disk without one while it is not mounted.
   *
   * @since 0.2.0
   */
  readonly partition?: boolean | undefined
  /**
   * The size of the journal of an ext file system: a multiple of 1 MiB, from 1024 to 10,240,000 blocks. Default: `128M`.
   * A small one suits a small disk, which has no room for the default, and a disk that is to take little: the journal
   * is written from one end to the other before its space is used again.
   *
   * @since 0.2.0
   */
  readonly journalSize?: ByteSize.ByteSizeInput | undefined
  /**
   * The size up to which an ext file system can grow while it is mounted, at least that of the disk: mkfs writes tables
   * for it, which take more than all else of an empty file system. Default: `16T`, or `50T` on generations 7 and 9, as
   * far as the format allows it.
   *
   * @since 0.2.0
   */
  readonly growsTo?: ByteSize.ByteSizeInput | undefined
  /**
   * Whether an ext file system gets the hidden file of the balloon. Default: `true`. Without it the operations of the
   * balloon fail, and so does `resize`. Generations 7 and 9 attach such a disk, and do not mount it.
   *
   * @since 0.2.0
   */
  readonly balloon?: boolean | undefined
  /**
   * Whether a raw image is made as a hole of its full size, and not written with zeros. Only for a raw image. Default:
   * `false`. Generation 1.15 always writes it; it fails with `Unsupported`.
   *
   * @since 0.2.0
   */
  readonly sparse?: boolean | undefined
}

/**
 * An export of a disk, or of a snapshot, into a file of another format.
 *
 * @since 0.2.0
 * @category schemas
 */
export const ExportImage = Schema.Struct({
  disk: Disk,
  snapshot: withDefault(SnapshotId, top),
  file: HostPath.pipe(
    Schema.filter((file) => !file.endsWith("/") || "must name a file, not a directory")
  ),
  format: withDefault(ExchangeFormat, "raw")
})

/**
 * A checked request of {@link ExportImage}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type ExportImage = typeof ExportImage.Type & Documented<ExportImageOptions>

/**
 * What a caller may write for {@link ExportImage}.
 *
 * @since 0.2.0
 * @category models
 */
export interface ExportImageOptions extends Schema.Schema.Encoded<typeof ExportImage> {
  /** The disk, by the path of its `DiskDescriptor.xml`. It may be running if a snapshot is exported. */
  readonly disk: string
  /**
   * The snapshot whose state is exported, with or without braces; a temporary one, too. Default: the top delta
   * of a disk that is not running.
   */
  readonly snapshot?: string | undefined
  /** The file to write. Its directory must exist, and the file must not. */
  readonly file: string
  /** The format of that file. Default: `raw`. */
  readonly format?: ExchangeFormat | undefined
}

/**
 * An import of a raw or a qcow2 image as a new disk.
 *
 * @since 0.2.0
 * @category schemas
 */
export const ImportImage = Schema.Struct({
  file: HostPath,
  image: newImage,
  format: withDefault(ExchangeFormat, "raw"),
  version: Schema.optional(FormatVersion.FormatVersion),
  clusterSize: withDefault(ClusterSize.ClusterSize, ClusterSize.standard)
})

/**
 * A checked request of {@link ImportImage}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type ImportImage = typeof ImportImage.Type & Documented<ImportImageOptions>

/**
 * What a caller may write for {@link ImportImage}.
 *
 * @since 0.2.0
 * @category models
 */
export interface ImportImageOptions extends Schema.Schema.Encoded<typeof ImportImage> {
  /** The file to read, which stays as it is. Its size, or that in its header, is that of the disk. */
  readonly file: string
  /**
   * The image file to create, as in `create`. Its directory gets the descriptor, so one directory holds one
   * disk. The file must not exist.
   */
  readonly image: string
  /**
   * The format of the file that is read. It is never guessed: the bytes of a disk belong to its guest, which could
   * make them look like another format. Default: `raw`.
   */
  readonly format?: ExchangeFormat | undefined
  /** The version of the image format. Default: 2, or 1 where the kernel driver knows no other. */
  readonly version?: FormatVersion.FormatVersion | undefined
  /** The unit in which the image grows: a power of two from `32K` to `64M`. Default: `1M`. */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
}

/**
 * A new descriptor for a base image that has lost its own.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RestoreDescriptor = Schema.Struct({
  image: HostPath,
  directory: Schema.optional(HostPath),
  format: withDefault(Schema.Literal("expanded", "raw"), "expanded"),
  clusterSize: Schema.optional(ClusterSize.ClusterSize)
}).pipe(
  Schema.filter(({ clusterSize, format }) =>
    clusterSize === undefined || format === "raw" ||
    { path: ["clusterSize"], message: "can be given for a raw image only: others say it in their header" }
  )
)

/**
 * A checked request of {@link RestoreDescriptor}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type RestoreDescriptor = typeof RestoreDescriptor.Type & Documented<RestoreDescriptorOptions>

/**
 * What a caller may write for {@link RestoreDescriptor}.
 *
 * @since 0.1.0
 * @category models
 */
export interface RestoreDescriptorOptions extends Schema.Schema.Encoded<typeof RestoreDescriptor> {
  /** The base image. */
  readonly image: string
  /** The directory that gets the descriptor. Default: the directory of the image. */
  readonly directory?: string | undefined
  /** Whether the image is raw. Default: `expanded`, which covers preallocated images too. */
  readonly format?: "expanded" | "raw" | undefined
  /**
   * The cluster size of a raw image, whose header does not say it. Default: the largest, up to `1M`,
   * that divides its size.
   */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
}

/**
 * The removal of a disk.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Remove = request({ disk: Disk, keepOthers: flag })

/**
 * A checked request of {@link Remove}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type Remove = typeof Remove.Type & Documented<RemoveOptions>

/**
 * What a caller may write for {@link Remove}.
 *
 * @since 0.2.0
 * @category models
 */
export interface RemoveOptions extends Schema.Schema.Encoded<typeof Remove> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /**
   * Whether to remove the disk although other files are in its directory, which then stay. Default: `false`,
   * which refuses with `ConsentRequired`: such a file may belong to the disk, as an image that its descriptor
   * does not name.
   */
  readonly keepOthers?: boolean | undefined
}

/**
 * A clone of a disk.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Clone = request({
  disk: Disk,
  snapshot: SnapshotId,
  directory: HostPath,
  mode: withDefault(Schema.Literal("linked", "full"), "linked"),
  flatten: flag
}).pipe(
  Schema.filter(({ flatten, mode, snapshot }) => {
    if (mode === "full") return undefined
    if (flatten) {
      return { path: ["flatten"], message: "cannot be given for a linked clone: it would write to the shared images" }
    }
    return snapshot !== top || {
      path: ["snapshot"],
      message: "must be a snapshot: the disk goes on to write to its top delta, so that a linked clone cannot share it"
    }
  })
)

/**
 * A checked request of {@link Clone}.
 *
 * @since 0.2.0
 * @category models
 */
export type Clone = typeof Clone.Type & Documented<CloneOptions>

/**
 * What a caller may write for {@link Clone}.
 *
 * @since 0.2.0
 * @category models
 */
export interface CloneOptions extends Schema.Schema.Encoded<typeof Clone> {
  /** The disk to clone, by the path of its `DiskDescriptor.xml`. It may be running. */
  readonly disk: string
  /**
   * The snapshot whose state the clone starts from, with or without braces. It cannot be temporary. A full
   * clone can also be made of the top delta ({@link SnapshotId.top}) of a disk that is not running.
   */
  readonly snapshot: string
  /**
   * The directory of the clone, which must exist and hold no disk yet; for a linked clone, on the file system
   * of the disk. The clone gets the descriptor `DiskDescriptor.xml` in it.
   */
  readonly directory: string
  /**
   * Whether the clone shares the images of the snapshot (`linked`) or copies them (`full`). Copies share
   * blocks where the file system can, and keep holes elsewhere. Default: `linked`.
   */
  readonly mode?: "linked" | "full" | undefined
  /**
   * Whether the copied images are merged into one, so that the clone has no snapshots. Default: `false`, which
   * keeps the snapshots. Only for a full clone.
   */
  readonly flatten?: boolean | undefined
}

/**
 * A conversion: of the base image to a format, or of every image to a format version.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Convert = request({
  disk: Disk,
  format: Schema.optional(ImageFormat),
  version: Schema.optional(FormatVersion.FormatVersion)
}, exactlyOne("format", "version"))

/**
 * A checked request of {@link Convert}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Convert = typeof Convert.Type & Documented<ConvertFields>

/**
 * All options of {@link ConvertOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConvertFields extends Schema.Schema.Encoded<typeof Convert> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The new format of the base image. */
  readonly format?: ImageFormat | undefined
  /** The new format version of every image. */
  readonly version?: FormatVersion.FormatVersion | undefined
}

/**
 * What a caller may write for {@link Convert}: exactly one of `format` and `version`.
 *
 * @since 0.1.0
 * @category models
 */
export type ConvertOptions = ExactlyOne<ConvertFields, "format" | "version">

/** The tool passes the identifier on in a buffer of 256 bytes, and cuts off what does not fit. */
const keyId = Schema.String.pipe(
  Schema.filter((name) =>
    /^[\w.:@+/-]{1,128}$/.test(name) ||
    "must be 1 to 128 letters, digits or any of . : @ + / - _"
  )
)

/**
 * The encryption of a disk, another key, or the end of the encryption.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Encrypt = request(
  {
    disk: Disk,
    keyId: Schema.optional(keyId),
    remove: Schema.optional(Schema.Literal(true)),
    copy: flag,
    wipe: flag
  },
  exactlyOne("keyId", "remove"),
  notTogether("copy", "remove"),
  notTogether("wipe", "remove")
)

/**
 * A checked request of {@link Encrypt}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type Encrypt = typeof Encrypt.Type & Documented<EncryptFields>

/**
 * All options of {@link EncryptOptions}, which says how many of them are given together.
 *
 * @since 0.2.0
 * @category models
 */
export interface EncryptFields extends Schema.Schema.Encoded<typeof Encrypt> {
  /** The disk, by the path of its `DiskDescriptor.xml`. It must have no snapshots, and not be running. */
  readonly disk: string
  /**
   * The identifier of the key, by which the crypt helper of the host finds it: 1 to 128 letters, digits or any of
   * `. : @ + / - _`. It is in the descriptor afterwards. It is not the key.
   */
  readonly keyId?: string | undefined
  /** To decrypt the disk: its files are copied into an image without encryption. */
  readonly remove?: true | undefined
  /**
   * Whether the files of a disk that is encrypted already are encrypted again, in a new image, and not only the key that
   * opens it is changed. Only with `keyId`. Default: `false`.
   */
  readonly copy?: boolean | undefined
  /**
   * Whether the old image of a disk that was not encrypted is overwritten before it is removed. On file systems that
   * write to new blocks, and on flash memory, what was written stays readable. Only with `keyId`. Default: `false`.
   */
  readonly wipe?: boolean | undefined
}

/**
 * What a caller may write for {@link Encrypt}: exactly one of `keyId` and `remove`.
 *
 * @since 0.2.0
 * @category models
 */
export type EncryptOptions = ExactlyOne<EncryptFields, "keyId" | "remove">

/**
 * A check of one image, or of every image from the top, or from a snapshot, to the base.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Check = request(
  {
    disk: Schema.optional(Disk),
    image: Schema.optional(HostPath),
    snapshot: Schema.optional(SnapshotId),
    force: flag,
    hardForce: flag,
    duplicates: flag,
    readOnly: flag,
    silent: flag,
    dropInUse: flag,
    repairSparse: flag,
    raw: flag,
    clusterSize: Schema.optional(ClusterSize.ClusterSize)
  },
  exactlyOne("disk", "image"),
  notTogether("snapshot", "image"),
  notTogether("raw", "disk"),
  needs("raw", "clusterSize"),
  needs("clusterSize", "raw")
)

/**
 * A checked request of {@link Check}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Check = typeof Check.Type & Documented<CheckFields>

/**
 * All options of {@link CheckOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface CheckFields extends Schema.Schema.Encoded<typeof Check> {
  /** The disk whose images are checked. */
  readonly disk?: string | undefined
  /** A single image file to check. */
  readonly image?: string | undefined
  /** The snapshot from which the images are checked, down to the base. Default: the top delta. */
  readonly snapshot?: string | undefined
  /** Whether to check also what is marked clean. Default: `false`. */
  readonly force?: boolean | undefined
  /** Whether to repair even where data is lost for it. Default: `false`. */
  readonly hardForce?: boolean | undefined
  /** Whether to look for clusters that are used twice. Default: `false`. */
  readonly duplicates?: boolean | undefined
  /** Whether to repair nothing. Default: `false`. */
  readonly readOnly?: boolean | undefined
  /** Whether the tool leaves its progress out of its output. Default: `false`. */
  readonly silent?: boolean | undefined
  /** Whether to clear the in-use flag of an image that was not closed cleanly. Default: `false`. */
  readonly dropInUse?: boolean | undefined
  /** Whether to fill holes of the image file on the host. Default: `false`. */
  readonly repairSparse?: boolean | undefined
  /** Whether the image is raw; needs `clusterSize`. Default: `false`. */
  readonly raw?: boolean | undefined
  /** The cluster size of a raw image; required with `raw`. */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
}

/**
 * What a caller may write for {@link Check}: exactly one of `disk` and `image`.
 *
 * @since 0.1.0
 * @category models
 */
export type CheckOptions = ExactlyOne<CheckFields, "disk" | "image">

/**
 * Another file for an image, with the same content.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Replace = request({
  disk: Disk,
  snapshot: Schema.optional(SnapshotId),
  level: Schema.optional(level),
  file: Schema.optional(HostPath),
  with: HostPath,
  keepName: flag
}, exactlyOne("snapshot", "level", "file"))

/**
 * A checked request of {@link Replace}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Replace = typeof Replace.Type & Documented<ReplaceFields>

/**
 * All options of {@link ReplaceOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReplaceFields extends Schema.Schema.Encoded<typeof Replace> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot whose image is replaced. */
  readonly snapshot?: string | undefined
  /**
   * The image that is replaced, by its distance from the base delta, which is 0. Only while the disk
   * is mounted.
   */
  readonly level?: number | undefined
  /** The image that is replaced, by its path. */
  readonly file?: string | undefined
  /** The new image file: a copy of the old one. */
  readonly with: string
  /**
   * Whether the new file takes the place and the name of the old one. Default: `false`: the descriptor
   * names the new file, and the old one stays.
   */
  readonly keepName?: boolean | undefined
}

/**
 * What a caller may write for {@link Replace}: exactly one of `snapshot`, `level` and `file`.
 *
 * @since 0.1.0
 * @category models
 */
export type ReplaceOptions = ExactlyOne<ReplaceFields, "snapshot" | "level" | "file">

/**
 * A mount of a disk or of one of its snapshots.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Mount = request(
  {
    disk: Disk,
    snapshot: Schema.optional(Schema.Union(Schema.Literal("base"), SnapshotId)),
    target: Schema.optional(HostPath),
    readOnly: Schema.optional(Schema.Boolean),
    fsck: flag,
    device: Schema.optional(DevicePath),
    fileSystem: withDefault(FileSystemType, "ext4"),
    data: Schema.optional(
      Schema.Array(
        Schema.String.pipe(
          Schema.filter((option) => /^[^,\s\0]+$/.test(option) || "must be one mount option, without commas or blanks")
        )
      )
    ),
    component: Schema.optional(component)
  },
  needs("data", "target"),
  checksWhatIsWritable,
  checksNoXfs
)

/**
 * A checked request of {@link Mount}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Mount = typeof Mount.Type & Documented<MountOptions>

/**
 * What a caller may write for {@link Mount}.
 *
 * @since 0.1.0
 * @category models
 */
export interface MountOptions extends Schema.Schema.Encoded<typeof Mount> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot to mount; `base` is the base delta, whatever its identifier. Default: the top delta. */
  readonly snapshot?: string | undefined
  /**
   * The directory on which the file system is mounted. It must exist. Default: none, and only the
   * device is attached.
   */
  readonly target?: string | undefined
  /**
   * Whether writes are refused. Default: `false` for the top delta, `true` for a snapshot. A snapshot
   * with children cannot be mounted for writing.
   */
  readonly readOnly?: boolean | undefined
  /**
   * Whether to check the file system first, and to repair what is safe to repair. Not with a read-only mount, which
   * a mount of a snapshot is by default, and not for XFS. Default: `false`.
   */
  readonly fsck?: boolean | undefined
  /**
   * The device to attach. Default: a free one. The tool locks the choice of a free device, but not a device that is
   * named: name one only on a host where nothing else attaches disks meanwhile.
   */
  readonly device?: string | undefined
  /** The file system to mount. Default: `ext4`. */
  readonly fileSystem?: FileSystemType | undefined
  /**
   * Options that the file system itself knows, as in `["discard", "commit=30"]`. Options of the mount,
   * such as `noatime`, are refused by the kernel. Needs `target`. Default: none.
   */
  readonly data?: ReadonlyArray<string> | undefined
  /**
   * A name that sets further devices of the same disk apart from the unnamed one. Default: none. Use
   * it for reading only: the tool takes a disk that runs under a component alone for idle, and changes
   * its images below a device that still writes to them.
   */
  readonly component?: string | undefined
}

/** What is mounted at a directory is not idle. */
const idleHasNoTarget: Rule = (options: { readonly onlyIdle?: unknown; readonly target?: unknown }) =>
  options.onlyIdle === true && options.target !== undefined
    ? { path: ["onlyIdle"], message: "cannot be given together with target: a device that is mounted is not idle" }
    : undefined

/**
 * An unmount, and the end of the device.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Umount = request(
  {
    disk: Schema.optional(Disk),
    device: Schema.optional(DevicePath),
    target: Schema.optional(HostPath),
    image: Schema.optional(HostPath),
    component: Schema.optional(attached),
    onlyIdle: flag
  },
  exactlyOne("disk", "device", "target", "image"),
  notTogether("component", "device", "target"),
  idleHasNoTarget
)

/**
 * A checked request of {@link Umount}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Umount = typeof Umount.Type & Documented<UmountFields>

/**
 * All options of {@link UmountOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface UmountFields extends Schema.Schema.Encoded<typeof Umount> {
  /** The disk to unmount. */
  readonly disk?: string | undefined
  /** The device to stop. */
  readonly device?: string | undefined
  /** The mount point. */
  readonly target?: string | undefined
  /** An image file of the disk. */
  readonly image?: string | undefined
  /** The component name of the device; only with `disk` and `image`. Default: the unnamed device. */
  readonly component?: string | undefined
  /**
   * Whether to stop the device only while its file system is mounted nowhere, as after a `mount` without a target. The
   * driver itself refuses otherwise, so that a mount that somebody else makes at the same moment stays: it fails with
   * `Busy`. Not with `target`. Generation 9 cannot; it fails with `Unsupported`. Default: `false`, which unmounts the
   * file system first.
   *
   * @since 0.2.0
   */
  readonly onlyIdle?: boolean | undefined
}

/**
 * What a caller may write for {@link Umount}: exactly one of `disk`, `device`, `target` and `image`.
 *
 * @since 0.1.0
 * @category models
 */
export type UmountOptions = ExactlyOne<UmountFields, "disk" | "device" | "target" | "image">

/**
 * A new size for a disk and its file system.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Resize = Schema.Struct({
  disk: Disk,
  size: positive,
  mode: withDefault(Schema.Literal("auto", "online", "offline"), "auto"),
  balloon: flag
})

/**
 * A checked request of {@link Resize}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Resize = typeof Resize.Type & Documented<ResizeOptions>

/**
 * What a caller may write for {@link Resize}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResizeOptions extends Schema.Schema.Encoded<typeof Resize> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /**
   * The new size. A smaller one shrinks the file system, or inflates the balloon: that of a mounted disk, or with `balloon` of any;
   * the disk itself keeps its size.
   */
  readonly size: ByteSize.ByteSizeInput
  /** `online` requires a mounted disk, `offline` one that is not. Default: `auto`, which accepts both. */
  readonly mode?: "auto" | "online" | "offline" | undefined
  /**
   * Whether an idle disk is resized as a mounted one: it is mounted meanwhile, its balloon takes what its file system
   * loses, and growing it back needs no more than a smaller balloon. Generations 7 and 9 can; 1.15 fails with
   * `Unsupported`. Generation 9 fails with `SizeRefused` only after it has inflated the balloon. Default: `false`, which
   * shrinks the file system of an idle disk.
   *
   * @since 0.2.0
   */
  readonly balloon?: boolean | undefined
}

/**
 * A snapshot to take.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CreateSnapshot = request({
  disk: Disk,
  id: Schema.optional(NewSnapshotId),
  track: flag
}, trackedByItself)

/**
 * A checked request of {@link CreateSnapshot}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateSnapshot = typeof CreateSnapshot.Type & Documented<CreateSnapshotOptions>

/**
 * What a caller may write for {@link CreateSnapshot}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateSnapshotOptions extends Schema.Schema.Encoded<typeof CreateSnapshot> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The identifier of the new snapshot: a UUID, with or without braces. Default: a random one. */
  readonly id?: string | undefined
  /**
   * Whether the blocks that change after the snapshot are tracked from now on, in generations 7 and 9, for
   * `DiskChanges.tracked`. The changes since an earlier snapshot of this kind are kept with the new one, when the
   * disk is running. Not together with `id`: a repeated identifier would lose changes. Default: `false`; what is
   * tracked already goes on.
   */
  readonly track?: boolean | undefined
}

/**
 * A temporary snapshot to take, and the device that is attached at it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CreateTemporarySnapshot = Schema.Struct({
  disk: Disk,
  id: Schema.optional(NewSnapshotId),
  component,
  target: Schema.optional(HostPath)
})

/**
 * A checked request of {@link CreateTemporarySnapshot}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type CreateTemporarySnapshot = typeof CreateTemporarySnapshot.Type & Documented<CreateTemporarySnapshotOptions>

/**
 * What a caller may write for {@link CreateTemporarySnapshot}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreateTemporarySnapshotOptions extends Schema.Schema.Encoded<typeof CreateTemporarySnapshot> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The identifier of the new snapshot: a UUID, with or without braces. Default: a random one. */
  readonly id?: string | undefined
  /** The component name of the device. The tool puts a `~` in front of it. */
  readonly component: string
  /**
   * The directory on which the file system is mounted, read-only. Default: none, and only the device
   * is attached.
   */
  readonly target?: string | undefined
}

/**
 * A snapshot of a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OfSnapshot = Schema.Struct({
  disk: Disk,
  id: SnapshotId
})

/**
 * A checked request of {@link OfSnapshot}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type OfSnapshot = typeof OfSnapshot.Type & Documented<OfSnapshotOptions>

/**
 * What a caller may write for {@link OfSnapshot}.
 *
 * @since 0.1.0
 * @category models
 */
export interface OfSnapshotOptions extends Schema.Schema.Encoded<typeof OfSnapshot> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot, by its identifier. */
  readonly id: string
}

/**
 * A snapshot to switch to, and the name under which the old top delta is kept.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotAndSwitch = Schema.Struct({
  disk: Disk,
  id: SnapshotId,
  keepAs: Schema.optional(NewSnapshotId)
})

/**
 * A checked request of {@link SnapshotAndSwitch}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type SnapshotAndSwitch = typeof SnapshotAndSwitch.Type & Documented<SnapshotAndSwitchOptions>

/**
 * What a caller may write for {@link SnapshotAndSwitch}.
 *
 * @since 0.1.0
 * @category models
 */
export interface SnapshotAndSwitchOptions extends Schema.Schema.Encoded<typeof SnapshotAndSwitch> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot to switch to. */
  readonly id: string
  /**
   * The identifier under which the old top delta is kept: a UUID, with or without braces. Default: a
   * random one.
   */
  readonly keepAs?: string | undefined
}

/**
 * A range of snapshots to merge.
 *
 * @since 0.1.0
 * @category schemas
 */
export const MergeSnapshots = request({
  disk: Disk,
  snapshot: Schema.optional(SnapshotId),
  downTo: Schema.optional(SnapshotId),
  all: Schema.optional(Schema.Literal(true)),
  into: Schema.optional(HostPath)
}, notTogether("all", "snapshot", "downTo"))

/**
 * A checked request of {@link MergeSnapshots}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type MergeSnapshots = typeof MergeSnapshots.Type & Documented<MergeSnapshotsOptions>

/**
 * What a caller may write for {@link MergeSnapshots}.
 *
 * @since 0.1.0
 * @category models
 */
export interface MergeSnapshotsOptions extends Schema.Schema.Encoded<typeof MergeSnapshots> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The snapshot that is merged into its parent, whose identifier is lost. Default: the top delta. */
  readonly snapshot?: string | undefined
  /** An ancestor of `snapshot`: the whole range is merged into it. Default: the parent of `snapshot`. */
  readonly downTo?: string | undefined
  /** Merges everything from the top to the base into the base. Default: only the range is merged. */
  readonly all?: true | undefined
  /**
   * A new file for the result, where the generation can write one safely. Default: the file of the
   * lowest image of the range.
   */
  readonly into?: string | undefined
}

/**
 * A disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OfDisk = Schema.Struct({
  disk: Disk
})

/**
 * A checked request of {@link OfDisk}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type OfDisk = typeof OfDisk.Type & Documented<OfDiskOptions>

/**
 * What a caller may write for {@link OfDisk}.
 *
 * @since 0.1.0
 * @category models
 */
export interface OfDiskOptions extends Schema.Schema.Encoded<typeof OfDisk> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
}

/**
 * A question about the file system in a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FileSystemInfo = Schema.Struct({
  disk: Disk,
  mayMount: flag
})

/**
 * A checked request of {@link FileSystemInfo}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type FileSystemInfo = typeof FileSystemInfo.Type & Documented<FileSystemInfoOptions>

/**
 * What a caller may write for {@link FileSystemInfo}.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileSystemInfoOptions extends Schema.Schema.Encoded<typeof FileSystemInfo> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /**
   * Consents to a temporary mount, read-write, where no other source has the numbers. Such a mount replays the
   * journal, and on generation 7 converts images of version 1. Default: `false`.
   */
  readonly mayMount?: boolean | undefined
}

/**
 * A question about the sizes that a disk can have.
 *
 * @since 0.2.0
 * @category schemas
 */
export const SizeLimits = Schema.Struct({
  disk: Disk,
  mayMount: flag
})

/**
 * A checked request of {@link SizeLimits}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type SizeLimits = typeof SizeLimits.Type & Documented<SizeLimitsOptions>

/**
 * What a caller may write for {@link SizeLimits}.
 *
 * @since 0.2.0
 * @category models
 */
export interface SizeLimitsOptions extends Schema.Schema.Encoded<typeof SizeLimits> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /**
   * Consents to attach a disk that is not running, read-only, for as long as `resize2fs` takes to compute the
   * smallest file system. Default: `false`: the result has no `minimum` for such a disk.
   */
  readonly mayMount?: boolean | undefined
}

/**
 * A question about the device of a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeviceOf = Schema.Struct({
  disk: Disk,
  component: Schema.optional(attached)
})

/**
 * A checked request of {@link DeviceOf}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type DeviceOf = typeof DeviceOf.Type & Documented<DeviceOfOptions>

/**
 * What a caller may write for {@link DeviceOf}.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeviceOfOptions extends Schema.Schema.Encoded<typeof DeviceOf> {
  /** The disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk: string
  /** The component name of the device. Default: the unnamed device. */
  readonly component?: string | undefined
}

/**
 * A mounted disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Running = request({
  disk: Schema.optional(Disk),
  device: Schema.optional(DevicePath),
  target: Schema.optional(HostPath)
}, exactlyOne("disk", "device", "target"))

/**
 * A checked request of {@link Running}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Running = typeof Running.Type & Documented<RunningFields>

/**
 * All options of {@link RunningOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunningFields extends Schema.Schema.Encoded<typeof Running> {
  /** The mounted disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk?: string | undefined
  /** The mounted disk, by its device. */
  readonly device?: string | undefined
  /** The mounted disk, by its mount point. */
  readonly target?: string | undefined
}

/**
 * What a caller may write for {@link Running}: exactly one of `disk`, `device` and `target`.
 *
 * @since 0.1.0
 * @category models
 */
export type RunningOptions = ExactlyOne<RunningFields, "disk" | "device" | "target">

/**
 * A new size for the balloon of a mounted disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const BalloonChange = request({
  disk: Schema.optional(Disk),
  device: Schema.optional(DevicePath),
  target: Schema.optional(HostPath),
  size: sectors
}, exactlyOne("disk", "device", "target"))

/**
 * A checked request of {@link BalloonChange}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type BalloonChange = typeof BalloonChange.Type & Documented<BalloonChangeFields>

/**
 * All options of {@link BalloonChangeOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface BalloonChangeFields extends Schema.Schema.Encoded<typeof BalloonChange> {
  /** The mounted disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk?: string | undefined
  /** The mounted disk, by its device. */
  readonly device?: string | undefined
  /** The mounted disk, by its mount point. */
  readonly target?: string | undefined
  /** The new size of the balloon. Zero deflates it. */
  readonly size: ByteSize.ByteSizeInput
}

/**
 * What a caller may write for {@link BalloonChange}: exactly one of `disk`, `device` and `target`.
 *
 * @since 0.1.0
 * @category models
 */
export type BalloonChangeOptions = ExactlyOne<BalloonChangeFields, "disk" | "device" | "target">

/**
 * A discard of unused space of a disk.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Discard = request(
  {
    disk: Schema.optional(Disk),
    device: Schema.optional(DevicePath),
    target: Schema.optional(HostPath),
    automount: flag,
    defrag: flag,
    defragOnly: flag,
    defragThreshold: Schema.optional(threshold),
    toFree: Schema.optional(positive),
    minBlock: Schema.optional(positive)
  },
  exactlyOne("disk", "device", "target"),
  notTogether("automount", "device", "target"),
  // The tool would forget about it.
  notTogether("defrag", "device", "target"),
  // Whether the tool discards as well depends on the device, which has to run to be inspected.
  notTogether("defragOnly", "device", "target", "automount", "defrag", "defragThreshold", "toFree", "minBlock"),
  thresholdOfDefrag
)

/**
 * A checked request of {@link Discard}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Discard = typeof Discard.Type & Documented<DiscardFields>

/**
 * All options of {@link DiscardOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface DiscardFields extends Schema.Schema.Encoded<typeof Discard> {
  /** The mounted disk, by the path of its `DiskDescriptor.xml`. */
  readonly disk?: string | undefined
  /** The mounted disk, by its device. */
  readonly device?: string | undefined
  /** The mounted disk, by its mount point. */
  readonly target?: string | undefined
  /** Whether to mount the disk for the time of the operation; only with `disk`. Default: `false`. */
  readonly automount?: boolean | undefined
  /**
   * Whether to move data together as well; only with `disk`. The tool does it where it finds its helper: `e4defrag2` on
   * generation 1.15, `e4defrag2` or `ploop-e4defrag` on 7, `e4defrag` on 9, all in `/usr/sbin`. Without it, and for XFS,
   * it only discards. Generations 7 and 9 hand the path of the image to a shell then; a path with characters that a shell
   * reads fails with `Unsupported`. Default: `false`.
   */
  readonly defrag?: boolean | undefined
  /**
   * Whether to move data together and discard nothing; only with the `disk`, which has to be mounted, and without the
   * other options. Generation 7 can, with `e4defrag2`, without which it fails with `PrerequisiteMissing`, and with a
   * device whose images are not read and written by `kaio`. Everything else fails with `Unsupported`. Default: `false`.
   *
   * @since 0.2.0
   */
  readonly defragOnly?: boolean | undefined
  /**
   * How scattered the image has to be for `defrag`: it happens only if the file of the image has more extents than this
   * number times the clusters in use. Only with `defrag`; from 1 on. Generation 9 knows it, and 7 for a mounted disk whose
   * images are read and written by `kaio`. Everything else fails with `Unsupported`. Default: the tool's own, which is 0.
   *
   * @since 0.2.0
   */
  readonly defragThreshold?: number | undefined
  /** How much to give back to the host before the operation stops. Default: as much as there is. */
  readonly toFree?: ByteSize.ByteSizeInput | undefined
  /** The smallest free extent that is discarded. Default: the one that the tool chooses. */
  readonly minBlock?: ByteSize.ByteSizeInput | undefined
}

/**
 * What a caller may write for {@link Discard}: exactly one of `disk`, `device` and `target`.
 *
 * @since 0.1.0
 * @category models
 */
export type DiscardOptions = ExactlyOne<DiscardFields, "disk" | "device" | "target">

/**
 * A device.
 *
 * @since 0.1.0
 * @category schemas
 */
export const OfDevice = Schema.Struct({
  device: DevicePath
})

/**
 * A checked request of {@link OfDevice}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type OfDevice = typeof OfDevice.Type & Documented<OfDeviceOptions>

/**
 * What a caller may write for {@link OfDevice}.
 *
 * @since 0.1.0
 * @category models
 */
export interface OfDeviceOptions extends Schema.Schema.Encoded<typeof OfDevice> {
  /** A running device, as in `/dev/ploop12345` or `/dev/mapper/ploop12345`. */
  readonly device: string
}

/**
 * A copy of a mounted disk to send.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CopySend = Schema.Struct({
  device: DevicePath,
  freezeCommand: Schema.optional(plain)
})

/**
 * A checked request of {@link CopySend}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type CopySend = typeof CopySend.Type & Documented<CopySendOptions>

/**
 * What a caller may write for {@link CopySend}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopySendOptions extends Schema.Schema.Encoded<typeof CopySend> {
  /** The running device whose top delta is copied, and whose file system is mounted. */
  readonly device: string
  /**
   * A command line that the tool hands to a shell before the last pass, when nothing may be written
   * any more. Default: none.
   */
  readonly freezeCommand?: string | undefined
}

/**
 * A copy to receive.
 *
 * @since 0.1.0
 * @category schemas
 */
export const CopyReceive = Schema.Struct({
  image: HostPath
})

/**
 * A checked request of {@link CopyReceive}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type CopyReceive = typeof CopyReceive.Type & Documented<CopyReceiveOptions>

/**
 * What a caller may write for {@link CopyReceive}.
 *
 * @since 0.1.0
 * @category models
 */
export interface CopyReceiveOptions extends Schema.Schema.Encoded<typeof CopyReceive> {
  /** The image file to write. It must not exist. */
  readonly image: string
}

/**
 * A delta to remove from a running device.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeleteDelta = Schema.Struct({
  device: DevicePath,
  level
})

/**
 * A checked request of {@link DeleteDelta}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type DeleteDelta = typeof DeleteDelta.Type & Documented<DeleteDeltaOptions>

/**
 * What a caller may write for {@link DeleteDelta}.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeleteDeltaOptions extends Schema.Schema.Encoded<typeof DeleteDelta> {
  /** A running device, as in `/dev/ploop12345` or `/dev/mapper/ploop12345`. */
  readonly device: string
  /** The delta, by its distance from the base delta, which is 0. */
  readonly level: number
}

/**
 * A new volume.
 *
 * @since 0.2.0
 * @category schemas
 */
export const CreateVolume = request({
  directory: HostPath,
  size: positive,
  clusterSize: withDefault(ClusterSize.ClusterSize, ClusterSize.standard),
  fileSystem: withDefault(Schema.Literal("none", "ext3", "ext4"), "ext4")
})

/**
 * A checked request of {@link CreateVolume}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type CreateVolume = typeof CreateVolume.Type & Documented<CreateVolumeOptions>

/**
 * What a caller may write for {@link CreateVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export interface CreateVolumeOptions extends Schema.Schema.Encoded<typeof CreateVolume> {
  /** The directory of the volume, which must not exist; the one above it must. */
  readonly directory: string
  /** The size of the disk: text with a unit, as in `"10G"`, or bytes. ploop rounds it up to whole clusters. */
  readonly size: ByteSize.ByteSizeInput
  /** The unit in which the image grows: a power of two from `32K` to `64M`. Default: `1M`. */
  readonly clusterSize?: ByteSize.ByteSizeInput | undefined
  /** The file system to make in the disk. Default: `ext4`. With `none` no kernel driver is needed. */
  readonly fileSystem?: "none" | "ext3" | "ext4" | undefined
}

/**
 * A new volume that is the parent or a child of another.
 *
 * @since 0.2.0
 * @category schemas
 */
export const OntoVolume = request({ volume: HostPath, directory: HostPath })

/**
 * A checked request of {@link OntoVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export type OntoVolume = typeof OntoVolume.Type & Documented<OntoVolumeOptions>

/**
 * What a caller may write for {@link OntoVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export interface OntoVolumeOptions extends Schema.Schema.Encoded<typeof OntoVolume> {
  /** The directory of the volume that there is. */
  readonly volume: string
  /** The directory of the new volume, which must not exist; the one above it must. */
  readonly directory: string
}

/**
 * A volume that is given the state of a snapshot.
 *
 * @since 0.2.0
 * @category schemas
 */
export const SwitchVolume = request({ volume: HostPath, to: HostPath })

/**
 * A checked request of {@link SwitchVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export type SwitchVolume = typeof SwitchVolume.Type & Documented<SwitchVolumeOptions>

/**
 * What a caller may write for {@link SwitchVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export interface SwitchVolumeOptions extends Schema.Schema.Encoded<typeof SwitchVolume> {
  /** The directory of the volume, which loses what was written to it since its own snapshot. */
  readonly volume: string
  /** The directory of the snapshot whose state it gets. */
  readonly to: string
}

/**
 * A volume, by its directory.
 *
 * @since 0.2.0
 * @category schemas
 */
export const OfVolume = request({ volume: HostPath })

/**
 * A checked request of {@link OfVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export type OfVolume = typeof OfVolume.Type & Documented<OfVolumeOptions>

/**
 * What a caller may write for {@link OfVolume}.
 *
 * @since 0.2.0
 * @category models
 */
export interface OfVolumeOptions extends Schema.Schema.Encoded<typeof OfVolume> {
  /** The directory of the volume. */
  readonly volume: string
}

/**
 * A delta to merge into the image below it, both by their files.
 *
 * @since 0.2.0
 * @category schemas
 */
export const MergeDelta = Schema.Struct({
  delta: HostPath,
  image: HostPath
})

/**
 * A checked request of {@link MergeDelta}, with its defaults.
 *
 * @since 0.2.0
 * @category models
 */
export type MergeDelta = typeof MergeDelta.Type & Documented<MergeDeltaOptions>

/**
 * What a caller may write for {@link MergeDelta}.
 *
 * @since 0.2.0
 * @category models
 */
export interface MergeDeltaOptions extends Schema.Schema.Encoded<typeof MergeDelta> {
  /** The upper delta, which is only read: a file in the directory of `image`. */
  readonly delta: string
  /** The image below it, which takes the clusters of `delta`. It must not be raw. */
  readonly image: string
}

/**
 * A larger size for an image, without its partition and its file system.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Grow = request(
  {
    disk: Schema.optional(Disk),
    device: Schema.optional(DevicePath),
    image: Schema.optional(HostPath),
    raw: flag,
    size: positive
  },
  exactlyOne("disk", "device", "image"),
  needs("raw", "image")
)

/**
 * A checked request of {@link Grow}, with its defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Grow = typeof Grow.Type & Documented<GrowFields>

/**
 * All options of {@link GrowOptions}, which says how many of them are given together.
 *
 * @since 0.1.0
 * @category models
 */
export interface GrowFields extends Schema.Schema.Encoded<typeof Grow> {
  /** The disk whose image grows. */
  readonly disk?: string | undefined
  /** The running device whose image grows. */
  readonly device?: string | undefined
  /** The image file that grows. */
  readonly image?: string | undefined
  /** Whether the image is raw; only with `image`. Default: `false`. */
  readonly raw?: boolean | undefined
  /** The new size: a multiple of the cluster size, and not smaller than the present one. */
  readonly size: ByteSize.ByteSizeInput
}

/**
 * What a caller may write for {@link Grow}: exactly one of `disk`, `device` and `image`.
 *
 * @since 0.1.0
 * @category models
 */
export type GrowOptions = ExactlyOne<GrowFields, "disk" | "device" | "image">

/**
 * Sizes, as a whole number of bytes that is never a float.
 *
 * @since 0.1.0
 */
export * as ByteSize from "./ByteSize.js"

/**
 * The map of changed blocks that generations 7 and 9 keep at the end of an image
 * file: which blocks of the disk were written to since a point. The kernel has it
 * while a device runs, and the file has it otherwise. `DiskChanges.tracked` reads it.
 *
 * @since 0.2.0
 */
export * as ChangeTracking from "./ChangeTracking.js"

/**
 * Finds the cause of a failure from the outcome of a run of the tool.
 *
 * @since 0.1.0
 */
export * as Classification from "./Classification.js"

/**
 * The unit in which an image file grows: a power of two from 32 KiB to 64 MiB.
 *
 * @since 0.1.0
 */
export * as ClusterSize from "./ClusterSize.js"

/**
 * What two tools say to each other while one copies a running device to the other: packets one way, and on generations 7
 * and 9 replies the other way. A backend does not need it to carry a copy, but to tell its rounds, and whether the
 * receiver has confirmed all of it.
 *
 * @since 0.2.0
 */
export * as CopyProtocol from "./CopyProtocol.js"

/**
 * Block devices of running images.
 *
 * @since 0.1.0
 */
export * as DevicePath from "./DevicePath.js"

/**
 * How a disk is named: by the path of its `DiskDescriptor.xml`.
 *
 * @since 0.1.0
 */
export * as Disk from "./Disk.js"

/**
 * A difference between two points of a disk, in its files or in its blocks, as
 * `DiskChanges` finds it.
 *
 * @since 0.2.0
 */
export * as DiskChange from "./DiskChange.js"

/**
 * Which files and which blocks differ between two points of a disk, each a
 * snapshot or the top delta. It is made of the operations of `Ploop` and of the host's `FileSystem`, so
 * every backend has it.
 *
 * @since 0.2.0
 */
export * as DiskChanges from "./DiskChanges.js"

/**
 * The files of a clone: which images it has of the disk that is cloned, by which
 * names, and its descriptor. A backend links or copies, and writes them.
 *
 * @since 0.2.0
 */
export * as DiskClone from "./DiskClone.js"

/**
 * Parses and renders `DiskDescriptor.xml`.
 *
 * @since 0.1.0
 */
export * as DiskDescriptor from "./DiskDescriptor.js"

/**
 * The directories of volumes: a disk each, and links to the children of the
 * volume. `ploop-volume` of generations 7 and 9 makes them.
 *
 * @since 0.2.0
 */
export * as DiskVolume from "./DiskVolume.js"

/**
 * Bytes in both directions, as a socket carries them: what `copyTo` and
 * `copyFrom` need between two processes or hosts.
 *
 * @since 0.2.0
 */
export * as Duplex from "./Duplex.js"

/**
 * The formats in which a disk leaves ploop, and enters it.
 *
 * @since 0.2.0
 */
export * as ExchangeFormat from "./ExchangeFormat.js"

/**
 * The exit codes of the tool, of all generations.
 *
 * @since 0.1.0
 */
export * as ExitCode from "./ExitCode.js"

/**
 * The file system inside an image.
 *
 * @since 0.1.0
 */
export * as FileSystemType from "./FileSystemType.js"

/**
 * The version of the image format.
 *
 * @since 0.1.0
 */
export * as FormatVersion from "./FormatVersion.js"

/**
 * The generations of the tool that are in use, and what sets them apart.
 *
 * @since 0.1.0
 */
export * as Generation from "./Generation.js"

/**
 * What sets the generations of the tool apart: one row for each trait, with a
 * value for each generation.
 *
 * @since 0.2.0
 */
export * as GenerationTraits from "./GenerationTraits.js"

/**
 * Paths of files and directories on the host.
 *
 * @since 0.1.0
 */
export * as HostPath from "./HostPath.js"

/**
 * What can be seen of an image file without the tool: whether its header makes
 * sense, and whether each cluster of its index table is in the file. The tool
 * reads neither when the in-use flag is not set, and calls the image clean.
 *
 * @since 0.2.0
 */
export * as ImageExamination from "./ImageExamination.js"

/**
 * How an image keeps its data.
 *
 * @since 0.1.0
 */
export * as ImageFormat from "./ImageFormat.js"

/**
 * Disks as streams of bytes, in the formats of `exportImage` and `importImage`: to another host, an archive or a service,
 * and back. It is made of these operations and of the host's `FileSystem`, so every backend has it.
 *
 * @since 0.2.0
 */
export * as ImageStream from "./ImageStream.js"

/**
 * The tool's low-level commands, which act on a device or an image.
 *
 * @since 0.1.0
 */
export * as LowLevel from "./LowLevel.js"

/**
 * The operations of ploop: one table, which is the only place where an operation
 * is declared. The service, its low-level companion, what a backend provides,
 * the errors of each operation and the protocol of a remote backend are derived
 * from it.
 *
 * @since 0.2.0
 */
export * as Operation from "./Operation.js"

/**
 * The errors that each operation can have, derived from the table of operations.
 *
 * @since 0.1.0
 */
export * as OperationError from "./OperationError.js"

/**
 * The service: the operations of `ploop`, on any backend.
 *
 * @since 0.1.0
 */
export * as Ploop from "./Ploop.js"

/**
 * What can go wrong with an operation of `ploop`: one class for each cause that
 * a caller can act on, the same on every backend and every generation.
 *
 * @since 0.1.0
 */
export * as PloopError from "./PloopError.js"

/**
 * Text from a host that is safe to print: a file name, and so the tool's output,
 * may hold any character, and control characters can move the cursor of a
 * terminal or forge a line of a log.
 *
 * @since 0.2.0
 */
export * as PrintableText from "./PrintableText.js"

/**
 * How far an operation is that can take minutes: a copy, a merge, an export.
 *
 * @since 0.2.0
 */
export * as Progress from "./Progress.js"

/**
 * What an operation must refuse before it touches anything, and the error that
 * it refuses with.
 *
 * @since 0.2.0
 */
export * as Refusal from "./Refusal.js"

/**
 * The remedies that errors have: what a person can do about each cause. A test
 * executes each of them: followed to the letter, none loses data.
 *
 * @since 0.2.0
 */
export * as Remedy from "./Remedy.js"

/**
 * What the operations take: a schema for each, which checks the options of a
 * caller before anything is touched, fills in the defaults, and gives a backend
 * a complete request.
 *
 * @since 0.1.0
 */
export * as Request from "./Request.js"

/**
 * What the operations return: plain values, each with a schema.
 *
 * @since 0.1.0
 */
export * as Result from "./Result.js"

/**
 * What an operation did to the snapshots of a disk: the difference between the
 * tree before it and the tree after it.
 *
 * @since 0.2.0
 */
export * as SnapshotChange from "./SnapshotChange.js"

/**
 * How a snapshot is named: a UUID in braces and in lower case.
 *
 * @since 0.1.0
 */
export * as SnapshotId from "./SnapshotId.js"

/**
 * The snapshots of a disk as a tree: each is built on its parent, and the top
 * delta, which is written to, is a leaf.
 *
 * @since 0.1.0
 */
export * as SnapshotTree from "./SnapshotTree.js"

/**
 * Waits that a caller can give up.
 *
 * @since 0.2.0
 */
export * as Waiting from "./Waiting.js"

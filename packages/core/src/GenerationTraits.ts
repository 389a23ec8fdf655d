/**
 * What sets the generations of the tool apart: one row for each trait, with a
 * value for each generation.
 *
 * A backend asks the table and never compares a generation with a name, so a new
 * generation does not compile until every row is decided. Traits that only one
 * backend needs, such as the words of a command line, are in a table of that
 * backend.
 *
 * @example
 * import { GenerationTraits } from "@effect-ploop/core"
 * import type { Generation } from "@effect-ploop/core"
 *
 * const hint = (generation: Generation.Generation) =>
 *   GenerationTraits.copiesInDialogue[generation] ? "stop the disk and copy its files" : "use copySend"
 *
 * @since 0.2.0
 */
import * as ByteSize from "./ByteSize.js"
import type { FormatVersion } from "./FormatVersion.js"
import type { Generation } from "./Generation.js"

/**
 * A row of a table: a value for each generation.
 *
 * @since 0.2.0
 * @category models
 */
export type Row<A> = Readonly<Record<Generation, A>>

// Formats

/**
 * The settings of a host's kernel driver.
 *
 * @since 0.2.0
 * @category models
 */
export interface Driver {
  /** Whether the ploop driver was loaded with its large disk support. */
  readonly largeDisks: boolean
}

/**
 * Whether the driver knows format version 2. The ploop driver knows it with its
 * large disk support; the device-mapper target of generation 9 knows no other.
 *
 * @since 0.2.0
 * @category formats
 */
export const knowsVersion2: Row<(driver: Driver) => boolean> = {
  "1.15": (driver) => driver.largeDisks,
  "7": (driver) => driver.largeDisks,
  "9": () => true
}

/**
 * The format version of a new image for which none is requested.
 *
 * @since 0.2.0
 * @category formats
 */
export const defaultVersion = (generation: Generation, driver: Driver): FormatVersion =>
  knowsVersion2[generation](driver) ? 2 : 1

/**
 * The largest disk in which the tool makes a file system, or which it resizes.
 *
 * @since 0.2.0
 * @category formats
 */
export const largestFileSystem: Row<ByteSize.ByteSize> = {
  "1.15": ByteSize.TiB(16),
  "7": ByteSize.TiB(50),
  "9": ByteSize.TiB(50)
}

/**
 * The root element of a descriptor that the tool writes.
 *
 * @since 0.2.0
 * @category formats
 */
export const rootElement: Row<"Parallels_disk_image" | "Virtuozzo_disk_image"> = {
  "1.15": "Parallels_disk_image",
  "7": "Virtuozzo_disk_image",
  "9": "Virtuozzo_disk_image"
}

/**
 * Whether the tool gives a new file system a label, makes one without a partition
 * table, and makes a raw image as a hole. Without it, a backend makes the file
 * system itself.
 *
 * @since 0.2.0
 * @category formats
 */
export const shapesNewDisks: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool makes XFS file systems.
 *
 * @since 0.2.0
 * @category formats
 */
export const makesXfs: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether a snapshot can begin to track which blocks change. Without it, the format has no place for them.
 *
 * @since 0.2.0
 * @category formats
 */
export const tracksChanges: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool encrypts disks, with keys that a helper of the host knows by their identifiers.
 *
 * @since 0.2.0
 * @category formats
 */
export const encrypts: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether `ploop-volume` is beside the tool.
 *
 * @since 0.2.0
 * @category tables
 */
export const hasVolumes: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool can resize an idle disk as a mounted one, with its balloon.
 *
 * @since 0.2.0
 * @category formats
 */
export const resizesIdleByBalloon: Row<boolean> = { "1.15": false, "7": true, "9": true }

// What the tool gets wrong

/**
 * Whether the tool recognizes a descriptor by its full name, `DiskDescriptor.xml`,
 * instead of by the ending `.xml`. It takes any other name for an image.
 *
 * @since 0.2.0
 * @category faults
 */
export const requiresDescriptorName: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool makes XFS when ext3 is requested.
 *
 * @since 0.2.0
 * @category faults
 */
export const makesXfsForExt3: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool ignores the switches of a check when it checks a disk by its
 * descriptor.
 *
 * @since 0.2.0
 * @category faults
 */
export const ignoresCheckSwitches: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * Whether a read-only check clears the in-use flag when it is told to drop it.
 *
 * @since 0.2.0
 * @category faults
 */
export const clearsInUseFlagReadOnly: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool replaces images of running disks only.
 *
 * @since 0.2.0
 * @category faults
 */
export const replacesRunningDisksOnly: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool finds the level of an image that is named by its snapshot or its
 * file in the device that runs it. The other generation takes the disk for an idle
 * one, and crashes.
 *
 * @since 0.2.0
 * @category faults
 */
export const findsLevels: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool refuses to change the snapshots of a descriptor of the old
 * format, whose top delta has another identifier than the usual one, and does not
 * find the top delta of such a descriptor by the usual one.
 *
 * @since 0.2.0
 * @category faults
 */
export const refusesOldFormat: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * Whether a deletion that merges the top delta of a descriptor of the old format
 * gives the top its usual identifier first, and then searches for it by the former one.
 *
 * @since 0.2.0
 * @category faults
 */
export const losesOldTop: Row<boolean> = { "1.15": false, "7": true, "9": false }

/**
 * Whether the tool, when it shrinks an idle raw disk, cuts its partition shorter
 * than the file system in it, which then cannot be mounted.
 *
 * @since 0.2.0
 * @category faults
 */
export const cutsIdleRawDisks: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool shrinks a mounted file system to less than it can have: it
 * inflates the balloon by a share of what is too much, and reports success.
 *
 * @since 0.2.0
 * @category faults
 */
export const shrinksByShare: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool shrinks the file system of a device that is attached and not
 * mounted as that of an idle disk, instead of with the balloon.
 *
 * @since 0.2.0
 * @category faults
 */
export const shrinksAttachedAsIdle: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether a device that is attached read-only sets the in-use flag of its image,
 * and clears it when it is detached, also while another device writes to the image.
 *
 * @since 0.2.0
 * @category faults
 */
export const marksReadOnlyDevices: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether a read-only device of the top delta clears the in-use flag of its image
 * while another device writes to it: on generation 7 when it is attached, on 9 when
 * it is detached.
 *
 * @since 0.2.0
 * @category faults
 */
export const clearsFlagOfWriter: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether a discard takes a smallest extent and an amount to free. The other
 * generation ignores both.
 *
 * @since 0.2.0
 * @category faults
 */
export const limitsDiscards: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether a discard can move data together and discard nothing. The tool of
 * generation 9 takes the option, and discards nevertheless.
 *
 * @since 0.2.0
 * @category faults
 */
export const defragsOnly: Row<boolean> = { "1.15": false, "7": true, "9": false }

/**
 * Whether a discard takes a threshold for its defragmentation: `always`, `kaio`
 * (only for a device whose images are read and written by `kaio`) or `never`.
 *
 * @since 0.2.0
 * @category faults
 */
export const defragsByThreshold: Row<"always" | "kaio" | "never"> = { "1.15": "never", "7": "kaio", "9": "always" }

/**
 * Whether the tool hands the path of an image to a shell when it defragments, so
 * that the shell runs what it finds in the path.
 *
 * @since 0.2.0
 * @category faults
 */
export const defragsThroughShell: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool reports how much a discard returned to the host, and returns
 * what a growing balloon takes.
 *
 * @since 0.2.0
 * @category faults
 */
export const countsReturnedSpace: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool stops the device of a temporary snapshot, although somebody
 * reads from it, when it merges temporary snapshots on its way to something else.
 *
 * @since 0.2.0
 * @category faults
 */
export const stopsTemporaryDevices: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the tool finds the device of a disk by the path of its base image. The
 * other generation finds it by the file itself, so that it takes the device of a
 * linked clone for that of the disk that was cloned, and the reverse.
 *
 * @since 0.2.0
 * @category faults
 */
export const findsDevicesByPath: Row<boolean> = { "1.15": true, "7": false, "9": true }

/**
 * Whether a temporary snapshot with several children stops the automatic merge
 * of temporary snapshots on an idle disk, and with it every new snapshot. The
 * other generations skip such a snapshot.
 *
 * @since 0.2.0
 * @category faults
 */
export const stopsAtSharedTemporary: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * How many images the tool merges into a new file without losing data:
 * `chain` (any number), `pair` (two; it stops half-way with more) or `none`
 * (it loses snapshots).
 *
 * @since 0.2.0
 * @category faults
 */
export const mergesIntoNewFile: Row<"chain" | "pair" | "none"> = { "1.15": "chain", "7": "pair", "9": "none" }

/**
 * Whether the tool copies a running device as a dialogue over a socket, which a
 * stream of bytes in one direction cannot carry.
 *
 * @since 0.2.0
 * @category faults
 */
export const copiesInDialogue: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the copy of a running device leaves out clusters of the top delta that are
 * zeros, so that above another image the data of that image shows through.
 *
 * @since 0.2.0
 * @category faults
 */
export const copiesZerosAsHoles: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool prints its usage when it is asked to unmount a disk or an
 * image. Then only a device or a mount point can be unmounted.
 *
 * @since 0.2.0
 * @category faults
 */
export const unmountsDevicesOnly: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool can stop a device without an unmount of its file system, so that
 * the driver refuses while it is mounted.
 *
 * @since 0.2.0
 * @category faults
 */
export const stopsWithoutUnmount: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool divides by the geometry when it writes a descriptor, and
 * crashes where there is none.
 *
 * @since 0.2.0
 * @category faults
 */
export const dividesByGeometry: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * Whether a merge keeps the place of the lower snapshot in the descriptor. The
 * other generation keeps that of the upper one.
 *
 * @since 0.2.0
 * @category faults
 */
export const mergesInPlaceOfParent: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool can merge a snapshot into a raw base image. Generation 9
 * fails half-way, and its next snapshot loses the data of the disk.
 *
 * @since 0.2.0
 * @category faults
 */
export const mergesIntoRawBase: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool merges images that are given by their files. Generation 9 does not find the last of them.
 *
 * @since 0.2.0
 * @category faults
 */
export const mergesBareDeltas: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether the tool drops a delta from the chain when the automatic merge of a
 * temporary snapshot fails before a new snapshot, and reports success.
 *
 * @since 0.2.0
 * @category faults
 */
export const losesFailedMerges: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Where the top delta of a read-only device cannot be merged. Generation 9 makes
 * the device writable when it merges into the base image.
 *
 * @since 0.2.0
 * @category faults
 */
export const failsReadOnlyMerges: Row<"everywhere" | "above the base image"> = {
  "1.15": "everywhere",
  "7": "everywhere",
  "9": "above the base image"
}

/**
 * Whether the tool reports nothing when a query fails, and reports no device
 * when it could not read the descriptor.
 *
 * @since 0.2.0
 * @category faults
 */
export const queriesSilently: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool mounts the type of file system that it finds, and not the one
 * that is requested.
 *
 * @since 0.2.0
 * @category faults
 */
export const mountsTypeItFinds: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether a resize of an idle disk leaves the numbers of the file system from
 * before beside the disk, where later queries read them.
 *
 * @since 0.2.0
 * @category faults
 */
export const keepsNumbersWhenResized: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether a forced check finds an image with allocated clusters that has the
 * empty flag.
 *
 * @since 0.2.0
 * @category faults
 */
export const findsEmptyFlag: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * Whether the tool takes as many directories from the end of the directory of the
 * disk as a relative path has `../` anywhere. It looks for `sub/../root.hdd` in the
 * directory above that of the disk.
 *
 * @since 0.2.0
 * @category faults
 */
export const misreadsDetours: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether a descriptor names an image outside its directory by a relative path.
 *
 * @since 0.2.0
 * @category formats
 */
export const namesOutsideRelatively: Row<boolean> = { "1.15": false, "7": true, "9": true }

// What the driver keeps

/**
 * Whether the driver attaches images of format version 2 only: none of version
 * 1, and no raw image alone. What lies above a raw image it attaches read-only, but
 * the tool crashes when it unmounts that.
 *
 * @since 0.2.0
 * @category drivers
 */
export const attachesVersion2Only: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the partition of a read-only device is itself writable. A file system
 * whose journal is in use then mounts read-only if nothing in the journal has to be
 * replayed. Elsewhere it needs `noload`.
 *
 * @since 0.2.0
 * @category drivers
 */
export const opensPartitionForWriting: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the tool grows an idle disk through a device, for which it needs the driver.
 *
 * @since 0.2.0
 * @category drivers
 */
export const growsThroughDevice: Row<boolean> = { "1.15": false, "7": true, "9": true }

/**
 * Whether the driver keeps a state of maintenance for the balloon, and the tool
 * has commands for it.
 *
 * @since 0.2.0
 * @category drivers
 */
export const hasMaintenance: Row<boolean> = { "1.15": true, "7": true, "9": false }

/**
 * Whether a read-write mount converts images of format version 1 to version 2, in
 * their files.
 *
 * @since 0.2.0
 * @category drivers
 */
export const convertsWhenMounted: Row<boolean> = { "1.15": false, "7": true, "9": false }

/**
 * Whether the names of devices are chosen at random instead of counted by the
 * driver.
 *
 * @since 0.2.0
 * @category drivers
 */
export const namesDevicesAtRandom: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * A part of the kernel that operations need, as a list of prerequisites names
 * it: the driver of generations 1.15 and 7, its setting for format version 2,
 * and the device mapper with its target of ploop, over which generation 9 works.
 *
 * @since 0.2.0
 * @category models
 */
export type KernelPart = "ploop kernel driver" | "large disk support" | "device mapper" | "ploop target"

/**
 * The parts of the kernel that a generation needs.
 *
 * @since 0.2.0
 * @category drivers
 */
export const kernelParts: Row<ReadonlyArray<KernelPart>> = {
  "1.15": ["ploop kernel driver", "large disk support"],
  "7": ["ploop kernel driver", "large disk support"],
  "9": ["device mapper", "ploop target"]
}

/**
 * What each part of the kernel is needed for.
 *
 * @since 0.2.0
 * @category drivers
 */
export const kernelPartUse: Readonly<Record<KernelPart, string>> = {
  "ploop kernel driver": "mount, resize, balloon, and everything else on a device",
  "large disk support": "format version 2, disks of 2 TiB and more",
  "device mapper": "nearly every operation",
  "ploop target": "mount, resize, balloon, and everything else on a device"
}

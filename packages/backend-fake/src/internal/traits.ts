/**
 * How the tools and the drivers of the generations differ, as far as this host
 * imitates it and a real backend has no use for it.
 */
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import type * as Operation from "@effect-ploop/core/Operation"

// Descriptors

/** The root element of a descriptor that the tool writes. */
export const rootElement: Row<"Parallels_disk_image" | "Virtuozzo_disk_image"> = {
  "1.15": "Parallels_disk_image",
  "7": "Virtuozzo_disk_image",
  "9": "Virtuozzo_disk_image"
}

/** Whether a command that changes a disk leaves a lock file beside the descriptor. */
export const leavesLockFile: Row<boolean> = { "1.15": true, "7": true, "9": false }

/** Whether the lock is on the base image, so that no snapshot is taken without it. */
export const locksBaseImage: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a descriptor whose top delta has another identifier keeps its snapshots from being changed. */
export const refusesOldDescriptor: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether an image outside the directory of the descriptor has a relative name in it. */
export const namesOutsideRelatively: Row<boolean> = { "1.15": false, "7": true, "9": true }

const balloonCode = (operation: Operation.Name): number => operation.startsWith("balloon") ? 38 : 39

/** The exit code of a command whose descriptor is missing. */
export const missingDescriptorCode: Row<(operation: Operation.Name) => number> = {
  "1.15": balloonCode,
  "7": (operation) => operation === "resize" || operation === "grow" ? 4 : balloonCode(operation),
  "9": () => 4
}

// Images

/** Whether any mark where the in-use flag is counts as the flag. */
export const takesAnyMarkForInUse: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether an idle image with the in-use flag is not opened for its size. */
export const refusesInUseFlag: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool repairs the top image of an idle disk before it uses it. */
export const repairsTopImage: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether a check of a disk clears the in-use flag without being told to. */
export const clearsInUseFlagOfDisk: Row<boolean> = { "1.15": true, "7": false, "9": true }

/** Whether a read-only check fails when it finds something to repair. The others repair it all the same. */
export const checksWithoutWriting: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool compares a replacement with the image that it replaces. */
export const comparesReplacement: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** The versions that the tool converts images to. */
export const convertsTo: Row<ReadonlyArray<FormatVersion>> = { "1.15": [1, 2], "7": [2], "9": [1, 2] }

/** The exit code of a conversion of a raw image to another version, which is refused. */
export const rawVersionCode: Row<number> = { "1.15": 0, "7": 38, "9": 0 }

/** Whether the tool grows an idle disk through a device. */
export const growsAttached: Row<boolean> = { "1.15": false, "7": true, "9": true }

// Devices and mounts

/** Whether device nodes are in `/dev/mapper`. */
export const usesDeviceMapper: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a device is found by the path of its base image only. The others find it whatever the file is called now. */
export const findsDevicesByPath: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the descriptor is read before anything else is inspected. */
export const readsDescriptorFirst: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether the tool refuses to attach an image for writing that others are built on. */
export const protectsParents: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether a mount for writing converts images of version 1 to version 2. */
export const convertsWhenMounted: Row<boolean> = { "1.15": false, "7": true, "9": false }

/** Whether the tool reads the type of a file system from the image when none is given, instead of assuming ext4. */
export const findsFileSystemType: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a file system without a balloon is not mounted. */
export const requiresBalloon: Row<boolean> = { "1.15": false, "7": true, "9": true }

/** The exit code of an unmount of what is busy. */
export const busyCode: Row<number> = { "1.15": 22, "7": 46, "9": 46 }

/** The exit code for the numbers of a running disk that is not mounted; 1.15 has none of a known meaning. */
export const unmountedFileSystemCode: Row<number | undefined> = { "1.15": undefined, "7": 15, "9": 15 }

// Snapshots

/** Whether a new delta has its identifier in the place of the one in the base image's name. */
export const replacesIdentifierInName: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a range is merged at once. The others merge image by image. */
export const mergesRanges: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether a snapshot is marked as temporary before it is merged; a merge that fails leaves the mark. */
export const marksBeforeMerge: Row<boolean> = { "1.15": false, "7": true, "9": true }

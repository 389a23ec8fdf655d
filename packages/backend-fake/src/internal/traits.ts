/** How the tools and drivers of the generations differ, where only the host in memory needs to know it. */
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import type * as Operation from "@effect-ploop/core/Operation"
import type { InodeRatio } from "./layout.js"

// Descriptors

/** Whether a command that changes a disk leaves a lock file beside the descriptor. */
export const leavesLockFile: Row<boolean> = { "1.15": true, "7": true, "9": false }

/** Whether the tool locks the base image, so that a snapshot fails when that image is missing. */
export const locksBaseImage: Row<boolean> = { "1.15": false, "7": false, "9": true }

const balloonCode = (operation: Operation.Name): number => operation.startsWith("balloon") ? 38 : 39

/** The exit code of a command whose descriptor is missing. */
export const missingDescriptorCode: Row<(operation: Operation.Name) => number> = {
  "1.15": balloonCode,
  "7": (operation) => operation === "resize" ? 4 : balloonCode(operation),
  "9": (operation) => operation.startsWith("balloon") ? 38 : 4
}

// Images

/** Whether any value where the in-use flag is counts as the flag. */
export const takesAnyMarkForInUse: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool refuses to open an idle image whose in-use flag is set, when it reads its size. */
export const refusesInUseFlag: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool repairs the top image of an idle disk before it uses it. */
export const repairsTopImage: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether a check of a disk clears the in-use flag without being asked to. */
export const clearsInUseFlagOfDisk: Row<boolean> = { "1.15": true, "7": false, "9": true }

/** Whether a read-only check fails when it finds something to repair. The others repair it anyway. */
export const checksWithoutWriting: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether a check opens images with O_DIRECT, which fails for a directory. */
export const checksPastCache: Row<boolean> = { "1.15": false, "7": true, "9": true }

/** Whether a check of a disk finds clusters that are used twice without being asked to. */
export const findsDuplicatesInDisk: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool compares a replacement with the image that it replaces. */
export const comparesReplacement: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** How much of an image a check reads first, in bytes. */
export const checkedStart: Row<number> = { "1.15": 64, "7": 4096, "9": 4096 }

/** Whether the tool refuses to make a delta on a raw image whose size is not a whole number of clusters. */
export const alignsNewDeltas: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** The versions that the tool converts images to. */
export const convertsTo: Row<ReadonlyArray<FormatVersion>> = { "1.15": [1, 2], "7": [2], "9": [1, 2] }

/** Whether the tool fixes how many inodes a new file system has, or mkfs takes what suits its size. */
export const inodeRatio: Row<InodeRatio> = { "1.15": "fixed", "7": "by size", "9": "by size" }

// Devices and mounts

/** Whether device nodes are in `/dev/mapper`. */
export const usesDeviceMapper: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a discard of extents larger than any finds nothing, instead of failing. */
export const trimsNothingQuietly: Row<boolean> = { "1.15": false, "7": true, "9": false }

/** Whether the descriptor is read before anything else. */
export const readsDescriptorFirst: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether the tool refuses to attach an image read-write when other images are built on it. */
export const protectsParents: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether the tool refuses to mount a file system without a balloon file. */
export const requiresBalloon: Row<boolean> = { "1.15": false, "7": true, "9": true }

const busyDriver = { code: 3, text: (device: string) => `Can't add image to ${device}: Device or resource busy` }

/** How a mount on a device that runs another disk fails. */
export const busyDevice: Row<typeof busyDriver> = {
  "1.15": busyDriver,
  "7": busyDriver,
  "9": {
    code: 255,
    text: (device) =>
      `device-mapper: create ioctl on ${device.slice(device.lastIndexOf("/") + 1)} failed: Device or resource busy`
  }
}

/** The exit code of an unmount when the file system is busy. */
export const busyCode: Row<number> = { "1.15": 22, "7": 46, "9": 46 }

/** How the tool fails to mount a device on which there is no file system. */
const unmountable = {
  code: 21,
  text: (device: string, target: string, data: string) =>
    `Can't mount file system dev=${device}p1 target=${target} data='${data}': Invalid argument`
}

export const noFileSystem: Row<typeof unmountable> = {
  "1.15": unmountable,
  "7": unmountable,
  "9": { code: 255, text: (device) => `blkid: ${device} has an unsupported type, missing filesystem?` }
}

/** Whether the in-use flag stays set when the tool cannot mount what it attached for an operation. */
export const leavesFlagOfFailedMount: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether the tool asks which file system there is before it checks it. */
export const probesBeforeCheck: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * The exit code of the file system information of a disk that is attached but
 * not mounted. 1.15 has no code of a known meaning.
 */
export const unmountedFileSystemCode: Row<number | undefined> = { "1.15": undefined, "7": 15, "9": 15 }

/** Whether an idle disk without a partition table can be shrunk. */
export const shrinksUnpartitioned: Row<boolean> = { "1.15": false, "7": true, "9": true }

// Snapshots

/** Whether the identifier of a new delta replaces the one in the name of the base image. The others append it. */
export const replacesIdentifierInName: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether the cached numbers of the file system are gone even when a switch fails. */
export const forgetsNumbersBeforeSwitch: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a range is merged at once. The others merge image by image. */
export const mergesRanges: Row<boolean> = { "1.15": true, "7": false, "9": false }

/** Whether an offline merge marks the lower image as in use before it opens the others. */
export const marksMergedFirst: Row<boolean> = { "1.15": false, "7": false, "9": true }

/**
 * Whether the driver copies what is below the top delta of a running disk into it,
 * and keeps the file of the top delta. Into the base image it merges as the others do.
 */
export const mergesIntoTopDelta: Row<boolean> = { "1.15": false, "7": false, "9": true }

/** Whether a snapshot is marked as temporary before it is merged. It stays marked when the merge fails. */
export const marksBeforeMerge: Row<boolean> = { "1.15": false, "7": true, "9": true }

/** Whether the tool copies only a device whose file system is mounted. */
export const copiesOnlyMounted: Row<boolean> = { "1.15": true, "7": false, "9": false }

/**
 * What hosts differ in. A case lists the capabilities that it needs, and a
 * target those that it has. A case that needs more is skipped, with the reason.
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as Schema from "effect/Schema"

/**
 * - `locks`: the tool works at all: it can take its locks, which requires root, and generation 9 reaches the device
 *   mapper; every case needs it;
 * - `device`: disks can be attached to devices, which requires the kernel driver;
 * - `idleGrow`: a disk that is not attached can grow, for which generations 7 and 9 need a device;
 * - `mount`: the file systems of disks can be mounted;
 * - `onlineGrow`: a mounted file system can grow;
 * - `balloon`: the balloon can be inflated, and space can be returned to the host;
 * - `temporarySnapshot`: temporary snapshots can be taken;
 * - `copy`: a copy of a running device can be sent in one direction, and received as an image;
 * - `duplexCopy`: a running device can be copied over a connection in both directions;
 * - `lowLevel`: the backend has the operations of `LowLevel`;
 * - `version2`: disks of format version 2 can be created;
 * - `snapshotBesideDisk`: a snapshot can be attached while its disk is attached;
 * - `statistics`: a running device has counters;
 * - `xfs`: XFS file systems can be made in disks;
 * - `tracking`: the kernel tracks which blocks of a running disk change;
 * - `encryption`: disks can be encrypted, with any key.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Capability = Schema.Literal(
  "locks",
  "device",
  "idleGrow",
  "mount",
  "onlineGrow",
  "balloon",
  "temporarySnapshot",
  "copy",
  "duplexCopy",
  "lowLevel",
  "version2",
  "snapshotBesideDisk",
  "statistics",
  "xfs",
  "tracking",
  "encryption"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Capability = typeof Capability.Type

/**
 * All capabilities.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Capability> = Capability.literals

const dialogue = (generation: Generation): string =>
  `generation ${generation} copies in a dialogue, by copyTo and copyFrom`

const noXfs = (generation: Generation): string => `generation ${generation} makes no XFS`

const lacks: Row<{ readonly [C in Capability]?: string }> = {
  "1.15": {
    xfs: noXfs("1.15"),
    tracking: "generation 1.15 tracks no changes",
    encryption: "generation 1.15 knows no encryption"
  },
  "7": { copy: dialogue("7"), xfs: noXfs("7") },
  "9": { copy: dialogue("9"), statistics: "generation 9 has no such counters" }
}

/**
 * The capabilities of a host of a generation on which nothing is missing.
 *
 * @since 0.1.0
 * @category constants
 */
export const ofGeneration = (generation: Generation): ReadonlyArray<Capability> =>
  all.filter((capability) => lackOf(capability, generation) === undefined)

/**
 * Why no host of a generation has a capability; undefined when one can have it.
 *
 * @since 0.1.0
 * @category queries
 */
export const lackOf = (capability: Capability, generation: Generation): string | undefined =>
  lacks[generation][capability]

const sentences: Readonly<Record<Capability, string>> = {
  locks: "a tool that works here",
  device: "devices, which require the kernel's ploop driver",
  idleGrow: "growth of an idle disk, which generations 7 and 9 do through a device",
  mount: "mounts of the file systems in disks",
  onlineGrow: "a kernel that lets a mounted file system grow",
  balloon: "a balloon in the file system, and discard",
  temporarySnapshot: "temporary snapshots",
  copy: "copies of a running device in one direction",
  duplexCopy: "copies of a running device over a connection in both directions",
  lowLevel: "the low-level operations",
  version2: "format version 2",
  snapshotBesideDisk: "a snapshot attached beside its disk",
  statistics: "the counters of a running device",
  xfs: "XFS file systems, which need mkfs.xfs",
  tracking: "a kernel that tracks which blocks of a running disk change",
  encryption: "encrypted disks, with keys that the crypt helper of the host finds by any identifier"
}

/**
 * Describes a capability, as the object of "needs".
 *
 * @since 0.1.0
 * @category formatting
 */
export const describe = (capability: Capability): string => sentences[capability]

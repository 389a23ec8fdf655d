/**
 * What a host can do, as far as hosts differ in it. A case names what it needs,
 * a target what it has; a case that needs more is skipped, with the reason.
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as Schema from "effect/Schema"

/**
 * - `locks`: the tool may take its locks, which takes root; every case needs it;
 * - `device`: disks can be attached to devices, which takes the kernel's driver;
 * - `mount`: the file systems in them can be mounted;
 * - `onlineGrow`: a mounted file system can be made larger;
 * - `balloon`: the balloon can be inflated, and space given back to the host;
 * - `temporarySnapshot`: snapshots that go away by themselves can be taken;
 * - `copy`: the top delta of a running device can be sent and received;
 * - `version2`: disks of format version 2 can be made;
 * - `snapshotBesideDisk`: a snapshot can be attached while its disk is;
 * - `statistics`: a running device counts what it does.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Capability = Schema.Literal(
  "locks",
  "device",
  "mount",
  "onlineGrow",
  "balloon",
  "temporarySnapshot",
  "copy",
  "version2",
  "snapshotBesideDisk",
  "statistics"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Capability = typeof Capability.Type

/**
 * Every capability there is.
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<Capability> = Capability.literals

const dialogue = (generation: Generation): string =>
  `the copy of generation ${generation} is a dialogue, which no backend speaks yet`

const lacks: Row<{ readonly [C in Capability]?: string }> = {
  "1.15": {},
  "7": { copy: dialogue("7") },
  "9": { copy: dialogue("9"), statistics: "generation 9 keeps no such counters" }
}

/**
 * What a host of a generation can do when nothing is missing on it.
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
  locks: "the tool's locks, which take root",
  device: "devices, which take the kernel's ploop driver",
  mount: "mounts of the file systems in disks",
  onlineGrow: "a kernel that lets a mounted file system grow",
  balloon: "a balloon in the file system, and discard",
  temporarySnapshot: "temporary snapshots",
  copy: "copies of a running device",
  version2: "format version 2",
  snapshotBesideDisk: "a snapshot attached beside its disk",
  statistics: "the counters of a running device"
}

/**
 * What a capability is, as the rest of a sentence that begins with "needs".
 *
 * @since 0.1.0
 * @category formatting
 */
export const describe = (capability: Capability): string => sentences[capability]

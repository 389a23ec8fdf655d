import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { Capability } from "@effect-ploop/testkit/Capability"
import { ids } from "@effect-ploop/testkit/Conformance"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type * as Effect from "effect/Effect"

/** Where the steps of a sequence work: a directory that is theirs alone. */
export interface Place {
  readonly directory: string
  readonly disk: string
}

/** What is known of the disk before a step, on either side. */
export interface Model {
  /** Whether it has a device. */
  attached: boolean
  /** Whether its file system is mounted, */
  mounted: boolean
  /** and for writing. */
  writable: boolean
  /** Whether a snapshot is mounted beside it. */
  beside: boolean
  /** The snapshots that the descriptor has. */
  snapshots: ReadonlySet<SnapshotId.SnapshotId>
  /** What both targets are able to. */
  readonly capabilities: ReadonlySet<Capability>
  /** How many steps may still be run. */
  left: number
}

/** What a step does. */
export type Work = Effect.Effect<unknown, unknown, Ploop | LowLevel | FileSystem | Path>

/** One operation of a sequence. */
export interface Step {
  /** The operation first, then what it is done with. */
  readonly name: string
  /** Whether it makes sense now; steps that do not are left out of the sequence. */
  readonly when: (model: Readonly<Model>) => boolean
  /** What both targets have to be able to, if it is more than what all of its kind need. */
  readonly needs?: Capability | undefined
  /** What is known after it, when it succeeds. */
  readonly leads?: Partial<Pick<Model, "attached" | "beside" | "mounted" | "writable">> | undefined
  readonly run: (place: Place) => Work
}

/** The snapshots of a sequence, by the names that they have in steps. */
export const snapshots = { a: ids.a, b: ids.b, c: ids.c, d: ids.d } as const

/** A snapshot of a sequence, or the top delta. */
export interface Named {
  readonly name: string
  readonly id: SnapshotId.SnapshotId
}

export const named: ReadonlyArray<Named> = Object.entries(snapshots).map(([name, id]) => ({ name, id }))

export const top: Named = { name: "the top", id: SnapshotId.top }

/** The directory at which a sequence mounts its disk, and the one for a snapshot beside it. */
export const target = ({ directory }: Place): string => `${directory}/mnt`
export const besideTarget = ({ directory }: Place): string => `${directory}/old`

/** Their names. */
export const mountPoints: ReadonlyArray<string> = ["mnt", "old"]

/** A further directory of a sequence, and its name. */
export const furtherName = "sub"
export const further = ({ directory }: Place): string => `${directory}/${furtherName}`

/** The component of the snapshot beside the disk. */
export const component = "old"

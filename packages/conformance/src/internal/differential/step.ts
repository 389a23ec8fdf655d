import type { Generation } from "@effect-ploop/core/Generation"
import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { Capability } from "@effect-ploop/testkit/Capability"
import { ids } from "@effect-ploop/testkit/Conformance"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type * as Effect from "effect/Effect"

/** Where the steps of a sequence work: a directory that nothing else uses. */
export interface Place {
  readonly directory: string
  readonly disk: string
}

/** What is known about the disk before a step, on both targets. */
export interface Model {
  /** Whether it has a device. */
  attached: boolean
  /** Whether its file system is mounted. */
  mounted: boolean
  /** Whether it is mounted for writing. */
  writable: boolean
  /** Whether a snapshot is mounted beside it. */
  beside: boolean
  /** Whether the descriptor was edited, and the one from before is kept. */
  edited: boolean
  /** Whether the descriptor can be read. */
  readable: boolean
  /** The snapshots that the descriptor has. */
  snapshots: ReadonlySet<SnapshotId.SnapshotId>
  /** The generation of the tool. */
  readonly generation: Generation
  /** The capabilities of both targets. */
  readonly capabilities: ReadonlySet<Capability>
  /** How many more steps may run. */
  left: number
}

/** The effect of a step. */
export type Work = Effect.Effect<unknown, unknown, Ploop | LowLevel | FileSystem | Path>

/** One operation of a sequence. */
export interface Step {
  /** The operation, then its arguments. */
  readonly name: string
  /** Whether the step applies now; other steps are left out of the sequence. */
  readonly when: (model: Readonly<Model>) => boolean
  /** A capability that both targets must have, beyond those that all steps of the sequence need. */
  readonly needs?: Capability | undefined
  /** What is known after the step succeeds. */
  readonly leads?: Partial<Pick<Model, "attached" | "beside" | "edited" | "mounted" | "writable">> | undefined
  readonly run: (place: Place) => Work
}

/** The snapshots of a sequence, by their names in steps. */
export const snapshots = { a: ids.a, b: ids.b, c: ids.c, d: ids.d } as const

/** A snapshot of a sequence, or the top delta. */
export interface Named {
  readonly name: string
  readonly id: SnapshotId.SnapshotId
}

export const named: ReadonlyArray<Named> = Object.entries(snapshots).map(([name, id]) => ({ name, id }))

export const top: Named = { name: "the top", id: SnapshotId.top }

/** The mount point of the disk of a sequence, and the one for a snapshot beside it. */
export const target = ({ directory }: Place): string => `${directory}/mnt`
export const besideTarget = ({ directory }: Place): string => `${directory}/old`

/** Their names. */
export const mountPoints: ReadonlyArray<string> = ["mnt", "old"]

/** Another directory of a sequence, and its name. */
export const furtherName = "sub"
export const further = ({ directory }: Place): string => `${directory}/${furtherName}`

/** The component of the snapshot beside the disk. */
export const component = "old"

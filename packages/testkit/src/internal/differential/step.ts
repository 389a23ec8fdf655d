import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type * as Effect from "effect/Effect"
import { ids } from "../../Conformance.js"

/** Where the steps of a sequence work: a directory that is theirs alone. */
export interface Place {
  readonly directory: string
  readonly disk: string
}

/** What is known of the disk before a step, on either side. */
export interface Model {
  /** Whether the file system of the disk is mounted. */
  mounted: boolean
  /** Whether a snapshot is mounted beside it. */
  beside: boolean
  snapshots: number
}

/** One operation of a sequence. */
export interface Step {
  readonly name: string
  /** Whether it makes sense now; steps that do not are left out of the sequence. */
  readonly when: (model: Model) => boolean
  /** What is known after it, when it succeeds. */
  readonly leads?: Partial<Pick<Model, "beside" | "mounted">> | undefined
  readonly run: (place: Place) => Effect.Effect<unknown, unknown, Ploop | LowLevel | FileSystem | Path>
}

/** The snapshots of a sequence. */
export const snapshots = [ids.a, ids.b, ids.c, ids.d] as const

/** The directory at which a sequence mounts its disk, and the one for a snapshot beside it. */
export const target = ({ directory }: Place): string => `${directory}/mnt`
export const besideTarget = ({ directory }: Place): string => `${directory}/old`

/** Their names. */
export const mountPoints: ReadonlyArray<string> = ["mnt", "old"]

/** The component of the snapshot beside the disk. */
export const component = "old"

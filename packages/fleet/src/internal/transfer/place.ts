import type * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type { PersistenceError } from "@effect/cluster/ClusterError"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createHash } from "node:crypto"
import { Problem } from "../../Workflow.js"
import type { Journal } from "../journal.js"

/** A disk at which a workflow takes a step, and what it needs for it. */
export interface Place {
  readonly fs: FileSystem.FileSystem
  readonly ploop: Ploop.Ploop & LowLevel.LowLevel
  readonly journal: Context.Tag.Service<Journal>
  /** The entity of the disk. */
  readonly id: string
  /** The path of its descriptor. */
  readonly disk: string
  readonly workflow: string
}

/** What a step can fail with. */
export type StepError = Problem | PlatformError | PloopError.PloopError | PersistenceError

export type Taking<A> = Effect.Effect<A, StepError>

/** Nothing that a person does to the workflow can help. */
export const refused = (tag: string, reason: string): Problem => new Problem({ tag, reason, kind: "refused" })

/** A person has to inspect the host. */
export const forPerson = (tag: string, reason: string): Problem => new Problem({ tag, reason, kind: "person" })

/** The directory of a disk. */
export const directoryOf = (disk: string): string => disk.slice(0, Math.max(1, disk.lastIndexOf("/")))

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")))

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1)

/** The name of a descriptor while its disk is held: no tool takes it for one. */
export const heldName = ({ disk, workflow }: Place): string => `${disk}.held-${workflow}`

/** A directory of the workflow beside that of the disk. */
export const beside = ({ disk, workflow }: Place, purpose: "clone" | "receiving"): string =>
  `${directoryOf(disk)}.${purpose}-${workflow}`

/** The directory that has the directory of the disk. */
export const above = ({ disk }: Place): string => parentOf(directoryOf(disk))

/** The file that shows that a directory comes from this workflow. */
export const markerIn = ({ workflow }: Place, directory: string): string => `${directory}/.ploop-fleet-${workflow}`

/** Once a workflow has undone its steps at a disk, one that arrives late is refused. */
const undone = ({ id, workflow }: Place): string =>
  `undone ${workflow} ${createHash("sha256").update(id).digest("hex")}`

export const recordUndone = (place: Place) => place.journal.begin(undone(place))

export const requireNotUndone = (place: Place): Taking<void> =>
  Effect.flatMap(
    place.journal.hasBegun(undone(place)),
    (isUndone) => isUndone ? refused("Undone", "the workflow has undone its steps here already") : Effect.void
  )

const requireHolder = ({ disk, workflow }: Place, holder: string): Taking<void> =>
  holder === workflow ? Effect.void : refused("DiskHeld", `the workflow ${holder} holds ${disk}`)

/** Holds the disk, so that changes of others are refused. */
export const take = (place: Place): Taking<void> =>
  Effect.flatMap(place.journal.hold(place.id, place.workflow), (holder) => requireHolder(place, holder))

export const requireNotHeld = (place: Place): Taking<void> =>
  Effect.flatMap(
    place.journal.holder(place.id),
    Option.match({ onNone: () => Effect.void, onSome: (holder) => requireHolder(place, holder) })
  )

/** Waits until the names in a directory would survive a power cut. */
export const syncDirectory = ({ fs }: Place, path: string): Taking<void> =>
  Effect.scoped(Effect.flatMap(fs.open(path, { flag: "r" }), (directory) => directory.sync))

/** Removes a file that may be missing. */
export const removeIfThere = ({ fs }: Place, path: string): Taking<void> => fs.remove(path, { force: true })

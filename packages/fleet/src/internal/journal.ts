import type { PersistenceError } from "@effect/cluster/ClusterError"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

type Stored<A> = Effect.Effect<A, PersistenceError>

/** What the fleet knows of disks beside the outcomes of their changes. */
export class Journal extends Context.Tag("@effect-ploop/fleet/internal/journal")<Journal, {
  /** Records that something begins, by its name. Returns whether it does so for the first time. */
  readonly begin: (id: string) => Stored<boolean>
  /** Whether it has begun. */
  readonly hasBegun: (id: string) => Stored<boolean>
  /** The workflow that holds a disk. */
  readonly holder: (disk: string) => Stored<Option.Option<string>>
  /** Holds a disk for a workflow, unless another one does. Returns which one holds it now. */
  readonly hold: (disk: string, workflow: string) => Stored<string>
  /** Ends what {@link hold} began, unless another workflow holds the disk. */
  readonly release: (disk: string, workflow: string) => Stored<void>
}>() {}

/** A workflow, as it is kept. */
export interface Row {
  readonly id: string
  readonly key: string
  /** The request, as JSON. */
  readonly request: string
  /** When it was requested, in milliseconds. */
  readonly startedAt: number
}

/** What the fleet knows of its workflows beside the results of their steps. */
export class Records extends Context.Tag("@effect-ploop/fleet/internal/journal/Records")<Records, {
  /** Records a workflow, unless one with its identifier is there. Returns the one that is there now. */
  readonly add: (row: Row) => Stored<Row>
  readonly get: (id: string) => Stored<Option.Option<Row>>
  /** The oldest first. */
  readonly list: (options: { readonly ended: boolean }) => Stored<ReadonlyArray<Row>>
  /** Adds an event with a name of its own, as JSON, unless it is there. The one that `ends` a workflow is the last. */
  readonly append: (
    id: string,
    event: { readonly name: string; readonly text: string; readonly ends: boolean }
  ) => Stored<void>
  readonly hasEvent: (id: string, name: string) => Stored<boolean>
  /** The events, the oldest first. */
  readonly events: (id: string) => Stored<ReadonlyArray<string>>
}>() {}

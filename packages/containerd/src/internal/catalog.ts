import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as SnapshotterError from "../SnapshotterError.js"
import type { Record } from "./record.js"

interface State {
  readonly records: HashMap.HashMap<string, Record>
  /** Keys of snapshots that are being made, with their parents. */
  readonly reserved: HashMap.HashMap<string, string | undefined>
}

type Reserving =
  | SnapshotterError.SnapshotNotFound
  | SnapshotterError.ParentNotCommitted
  | SnapshotterError.SnapshotExists

/** The records in memory, as they are on the disk. */
export interface Catalog {
  readonly get: (key: string) => Effect.Effect<Record, SnapshotterError.SnapshotNotFound>
  readonly all: Effect.Effect<ReadonlyArray<Record>>
  /** Keys of the snapshots that are built on one, and of those that are being built on it. */
  readonly childrenOf: (name: string) => Effect.Effect<ReadonlyArray<string>>
  /** Takes a key for a snapshot that is being made, until the scope is closed. Returns its parent. */
  readonly reserve: (
    key: string,
    parent: string | undefined
  ) => Effect.Effect<Option.Option<Record>, Reserving, Scope.Scope>
  readonly put: (record: Record) => Effect.Effect<void>
  /** Puts a record in place of that of another key, in one step. */
  readonly rename: (key: string, record: Record) => Effect.Effect<void>
  readonly remove: (key: string) => Effect.Effect<void>
}

const isTaken = ({ records, reserved }: State, key: string) => HashMap.has(records, key) || HashMap.has(reserved, key)

type Admitted = Either.Either<Option.Option<Record>, Reserving>

const parentOf = ({ records }: State, parent: string | undefined): Admitted => {
  if (parent === undefined) return Either.right(Option.none())
  const found = HashMap.get(records, parent)
  if (Option.isNone(found)) return Either.left(new SnapshotterError.SnapshotNotFound({ key: parent }))
  return found.value.info.kind === "committed"
    ? Either.right(found)
    : Either.left(new SnapshotterError.ParentNotCommitted({ parent }))
}

const admit = (state: State, key: string, parent: string | undefined): Admitted =>
  Either.filterOrLeft(
    parentOf(state, parent),
    () => !isTaken(state, key),
    () => new SnapshotterError.SnapshotExists({ key })
  )

const children = ({ records, reserved }: State, name: string) => [
  ...HashMap.toValues(HashMap.filter(records, ({ info }) => info.parent === name)).map(({ info }) => info.name),
  ...HashMap.toEntries(reserved).filter(([, parent]) => parent === name).map(([key]) => key)
]

export const make = (records: ReadonlyArray<Record>): Effect.Effect<Catalog> =>
  Effect.gen(function*() {
    const state = yield* Ref.make<State>({
      records: HashMap.fromIterable(records.map((record) => [record.info.name, record] as const)),
      reserved: HashMap.empty()
    })

    const reserve = (key: string, parent: string | undefined) =>
      Effect.flatten(Ref.modify(state, (before): [Admitted, State] => {
        const found = admit(before, key, parent)
        return [
          found,
          Either.isRight(found) ? { ...before, reserved: HashMap.set(before.reserved, key, parent) } : before
        ]
      }))

    return {
      get: (key) =>
        Effect.flatMap(Ref.get(state), ({ records }) =>
          Effect.mapError(HashMap.get(records, key), () =>
            new SnapshotterError.SnapshotNotFound({ key }))),
      all: Effect.map(Ref.get(state), ({ records }) =>
        HashMap.toValues(records)),
      childrenOf: (name) => Effect.map(Ref.get(state), (now) => children(now, name)),
      reserve: (key, parent) =>
        Effect.acquireRelease(reserve(key, parent), () =>
          Ref.update(state, (now) => ({ ...now, reserved: HashMap.remove(now.reserved, key) }))),
      put: (record) =>
        Ref.update(state, (now) => ({ ...now, records: HashMap.set(now.records, record.info.name, record) })),
      rename: (key, record) =>
        Ref.update(state, (now) => ({
          ...now,
          records: HashMap.set(HashMap.remove(now.records, key), record.info.name, record)
        })),
      remove: (key) =>
        Ref.update(state, (now) => ({ ...now, records: HashMap.remove(now.records, key) }))
    }
  })

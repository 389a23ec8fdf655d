import { Ploop } from "@effect-ploop/core/Ploop"
import type { RunningDevice } from "@effect-ploop/core/Result"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as devices from "./devices.js"
import type { Layout } from "./layout.js"
import type { Locks } from "./locks.js"
import type { Record } from "./record.js"
import type { Found } from "./recordFiles.js"

type Services = Ploop | FileSystem.FileSystem | Path

export const tolerate = (what: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchAllCause(effect, (cause) => Effect.logWarning(`${what}: it stays until the next clean-up`, cause))

/** The device of a committed snapshot, which a client had mounted at its commit. */
const detachCommitted = (layout: Layout, record: Record) =>
  Effect.gen(function*() {
    const target = yield* devices.detach(layout.diskOf(record.id))
    if (Option.isSome(target)) yield* Effect.logDebug(`a committed snapshot is mounted at ${target.value}`)
  }).pipe(tolerate(`the device of snapshot ${JSON.stringify(record.info.name)} could not be detached`))

const isIn = (directory: string, path: string) => path.startsWith(`${directory}/`)

/** Stops a device that belongs to no disk, unless somebody else has mounted it. */
const stop = (own: ReadonlyArray<string>) => ({ device, image, target }: RunningDevice) =>
  target === undefined || own.some((directory) => isIn(directory, target))
    ? Effect.flatMap(Ploop, (ploop) => ploop.umount({ device })).pipe(
      tolerate(`${device}, the device of ${image}, could not be detached`)
    )
    : Effect.logWarning(`${device} belongs to no known disk, but is mounted at ${target}: it stays`)

/** The names of the disks that have a record, those whose record cannot be read included. */
export const knownOf = ({ records, unreadable }: Found<{ readonly id: string }>): ReadonlyArray<string> => [
  ...records.map(({ id }) => id),
  ...unreadable
]

/** Stops the devices whose disks have no record. Mounts below the directories `own` are of this program. */
export const stopOrphans = (layout: Layout, known: ReadonlyArray<string>, own: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const homes = known.map(layout.homeOf)
    const running = yield* ploop.listDevices
    yield* Effect.forEach(
      running.filter(({ deleted, image }) =>
        [layout.homes, layout.building, layout.removed].some((parent) => isIn(parent, image)) &&
        (deleted === true || !homes.some((home) => isIn(home, image)))
      ),
      stop(own),
      { discard: true }
    )
  }).pipe(tolerate("devices could not be listed"))

/** Removes what is in a directory of unfinished work. */
export const sweep = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* fs.readDirectory(directory)
    yield* Effect.forEach(
      names,
      (name) =>
        tolerate(`${directory}/${name} could not be removed`)(fs.remove(`${directory}/${name}`, { recursive: true })),
      { discard: true }
    )
  }).pipe(tolerate(`${directory} could not be read`))

/** Takes down what nobody needs while calls go on. */
export const takeDown = (
  layout: Layout,
  records: Effect.Effect<ReadonlyArray<Record>>,
  exclusively: Locks["exclusively"]
): Effect.Effect<void, never, Services> =>
  Effect.gen(function*() {
    const committed = (yield* records).filter(({ info }) => info.kind === "committed")
    yield* Effect.forEach(
      committed,
      (record) => exclusively(record.info.name)(detachCommitted(layout, record)),
      { discard: true }
    )
    yield* sweep(layout.removed)
  })

/** Takes down what an earlier process left, before the first call. */
export const takeDownAtStart = (
  layout: Layout,
  found: Found<Record>
): Effect.Effect<void, never, Services> =>
  Effect.zipRight(
    stopOrphans(layout, knownOf(found), [layout.building]),
    sweep(layout.building)
  )

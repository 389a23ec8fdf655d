import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { copyFile, type ReadFrom, writeText } from "./copy.js"
import * as manifests from "./manifest.js"
import {
  above,
  beside,
  directoryOf,
  forPerson,
  markerIn,
  type Place,
  recordUndone,
  refused,
  removeIfThere,
  requireNotUndone,
  syncDirectory,
  take,
  type Taking
} from "./place.js"
import * as problems from "./problem.js"
import type { Manifest, Taken } from "./steps.js"

/** Whether the disk is the one that this workflow has published. */
const isPublished = (place: Place): Taking<boolean> => place.fs.exists(markerIn(place, directoryOf(place.disk)))

/** An empty directory may be where the disk will be. */
const requireFree = (place: Place): Taking<void> =>
  Effect.gen(function*() {
    const directory = directoryOf(place.disk)
    if (!(yield* place.fs.exists(directory))) return
    const isEmpty = Effect.map(place.fs.readDirectory(directory), (names) => names.length === 0)
    if (!(yield* isEmpty)) return yield* refused("TargetExists", `${directory} exists and is not empty`)
  })

/** Whether the tool of this host sees the disk with its snapshots. */
const requireReadable = (place: Place, directory: string, manifest: Manifest): Taking<void> =>
  Effect.gen(function*() {
    const disk = manifests.descriptorIn(directory)
    const seen = SnapshotTree.nodes(yield* place.ploop.listSnapshots({ disk })).map(({ id }) => id).sort()
    const expected = Either.map(DiskDescriptor.parse(manifest.descriptor), ({ snapshots }) =>
      snapshots.map(({ id }) => id).sort())
    if (Either.isLeft(expected) || seen.join() !== expected.right.join()) {
      return yield* forPerson("NotReadable", `the tool of the host does not see the snapshots of ${disk}`)
    }
    yield* place.ploop.imageInfo({ disk })
  })

const requireComplete = (place: Place, directory: string, manifest: Manifest): Taking<void> =>
  Effect.flatMap(
    manifests.missing(place, directory, manifest),
    (path) => path === undefined ? Effect.void : forPerson("NotReceived", `${path} is not there in full`)
  )

const leaveRefused = (place: Place) => <A>(step: Taking<A>): Taking<A> =>
  Effect.catchIf(
    step,
    (error) => error._tag === "Problem" && error.kind === "refused",
    (error) => Effect.zipRight(place.journal.release(place.id, place.workflow), Effect.fail(error))
  )

/** The directory for the files, which this workflow alone uses. */
const reserve = (place: Place): Taking<string> =>
  Effect.gen(function*() {
    yield* requireNotUndone(place)
    yield* take(place)
    yield* leaveRefused(place)(requireFree(place))
    const directory = beside(place, "receiving")
    yield* place.fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    return directory
  })

const copyAll = (place: Place, directory: string, manifest: Manifest, readFrom: ReadFrom) =>
  Effect.forEach(manifest.files, (file) => copyFile(place, directory, file, readFrom), { discard: true })

/** Copies files of a disk that runs. What cannot be copied now is copied when the disk is held. */
export const receiveAhead = (place: Place, manifest: Manifest, readFrom: ReadFrom): Taking<Taken> =>
  Effect.gen(function*() {
    if (yield* isPublished(place)) return {}
    const directory = yield* reserve(place)
    yield* copyAll(place, directory, manifest, readFrom).pipe(
      Effect.catchIf(
        (error) => problems.of(error).kind === "person",
        (error) => Effect.logWarning(`not all of ${place.disk} could be copied ahead: ${problems.of(error).message}`)
      )
    )
    return {}
  })

/** Removes all files that were copied ahead when one has changed: a merge may have changed the others too. */
const removeStale = (place: Place, directory: string, manifest: Manifest, ahead: Manifest): Taking<void> =>
  manifests.isPartOf(ahead, manifest)
    ? Effect.void
    : Effect.forEach(
      ahead.files.flatMap(({ name }) => [name, `${name}.part`]),
      (name) => removeIfThere(place, `${directory}/${name}`),
      { discard: true }
    )

export const receive = (
  place: Place,
  manifest: Manifest,
  readFrom: ReadFrom,
  ahead: Manifest | undefined
): Taking<Taken> =>
  Effect.gen(function*() {
    if (yield* isPublished(place)) return {}
    const directory = yield* reserve(place)
    if (ahead !== undefined) yield* removeStale(place, directory, manifest, ahead)
    yield* copyAll(place, directory, manifest, readFrom)
    yield* writeText(place, manifests.descriptorIn(directory), manifest.descriptor)
    yield* requireReadable(place, directory, manifest)
    yield* writeText(place, markerIn(place, directory), `${place.workflow}\n`)
    yield* place.fs.chmod(directory, manifest.mode)
    yield* syncDirectory(place, directory)
    return {}
  })

/** The commit point: the rename is atomic, and replaces nothing but an empty directory. */
export const publish = (place: Place, manifest: Manifest): Taking<Taken> =>
  Effect.gen(function*() {
    const directory = directoryOf(place.disk)
    if (!(yield* isPublished(place))) {
      yield* requireNotUndone(place)
      const received = beside(place, "receiving")
      if (!(yield* place.fs.exists(markerIn(place, received)))) {
        return yield* forPerson("NotReceived", `${received} is not there in full`)
      }
      yield* requireComplete(place, received, manifest)
      yield* leaveRefused(place)(requireFree(place))
      yield* place.fs.rename(received, directory)
    }
    yield* syncDirectory(place, above(place))
    yield* requireComplete(place, directory, manifest)
    yield* requireReadable(place, directory, manifest)
    return { isPublished: true }
  })

export const finish = (place: Place): Taking<Taken> =>
  Effect.gen(function*() {
    yield* removeIfThere(place, markerIn(place, directoryOf(place.disk)))
    yield* place.journal.release(place.id, place.workflow)
    return {}
  })

/** It says whether the disk was published before: then nothing is removed. */
export const discard = (place: Place): Taking<Taken> =>
  Effect.gen(function*() {
    if (yield* isPublished(place)) return { isPublished: true }
    yield* recordUndone(place)
    yield* place.fs.remove(beside(place, "receiving"), { recursive: true, force: true })
    yield* place.journal.release(place.id, place.workflow)
    return { isPublished: false }
  })

import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as manifests from "./manifest.js"
import {
  beside,
  directoryOf,
  forPerson,
  heldName,
  nameOf,
  type Place,
  recordUndone,
  refused,
  removeIfThere,
  requireNotUndone,
  type StepError,
  syncDirectory,
  take,
  type Taking
} from "./place.js"
import * as problems from "./problem.js"
import type { Manifest, Taken } from "./steps.js"

const inUse = (place: Place) => refused("DiskInUse", `${place.disk} is running: unmount it first`)

/** The directory of the disk by the one name that the kernel uses; as it is given, when it is not there. */
const ownDirectory = ({ disk, fs }: Place): Taking<string> =>
  Effect.catchIf(
    fs.realPath(directoryOf(disk)),
    (error) => error._tag === "SystemError" && error.reason === "NotFound",
    () => Effect.succeed(directoryOf(disk))
  )

/** The same of an image. The agent may not read the directories of other disks, which have one name then. */
const imageDirectory = ({ fs }: Place, image: string): Effect.Effect<string> =>
  Effect.orElseSucceed(fs.realPath(directoryOf(image)), () => directoryOf(image))

/**
 * Whether a device of the host has an image of the disk, whatever the descriptor is called, and whatever links lead to
 * the directory.
 */
const isRunning = (place: Place): Taking<boolean> =>
  Effect.gen(function*() {
    const own = yield* ownDirectory(place)
    const images = yield* Effect.map(place.ploop.listDevices, (devices) => devices.map(({ image }) => image))
    const directories = yield* Effect.forEach(images, (image) => imageDirectory(place, image))
    return directories.includes(own)
  })

/** Whether two names are of one file. A host that does not number its files does not say so. */
const isSameFile = (one: FileSystem.File.Info, other: FileSystem.File.Info): boolean =>
  Option.isSome(one.ino) && Option.isSome(other.ino) && one.ino.value === other.ino.value && one.dev === other.dev

/** Links the name, which replaces no descriptor that somebody has written in the meantime. */
const unfence = (place: Place): Taking<void> =>
  Effect.gen(function*() {
    const { disk, fs } = place
    const held = heldName(place)
    if (!(yield* fs.exists(held))) return
    const [now, before] = yield* Effect.all([Effect.option(fs.stat(disk)), fs.stat(held)])
    if (now._tag === "None") yield* fs.link(held, disk)
    else if (!isSameFile(now.value, before)) {
      return yield* forPerson("AlreadyExists", `another descriptor is at ${disk}; that of the disk is ${held}`)
    }
    yield* fs.remove(held)
    yield* syncDirectory(place, directoryOf(disk))
  })

const fence = (place: Place): Taking<void> =>
  Effect.gen(function*() {
    const { disk, fs, ploop } = place
    if (yield* fs.exists(heldName(place))) return
    // What cannot be copied is refused while the disk still has its descriptor.
    if ((yield* ploop.attachments({ disk })).length > 0) return yield* inUse(place)
    yield* manifests.read(place, directoryOf(disk), disk)
    yield* fs.rename(disk, heldName(place))
    yield* syncDirectory(place, directoryOf(disk))
  })

/** A refused step leaves nothing behind. */
const orLeave = (place: Place, leave: Taking<void>) => <A>(step: Taking<A>): Taking<A> =>
  Effect.catchIf(step, (error) => problems.of(error).kind === "refused", (error) =>
    Effect.zipRight(
      Effect.zipRight(leave, place.journal.release(place.id, place.workflow)),
      Effect.fail(error)
    ))

/** What a person can put right. A live move waits for that, so that what was copied ahead is not lost. */
const passing: ReadonlyArray<string> = ["DiskHeld", "DiskInUse", "NotMovable"]

const orAwait = (error: StepError): StepError => {
  const { kind, reason, tag } = problems.of(error)
  return kind === "refused" && passing.includes(tag) ? forPerson(tag, `${reason}; then resume the workflow`) : error
}

export const hold = (place: Place, awaitsPerson: boolean): Taking<Taken> =>
  Effect.gen(function*() {
    yield* requireNotUndone(place)
    yield* take(place)
    return yield* Effect.gen(function*() {
      yield* fence(place)
      // A mount that had read the descriptor before it lost its name.
      if (yield* isRunning(place)) return yield* inUse(place)
      return { manifest: yield* manifests.read(place, directoryOf(place.disk), heldName(place)) }
    }).pipe(orLeave(place, unfence(place)))
  }).pipe(Effect.mapError((error) => awaitsPerson ? orAwait(error) : error))

const isHolder = (place: Place): Taking<boolean> =>
  Effect.map(place.journal.holder(place.id), (holder) => holder._tag === "Some" && holder.value === place.workflow)

export const release = (place: Place): Taking<Taken> =>
  Effect.gen(function*() {
    yield* recordUndone(place)
    yield* unfence(place)
    if ((yield* isHolder(place)) && !(yield* place.fs.exists(place.disk))) {
      return yield* forPerson("DescriptorMissing", `${place.disk} is missing, and so is ${heldName(place)}`)
    }
    yield* place.journal.release(place.id, place.workflow)
    return {}
  })

const requireUnchanged = (place: Place, manifest: Manifest, options: { readonly mayBeMissing: boolean }) =>
  Effect.gen(function*() {
    if (yield* isRunning(place)) {
      return yield* forPerson("DiskInUse", `a device has images of ${place.disk}, which the workflow holds`)
    }
    const path = yield* manifests.changed(place, manifest, options)
    if (path !== undefined) {
      return yield* forPerson("SourceChanged", `${path} was changed while the workflow held the disk`)
    }
  })

export const confirm = (place: Place, manifest: Manifest): Taking<Taken> =>
  Effect.gen(function*() {
    if (!(yield* place.fs.exists(heldName(place)))) {
      return yield* forPerson("NotHeld", `${heldName(place)} is missing: the disk is not held any more`)
    }
    if (yield* place.fs.exists(place.disk)) {
      return yield* forPerson(
        "NotHeld",
        `a descriptor is at ${place.disk}, although the workflow holds the disk: remove one of the two`
      )
    }
    yield* requireUnchanged(place, manifest, { mayBeMissing: false })
    return {}
  })

/** The descriptor goes last, so that a second call finishes what a killed one has begun. */
export const purge = (place: Place, manifest: Manifest): Taking<Taken> =>
  Effect.gen(function*() {
    const directory = directoryOf(place.disk)
    // A killed process has finished it, and somebody may have made another disk since.
    if (!(yield* isHolder(place))) return {}
    if (yield* place.fs.exists(place.disk)) {
      return yield* forPerson(
        "NotHeld",
        `a descriptor is at ${place.disk}, although the disk was moved: remove one of the two`
      )
    }
    if (yield* place.fs.exists(heldName(place))) {
      yield* requireUnchanged(place, manifest, { mayBeMissing: true })
      yield* Effect.forEach(manifest.files, ({ name }) => removeIfThere(place, `${directory}/${name}`))
      yield* removeIfThere(place, `${directory}/${nameOf(place.disk)}.lck`)
      yield* syncDirectory(place, directory)
      yield* removeIfThere(place, heldName(place))
      yield* syncDirectory(place, directory)
    }
    // A hold that arrives late must not take another disk that was made here since.
    yield* recordUndone(place)
    yield* place.journal.release(place.id, place.workflow)
    return {}
  })

const removeClone = (place: Place): Taking<void> =>
  place.fs.remove(beside(place, "clone"), { recursive: true, force: true })

export const stage = (place: Place, snapshot: string): Taking<Taken> =>
  Effect.gen(function*() {
    yield* requireNotUndone(place)
    const directory = beside(place, "clone")
    // One that a killed process has begun: nobody else uses the name.
    yield* removeClone(place)
    yield* place.fs.makeDirectory(directory, { mode: 0o700 })
    const { disk } = yield* place.ploop.clone({ disk: place.disk, snapshot, directory, mode: "linked" })
    return { manifest: yield* manifests.read(place, directory, disk) }
  })

export const unstage = (place: Place): Taking<Taken> =>
  Effect.zipRight(Effect.zipRight(recordUndone(place), removeClone(place)), Effect.succeed({}))

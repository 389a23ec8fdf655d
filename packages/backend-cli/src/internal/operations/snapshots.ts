import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotChange from "@effect-ploop/core/SnapshotChange"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About, Descriptor } from "../host.js"
import * as newFiles from "../newFiles.js"
import { context } from "../outcome.js"
import * as paths from "../paths.js"
import type { Wait } from "../process.js"
import type { Session } from "../session.js"
import { requireAttachable } from "./attachable.js"
import * as confinement from "./confinement.js"
import { deviceOf, devicesOfTop, otherWriter, runningDevice } from "./devices.js"
import { dropTracking } from "./dropTracking.js"
import * as losses from "./losses.js"
import { requireMergeable, requireMergeableBelow, requireMergeableRange } from "./mergeable.js"
import { attach, requireDirectory } from "./mounts.js"
import * as sharing from "./sharing.js"
import { snapshotSizes } from "./snapshotSizes.js"
import * as tracking from "./tracking.js"

type Methods =
  | "createSnapshot"
  | "createTemporarySnapshot"
  | "switchSnapshot"
  | "snapshotAndSwitch"
  | "switchAndDelete"
  | "deleteSnapshot"
  | "mergeSnapshots"
  | "listSnapshots"
  | "snapshotSizes"
  | "dropTracking"

/** Uses the identifier for a new snapshot, or a random one, which an error then has as well. */
const withId = <A>(
  given: SnapshotId.SnapshotId | undefined,
  use: (id: SnapshotId.SnapshotId) => Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  given === undefined
    ? Effect.flatMap(SnapshotId.random, (id) =>
      Effect.mapError(use(id), (error) => PloopError.withNewSnapshot(error, id)))
    : use(given)

/** What a new snapshot or a new top delta writes to, is made beside, and merges on its way. */
const takenFrom = [confinement.first, confinement.top, confinement.temporary]

/** The snapshots of a disk that may be switched to this one. */
const requireSwitchable = (session: Session, about: About, path: string, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const disk = yield* session.host.descriptor(about, path)
    yield* Refusal.switchTo(about, disk.tree, id)
    yield* Refusal.runningDisk(about, yield* runningDevice(session, about, path))
    yield* Refusal.otherWriter(about, yield* otherWriter(session, about, disk, undefined))
    yield* confinement.requireInside(session, about, path, disk, ...takenFrom)
    yield* sharing.requireUnshared(session, about, disk, sharing.onTheWay)
    return disk
  })

/** The tool merges temporary snapshots before it takes another one. */
const requireTakable = (session: Session, about: About, path: string, track = false) =>
  Effect.gen(function*() {
    const disk = yield* session.descriptor(about, path)
    yield* Refusal.trackChanges(about, yield* session.generation, { track }, disk)
    yield* Refusal.otherWriter(about, yield* otherWriter(session, about, disk, undefined))
    yield* confinement.requireInside(session, about, path, disk, ...takenFrom)
    yield* sharing.requireUnshared(session, about, disk, sharing.onTheWay)
    yield* requireMergeable(session, about, path, disk)
  })

/** Whether the tool failed without a reason, as it does when a temporary snapshot stands in the way. */
const isSilent = (error: PloopError.Unclassified): boolean =>
  error.exitCode === 1 && !/\b(?:Error|Can't|Unable)\b/.test(error.text)

/** The error, with the reason that the tool does not give. */
const explained = (session: Session, about: About, path: string, error: PloopError.Unclassified) =>
  Effect.gen(function*() {
    const found = yield* Effect.option(session.host.descriptor(about, path))
    if (isSilent(error) && Option.isSome(found)) {
      yield* Refusal.createSnapshot(about, yield* session.generation, found.value.tree, undefined)
    }
    return yield* error
  })

/** The images that a merge goes through, if the tool can merge them. */
const mergeRange = (
  session: Session,
  about: About,
  path: string,
  request: Request.MergeSnapshots,
  disk: Descriptor,
  into: string | undefined
) =>
  Effect.gen(function*() {
    const range = yield* Refusal.mergeRange(about, disk.tree, request)
    yield* Refusal.oldTop(about, yield* session.generation, disk, range.survivor)
    yield* confinement.requireInside(session, about, path, disk, confinement.merged(range), confinement.temporary)
    const written = into === undefined ? range.merged.map(confinement.image) : []
    yield* sharing.requireUnshared(session, about, disk, sharing.onTheWay, ...written)
    if (into !== undefined) {
      yield* Refusal.mergeIntoFile(about, yield* session.generation, disk, range)
      yield* newFiles.refuseExisting(session.files, about, into)
      const directory = session.host.directory(into)
      yield* Refusal.missingDirectory(about, directory, yield* session.host.mayBeDirectory(directory))
    }
    return range
  })

const merged = (
  about: About,
  survivor: SnapshotId.SnapshotId,
  before: Descriptor,
  after: Descriptor
): Either.Either<Result.Merged, PloopError.SnapshotNotFound> =>
  Option.match(SnapshotTree.get(after.tree, survivor), {
    onNone: () => Either.left(new PloopError.SnapshotNotFound({ ...context(about), id: survivor })),
    onSome: ({ file }) =>
      Either.right({ survivor, image: after.image(file), gone: SnapshotChange.gone(before.tree, after.tree) })
  })

/** Runs a command of the tool that changes a disk, and is killed or waited for as its operation is. */
const change = (session: Session, about: About, argv: args.Arguments, wait?: Wait) =>
  session.execute({ ...about, args: argv, kind: Operation.table[about.operation].kind, wait })

/** The snapshot that is taken. */
interface Taken {
  readonly id: SnapshotId.SnapshotId
  readonly track: boolean
}

const take = (session: Session, about: About, path: string, { id, track }: Taken, wait?: Wait) =>
  losses.watched(
    session,
    about,
    path,
    change(session, about, args.createSnapshot(session.verbosity, id, path, track), wait)
  ).pipe(
    Effect.catchTag("Unclassified", (error) => explained(session, about, path, error)),
    Effect.as(id)
  )

/** The tool recognises the top delta by its letters; in another spelling it would discard what is written to it. */
const spelled = (
  session: Session,
  about: About,
  path: string,
  id: SnapshotId.SnapshotId
): Effect.Effect<string, PloopError.PloopError> =>
  id === SnapshotId.top
    ? Effect.map(session.host.descriptor(about, path), ({ descriptor }) => DiskDescriptor.spelledTop(descriptor))
    : Effect.succeed(id)

const switchTo = (session: Session, about: About, path: string, id: SnapshotId.SnapshotId, wait?: Wait) =>
  Effect.flatMap(
    spelled(session, about, path, id),
    (id) => change(session, about, args.switchSnapshot(session.verbosity, id, path), wait)
  )

const remove = (session: Session, about: About, path: string, id: SnapshotId.SnapshotId) =>
  losses.watched(
    session,
    about,
    path,
    Effect.flatMap(
      spelled(session, about, path, id),
      (id) => change(session, about, args.deleteSnapshot(session.verbosity, id, path))
    )
  )

const descriptorOf = (session: Session, about: About, path: string): Effect.Effect<Descriptor, PloopError.PloopError> =>
  session.host.descriptor(about, path)

const createSnapshot = (session: Session) => ({ disk, id, track }: Request.CreateSnapshot) => {
  const about = { operation: "createSnapshot", subject: disk } as const
  return session.onSoundDisk(about, disk, (path) =>
    Effect.zipRight(
      requireTakable(session, about, path, track),
      withId(id, (id) => take(session, about, path, { id, track }))
    ))
}

/** The mount point of a temporary snapshot that may be taken: nothing has changed yet. */
const prepareTemporary = (
  session: Session,
  about: About,
  request: Request.CreateTemporarySnapshot,
  path: string,
  component: string
) =>
  Effect.gen(function*() {
    const target = request.target === undefined
      ? undefined
      : yield* paths.require(about, "target", request.target, session.host.absolute(request.target))
    if (target !== undefined) yield* requireDirectory(session, about, target)
    // The tool would attach a second device of the same name, and nothing would set the two apart.
    const other = Option.flatten(yield* Effect.option(deviceOf(session, about, path, component)))
    yield* Refusal.attachedDisk(about, Option.getOrUndefined(other)?.device)
    yield* requireTakable(session, about, path)
    yield* requireAttachable(session, about, path)
    return target
  })

/** Deletes the temporary snapshot whose device did not come up, and which the tool could not delete. */
const undoTemporary = (
  session: Session,
  about: About,
  path: string,
  id: SnapshotId.SnapshotId,
  before: SnapshotTree.SnapshotTree
) =>
  Effect.gen(function*() {
    if (!GenerationTraits.marksReadOnlyDevices[yield* session.generation]) return
    // One that was there is somebody else's.
    if (Option.isSome(SnapshotTree.get(before, id))) return
    const disk = yield* session.host.descriptor(about, path)
    if (!Option.exists(SnapshotTree.get(disk.tree, id), ({ temporary }) => temporary)) return
    yield* requireMergeable(session, about, path, disk, id)
    yield* remove(session, about, path, id)
  }).pipe(
    Effect.catchAll((error) => Effect.logWarning(`the temporary snapshot ${id}, whose mount failed, is left`, error))
  )

const createTemporarySnapshot = (session: Session) => (request: Request.CreateTemporarySnapshot) => {
  const about = { operation: "createTemporarySnapshot", subject: request.disk } as const
  return session.onSoundDisk(about, request.disk, (path) =>
    Effect.gen(function*() {
      const component = `~${request.component}`
      const target = yield* Waiting.interruptible(prepareTemporary(session, about, request, path, component))
      const { tree } = yield* session.host.descriptor(about, path)
      return yield* withId(request.id, (id) =>
        Effect.map(
          attach(session, about, {
            args: args.createTemporarySnapshot(session.verbosity, id, request.component, target, path),
            path,
            component
          }).pipe(Effect.tapError(() => undoTemporary(session, about, path, id, tree))),
          (attached): Result.TemporarySnapshot => ({
            ...attached,
            disk: request.disk,
            id,
            ...(target !== undefined && { target })
          })
        ))
    }))
}

const switchSnapshot = (session: Session) => ({ disk, id }: Request.OfSnapshot) => {
  const about = { operation: "switchSnapshot", subject: disk } as const
  return session.onSoundDisk(about, disk, (path) =>
    Effect.gen(function*() {
      const found = yield* session.descriptor(about, path)
      yield* Refusal.otherWriter(about, yield* otherWriter(session, about, found, undefined))
      yield* confinement.requireInside(session, about, path, found, confinement.first, confinement.top)
      yield* switchTo(session, about, path, id)
    }))
}

/**
 * Deletes the snapshot that was made for a switch which did not happen. A tool that fails may have switched all the
 * same: without the top delta above it, the snapshot is all that has the former state.
 */
const undoTaken = (session: Session, about: About, path: string, kept: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const { tree } = yield* session.host.descriptor(about, path)
    const isSwitched = !SnapshotTree.children(tree, kept).some(({ id }) => id === SnapshotId.top)
    yield* isSwitched
      ? Effect.logWarning(`the disk was switched although the tool failed, and snapshot ${kept} has its former state`)
      : remove(session, about, path, kept)
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logError(`the switch failed, and snapshot ${kept}, which was made for it, is left`, error)
    )
  )

/** Once the tool has begun with the first step, both are done. */
const snapshotAndSwitch = (session: Session) => ({ disk, id, keepAs }: Request.SnapshotAndSwitch) => {
  const about = { operation: "snapshotAndSwitch", subject: disk } as const
  return session.onSoundDisk(about, disk, (path) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(
        restore(
          Effect.flatMap(
            requireSwitchable(session, about, path, id),
            (disk) => requireMergeable(session, about, path, disk)
          )
        ),
        withId(keepAs, (kept) =>
          Effect.gen(function*() {
            yield* take(session, about, path, { id: kept, track: false }, restore)
            yield* Effect.onError(switchTo(session, about, path, id), () => undoTaken(session, about, path, kept))
            return kept
          }))
      )
    ))
}

const switchAndDelete = (session: Session) => ({ disk, id }: Request.OfSnapshot) => {
  const about = { operation: "switchAndDelete", subject: disk } as const
  return session.onSoundDisk(
    about,
    disk,
    (path) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const disk = yield* restore(requireSwitchable(session, about, path, id))
          yield* Refusal.switchAndDelete(about, disk.tree, id)
          yield* sharing.requireUnshared(session, about, disk, confinement.image(id))
          yield* restore(requireMergeableBelow(session, about, path, disk, id))
          yield* switchTo(session, about, path, id, restore)
          yield* remove(session, about, path, id)
        })
      )
  )
}

/** Refuses to remove the top delta while a device shows it that could not be unmounted then. */
const requireNotShown = (session: Session, about: About, path: string, id: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!GenerationTraits.marksReadOnlyDevices[generation] || id !== SnapshotId.top) return
    yield* Refusal.shownImages(about, generation, id, yield* devicesOfTop(session, about, path))
  })

/** A deletion merges the only child into the snapshot. */
const deletion = (session: Session, { image, tree }: Descriptor, id: SnapshotId.SnapshotId): Progress.Tracked =>
  tracking.changed(
    session,
    Option.toArray(SnapshotTree.get(tree, id)).map(({ file }) => image(file)),
    tracking.allocated(session, SnapshotChange.mergedByDeletion(tree, id).map(({ file }) => image(file)))
  )

const deleteSnapshot = (session: Session) => ({ disk, id }: Request.OfSnapshot) => {
  const about = { operation: "deleteSnapshot", subject: disk } as const
  return session.onSoundDisk(about, disk, (path) =>
    Effect.gen(function*() {
      const before = yield* descriptorOf(session, about, path)
      const marked = SnapshotChange.alreadyMarked(before.tree, id)
      if (Option.isSome(marked)) return marked.value
      yield* Refusal.deleteSnapshot(about, before, id)
      yield* Refusal.oldTopMerged(about, yield* session.generation, before, id)
      const touched = [confinement.deleted(id), confinement.temporary]
      yield* confinement.requireInside(session, about, path, before, ...touched)
      const written = Refusal.writtenWhenDeleted(before.tree, id)
      yield* sharing.requireUnshared(session, about, before, () => written)
      yield* requireNotShown(session, about, path, id)
      // The tool refuses an unknown one, and merges nothing then.
      if (Option.isSome(SnapshotTree.get(before.tree, id))) yield* requireMergeable(session, about, path, before, id)
      yield* Progress.track(remove(session, about, path, id), deletion(session, before, id))
      const after = yield* descriptorOf(session, about, path)
      return SnapshotChange.deleted(before.tree, after.tree, id)
    }))
}

/** A merge moves at most what the images above the lowest one have. */
const merging = (
  session: Session,
  { image, tree }: Descriptor,
  { merged, survivor }: Refusal.MergeRange,
  into: string | undefined
): Progress.Tracked => {
  const files = [survivor, ...merged].flatMap((id) => Option.toArray(SnapshotTree.get(tree, id)))
    .map(({ file }) => image(file))
  return tracking.changed(
    session,
    into === undefined ? files.slice(-1) : [into],
    tracking.allocated(session, into === undefined ? files.slice(0, -1) : files)
  )
}

const mergeSnapshots = (session: Session) => (request: Request.MergeSnapshots) => {
  const about = { operation: "mergeSnapshots", subject: request.disk } as const
  return session.onSoundDisk(about, request.disk, (path) =>
    Effect.gen(function*() {
      const before = yield* descriptorOf(session, about, path)
      const into = request.into === undefined ? undefined : session.host.absolute(request.into)
      const range = yield* mergeRange(session, about, path, request, before, into)
      yield* requireMergeableRange(session, about, path, before, range)
      yield* Effect.forEach(
        args.merges(yield* session.generation, request, range, into),
        (merge) =>
          losses.watched(
            session,
            about,
            path,
            session.execute({
              ...about,
              args: args.mergeSnapshots(session.verbosity, merge, into, path),
              kind: Operation.kindOf("mergeSnapshots", request)
            })
          ),
        { discard: true }
      ).pipe(Progress.track(merging(session, before, range, into)))
      return yield* merged(about, range.survivor, before, yield* descriptorOf(session, about, path))
    }))
}

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  createSnapshot: createSnapshot(session),
  createTemporarySnapshot: createTemporarySnapshot(session),
  switchSnapshot: switchSnapshot(session),
  snapshotAndSwitch: snapshotAndSwitch(session),
  switchAndDelete: switchAndDelete(session),
  deleteSnapshot: deleteSnapshot(session),
  mergeSnapshots: mergeSnapshots(session),
  listSnapshots: ({ disk }) =>
    Effect.map(
      session.host.descriptor({ operation: "listSnapshots", subject: disk }, session.host.absolute(disk)),
      ({ tree }) => tree
    ),
  snapshotSizes: snapshotSizes(session),
  dropTracking: dropTracking(session)
})

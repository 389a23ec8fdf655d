import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Disk } from "../../Disk.js"
import type { FileSystemType } from "../../FileSystemType.js"
import type { HostPath } from "../../HostPath.js"
import type * as OperationError from "../../OperationError.js"
import * as Ploop from "../../Ploop.js"
import * as PloopError from "../../PloopError.js"
import * as PrintableText from "../../PrintableText.js"
import * as SnapshotId from "../../SnapshotId.js"
import * as SnapshotTree from "../../SnapshotTree.js"
import * as resource from "../resource.js"
import { blocks, unwritten } from "./blocks.js"
import { type Held, make as makeHeld } from "./held.js"
import { pathOf } from "./imageFile.js"
import { tracked } from "./tracked.js"
import { walk } from "./walk.js"

interface Request {
  readonly disk: Disk
  readonly from: SnapshotId.SnapshotId
  readonly to: SnapshotId.SnapshotId
  readonly directory?: HostPath | undefined
  readonly fileSystem: FileSystemType
  readonly trustTimes: boolean
  readonly maximumRenames: number
}

type ReleaseError = OperationError.UmountError | OperationError.DeleteSnapshotError | PlatformError

type ReleaseOptions = Ploop.ScopedReleaseOptions<ReleaseError>

const logged = (disk: Disk) => (error: ReleaseError): Effect.Effect<void> =>
  Effect.logError(`A mount of ${PrintableText.escape(disk)} could not be released, and its device may still run`, error)

/** The operation that an error is reported for. */
type Reported = "listSnapshots" | "mount"

const requirePoint = (
  operation: Reported,
  disk: Disk,
  tree: SnapshotTree.SnapshotTree,
  id: SnapshotId.SnapshotId
) =>
  Option.isSome(SnapshotTree.get(tree, id))
    ? Effect.void
    : new PloopError.SnapshotNotFound({ operation, subject: disk, text: "", id })

/** The device that writes to the disk, if one does. */
const writer = (disk: Disk) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.attachments({ disk })),
    (devices) => devices.find(({ readOnly }) => !readOnly)?.device
  )

/** A directory for the mount points. It stays when something is still mounted in it. */
const mountPoints = (held: Held<ReleaseError>, directory: string | undefined) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const own = yield* held.acquire(
      fs.makeTempDirectory({ ...(directory !== undefined && { directory }), prefix: "ploop-changes-" }),
      (own) =>
        Effect.gen(function*() {
          const left = yield* Effect.forEach(
            yield* fs.readDirectory(own),
            (name) => fs.readDirectory(`${own}/${name}`)
          )
          if (left.every((names) => names.length === 0)) yield* fs.remove(own, { recursive: true })
        })
    )
    const targets = { from: `${own}/from`, to: `${own}/to` }
    yield* Effect.forEach([targets.from, targets.to], (target) => fs.makeDirectory(target))
    return targets
  })

type AcquireError = OperationError.MountError | OperationError.CreateTemporarySnapshotError

const mounts = (
  request: Request,
  whileBusy: NonNullable<Ploop.ReleaseOptions["whileBusy"]>,
  held: Held<ReleaseError>,
  isRunning: boolean
) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const { disk, fileSystem } = request
    const targets = yield* mountPoints(held, request.directory)
    const unique = (yield* SnapshotId.random).slice(1, 9)
    const point = (side: "from" | "to"): Effect.Effect<void, AcquireError> => {
      const id = request[side]
      const options = { disk, target: targets[side], component: `changes-${side}-${unique}` }
      if (id === SnapshotId.top && isRunning) {
        const taken = resource.temporarySnapshot(ploop, options, whileBusy)
        return Effect.asVoid(held.acquire(taken.acquire, taken.release))
      }
      const snapshot = id === SnapshotId.top ? undefined : id
      const mounted = resource.mounted(ploop, { ...options, snapshot, fileSystem, readOnly: true }, whileBusy)
      return Effect.asVoid(held.acquire(mounted.acquire, mounted.release))
    }
    // A temporary snapshot comes first: it is deleted last, when no other device of this call shows the disk.
    const sides = request.from === SnapshotId.top ? ["from", "to"] as const : ["to", "from"] as const
    yield* Effect.forEach(sides, point, { discard: true })
    return targets
  })

/** What was read of a top delta that somebody wrote to meanwhile is of no moment. */
const requireIdle = (operation: Reported, { disk }: Pick<Request, "disk">) =>
  Effect.flatMap(writer(disk), (device) =>
    device === undefined
      ? Effect.void
      : new PloopError.ImageInUse({ operation, subject: disk, text: "", device }))

/** The tree of a disk that has both points. */
const treeOf = (operation: Reported, { disk, from, to }: Pick<Request, "disk" | "from" | "to">) =>
  Effect.gen(function*() {
    const tree = yield* (yield* Ploop.Ploop).listSnapshots({ disk })
    yield* Effect.forEach([from, to], (id) => requirePoint(operation, disk, tree, id), { discard: true })
    return tree
  })

const usesTop = ({ from, to }: Pick<Request, "from" | "to">): boolean =>
  from === SnapshotId.top || to === SnapshotId.top

export const changedBlocks = (request: Pick<Request, "disk" | "from" | "to">) =>
  Effect.gen(function*() {
    const { disk, from, to } = request
    const tree = yield* treeOf("listSnapshots", request)
    if (from === to) return Stream.empty
    if (!usesTop(request)) return blocks(disk, tree, from, to)
    yield* requireIdle("listSnapshots", request)
    // An index table that is written meanwhile is of no moment.
    return Stream.concat(blocks(disk, tree, from, to), Stream.execute(requireIdle("listSnapshots", request)))
  })

/** The image of a point of the disk. */
const imageOf = (disk: Disk, tree: SnapshotTree.SnapshotTree, id: SnapshotId.SnapshotId) =>
  Effect.mapBoth(SnapshotTree.get(tree, id), {
    onFailure: () => new PloopError.SnapshotNotFound({ operation: "listSnapshots", subject: disk, text: "", id }),
    onSuccess: ({ file }) => pathOf(disk, file)
  })

export const trackedBlocks = ({ disk, from, to }: Pick<Request, "disk" | "from" | "to">) =>
  Effect.gen(function*() {
    const tree = yield* (yield* Ploop.Ploop).listSnapshots({ disk })
    const image = yield* imageOf(disk, tree, to)
    if (to !== SnapshotId.top) return tracked(disk, image, from)
    yield* requireIdle("listSnapshots", { disk })
    // The kernel has the map of a disk that was mounted meanwhile.
    return Stream.concat(tracked(disk, image, from), Stream.execute(requireIdle("listSnapshots", { disk })))
  })

export const between = (request: Request, options: ReleaseOptions = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { disk, from, to } = request
    const tree = yield* treeOf("mount", request)
    if (from === to) return Stream.empty
    const isRunning = usesTop(request) && (yield* writer(disk)) !== undefined
    if (!isRunning && (yield* unwritten(disk, tree, from, to))) return Stream.empty
    const held = yield* makeHeld<ReleaseError>(options.onReleaseFailure ?? logged(disk))
    const targets = yield* mounts(request, options.whileBusy ?? Ploop.whileBusy, held, isRunning)
    return walk(fs, targets, request).pipe(
      Stream.concat(Stream.execute(usesTop(request) && !isRunning ? requireIdle("mount", request) : Effect.void)),
      // After a failure, and when its consumer has enough, the end of the scope does it.
      Stream.concat(Stream.execute(held.release))
    )
  })

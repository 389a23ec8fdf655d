import * as ByteSize from "@effect-ploop/core/ByteSize"
import { descriptorName } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskClone from "@effect-ploop/core/DiskClone"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Operation from "@effect-ploop/core/Operation"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About, Descriptor } from "../host.js"
import * as newFiles from "../newFiles.js"
import { unexpected } from "../outcome.js"
import * as paths from "../paths.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import * as confinement from "./confinement.js"
import { defaultVersion } from "./creation.js"
import { devicesOfDisk } from "./devices.js"

/** A clone that is made. */
interface Scene {
  readonly session: Session
  readonly about: About
  readonly request: Request.Clone
  /** The descriptor of the disk that is cloned. */
  readonly path: string
  readonly source: Descriptor
  readonly chain: ReadonlyArray<Node>
  /** The directory of the clone. */
  readonly directory: string
  /** The clone. */
  readonly disk: Disk
}

/** A path in the directory of the clone, if the host can have it. */
const inClone = ({ about, directory, request, session }: Scene, name: string) =>
  paths.require(about, "directory", request.directory, session.host.join(directory, name))

const observed = (scene: Scene, device: string | undefined) => (node: Node) =>
  Effect.gen(function*() {
    const { session, source } = scene
    const image = source.image(node.file)
    const header = Option.getOrUndefined(yield* session.host.header(image))
    const seen: Refusal.ClonedImage = {
      image,
      isRawBase: node.parent === undefined && source.descriptor.images.some(({ type }) => type === "Plain"),
      exists: yield* session.host.exists(image),
      size: header?.size,
      version: header?.version,
      isDirty: header?.isInUse === true,
      device
    }
    return seen
  })

/** The file system of a file, by its number; none where nothing is there. */
const fileSystemOf = ({ about, session }: Scene, path: string) =>
  Effect.mapBoth(session.files.find(path), {
    onFailure: newFiles.fileError(about, path),
    onSuccess: Option.map(({ device }) => device)
  })

/** Refuses what cannot be cloned, or not there; the size of the disk at the snapshot, and its version. */
const requireClonable = (scene: Scene) =>
  Effect.gen(function*() {
    const { about, chain, directory, path, request, session, source } = scene
    const generation = yield* session.generation
    const files = chain.map(({ file }) => file)
    yield* confinement.requireInside(session, about, path, source, () => files)
    const real = yield* session.host.real(directory)
    const device = (yield* devicesOfDisk(session, about, path))[0]?.device
    const images = yield* Effect.forEach(chain, observed(scene, device))
    const own = yield* fileSystemOf(scene, real)
    const others = yield* Effect.forEach(
      images,
      ({ image }) => Effect.flatMap(session.host.real(image), (file) => fileSystemOf(scene, file))
    )
    yield* Refusal.clone(about, generation, request, {
      isOfDisk: real === session.host.directory(yield* session.host.real(path)),
      isOnFileSystem: Option.isNone(own) || others.every((other) => Option.contains(other, own.value)),
      images
    })
    return images
  })

/** The size of the disk at the snapshot: that of its image, which a raw base has as its length. */
const sizeOf = ({ about, session }: Scene, found: Refusal.ClonedImage) =>
  found.size !== undefined && !found.isRawBase
    ? Effect.succeed(ByteSize.make(found.size))
    : Effect.mapBoth(session.files.stamp(found.image), {
      onFailure: newFiles.fileError(about, found.image),
      onSuccess: ({ size }) => ByteSize.make(size - size % ByteSize.sectorSize)
    })

/** Lets the tool make an empty image, which is what a new delta is. */
const makeTop = (scene: Scene, own: string, image: string, size: ByteSize.ByteSize, version: 1 | 2) =>
  Effect.gen(function*() {
    const { about, directory, session, source } = scene
    const { clusterSize } = source.descriptor
    yield* session.execute({
      ...about,
      args: args.create(
        session.verbosity,
        { size, clusterSize, format: "expanded", fileSystem: "none", lazy: true },
        image,
        version
      ),
      kind: Operation.table.clone.kind,
      alias: { from: own, to: directory }
    })
    const made = Option.getOrUndefined(yield* session.host.header(image))
    if (made === undefined || made.size < size || made.clusterSize !== clusterSize || made.version !== version) {
      const line = `an image of ${made?.size ?? "no"} bytes`
      return yield* unexpected(about, undefined, { line, expected: `one of ${size} bytes, version ${version}` })
    }
    return made.size
  })

/** Writes what belongs to the clone besides its images. */
const writeNew = ({ about, session }: Scene, path: string, text: string) =>
  Effect.mapError(session.files.writeNew(path, text), newFiles.fileError(about, path))

const makeIn = (scene: Scene, own: string, images: ReadonlyArray<Refusal.ClonedImage>) =>
  Effect.gen(function*() {
    const { about, chain, disk, request, session, source } = scene
    const { join } = session.host
    const generation = yield* session.generation
    const last = images[images.length - 1]!
    const version = last.isRawBase ? undefined : last.version
    const top = DiskClone.topName(chain, yield* SnapshotId.random)
    const wanted = yield* sizeOf(scene, last)
    const size = yield* makeTop(
      scene,
      own,
      join(own, top),
      wanted,
      version ?? (yield* defaultVersion(session, generation))
    )
    const links = DiskClone.links(chain)
    const written = DiskClone.descriptor({ source: source.descriptor, chain, top, size, generation })
    const descriptor = join(own, "finished.xml")
    yield* writeNew(scene, descriptor, DiskDescriptor.format(written))
    const record = { disk: request.disk, snapshot: request.snapshot, images: links.map(({ name }) => name) }
    yield* writeNew(scene, join(own, DiskClone.recordName), DiskClone.formatRecord(record))
    const shared = yield* Effect.forEach(links, ({ file, name }) =>
      Effect.zipWith(
        session.host.real(source.image(file)),
        inClone(scene, name),
        (from, to) => ({ from, to })
      ))
    const ownTop = { from: join(own, top), to: yield* inClone(scene, top) }
    yield* newFiles.publish(session.files, about, [
      ...shared,
      ownTop,
      { from: join(own, DiskClone.recordName), to: yield* inClone(scene, DiskClone.recordName) },
      { from: descriptor, to: disk }
    ])
    const cloned: Result.Cloned = { disk, images: [...shared, ownTop].map(({ to }) => to) }
    return cloned
  })

const cloneFrom = (scene: Omit<Scene, "source" | "chain">) =>
  Effect.gen(function*() {
    const { about, directory, disk, path, request, session } = scene
    const source = yield* session.host.descriptor(about, path)
    const chain = yield* Refusal.cloneChain(about, source.tree, request)
    const complete: Scene = { ...scene, source, chain }
    const images = yield* requireClonable(complete)
    if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
    const names = [...DiskClone.links(chain).map(({ name }) => name), DiskClone.recordName, descriptorName]
    const taken = yield* Effect.forEach(names, (name) => inClone(complete, name))
    yield* newFiles.refuseExisting(session.files, about, disk, ...taken)
    return yield* newFiles.inPrivateDirectory(
      session.files,
      about,
      directory,
      (own) => makeIn(complete, own, images)
    )
  })

/** Works in two directories. Everybody enters them in the same order, so that no two wait for each other. */
const inBoth = (
  session: Session,
  about: About,
  disk: string,
  directory: string,
  use: (path: string) => Effect.Effect<Result.Cloned, PloopError.PloopError>
) =>
  Effect.gen(function*() {
    const source = session.host.directory(yield* session.host.real(disk))
    const target = yield* session.host.real(directory)
    if (source === target) return yield* session.onSoundDisk(about, disk, use)
    return target < source
      ? yield* session.exclusive(about, target)(session.onSoundDisk(about, disk, use))
      : yield* session.onSoundDisk(about, disk, (path) => session.exclusive(about, target)(use(path)))
  })

export const clone = (session: Session) => (request: Request.Clone) => {
  const about = { operation: "clone", subject: request.disk } as const
  return Effect.gen(function*() {
    const given = request.directory
    const directory = yield* paths.require(about, "directory", given, session.host.absolute(given))
    const disk = yield* paths.diskIn(about, "directory", given, directory)
    return yield* inBoth(
      session,
      about,
      request.disk,
      directory,
      (path) => cloneFrom({ session, about, request, path, directory, disk })
    )
  })
}

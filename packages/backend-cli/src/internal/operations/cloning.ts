import type * as ByteSize from "@effect-ploop/core/ByteSize"
import { descriptorName } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskClone from "@effect-ploop/core/DiskClone"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as Operation from "@effect-ploop/core/Operation"
import * as Progress from "@effect-ploop/core/Progress"
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
import { inBoth } from "./bothDirectories.js"
import * as confinement from "./confinement.js"
import { defaultVersion } from "./creation.js"
import { devicesOfDisk } from "./devices.js"
import { requireMergeableImages } from "./mergeable.js"
import { headerOf, observed, sizeOf } from "./observedImages.js"
import * as tracking from "./tracking.js"

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
    const images = yield* Effect.forEach(chain, observed(session, about, source, device))
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

/** Lets the tool make an empty image, which is what a new delta is. */
const makeTop = (scene: Scene, own: string, image: string, size: ByteSize.ByteSize, version: 1 | 2) =>
  Effect.gen(function*() {
    const { about, directory, session, source } = scene
    const { clusterSize } = source.descriptor
    yield* session.execute({
      ...about,
      args: args.create(
        session.verbosity,
        { size, clusterSize, format: "expanded", fileSystem: "none", lazy: true, partition: true, sparse: false },
        image,
        version
      ),
      kind: Operation.table.clone.kind,
      alias: { from: own, to: directory }
    })
    const made = Option.getOrUndefined(yield* headerOf(session, about, image))
    if (made === undefined || made.size < size || made.clusterSize !== clusterSize || made.version !== version) {
      const line = `an image of ${made?.size ?? "no"} bytes`
      return yield* unexpected(about, undefined, { line, expected: `one of ${size} bytes, version ${version}` })
    }
    return made.size
  })

/** Writes what belongs to the clone besides its images. */
const writeNew = ({ about, session }: Scene, path: string, text: string) =>
  Effect.mapError(session.files.writeNew(path, text), newFiles.fileError(about, path))

/** Where the images of the snapshot are, and which names they get. */
const imagesOf = (scene: Scene) =>
  Effect.forEach(DiskClone.links(scene.chain), ({ file, name }) =>
    Effect.zipWith(
      scene.session.host.real(scene.source.image(file)),
      inClone(scene, name),
      (from, to) => ({ from, to, name })
    ))

/** The descriptor of the clone, as text. */
const descriptorOf = (
  { chain, session, source }: Scene,
  top: string | undefined,
  size: ByteSize.ByteSize
) =>
  Effect.map(
    session.generation,
    (generation) =>
      DiskDescriptor.format(DiskClone.descriptor({ source: source.descriptor, chain, top, size, generation }))
  )

/** The clone's own top delta, and the size of the disk. */
const ownTop = (scene: Scene, own: string, last: Refusal.ClonedImage) =>
  Effect.gen(function*() {
    const { about, chain, session } = scene
    const name = DiskClone.topName(chain, yield* SnapshotId.random)
    const from = session.host.join(own, name)
    const version = last.isRawBase ? undefined : last.version
    const wanted = yield* sizeOf(session, about, last)
    const known = version ?? (yield* defaultVersion(session, yield* session.generation))
    const size = yield* makeTop(scene, own, from, wanted, known)
    return { name, from, to: yield* inClone(scene, name), size }
  })

/** Gives files their names in the directory of the clone, the descriptor last. */
const publish = (
  { about, disk, session }: Scene,
  images: ReadonlyArray<{ readonly from: string; readonly to: HostPath }>,
  others: ReadonlyArray<{ readonly from: string; readonly to: string }>
) =>
  Effect.map(
    newFiles.publish(session.files, about, [...images, ...others]),
    (): Result.Cloned => ({ disk, images: images.map(({ to }) => to) })
  )

const linkIn = (scene: Scene, own: string, last: Refusal.ClonedImage) =>
  Effect.gen(function*() {
    const { disk, request, session } = scene
    const top = yield* ownTop(scene, own, last)
    const shared = yield* imagesOf(scene)
    const descriptor = session.host.join(own, "finished.xml")
    yield* writeNew(scene, descriptor, yield* descriptorOf(scene, top.name, top.size))
    const record = session.host.join(own, DiskClone.recordName)
    const images = shared.map(({ name }) => name)
    yield* writeNew(
      scene,
      record,
      DiskClone.formatRecord({ disk: request.disk, snapshot: request.snapshot, images })
    )
    return yield* publish(scene, [...shared, top], [
      { from: record, to: yield* inClone(scene, DiskClone.recordName) },
      { from: descriptor, to: disk }
    ])
  })

/** Merges the copied images into the lowest one. */
const flatten = (scene: Scene, own: string, path: string) =>
  Effect.gen(function*() {
    const { about, directory, session } = scene
    yield* session.execute({
      ...about,
      args: args.mergeSnapshots(session.verbosity, { _tag: "All" }, undefined, path),
      kind: Operation.table.clone.kind,
      alias: { from: own, to: directory }
    })
    const { descriptor } = yield* session.host.descriptor(about, path)
    const [image] = descriptor.images
    if (image !== undefined && descriptor.images.length === 1) return image.file
    const line = `${descriptor.images.length} images`
    return yield* unexpected(about, undefined, { line, expected: "one image after the merge" })
  })

/** Copies the images, one after the other. */
const copyImages = (scene: Scene, own: string) =>
  Effect.gen(function*() {
    const { about, session } = scene
    const images = yield* imagesOf(scene)
    const sizes = Effect.forEach(images, ({ from }) => Effect.map(session.files.stamp(from), ({ size }) => size))
    const counters = images.map(() => tracking.counter())
    const copies = Effect.forEach(images, ({ from, name, to }, index) => {
      const copy = session.host.join(own, name)
      return Effect.as(
        Effect.mapError(session.files.copy(from, copy, counters[index]?.onDone), newFiles.fileError(about, to)),
        { from: copy, to, name }
      )
    })
    const total = (numbers: ReadonlyArray<bigint>) => numbers.reduce((all, number) => all + number, 0n)
    return yield* Progress.track(copies, {
      done: Effect.map(Effect.all(counters.map(({ done }) => done)), total),
      total: Effect.map(sizes, total)
    })
  })

const copyIn = (scene: Scene, own: string, last: Refusal.ClonedImage) =>
  Effect.gen(function*() {
    const { about, chain, disk, request, session } = scene
    const { join } = session.host
    const hasOwnTop = !request.flatten && request.snapshot !== SnapshotId.top
    const top = hasOwnTop ? yield* ownTop(scene, own, last) : undefined
    const copies = yield* copyImages(scene, own)
    const text = yield* descriptorOf(scene, top?.name, top?.size ?? (yield* sizeOf(session, about, last)))
    if (!request.flatten || chain.length === 1) {
      const descriptor = join(own, "finished.xml")
      yield* writeNew(scene, descriptor, text)
      const images = top === undefined ? copies : [...copies, top]
      return yield* publish(scene, images, [{ from: descriptor, to: disk }])
    }
    const merged = join(own, descriptorName)
    yield* writeNew(scene, merged, text)
    const name = yield* flatten(scene, own, merged)
    const image = { from: join(own, name), to: yield* inClone(scene, name) }
    return yield* publish(scene, [image], [{ from: merged, to: disk }])
  })

/** Refuses to flatten what the tool cannot merge. */
const requireFlattenable = (scene: Scene) =>
  scene.request.flatten && scene.chain.length > 1
    ? requireMergeableImages(
      scene.session,
      scene.about,
      scene.path,
      scene.source,
      scene.chain.map(({ id }) => id)
    )
    : Effect.void

const cloneFrom = (scene: Omit<Scene, "source" | "chain">) =>
  Effect.gen(function*() {
    const { about, directory, disk, path, request, session } = scene
    const source = yield* session.host.descriptor(about, path)
    const chain = yield* Refusal.cloneChain(about, source.tree, request)
    const complete: Scene = { ...scene, source, chain }
    const images = yield* requireClonable(complete)
    yield* requireFlattenable(complete)
    const last = images[images.length - 1]!
    if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
    const names = [...DiskClone.links(chain).map(({ name }) => name), DiskClone.recordName, descriptorName]
    const taken = yield* Effect.forEach(names, (name) => inClone(complete, name))
    yield* newFiles.refuseExisting(session.files, about, disk, ...taken)
    return yield* newFiles.inPrivateDirectory(
      session.files,
      about,
      directory,
      (own) => request.mode === "full" ? copyIn(complete, own, last) : linkIn(complete, own, last)
    )
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

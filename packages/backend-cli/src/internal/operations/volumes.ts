import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import type { DiskDescriptor } from "@effect-ploop/core/DiskDescriptor"
import * as DiskVolume from "@effect-ploop/core/DiskVolume"
import type { HostPath } from "@effect-ploop/core/HostPath"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Identity } from "../hostFiles.js"
import * as newFiles from "../newFiles.js"
import { classified, context } from "../outcome.js"
import * as paths from "../paths.js"
import type { Wait } from "../process.js"
import type { Session } from "../session.js"
import { childrenOf } from "../volumeLinks.js"
import { deviceWith, observed } from "./bareDeltas.js"
import { runBeside } from "./beside.js"
import { keyOf } from "./bothDirectories.js"
import * as confinement from "./confinement.js"
import { requireDevices } from "./devicePrerequisites.js"
import { pathOf } from "./devices.js"
import { requireUnsharedImages } from "./sharing.js"
import { stopDevicesBelow } from "./teardown.js"

type Methods =
  | "createVolume"
  | "snapshotVolume"
  | "cloneVolume"
  | "switchVolume"
  | "deleteVolume"
  | "volumeInfo"
  | "volumeTree"

/** A volume, as its files show it. */
interface Found {
  readonly directory: string
  readonly descriptor: DiskDescriptor
  readonly volume: DiskDescriptor["volume"]
  readonly parent: string | undefined
  readonly children: ReadonlyArray<string>
  readonly images: ReadonlyArray<HostPath>
}

const find = (session: Session, about: About, given: string) =>
  Effect.gen(function*() {
    const directory = yield* session.host.real(given)
    const { descriptor, image } = yield* session.host.document(about, session.host.join(directory, Disk.descriptorName))
    const parent = descriptor.volume?.parent
    const found: Found = {
      directory,
      descriptor,
      volume: descriptor.volume,
      parent: parent === undefined
        ? undefined
        : yield* session.host.real(parent.startsWith("/") ? parent : session.host.join(directory, parent)),
      children: yield* childrenOf(session, about, directory),
      images: descriptor.images.map(({ file }) => image(file))
    }
    return found
  })

const realImages = (session: Session, { images }: Found) => Effect.forEach(images, session.host.real)

const tooLong = (about: About) =>
  Effect.fail(new PloopError.DescriptorInvalid({ ...context(about), reason: DiskVolume.tooLong }))

/** The parent of a volume, its parent, and so on. */
const ancestors = (session: Session, about: About, found: Found) =>
  Effect.gen(function*() {
    const all: Array<Found> = []
    for (let next = found.parent; next !== undefined;) {
      if (all.length + 1 >= DiskVolume.longestChain) return yield* tooLong(about)
      const parent: Found = yield* find(session, about, next)
      all.push(parent)
      next = parent.parent
    }
    return all
  })

const requireVolumes = (session: Session, about: About) =>
  Effect.flatMap(session.generation, (generation) => Refusal.volumes(about, generation))

/** What a refusal has to know of a volume. */
const seen = (session: Session, about: About, found: Found, below: ReadonlyArray<Found>) =>
  Effect.gen(function*() {
    const images = yield* realImages(session, found)
    const device = yield* deviceWith(session, about, images)
    const lowest = below.at(-1) ?? found
    return { ...found, images, device, lowest: lowest.directory, ancestors: below.length } satisfies Refusal.FoundVolume
  })

const readId = Schema.decodeUnknownOption(SnapshotId.SnapshotId)

const infoOf = (session: Session, about: About, found: Found) =>
  Effect.gen(function*() {
    yield* Refusal.volume(about, found)
    const { children, descriptor, directory, images, parent, volume } = found
    const file = DiskVolume.topFile(descriptor)
    const image = images[descriptor.images.findIndex((image) => image.file === file)]
    if (image === undefined) return yield* new PloopError.ImageNotFound({ ...context(about), image: file ?? directory })
    const { size } = yield* Effect.mapError(
      session.files.stamp(image),
      () => new PloopError.ImageNotFound({ ...context(about), image })
    )
    const snapshot = Option.getOrUndefined(readId(volume?.snapshot))
    const result: Result.Volume = {
      directory: pathOf(directory),
      disk: Disk.inDirectory(directory),
      readOnly: volume?.readOnly === true,
      ...(parent !== undefined && { parent: pathOf(parent) }),
      ...(snapshot !== undefined && { snapshot }),
      children: children.map(pathOf),
      deltaSize: ByteSize.make(size)
    }
    return result
  })

/** Refuses a link to a volume that has another parent. */
const requireOwnChildren = (about: About, found: Found, child: Found | undefined) =>
  child === undefined || child.parent === found.directory ? Effect.void : Effect.fail(
    new PloopError.DescriptorInvalid({
      ...context(about),
      reason: `${found.directory} has a link to ${PrintableText.escape(child.directory)}, whose parent it is not`
    })
  )

/** A volume with its descendants, each of which must name its parent. */
const treeOf = (
  session: Session,
  about: About,
  found: Found,
  depth = 0
): Effect.Effect<Result.VolumeTree, PloopError.PloopError> =>
  Effect.gen(function*() {
    yield* Refusal.volume(about, found)
    if (depth >= DiskVolume.longestChain) return yield* tooLong(about)
    const children = yield* Effect.forEach(found.children, (path) =>
      Effect.gen(function*() {
        const child = yield* find(session, about, path)
        yield* requireOwnChildren(about, found, child)
        return yield* treeOf(session, about, child, depth + 1)
      }))
    return { directory: pathOf(found.directory), readOnly: found.volume?.readOnly === true, children }
  })

/** Refuses a chain in which a parent has no link to its child. */
const requireLinks = (about: About, chain: ReadonlyArray<Found>) =>
  Effect.forEach(chain, ({ directory }, index) => {
    const below = chain[index + 1]
    return below === undefined || below.children.includes(directory) ? Effect.void : Effect.fail(
      new PloopError.DescriptorInvalid({
        ...context(about),
        reason: `${PrintableText.escape(directory)} has the parent ${PrintableText.escape(below.directory)}, ` +
          "which has no link to it"
      })
    )
  }, { discard: true })

/** Whether the volume in a directory is a descendant of this one, by links in both directions. */
const isAbove = (session: Session, about: About, directory: string, lower: Found) =>
  Effect.gen(function*() {
    const found = yield* find(session, about, directory)
    const below = yield* ancestors(session, about, found)
    yield* requireLinks(about, [found, ...below])
    return below.some((other) => other.directory === lower.directory)
  }).pipe(Effect.orElseSucceed(() => false))

/** Where a volume may have images: the tool puts those of a chain beside the lowest, in the directory of a volume of it. */
const homesOf = (session: Session, about: About, chain: ReadonlyArray<Found>, below: ReadonlyArray<Found>) =>
  Effect.gen(function*() {
    const own = chain.map(({ directory }) => directory)
    const further = yield* Effect.forEach(
      below,
      (lower) =>
        Effect.flatMap(
          realImages(session, lower),
          (images) => Effect.filter(images.map(session.host.directory), (home) => isAbove(session, about, home, lower))
        )
    )
    return [...own, ...further.flat()]
  })

/**
 * Refuses to change images that are elsewhere than where those of the volume may be: anybody who may write one
 * descriptor could have any file of the host removed.
 */
const requireInChain = (
  session: Session,
  about: About,
  found: Found,
  below: ReadonlyArray<Found>,
  above: ReadonlyArray<Found> = []
) =>
  Effect.gen(function*() {
    const chain = [...above, found, ...below]
    yield* requireLinks(about, chain)
    if (session.allowsOutsideImages) return
    const homes = yield* homesOf(session, about, chain, below)
    const images = (yield* Effect.forEach([...above, found], (each) => realImages(session, each))).flat()
    const outside = images.find((image) => !homes.includes(session.host.directory(image)))
    if (outside === undefined) return
    return yield* confinement.refuse(
      about,
      `the image ${PrintableText.escape(outside)}`,
      "the directories of the volumes"
    )
  })

/** Refuses a parent whose link for a child of that name leads elsewhere. */
const requireFreeLink = (session: Session, about: About, parent: string | undefined, child: string) =>
  Effect.gen(function*() {
    if (parent === undefined) return
    const link = session.host.join(parent, DiskVolume.linksName, session.host.name(child))
    if ((yield* session.host.real(link)) === child) return
    yield* newFiles.refuseExisting(session.files, about, link)
  })

/** Finds a volume again, and sees that each of its ancestors has a link to its child. */
const findLinked = (session: Session, about: About, directory: string) =>
  Effect.gen(function*() {
    const found = yield* find(session, about, directory)
    yield* requireLinks(about, [found, ...(yield* ancestors(session, about, found))])
    return found
  })

/** Runs the program, and classifies a failure. */
const run = (session: Session, about: About, words: args.Arguments, wait: Wait) =>
  Effect.gen(function*() {
    const result = yield* runBeside(session.volumeTool, about, "ploop-volume", words, wait)
    if (result.exitCode !== 0) return yield* classified(about, yield* session.generation)(result)
  })

/** Runs the program to its end; the wait before it is started can be interrupted. */
const runWhole = (session: Session, about: About, words: args.Arguments) =>
  Waiting.uninterruptibleMask((wait) => run(session, about, words, wait))

/**
 * The only one that works in all of these directories, which are found again when they are locked. Everybody enters
 * them in the same order, so that no two wait for each other.
 */
const inDirectories = <A>(
  session: Session,
  about: About,
  directories: Effect.Effect<ReadonlyArray<string>, PloopError.PloopError>,
  use: Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    const before = yield* directories
    const confirmed = Effect.flatMap(directories, (now) =>
      now.join("\0") === before.join("\0")
        ? Effect.map(use, Effect.succeed)
        : Effect.succeed(inDirectories(session, about, directories, use)))
    const keyed = yield* Effect.forEach(
      before,
      (path) => Effect.map(keyOf(session, path), (key) => [key, path] as const)
    )
    const order = [...new Map(keyed)].sort(([key], [other]) => key < other ? 1 : -1)
    return yield* Effect.flatten(
      order.reduce((inner, [, directory]) => session.exclusive(about, directory)(inner), confirmed)
    )
  })

/** Makes the directory of a new volume, and returns its identity; a tool that runs as another user makes its own. */
const newDirectory = (session: Session, about: About, directory: string) => {
  if (!session.ownsFiles) {
    return Effect.as(newFiles.refuseExisting(session.files, about, directory), Option.none<Identity>())
  }
  const parent = session.host.directory(directory)
  return Effect.gen(function*() {
    if (!(yield* session.host.mayBeDirectory(parent))) {
      return yield* new PloopError.DirectoryNotFound({ ...context(about), directory: parent })
    }
    return yield* Effect.mapError(
      Effect.zipRight(session.files.makeDirectory(directory), session.files.find(directory)),
      newFiles.fileError(about, directory)
    )
  })
}

/** What becomes of the directory of a new volume when the tool fails. */
type Clear = (made: Option.Option<Identity>) => Effect.Effect<void, unknown>

/** Removes what the tool has left of a new volume, as far as nothing is in it. */
const clear = (session: Session, directory: string): Clear => (made) =>
  Effect.gen(function*() {
    if (Option.isNone(made)) return
    const links = session.host.join(directory, DiskVolume.linksName)
    const found = yield* session.files.find(links)
    if (Option.isSome(found)) yield* session.files.removeEmptyDirectory(links, found.value)
    yield* session.files.removeEmptyDirectory(directory, made.value)
  })

/** Removes a new volume, which has no child yet, once its devices are stopped. */
const discard = (session: Session, about: About, directory: string): Clear => (made) =>
  Effect.gen(function*() {
    const isStopped = yield* stopDevicesBelow(session, about, directory)
    if (isStopped && Option.isSome(made)) yield* session.files.removeDirectory(directory, made.value)
  })

/** Removes the directory of a new volume when the tool was not started. */
const withdraw = (session: Session, directory: string): Clear => (made) =>
  Option.isSome(made) ? session.files.removeEmptyDirectory(directory, made.value) : Effect.void

/** Makes a volume in a directory that nobody else has. Only the wait before the tool is started can be interrupted. */
const making = (
  session: Session,
  about: About,
  directory: HostPath,
  words: args.Arguments,
  clear: Clear
) =>
  Waiting.uninterruptibleMask((wait) =>
    Effect.gen(function*() {
      const made = yield* newDirectory(session, about, directory)
      yield* Effect.onError(
        run(session, about, words, wait),
        (cause) => Effect.ignore(Cause.isInterruptedOnly(cause) ? withdraw(session, directory)(made) : clear(made))
      )
      return yield* infoOf(session, about, yield* findLinked(session, about, directory))
    })
  )

const pathTo = (session: Session, about: About, field: string, given: string) =>
  Effect.tap(
    paths.require(about, field, given, session.host.absolute(given)),
    (path) => paths.diskIn(about, field, given, path)
  )

const createVolume = (session: Session): Ploop.Backend["createVolume"] => (request) => {
  const about = { operation: "createVolume", subject: request.directory } as const
  return Effect.gen(function*() {
    const generation = yield* session.generation
    yield* Refusal.volumes(about, generation)
    const directory = yield* pathTo(session, about, "directory", request.directory)
    if (request.fileSystem !== "none") yield* requireDevices(session, about, generation)
    return yield* making(
      session,
      about,
      directory,
      args.createVolume(request, directory),
      discard(session, about, directory)
    )
  })
}

/** Refuses what the tool would misread: what a descriptor of its own says, or an image of a chain. */
const requireSound = (session: Session, about: About, { directory, images, parent }: Found) =>
  parent === undefined
    ? session.judge(about, session.host.join(directory, Disk.descriptorName))
    : Effect.forEach(images, (image) =>
      Effect.flatMap(observed(session, about, image, undefined), (seen) => Refusal.usableImage(about, seen)), {
      discard: true
    })

const onto = (
  session: Session,
  operation: "snapshotVolume" | "cloneVolume"
): Ploop.Backend["snapshotVolume"] & Ploop.Backend["cloneVolume"] =>
(request) => {
  const about = { operation, subject: request.volume } as const
  return Effect.gen(function*() {
    yield* requireVolumes(session, about)
    const directory = yield* pathTo(session, about, "directory", request.directory)
    const volume = yield* pathTo(session, about, "volume", request.volume)
    const look = find(session, about, volume)
    const directories = Effect.map(
      look,
      ({ directory, parent }) => [directory, ...(parent === undefined ? [] : [parent])]
    )
    return yield* inDirectories(
      session,
      about,
      directories,
      Effect.gen(function*() {
        const found = yield* look
        const below = yield* ancestors(session, about, found)
        yield* Refusal[operation](about, yield* seen(session, about, found, below))
        yield* requireInChain(session, about, found, below)
        yield* requireSound(session, about, found)
        yield* requireFreeLink(
          session,
          about,
          operation === "cloneVolume" ? found.directory : found.parent,
          yield* session.host.real(directory)
        )
        return yield* making(
          session,
          about,
          directory,
          args[operation](found.directory, directory),
          clear(session, directory)
        )
      })
    )
  })
}

const switchVolume = (session: Session): Ploop.Backend["switchVolume"] => (request) => {
  const about = { operation: "switchVolume", subject: request.volume } as const
  return Effect.gen(function*() {
    yield* requireVolumes(session, about)
    const volume = yield* pathTo(session, about, "volume", request.volume)
    const to = yield* pathTo(session, about, "to", request.to)
    const look = Effect.all([find(session, about, volume), find(session, about, to)])
    const directories = Effect.map(look, ([{ directory, parent }, to]) => [
      directory,
      to.directory,
      ...(parent === undefined ? [] : [parent])
    ])
    return yield* inDirectories(
      session,
      about,
      directories,
      Effect.gen(function*() {
        const [found, target] = yield* look
        const below = yield* ancestors(session, about, found)
        const to = yield* seen(session, about, target, yield* ancestors(session, about, target))
        yield* Refusal.switchVolume(about, yield* seen(session, about, found, below), to)
        yield* requireInChain(session, about, found, below)
        yield* requireFreeLink(session, about, target.directory, found.directory)
        yield* runWhole(session, about, args.switchVolume(found.directory, target.directory))
        return yield* infoOf(session, about, yield* findLinked(session, about, volume))
      })
    )
  })
}

/** Everything that is lost or changed with a volume. */
const deleted = (session: Session, about: About, found: Found, below: ReadonlyArray<Found>) =>
  Effect.gen(function*() {
    const [only] = found.children
    const child = only !== undefined && found.children.length === 1 ? yield* find(session, about, only) : undefined
    const own = yield* seen(session, about, found, below)
    const others = [...below, ...(child === undefined ? [] : [child])]
    const childImages = child === undefined ? [] : yield* realImages(session, child)
    const merged = child === undefined ? [] : [...found.images, ...child.images]
    const all: Refusal.DeletedVolume = {
      ...own,
      names: yield* Effect.mapError(
        session.files.names(found.directory),
        newFiles.fileError(about, found.directory)
      ),
      others: (yield* Effect.forEach(others, (other) => realImages(session, other))).flat(),
      childDevice: yield* deviceWith(session, about, childImages),
      merged: yield* Effect.forEach(merged, (image) => observed(session, about, image, undefined))
    }
    return { all, child }
  })

/** Sees that the volume is gone with its images, and that its child has its own. */
const requireDeleted = (session: Session, about: About, found: Found, child: Found | undefined) =>
  Effect.gen(function*() {
    const gone = [found.directory, ...(child === undefined ? found.images : [])]
    const [left] = yield* Effect.filter(gone, session.host.exists)
    if (left !== undefined) {
      const text = `${PrintableText.escape(left)} is still there`
      return yield* new PloopError.InputOutputFailed({ ...context(about), text })
    }
    if (child === undefined) return
    const { images } = yield* findLinked(session, about, child.directory)
    for (const image of images) {
      yield* Refusal.missingImage(about, image, yield* session.host.exists(image))
    }
  })

const deleteVolume = (session: Session): Ploop.Backend["deleteVolume"] => (request) => {
  const about = { operation: "deleteVolume", subject: request.volume } as const
  return Effect.gen(function*() {
    yield* requireVolumes(session, about)
    const volume = yield* pathTo(session, about, "volume", request.volume)
    const look = find(session, about, volume)
    const directories = Effect.map(look, ({ children, directory, parent }) => [
      directory,
      ...(children.length === 1 ? children : []),
      ...(parent === undefined ? [] : [parent])
    ])
    return yield* inDirectories(
      session,
      about,
      directories,
      Effect.gen(function*() {
        const found = yield* look
        const below = yield* ancestors(session, about, found)
        const { all, child } = yield* deleted(session, about, found, below)
        yield* Refusal.deleteVolume(about, all)
        yield* requireOwnChildren(about, found, child)
        yield* requireInChain(session, about, found, below, child === undefined ? [] : [child])
        if (child !== undefined) yield* requireFreeLink(session, about, found.parent, child.directory)
        yield* requireUnsharedImages(session, about, all.merged.map(({ image }) => image))
        yield* runWhole(session, about, args.deleteVolume(found.directory))
        yield* requireDeleted(session, about, found, child)
      })
    )
  })
}

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  createVolume: createVolume(session),
  snapshotVolume: onto(session, "snapshotVolume"),
  cloneVolume: onto(session, "cloneVolume"),
  switchVolume: switchVolume(session),
  deleteVolume: deleteVolume(session),
  volumeInfo: ({ volume }) => {
    const about = { operation: "volumeInfo", subject: volume } as const
    return Effect.zipRight(
      requireVolumes(session, about),
      Effect.flatMap(find(session, about, volume), (found) => infoOf(session, about, found))
    )
  },
  volumeTree: ({ volume }) => {
    const about = { operation: "volumeTree", subject: volume } as const
    return Effect.zipRight(
      requireVolumes(session, about),
      Effect.flatMap(find(session, about, volume), (found) => treeOf(session, about, found))
    )
  }
})

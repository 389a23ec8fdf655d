import * as DiskClone from "@effect-ploop/core/DiskClone"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { About } from "../host.js"
import { type Found, type Identity, same } from "../hostFiles.js"
import { fileError } from "../newFiles.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"
import { clearAbandoned } from "./abandoned.js"
import { devicesOfDisk, pathOf } from "./devices.js"
import { lockTool } from "./toolLock.js"

/** The largest record of a clone that is read, in bytes: more than 126 names take. */
const recordLimit = 1024 * 1024

/** A disk that is removed. */
interface Scene {
  readonly session: Session
  readonly about: About
  /** The real path of the descriptor. */
  readonly path: string
  /** Its directory. */
  readonly directory: string
  /** The directory whose lock is held, if one is. */
  readonly held: Option.Option<Identity>
}

const find = ({ about, session }: Scene, path: string) =>
  Effect.mapError(session.files.find(path), fileError(about, path))

/** The names of the images that a linked clone shares; none where nothing says so. */
const inherited = ({ directory, session }: Scene) =>
  session.files.whole(session.host.join(directory, DiskClone.recordName), recordLimit).pipe(
    Effect.match({
      onFailure: () => [],
      onSuccess: (bytes) =>
        Option.match(DiskClone.parseRecord(new TextDecoder().decode(bytes)), {
          onNone: () => [],
          onSome: ({ images }) => images
        })
    })
  )

/** An image, by the name that the descriptor gives it: a symbolic link counts, and not where it leads. */
const observed = (scene: Scene, shared: ReadonlyArray<string>) => (image: HostPath) =>
  Effect.gen(function*() {
    const { host } = scene.session
    const found = yield* find(scene, image)
    const header = yield* host.header(image)
    const name = host.name(image)
    const seen: Refusal.RemovableImage = {
      image,
      name: (yield* host.real(host.directory(image))) === scene.directory ? name : undefined,
      links: Option.match(found, { onNone: () => 0, onSome: ({ links }) => links }),
      isInherited: shared.includes(name),
      isDirty: Option.exists(header, ({ isInUse }) => isInUse)
    }
    return seen
  })

interface Named {
  readonly name: string
  readonly path: string
  readonly found: Found
}

/** What stands in a name for bytes that are not UTF-8: by this name the file is not found. */
const undecodable = "\uFFFD"

/**
 * What is in the directory now, so that nothing else is removed that comes to have one of the names, and the names of
 * all files.
 */
const entries = (scene: Scene) =>
  Effect.gen(function*() {
    const { directory, session } = scene
    const names = yield* Effect.mapError(session.files.names(directory), fileError(scene.about, directory))
    const all = yield* Effect.forEach(names, (name) => {
      const path = session.host.join(directory, name)
      return Effect.map(find(scene, path), Option.map((found): Named => ({ name, path, found })))
    })
    const named = all.flatMap(Option.toArray)
    const unseen = names.filter((name) => name.includes(undecodable) && !named.some((entry) => entry.name === name))
    return { named, unseen }
  })

const replaced = ({ about }: Scene, what: string) =>
  new PloopError.InputOutputFailed({ ...context(about), text: `another ${what} meanwhile` })

/**
 * Refuses to remove what was found in another directory than the one whose lock is held, which may have been renamed, or
 * beside another descriptor than the one that was read.
 */
const requireSame = (scene: Scene, named: ReadonlyArray<Named>, descriptor: Option.Option<Identity>) =>
  Effect.gen(function*() {
    const { directory, held, path, session } = scene
    const home = yield* session.files.inTheWay(directory)
    const found = Option.fromNullable(named.find((entry) => entry.path === path)?.found)
    const differ = Option.zipWith(held, home, (one, other) => !same(one, other))
    if (Option.contains(differ, true)) {
      return yield* replaced(scene, "directory has come in the place of that of the disk")
    }
    if (Option.isSome(descriptor) && !Option.exists(found, (now) => same(now, descriptor.value))) {
      return yield* replaced(scene, "descriptor has come in the place of that of the disk")
    }
  })

/** Removes a name, and sees that it is gone. */
const removeName = (scene: Scene) => ({ found, name, path }: Named) =>
  Effect.gen(function*() {
    yield* Effect.mapError(scene.session.files.unlink(path, found), fileError(scene.about, path))
    if (Option.isNone(yield* find(scene, path))) return
    return yield* replaced(scene, `file has come to the name ${name}`)
  })

const isRegular = ({ found }: Named): boolean => found.kind === "File" || found.kind === "SymbolicLink"

const removeFrom = (scene: Scene, request: Request.Remove) =>
  Effect.gen(function*() {
    const { about, directory, path, session } = scene
    const before = yield* session.files.inTheWay(path)
    const { descriptor, image } = yield* session.host.descriptor(about, path)
    yield* session.requireNoChildren(about, path, descriptor)
    if (session.ownsFiles) yield* clearAbandoned(session, about, directory)
    yield* lockTool(session, about, path)
    const images = descriptor.images.map(({ file }) => image(file))
    const { named, unseen } = yield* entries(scene)
    yield* requireSame(scene, named, before)
    const shared = yield* inherited(scene)
    const plan = yield* Refusal.remove(about, request, {
      descriptor: session.host.name(path),
      names: [...named.map(({ name }) => name), ...unseen],
      irregular: named.filter((entry) => !isRegular(entry)).map(({ name }) => name),
      images: yield* Effect.forEach(images, observed(scene, shared)),
      device: (yield* devicesOfDisk(session, about, path))[0]?.device
    })
    const targets = yield* Effect.forEach(images, session.host.real)
    const own = plan.own.flatMap((name) => named.filter((entry) => entry.name === name))
    yield* Effect.uninterruptible(Effect.forEach(own, removeName(scene), { discard: true }))
    const inPlace = (name: string) => session.host.join(directory, name)
    const others = plan.others.filter((name) => !unseen.includes(name)).map(inPlace)
    const kept = yield* Effect.filter([...new Set([...others, ...targets])], session.host.exists)
    const removed: Result.Removed = {
      removed: own.map((entry) => pathOf(entry.path)),
      kept: [...kept, ...unseen.map(inPlace)].map(pathOf)
    }
    return removed
  })

export const remove = (session: Session) => (request: Request.Remove) => {
  const about = { operation: "remove", subject: request.disk } as const
  return session.onDisk(
    about,
    request.disk,
    (disk, held) =>
      Effect.scopedWith((scope) =>
        Effect.flatMap(session.host.real(disk), (path) =>
          Effect.provideService(
            removeFrom({ session, about, path, directory: session.host.directory(path), held }, request),
            Scope.Scope,
            scope
          ))
      )
  )
}

import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Descriptor, Host } from "./host.js"
import * as imageHeader from "./imageHeader.js"
import * as commands from "./process/commands.js"
import * as unfinished from "./unfinished.js"
import type { Left, Scene } from "./unfinished.js"

const suffix = /\.\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i

/** The files of a disk by the names that the tool gives them, all in the directory of the descriptor. */
interface Names {
  /** Where the tool mounts the disk by itself. */
  readonly mountPoint: (name: string) => boolean
  /** What it writes while it changes the disk. */
  readonly written: (name: string) => boolean
}

const namesOf = (host: Host, path: string, { descriptor, image }: Descriptor): Names => {
  const images = descriptor.images.map(({ file }) => host.name(image(file)))
  const bases = new Set(images.map((name) => name.replace(suffix, "")))
  const copies = [path, ...images].map((name) => host.name(name)).flatMap((name) => [`${name}.tmp`, `${name}.tmp.tmp`])
  return {
    mountPoint: (name) => images.some((image) => name === `${image}.mnt`),
    written: (name) =>
      copies.includes(name) ||
      images.some((image) => name === `${image}.idx`) ||
      !images.includes(name) && suffix.test(name) && bases.has(name.replace(suffix, ""))
  }
}

/** The regular files of these names in the directory of the descriptor. */
const regular = (scene: Scene, names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(
      names,
      (name) => unfinished.regularAt(scene, scene.host.join(scene.host.directory(scene.path), name))
    ),
    (all) => all.flatMap(Option.toArray)
  )

/** Whether a device writes to an image: its in-use flag is set before the first write. */
const isInUse = ({ files }: Scene, { path }: Left) =>
  Effect.map(
    files.start(path, ImageExamination.headerLength),
    (bytes) => Option.exists(imageHeader.read(bytes), (header) => header.isInUse)
  )

/**
 * A device writes to a delta that the descriptor does not name yet: the tool was
 * ended between two steps, and all that is written from now on would be lost. So
 * its last step is done for it: the new descriptor, which is complete, gets its name.
 */
const finish = (scene: Scene, before: Descriptor, delta: Left, left: ReadonlyArray<Left>) =>
  Effect.gen(function*() {
    const { about, files, host, path } = scene
    const fresh = left.find((other) => other.path === unfinished.asideOf(path))
    const next = fresh === undefined ? Option.none() : yield* Effect.option(host.descriptor(about, fresh.path))
    const isNext = Option.exists(next, (after) => unfinished.adds(before, after, delta.path))
    if (fresh !== undefined && isNext) return yield* files.replace(fresh.path, path, fresh.found)
    yield* Effect.logError(
      `a device writes to ${PrintableText.escape(delta.path)}, which the descriptor does not name: ` +
        "copy what is mounted to another disk before you unmount it"
    )
  })

/**
 * Removes what the tool wrote beside the disk and no descriptor names. While this
 * holds the lock of the tool, no other one is about to name one of these files.
 */
const removeWritten = (scene: Scene, fresh: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const { about, files, host, path } = scene
    if (Option.isNone(yield* files.tryLock(`${path}.lck`))) return
    const descriptor = yield* host.descriptor(about, path)
    const left = yield* regular(scene, fresh.filter(namesOf(host, path, descriptor).written))
    const live = yield* Effect.findFirst(left, (file) => isInUse(scene, file))
    if (Option.isSome(live)) return yield* finish(scene, descriptor, live.value, left)
    yield* Effect.forEach(left, (file) => files.unlink(file.path, file.found), { discard: true })
  }))

const removeMountPoints = ({ about, files, host, path }: Scene, fresh: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { mountPoint } = namesOf(host, path, yield* host.descriptor(about, path))
    yield* Effect.forEach(fresh.filter(mountPoint), (name) => {
      const directory = host.join(host.directory(path), name)
      return Effect.flatMap(files.find(directory), (found) =>
        Option.exists(found, ({ kind }) => kind === "Directory")
          ? Effect.flatMap(found, (identity) => files.removeEmptyDirectory(directory, identity))
          : Effect.void)
    }, { discard: true })
  })

/**
 * The names beside the disk, once a change is settled that a process did not finish.
 * An unmount keeps what it finds, and is never refused.
 */
const settledNames = (scene: Scene) => {
  const { about, files, host, path } = scene
  const names = Effect.option(files.names(host.directory(path)))
  const settle = about.operation === "umount" ? unfinished.settleOrLog(scene) : unfinished.settle(scene)
  return Effect.flatMap(
    names,
    (found) =>
      Option.exists(found, (all) => all.includes(host.name(unfinished.asideOf(path))))
        ? Effect.zipRight(settle, names)
        : Effect.succeed(found)
  )
}

/** Removes what was not there before. */
const clear = (scene: Scene, before: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.gen(function*() {
    const known = new Set(before)
    const fresh = (yield* scene.files.names(scene.host.directory(scene.path))).filter((name) => !known.has(name))
    yield* removeMountPoints(scene, fresh)
    yield* removeWritten(scene, fresh)
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logWarning(`${scene.about.operation} did not finish, and what it left could not be removed`, error)
    )
  )

/**
 * Runs an operation on a disk. When its tool is ended early, what the tool left
 * beside the disk is removed: only what was not there before. Generation 9 has no
 * lock that would show that no other tool is at work, so what it wrote stays.
 */
export const clearing = <A, E, R>(
  scene: Scene,
  operation: Effect.Effect<A, E, R>
): Effect.Effect<A, E | PloopError.DescriptorInvalid, R> =>
  Effect.flatMap(
    settledNames(scene),
    (before) =>
      Option.match(before, {
        onNone: () => operation,
        onSome: (names) => commands.clearing(operation, clear(scene, names))
      })
  )

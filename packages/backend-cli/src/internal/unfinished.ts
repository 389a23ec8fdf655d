import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor, Host } from "./host.js"
import type { Found, HostFiles } from "./hostFiles.js"

/** A file that the tool has written beside a disk. */
export interface Left {
  readonly path: string
  readonly found: Found
}

/** A disk, and what is known beside its files. */
export interface Scene {
  readonly host: Host
  readonly files: HostFiles
  readonly about: About
  /** The real path of the descriptor. */
  readonly path: string
  /** The images to which devices write, as far as files show it. */
  readonly written: Effect.Effect<ReadonlyArray<string>>
}

/** The regular file at a path. */
export const regularAt = ({ files }: Pick<Scene, "files">, path: string) =>
  Effect.map(
    files.find(path),
    Option.filterMap((found): Option.Option<Left> =>
      found.kind === "File" ? Option.some({ path, found }) : Option.none()
    )
  )

/** The name under which the tool writes a new descriptor, before it makes the delta that is named there. */
export const asideOf = (path: string): string => `${path}.tmp`

const topOf = ({ descriptor, image }: Descriptor): string | undefined => {
  const top = descriptor.images.find(({ id }) => id === SnapshotId.top)
  return top === undefined ? undefined : image(top.file)
}

const imagesOf = ({ descriptor, image }: Descriptor): ReadonlyArray<string> =>
  descriptor.images.map(({ file }) => image(file))

/** Whether a descriptor is another one with this delta on top, and nothing else. */
export const adds = (before: Descriptor, after: Descriptor, delta: string): boolean =>
  topOf(after) === delta && imagesOf(after).length === imagesOf(before).length + 1 &&
  imagesOf(before).every((image) => imagesOf(after).includes(image))

/** A new top delta that no descriptor names but the one that did not get its name. */
interface Unfinished {
  readonly aside: Left
  readonly delta: Left
  /** Whether the new descriptor only adds the delta: a switch drops another image. */
  readonly isAdded: boolean
}

const find = (scene: Scene) =>
  Effect.gen(function*() {
    const { about, files, host, path } = scene
    const aside = yield* Effect.flatten(regularAt(scene, asideOf(path)))
    const before = yield* host.descriptor(about, path)
    const after = yield* host.descriptor(about, aside.path)
    const top = yield* Effect.fromNullable(topOf(after))
    const old = imagesOf(before)
    const isTheirs = !old.includes(top) && host.directory(top) === host.directory(path) &&
      imagesOf(after).every((image) => image === top || old.includes(image))
    // The tool drops no image before the new descriptor has its name: somebody has changed the names in the old one.
    const isWhole = yield* Effect.every(old, host.exists)
    if (!isTheirs || !isWhole) return yield* Effect.fail("another descriptor")
    const delta = yield* Effect.flatten(regularAt({ files }, top))
    const unfinished: Unfinished = { aside, delta, isAdded: adds(before, after, top) }
    return unfinished
  })

/** Whether an image has no data: nothing was ever written to it. */
const isEmpty = ({ files }: Scene, { path }: Left) =>
  Effect.gen(function*() {
    if ((yield* files.stamp(path)).size === 0n) return true
    const length = ImageExamination.lengthOfUnwritten(yield* files.start(path, ImageExamination.headerLength))
    return length !== undefined && ImageExamination.isUnwritten(yield* files.start(path, length))
  })

/** What is to be done about a change that was not finished. */
type Next = "finish" | "remove" | "refuse"

const judge = (scene: Scene, { delta, isAdded }: Unfinished): Effect.Effect<Next, PlatformError> =>
  Effect.gen(function*() {
    const isWritten = (yield* scene.written).includes(delta.path)
    if (isWritten) return isAdded ? "finish" : "refuse"
    return (yield* isEmpty(scene, delta)) ? "remove" : "refuse"
  })

const refused = ({ about, path }: Scene, { aside, delta }: Unfinished) =>
  new PloopError.DescriptorInvalid({
    ...about,
    text: "",
    reason: `a snapshot was cut short: ${delta.path}, which has data, is named by ${aside.path} only`,
    instead: Remedy.texts["uncommitted-descriptor"]({ aside: aside.path, disk: path })
  })

const settleLocked = (scene: Scene, unfinished: Unfinished) =>
  Effect.gen(function*() {
    const { files, path } = scene
    const { aside, delta } = unfinished
    const shown = PrintableText.escape(delta.path)
    switch (yield* judge(scene, unfinished)) {
      case "finish":
        yield* files.replace(aside.path, path, aside.found)
        return yield* Effect.logWarning(`a snapshot that was cut short was completed: a device writes to ${shown}`)
      case "remove":
        yield* files.unlink(delta.path, delta.found)
        yield* files.unlink(aside.path, aside.found)
        return yield* Effect.logInfo(
          `${shown} was removed: it was the empty image of a snapshot that was cut short`
        )
      case "refuse":
        return yield* refused(scene, unfinished)
    }
  })

/** Where no lock shows whether another tool is at work, nothing is changed. */
const settleUnlocked = (scene: Scene, unfinished: Unfinished) =>
  Effect.gen(function*() {
    if ((yield* judge(scene, unfinished)) !== "remove") return yield* refused(scene, unfinished)
    const { aside, delta } = unfinished
    const [image, descriptor] = [delta.path, aside.path].map(PrintableText.escape)
    yield* Effect.logWarning(`${image}, an empty image, is named by ${descriptor} only: a snapshot was cut short`)
  })

/**
 * Settles a snapshot or a switch that was cut short when its process was killed
 * together with the tool. The tool writes the new descriptor before it makes the delta, so
 * that a delta which only that one names is the tool's. One without data is
 * removed. One to which a device writes gets its descriptor, as the tool's last
 * step would have done. Any other has data that a mount of the disk would leave
 * out, so the operation is refused.
 */
export const settle = (scene: Scene): Effect.Effect<void, PloopError.DescriptorInvalid> =>
  Effect.scoped(Effect.gen(function*() {
    const { files, path } = scene
    if (!(yield* files.kindsAt([asideOf(path)])).some(Option.exists((kind) => kind === "File"))) return
    const lock = `${path}.lck`
    const isLockable = Option.isSome(yield* files.find(lock))
    // Another tool is about to finish it.
    if (isLockable && Option.isNone(yield* files.tryLock(lock))) return
    const unfinished = yield* Effect.option(find(scene))
    if (Option.isNone(unfinished)) return
    yield* isLockable ? settleLocked(scene, unfinished.value) : settleUnlocked(scene, unfinished.value)
  })).pipe(
    Effect.catchIf(
      (error): error is PlatformError => error._tag !== "DescriptorInvalid",
      (error) => Effect.logWarning(`${PrintableText.escape(asideOf(scene.path))} could not be inspected`, error)
    )
  )

/** The same for an unmount, which is never refused. */
export const settleOrLog = (scene: Scene): Effect.Effect<void> =>
  Effect.catchAll(settle(scene), (error) => Effect.logError(`${error.message}. ${error.remedy}`))

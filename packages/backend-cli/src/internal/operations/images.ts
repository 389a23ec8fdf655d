import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About, Descriptor } from "../host.js"
import * as newFiles from "../newFiles.js"
import { outcome } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { inBoth, keyOf } from "./bothDirectories.js"
import { clone } from "./cloning.js"
import * as confinement from "./confinement.js"
import * as creation from "./creation.js"
import { deviceOfImage, devicesOfDisk, runningDevice } from "./devices.js"
import { encrypt } from "./encryption.js"
import * as examination from "./examination.js"
import { exportImage } from "./exporting.js"
import { importImage } from "./importing.js"
import { remove } from "./removal.js"
import { requireUnshared, requireUnsharedIfRead, requireUnsharedImages } from "./sharing.js"
import * as tracking from "./tracking.js"

type Methods =
  | "create"
  | "restoreDescriptor"
  | "remove"
  | "clone"
  | "exportImage"
  | "importImage"
  | "convert"
  | "encrypt"
  | "check"
  | "replace"

/** The files that the tool makes beside the images that it converts; it overwrites or removes what has such a name. */
const scratchFiles = ({ descriptor, image }: Descriptor, request: Request.Convert): ReadonlyArray<string> =>
  request.version === undefined
    ? request.format === "raw" ? descriptor.images.slice(0, 1).map(({ file }) => `${image(file)}.tmp`) : []
    : descriptor.images.map(({ file }) => `${image(file)}.idx`)

/** The tool fills the base image, or writes a raw one beside it. */
const conversion = (session: Session, disk: Descriptor, request: Request.Convert): Progress.Tracked => {
  const base = disk.descriptor.images.slice(0, 1).map(({ file }) => disk.image(file))
  const { diskSize } = disk.descriptor
  return request.format === "preallocated"
    ? tracking.changed(session, base, Effect.map(tracking.allocated(session, base), (size) => diskSize - size))
    : tracking.changed(
      session,
      scratchFiles(disk, request),
      request.format === "raw" ? Effect.succeed(diskSize) : tracking.unknown
    )
}

const convert = (session: Session) => (request: Request.Convert) => {
  const about = { operation: "convert", subject: request.disk } as const
  return session.onSoundDisk(about, request.disk, (path) =>
    Effect.gen(function*() {
      // The tool converts images while a device is running.
      const [running] = yield* devicesOfDisk(session, about, path)
      yield* Refusal.runningDisk(about, running?.device)
      const disk = yield* session.host.descriptor(about, path)
      yield* Refusal.convert(about, disk, request)
      yield* confinement.requireInside(session, about, path, disk, confinement.all)
      yield* requireUnshared(session, about, disk, confinement.all)
      yield* newFiles.refuseExisting(session.files, about, ...scratchFiles(disk, request))
      yield* session.execute({
        ...about,
        args: args.convert(session.verbosity, request, path),
        kind: Operation.kindOf("convert", request)
      }).pipe(Progress.track(conversion(session, disk, request)))
    }))
}

/** Refuses to repair an image that other disks may have. */
const requireOwnImages = (session: Session, about: About, request: Request.Check, path: string) =>
  request.disk === undefined
    ? requireUnsharedImages(session, about, Refusal.repairs(request) ? [path] : [])
    : requireUnsharedIfRead(session, about, path, ({ tree }) => Refusal.writtenWhenChecked(tree, request))

const check = (session: Session) => (request: Request.Check) => {
  const subject = request.disk ?? request.image ?? ""
  const about = { operation: "check", subject } as const
  const run = (path: string) =>
    Effect.gen(function*() {
      const generation = yield* session.generation
      yield* Refusal.check(about, generation, request)
      if (request.disk !== undefined && !request.readOnly) {
        yield* confinement.requireInsideIfRead(session, about, path, confinement.all)
      }
      // The tool looks for the devices of disks only.
      if (request.disk === undefined) yield* Refusal.runningDisk(about, yield* deviceOfImage(session, about, path))
      yield* requireOwnImages(session, about, request, path)
      const result = yield* session.runner.run({
        ...about,
        args: args.check(session.verbosity, request, path),
        kind: Operation.kindOf("check", request)
      })
      const found = parse.checked(result)
      if (found === undefined) return yield* session.classify(outcome(about, generation, result))
      if (found.outcome !== "clean" || request.force) return found
      const { findings, outcome: examined } = yield* examination.examined(session, about, request, path)
      return { outcome: examined, findings: [...found.findings, ...findings] }
    })
  return request.disk === undefined
    ? session.onImage(about, subject, run)
    : session.onSoundDisk(about, request.disk, run)
}

/** The image that is replaced. The tool reports one that is not there. */
const replacedImage = (session: Session, { image, tree }: Descriptor, { file, level, snapshot }: Request.Replace) => {
  if (level !== undefined) return SnapshotTree.chain(tree, SnapshotId.top).toReversed()[level]
  const path = file === undefined ? undefined : session.host.absolute(file)
  return SnapshotTree.nodes(tree).find((node) =>
    path === undefined ? node.id === snapshot : session.host.absolute(image(node.file)) === path
  )
}

/** Names the image by its level where the tool would not find it in the running device. */
const byItsLevel = (session: Session, about: About, request: Request.Replace, path: string) =>
  Effect.gen(function*() {
    if (request.level !== undefined) return request
    const disk = yield* session.host.descriptor(about, path)
    const node = replacedImage(session, disk, request)
    if (node === undefined) return request
    const level = yield* Refusal.replacedLevel(about, yield* session.generation, disk.tree, node.id)
    return level === undefined ? request : { ...request, level, snapshot: undefined, file: undefined }
  })

/** The file of an image as the tool puts it together from the descriptor: it compares the text of paths. */
const asTheToolHasIt = (session: Session, about: About, path: string, given: string) =>
  Effect.gen(function*() {
    const file = session.host.absolute(given)
    const disk = yield* Effect.option(session.host.descriptor(about, path))
    const found = Option.flatMap(disk, ({ descriptor, image }) =>
      Option.fromNullable(descriptor.images.find((entry) =>
        session.host.absolute(image(entry.file)) === file
      )))
    if (Option.isNone(found)) {
      return file
    }
    const home = session.host.directory(yield* session.host.real(path))
    return found.value.file.startsWith("/") ? found.value.file : `${home}/${found.value.file}`
  })

/** Refuses to replace an image by another one of the disk. */
const requireForeign = (session: Session, about: About, request: Request.Replace, disk: Descriptor) =>
  Effect.gen(function*() {
    const replaced = replacedImage(session, disk, request)
    if (replaced === undefined) return
    const replacement = yield* keyOf(session, session.host.absolute(request.with))
    const others = SnapshotTree.nodes(disk.tree).filter(({ id }) => id !== replaced.id)
    const keys = yield* Effect.forEach(others, ({ file }) => keyOf(session, disk.image(file)))
    yield* Refusal.replacement(about, request.with, keys.includes(replacement))
  })

const replace = (session: Session) => (request: Request.Replace) => {
  const about = { operation: "replace", subject: request.disk } as const
  const replacement = session.host.absolute(request.with)
  // The new image may be another disk's, which somebody works on.
  const inItsDirectory = (run: (path: string) => Effect.Effect<void, PloopError.PloopError>) =>
    inBoth(session, about, request.disk, session.host.directory(replacement), run, "onlyUser")
  return inItsDirectory((path) =>
    Effect.gen(function*() {
      const generation = yield* session.generation
      yield* Refusal.missingImage(about, replacement, yield* session.host.exists(replacement))
      const disk = yield* Effect.option(session.host.descriptor(about, path))
      if (Option.isSome(disk)) yield* Refusal.oldTop(about, generation, disk.value, request.snapshot)
      yield* Refusal.replace(about, generation, request, yield* runningDevice(session, about, path))
      if (Option.isSome(disk)) yield* requireForeign(session, about, request, disk.value)
      if (request.keepName) {
        const renamed = request.snapshot === undefined ? confinement.all : confinement.image(request.snapshot)
        yield* confinement.requireInsideIfRead(session, about, path, renamed)
      }
      const named = GenerationTraits.findsLevels[generation]
        ? request
        : yield* byItsLevel(session, about, request, path)
      yield* session.execute({
        ...about,
        args: args.replace(session.verbosity, named, {
          disk: path,
          file: named.file === undefined ? undefined : yield* asTheToolHasIt(session, about, path, named.file),
          with: replacement
        }),
        kind: Operation.kindOf("replace", request)
      })
    })
  )
}

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  ...creation.make(session),
  remove: remove(session),
  clone: clone(session),
  exportImage: exportImage(session),
  importImage: importImage(session),
  convert: convert(session),
  encrypt: encrypt(session),
  check: check(session),
  replace: replace(session)
})

import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { requireAttachable } from "./attachable.js"
import { requireMergeableFiles } from "./bareDeltas.js"
import * as confinement from "./confinement.js"
import { runningDevice } from "./devices.js"
import { onlyUser, requireNode } from "./ofDevice.js"
import { requireUnshared, requireUnsharedImages } from "./sharing.js"
import { attachingIdle } from "./teardown.js"

const refuseTooLarge = (session: Session, about: About, request: Request.Grow, image: string) =>
  Effect.flatMap(
    session.host.formatVersion(image),
    (version) => Refusal.grow(about, request, Option.getOrUndefined(version))
  )

/** Refuses what the tool accepts although device or image and descriptor differ afterwards. */
const refuseWrong = (session: Session, about: About, request: Request.Grow, path: string) =>
  Effect.gen(function*() {
    // The tool reports what is wrong with a descriptor.
    const found = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (found === undefined) return
    yield* confinement.requireInside(session, about, path, found, confinement.top)
    yield* requireUnshared(session, about, found, confinement.top)
    yield* refuseTooLarge(session, about, request, found.image(SnapshotTree.top(found.tree).file))
    const aligned = Refusal.growRunning(about, request, found.descriptor.clusterSize)
    const generation = yield* session.generation
    // An idle disk may have any size, so nobody asks for its device without need.
    const needsDevice = GenerationTraits.growsThroughDevice[generation]
    if (Either.isRight(aligned) && !needsDevice) return
    if ((yield* runningDevice(session, about, path)) !== undefined) return yield* aligned
    if (!needsDevice) return
    // The tool grows the file of a raw image that is alone, and the device of any other disk.
    const { file, parent } = SnapshotTree.top(found.tree)
    const isRawBase = parent === undefined &&
      found.descriptor.images.some((image) => image.type === "Plain" && image.file === file)
    if (!isRawBase) yield* aligned
    yield* requireAttachable(session, about, path)
    yield* session.kernel.require(about, generation)
  })

const onDevice = (
  session: Session,
  operation: "start" | "stop" | "clear" | "deleteDelta",
  { device }: Request.OfDevice,
  words: args.Arguments
) => {
  const about = { operation, subject: device }
  const run = session.execute({ ...about, args: words, kind: Operation.table[operation].kind })
  return Effect.asVoid(onlyUser(session, about, { device }, run))
}

export const make = (session: Session): LowLevel.Backend => ({
  start: (request) => onDevice(session, "start", request, args.start(session.verbosity, request.device)),

  stop: (request) => onDevice(session, "stop", request, args.stop(session.verbosity, request.device)),

  clear: (request) => onDevice(session, "clear", request, args.clear(session.verbosity, request.device)),

  deleteDelta: (request) => onDevice(session, "deleteDelta", request, args.deleteDelta(session.verbosity, request)),

  grow: (request) => {
    const about = { operation: "grow", subject: request.disk ?? request.image ?? request.device ?? "" } as const
    const run = (path: string | undefined) =>
      Effect.asVoid(session.execute({
        ...about,
        args: args.grow(session.verbosity, request, path),
        kind: Operation.table.grow.kind
      }))
    if (request.disk !== undefined) {
      return session.onSoundDisk(
        about,
        request.disk,
        (path) =>
          Effect.zipRight(
            refuseWrong(session, about, request, path),
            attachingIdle(session, about, path, run(path))
          )
      )
    }
    const { device, image } = request
    // Generation 9 says nothing about a missing device where it finds no device mapper either.
    if (device !== undefined) {
      return onlyUser(session, about, { device }, Effect.zipRight(requireNode(session, about, device), run(undefined)))
    }
    if (image === undefined) return run(undefined)
    return session.onImage(
      about,
      image,
      (image) =>
        refuseTooLarge(session, about, request, image).pipe(
          Effect.zipRight(requireUnsharedImages(session, about, [image])),
          Effect.zipRight(run(image))
        )
    )
  },

  mergeDelta: (request) => {
    const about = { operation: "mergeDelta", subject: request.image } as const
    const delta = session.host.absolute(request.delta)
    return Effect.flatMap(session.generation, (generation) => Refusal.bareDeltas(about, generation)).pipe(
      Effect.zipRight(session.onImage(about, request.image, (image) =>
        Effect.zipRight(
          requireMergeableFiles(session, about, delta, image),
          Effect.asVoid(session.execute({
            ...about,
            args: args.mergeDelta(session.verbosity, delta, image),
            kind: Operation.table.mergeDelta.kind
          }))
        )))
    )
  },

  nextDevice: Effect.gen(function*() {
    const about = { operation: "nextDevice", subject: "host" } as const
    yield* Refusal.nextDevice(about, yield* session.generation)
    const device = yield* session.ask({ ...about, args: args.nextDevice, kind: "query" }, parse.nextMinor)
    return DevicePath.make(device)
  })
})

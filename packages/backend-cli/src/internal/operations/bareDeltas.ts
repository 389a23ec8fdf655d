import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { chainOf } from "./attachments.js"
import { listDevices } from "./devices.js"
import { headerOf } from "./observedImages.js"
import { requireUnsharedImages } from "./sharing.js"

/** The images of a device: all of them where sysfs shows them, else the base image. */
const imagesOf = (session: Session, about: About, device: string, base: string) =>
  Effect.gen(function*() {
    if (Option.isNone(session.drivers[yield* session.generation])) return [base]
    const chain = yield* chainOf(session, about, device)
    return Option.match(chain, { onNone: () => [base], onSome: ({ images }) => images })
  })

/** A device that has one of these images. */
export const deviceWith = (session: Session, about: About, images: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    for (const { device, image } of yield* listDevices(session, about)) {
      const shown = yield* imagesOf(session, about, device, image)
      if (shown.some((path) => images.includes(path))) return device
    }
    return undefined
  })

export const observed = (session: Session, about: About, image: string, device: string | undefined) =>
  Effect.gen(function*() {
    const header = Option.getOrUndefined(yield* headerOf(session, about, image))
    const seen: Refusal.BareImage = {
      image,
      real: yield* session.host.real(image),
      exists: yield* session.host.exists(image),
      clusterSize: header?.clusterSize,
      version: header?.version,
      isDirty: header?.isInUse === true,
      device
    }
    return seen
  })

/** Refuses images that the tool would merge although one of them would be harmed. */
export const requireMergeableFiles = (session: Session, about: About, delta: string, image: string) =>
  Effect.gen(function*() {
    const reals = yield* Effect.forEach([delta, image], (path) => session.host.real(path))
    const device = yield* deviceWith(session, about, reals)
    yield* Refusal.mergeDelta(
      about,
      yield* observed(session, about, delta, device),
      yield* observed(session, about, image, device)
    )
    yield* requireUnsharedImages(session, about, [image])
  })

import * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as Refusal from "@effect-ploop/core/Refusal"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import * as newFiles from "../newFiles.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"

/** What there is to see of an image that is copied or shared. */
export const observed = (session: Session, source: Descriptor, device: string | undefined) => (node: Node) =>
  Effect.gen(function*() {
    const image = source.image(node.file)
    const header = Option.getOrUndefined(yield* session.host.header(image))
    const seen: Refusal.ClonedImage = {
      image,
      isRawBase: node.parent === undefined && isRaw(source.descriptor),
      exists: yield* session.host.exists(image),
      size: header?.size,
      version: header?.version,
      isDirty: header?.isInUse === true,
      device
    }
    return seen
  })

/** The size of the disk at a snapshot: that of its image, which a raw base has as its length. */
export const sizeOf = (session: Session, about: About, found: Refusal.ClonedImage) =>
  found.size !== undefined && !found.isRawBase
    ? Effect.succeed(ByteSize.make(found.size))
    : Effect.mapBoth(session.files.stamp(found.image), {
      onFailure: newFiles.fileError(about, found.image),
      onSuccess: ({ size }) => ByteSize.make(size - size % ByteSize.sectorSize)
    })

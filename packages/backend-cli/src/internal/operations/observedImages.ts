import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import type { ImageFormat } from "@effect-ploop/core/ImageFormat"
import type * as Refusal from "@effect-ploop/core/Refusal"
import type { Node } from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import * as imageHeader from "../imageHeader.js"
import * as newFiles from "../newFiles.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"

/**
 * What the header of an image says; none when the image is missing or has no header. An image that this process may not
 * read is an error, because nothing is known of it.
 */
export const headerOf = (session: Session, about: About, image: string) =>
  session.files.start(image, ImageExamination.headerLength).pipe(
    Effect.mapError(newFiles.fileError(about, image)),
    Effect.map(imageHeader.read),
    Effect.catchIf(
      (error) => error._tag !== "PermissionDenied",
      () => Effect.succeedNone
    )
  )

/** The size of the disk in an image that is alone; none where it is not seen, or left to the tool. */
export const sizeAlone = (session: Session, image: string, format: ImageFormat) =>
  Effect.map(
    session.files.glimpse(image),
    Option.flatMap(({ length, start }) =>
      format === "raw" ? Option.some(length) : Option.map(imageHeader.read(start), ({ size }) => BigInt(size))
    )
  )

/** What there is to see of an image that is copied or shared. */
export const observed =
  (session: Session, about: About, source: Descriptor, device: string | undefined) => (node: Node) =>
    Effect.gen(function*() {
      const image = source.image(node.file)
      const header = Option.getOrUndefined(yield* headerOf(session, about, image))
      const glimpse = Option.getOrUndefined(yield* session.files.glimpse(image))
      const seen: Refusal.ClonedImage = {
        image,
        isRawBase: node.parent === undefined && isRaw(source.descriptor),
        exists: yield* session.host.exists(image),
        length: glimpse?.length,
        size: header?.isRegular === true ? header.size : undefined,
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

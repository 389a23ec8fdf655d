import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import { fileError } from "../newFiles.js"
import type { Session } from "../session.js"
import type { Files } from "./confinement.js"

/** How many names an image file has, wherever a symbolic link leads. */
const observed = (session: Session, about: About) => (image: string) =>
  Effect.flatMap(session.host.real(image), (path) =>
    Effect.mapBoth(session.files.find(path), {
      onFailure: fileError(about, path),
      onSuccess: (found): Refusal.SharedImage => ({
        image,
        // The names of a directory are those of its parts.
        links: Option.match(found, { onNone: () => 0, onSome: ({ kind, links }) => kind === "File" ? links : 1 })
      })
    }))

/** Refuses to write to these image files if other disks may have them. */
export const requireUnsharedImages = (
  session: Session,
  about: About,
  images: ReadonlyArray<string>
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.flatMap(
    Effect.forEach([...new Set(images)], observed(session, about)),
    (found) => Refusal.unshared(about, found)
  )

/** The same for images of a disk. */
export const requireUnshared = (
  session: Session,
  about: About,
  disk: Descriptor,
  ...files: ReadonlyArray<Files>
): Effect.Effect<void, PloopError.PloopError> =>
  requireUnsharedImages(session, about, files.flatMap((choose) => choose(disk)).map(disk.image))

/** The same for an operation that leaves a descriptor which is not there, or cannot be read, to the tool. */
export const requireUnsharedIfRead = (
  session: Session,
  about: About,
  path: string,
  ...files: ReadonlyArray<Files>
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.flatMap(
    Effect.option(session.host.descriptor(about, path)),
    Option.match({
      onNone: () => Effect.void,
      onSome: (disk) => requireUnshared(session, about, disk, ...files)
    })
  )

/** What the tool writes to when it merges temporary snapshots on its way. */
export const onTheWay: Files = ({ tree }) => Refusal.writtenOnTheWay(tree)

import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotChange from "@effect-ploop/core/SnapshotChange"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { About, Descriptor } from "../host.js"
import { fileError } from "../newFiles.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"

/** How many files are inspected at once: a chain may have thousands of images. */
const concurrency = 16

const sizeOf = (session: Session, about: About, { image }: Descriptor, file: string) =>
  session.host.allocated(image(file)).pipe(
    Effect.mapError((error) =>
      error._tag === "SystemError" && error.reason === "NotFound"
        ? new PloopError.ImageNotFound({ ...context(about), text: error.message, image: image(file) })
        : fileError(about, image(file))(error)
    )
  )

export const snapshotSizes = (session: Session) => ({ disk }: Request.OfDisk) => {
  const about = { operation: "snapshotSizes", subject: disk } as const
  return Effect.gen(function*() {
    const found = yield* session.host.descriptor(about, session.host.absolute(disk))
    const inspected = yield* Effect.forEach(
      found.tree.nodes,
      (node) => Effect.either(Effect.map(sizeOf(session, about, found, node.file), (size) => [node.id, size] as const)),
      { concurrency }
    )
    // The error is that of the first one in the tree, whichever was inspected first.
    const sizes = new Map(yield* Either.all(inspected))
    return found.tree.nodes.map(({ file, id }): Result.SnapshotSize => ({
      id,
      image: found.image(file),
      size: ByteSize.make(sizes.get(id) ?? 0n),
      moved: ByteSize.make(
        SnapshotChange.mergedByDeletion(found.tree, id).reduce((sum, node) => sum + (sizes.get(node.id) ?? 0n), 0n)
      )
    }))
  })
}

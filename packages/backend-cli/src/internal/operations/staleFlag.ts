import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { devicesOfDisk } from "./devices.js"

const isInUse = (session: Session, image: string) =>
  Effect.map(session.host.header(image), Option.exists((header) => header.isInUse))

const clear = (session: Session, about: About, path: string, image: string) =>
  Effect.gen(function*() {
    if (!(yield* isInUse(session, image)) || (yield* devicesOfDisk(session, about, path)).length > 0) return
    yield* session.execute({ ...about, args: args.clearInUseFlag(session.verbosity, image), kind: "change" })
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logWarning("the in-use flag that a failed mount left could not be cleared", error)
    )
  )

/**
 * Observes the in-use flag of the image that a command is to attach, and returns
 * what clears it when the command fails and no device has the disk. A flag that was
 * set before says that the image was not closed cleanly, and stays.
 */
export const watch = (
  session: Session,
  about: About,
  path: string,
  snapshot: SnapshotId
): Effect.Effect<Effect.Effect<void>, never> =>
  Effect.gen(function*() {
    if (!GenerationTraits.marksReadOnlyDevices[yield* session.generation]) return Effect.void
    const disk = yield* session.host.descriptor(about, path)
    const node = Option.getOrUndefined(SnapshotTree.get(disk.tree, snapshot))
    if (node === undefined) return Effect.void
    const image = disk.image(node.file)
    return (yield* isInUse(session, image)) ? Effect.void : clear(session, about, path, image)
  }).pipe(
    // The command reports what is wrong with the descriptor.
    Effect.orElseSucceed(() => Effect.void)
  )

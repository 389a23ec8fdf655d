import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { fileError } from "../newFiles.js"
import { classified } from "../outcome.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"
import { runBeside } from "./beside.js"
import * as confinement from "./confinement.js"
import { otherWriter, runningDevice } from "./devices.js"
import * as sharing from "./sharing.js"
import { lockTool } from "./toolLock.js"

/** Only the kernel knows what changes on a running disk. */
const stop = (session: Session, about: About, path: string) =>
  Effect.gen(function*() {
    const result = yield* runBeside(session.trackingTool, about, "ploop-cbt", args.dropTracking(path))
    if (result.exitCode !== 0) return yield* classified(about, yield* session.generation)(result)
  })

/** The tool would cut the map off and leave its place in the header, so that the next snapshot fails. */
const cut = (session: Session, about: About, path: string, image: string) =>
  Effect.scoped(
    Effect.zipRight(
      lockTool(session, about, path),
      Effect.mapError(session.files.dropMap(image), fileError(about, image))
    )
  )

export const dropTracking = (session: Session) => ({ disk }: Request.OfDisk) => {
  const about = { operation: "dropTracking", subject: disk } as const
  return session.onSoundDisk(about, disk, (path) =>
    Effect.gen(function*() {
      yield* Refusal.dropTracking(about, yield* session.generation)
      const found = yield* session.descriptor(about, path)
      const { file, parent } = SnapshotTree.top(found.tree)
      const image = found.image(file)
      yield* Refusal.missingImage(about, image, yield* session.host.exists(image))
      yield* Refusal.otherWriter(about, yield* otherWriter(session, about, found, undefined))
      yield* confinement.requireInside(session, about, path, found, confinement.top)
      yield* sharing.requireUnshared(session, about, found, confinement.top)
      const device = yield* runningDevice(session, about, path)
      if (device !== undefined) return yield* stop(session, about, path)
      // A raw image begins with what is in the disk, which may look like a header.
      if (parent === undefined && isRaw(found.descriptor)) return
      yield* cut(session, about, path, image)
    }))
}

import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import type { Session } from "../session.js"
import { isReadOnly, otherWriter } from "./devices.js"
import { requireNoTemporaryDevice } from "./mergeable.js"

/** Refuses a second, read-only device of the top delta while a device writes to it. */
const requireNoWriter = (session: Session, about: About, disk: Descriptor, component: string | undefined) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!GenerationTraits.clearsFlagOfWriter[generation]) return
    const device = yield* otherWriter(session, about, disk, component)
    if (device === undefined || (yield* isReadOnly(session, about, device))) return
    yield* Refusal.besideWriter(about, generation, device)
  })

/**
 * Refuses to mount for writing what another device writes to, and what else would
 * harm the other devices of the disk. The tool reports what is wrong with a descriptor.
 */
export const requireNoHarm = (
  session: Session,
  about: About,
  { component }: Request.Mount,
  path: string,
  { readOnly, snapshot = SnapshotId.top }: Refusal.MountedDelta
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.gen(function*() {
    const disk = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (disk === undefined) return
    if (!readOnly) yield* Refusal.otherWriter(about, yield* otherWriter(session, about, disk, component))
    else if (snapshot === SnapshotId.top) yield* requireNoWriter(session, about, disk, component)
    if (component === undefined) yield* requireNoTemporaryDevice(session, about, path, disk)
  })

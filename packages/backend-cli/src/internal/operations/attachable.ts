import type { DiskDescriptor } from "@effect-ploop/core/DiskDescriptor"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import type { Session } from "../session.js"
import { requireDevices } from "./devicePrerequisites.js"

/** What is to be attached: the top delta, unless said otherwise. */
interface Wanted {
  readonly snapshot?: SnapshotId.SnapshotId | undefined
}

export const isRaw = ({ images }: DiskDescriptor): boolean => images.some(({ type }) => type === "Plain")

/**
 * Refuses images that the driver would not attach, and a host without what a device
 * needs. The tool reports what is wrong with a descriptor.
 */
export const requireAttachable = (
  session: Session,
  about: About,
  path: string,
  { snapshot = SnapshotId.top }: Wanted = {}
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!GenerationTraits.attachesVersion2Only[generation]) return
    const disk = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (disk === undefined) return
    const chain = [...SnapshotTree.chain(disk.tree, snapshot)].reverse()
    // The tool reports a snapshot that is not there.
    if (chain.length === 0) return
    const versions = yield* Effect.forEach(
      chain,
      ({ file }) => Effect.map(session.host.formatVersion(disk.image(file)), Option.getOrUndefined)
    )
    yield* Refusal.attach(about, generation, { isRaw: isRaw(disk.descriptor), versions })
    yield* requireDevices(session, about, generation)
  })

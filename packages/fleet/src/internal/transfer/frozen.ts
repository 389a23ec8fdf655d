import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as manifests from "./manifest.js"
import { directoryOf, type Place, requireNotHeld, requireNotUndone, type Taking } from "./place.js"
import type { Taken } from "./steps.js"

const has = ({ disk, ploop }: Place, snapshot: SnapshotId): Taking<boolean> =>
  Effect.map(ploop.listSnapshots({ disk }), (tree) => Option.isSome(SnapshotTree.get(tree, snapshot)))

/** Takes a snapshot, above which the disk is written from now on. The files below it can be copied while it runs. */
export const freeze = (place: Place, snapshot: SnapshotId): Taking<Taken> =>
  Effect.gen(function*() {
    const { disk, ploop } = place
    yield* requireNotUndone(place)
    yield* requireNotHeld(place)
    const isTaken = yield* has(place, snapshot)
    // A disk that cannot be moved is refused before a snapshot is taken.
    yield* manifests.read(place, directoryOf(disk), disk)
    if (!isTaken) yield* ploop.createSnapshot({ disk, id: snapshot })
    return { manifest: yield* manifests.readBelowTop(place, directoryOf(disk)) }
  })

/** Deletes the snapshot, whose delta is merged. */
export const thaw = (place: Place, snapshot: SnapshotId): Taking<Taken> =>
  Effect.gen(function*() {
    if (yield* has(place, snapshot)) yield* place.ploop.deleteSnapshot({ disk: place.disk, id: snapshot })
    return {}
  })

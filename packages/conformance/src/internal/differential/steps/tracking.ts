import * as DiskChanges from "@effect-ploop/core/DiskChanges"
import * as Array from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import type { Weighted } from "./build.js"
import { both, exists, idle, just, on, snapshotOrTop, some } from "./build.js"

const collected = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

/** What changed between two points of the disk, and the maps of the tool from which it is known. */
export const tracking: ReadonlyArray<Weighted> = [
  just(
    1,
    // A merge leaves the space of a map at the end of the file, which the host in memory does not simulate.
    on("createSnapshot, tracking changes until dropTracking", (p, disk) =>
      Effect.gen(function*() {
        const from = yield* p.createSnapshot({ disk, track: true })
        const changed = yield* collected(DiskChanges.tracked({ disk, from }))
        yield* p.dropTracking({ disk })
        return changed
      }), { when: idle })
  ),
  just(1, on("dropTracking", (p, disk) => p.dropTracking({ disk }))),
  some(1, FastCheck.tuple(snapshotOrTop, snapshotOrTop), ([from, to]) => ({
    name: `blocks that differ between ${from.name} and ${to.name}`,
    when: both(exists(from), exists(to)),
    // Which blocks they are depends on the file system of the host.
    run: ({ disk }) =>
      Effect.map(collected(DiskChanges.blocks({ disk, from: from.id, to: to.id })), Array.isNonEmptyReadonlyArray)
  }))
]

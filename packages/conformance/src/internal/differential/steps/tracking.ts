import * as DiskChanges from "@effect-ploop/core/DiskChanges"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import type { Weighted } from "./build.js"
import { both, exists, just, on, snapshotOrTop, some } from "./build.js"

/** What changed between two points of the disk, and the maps of the tool from which it is known. */
export const tracking: ReadonlyArray<Weighted> = [
  just(1, on("createSnapshot, tracking changes", (p, disk) => Effect.asVoid(p.createSnapshot({ disk, track: true })))),
  just(1, on("dropTracking", (p, disk) => p.dropTracking({ disk }))),
  some(1, FastCheck.tuple(snapshotOrTop, snapshotOrTop), ([from, to]) => ({
    name: `blocks that differ between ${from.name} and ${to.name}`,
    when: both(exists(from), exists(to)),
    run: ({ disk }) =>
      Effect.map(Stream.runCollect(DiskChanges.blocks({ disk, from: from.id, to: to.id })), Chunk.toReadonlyArray)
  }))
]

/** Encryption, as far as no key is needed. */
export const decryption: Weighted = just(1, on("encrypt, to decrypt", (p, disk) => p.encrypt({ disk, remove: true })))

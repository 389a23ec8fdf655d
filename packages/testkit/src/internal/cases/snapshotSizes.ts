import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a, b, c } = Conformance.ids

const top = SnapshotId.top

const service = Case.service("Ploop.snapshotSizes")

/** The sizes of the snapshots of a disk, by their identifiers. */
const sizesOf = (disk: Disk) =>
  Effect.gen(function*() {
    const found = yield* (yield* Ploop.Ploop).snapshotSizes({ disk })
    return new Map(found.map((entry) => [entry.id, entry]))
  })

const movedOf = (disk: Disk, id: SnapshotId.SnapshotId) => Effect.map(sizesOf(disk), (sizes) => sizes.get(id)?.moved)

/** A chain of the snapshots a and b. */
const chain = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const found = yield* Conformance.disk()
  yield* ploop.createSnapshot({ disk: found.disk, id: a })
  yield* ploop.createSnapshot({ disk: found.disk, id: b })
  return found
})

export const snapshotSizes: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "snapshotSizes/returns-the-blocks-of-each-image",
    title: "MUST return the image of each snapshot and of the top delta, and the blocks that it takes on the host",
    source: service,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const found = yield* chain
      const { directory, disk } = found
      const sizes = yield* files.untouched(directory, ploop.snapshotSizes({ disk }))
      yield* Check.equal(sizes.map(({ id }) => id), [a, b, top], "the snapshots")
      for (const { id, image, size } of sizes) {
        yield* Check.equal<string>(image, yield* Conformance.fileOf(found, id), `the image of ${id}`)
        const { blocks } = yield* fs.stat(image)
        yield* Check.equal<bigint | undefined>(
          size,
          Option.getOrUndefined(Option.map(blocks, (blocks) => BigInt(blocks) * 512n)),
          `the size of ${id}`
        )
      }
    })
  }),
  Case.make({
    id: "snapshotSizes/moves-the-only-child",
    title: "MUST return the size of the only child as what a deletion moves, because the child is merged",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const { disk } = yield* chain
      const sizes = yield* sizesOf(disk)
      yield* Check.equal(sizes.get(a)?.moved, sizes.get(b)?.size, "what a deletion of a moves")
      yield* Check.equal(sizes.get(b)?.moved, sizes.get(top)?.size, "what a deletion of b moves")
      yield* Check.equal<bigint | undefined>(sizes.get(top)?.moved, 0n, "what a deletion of the top delta moves")
    })
  }),
  Case.make({
    id: "snapshotSizes/moves-nothing-for-a-branch",
    title: "MUST return zero for a snapshot with several children, and for one without",
    source: Case.source("lib/snapshot.c do_delete_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* chain
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: c })
      yield* Check.equal<bigint | undefined>(yield* movedOf(disk, a), 0n, "what a deletion of a moves")
      yield* Check.equal<bigint | undefined>(yield* movedOf(disk, b), 0n, "what a deletion of b moves")
    })
  }),
  Case.make({
    id: "snapshotSizes/moves-what-is-merged-automatically",
    title: "MUST count the image that is merged automatically once a temporary snapshot has one child",
    source: Case.source("lib/snapshot.c ploop_merge_temporary_snapshots"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* chain
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: c })
      yield* ploop.deleteSnapshot({ disk, id: a })
      const sizes = yield* sizesOf(disk)
      yield* Check.equal(sizes.get(b)?.moved, sizes.get(c)?.size, "what a deletion of b moves")
      yield* ploop.deleteSnapshot({ disk, id: b })
      yield* Check.equal([...(yield* sizesOf(disk)).keys()], [c, top], "the snapshots after the deletion")
    })
  }),
  Case.make({
    id: "snapshotSizes/refuses-a-missing-image",
    title: "MUST fail with the path of an image that is missing",
    source: service,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const found = yield* chain
      const image = yield* Conformance.fileOf(found, b)
      yield* fs.remove(image)
      yield* Check.fails(ploop.snapshotSizes({ disk: found.disk }), "ImageNotFound", { image })
    })
  }),
  ...misnamed("snapshotSizes", (ploop, disk) => ploop.snapshotSizes({ disk }))
]

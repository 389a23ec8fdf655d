import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b } = Conformance.ids
const top = SnapshotId.top

export const topDelta: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "topDelta/follows-the-snapshots",
    title: "MUST return the absolute path of the existing file of the top delta after each operation that changes it",
    source: Case.source("lib/di.c find_image_by_guid"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const look = Effect.gen(function*() {
        const file = yield* ploop.topDelta({ disk })
        yield* Check.equal(path.isAbsolute(file), true, `whether ${file} is absolute`)
        yield* Check.equal(yield* fs.exists(file), true, `whether ${file} exists`)
        yield* Check.equal<string>(file, yield* Conformance.fileOf(made, top), "the file of the top delta")
        return file
      })
      yield* Check.equal(yield* look, made.image, "that of a new disk")
      yield* snapshots.take(made, a)
      const first = yield* look
      yield* Check.different(first, made.image, "that after a snapshot")
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.different(yield* look, first, "that after a switch")
      yield* ploop.mergeSnapshots({ disk })
      yield* Check.equal(yield* look, made.image, "that after a merge")
    })
  }),
  Case.make({
    id: "topDelta/looks-at-the-descriptor-alone",
    title: "MUST succeed even if the file is missing, and touch nothing",
    source: Case.service("Ploop.topDelta"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* fs.remove(made.image)
      const before = yield* fs.readDirectory(made.directory)
      yield* Check.equal(yield* ploop.topDelta({ disk: made.disk }), made.image, "the result")
      yield* Check.equal(yield* fs.readDirectory(made.directory), before, "the files of the directory")
    })
  }),
  Case.make({
    id: "topDelta/of-a-moved-disk",
    title: "MUST resolve the names in the descriptor relative to its directory, even after the directory was moved",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const name = path.basename(yield* ploop.topDelta({ disk: made.disk }))
      const moved = yield* Conformance.path("moved")
      yield* fs.rename(made.directory, moved)
      const disk = path.join(moved, path.basename(made.disk))
      yield* Check.equal<string>(yield* ploop.topDelta({ disk }), path.join(moved, name), "the result")
      yield* ploop.createSnapshot({ disk, id: b })
      yield* Check.equal(path.dirname(yield* ploop.topDelta({ disk })), moved, "the directory after a snapshot there")
    })
  }),
  Case.make({
    id: "topDelta/is-what-is-written-to",
    title: "MUST return the image that grows when something is written to the disk",
    source: Case.manual("snapshot"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      yield* snapshots.take(made, a)
      const file = yield* ploop.topDelta({ disk: made.disk })
      const sizes = Effect.forEach([made.image, file], (name) => Effect.map(fs.stat(name), ({ size }) => size))
      const [base, before] = yield* sizes
      yield* snapshots.put(made, { "large": "0123456789abcdef".repeat(512 * 1024) })
      const [same, after] = yield* sizes
      yield* Check.equal(same, base, "the size of the snapshot")
      yield* Check.isTrue(after! >= before! + 8n * 1024n * 1024n, "the top delta grew by what was written", after)
    })
  }),
  Case.make({
    id: "topDelta/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor",
    source: Case.service("Ploop.topDelta"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* fs.remove(made.disk)
      yield* Check.fails(ploop.topDelta({ disk: made.disk }), "DiskNotFound", { subject: made.disk })
    })
  }),
  Case.make({
    id: "topDelta/refuses-a-descriptor-without-one",
    title: "MUST refuse a descriptor whose top delta has no image",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace(`<GUID>${top}</GUID>`, `<GUID>${b}</GUID>`))
      yield* Check.fails(ploop.topDelta({ disk }), "DescriptorInvalid")
    })
  })
]

import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a } = Conformance.ids
const { MiB } = ByteSize

export const imageInfo: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "imageInfo/tells-size-and-format",
    title: "MUST return the size, the cluster size and the version, and not change a file",
    source: Case.manual("info, -s"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk({ clusterSize: "256K" })
      const info = yield* files.untouched(directory, ploop.imageInfo({ disk }))
      yield* Check.equal(
        { ...info, clusterSize: ByteSize.make(info.clusterSize) },
        { size: MiB(8), clusterSize: ByteSize.make("256K"), version: yield* Conformance.diskVersion },
        "the result"
      )
    })
  }),
  Case.make({
    id: "imageInfo/looks-at-the-top-delta",
    title: "MUST return the size of the top delta, even if the descriptor or the base has another",
    source: Case.source("lib/ploop.c ploop_get_spec"),
    needs: ["lowLevel"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* low.grow({ image, size: "16M" })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, MiB(8), "the size when the base is larger")
      yield* low.grow({ image: yield* ploop.topDelta({ disk }), size: "12M" })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, MiB(12), "the size when the top delta is larger")
      yield* Check.equal((yield* files.descriptor(disk)).diskSize, MiB(8), "the size in the descriptor")
    })
  }),
  Case.make({
    id: "imageInfo/of-a-running-disk",
    title: "MUST return the same while the disk is running, although the in-use flag of its image is set",
    source: Case.manual("info, -s"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      // Generation 7 converts an image of version 1 when it mounts it.
      const version = yield* Conformance.ofGeneration({ "1.15": 1 as const, "7": 2 as const, "9": 2 as const })
      const { disk } = yield* Conformance.disk({ clusterSize: "256K", version })
      const before = yield* ploop.imageInfo({ disk })
      yield* ploop.mount({ disk })
      yield* Check.equal(yield* ploop.imageInfo({ disk }), before, "the result")
    })
  }),
  Case.make({
    id: "imageInfo/of-an-image-marked-in-use",
    title:
      "MUST refuse an idle disk whose top delta has its in-use flag set on 1.15, and succeed on the other generations",
    source: Case.observed("info -s of a dirty image: Image is in use, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      const refused = yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })
      yield* files.untouched(
        directory,
        refused
          ? Effect.asVoid(Check.fails(ploop.imageInfo({ disk }), "ImageDirty", { exitCode: 4 }))
          : Effect.flatMap(ploop.imageInfo({ disk }), ({ size }) => Check.equal(size, MiB(8), "the size"))
      )
    })
  }),
  Case.make({
    id: "imageInfo/refuses-a-missing-image",
    title: "MUST fail and name the top delta when it is missing, and ignore other missing images",
    source: Case.observed("info -s of a disk without its top delta, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* fs.remove(top)
      yield* Check.fails(ploop.imageInfo({ disk }), "ImageNotFound", { image: top, exitCode: 4 })
    })
  }),
  Case.make({
    id: "imageInfo/refuses-a-broken-image",
    title: "MUST fail and name the top delta when it is broken",
    source: Case.observed("info -s of a disk with a broken top delta, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* ImageFile.breakSignature(top)
      yield* Check.fails(ploop.imageInfo({ disk }), "ImageCorrupt", { image: top, exitCode: 4 })
    })
  }),
  ...misnamed("imageInfo", (ploop, disk) => ploop.imageInfo({ disk }))
]

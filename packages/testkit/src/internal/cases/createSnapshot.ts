import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import { descriptor, whenCutOff } from "./diskFiles.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, d, e, unknown } = Conformance.ids
const top = SnapshotId.top

/** The root element of a descriptor on generation 1.15, and on the others. */
const roots = ["Parallels_disk_image", "Virtuozzo_disk_image"] as const

const limit = 126

const damaged: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createSnapshot/refuses-a-top-that-was-cut-off",
    title: "MUST refuse to put a new delta on an image whose file ends in front of its data",
    source: Case.observed("snapshot of a truncated image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* whenCutOff(made, Check.fails(ploop.createSnapshot({ disk: made.disk }), "ImageCorrupt"))
    })
  })
]

export const createSnapshot: ReadonlyArray<Case.Case> = [
  ...damaged,
  Case.make({
    id: "createSnapshot/answers-the-given-id",
    title: "MUST return the given identifier, and insert the snapshot between its parent and the top delta",
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* Check.equal(yield* ploop.createSnapshot({ disk, id: a }), a, "the result")
      yield* Check.equal(yield* ploop.createSnapshot({ disk, id: b }), b, "the second result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      yield* Check.equal(yield* snapshots.temporary(made), [], "the temporary snapshots")
    })
  }),
  Case.make({
    id: "createSnapshot/answers-an-id-of-its-own",
    title: "MUST return a new identifier each time, unless one is given",
    source: Case.manual("snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const first = yield* ploop.createSnapshot({ disk })
      const second = yield* ploop.createSnapshot({ disk })
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[first, undefined], [second, first], [top, second]],
        "the tree"
      )
      yield* Check.different(first, second, "the second result")
      yield* Check.equal(SnapshotId.make(first), first, "the result in canonical form")
    })
  }),
  Case.make({
    id: "createSnapshot/leaves-the-data-in-its-file",
    title: "MUST keep what was written in its file, and start a new file named after the base image",
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    run: Effect.gen(function*() {
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* snapshots.occupy(made.image, 3)
      yield* snapshots.take(made, a)
      yield* Check.equal(yield* Conformance.fileOf(made, a), made.image, "the file of the snapshot")
      yield* Check.equal(yield* snapshots.occupied(made.image), [3], "what is in the file of the snapshot")
      const file = yield* ploop.topDelta({ disk: made.disk })
      yield* Check.equal(path.dirname(file), made.directory, "the directory of the new file")
      yield* Check.isTrue(file.startsWith(`${made.image}.`), "the new file is named after the base image", file)
      yield* Check.equal(yield* snapshots.occupied(file), [], "what is in the new file")
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "createSnapshot/locks-with-a-file",
    title: "MUST leave its lock file beside the descriptor; generation 9 MUST lock without a file",
    source: Case.source("lib/lock.c ploop_lock_di"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const locks = yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })
      const { disk } = yield* snapshots.chained([a])
      yield* Check.equal(yield* fs.exists(`${disk}.lck`), locks, "whether there is a lock file")
    })
  }),
  Case.make({
    id: "createSnapshot/accepts-any-spelling-of-an-id",
    title: "MUST accept an identifier in upper or lower case, with or without braces, as the same",
    source: Case.source("lib/util.c parse_uuid, lib/di.c guidcmp"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const id = a.slice(1, -1).toUpperCase()
      yield* Check.equal(yield* ploop.createSnapshot({ disk, id }), a, "the result")
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      for (const again of [id, `{${id}}`, a.slice(1, -1)]) {
        yield* Check.fails(ploop.createSnapshot({ disk, id: again }), "SnapshotExists", { id: a })
      }
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-a-second-of-the-same-id",
    title: "MUST refuse the identifier of an existing snapshot, and change nothing",
    source: Case.source("lib/di.c ploop_di_add_image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.branched()
      for (const id of [a, b]) {
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.createSnapshot({ disk: made.disk, id }), "SnapshotExists", { id, exitCode: 38 })
        )
      }
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-what-is-no-id",
    title:
      "MUST refuse an identifier that is not a UUID, and name the field, the value and the rule, before anything is touched",
    source: Case.service("Request.CreateSnapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const id of ["", "clean", a.slice(0, -1), `${a} `, a.replaceAll("-", ""), `-u ${a}`]) {
        yield* snapshots.refuses(made, ploop.createSnapshot({ disk: made.disk, id }), {
          field: "id",
          value: id,
          rule: /^must be a UUID/
        })
      }
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-reserved-ids",
    title: "MUST refuse the nil UUID and the identifier of the top delta, which would damage the chain",
    source: Case.service("SnapshotId.NewSnapshotId"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const id of [SnapshotId.none, top]) {
        yield* snapshots.refuses(made, ploop.createSnapshot({ disk: made.disk, id }), {
          field: "id",
          value: id,
          rule: /reserved/
        })
      }
    })
  }),
  Case.make({
    id: "createSnapshot/limit-of-a-chain",
    title: `MUST refuse a snapshot beyond the limit of ${limit} for a chain, and count only the chain of the top delta`,
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* chainOf(limit)
      const { disk } = made
      const [first] = yield* Conformance.parents(disk)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk, id: unknown }), "SnapshotLimitReached", { limit, exitCode: 38 })
      )
      yield* ploop.switchSnapshot({ disk, id: first![0] })
      yield* ploop.createSnapshot({ disk, id: unknown })
      yield* Check.equal((yield* Conformance.parents(disk)).length, limit + 2, "the number of images")
    })
  }),
  Case.make({
    id: "createSnapshot/takes-as-many-as-asked-for-at-once",
    title: "MUST take all snapshots of a disk that are requested at the same time, one after the other",
    source: Case.observed("parallel snapshots of one disk"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const wanted = [a, b, c, d, e]
      yield* Effect.forEach(wanted, (id) => ploop.createSnapshot({ disk, id }), { concurrency: "unbounded" })
      const tree = yield* Conformance.parents(disk)
      yield* Check.equal(tree.map(([id]) => id).sort(), [...wanted, top].sort(), "the identifiers")
      yield* Check.equal(
        tree.map(([, parent]) => parent),
        [undefined, ...tree.slice(0, -1).map(([id]) => id)],
        "the parents, which are a chain"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "createSnapshot/as-large-as-the-image-below",
    title: "MUST create a top delta as large as the one below it, whatever the descriptor says",
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    needs: ["lowLevel"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a])
      const { size } = yield* ploop.imageInfo({ disk })
      const grown = ByteSize.make(size * 2n)
      yield* low.grow({ disk, size: grown })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, grown, "the size above a grown image")
      // Now the descriptor still has the larger size, and the image below has the smaller one.
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: c })
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, size, "the size above an image that never grew")
    })
  }),
  Case.make({
    id: "createSnapshot/names-the-file-after-the-base",
    title:
      "MUST name the file of the new top delta after that of the base, with an identifier as suffix; generation 9 MUST replace an identifier that is already there",
    source: Case.observed("snapshot of a disk whose base is named root.hdd.{…}"),
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk({ image: `root.hdd.${unknown}` })
      const base = (yield* Path.Path).basename(made.image)
      const prefix = yield* Conformance.ofGeneration({ "1.15": base, "7": base, "9": "root.hdd" })
      yield* snapshots.take(made, a)
      yield* snapshots.isNamedAfter(yield* Conformance.fileOf(made, top), prefix)
    })
  }),
  Case.make({
    id: "createSnapshot/upon-a-raw-image",
    title: "MUST put a delta in ploop format on a raw image, and not change the raw image",
    source: Case.observed("snapshot of a raw disk"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ format: "raw", version: undefined })
      const before = yield* ploop.imageInfo({ disk: made.disk })
      yield* Check.equal(before.version, undefined, "the format version of the raw image")
      yield* snapshots.take(made, a)
      const after = yield* ploop.imageInfo({ disk: made.disk })
      const { capabilities } = yield* Conformance.Conformance
      yield* Check.equal(after.version, capabilities.has("version2") ? 2 : 1, "the format version of the new delta")
      // In the descriptor, every image has the type of the base.
      const { images } = yield* descriptor(made.disk)
      yield* Check.equal(images.map(({ type }) => type), ["Plain", "Plain"], "the types")
      yield* Check.equal(after.size, before.size, "the size of the disk")
      yield* Check.equal((yield* fs.stat(made.image)).size, FileSystem.Size(before.size), "the size of the raw file")
    })
  }),
  Case.make({
    id: "createSnapshot/names-of-any-kind",
    title: "MUST accept spaces, markup, quotes and letters of any script in the names of the directory and the image",
    source: Case.service("HostPath"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ name: "Ω disk's \"own\"", image: "r&d <1>  größe.hdd" })
      yield* snapshots.take(made, a)
      yield* Check.equal(yield* Conformance.fileOf(made, a), made.image, "the file of the snapshot")
      const file = yield* ploop.topDelta({ disk: made.disk })
      yield* Check.isTrue(file.startsWith(`${made.image}.`), "the new file is named after the base image", file)
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "createSnapshot/through-a-link",
    title: "MUST follow a symbolic link to the descriptor, and create the new image beside the real descriptor",
    source: Case.source("lib/di.c ploop_open_dd"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const elsewhere = yield* Conformance.directory("elsewhere")
      const link = path.join(elsewhere, path.basename(made.disk))
      yield* fs.symlink(made.disk, link)
      yield* ploop.createSnapshot({ disk: link, id: a })
      yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* fs.readLink(link), made.disk, "the link")
      yield* Check.equal(yield* fs.readDirectory(elsewhere), [path.basename(link)], "the files beside the link")
      yield* Check.equal(
        yield* ploop.topDelta({ disk: link }),
        yield* ploop.topDelta({ disk: made.disk }),
        "the top delta"
      )
      yield* snapshots.onlyNamedImages(made)
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor, and create no file",
    source: Case.observed("snapshot without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* fs.remove(made.disk)
      yield* snapshots.untouched(made, Check.fails(ploop.createSnapshot({ disk: made.disk }), "DiskNotFound"))
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-a-broken-descriptor",
    title: "MUST refuse a truncated descriptor, and not change it",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const text = yield* fs.readFileString(made.disk)
      for (const cut of ["", text.slice(0, text.indexOf("<Snapshots>"))]) {
        yield* fs.writeFileString(made.disk, cut)
        yield* snapshots.untouched(
          made,
          Check.fails(ploop.createSnapshot({ disk: made.disk, id: b }), "DescriptorInvalid", { exitCode: undefined })
        )
      }
    })
  }),
  Case.make({
    id: "createSnapshot/of-an-old-descriptor",
    title:
      "MUST refuse, on generation 1.15, a descriptor whose top delta has an unusual identifier, and change nothing; the others MUST take the snapshot",
    source: Case.observed("descriptors of the old format"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const { disk } = made
      yield* snapshots.rewrite(disk, (text) => text.replaceAll(top, unknown))
      const taking = ploop.createSnapshot({ disk, id: b })
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })) {
        yield* snapshots.untouched(made, Check.fails(taking, "DescriptorInvalid", { exitCode: 38 }))
      } else {
        yield* taking
        yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [b, a], [top, b]], "the tree")
      }
    })
  }),
  Case.make({
    id: "createSnapshot/of-a-descriptor-of-another-generation",
    title: "MUST read a descriptor with any root element, and write its own root element",
    source: Case.observed("snapshot with the descriptor of another generation"),
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a])
      const [parallels, virtuozzo] = roots
      const own = yield* Conformance.ofGeneration({ "1.15": parallels, "7": virtuozzo, "9": virtuozzo })
      const other = own === parallels ? virtuozzo : parallels
      yield* snapshots.rewrite(made.disk, (text) => text.replaceAll(own, other))
      yield* snapshots.take(made, b)
      yield* Check.equal((yield* descriptor(made.disk)).rootElement, own, "the root element")
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-when-the-top-image-is-missing",
    title: "MUST name a missing image file of the top delta, and not change the descriptor",
    source: Case.observed("snapshot without the image of the top delta"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const image = yield* Conformance.fileOf(made, top)
      yield* fs.remove(image)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk: made.disk, id: b }), "ImageNotFound", { image })
      )
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-when-the-raw-image-is-missing",
    title: "MUST name a missing raw image file, with a separate exit code, and create no delta",
    source: Case.observed("snapshot of a raw disk without its image, exit code 15"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ format: "raw", version: undefined })
      const { disk, image } = made
      yield* fs.remove(image)
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk, id: a }), "ImageNotFound", { image, exitCode: 15 })
      )
    })
  }),
  Case.make({
    id: "createSnapshot/refuses-when-the-top-image-is-broken",
    title: "MUST refuse when the image of the top delta is not a ploop image, and not change it",
    source: Case.observed("snapshot of an image without a signature"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      yield* ImageFile.breakSignature(yield* Conformance.fileOf(made, top))
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.createSnapshot({ disk: made.disk, id: b }), "ImageCorrupt")
      )
    })
  }),
  Case.make({
    id: "createSnapshot/of-an-image-that-was-not-closed",
    title:
      "MUST take a snapshot of an idle disk whose top delta has its in-use flag set; generation 1.15 clears the flag",
    source: Case.observed("snapshot of a disk that was not closed"),
    run: Effect.gen(function*() {
      const made = yield* Conformance.disk()
      yield* ImageFile.markInUse(made.image)
      yield* snapshots.take(made, a)
      yield* Check.equal(yield* Conformance.parents(made.disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(
        yield* snapshots.isMarkedInUse(made.image),
        yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true }),
        "the in-use flag of the snapshot"
      )
    })
  }),
  Case.make({
    id: "createSnapshot/mends-an-image-that-was-not-closed",
    title: "MUST repair the image of an idle disk whose in-use flag is set, as a check with force does",
    source: Case.observed("snapshot of a preallocated disk that was not closed"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ format: "preallocated" })
      yield* ImageFile.markInUse(made.image)
      yield* snapshots.take(made, a)
      yield* Check.equal((yield* ploop.check({ image: made.image, force: true })).outcome, "clean", "the image")
    })
  }),
  Case.make({
    id: "createSnapshot/beside-a-temporary-one-with-children",
    title:
      "MUST refuse, on generation 1.15, a snapshot of an idle disk that has a temporary snapshot with several children, and change nothing; the others MUST take it",
    source: Case.observed("snapshot of a disk with a temporary snapshot that has several children"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.marked()
      const taking = ploop.createSnapshot({ disk: made.disk, id: c })
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })) {
        yield* snapshots.untouched(made, Check.fails(taking, "Unsupported"))
      } else {
        yield* taking
        yield* Check.equal(
          yield* Conformance.parents(made.disk),
          [[a, undefined], [b, a], [c, a], [top, c]],
          "the tree"
        )
        yield* Check.equal(yield* snapshots.temporary(made), [a], "the temporary snapshots")
      }
    })
  }),
  Case.make({
    id: "createSnapshot/of-a-running-disk-moves-the-mark",
    title: "MUST move the in-use flag from the snapshot to the new top delta of a running disk",
    source: Case.source("lib/snapshot.c do_create_snapshot"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const { device } = yield* ploop.mount({ disk })
      yield* snapshots.take(made, a)
      const file = yield* Conformance.fileOf(made, top)
      yield* Check.equal(yield* snapshots.isMarkedInUse(made.image), false, "the in-use flag of the snapshot")
      yield* Check.equal(yield* snapshots.isMarkedInUse(file), true, "the in-use flag of the new top delta")
      const [running] = (yield* ploop.listDevices).filter((found) => found.image === made.image)
      yield* Check.equal(running?.device, device, "the device of the disk")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* snapshots.isMarkedInUse(file), false, "its in-use flag after the unmount")
    })
  }),
  Case.make({
    id: "createSnapshot/of-a-read-only-device",
    title: "MUST add a delta whose in-use flag is set to a read-only device, and clear the flag on unmount",
    source: Case.source("the driver's ploop_snapshot"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.mount({ disk, readOnly: true })
      yield* snapshots.take(made, a)
      const file = yield* Conformance.fileOf(made, top)
      yield* Check.equal(yield* snapshots.isMarkedInUse(made.image), false, "the in-use flag of the snapshot")
      yield* Check.equal(yield* snapshots.isMarkedInUse(file), true, "the in-use flag of the new top delta")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* snapshots.isMarkedInUse(file), false, "its in-use flag after the unmount")
    })
  }),
  Case.make({
    id: "createSnapshot/online-keeps-what-was-written-before",
    title: "MUST keep what was written before the snapshot apart from later writes, on a mounted disk",
    source: Case.manual("snapshot"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "etc/motd": "before" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* FileTree.write(target, { "etc/motd": "after" })
      const old = yield* Conformance.mounted(disk, { snapshot: a, component: "old", at: "old" })
      yield* Check.equal(yield* FileTree.read(old.target), { "etc/": "", "etc/motd": "before" }, "the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "etc/": "", "etc/motd": "after" }, "the disk")
    })
  }),
  Case.make({
    id: "createSnapshot/offline-keeps-what-was-written-before",
    title: "MUST keep what was written before each of several snapshots, whatever is written or removed later",
    source: Case.manual("snapshot"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const made = yield* Conformance.formatted()
      yield* snapshots.put(made, { "one": "1", "link": "-> one" })
      yield* snapshots.take(made, a)
      yield* snapshots.put(made, { "two": "2" })
      yield* snapshots.take(made, b)
      yield* Effect.scoped(Effect.gen(function*() {
        const { target } = yield* Conformance.mounted(made.disk)
        yield* fs.remove(path.join(target, "one"))
        yield* FileTree.write(target, { "two": "two" })
      }))
      yield* Check.equal(yield* snapshots.contents(made), { "link": "-> one", "two": "two" }, "the disk")
      yield* Check.equal(
        yield* snapshots.contents(made, { snapshot: b }),
        { "link": "-> one", "one": "1", "two": "2" },
        "the second snapshot"
      )
      yield* Check.equal(
        yield* snapshots.contents(made, { snapshot: a }),
        { "link": "-> one", "one": "1" },
        "the first snapshot"
      )
    })
  })
]

/** A disk with a chain of so many snapshots. */
const chainOf = (count: number) =>
  Effect.tap(Conformance.disk({ clusterSize: "32K" }), ({ disk }) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Effect.forEach(Array.range(1, count), () => ploop.createSnapshot({ disk }), { discard: true })
    }))

import * as Disk from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as snapshots from "./snapshotUtils.js"

const { a, b, c, unknown } = Conformance.ids
const top = SnapshotId.top

const element = (name: string): RegExp => new RegExp(`<${name}>[^]*?</${name}>`)

const shot = (id: string, parent: string): string => `<Shot><GUID>${id}</GUID><ParentGUID>${parent}</ParentGUID></Shot>`

/** Descriptors of the chain a, b that no tool can use. */
const unusable: Readonly<Record<string, (text: string) => string>> = {
  "is empty": () => "",
  "is not XML": () => "DiskDescriptor",
  "is truncated": (text) => text.slice(0, text.length / 2),
  "has no parameters": (text) => text.replace(element("Disk_Parameters"), ""),
  "has no storage": (text) => text.replace(element("Storage"), ""),
  "has no images": (text) => text.replaceAll(new RegExp(element("Image"), "g"), ""),
  "has one image too many": (text) => text.replace(element("Image"), (image) => image + image),
  "has no list of snapshots": (text) => text.replace(element("Snapshots"), ""),
  "has one snapshot too many": (text) => text.replace("</Snapshots>", `${shot(unknown, top)}</Snapshots>`),
  "has a cluster size that is not a number": (text) => text.replace(element("Blocksize"), "<Blocksize>abc</Blocksize>"),
  "has an invalid cluster size": (text) => text.replace(element("Blocksize"), "<Blocksize>100</Blocksize>"),
  "has an invalid identifier": (text) => text.replace(a, "{a}"),
  "has a missing top delta": (text) => text.replace(element("TopGUID"), `<TopGUID>${unknown}</TopGUID>`),
  "has a temporary top delta": (text) =>
    text.replace(`<ParentGUID>${b}</ParentGUID>`, (parent) => `${parent}<Temporary/>`)
}

export const listSnapshots: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "listSnapshots/of-a-new-disk",
    title: "MUST return only the top delta, in the base image, for a new disk",
    source: Case.source("lib/di.c ploop_di_add_image"),
    run: Effect.gen(function*() {
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* Check.equal(
        (yield* ploop.listSnapshots({ disk })).nodes.map((node) => ({ ...node })),
        [{ id: top, file: path.basename(image), temporary: false }],
        "the nodes"
      )
    })
  }),
  Case.make({
    id: "listSnapshots/is-a-tree",
    title: "MUST return all snapshots with their parents in the order of creation, and the top delta as a leaf",
    source: Case.manual("snapshot-list"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.branched()
      yield* ploop.createSnapshot({ disk, id: c })
      const tree = yield* ploop.listSnapshots({ disk })
      yield* Check.equal(tree.nodes.map(({ id }) => id), [a, b, c, top], "the identifiers")
      yield* Check.equal(SnapshotTree.children(tree, a).map(({ id }) => id), [b, c], "the children of a")
      yield* Check.equal(SnapshotTree.chain(tree, top).map(({ id }) => id), [top, c, a], "the chain of the top delta")
      yield* Check.equal(SnapshotTree.base(tree).id, a, "the base")
      yield* Check.equal(new Set(tree.nodes.map(({ file }) => file)).size, 4, "the number of files")
    })
  }),
  Case.make({
    id: "listSnapshots/tells-what-is-temporary",
    title: "MUST distinguish temporary snapshots",
    source: Case.observed("snapshot-delete of a snapshot with several children"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.marked()
      const tree = yield* ploop.listSnapshots({ disk })
      yield* Check.equal(
        tree.nodes.map(({ id, temporary }) => [id, temporary] as const),
        [[a, true], [b, false], [top, false]],
        "whether they are temporary"
      )
    })
  }),
  Case.make({
    id: "listSnapshots/needs-the-descriptor-alone",
    title: "MUST take no lock, touch nothing, and need no image file",
    source: Case.manual("snapshot-list"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const alone = yield* Conformance.directory("alone")
      const disk = path.join(alone, path.basename(made.disk))
      yield* fs.copyFile(made.disk, disk)
      yield* Check.equal(
        yield* ploop.listSnapshots({ disk }),
        yield* ploop.listSnapshots({ disk: made.disk }),
        "the snapshots"
      )
      yield* Check.equal(yield* fs.readDirectory(alone), [path.basename(disk)], "the files beside the descriptor")
    })
  }),
  Case.make({
    id: "listSnapshots/of-a-descriptor-of-any-name",
    title: "MUST read a descriptor with any name that ends in .xml",
    source: Case.observed("snapshot-list of a renamed descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a])
      const disk = Disk.make(path.join(made.directory, "an other.xml"))
      yield* fs.copyFile(made.disk, disk)
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
      yield* Check.equal(yield* ploop.topDelta({ disk }), yield* ploop.topDelta({ disk: made.disk }), "the top delta")
    })
  }),
  Case.make({
    id: "listSnapshots/puts-up-with-what-tools-write",
    title: "MUST read any root element, comments, unknown elements, and identifiers in upper case",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.chained([a])
      yield* snapshots.rewrite(disk, (text) =>
        text
          .replaceAll(/\w+_disk_image>/g, "Some_disk_image>")
          .replaceAll(a, a.toUpperCase())
          .replace("<Snapshots>", "<!-- kept by hand --><Unknown><Shot>1</Shot></Unknown><Snapshots>\n\n"))
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
    })
  }),
  Case.make({
    id: "listSnapshots/supplies-what-old-tools-left-out",
    title: "MUST treat the only image as the top delta when no snapshot is listed",
    source: Case.source("lib/xml.c ploop_read_dd"),
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.disk()
      yield* snapshots.rewrite(disk, (text) => text.replace(element("Shot"), "").replace(element("TopGUID"), ""))
      yield* Check.equal(yield* Conformance.parents(disk), [[top, undefined]], "the tree")
    })
  }),
  Case.make({
    id: "listSnapshots/of-an-old-descriptor",
    title: "MUST return the usual identifier of the top delta when the descriptor has another one",
    source: Case.observed("descriptors of the old format"),
    run: Effect.gen(function*() {
      const { disk } = yield* snapshots.chained([a])
      yield* snapshots.rewrite(disk, (text) => text.replaceAll(top, unknown))
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [top, a]], "the tree")
    })
  }),
  Case.make({
    id: "listSnapshots/refuses-a-missing-descriptor",
    title: "MUST report a missing descriptor or a missing directory",
    source: Case.observed("snapshot-list without a descriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      yield* fs.remove(made.disk)
      yield* Check.fails(ploop.listSnapshots({ disk: made.disk }), "DiskNotFound", { subject: made.disk })
      yield* Check.fails(
        ploop.listSnapshots({ disk: yield* Conformance.path("nowhere", "DiskDescriptor.xml") }),
        "DiskNotFound"
      )
    })
  }),
  Case.make({
    id: "listSnapshots/refuses-a-descriptor-that-cannot-be-used",
    title: "MUST refuse every descriptor that no tool can use, and give the reason",
    source: Case.source("lib/xml.c ploop_read_dd, lib/di.c"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a, b])
      const good = yield* fs.readFileString(disk)
      for (const [what, spoil] of Object.entries(unusable)) {
        yield* Check.different(spoil(good), good, `a descriptor that ${what}`)
        yield* fs.writeFileString(disk, spoil(good))
        const { reason } = yield* Effect.mapError(
          Check.fails(ploop.listSnapshots({ disk }), "DescriptorInvalid"),
          (error) => new Check.CheckFailed({ ...error, what: `${error.what} of a descriptor that ${what}` })
        )
        yield* Check.different(reason, "", `the reason for a descriptor that ${what}`)
      }
    })
  }),
  Case.make({
    id: "listSnapshots/refuses-a-tree-that-is-none",
    title: "MUST refuse snapshots that are their own ancestors or have a missing parent",
    source: Case.service("SnapshotTree.fromDescriptor"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.chained([a, b])
      const good = yield* fs.readFileString(disk)
      for (const [parent, other] of [[SnapshotId.none, b], [SnapshotId.none, a], [a, unknown]] as const) {
        const spoilt = good.replace(`<ParentGUID>${parent}`, `<ParentGUID>${other}`)
        yield* Check.different(spoilt, good, "the descriptor")
        yield* fs.writeFileString(disk, spoilt)
        yield* Check.fails(ploop.listSnapshots({ disk }), "DescriptorInvalid")
      }
    })
  }),
  Case.make({
    id: "listSnapshots/refuses-a-directory",
    title: "MUST refuse a directory that is named like a descriptor",
    source: Case.observed("snapshot-list of a directory"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.directory("disk.xml")
      yield* Check.fails(ploop.listSnapshots({ disk }), "DescriptorInvalid")
    })
  }),
  Case.make({
    id: "listSnapshots/refuses-what-is-no-descriptor-name",
    title: "MUST refuse a path that does not end in .xml, and name the option, the value and the rule",
    source: Case.service("Disk"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      for (const disk of ["", made.directory, made.image, `${made.directory}/.xml`, `${made.disk}\0`]) {
        yield* snapshots.refuses(made, ploop.listSnapshots({ disk }), {
          field: "disk",
          value: disk,
          rule: /^must/
        })
      }
    })
  }),
  Case.make({
    id: "listSnapshots/of-a-running-disk",
    title: "MUST return the same while the disk is running",
    source: Case.observed("snapshot-list of a running disk"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* snapshots.branched()
      const before = yield* ploop.listSnapshots({ disk })
      yield* ploop.mount({ disk })
      yield* Check.equal(yield* ploop.listSnapshots({ disk }), before, "the snapshots")
      yield* ploop.umount({ disk })
    })
  })
]

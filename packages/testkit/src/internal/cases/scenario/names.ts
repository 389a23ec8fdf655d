import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a, b, c } = Conformance.ids

const source = Case.observed("names with spaces, letters of other alphabets and leading dashes")

const odd = [
  { id: "blanks", what: "with spaces and quotes", directory: " my  disks ", image: "the 'root' \"image\" $HOME.hdd" },
  { id: "letters", what: "with letters of other alphabets", directory: "диск 盘", image: "großer Schlüssel ☃.hdd" },
  { id: "dashes", what: "that begin with dashes", directory: "-r", image: "--help" },
  { id: "braces", what: "like the files of snapshots", directory: "a.{b}", image: "root.{c}.hdd" }
]

/** A path relative to the working directory. */
const relative = (absolute: string) => Effect.map(Path.Path, (path) => path.relative(path.resolve("."), absolute))

/** Characters that the tool cuts a path at, or cannot write into a descriptor. */
const impossible = ["\n", "\u0001", "\u001b", "\u001f", "\ufffe"]

export const names: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/names-that-the-tool-cannot-have",
    title: "MUST refuse paths with a line break or a control character in every operation, before anything is made",
    source: Case.observed(
      "init of a path with a line break, which leaves a device; descriptors cut at a control character"
    ),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      for (const character of impossible) {
        const odd = path.join(directory, `a${character}b`)
        const file = `${odd}.hdd`
        const refused = [
          ploop.create({ image: file, size: "8M", fileSystem: "none" }),
          ploop.restoreDescriptor({ image: file }),
          ploop.mount({ disk, target: odd }),
          ploop.umount({ target: odd }),
          ploop.check({ image: file }),
          ploop.createSnapshot({ disk: `${odd}.xml` }),
          ploop.replace({ disk, with: file, level: 0 }),
          ploop.mergeSnapshots({ disk, into: file })
        ]
        for (const operation of refused) {
          yield* Check.fails<unknown, PloopError, never, "InvalidArgument">(operation, "InvalidArgument")
        }
      }
      const there = (yield* fs.readDirectory(directory)).filter((name) => !name.endsWith(".lck"))
      yield* Check.equal(there.sort(), ["DiskDescriptor.xml", "root.hdd"], "the files of the directory")
    })
  }),
  ...odd.map(({ directory, id, image, what }) =>
    Case.make({
      id: `scenario/names-with-${id}`,
      title: `MUST accept names ${what} in every operation on a disk`,
      source,
      run: Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const path = yield* Path.Path
        const made = yield* Conformance.disk({ name: directory, image })
        const { disk } = made
        yield* Check.equal(made.image, path.join(made.directory, image) as typeof made.image, "the path of the image")
        yield* ploop.createSnapshot({ disk, id: a })
        yield* ploop.createSnapshot({ disk, id: b })
        yield* ploop.switchSnapshot({ disk, id: a })
        yield* ploop.deleteSnapshot({ disk, id: b })
        yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [SnapshotId.top, a]], "the tree")
        yield* Check.equal(
          yield* ploop.topDelta({ disk }),
          (yield* Conformance.fileOf(made, SnapshotId.top)) as typeof made.image,
          "the top delta"
        )
        yield* Check.equal(
          yield* ploop.check({ image: yield* ploop.topDelta({ disk }) }),
          { outcome: "clean", findings: [] },
          "the check of the top delta"
        )
        yield* ploop.mergeSnapshots({ disk })
        yield* Check.equal(yield* Conformance.parents(disk), [[SnapshotId.top, undefined]], "the tree after a merge")
        yield* disks.hasNoStrayImages(made)
      })
    })
  ),
  Case.make({
    id: "scenario/names-of-mounts",
    title: "MUST mount disks with unusual names at mount points with unusual names, and list both unchanged",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted({ name: "-my disks ü", image: "-root 盘.hdd" })
      const { device, target } = yield* Conformance.mounted(disk, { at: "-a mount ü" })
      yield* FileTree.write(target, { "-a file ü": "content" })
      const listed = (yield* ploop.listDevices).find((other) => other.device === device)
      yield* Check.equal([listed?.image, listed?.target], [image, target], "the entry in the list")
      yield* Check.equal((yield* ploop.balloonStatus({ target })).size > -1n, true, "whether the mount point is found")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.umount({ target })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted")
      yield* disks.holds(disk, { "-a file ü": "content" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/relative-paths",
    title: "MUST resolve a relative path from the working directory, and return absolute paths",
    source: Case.service("HostPath"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      const created = yield* ploop.create({
        image: yield* relative(image),
        size: "8M",
        fileSystem: "none",
        version: 1
      })
      yield* Check.equal(created.image, image as typeof created.image, "the image")
      yield* Check.equal(created.disk, path.join(home, "DiskDescriptor.xml") as typeof created.disk, "the disk")
      const disk = yield* relative(created.disk)
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* Check.equal(
        yield* Conformance.parents(created.disk),
        [[a, undefined], [SnapshotId.top, a]],
        "the tree by the absolute path"
      )
      yield* Check.isTrue(path.isAbsolute(yield* ploop.topDelta({ disk })), "the path of the top delta is absolute")
      yield* Check.equal(
        yield* ploop.check({ image: yield* relative(image) }),
        { outcome: "clean", findings: [] },
        "the check of the image"
      )
    })
  }),
  Case.make({
    id: "scenario/relative-mounts",
    title: "MUST mount at a path relative to the working directory, and return the absolute path",
    source: Case.service("HostPath"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const disk = yield* relative(made.disk)
      const target = yield* Conformance.directory("mnt")
      const mounted = yield* ploop.mount({ disk, target: yield* relative(target) })
      yield* Check.equal(mounted.target, target as typeof mounted.target, "the mount point")
      yield* FileTree.write(target, { motd: "kept" })
      yield* Check.equal(yield* ploop.isMounted({ disk: made.disk }), true, "whether it is mounted")
      yield* ploop.umount({ target: yield* relative(target) })
      yield* disks.holds(made.disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/link-to-descriptor",
    title: "MUST follow a symbolic link to a descriptor: images stay beside the descriptor, and the link stays a link",
    source: Case.observed("operations through a symbolic link to DiskDescriptor.xml"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const elsewhere = yield* Conformance.directory("elsewhere")
      const link = yield* Conformance.path("elsewhere", "DiskDescriptor.xml")
      yield* fs.symlink(made.disk, link)
      yield* ploop.createSnapshot({ disk: link, id: a })
      yield* ploop.createSnapshot({ disk: made.disk, id: b })
      yield* ploop.switchSnapshot({ disk: link, id: a })
      const tree = [[a, undefined], [b, a], [SnapshotId.top, a]] as const
      yield* Check.equal(yield* Conformance.parents(made.disk), tree, "the tree")
      yield* Check.equal(
        (yield* ploop.listSnapshots({ disk: link })).nodes.length,
        3,
        "the number of images through the link"
      )
      yield* Check.equal(
        yield* ploop.topDelta({ disk: link }),
        yield* ploop.topDelta({ disk: made.disk }),
        "the top delta through the link"
      )
      yield* disks.hasNoStrayImages(made)
      yield* Check.equal(yield* fs.readLink(link), made.disk, "the target of the link")
      const others = (yield* fs.readDirectory(elsewhere)).filter((name) => name.startsWith("root.hdd"))
      yield* Check.equal(others, [], "the images beside the link")
    })
  }),
  Case.make({
    id: "scenario/link-to-directory",
    title: "MUST recognize a disk by every path to it, even while two paths are used at the same time",
    source: Case.service("Ploop"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const link = yield* Conformance.path("link")
      yield* fs.symlink(made.directory, link)
      const other = yield* Conformance.path("link", "DiskDescriptor.xml")
      yield* Effect.all([
        ploop.createSnapshot({ disk: other, id: a }),
        ploop.createSnapshot({ disk: made.disk, id: b }),
        ploop.createSnapshot({ disk: other, id: c })
      ], { concurrency: "unbounded" })
      const ids = (yield* Conformance.parents(made.disk)).map(([id]) => id)
      yield* Check.equal(ids.sort(), [a, b, c, SnapshotId.top].sort(), "the snapshots")
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "scenario/links-and-mounts",
    title: "MUST see that a disk is mounted, and unmount it, by every path to it and to its mount point",
    source: Case.service("Ploop"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted()
      yield* fs.symlink(made.directory, yield* Conformance.path("link"))
      const disk = yield* Conformance.path("link", "DiskDescriptor.xml")
      const target = yield* Conformance.directory("mnt")
      const way = yield* Conformance.path("way")
      yield* fs.symlink(target, way)
      yield* ploop.mount({ disk, target: way })
      yield* FileTree.write(target, { motd: "kept" })
      yield* Check.equal(yield* ploop.isMounted({ disk: made.disk }), true, "whether it is mounted")
      yield* Check.fails(ploop.mount({ disk: made.disk }), "AlreadyMounted")
      yield* ploop.umount({ target: way })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted after an unmount")
      yield* ploop.mount({ disk: made.disk, target })
      yield* ploop.umount({ disk })
      yield* disks.holds(made.disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/other-descriptor-names",
    title: "MUST accept a descriptor with another name if the generation does, and report it otherwise",
    source: Case.observed("operations on a descriptor that is not named DiskDescriptor.xml"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const other = yield* Conformance.path("disk", "another name.xml")
      yield* fs.rename(made.disk, other)
      const snapshot = ploop.createSnapshot({ disk: other, id: a })
      const refused = yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })
      if (refused) return yield* Effect.asVoid(Check.fails(snapshot, "Unsupported"))
      yield* snapshot
      yield* Check.equal((yield* ploop.listSnapshots({ disk: other })).nodes.length, 2, "the number of images")
      yield* Check.equal(yield* fs.exists(made.disk), false, "whether there is a descriptor with the usual name")
    })
  })
]

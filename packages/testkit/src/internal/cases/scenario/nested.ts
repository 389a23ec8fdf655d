import * as Ploop from "@effect-ploop/core/Ploop"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a } = Conformance.ids

export const nested: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/mount-in-a-mount",
    title: "MUST refuse to unmount a disk while another is mounted on it, and unmount both in reverse order",
    source: Case.service("Ploop"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const outer = yield* Conformance.formatted({ name: "outer" })
      const inner = yield* Conformance.formatted({ name: "inner" })
      const { target } = yield* Conformance.mounted(outer.disk)
      yield* FileTree.write(target, { "below/": "", "motd": "outer" })
      const below = path.join(target, "below")
      yield* ploop.mount({ disk: inner.disk, target: below })
      yield* FileTree.write(below, { motd: "inner" })
      yield* Check.fails(ploop.umount({ disk: outer.disk }), "Busy", { operation: "umount" })
      yield* Check.equal(
        yield* FileTree.read(target),
        { "below/": "", "below/motd": "inner", "motd": "outer" },
        "the files of both"
      )
      yield* ploop.umount({ disk: inner.disk })
      yield* Check.equal(yield* FileTree.read(target), { "below/": "", "motd": "outer" }, "the files of the outer disk")
      yield* ploop.umount({ disk: outer.disk })
      yield* disks.holds(inner.disk, { motd: "inner" }, "the files of the inner disk")
    })
  }),
  Case.make({
    id: "scenario/disk-in-a-disk",
    title: "MUST keep a disk inside another disk, and restore it with a snapshot of the outer disk",
    source: Case.service("Ploop"),
    needs: ["device", "mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const outer = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(outer.disk)
      const inner = yield* ploop.create({
        image: path.join(target, "root.hdd"),
        size: "8M",
        fileSystem: "none",
        version: yield* Conformance.diskVersion
      })
      yield* ploop.createSnapshot({ disk: outer.disk, id: a })
      yield* ploop.createSnapshot({ disk: inner.disk, id: a })
      yield* Check.equal(
        (yield* ploop.listSnapshots({ disk: inner.disk })).nodes.length,
        2,
        "the images of the inner disk"
      )
      yield* ploop.umount({ disk: outer.disk })
      yield* Check.fails(ploop.listSnapshots({ disk: inner.disk }), "DiskNotFound")
      yield* ploop.switchSnapshot({ disk: outer.disk, id: a })
      yield* ploop.mount({ disk: outer.disk, target })
      yield* Check.equal(
        (yield* ploop.listSnapshots({ disk: inner.disk })).nodes.length,
        1,
        "its images in the snapshot"
      )
      yield* Check.equal(yield* ploop.check({ disk: inner.disk }), { outcome: "clean", findings: [] }, "its check")
    })
  })
]

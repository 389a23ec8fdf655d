import * as Disk from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
    id: "scenario/mount-over-a-mount",
    title:
      "MUST refuse to unmount a disk that another is mounted over, and unmount by mount point the one that is seen",
    source: Case.observed("umount of the lower of two disks at one directory takes the file system of the upper one"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const lower = yield* Conformance.formatted({ name: "lower" })
      const upper = yield* Conformance.formatted({ name: "upper" })
      const { device, target } = yield* Conformance.mounted(lower.disk)
      yield* FileTree.write(target, { motd: "lower" })
      yield* ploop.mount({ disk: upper.disk, target })
      yield* FileTree.write(target, { motd: "upper" })
      for (const name of [{ disk: lower.disk }, { device }]) {
        yield* Check.fails(ploop.umount(name), "Busy", { device, mounts: [target] })
        yield* Check.equal(yield* FileTree.read(target), { motd: "upper" }, "the files of the upper disk")
        yield* Check.equal(yield* ploop.isMounted({ disk: lower.disk }), true, "whether the lower disk is mounted")
      }
      yield* ploop.umount({ target })
      yield* Check.equal(yield* ploop.isMounted({ disk: upper.disk }), false, "whether the upper disk is mounted")
      yield* Check.equal(yield* FileTree.read(target), { motd: "lower" }, "the files of the lower disk")
      yield* ploop.umount({ target })
      yield* Check.equal(yield* ploop.isMounted({ disk: lower.disk }), false, "whether the lower disk is mounted")
      yield* disks.holds(upper.disk, { motd: "upper" }, "the files of the upper disk")
    })
  }),
  Case.make({
    id: "scenario/mount-over-the-directory-of-a-mount",
    title: "MUST refuse to unmount a disk whose mount point another disk hides, also where that has a mount of its own",
    source: Case.observed("umount by descriptor of a disk whose mount point is hidden: another file system is there"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const hidden = yield* Conformance.formatted({ name: "hidden" })
      const above = yield* Conformance.formatted({ name: "above" })
      const third = yield* Conformance.formatted({ name: "third" })
      const parent = yield* Conformance.directory("parent")
      const target = path.join(parent, "ct")
      yield* fs.makeDirectory(target)
      const { device } = yield* ploop.mount({ disk: hidden.disk, target })
      yield* FileTree.write(target, { motd: "hidden" })
      const cover = yield* ploop.mount({ disk: above.disk, target: parent })
      yield* Check.fails(ploop.umount({ disk: hidden.disk }), "Busy", { device, mounts: [parent] })
      yield* fs.makeDirectory(target)
      yield* ploop.mount({ disk: third.disk, target })
      yield* FileTree.write(target, { motd: "third" })
      for (const name of [{ disk: hidden.disk }, { device }]) {
        yield* Check.fails(ploop.umount(name), "Busy", { device, mounts: [parent, target] })
        yield* Check.equal(yield* FileTree.read(target), { motd: "third" }, "the files that are seen")
      }
      yield* ploop.umount({ target })
      yield* Check.equal(yield* ploop.isMounted({ disk: third.disk }), false, "whether the third disk is mounted")
      yield* ploop.umount({ device: cover.device })
      yield* Check.equal(yield* FileTree.read(target), { motd: "hidden" }, "the files of the hidden disk")
      yield* ploop.umount({ disk: hidden.disk })
    })
  }),
  Case.make({
    id: "scenario/renamed-under-a-running-disk",
    title: "MUST report the new paths of a running disk whose directory and mount point were renamed, and unmount it",
    source: Case.observed("list and umount after a rename of the directories of a mounted disk"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted({ name: "before" })
      const parent = yield* Conformance.directory("mounts")
      yield* fs.makeDirectory(path.join(parent, "ct"))
      const { device } = yield* ploop.mount({ disk: made.disk, target: path.join(parent, "ct") })
      yield* FileTree.write(path.join(parent, "ct"), { motd: "kept" })
      const home = path.join(path.dirname(made.directory), "after")
      const target = path.join(path.dirname(parent), "renamed", "ct")
      yield* fs.rename(made.directory, home)
      yield* fs.rename(parent, path.dirname(target))
      const disk = Disk.inDirectory(home)
      const image = path.join(home, path.basename(made.image))
      // An emulated driver reads the paths again when it is called.
      yield* ploop.balloonStatus({ target })
      const listed = (yield* ploop.listDevices).filter((running) => running.device === device)
      yield* Check.equal<ReadonlyArray<unknown>>(
        listed.map((running) => [running.image, running.target, running.deleted]),
        [[image, target, undefined]],
        "the device in the list"
      )
      const found = Option.map(yield* ploop.deviceOf({ disk }), (running) => running.device)
      yield* Check.equal(found, Option.some(device), "the device of the disk")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted")
      yield* disks.holds(disk, { motd: "kept" }, "the files after a mount")
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

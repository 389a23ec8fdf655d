import { inDirectory } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a } = Conformance.ids

/**
 * Creates a layer of a disk, as container drivers do: a directory of its own with
 * a copy of the descriptor and hard links to the images, switched to the snapshot,
 * so that it has a top delta of its own.
 */
const layer = (base: Conformance.TestDisk, name: string, snapshot: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* Conformance.directory(name)
    const { images } = yield* disks.descriptor(base.disk)
    for (const { file } of images) {
      yield* fs.link(path.resolve(base.directory, file), path.join(directory, file))
    }
    yield* fs.copyFile(base.disk, path.join(directory, "DiskDescriptor.xml"))
    const disk: Disk = inDirectory(directory)
    yield* ploop.switchSnapshot({ disk, id: snapshot })
    return { disk, directory, image: base.image } satisfies Conformance.TestDisk
  })

const source = Case.service("the life of a container's disk")

export const containers: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/layers-have-tops-of-their-own",
    title: "MUST give a layer of hard links its own top delta, and keep the files of the base",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const base = yield* Conformance.disk({ name: "base" })
      yield* ploop.createSnapshot({ disk: base.disk, id: a })
      const before = yield* disks.imageFiles(base)
      const one = yield* layer(base, "one", a)
      const two = yield* layer(one, "two", a)
      yield* disks.hasNoStrayImages(base)
      yield* disks.hasNoStrayImages(one)
      yield* disks.hasNoStrayImages(two)
      yield* Check.equal(yield* disks.imageFiles(base), before, "the images of the base")
      const tops = yield* Effect.forEach([base, one, two], ({ disk }) => ploop.topDelta({ disk }))
      yield* Check.equal(new Set(tops).size, 3, "the number of top deltas")
      yield* Check.equal(yield* Conformance.parents(two.disk), [[a, undefined], [SnapshotId.top, a]], "the tree")
    })
  }),
  Case.make({
    id: "scenario/layers-write-apart",
    title: "MUST keep the writes of layers of one base apart, and not affect the others when one is removed",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const base = yield* Conformance.formatted({ name: "base" })
      yield* disks.write(base.disk, { "etc/os": "base" })
      yield* ploop.createSnapshot({ disk: base.disk, id: a })
      const one = yield* layer(base, "one", a)
      const two = yield* layer(base, "two", a)
      yield* disks.write(one.disk, { "etc/os": "one" })
      yield* disks.write(two.disk, { "srv": "two" })
      yield* disks.holds(one.disk, { "etc/": "", "etc/os": "one" }, "the first layer")
      yield* disks.holds(two.disk, { "etc/": "", "etc/os": "base", "srv": "two" }, "the second layer")
      yield* disks.holds(base.disk, { "etc/": "", "etc/os": "base" }, "the base")
      yield* fs.remove(one.directory, { recursive: true })
      yield* disks.holds(two.disk, { "etc/": "", "etc/os": "base", "srv": "two" }, "the second after the first is gone")
      yield* fs.remove(base.directory, { recursive: true })
      yield* disks.holds(two.disk, { "etc/": "", "etc/os": "base", "srv": "two" }, "the second without its base")
    })
  }),
  Case.make({
    id: "scenario/layers-mounted-at-once",
    title: "MUST mount several layers of one base at the same time when each has a component name",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const base = yield* Conformance.formatted({ name: "base" })
      yield* disks.write(base.disk, { os: "base" })
      yield* ploop.createSnapshot({ disk: base.disk, id: a })
      const one = yield* layer(base, "one", a)
      const two = yield* layer(base, "two", a)
      const first = yield* Conformance.mounted(one.disk, { at: "first", component: "one" })
      const second = yield* Conformance.mounted(two.disk, { at: "second", component: "two" })
      yield* Check.different(first.device, second.device, "the devices")
      yield* FileTree.write(first.target, { os: "one" })
      yield* FileTree.write(second.target, { srv: "two" })
      yield* Check.equal(yield* FileTree.read(first.target), { os: "one" }, "the first layer")
      yield* Check.equal(yield* FileTree.read(second.target), { os: "base", srv: "two" }, "the second layer")
      yield* ploop.umount({ disk: one.disk, component: "one" })
      yield* Check.equal(yield* FileTree.read(second.target), { os: "base", srv: "two" }, "the second, left mounted")
      yield* ploop.umount({ target: second.target })
      yield* disks.holds(one.disk, { os: "one" }, "the first layer after an unmount")
      yield* disks.holds(two.disk, { os: "base", srv: "two" }, "the second layer after an unmount")
    })
  }),
  Case.make({
    id: "scenario/layers-without-names",
    title: "MUST identify a disk by the path of its base image, and mount and unmount layers of hard links separately",
    source: Case.source("lib/delta_sysfs.c ploop_get_dev_by_delta"),
    needs: ["device"],
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const base = yield* Conformance.disk({ name: "base" })
      yield* ploop.createSnapshot({ disk: base.disk, id: a })
      const one = yield* layer(base, "one", a)
      const two = yield* layer(base, "two", a)
      const first = yield* disks.attached(one.disk)
      yield* Check.equal(yield* ploop.isMounted({ disk: two.disk }), false, "whether the second is attached")
      const second = yield* disks.attached(two.disk)
      yield* Check.different(first, second, "the devices")
      yield* ploop.umount({ disk: one.disk })
      yield* Check.equal(yield* ploop.isMounted({ disk: one.disk }), false, "whether the first is attached")
      yield* Check.equal(yield* ploop.isMounted({ disk: two.disk }), true, "whether the second still is")
    })
  }),
  Case.make({
    id: "scenario/many-starts",
    title: "MUST keep what was written through repeated mounts, and leave no device behind",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      const expected: Record<string, string> = {}
      for (let start = 0; start < 5; start++) {
        yield* disks.inside(disk, (target) =>
          Effect.gen(function*() {
            yield* Check.equal(yield* FileTree.read(target), expected, `the files at start ${start}`)
            yield* FileTree.write(target, { [`log.${start}`]: `start ${start}` })
          }))
        expected[`log.${start}`] = `start ${start}`
      }
      yield* disks.holds(disk, expected, "the files at the end")
      const left = (yield* ploop.listDevices).filter((device) => device.image === image)
      yield* Check.equal(left, [], "the devices of the disk")
    })
  })
]

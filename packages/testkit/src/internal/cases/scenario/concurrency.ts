import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as disks from "../disks.js"

const { a, b, c, d, e } = Conformance.ids

const atOnce = { concurrency: "unbounded" } as const

export const concurrency: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/one-writer",
    title:
      "MUST refuse a second device that writes to a disk, and to change its top delta while a component writes to it",
    source: Case.observed(
      "snapshot of a disk that runs under a component only: what is written later is in the snapshot"
    ),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ version: yield* Conformance.diskVersion })
      const { a, b } = Conformance.ids
      yield* ploop.createSnapshot({ disk, id: a })
      const { device } = yield* ploop.mount({ disk, component: "one" })
      const refused = [
        ploop.createSnapshot({ disk, id: b }),
        ploop.createTemporarySnapshot({ disk, id: b, component: "backup" }),
        ploop.switchSnapshot({ disk, id: a }),
        ploop.snapshotAndSwitch({ disk, id: a }),
        ploop.mount({ disk }),
        ploop.mount({ disk, component: "two" })
      ]
      for (const operation of refused) {
        const { message } = yield* Check.fails<unknown, PloopError, never, "Unsupported">(operation, "Unsupported")
        yield* Check.isTrue(message.includes(device), "whether the device is named", message)
      }
      yield* Check.equal(yield* Conformance.parents(disk), [[a, undefined], [SnapshotId.top, a]], "the tree")
      yield* ploop.umount({ disk, component: "one" })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.mount({ disk })
      yield* ploop.umount({ disk })
    })
  }),
  Case.make({
    id: "scenario/disks-at-once",
    title: "MUST work on several disks at the same time, each as if it were the only one",
    source: Case.service("Ploop"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Effect.forEach(["one", "two", "three", "four"], (name) =>
        Effect.gen(function*() {
          const made = yield* Conformance.disk({ name })
          const { disk } = made
          yield* ploop.createSnapshot({ disk, id: a })
          yield* ploop.createSnapshot({ disk, id: b })
          yield* ploop.switchSnapshot({ disk, id: a })
          yield* Check.equal(
            yield* Conformance.parents(disk),
            [[a, undefined], [b, a], [SnapshotId.top, a]],
            `the tree of ${name}`
          )
          yield* disks.hasNoStrayImages(made)
        }), atOnce)
    })
  }),
  Case.make({
    id: "scenario/mounts-at-once",
    title: "MUST mount several disks at the same time, each on a device of its own with its own files",
    source: Case.service("Ploop"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const names = ["one", "two", "three"]
      const mounts = yield* Effect.forEach(names, (name) =>
        Effect.gen(function*() {
          const { disk, image } = yield* Conformance.formatted({ name })
          const { device, target } = yield* Conformance.mounted(disk, { at: `mount of ${name}` })
          yield* FileTree.write(target, { name })
          return { device, disk, image, target, name }
        }), atOnce)
      yield* Check.equal(new Set(mounts.map(({ device }) => device)).size, 3, "the number of devices")
      for (const { name, target } of mounts) {
        yield* Check.equal(yield* FileTree.read(target), { name }, `the files of ${name}`)
      }
      const listed = yield* ploop.listDevices
      for (const { device, image, target } of mounts) {
        const found = listed.find((other) => other.device === device)
        yield* Check.equal([found?.image, found?.target], [image, target], `the entry of ${device}`)
      }
      yield* Effect.forEach(mounts, ({ disk }) => ploop.umount({ disk }), atOnce)
      for (const { disk, name } of mounts) yield* disks.holds(disk, { name }, `the files of ${name} after an unmount`)
    })
  }),
  Case.make({
    id: "scenario/writers-of-one-disk",
    title: "MUST keep every snapshot when several are taken of one disk at the same time",
    source: Case.observed("five snapshots at once: generation 9 loses some of them"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      const ids = [a, b, c, d, e]
      yield* Effect.forEach(ids, (id) => ploop.createSnapshot({ disk, id }), atOnce)
      const parents = yield* Conformance.parents(disk)
      yield* Check.equal(parents.map(([id]) => id).sort(), [...ids, SnapshotId.top].sort(), "the snapshots")
      yield* Check.equal(
        new Set(parents.map(([, parent]) => parent)).size,
        6,
        "the number of different parents, as in a chain"
      )
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "scenario/writers-of-a-mounted-disk",
    title: "MUST keep every snapshot and the files when two are taken of a mounted disk at the same time",
    source: Case.service("Ploop"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* Effect.forEach([a, b], (id) => ploop.createSnapshot({ disk, id }), atOnce)
      const parents = yield* Conformance.parents(disk)
      yield* Check.equal(parents.map(([id]) => id).sort(), [a, b, SnapshotId.top].sort(), "the snapshots")
      yield* disks.hasNoStrayImages(made)
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "scenario/changes-of-one-disk",
    title: "MUST apply all of several different changes to one disk at the same time",
    source: Case.service("Ploop"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      yield* Effect.all([
        ploop.deleteSnapshot({ disk, id: a }),
        ploop.createSnapshot({ disk, id: c }),
        ploop.check({ disk }),
        ploop.imageInfo({ disk }),
        ploop.listSnapshots({ disk })
      ], atOnce)
      yield* Check.equal(
        yield* Conformance.parents(disk),
        [[b, undefined], [c, b], [SnapshotId.top, c]],
        "the tree"
      )
      yield* disks.hasNoStrayImages(made)
    })
  }),
  Case.make({
    id: "scenario/two-mounts-of-one-disk",
    title: "MUST let one of two concurrent mounts of a disk succeed, and refuse the other",
    source: Case.service("Ploop"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      const results = yield* Effect.forEach([1, 2], () => Effect.either(ploop.mount({ disk })), atOnce)
      const tags = results.map((result) => Either.isRight(result) ? "mounted" : result.left._tag)
      yield* Check.equal(tags.sort(), ["AlreadyMounted", "mounted"], "the outcomes")
      const running = (yield* ploop.listDevices).filter((device) => device.image === image)
      yield* Check.equal(running.length, 1, "the number of devices of the disk")
    })
  })
]

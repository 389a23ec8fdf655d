import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a, b } = Conformance.ids

const top = SnapshotId.top

/** The only attachment of a disk. */
const only = (disk: Disk) =>
  Effect.gen(function*() {
    const found = yield* (yield* Ploop.Ploop).attachments({ disk })
    yield* Check.equal(found.length, 1, "the number of attachments")
    return found[0]!
  })

/** What an attachment shows. */
const shown = ({ deleted, images, readOnly, snapshot, targets }: Result.AttachedDevice) => ({
  snapshot,
  readOnly,
  targets,
  images,
  deleted
})

export const attachments: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "attachments/none-of-an-idle-disk",
    title: "MUST return no attachment of a disk without a device, and change nothing",
    source: Case.service("Ploop.attachments"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const found = yield* files.untouched(directory, ploop.attachments({ disk }))
      yield* Check.equal(found, [], "the attachments")
    })
  }),
  Case.make({
    id: "attachments/shows-the-mounted-top",
    title: "MUST return the device of a mount with its mount point, its image, and the top delta as what it shows",
    source: Case.service("Ploop.attachments"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      const { device, partition, target } = yield* Conformance.mounted(disk, { at: "m nt" })
      yield* Check.equal(
        yield* only(disk),
        { device, partition, snapshot: top, readOnly: false, targets: [target], images: [image], deleted: [] },
        "the attachment"
      )
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.attachments({ disk }), [], "the attachments after the unmount")
    })
  }),
  Case.make({
    id: "attachments/shows-a-read-only-device",
    title: "MUST tell a device that refuses writes from one that takes them",
    source: Case.manual("mount, -r"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* Ploop.mountScoped({ disk, readOnly: true })
      const expected = { snapshot: top, readOnly: true, targets: [], images: [image], deleted: [] }
      yield* Check.equal(shown(yield* only(disk)), expected, "the read-only device")
      yield* ploop.umount({ disk })
      yield* Ploop.mountScoped({ disk })
      yield* Check.equal(shown(yield* only(disk)), { ...expected, readOnly: false }, "the writable device")
    })
  }),
  Case.make({
    id: "attachments/shows-every-component",
    title: "MUST return every device of the disk, each with its component and the snapshot that it shows",
    source: Case.manual("mount, -c and -u"),
    needs: ["device", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const found = yield* Conformance.disk()
      const { disk, image } = found
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ploop.createSnapshot({ disk, id: b })
      const one = yield* Ploop.mountScoped({ disk, snapshot: a, component: "one" })
      const two = yield* Ploop.mountScoped({ disk, snapshot: b, component: "two" })
      const unnamed = yield* Ploop.mountScoped({ disk })
      const all = yield* ploop.attachments({ disk })
      const middle = yield* Conformance.fileOf(found, b)
      const highest = yield* Conformance.fileOf(found, top)
      for (
        const [device, component, expected] of [
          [one.device, "one", { snapshot: a, readOnly: true, targets: [], images: [image], deleted: [] }],
          [two.device, "two", { snapshot: b, readOnly: true, targets: [], images: [image, middle], deleted: [] }],
          [unnamed.device, undefined, {
            snapshot: top,
            readOnly: false,
            targets: [],
            images: [image, middle, highest],
            deleted: []
          }]
        ] as const
      ) {
        const own = all.filter((attached) => attached.device === device)
        yield* Check.equal<unknown>(own.map(shown), [expected], `what ${device} shows`)
        yield* Check.equal(own[0]?.component, component, `the component of ${device}`)
      }
      yield* Check.equal(all.length, 3, "the number of attachments")
    })
  }),
  Case.make({
    id: "attachments/follows-a-running-snapshot",
    title: "MUST show the new top delta of a disk whose snapshot was taken while it runs",
    source: Case.source("lib/snapshot.c create_snapshot"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* Ploop.mountScoped({ disk })
      yield* ploop.createSnapshot({ disk, id: a })
      const { images, snapshot } = yield* only(disk)
      yield* Check.equal<unknown>({ images, snapshot }, {
        images: [image, yield* ploop.topDelta({ disk })],
        snapshot: top
      }, "what the device shows")
      yield* ploop.mergeSnapshots({ disk, all: true })
      yield* Check.equal((yield* only(disk)).images, [image], "its images after the merge")
    })
  }),
  Case.make({
    id: "attachments/not-those-of-a-linked-clone",
    title: "MUST NOT return the device of a linked clone, which has the same base image by another name",
    source: Case.service("Ploop.attachments"),
    needs: ["device", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ version: 2 })
      yield* ploop.createSnapshot({ disk, id: a })
      const clone = yield* ploop.clone({ disk, snapshot: a, directory: yield* Conformance.directory("clone") })
      const { device } = yield* Ploop.mountScoped({ disk: clone.disk })
      yield* Check.equal(yield* ploop.attachments({ disk }), [], "the attachments of the disk")
      const own = yield* only(clone.disk)
      yield* Check.equal<unknown>(
        { device: own.device, images: own.images },
        { device, images: clone.images },
        "the clone"
      )
    })
  }),
  Case.make({
    id: "attachments/knows-a-disk-by-any-name",
    title: "MUST find the devices of a disk through a symbolic link",
    source: Case.observed("commands resolve a descriptor with realpath first"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, disk } = yield* Conformance.disk()
      const link = yield* Conformance.path("link")
      yield* fs.symlink(directory, link)
      yield* Ploop.mountScoped({ disk })
      const ploop = yield* Ploop.Ploop
      yield* Check.equal(
        yield* ploop.attachments({ disk: `${link}/DiskDescriptor.xml` }),
        yield* ploop.attachments({ disk }),
        "the attachments"
      )
      yield* only(disk)
    })
  }),
  ...misnamed("attachments", (ploop, disk) => ploop.attachments({ disk }))
]

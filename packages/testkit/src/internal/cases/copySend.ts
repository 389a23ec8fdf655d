import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const { a } = Conformance.ids

export const copySend: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "copySend/round-trip",
    title: "MUST send a stream from which copyReceive writes an image with the same files",
    source: Case.manual("copy"),
    needs: ["mount", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, { "etc/motd": "copied", "large": "ploop ".repeat(500_000) })
      const { device } = yield* Conformance.mounted(disk)
      const image = yield* Effect.zipRight(Conformance.directory("copy"), Conformance.path("copy", "root.hdd"))
      yield* Stream.run(ploop.copySend({ device }), ploop.copyReceive({ image }))
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the device is still running")
      const copy = yield* ploop.restoreDescriptor({ image })
      yield* Check.equal(
        yield* ploop.check({ disk: copy }),
        { outcome: "clean", findings: [] },
        "the check of the copy"
      )
      yield* ploop.umount({ disk })
      yield* disks.holds(copy, yield* disks.contents(disk), "the files of the copy")
    })
  }),
  Case.make({
    id: "copySend/of-a-mounted-disk",
    title: "MUST send a disk that is mounted, and leave it mounted and writable",
    source: Case.manual("copy"),
    needs: ["mount", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "before" })
      yield* disks.synced(target)
      const image = yield* Effect.zipRight(Conformance.directory("copy"), Conformance.path("copy", "root.hdd"))
      yield* Stream.run(ploop.copySend({ device }), ploop.copyReceive({ image }))
      yield* FileTree.write(target, { motd: "after" })
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "after" }, "the files of the disk")
      yield* disks.holds(yield* ploop.restoreDescriptor({ image }), { motd: "before" }, "the files of the copy")
    })
  }),
  Case.make({
    id: "copySend/top-delta-only",
    title: "MUST send only the top delta, which can replace the original above the same snapshot",
    source: Case.source("lib/pcopy.c ploop_copy_send"),
    needs: ["mount", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { disk } = made
      yield* disks.write(disk, { base: "in the snapshot" })
      yield* ploop.createSnapshot({ disk, id: a })
      yield* disks.write(disk, { top: "in the top delta" })
      const copy = yield* Conformance.path("copy")
      yield* Effect.scoped(
        Effect.flatMap(
          Conformance.mounted(disk),
          ({ device }) => Stream.run(ploop.copySend({ device }), ploop.copyReceive({ image: copy }))
        )
      )
      const fs = yield* FileSystem.FileSystem
      yield* fs.rename(copy, yield* Conformance.fileOf(made, SnapshotId.top))
      yield* disks.holds(disk, { base: "in the snapshot", top: "in the top delta" }, "the files on top of the copy")
    })
  }),
  Case.make({
    id: "copySend/interrupted",
    title: "MUST leave the device running when the stream is not read to its end, and send everything the next time",
    source: Case.service("Ploop.copySend"),
    needs: ["mount", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, { motd: "kept" })
      const { device } = yield* Conformance.mounted(disk)
      const first = yield* Stream.runCollect(Stream.take(ploop.copySend({ device }), 1))
      yield* Check.equal(first.length, 1, "the number of chunks that were read")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether the device is still running")
      const image = yield* Effect.zipRight(Conformance.directory("copy"), Conformance.path("copy", "root.hdd"))
      yield* Stream.run(ploop.copySend({ device }), ploop.copyReceive({ image }))
      yield* disks.holds(yield* ploop.restoreDescriptor({ image }), { motd: "kept" }, "the files of the copy")
    })
  }),
  Case.make({
    id: "copySend/needs-a-mount",
    title: "MUST refuse a device whose file system is not mounted, and leave it running",
    source: Case.source("lib/pcopy.c open_mount_point"),
    needs: ["device", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.fails(Stream.runDrain(ploop.copySend({ device })), "NotMounted", { subject: device, exitCode: 4 })
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is attached")
    })
  }),
  Case.make({
    id: "copySend/needs-the-mount-of-a-file-system",
    title: "MUST refuse a device that is only attached, even if it has a file system",
    source: Case.source("lib/pcopy.c open_mount_point"),
    needs: ["mount", "copy"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const device = yield* disks.attached(disk)
      yield* Check.fails(Stream.runDrain(ploop.copySend({ device })), "NotMounted", { subject: device })
    })
  }),
  Case.make({
    id: "copySend/unknown-device",
    title: "MUST report a missing device",
    source: Case.observed("copy -s of a missing device"),
    needs: ["copy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(Stream.runDrain(ploop.copySend({ device: disks.noDevice })), "DeviceNotFound", {
        operation: "copySend",
        subject: disks.noDevice,
        exitCode: 2
      })
    })
  }),
  Case.make({
    id: "copySend/unsupported",
    title: "MUST refuse on generations whose copy needs a dialogue",
    source: Case.source("lib/pcopy.c of 7.0.280 and 9.0.30"),
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const image = yield* Conformance.path("copy")
      yield* Check.fails(Stream.runDrain(ploop.copySend({ device: disks.noDevice })), "Unsupported")
      yield* Check.fails(Stream.run(Stream.empty, ploop.copyReceive({ image })), "Unsupported")
    })
  })
]

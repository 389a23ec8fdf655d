import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const MiB = ByteSize.MiB

export const balloonChange: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "balloonChange/takes-room",
    title: "MUST take as much space from the file system as the balloon grows, and return it when the balloon shrinks",
    source: Case.manual("balloon change"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      const { free } = yield* ploop.fileSystemInfo({ disk })
      const inflated = yield* ploop.balloonChange({ disk, size: "64M" })
      yield* Check.equal([inflated.before, inflated.after], [MiB(0), MiB(64)], "before and after")
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(64), "the size of the balloon")
      const left = (yield* ploop.fileSystemInfo({ disk })).free
      yield* Check.isTrue(free - left >= MiB(64) && free - left < MiB(66), "64 MiB are no longer free", free - left)
      const deflated = yield* ploop.balloonChange({ disk, size: "4M" })
      yield* Check.equal([deflated.before, deflated.after], [MiB(64), MiB(4)], "before and after the deflation")
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(4), "the size of the balloon at the end")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "balloonChange/to-nothing",
    title: "MUST empty the balloon when the requested size is zero",
    source: Case.manual("balloon change"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      const { free } = yield* ploop.fileSystemInfo({ disk })
      yield* ploop.balloonChange({ disk, size: "32M" })
      yield* ploop.balloonChange({ target, size: 0 })
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(0), "the size of the balloon")
      yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).free, free, "the free space")
    })
  }),
  Case.make({
    id: "balloonChange/to-the-same-size",
    title: "MUST do nothing when the balloon already has the requested size",
    source: Case.observed("balloon change: Nothing to do: new_size == old_size"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device } = yield* Conformance.mounted(disk)
      yield* ploop.balloonChange({ device, size: "16M" })
      yield* Check.equal(
        yield* ploop.balloonChange({ device, size: "16M" }),
        { before: MiB(16), after: MiB(16), truncated: MiB(0) },
        "the result"
      )
    })
  }),
  Case.make({
    id: "balloonChange/gives-space-back-to-the-host",
    title: "MUST return space of deleted files to the host when the balloon takes it",
    source: Case.manual("balloon"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* disks.fillAndRemove(target, MiB(48))
      const before = (yield* fs.stat(image)).size
      // As large as possible, so that it covers the space of the deleted file.
      const { free } = yield* ploop.fileSystemInfo({ disk })
      const size = ByteSize.MiB((free - MiB(24)) / MiB(1))
      const { truncated } = yield* ploop.balloonChange({ disk, size })
      yield* Check.isTrue(truncated > 0n, "the result reports that space was returned", truncated)
      const after = (yield* fs.stat(image)).size
      yield* Check.equal(before - after, truncated, "the space that the image file lost")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "balloonChange/larger-than-the-free-space",
    title: "MUST refuse a size for which there is no room, and keep the size of the balloon",
    source: Case.source("lib/balloon.c ploop_balloon_change_size"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* ploop.balloonChange({ disk, size: "8M" })
      yield* Check.fails(ploop.balloonChange({ disk, size: "290M" }), "NoSpace", { operation: "balloonChange" })
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(8), "the size of the balloon")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "balloonChange/idle-disk",
    title: "MUST report that a disk is not mounted",
    source: Case.observed("balloon change on a disk without a device"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.balloonChange({ disk, size: "1M" }), "NotMounted", {
        operation: "balloonChange",
        subject: disk
      })
    })
  }),
  Case.make({
    id: "balloonChange/unknown-names",
    title: "MUST fail differently for a missing descriptor, a missing device and a directory that is not a mount point",
    source: Case.observed("balloon change with a missing descriptor, device and mount point"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const target = yield* Conformance.directory("mnt")
      yield* Check.fails(ploop.balloonChange({ disk, size: "1M" }), "DiskNotFound")
      yield* Check.fails(ploop.balloonChange({ device: disks.noDevice, size: "1M" }), "DeviceNotFound")
      yield* Check.fails(ploop.balloonChange({ target, size: "1M" }), "NotMounted")
    })
  }),
  Case.make({
    id: "balloonChange/refuses-parts-of-sectors",
    title: "MUST refuse a size that is not a multiple of 512 bytes, and name the option",
    source: Case.service("Request.BalloonChange"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.balloonChange({ disk, size: 1000 }), "InvalidArgument", { field: "size" })
    })
  }),
  Case.make({
    id: "balloonChange/refuses-a-raw-disk",
    title: "MUST refuse a running raw disk, which has no balloon, and change nothing",
    source: Case.observed("balloon change of a raw disk: Ballooning for raw format is not supported"),
    needs: ["mount", "balloon"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ format: "raw" })
      yield* Conformance.mounted(disk)
      yield* Check.fails(ploop.balloonChange({ disk, size: "10M" }), "Unsupported", { exitCode: 38 })
      yield* Check.equal(yield* ploop.balloonStatus({ disk }), { size: MiB(0), maintenance: "OFF" }, "the balloon")
      yield* Check.fails(ploop.resize({ disk, size: "200M" }), "Unsupported", { exitCode: 38 })
      yield* ploop.createSnapshot({ disk })
      yield* ploop.balloonChange({ disk, size: "10M" })
      yield* Check.equal((yield* ploop.balloonStatus({ disk })).size, MiB(10), "the balloon of a disk with a snapshot")
    })
  }),
  ...[
    { name: "a-read-only-mount", what: "disk that is mounted read-only", create: {}, readOnly: true },
    { name: "ext3", what: "disk with ext3", create: { fileSystem: "ext3" as const }, readOnly: false }
  ].map(({ create, name, readOnly, what }) =>
    Case.make({
      id: `balloonChange/of-${name}`,
      title: `MUST fail for a ${what}, and leave the maintenance BALLOON, which balloonClear ends before an unmount`,
      source: Case.observed(`balloon change of a ${what}: Can't fallocate balloon`),
      needs: ["mount", "balloon"],
      generations: ["1.15"],
      run: Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* Conformance.formatted(create)
        const blocked = { size: MiB(0), maintenance: "BALLOON" as const }
        // The maintenance must end before the unmount, even if a check fails.
        yield* Conformance.mounted(disk, { readOnly })
        yield* Effect.gen(function*() {
          yield* Check.fails(ploop.balloonChange({ disk, size: "10M" }), "InputOutputFailed", { exitCode: 20 })
          yield* Check.equal(yield* ploop.balloonStatus({ disk }), blocked, "the balloon")
          yield* Check.fails(ploop.discard({ disk }), "DeviceFailed", { exitCode: 3 })
          yield* Check.fails(ploop.createSnapshot({ disk }), "DeviceFailed", { exitCode: 3 })
          yield* Check.fails(ploop.resize({ disk, size: "200M" }), "InputOutputFailed", { exitCode: 20 })
        }).pipe(Effect.ensuring(Effect.ignore(ploop.balloonClear({ disk }))))
        yield* Check.equal((yield* ploop.balloonStatus({ disk })).maintenance, "OFF", "the maintenance at the end")
        yield* ploop.umount({ disk })
      })
    })
  )
]

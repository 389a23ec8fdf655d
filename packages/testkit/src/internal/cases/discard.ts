import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const MiB = ByteSize.MiB

/** A mounted disk from which a file of 48 MiB has been removed. */
const withHole = Effect.gen(function*() {
  const { disk, image } = yield* Conformance.formatted()
  const { device, target } = yield* Conformance.mounted(disk)
  yield* FileTree.write(target, { motd: "kept" })
  yield* disks.fillAndRemove(target, MiB(48))
  const size = disks.allocated(image)
  return { disk, device, target, size }
})

export const discard: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "discard/gives-space-back",
    title: "MUST return the space of deleted files to the host, report how much, and keep the other files",
    source: Case.manual("balloon discard"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, size, target } = yield* withHole
      const before = yield* size
      const { truncated } = yield* ploop.discard({ disk })
      yield* Check.isTrue(truncated >= MiB(40), "at least 40 MiB were returned", truncated)
      const after = yield* size
      yield* Check.isTrue(before - after >= MiB(40), "the image file shrank by at least 40 MiB", before - after)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      yield* ploop.umount({ disk })
      yield* disks.holds(disk, { motd: "kept" }, "the files after an unmount")
    })
  }),
  Case.make({
    id: "discard/by-device-and-target",
    title: "MUST accept a device or a mount point, and find nothing the second time",
    source: Case.manual("balloon discard"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { device, target } = yield* withHole
      const first = yield* ploop.discard({ device })
      yield* Check.isTrue(first.truncated > 0n, "the first returns space", first.truncated)
      const second = yield* ploop.discard({ target })
      yield* Check.isTrue(second.truncated < MiB(4), "the second returns almost nothing", second.truncated)
    })
  }),
  Case.make({
    id: "discard/min-block",
    title: "MUST ignore free extents smaller than minBlock",
    source: Case.manual("balloon discard --min-block"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      for (let index = 0; index < 24; index++) yield* disks.fill(path.join(target, `file ${index}`), MiB(2))
      for (let index = 1; index < 24; index += 2) yield* fs.remove(path.join(target, `file ${index}`))
      yield* disks.synced(target)
      const coarse = yield* ploop.discard({ disk, minBlock: "16M" })
      yield* Check.isTrue(coarse.truncated < MiB(6), "almost nothing was returned", coarse.truncated)
      const fine = yield* ploop.discard({ disk, minBlock: "1M" })
      yield* Check.isTrue(fine.truncated >= MiB(8), "at least 8 MiB were returned", fine.truncated)
    })
  }),
  Case.make({
    id: "discard/min-block-too-large",
    title: "MUST refuse a minBlock larger than a block group, name the option, and keep the files",
    source: Case.observed("balloon discard --min-block 280M: Can't trim file system"),
    needs: ["mount", "balloon"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      yield* Check.fails(ploop.discard({ disk, minBlock: "280M" }), "InvalidArgument", { field: "minBlock" })
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      const { truncated } = yield* ploop.discard({ disk })
      yield* Check.isTrue(truncated > 0n, "a discard without it works", truncated)
    })
  }),
  Case.make({
    id: "discard/min-block-too-large-finds-nothing",
    title: "MUST return nothing for a minBlock larger than a block group, which no extent can have, and keep the files",
    source: Case.source("lib/balloon.c ploop_trim: EINVAL is not an error"),
    needs: ["mount", "balloon"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      yield* Check.equal((yield* ploop.discard({ disk, minBlock: "280M" })).truncated, MiB(0), "what was returned")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      const { truncated } = yield* ploop.discard({ disk })
      yield* Check.isTrue(truncated > 0n, "a discard without it works", truncated)
    })
  }),
  Case.make({
    id: "discard/to-free",
    title: "MUST continue until the requested amount was returned, if that much is free",
    source: Case.manual("balloon discard --to-free"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const toFree = ByteSize.make("8704K")
      const { truncated } = yield* ploop.discard({ disk, toFree })
      yield* Check.isTrue(truncated >= toFree, "at least 8.5 MiB were returned", truncated)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/to-free-less-than-a-cluster",
    title: "MUST refuse to free less than a cluster, and name the option",
    source: Case.source("lib/balloon.c do_ploop_discard"),
    needs: ["mount", "balloon"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* Check.fails(ploop.discard({ disk, toFree: "512K" }), "InvalidArgument", { field: "toFree" })
    })
  }),
  Case.make({
    id: "discard/refuses-limits-that-are-ignored",
    title: "MUST refuse minBlock and toFree where the tool ignores them, and discard nothing",
    source: Case.source("lib/balloon.c ploop_discard of generation 9"),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.discard({ disk, minBlock: "1M" }), "Unsupported", {
        operation: "discard",
        subject: disk
      })
      yield* Check.fails(ploop.discard({ disk, toFree: "8M" }), "Unsupported", { operation: "discard", subject: disk })
    })
  }),
  Case.make({
    id: "discard/automount",
    title: "MUST mount an idle disk temporarily with automount, and leave it idle",
    source: Case.manual("balloon discard --automount"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* withHole
      yield* ploop.umount({ disk })
      const { truncated } = yield* ploop.discard({ disk, automount: true })
      yield* Check.isTrue(truncated >= MiB(40), "at least 40 MiB were returned", truncated)
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is still attached")
      // The tool unmounts it as by its descriptor, which caches the numbers.
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })) {
        yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", "the source of the numbers")
      }
      yield* disks.holds(disk, { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/automount-of-a-mounted-disk",
    title: "MUST use a mounted disk as it is with automount, and leave it mounted",
    source: Case.manual("balloon discard --automount"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const { truncated } = yield* ploop.discard({ disk, automount: true })
      yield* Check.isTrue(truncated >= MiB(40), "at least 40 MiB were returned", truncated)
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is still attached")
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/defrag",
    title: "MUST keep the files when it defragments first",
    source: Case.manual("balloon discard --defrag"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const { truncated } = yield* ploop.discard({ disk, defrag: true })
      yield* Check.isTrue(truncated > 0n, "space was returned", truncated)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/defrag-threshold",
    title: "MUST discard as without a threshold of defragmentation, and keep the files",
    source: Case.source("lib/balloon.c do_fs_defrag of generation 9"),
    needs: ["mount", "balloon"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withHole
      const { truncated } = yield* ploop.discard({ disk, defrag: true, defragThreshold: 5 })
      yield* Check.isTrue(truncated > 0n, "space was returned", truncated)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "discard/defrag-only",
    title: "MUST discard nothing when it only defragments, and report it when there is no program for that",
    source: Case.source("lib/balloon.c ploop_discard of generation 7: defrag == 2"),
    needs: ["mount", "balloon"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, size, target } = yield* withHole
      const before = yield* size
      const truncated = yield* ploop.discard({ disk, defragOnly: true }).pipe(
        Effect.map(({ truncated }) => truncated),
        Effect.catchTag("PrerequisiteMissing", () => Effect.succeed(MiB(0)))
      )
      yield* Check.equal(truncated, MiB(0), "what was returned")
      yield* Check.isTrue((yield* size) >= before - MiB(4), "the image file keeps its size", before)
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      const discarded = yield* ploop.discard({ disk })
      yield* Check.isTrue(discarded.truncated > 0n, "a discard returns space afterwards", discarded.truncated)
    })
  }),
  Case.make({
    id: "discard/refuses-defrag-options-that-are-ignored",
    title: "MUST refuse the options of a defragmentation where the tool has none or ignores them",
    source: Case.source("tools/ploop-balloon.c, lib/balloon.c ploop_discard"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const refused = { operation: "discard", subject: disk } as const
      // Of an idle disk nobody knows how its device will read and write images.
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })) {
        yield* Check.fails(ploop.discard({ disk, defrag: true, defragThreshold: 5 }), "Unsupported", refused)
      }
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": true })) {
        yield* Check.fails(ploop.discard({ disk, defragOnly: true }), "Unsupported", refused)
      }
    })
  }),
  Case.make({
    id: "discard/no-defrag-of-a-path-that-a-shell-reads",
    title: "MUST refuse to defragment an image whose path a shell would read as something else, and run nothing",
    source: Case.observed("balloon discard --defrag of generation 9, of an image below a directory with ; in its name"),
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const name of ["a;id", "a b", "$(id)", "{1,2}"]) {
        const { disk } = yield* Conformance.disk({ name })
        yield* Check.fails(ploop.discard({ disk, defrag: true }), "Unsupported", {
          operation: "discard",
          subject: disk
        })
        yield* Check.fails(ploop.discard({ disk }), "NotMounted")
      }
    })
  }),
  Case.make({
    id: "discard/idle-disk",
    title: "MUST report that a disk is not mounted, without automount",
    source: Case.observed("balloon discard on a disk without a device"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.discard({ disk }), "NotMounted", { operation: "discard", subject: disk })
    })
  }),
  Case.make({
    id: "discard/unknown-names",
    title: "MUST fail differently for a missing descriptor, a missing device and a directory that is not a mount point",
    source: Case.observed("balloon discard with a missing descriptor, device and mount point"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const target = yield* Conformance.directory("mnt")
      yield* Check.fails(ploop.discard({ disk }), "DiskNotFound")
      yield* Check.fails(ploop.discard({ disk, automount: true }), "DiskNotFound")
      yield* Check.fails(ploop.discard({ device: disks.noDevice }), "DeviceNotFound", { exitCode: 1 })
      yield* Check.fails(ploop.discard({ target }), "NotMounted")
    })
  }),
  Case.make({
    id: "discard/of-a-disk-without-its-image",
    title:
      "MUST report that an idle disk without its image is not mounted, or on generation 9 that the image is missing",
    source: Case.observed("balloon discard of a disk whose image has another name now"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* fs.rename(image, `${image}.away`)
      const [tag, exitCode] = yield* Conformance.ofGeneration({
        "1.15": ["NotMounted", 38],
        "7": ["NotMounted", 38],
        "9": ["ImageNotFound", 23]
      })
      yield* Check.fails(ploop.discard({ disk }), tag, { exitCode })
    })
  }),
  Case.make({
    id: "discard/options-of-a-disk",
    title: "MUST refuse to mount or defragment a disk that is given by its device, and name the option",
    source: Case.service("Request.Discard"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(ploop.discard({ device: disks.noDevice, automount: true }), "InvalidArgument", {
        field: "automount"
      })
      yield* Check.fails(ploop.discard({ device: disks.noDevice, defrag: true }), "InvalidArgument", {
        field: "defrag"
      })
      yield* Check.fails(ploop.discard({ device: disks.noDevice, defragOnly: true }), "InvalidArgument", {
        field: "defragOnly"
      })
    })
  }),
  Case.make({
    id: "discard/options-of-a-defragmentation",
    title: "MUST refuse a threshold without defrag or below 1, and defragOnly together with what discards",
    source: Case.service("Request.Discard"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* Conformance.path("DiskDescriptor.xml")
      const threshold = { field: "defragThreshold" }
      yield* Check.fails(ploop.discard({ disk, defragThreshold: 5 }), "InvalidArgument", threshold)
      yield* Check.fails(ploop.discard({ disk, defrag: false, defragThreshold: 5 }), "InvalidArgument", threshold)
      for (const defragThreshold of [0, -1, 1.5, 2 ** 31]) {
        yield* Check.fails(ploop.discard({ disk, defrag: true, defragThreshold }), "InvalidArgument", threshold)
      }
      for (const other of [{ defrag: true }, { automount: true }, { toFree: "8M" }, { minBlock: "1M" }] as const) {
        yield* Check.fails(ploop.discard({ disk, defragOnly: true, ...other }), "InvalidArgument", {
          field: "defragOnly"
        })
      }
    })
  })
]

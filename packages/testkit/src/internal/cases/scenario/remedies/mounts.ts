import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Case } from "../../../../Case.js"
import * as Conformance from "../../../../Conformance.js"
import * as FileTree from "../../../../FileTree.js"
import * as copies from "../../copies.js"
import * as disks from "../../disks.js"
import * as snapshots from "../../snapshotUtils.js"
import { remedy } from "./remedy.js"

const { a, b } = Conformance.ids
const { texts } = Remedy

const services = Effect.all({ fs: FileSystem.FileSystem, path: Path.Path, ploop: Ploop.Ploop })

const tree: FileTree.FileTree = { "motd": "kept" }

/** A mounted disk with a file. */
const mounted = Effect.gen(function*() {
  const made = yield* Conformance.formatted()
  const { device, target } = yield* Conformance.mounted(made.disk)
  yield* FileTree.write(target, tree)
  return { ...made, ...(yield* services), device, target }
})

/** A disk without a file system, with the snapshot `a`. */
const bare = Effect.all({ made: snapshots.chained([a]), ploop: Ploop.Ploop })

const busy: ReadonlyArray<Case> = [
  remedy("other-disk", {
    when: "the tool would take the device of the disk that was cloned for that of the clone",
    needs: ["device", "version2"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.disk({ version: 2 })
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const { disk } = yield* ploop.clone({
        disk: of.disk,
        snapshot: a,
        directory: yield* Conformance.directory("clone")
      })
      const { device } = yield* Ploop.mountScoped({ disk: of.disk })
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "Unsupported",
        remedy: texts["other-disk"]({ device }),
        follow: ploop.umount({ device }),
        kept: Conformance.parents(of.disk)
      }
    })
  }),
  remedy("busy-mounts", {
    when: "something is mounted below the mount point",
    needs: ["mount"],
    // The others wait for a minute at each call; see umount/names-what-is-mounted-below.
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { device, fs, path, ploop, target } = yield* mounted
      const inner = yield* Conformance.formatted({ name: "inner" })
      const below = path.join(target, "below")
      yield* fs.makeDirectory(below)
      yield* ploop.mount({ disk: inner.disk, target: below })
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk: inner.disk })))
      return {
        call: ploop.umount({ target }),
        fails: "Busy",
        remedy: texts["busy-mounts"]({ mounts: [below], device }),
        follow: ploop.umount({ target: below }),
        then: ploop.umount({ device })
      }
    })
  })
]

const mounts: ReadonlyArray<Case> = [
  remedy("not-mounted", {
    when: "a disk must run for the operation",
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const { ploop } = yield* services
      return {
        call: ploop.balloonStatus({ disk }),
        fails: "NotMounted",
        remedy: texts["not-mounted"](),
        follow: Conformance.mounted(disk)
      }
    })
  }),
  remedy("not-mounted-umount", {
    when: "nothing is mounted by the name that an unmount is given",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk, image }, ploop } = yield* bare
      yield* Ploop.mountScoped({ disk, component: "backup", readOnly: true })
      return {
        call: ploop.umount({ disk }),
        fails: "NotMounted",
        remedy: texts["not-mounted-umount"](),
        then: Effect.gen(function*() {
          const top = yield* ploop.topDelta({ disk })
          const found = (yield* ploop.listDevices).find((one) => one.image === top || one.image === image)
          yield* ploop.umount({ device: found!.device })
        })
      }
    })
  }),
  remedy("already-mounted", {
    when: "the disk is mounted already",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk, ploop, target } = yield* mounted
      return {
        call: ploop.mount({ disk, target: yield* Conformance.directory("other") }),
        fails: "AlreadyMounted",
        remedy: texts["already-mounted"](),
        follow: Effect.asVoid(FileTree.read(target)),
        then: Effect.zipRight(ploop.umount({ disk }), ploop.mount({ disk, target })),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("already-mounted-idle", {
    when: "a running disk is to be resized as an idle one",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk, ploop, target } = yield* mounted
      return {
        call: ploop.resize({ disk, size: "320M", mode: "offline" }),
        fails: "AlreadyMounted",
        remedy: texts["already-mounted-idle"](),
        follow: ploop.umount({ disk }),
        then: Effect.zipRight(
          ploop.resize({ disk, size: "320M", mode: "offline" }),
          ploop.mount({ disk, target })
        ),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("resize-by-balloon", {
    when: "this generation uses the balloon only for a mounted disk",
    needs: ["mount", "balloon"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk, target } = yield* mounted
      yield* ploop.umount({ disk })
      return {
        call: ploop.resize({ disk, size: "250M", balloon: true }),
        fails: "Unsupported",
        remedy: texts["resize-by-balloon"](),
        follow: ploop.mount({ disk, target }),
        then: Effect.zipRight(ploop.resize({ disk, size: "250M" }), ploop.umount({ disk })),
        kept: disks.contents(disk)
      }
    })
  }),
  remedy("mount-point-invalid", {
    when: "the mount point is missing",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const { fs, ploop } = yield* services
      const target = yield* Conformance.path("new")
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk })))
      return {
        call: ploop.mount({ disk, target }),
        fails: "MountPointInvalid",
        remedy: texts["mount-point-invalid"]({ target }),
        follow: fs.makeDirectory(target)
      }
    })
  }),
  remedy("device-not-found", {
    when: "there is no such device",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* bare
      const { device } = yield* ploop.mount({ disk })
      yield* ploop.umount({ disk })
      return {
        call: ploop.umount({ device }),
        fails: "DeviceNotFound",
        remedy: texts["device-not-found"](),
        then: ploop.listDevices,
        kept: ploop.isMounted({ disk })
      }
    })
  }),
  remedy("device-failed", {
    when: "the kernel refuses to clear a device, because it runs",
    needs: ["device", "lowLevel"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { made: { disk, image }, ploop } = yield* bare
      const low = yield* LowLevel.LowLevel
      const { device } = yield* ploop.mount({ disk })
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk })))
      return {
        call: low.clear({ device }),
        fails: "DeviceFailed",
        remedy: texts["device-failed"](),
        follow: ploop.umount({ disk }),
        then: ploop.mount({ disk }),
        kept: snapshots.occupied(image)
      }
    })
  }),
  remedy("consent-required", {
    when: "the disk would have to be mounted for the numbers of its file system",
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const { fs, path, ploop } = yield* services
      yield* fs.remove(path.join(path.dirname(disk), ".statfs"), { force: true })
      return {
        call: ploop.fileSystemInfo({ disk }),
        fails: "ConsentRequired",
        remedy: texts["consent-required"]({ option: "mayMount" }),
        then: ploop.fileSystemInfo({ disk, mayMount: true })
      }
    })
  })
]

const writers: ReadonlyArray<Case> = [
  remedy("other-writer-mount", {
    when: "a second device would write to the disk",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* bare
      const { device } = yield* Ploop.mountScoped({ disk, component: "one" })
      yield* Effect.addFinalizer(() => Effect.ignore(ploop.umount({ disk, component: "two" })))
      return {
        call: ploop.mount({ disk, component: "two" }),
        fails: "Unsupported",
        remedy: texts["other-writer-mount"]({ device }),
        follow: ploop.umount({ device }),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("other-writer", {
    when: "a snapshot would be taken below a device with a component name",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* bare
      const { device } = yield* Ploop.mountScoped({ disk, component: "one" })
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "Unsupported",
        remedy: texts["other-writer"]({ device }),
        follow: Effect.zipRight(ploop.umount({ device }), Ploop.mountScoped({ disk }))
      }
    })
  }),
  remedy("other-writer-switch", {
    when: "the disk would be switched below a device with a component name",
    needs: ["device"],
    run: Effect.gen(function*() {
      const { made: { disk }, ploop } = yield* bare
      const { device } = yield* Ploop.mountScoped({ disk, component: "one" })
      return {
        call: ploop.switchSnapshot({ disk, id: a }),
        fails: "Unsupported",
        remedy: texts["other-writer-switch"]({ device }),
        follow: ploop.umount({ device })
      }
    })
  })
]

const generations: ReadonlyArray<Case> = [
  remedy("attach-raw", {
    when: "this generation attaches no disk with a raw base image",
    needs: ["device"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* snapshots.chained([a], { format: "raw", version: undefined })
      return {
        call: ploop.mount({ disk, readOnly: true }),
        fails: "Unsupported",
        remedy: texts["attach-raw"](),
        then: Effect.flatMap(Conformance.disk({ name: "other" }), (other) => Ploop.mountScoped({ disk: other.disk })),
        kept: Conformance.parents(disk)
      }
    })
  }),
  remedy("attach-version-1", {
    when: "this driver attaches no image of format version 1",
    needs: ["device"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* Conformance.disk({ version: 1 })
      return {
        call: Ploop.mountScoped({ disk }),
        fails: "Unsupported",
        remedy: texts["attach-version-1"](),
        follow: ploop.convert({ disk, version: 2 })
      }
    })
  }),
  remedy("create-attachable", {
    when: "this driver could not attach a new image to make a file system",
    needs: ["mount"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { path, ploop } = yield* services
      const image = path.join(yield* Conformance.directory("new"), "root.hdd")
      return {
        call: ploop.create({ image, size: "300M", format: "raw" }),
        fails: "Unsupported",
        remedy: texts["create-attachable"](),
        then: ploop.create({ image, size: "300M", format: "expanded", version: 2 })
      }
    })
  }),
  remedy("create-without", {
    when: "this generation lacks an option for new disks",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { path, ploop } = yield* services
      const image = path.join(yield* Conformance.directory("new"), "root.hdd")
      const raw = { image, size: "8M", fileSystem: "none", format: "raw" } as const
      return {
        call: ploop.create({ ...raw, sparse: true }),
        fails: "Unsupported",
        remedy: texts["create-without"]({ option: "sparse" }),
        then: ploop.create(raw)
      }
    })
  }),
  remedy("create-ext", {
    when: "this generation makes no XFS",
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const { path, ploop } = yield* services
      const image = path.join(yield* Conformance.directory("new"), "root.hdd")
      return {
        call: ploop.create({ image, size: "300M", fileSystem: "xfs" }),
        fails: "Unsupported",
        remedy: texts["create-ext"](),
        then: ploop.create({ image, size: "300M", fileSystem: "ext4" })
      }
    })
  }),
  remedy("create-ext4", {
    when: "this generation makes XFS for ext3",
    needs: ["mount"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { path, ploop } = yield* services
      const image = path.join(yield* Conformance.directory("new"), "root.hdd")
      return {
        call: ploop.create({ image, size: "300M", fileSystem: "ext3" }),
        fails: "Unsupported",
        remedy: texts["create-ext4"](),
        then: ploop.create({ image, size: "300M", fileSystem: "ext4" })
      }
    })
  }),
  remedy("discard-without-limits", {
    when: "this generation ignores the limits of a discard",
    needs: ["mount", "balloon"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { disk, ploop, target } = yield* mounted
      return {
        call: ploop.discard({ disk, minBlock: "1M" }),
        fails: "Unsupported",
        remedy: texts["discard-without-limits"](),
        then: ploop.discard({ disk }),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("discard-without-defrag", {
    when: "this generation hands the path of an image to a shell when it defragments",
    needs: ["mount", "balloon"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* Conformance.formatted({ name: "a b" })
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      return {
        call: ploop.discard({ disk, defrag: true }),
        fails: "Unsupported",
        remedy: texts["discard-without-defrag"](),
        then: ploop.discard({ disk }),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("defrag-without-options", {
    when: "this generation cannot defragment without a discard",
    needs: ["mount", "balloon"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { disk, ploop, target } = yield* mounted
      return {
        call: ploop.discard({ disk, defragOnly: true }),
        fails: "Unsupported",
        remedy: texts["defrag-without-options"](),
        then: ploop.discard({ disk, defrag: true }),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("no-maintenance", {
    when: "this generation has no maintenance of the balloon",
    needs: ["mount", "balloon"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { disk, ploop } = yield* mounted
      return {
        call: ploop.balloonClear({ disk }),
        fails: "Unsupported",
        remedy: texts["no-maintenance"](),
        then: ploop.balloonStatus({ disk })
      }
    })
  }),
  remedy("copy-in-dialogue", {
    when: "this generation copies over a two-way socket only",
    needs: ["mount", "duplexCopy"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { device, fs, image, ploop, target } = yield* mounted
      return {
        call: Stream.runDrain(ploop.copySend({ device })),
        fails: "Unsupported",
        remedy: texts["copy-in-dialogue"](),
        then: Effect.zipRight(copies.copied(device, `${image}.copy`), fs.stat(`${image}.copy`)),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("copy-without-command", {
    when: "this generation runs no command to freeze the file system",
    needs: ["mount", "duplexCopy"],
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const { device, fs, image, ploop, target } = yield* mounted
      return {
        call: Stream.runDrain(ploop.copyTo({ device, freezeCommand: "true" }, copies.silent)),
        fails: "Unsupported",
        remedy: texts["copy-without-command"](),
        then: Effect.zipRight(copies.copied(device, `${image}.copy`), fs.stat(`${image}.copy`)),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("copy-above-images", {
    when: "this generation would leave zeros out of the copy of a disk with snapshots",
    needs: ["mount", "duplexCopy"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const { device, disk, fs, image, ploop, target } = yield* mounted
      const id = yield* ploop.createSnapshot({ disk })
      return {
        call: Stream.runDrain(ploop.copyTo({ device }, copies.silent)),
        fails: "Unsupported",
        remedy: texts["copy-above-images"](),
        then: ploop.deleteSnapshot({ disk, id }).pipe(
          Effect.zipRight(copies.copied(device, `${image}.copy`)),
          Effect.zipRight(fs.stat(`${image}.copy`))
        ),
        kept: FileTree.read(target)
      }
    })
  }),
  remedy("next-device", {
    when: "this generation chooses the names of devices at random",
    needs: ["device", "lowLevel"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { made: { disk } } = yield* bare
      return {
        call: low.nextDevice,
        fails: "Unsupported",
        remedy: texts["next-device"](),
        then: Ploop.mountScoped({ disk })
      }
    })
  })
]

export const ofMounts: ReadonlyArray<Case> = [...busy, ...mounts, ...writers, ...generations]

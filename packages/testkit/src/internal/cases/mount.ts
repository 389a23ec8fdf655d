import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import { areUint8ArraysEqual } from "uint8array-extras"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a, b, unknown } = Conformance.ids

/** Checks that no device of the disk is running. */
const isIdle = (made: Conformance.TestDisk) =>
  Effect.gen(function*() {
    const devices = yield* (yield* Ploop.Ploop).listDevices
    yield* Check.equal(devices.filter(({ image }) => image === made.image), [], "the devices of the disk")
  })

/** A disk with a snapshot `a`. The file `a` is `before` in the snapshot, and `after` in the top delta. */
const withSnapshot = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const made = yield* Conformance.formatted()
  const { target } = yield* Conformance.mounted(made.disk)
  yield* FileTree.write(target, { "a": "before" })
  yield* ploop.createSnapshot({ disk: made.disk, id: a })
  yield* FileTree.write(target, { "a": "after" })
  yield* ploop.umount({ disk: made.disk })
  return { ...made, target }
})

const trees: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/shows-the-disk-and-hides-the-directory",
    title: "MUST show the files of the disk in place of those of the directory, until the unmount",
    source: Case.manual("mount, -m"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const target = yield* Conformance.directory("mnt")
      yield* FileTree.write(target, { "below/the": "mount" })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), {}, "the files of the disk")
      yield* FileTree.write(target, { "in/the": "disk" })
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* FileTree.read(target), { "below/": "", "below/the": "mount" }, "the directory")
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "in/": "", "in/the": "disk" }, "the written files")
    })
  }),
  Case.make({
    id: "mount/answers-what-it-made",
    title: "MUST return the device, its partition and the mount point, writable by default",
    source: Case.service("Result.Mounted"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const { disk } = yield* Conformance.formatted()
      const { device, partition, ...rest } = yield* Conformance.mounted(disk)
      yield* Check.equal<string | undefined>(partition, DevicePath.partition(device), "the partition")
      const target = yield* Conformance.path("mnt")
      yield* Check.equal(
        { ...rest, target: `${rest.target}` },
        { disk, readOnly: false, target },
        "the rest of the result"
      )
    })
  }),
  Case.make({
    id: "mount/keeps-every-kind-of-file",
    title: "MUST keep files, directories, links and names in any script from mount to mount",
    source: Case.manual("mount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      const tree = {
        "a blank/größe 大.txt": "ü",
        "empty/": "",
        "large": "0123456789abcdef".repeat(100_000),
        "link": "-> large",
        "to nowhere": "-> nowhere"
      }
      yield* FileTree.write(target, tree)
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a blank/": "", ...tree }, "the files of the disk")
    })
  }),
  Case.make({
    id: "mount/read-only-refuses-writes",
    title: "MUST refuse writes to a disk that is mounted read-only, and not change its images",
    source: Case.manual("mount, -r"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk, image } = yield* Conformance.formatted()
      const before = yield* fs.readFile(image)
      const { readOnly, target } = yield* Conformance.mounted(disk, { readOnly: true })
      yield* Check.equal(readOnly, true, "readOnly in the result")
      yield* Check.fileSystemFails(fs.writeFileString(path.join(target, "a"), "no"), "Unknown")
      yield* Check.equal(yield* FileTree.read(target), {}, "the files of the disk")
      yield* ploop.umount({ disk })
      const after = yield* fs.readFile(image)
      yield* Check.isTrue(areUint8ArraysEqual(before, after), "whether the image is unchanged")
    })
  }),
  Case.make({
    id: "mount/read-only-in-use-flag",
    title:
      "MUST set the in-use flag of an image that is shown read-only on generation 9 alone, and clear it at the unmount",
    source: Case.observed("mount -r of 9.0.30: Update inuse state"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk()
      const isInUse = Effect.map(
        fs.readFile(image),
        (bytes) => bytes.slice(ImageFile.inUsePosition, ImageFile.inUsePosition + 4).some((byte) => byte !== 0)
      )
      yield* ploop.mount({ disk, readOnly: true })
      const isSet = yield* Conformance.ofGeneration({ "1.15": false, "7": false, "9": true })
      yield* Check.equal(yield* isInUse, isSet, "whether the flag is set while the device runs")
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* isInUse, false, "whether the flag is set afterwards")
    })
  }),
  Case.make({
    id: "mount/takes-a-mount-point-of-any-name",
    title: "MUST accept a mount point with spaces, quotes and leading dashes",
    source: Case.service("Ploop.mount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      for (const name of ["-m two  blanks", "größe '大' \"$(x)\""]) {
        const { device, target } = yield* Conformance.mounted(disk, { at: name })
        yield* FileTree.write(target, { name })
        const found = (yield* ploop.listDevices).find((other) => other.device === device)
        yield* Check.equal(found?.target, target, "the mount point in the list")
        yield* ploop.umount({ target })
        yield* Check.equal(yield* FileTree.read(target), {}, "the directory")
      }
    })
  })
]

const devices: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/without-a-target-makes-a-device",
    title: "MUST attach a device and mount nothing without a target, even if there is no file system",
    source: Case.manual("mount"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const mounted = yield* ploop.mount({ disk: made.disk })
      const { device } = mounted
      // The partition is not checked: nodes of earlier ones can be left in /dev.
      const rest = Struct.omit(mounted, "device", "partition")
      yield* Check.equal(rest, { disk: made.disk, readOnly: false }, "the result apart from the device")
      const found = (yield* ploop.listDevices).filter(({ image }) => image === made.image)
      yield* Check.equal(found, [{ device, image: made.image }], "the devices of the disk")
    })
  }),
  Case.make({
    id: "mount/refuses-a-second-time",
    title: "MUST refuse a disk that is already mounted, name the device, and not change it",
    source: Case.observed("mount: Image already used by device, exit code 21"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "1" })
      const other = yield* Conformance.directory("other")
      for (const options of [{ target: other }, {}, { readOnly: true }]) {
        yield* Check.fails(ploop.mount({ disk, ...options }), "AlreadyMounted", { device, exitCode: 21 })
      }
      yield* Check.equal(yield* FileTree.read(other), {}, "the other directory")
      yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "mount/refuses-a-component-a-second-time",
    title: "MUST refuse the component name of another device of the disk, and accept a different one",
    source: Case.manual("mount, -c"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const options = { disk, readOnly: true }
      const one = yield* ploop.mount({ ...options, component: "one" })
      yield* Check.equal(one.component, "one", "the component in the result")
      const again = ploop.mount({ ...options, component: "one" })
      yield* Check.fails(again, "AlreadyMounted", { device: one.device, exitCode: 21 })
      const two = yield* ploop.mount({ ...options, component: "two" })
      yield* Check.different<string>(two.device, one.device, "the devices")
    })
  }),
  Case.make({
    id: "mount/takes-the-device-that-is-given",
    title: "MUST use the given device",
    source: Case.manual("mount, -d"),
    needs: ["device", "lowLevel"],
    generations: ["1.15", "7"],
    // With the device named, the tool does not lock the choice of a device: it would take another case's.
    alone: true,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const low = yield* LowLevel.LowLevel
      const [given, { device }] = yield* Effect.flatMap(
        low.nextDevice,
        (device) => Effect.map(ploop.mount({ disk, device }), (mounted) => [device, mounted] as const)
      ).pipe(
        // Another process can take it first.
        Effect.retry({ times: 20, while: (error) => error._tag === "DeviceFailed" })
      )
      yield* Check.equal(device, given, "the device")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is mounted")
    })
  }),
  Case.make({
    id: "mount/refuses-a-device-that-runs",
    title: "MUST refuse the device of another disk, and leave that disk running",
    source: Case.source("lib/ploop.c add_delta"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const first = yield* Conformance.disk({ name: "first" })
      const second = yield* Conformance.disk({ name: "second" })
      const { device } = yield* ploop.mount({ disk: first.disk })
      yield* Check.fails(ploop.mount({ disk: second.disk, device }), "DeviceFailed", {
        exitCode: yield* Conformance.ofGeneration({ "1.15": 3, "7": 3, "9": 255 })
      })
      yield* isIdle(second)
      yield* Check.equal(yield* ploop.isMounted({ disk: first.disk }), true, "whether the first is mounted")
    })
  }),
  Case.make({
    id: "mount/repairs-an-image-marked-in-use",
    title: "MUST mount a disk whose host stopped without an unmount, with its files",
    source: Case.observed("mount of a dirty image"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "a": "1" })
      yield* ploop.umount({ disk })
      yield* ImageFile.markInUse(image)
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
      yield* ploop.umount({ disk })
      yield* Check.equal((yield* ploop.check({ image })).outcome, "clean", "the image after the unmount")
    })
  }),
  Case.make({
    id: "mount/mends-an-image-that-was-not-closed",
    title: "MUST repair the image of a disk whose in-use flag is set, as a check with force does",
    source: Case.observed("mount of a preallocated disk that was not closed"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ format: "preallocated" })
      yield* ImageFile.markInUse(image)
      yield* ploop.mount({ disk, readOnly: true })
      yield* ploop.umount({ disk })
      yield* Check.equal((yield* ploop.check({ image, force: true })).outcome, "clean", "the image")
    })
  }),
  Case.make({
    id: "mount/mends-the-last-image-only",
    title: "MUST fail when the in-use flag of an image below the top delta is set, keep the flag, and leave no device",
    source: Case.observed("mount with a dirty image below the top delta, exit code 7"),
    needs: ["device"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk, image } = made
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ImageFile.markInUse(image)
      yield* Check.fails(ploop.mount({ disk }), "ImageDirty", { exitCode: 7 })
      yield* isIdle(made)
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
    })
  }),
  Case.make({
    id: "mount/brings-images-up-to-date",
    title:
      "MUST convert images to format version 2 on generation 7 only when their disk is mounted for writing without a component",
    source: Case.observed("mount of images of version 1: Converting to version 2"),
    needs: ["device", "version2"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk({ version: 1 })
      yield* ploop.createSnapshot({ disk, id: a })
      const versions = Effect.all([files.versionOf(image), files.versionOf(yield* ploop.topDelta({ disk }))])
      yield* ploop.mount({ disk, readOnly: true })
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* versions, [1, 1], "the versions of the images after a read-only mount")
      yield* ploop.mount({ disk, component: "beside" })
      yield* ploop.umount({ disk, component: "beside" })
      yield* Check.equal(yield* versions, [1, 1], "the versions of the images after a mount under another name")
      yield* ploop.mount({ disk })
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* versions, [2, 2], "the versions of the images after a mount")
    })
  })
]

const formats: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/refuses-what-the-driver-does-not-attach",
    title:
      "MUST refuse an image of version 1, a raw image, and what lies above a raw image on generation 9, and leave no in-use flag",
    source: Case.observed(
      "mount on the driver of generation 9: reload ioctl failed, Unknown error 524, No locks available"
    ),
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const old = yield* Conformance.disk({ name: "version 1", version: 1 })
      const raw = yield* Conformance.disk({ name: "raw", format: "raw", version: undefined })
      const above = yield* Conformance.disk({ name: "above raw", format: "raw", version: undefined })
      yield* ploop.createSnapshot({ disk: above.disk, id: a })
      for (const made of [old, raw, above]) {
        yield* files.untouched(made.directory, Check.fails(ploop.mount({ disk: made.disk }), "Unsupported"))
        yield* isIdle(made)
      }
      for (const made of [old, raw, above]) {
        const mounting = ploop.mount({ disk: made.disk, readOnly: true })
        yield* files.untouched(made.directory, Check.fails(mounting, "Unsupported"))
      }
    })
  })
]

const options: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/passes-options-on",
    title: "MUST pass mount options to the file system, refuse those that it does not know, and leave no device",
    source: Case.manual("mount, -o"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const target = yield* Conformance.directory("mnt")
      for (const data of [["no-such-option"], ["discard", "no-such-option"], ["noatime"]]) {
        yield* Check.fails(ploop.mount({ disk: made.disk, target, data }), "MountFailed", {
          exitCode: 21,
          subject: made.disk
        })
        yield* isIdle(made)
      }
      yield* Conformance.mounted(made.disk, { data: ["discard", "commit=30"] })
      yield* FileTree.write(target, { "a": "1" })
      yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "mount/of-a-file-system-without-a-balloon",
    title: "MUST mount a file system without its balloon on generation 1.15; the others MUST refuse it",
    source: Case.source("lib/ploop.c ploop_mount_fs: Can't stat balloon file"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const made = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(made.disk)
      for (const name of yield* fs.readDirectory(target)) {
        if (name.startsWith(".balloon-")) yield* fs.remove(path.join(target, name))
      }
      yield* FileTree.write(target, { "a": "1" })
      yield* ploop.umount({ disk: made.disk })
      if (yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })) {
        yield* Conformance.mounted(made.disk)
        yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
      } else {
        yield* Check.fails(ploop.mount({ disk: made.disk, target }), "MountFailed", { exitCode: 21 })
        yield* isIdle(made)
      }
    })
  }),
  Case.make({
    id: "mount/refuses-another-file-system",
    title: "MUST refuse to mount an ext4 as ext3, or a disk without a file system, and leave no device",
    source: Case.manual("mount, -t"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const target = yield* Conformance.directory("mnt")
      const ext4 = yield* Conformance.formatted()
      // Generation 9 mounts it as ext4, which the backend undoes.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 21, "7": 21, "9": undefined })
      yield* Check.fails(ploop.mount({ disk: ext4.disk, target, fileSystem: "ext3" }), "MountFailed", { exitCode })
      yield* isIdle(ext4)
      const empty = yield* Conformance.disk({ name: "empty" })
      yield* Check.fails(ploop.mount({ disk: empty.disk, target }), "MountFailed", {
        exitCode: yield* Conformance.ofGeneration({ "1.15": 21, "7": 21, "9": 255 })
      })
      yield* isIdle(empty)
    })
  }),
  Case.make({
    id: "mount/checks-the-file-system-first",
    title: "MUST mount a sound file system with fsck, with its files",
    source: Case.manual("mount, -F"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk, { fsck: true })
      yield* FileTree.write(target, { "a": "1" })
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk, { fsck: true })
      yield* Check.equal(yield* FileTree.read(target), { "a": "1" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "mount/finds-no-file-system-to-check",
    title: "MUST fail with fsck where there is no file system, as MountFailed on generation 9, and leave no device",
    source: Case.observed("mount -F of a disk without a file system"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const target = yield* Conformance.directory("mnt")
      const empty = yield* Conformance.disk()
      const tag = yield* Conformance.ofGeneration({
        "1.15": "InputOutputFailed",
        "7": "InputOutputFailed",
        "9": "MountFailed"
      })
      yield* Check.fails(ploop.mount({ disk: empty.disk, target, fsck: true }), tag, { exitCode: 41 })
      yield* isIdle(empty)
    })
  }),
  Case.make({
    id: "mount/refuses-broken-options",
    title: "MUST refuse options that break a rule, name the option, and start nothing",
    source: Case.service("Request.Mount"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      const target = yield* Conformance.directory("mnt")
      const broken = [
        ["data", { data: ["discard"] }],
        ["data.0", { target, data: ["sync,discard"] }],
        ["component", { component: "a component" }],
        ["component", { component: "../a" }],
        ["device", { device: "/dev/sda" }],
        ["snapshot", { snapshot: "no uuid" }],
        ["snapshot", { snapshot: SnapshotId.none }]
      ] as const
      for (const [field, options] of broken) {
        yield* files.untouched(
          directory,
          Check.fails(ploop.mount({ disk, ...options }), "InvalidArgument", { field })
        )
      }
    })
  }),
  Case.make({
    id: "mount/refuses-a-mount-point-that-is-none",
    title: "MUST refuse a target that is missing or not a directory, leave no device, and not create it",
    source: Case.observed("mount: Failed to stat mount point, Mount point not a directory"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { capabilities } = yield* Conformance.Conformance
      const made = yield* Conformance.disk()
      const missing = yield* Conformance.path("nowhere")
      const file = yield* Conformance.path("file")
      yield* fs.writeFileString(file, "a file")
      for (const target of [missing, file]) {
        yield* files.untouched(
          made.directory,
          Check.fails(ploop.mount({ disk: made.disk, target }), "MountPointInvalid", { target })
        )
      }
      yield* Check.equal(yield* fs.exists(missing), false, "whether the mount point was created")
      yield* Check.equal(yield* fs.readFileString(file), "a file", "the file")
      if (capabilities.has("device")) yield* isIdle(made)
    })
  })
]

const snapshots: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "mount/shows-a-snapshot-read-only",
    title: "MUST show a snapshot as it was, return which it is, and refuse writes to it unless they are requested",
    source: Case.service("Request.Mount: the tool attaches a snapshot for writing"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk, target } = yield* withSnapshot
      const { readOnly, snapshot } = yield* Conformance.mounted(disk, { snapshot: a })
      yield* Check.equal({ readOnly, snapshot }, { readOnly: true, snapshot: a }, "the result")
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the snapshot")
      yield* Check.fileSystemFails(fs.writeFileString(path.join(target, "b"), "no"), "Unknown")
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, "the disk")
    })
  }),
  Case.make({
    id: "mount/takes-the-top-for-the-disk",
    title: "MUST mount the top delta for writing when it is given by its identifier, as by default",
    source: Case.service("Request.Mount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* ploop.createSnapshot({ disk, id: a })
      const mounted = yield* Conformance.mounted(disk, { snapshot: SnapshotId.top })
      yield* Check.equal([mounted.readOnly, mounted.snapshot], [false, undefined], "what was mounted")
      yield* FileTree.write(mounted.target, { motd: "written" })
      yield* Check.equal(yield* FileTree.read(mounted.target), { motd: "written" }, "the files")
    })
  }),
  Case.make({
    id: "mount/shows-the-base",
    title: "MUST mount the base delta for `base`, whatever its identifier, and return its identifier",
    source: Case.service("Request.Mount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withSnapshot
      yield* ploop.createSnapshot({ disk, id: b })
      const { readOnly, snapshot } = yield* Conformance.mounted(disk, { snapshot: "base" })
      yield* Check.equal({ readOnly, snapshot }, { readOnly: true, snapshot: a }, "the result")
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the base")
    })
  }),
  Case.make({
    id: "mount/takes-the-only-image-for-the-base",
    title: "MUST attach a disk without snapshots read-only for `base`, and return no snapshot",
    source: Case.service("Request.Mount, Result.Mounted"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const { readOnly, snapshot } = yield* ploop.mount({ disk, snapshot: "base" })
      yield* Check.equal({ readOnly, snapshot }, { readOnly: true, snapshot: undefined }, "the result")
    })
  }),
  Case.make({
    id: "mount/refuses-to-write-below-children",
    title: "MUST refuse to mount a snapshot with children for writing, and leave no device",
    source: Case.source("lib/ploop.c ploop_mount_image: Unable to mount (rw) snapshot; 7 and 9 would damage them"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { capabilities } = yield* Conformance.Conformance
      const made = yield* Conformance.disk()
      const { directory, disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const mount = (snapshot: SnapshotId.SnapshotId | "base") => ploop.mount({ disk, snapshot, readOnly: false })
      yield* files.untouched(directory, Check.fails(mount(a), "SnapshotHasChildren", { id: a, children: 1 }))
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      yield* files.untouched(directory, Check.fails(mount("base"), "SnapshotHasChildren", { id: a, children: 2 }))
      if (capabilities.has("device")) yield* isIdle(made)
    })
  }),
  Case.make({
    id: "mount/writes-to-a-leaf",
    title: "MUST mount a snapshot without children for writing on request, and keep what is written",
    source: Case.manual("mount, -u"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withSnapshot
      yield* ploop.createSnapshot({ disk, id: b })
      yield* ploop.switchSnapshot({ disk, id: a })
      const { readOnly } = yield* Conformance.mounted(disk, { snapshot: b, readOnly: false })
      yield* Check.equal(readOnly, false, "readOnly in the result")
      yield* FileTree.write(target, { "b": "written" })
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk, { snapshot: b })
      yield* Check.equal(yield* FileTree.read(target), { "a": "after", "b": "written" }, "the leaf")
      yield* ploop.umount({ disk })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "a": "before" }, "the disk, which branched off below")
    })
  }),
  Case.make({
    id: "mount/shows-a-snapshot-beside-its-disk",
    title: "MUST mount a snapshot under a component name while its disk is written to, each on a device of its own",
    source: Case.manual("mount, -c"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image, target } = yield* withSnapshot
      const top = yield* Conformance.mounted(disk)
      const old = yield* Conformance.mounted(disk, { snapshot: a, component: "old", at: "old" })
      yield* FileTree.write(target, { "a": "later" })
      yield* Check.equal(yield* FileTree.read(old.target), { "a": "before" }, "the snapshot")
      yield* Check.equal(yield* FileTree.read(target), { "a": "later" }, "the disk")
      const found = (yield* ploop.listDevices).filter((device) => device.image === image)
      yield* Check.equal(
        found.map(({ component, device }) => [component, `${device}`]).sort(),
        [["old", `${old.device}`], [undefined, `${top.device}`]].sort(),
        "the devices of the disk"
      )
    })
  }),
  Case.make({
    id: "mount/shows-a-disk-beside-its-device",
    title:
      "MUST mount a disk read-only under a component name while it is attached for writing but not mounted, or refuse " +
      "where that would clear the in-use flag",
    source: Case.manual("mount, -c"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* withSnapshot
      yield* ploop.mount({ disk })
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": true })) {
        yield* Check.fails(ploop.mount({ disk, readOnly: true, component: "look" }), "MountFailed")
        return
      }
      const { target } = yield* Conformance.mounted(disk, { readOnly: true, component: "look" })
      yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "mount/shows-a-disk-twice-read-only",
    title: "MUST mount a disk under two component names if both are read-only",
    source: Case.manual("mount, -c"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const { disk } = yield* withSnapshot
      for (const component of ["one", "two"]) {
        const { target } = yield* Conformance.mounted(disk, { readOnly: true, component, at: component })
        yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, `the files of ${component}`)
      }
    })
  }),
  Case.make({
    id: "mount/refuses-the-mounted-top-delta-beside-the-disk",
    title:
      "MUST refuse a second mount of the top delta while the disk is mounted for writing, and accept it while it is not",
    source: Case.source("ext4: a journal that is not empty cannot be replayed on a read-only device"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, target } = yield* withSnapshot
      const beside = {
        disk,
        snapshot: SnapshotId.top,
        component: "old",
        readOnly: true,
        target: yield* Conformance.directory("old")
      }
      yield* Conformance.mounted(disk)
      // Generations 7 and 9 are not asked: the second device would clear the in-use flag.
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 21, "7": undefined, "9": undefined })
      yield* Check.fails(ploop.mount(beside), "MountFailed", { exitCode })
      yield* Check.equal(yield* FileTree.read(target), { "a": "after" }, "the disk")
      yield* ploop.umount({ disk })
      yield* ploop.mount(beside)
      yield* Check.equal(yield* FileTree.read(beside.target), { "a": "after" }, "the top delta beside")
    })
  }),
  Case.make({
    id: "mount/refuses-an-unknown-snapshot",
    title: "MUST refuse a snapshot that the disk does not have, and leave no device",
    source: Case.observed("mount -u of an unknown uuid, exit code 43"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { capabilities } = yield* Conformance.Conformance
      const made = yield* Conformance.disk()
      yield* files.untouched(
        made.directory,
        Check.fails(ploop.mount({ disk: made.disk, snapshot: unknown }), "SnapshotNotFound", {
          id: unknown,
          exitCode: 43
        })
      )
      if (capabilities.has("device")) yield* isIdle(made)
    })
  }),
  Case.make({
    id: "mount/refuses-a-missing-delta",
    title: "MUST refuse when an image of the chain is missing, name it, and leave no device",
    source: Case.observed("mount: Unable to stat, exit code 21"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* fs.remove(top)
      yield* Check.fails(ploop.mount({ disk }), "ImageNotFound", { image: top })
      yield* isIdle(made)
      yield* Check.equal((yield* ploop.mount({ disk, snapshot: a })).snapshot, a, "the snapshot that does not need it")
    })
  }),
  Case.make({
    id: "mount/refuses-a-broken-delta",
    title: "MUST refuse when an image of the chain is broken, name it, and leave no device",
    source: Case.observed("mount: Wrong signature in image, exit code 11"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk()
      const { disk } = made
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* ImageFile.breakSignature(top)
      yield* Check.fails(ploop.mount({ disk }), "ImageCorrupt", { image: top, exitCode: 11 })
      yield* isIdle(made)
    })
  })
]

export const mount: ReadonlyArray<Case.Case> = [
  ...trees,
  ...devices,
  ...formats,
  ...options,
  ...snapshots,
  ...misnamed("mount", (ploop, disk) => ploop.mount({ disk }))
]

import * as ByteSize from "@effect-ploop/core/ByteSize"
import { inDirectory } from "@effect-ploop/core/Disk"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Capability from "../../Capability.js"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"

const { a, b, c } = Conformance.ids

const source = Case.service("Ploop.clone")

const names = (directory: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(directory))

/** A disk that every generation can clone. */
const disk = (options: Conformance.DiskOptions = {}) => Conformance.disk({ version: 2, ...options })

/** The same with the snapshots `a` and `b`, so with three images. */
const chained = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const made = yield* disk(options)
    for (const id of [a, b]) yield* ploop.createSnapshot({ disk: made.disk, id })
    return made
  })

/** A linked clone in a directory of its own. */
const clone = (of: Conformance.TestDisk, snapshot = a, name = "clone") =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const directory = yield* Conformance.directory(name)
    const { disk, images } = yield* ploop.clone({ disk: of.disk, snapshot, directory })
    return { disk, directory, images, image: images[0]! } satisfies Conformance.TestDisk & { readonly images: unknown }
  })

const inodeOf = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.stat(file), ({ dev, ino }) => ({ dev, ino })))

/** Makes the image of the snapshot `a` shared, and checks that a call is refused then and works without the clone. */
const refusesWhenShared = (
  id: Case.Case["id"],
  title: string,
  use: (ploop: Ploop.Ploop, of: Conformance.TestDisk) => Effect.Effect<
    unknown,
    PloopError,
    LowLevel.LowLevel | Ploop.Ploop
  >,
  { needs = [], shared = a }: {
    readonly needs?: ReadonlyArray<Capability.Capability>
    readonly shared?: SnapshotId.SnapshotId
  } = {}
) =>
  Case.make({
    id,
    title,
    source: Case.service("Refusal.unshared"),
    needs: ["version2", ...needs],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const cloned = yield* clone(of, shared)
      yield* files.untouched(of.directory, Check.fails(use(ploop, of), "ImageShared"))
      yield* ploop.remove({ disk: cloned.disk })
      yield* use(ploop, of)
    })
  })

const refuses = (
  id: Case.Case["id"],
  title: string,
  tag: OperationError.CloneError["_tag"],
  prepare: (of: Conformance.TestDisk) => Effect.Effect<
    Partial<{ readonly disk: string; readonly snapshot: string; readonly directory: string }>,
    Case.Failure,
    Case.Services | Conformance.Conformance
  >
) =>
  Case.make({
    id,
    title,
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const directory = yield* Conformance.directory("clone")
      const options = { disk: of.disk, snapshot: a, directory, ...(yield* prepare(of)) }
      const before = yield* names(directory)
      yield* files.untouched(of.directory, Check.fails(ploop.clone(options), tag))
      yield* Check.equal(yield* names(directory), before, "the files of the directory")
    })
  })

export const cloning: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "clone/shares-the-images",
    title: "MUST give the clone hard links to the images of the snapshot, and a top delta of its own",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { disk, images } = yield* clone(of, b)
      yield* Check.equal(images.length, 3, "the number of images")
      for (const [index, id] of [a, b].entries()) {
        const own = yield* Conformance.fileOf(of, id)
        yield* Check.equal(yield* inodeOf(images[index]!), yield* inodeOf(own), `the file of ${id}`)
      }
      yield* Check.equal<string | undefined>(images[2], yield* ploop.topDelta({ disk }), "the top delta")
      const top = yield* inodeOf(images[2]!)
      yield* Check.different(top, yield* inodeOf(yield* ploop.topDelta({ disk: of.disk })), "the files of the tops")
    })
  }),
  Case.make({
    id: "clone/keeps-the-identifiers",
    title: "MUST keep the identifiers of the snapshots up to the one that is cloned, and leave out the others",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      yield* ploop.switchSnapshot({ disk: of.disk, id: a })
      yield* ploop.createSnapshot({ disk: of.disk, id: c })
      const { disk } = yield* clone(of, c)
      const expected = [[a, undefined], [c, a], [SnapshotId.top, c]] as const
      yield* Check.equal<ReadonlyArray<unknown>>(yield* Conformance.parents(disk), expected, "the tree of the clone")
    })
  }),
  Case.make({
    id: "clone/has-its-size",
    title: "MUST give the clone the size, the clusters and the format version of the disk",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained({ size: "12M", clusterSize: "256K" })
      const { disk } = yield* clone(of)
      yield* Check.equal(yield* ploop.imageInfo({ disk }), yield* ploop.imageInfo({ disk: of.disk }), "what it is")
      yield* Check.equal((yield* disks.descriptor(disk)).diskSize, ByteSize.MiB(12), "the size in the descriptor")
      yield* Check.equal((yield* ploop.check({ disk })).outcome, "clean", "the outcome of a check")
    })
  }),
  Case.make({
    id: "clone/has-the-size-at-the-snapshot",
    title: "MUST give the clone the size that the disk had at the snapshot, also after the disk has grown",
    source,
    needs: ["version2", "lowLevel", "idleGrow"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      yield* (yield* LowLevel.LowLevel).grow({ disk: of.disk, size: "16M" })
      const { disk } = yield* clone(of, b)
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, ByteSize.MiB(8), "the size of the clone")
      yield* Check.equal((yield* ploop.imageInfo({ disk: of.disk })).size, ByteSize.MiB(16), "the size of the disk")
    })
  }),
  Case.make({
    id: "clone/leaves-no-stray-file",
    title: "MUST make the images, the descriptor and the record of what is shared, and nothing else",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const of = yield* chained()
      const cloned = yield* files.untouched(of.directory, clone(of, b))
      yield* disks.hasNoStrayImages(cloned)
      const others = (yield* files.names(cloned.directory)).filter((name) => !name.startsWith("root.hdd"))
      yield* Check.equal(others, [".ploop-clone.json", "DiskDescriptor.xml"], "the other files")
    })
  }),
  Case.make({
    id: "clone/of-a-clone",
    title: "MUST clone a clone, also a snapshot that the clone has taken itself",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const first = yield* clone(of, a, "first")
      yield* ploop.createSnapshot({ disk: first.disk, id: c })
      const second = yield* clone(first, c, "second")
      const expected = [[a, undefined], [c, a], [SnapshotId.top, c]] as const
      yield* Check.equal<ReadonlyArray<unknown>>(yield* Conformance.parents(second.disk), expected, "the tree")
      yield* Check.equal(yield* inodeOf(second.image), yield* inodeOf(of.image), "the file of the base")
      yield* Check.fails(ploop.remove({ disk: first.disk }), "ImageShared")
      yield* ploop.remove({ disk: second.disk })
      yield* ploop.remove({ disk: first.disk })
      yield* ploop.remove({ disk: of.disk })
    })
  }),
  Case.make({
    id: "clone/of-a-raw-disk",
    title: "MUST share a raw base image too",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.disk({ format: "raw", version: undefined })
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const { disk, image } = yield* clone(of)
      yield* Check.equal(yield* inodeOf(image), yield* inodeOf(of.image), "the file of the base")
      const types = (yield* disks.descriptor(disk)).images.map(({ type }) => type)
      yield* Check.equal(types, ["Plain", "Plain"], "the types of the images")
      const top = yield* Effect.map(disks.descriptor(disk), ({ diskSize }) => diskSize)
      yield* Check.equal(top, (yield* disks.descriptor(of.disk)).diskSize, "the size")
    })
  }),
  Case.make({
    id: "clone/takes-snapshots-of-its-own",
    title:
      "MUST leave the disk that was cloned as it is when the clone takes, switches and deletes snapshots of its own",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { disk } = yield* clone(of)
      const work = Effect.gen(function*() {
        yield* ploop.createSnapshot({ disk, id: b })
        yield* ploop.createSnapshot({ disk, id: c })
        yield* ploop.deleteSnapshot({ disk, id: c })
        yield* ploop.switchSnapshot({ disk, id: a })
        yield* ploop.deleteSnapshot({ disk, id: b })
      })
      yield* files.untouched(of.directory, work)
      yield* Check.equal((yield* Conformance.parents(disk)).length, 2, "the number of images")
    })
  }),
  Case.make({
    id: "clone/removed-before-its-base",
    title: "MUST remove a clone, keep what it shares, and refuse to remove the disk before",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { directory, disk } = yield* clone(of, b)
      yield* files.untouched(of.directory, Check.fails(ploop.remove({ disk: of.disk }), "ImageShared"))
      const { kept } = yield* files.untouched(of.directory, ploop.remove({ disk }))
      yield* Check.equal(kept, [], "what was kept")
      yield* Check.equal(yield* names(directory), [], "the files of the clone")
      yield* ploop.remove({ disk: of.disk })
      yield* Check.equal(yield* names(of.directory), [], "the files of the disk")
    })
  }),
  refusesWhenShared(
    "clone/no-deletion-below",
    "MUST refuse to delete a snapshot that a clone has and that has a child, whose data would be merged into it",
    (ploop, { disk }) => ploop.deleteSnapshot({ disk, id: a })
  ),
  refusesWhenShared(
    "clone/no-merge",
    "MUST refuse to merge into a snapshot that a clone has",
    (ploop, { disk }) => ploop.mergeSnapshots({ disk, snapshot: b })
  ),
  refusesWhenShared(
    "clone/no-merge-of-all",
    "MUST refuse to merge all snapshots when a clone has one of them",
    (ploop, { disk }) => ploop.mergeSnapshots({ disk, all: true })
  ),
  refusesWhenShared(
    "clone/no-deletion-of-the-top",
    "MUST refuse to delete the top delta above a snapshot that a clone has, which would become the top delta",
    (ploop, { disk }) => ploop.deleteSnapshot({ disk, id: SnapshotId.top }),
    { shared: b }
  ),
  refusesWhenShared(
    "clone/no-switch-and-deletion",
    "MUST refuse to switch to a snapshot that a clone has and delete it, which would write to it",
    (ploop, { disk }) => ploop.switchAndDelete({ disk, id: b }),
    { shared: b }
  ),
  refusesWhenShared(
    "clone/no-conversion",
    "MUST refuse to convert a disk whose images a clone has",
    (ploop, { disk }) => ploop.convert({ disk, format: "preallocated" })
  ),
  refusesWhenShared(
    "clone/no-forced-check",
    "MUST refuse to repair the image of a snapshot that a clone has, and check it read-only",
    (ploop, { image }) => Effect.zipRight(ploop.check({ image, readOnly: true }), ploop.check({ image, force: true }))
  ),
  refusesWhenShared(
    "clone/no-growth-of-an-image",
    "MUST refuse to grow an image that a clone has",
    (_, { image }) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ image, size: "16M" })),
    { needs: ["lowLevel"] }
  ),
  Case.make({
    id: "clone/protects-its-base-itself",
    title: "MUST refuse on the clone too what would write to the images that it shares",
    source: Case.service("Refusal.unshared"),
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { disk } = yield* clone(of, b)
      const calls: ReadonlyArray<
        Effect.Effect<
          unknown,
          | OperationError.MergeSnapshotsError
          | OperationError.DeleteSnapshotError
          | OperationError.ConvertError
        >
      > = [
        ploop.mergeSnapshots({ disk }),
        ploop.deleteSnapshot({ disk, id: a }),
        ploop.deleteSnapshot({ disk, id: SnapshotId.top }),
        ploop.convert({ disk, format: "raw" })
      ]
      for (const call of calls) yield* files.untouched(of.directory, Check.fails(call, "ImageShared"))
    })
  }),
  Case.make({
    id: "clone/merges-into-a-new-file",
    title: "MUST merge snapshots that a clone has into a new file, which writes to none of them",
    source: Case.service("Refusal.unshared"),
    needs: ["version2"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const cloned = yield* clone(of, b)
      const into = `${of.directory}/merged.hdd`
      yield* files.untouched(cloned.directory, ploop.mergeSnapshots({ disk: of.disk, snapshot: b, into }))
      yield* Check.equal((yield* ploop.check({ disk: cloned.disk })).outcome, "clean", "the clone")
    })
  }),
  Case.make({
    id: "clone/deletes-a-leaf",
    title: "MUST delete a snapshot without children although a clone has its image, which the clone keeps",
    source: Case.service("Refusal.unshared"),
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const cloned = yield* clone(of, b)
      yield* ploop.switchSnapshot({ disk: of.disk, id: a })
      yield* files.untouched(cloned.directory, ploop.deleteSnapshot({ disk: of.disk, id: b }))
      yield* Check.equal((yield* ploop.check({ disk: cloned.disk })).outcome, "clean", "the clone")
    })
  }),
  refuses(
    "clone/refuses-an-unknown-snapshot",
    "MUST refuse a snapshot that the disk does not have",
    "SnapshotNotFound",
    () => Effect.succeed({ snapshot: Conformance.ids.unknown })
  ),
  refuses(
    "clone/refuses-the-top-delta",
    "MUST refuse the top delta, which is still written to",
    "InvalidArgument",
    () => Effect.succeed({ snapshot: SnapshotId.top })
  ),
  refuses(
    "clone/refuses-a-missing-disk",
    "MUST refuse a disk that does not exist",
    "DiskNotFound",
    ({ directory }) => Effect.succeed({ disk: `${directory}/other.d/DiskDescriptor.xml` })
  ),
  refuses(
    "clone/refuses-the-same-directory",
    "MUST refuse the directory of the disk",
    "InvalidArgument",
    (of) => Effect.succeed({ directory: of.directory })
  ),
  refuses(
    "clone/refuses-a-directory-with-a-disk",
    "MUST refuse a directory that holds a disk",
    "AlreadyExists",
    () => Effect.map(disk({ name: "clone", image: "other.hdd" }), () => ({}))
  ),
  refuses(
    "clone/refuses-a-taken-name",
    "MUST refuse a directory with a file of the name of an image",
    "AlreadyExists",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(yield* Conformance.path("clone", "root.hdd"), "somebody else's")
        return {}
      })
  ),
  refuses(
    "clone/refuses-a-missing-image",
    "MUST refuse a snapshot whose image is gone",
    "ImageNotFound",
    ({ image }) =>
      Effect.gen(function*() {
        yield* (yield* FileSystem.FileSystem).remove(image)
        return {}
      })
  ),
  refuses(
    "clone/refuses-what-is-no-image",
    "MUST refuse a snapshot whose image has no header",
    "ImageCorrupt",
    ({ image }) => Effect.as(ImageFile.poke(image, 0, [0, 0, 0, 0]), {})
  ),
  refuses(
    "clone/refuses-the-in-use-flag",
    "MUST refuse a snapshot whose image another host may write to",
    "ImageDirty",
    ({ image }) => Effect.as(ImageFile.markInUse(image), {})
  ),
  Case.make({
    id: "clone/refuses-a-missing-directory",
    title: "MUST refuse a directory that does not exist, and not create it",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const directory = yield* Conformance.path("nowhere")
      yield* Check.fails(ploop.clone({ disk: of.disk, snapshot: a, directory }), "DirectoryNotFound", { directory })
      yield* Check.equal(yield* (yield* FileSystem.FileSystem).exists(directory), false, "whether it exists")
    })
  }),
  Case.make({
    id: "clone/refuses-another-file-system",
    title: "MUST refuse a directory on another file system, where no hard link can be made",
    source,
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { target } = yield* Conformance.mounted((yield* Conformance.formatted({ name: "other" })).disk)
      const call = ploop.clone({ disk: of.disk, snapshot: a, directory: target })
      yield* files.untouched(of.directory, Check.fails(call, "Unsupported"))
      yield* Check.equal(yield* FileTree.read(target), {}, "the files of the directory")
    })
  }),
  Case.make({
    id: "clone/refuses-a-temporary-snapshot",
    title: "MUST refuse a snapshot that is merged automatically, and one that is built on such a one",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      yield* ploop.switchSnapshot({ disk: of.disk, id: a })
      yield* ploop.deleteSnapshot({ disk: of.disk, id: a })
      const directory = yield* Conformance.directory("clone")
      for (const snapshot of [a, b]) {
        yield* Check.fails(ploop.clone({ disk: of.disk, snapshot, directory }), "SnapshotIsTemporary", { id: a })
      }
    })
  }),
  Case.make({
    id: "clone/of-a-running-disk",
    title: "MUST clone a snapshot of a mounted disk, which goes on to be written to",
    source,
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.formatted({ version: 2 })
      const { target } = yield* Conformance.mounted(of.disk)
      yield* FileTree.write(target, { "before": "the snapshot" })
      yield* disks.synced(target)
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const cloned = yield* clone(of)
      yield* FileTree.write(target, { "after": "the snapshot" })
      const shown = yield* disks.contents(cloned.disk, { component: "clone" })
      yield* Check.equal(shown, { "before": "the snapshot" }, "the files of the clone")
      const found = yield* FileTree.read(target)
      yield* Check.equal(found, { "before": "the snapshot", "after": "the snapshot" }, "the files of the disk")
    })
  }),
  Case.make({
    id: "clone/writes-apart",
    title: "MUST keep what is written to the clone, to another clone and to the disk apart",
    source,
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.formatted({ version: 2 })
      yield* disks.write(of.disk, { os: "base" })
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const one = yield* clone(of, a, "one")
      const two = yield* clone(of, a, "two")
      yield* disks.write(one.disk, { os: "one" })
      yield* disks.write(two.disk, { srv: "two" })
      yield* disks.write(of.disk, { home: "base" })
      yield* disks.holds(one.disk, { os: "one" }, "the first clone")
      yield* disks.holds(two.disk, { os: "base", srv: "two" }, "the second clone")
      yield* disks.holds(of.disk, { os: "base", home: "base" }, "the disk")
      yield* ploop.remove({ disk: one.disk })
      yield* disks.holds(two.disk, { os: "base", srv: "two" }, "the second clone without the first")
    })
  }),
  Case.make({
    id: "clone/mounted-beside-its-base",
    title: "MUST mount clones with component names beside the disk and each other, and unmount them separately",
    source,
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.formatted({ version: 2 })
      yield* disks.write(of.disk, { os: "base" })
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const one = yield* clone(of, a, "one")
      const two = yield* clone(of, a, "two")
      const base = yield* Conformance.mounted(of.disk, { at: "base" })
      const first = yield* Conformance.mounted(one.disk, { at: "first", component: "one" })
      const second = yield* Conformance.mounted(two.disk, { at: "second", component: "two" })
      yield* FileTree.write(base.target, { os: "changed" })
      yield* FileTree.write(first.target, { os: "one" })
      yield* Check.equal(yield* FileTree.read(second.target), { os: "base" }, "the second clone")
      yield* ploop.umount({ disk: one.disk, component: "one" })
      yield* Check.equal(yield* FileTree.read(base.target), { os: "changed" }, "the disk")
      yield* Check.equal(yield* FileTree.read(second.target), { os: "base" }, "the second clone, left mounted")
    })
  }),
  Case.make({
    id: "clone/is-not-its-base",
    title: "MUST report no device for a clone while the disk that was cloned runs, nor the reverse",
    source,
    needs: ["device", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const cloned = yield* clone(of, b)
      for (const [running, other] of [[of, cloned], [cloned, of]] as const) {
        yield* Effect.scoped(Effect.gen(function*() {
          const device = yield* disks.attached(running.disk)
          const found = yield* Effect.flatten(ploop.deviceOf({ disk: running.disk })).pipe(Effect.orDie)
          yield* Check.equal(found.device, device, "the device of the running one")
          yield* Check.equal(yield* ploop.isMounted({ disk: other.disk }), false, "whether the other one runs")
          yield* Check.fails(ploop.umount({ disk: other.disk }), "NotMounted")
          yield* Check.equal(yield* ploop.isMounted({ disk: running.disk }), true, "whether the first one still runs")
        }))
      }
    })
  }),
  Case.make({
    id: "clone/no-change-by-another-device",
    title: "MUST refuse to change a clone while the tool would take the device of another disk for its own",
    source: Case.source("lib/delta_sysfs.c check_dev_by_info"),
    needs: ["device", "version2"],
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const { directory, disk } = yield* clone(of, b)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* disks.attached(of.disk)
        const before = yield* disks.descriptor(of.disk)
        const calls: ReadonlyArray<Effect.Effect<unknown, PloopError>> = [
          ploop.createSnapshot({ disk, id: c }),
          ploop.switchSnapshot({ disk, id: a }),
          ploop.resize({ disk, size: "16M" }),
          ploop.imageInfo({ disk }),
          ploop.fileSystemInfo({ disk }),
          ploop.balloonStatus({ disk })
        ]
        for (const call of calls) {
          yield* files.untouched(
            directory,
            Effect.flatMap(Effect.flip(call), ({ _tag }) => Check.equal(_tag, "Unsupported", "the error")).pipe(
              Effect.orDie
            )
          )
        }
        yield* Check.fails(ploop.mount({ disk }), "AlreadyMounted")
        yield* Check.equal(yield* disks.descriptor(of.disk), before, "the descriptor of the disk that runs")
        yield* disks.attached(disk, { component: "clone" })
      }))
      yield* ploop.createSnapshot({ disk, id: c })
    })
  }),
  Case.make({
    id: "clone/changes-beside-its-base",
    title: "MUST take snapshots of a clone while the disk that was cloned runs, where devices are found by paths",
    source: Case.source("lib/delta_sysfs.c ploop_get_dev_by_delta"),
    needs: ["device", "version2"],
    generations: ["1.15", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      const cloned = yield* clone(of, b)
      yield* disks.attached(of.disk)
      yield* files.untouched(of.directory, ploop.createSnapshot({ disk: cloned.disk, id: c }))
      yield* disks.attached(cloned.disk)
      yield* ploop.deleteSnapshot({ disk: cloned.disk, id: c })
    })
  }),
  Case.make({
    id: "clone/no-write-to-a-shared-leaf",
    title: "MUST refuse to mount a snapshot for writing whose image a clone has, and mount it read-only",
    source: Case.service("Refusal.unshared"),
    needs: ["device", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* chained()
      yield* clone(of, b)
      yield* ploop.switchSnapshot({ disk: of.disk, id: a })
      yield* Check.fails(ploop.mount({ disk: of.disk, snapshot: b, readOnly: false }), "ImageShared")
      yield* Effect.scoped(disks.attached(of.disk, { snapshot: b, readOnly: true }))
    })
  }),
  Case.make({
    id: "clone/no-version-1",
    title: "MUST refuse to share images of format version 1 where a mount converts them in place",
    source: Case.observed("a read-write mount of generation 7 converts images of version 1"),
    generations: ["7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* Conformance.disk({ version: 1 })
      yield* ploop.createSnapshot({ disk: of.disk, id: a })
      const directory = yield* Conformance.directory("clone")
      yield* Check.fails(ploop.clone({ disk: of.disk, snapshot: a, directory }), "Unsupported")
      yield* Check.equal(yield* names(directory), [], "the files of the directory")
    })
  }),
  Case.make({
    id: "clone/of-another-image-format-name",
    title: "MUST name the images by the base, whatever names the snapshots have",
    source,
    needs: ["version2"],
    run: Effect.gen(function*() {
      const of = yield* chained({ image: "a disk.img" })
      const { disk, directory } = yield* clone(of, b)
      yield* Check.isTrue(disk === inDirectory(directory), "whether the disk is in the directory", disk)
      const found = (yield* files.names(directory)).filter((name) => name.startsWith("a disk.img"))
      yield* Check.equal(found.length, 3, "the number of images")
      yield* Check.isTrue(found.includes("a disk.img"), "whether the base keeps its name", found.join(", "))
    })
  })
]

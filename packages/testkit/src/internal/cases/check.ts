import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

const { a, b, unknown } = Conformance.ids

/** Checks the outcome of `check`, without the lines of its findings. */
const outcome = (options: Request.CheckOptions) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => Effect.map(ploop.check(options), ({ outcome }) => outcome))

const found = (options: Request.CheckOptions, expected: "clean" | "repaired" | "broken", what: string) =>
  Effect.flatMap(outcome(options), (actual) => Check.equal(actual, expected, what))

const sound: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/finds-sound-images-clean",
    title: "MUST report a disk with snapshots, and each of its images, as clean, and change nothing",
    source: Case.manual("check"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* files.untouched(
        directory,
        Effect.gen(function*() {
          yield* found({ disk }, "clean", "the disk")
          yield* found({ disk, snapshot: a }, "clean", "the snapshot")
          yield* found({ image }, "clean", "the base image")
          yield* found({ image: top }, "clean", "the top delta")
        })
      )
    })
  }),
  Case.make({
    id: "check/takes-every-switch-on-an-image",
    title: "MUST accept each switch for an image, and report a sound image as clean",
    source: Case.manual("check, options"),
    run: Effect.gen(function*() {
      const { directory, image } = yield* Conformance.disk()
      const switches = [
        { force: true },
        { hardForce: true },
        { duplicates: true },
        { readOnly: true },
        { silent: true },
        { dropInUse: true },
        { repairSparse: true },
        { force: true, duplicates: true, readOnly: true, silent: true }
      ]
      for (const given of switches) {
        yield* files.untouched(directory, found({ image, ...given }, "clean", JSON.stringify(given)))
      }
    })
  }),
  Case.make({
    id: "check/takes-no-switch-that-would-be-ignored",
    title: "MUST refuse the switches that the tool would ignore for a disk",
    source: Case.observed("check DiskDescriptor.xml: WARNING: options are ignored"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      const names = ["force", "hardForce", "duplicates", "readOnly", "silent", "dropInUse", "repairSparse"] as const
      for (const name of names) {
        yield* files.untouched(directory, Check.fails(ploop.check({ disk, [name]: true }), "Unsupported"))
      }
      yield* found({ disk, force: false }, "clean", "a switch that is off")
    })
  }),
  Case.make({
    id: "check/looks-at-raw-images",
    title: "MUST report a raw image as clean when given `raw` and its cluster size, and as broken otherwise",
    source: Case.manual("check, -R"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk({ format: "raw", version: undefined })
      yield* files.untouched(
        directory,
        Effect.gen(function*() {
          yield* found({ image, raw: true, clusterSize: "1M" }, "clean", "the raw image")
          yield* found({ disk }, "clean", "its disk")
          yield* found({ image }, "broken", "the raw image, without raw")
          yield* Check.fails(
            (ploop.check as (options: object) => ReturnType<Ploop.Ploop["check"]>)({ image, raw: true }),
            "InvalidArgument"
          )
        })
      )
    })
  })
]

const markedInUse: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/clears-the-mark-of-a-disk",
    title:
      "MUST repair a disk whose top delta still has its in-use flag set; generation 7 MUST require dropInUse for that",
    source: Case.observed("check DiskDescriptor.xml after a crash of the host"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ImageFile.markInUse(yield* ploop.topDelta({ disk }))
      if (yield* Conformance.ofGeneration({ "1.15": false, "7": true, "9": false })) {
        yield* files.untouched(directory, Check.fails(ploop.check({ disk }), "ImageDirty", { exitCode: 37 }))
        yield* found({ disk, dropInUse: true }, "repaired", "the first check")
      } else {
        yield* found({ disk }, "repaired", "the first check")
      }
      yield* found({ disk }, "clean", "the second check")
    })
  }),
  Case.make({
    id: "check/mends-the-last-image-of-a-chain-only",
    title:
      "MUST fail when the in-use flag of an image below the top delta is set, and repair it when the check ends there",
    source: Case.observed("check DDX, and check -u, with a dirty image below the top delta, exit code 7"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ImageFile.markInUse(image)
      yield* Check.fails(ploop.check({ disk }), "ImageDirty", { exitCode: 7 })
      yield* found({ disk, snapshot: a }, "repaired", "the snapshot")
      yield* found({ disk }, "clean", "the disk after that")
    })
  }),
  Case.make({
    id: "check/mends-every-image-of-a-chain",
    title: "MUST clear the in-use flag of every image of a chain, and report the disk as repaired when one was set",
    source: Case.observed("check -r -d of a dirty image on generations 7 and 9, which repair it anyway"),
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ImageFile.markInUse(image)
      yield* found({ disk, dropInUse: true }, "repaired", "the disk with the flag set on its base")
      yield* found({ image }, "clean", "the base")
      yield* found({ disk }, "clean", "the disk after that")
    })
  }),
  Case.make({
    id: "check/leaves-the-mark-of-an-image",
    title: "MUST refuse an image whose in-use flag is set, and not touch it, without dropInUse",
    source: Case.observed("check DELTA of a dirty image, exit code 37"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      for (const options of [{}, { readOnly: true }, { hardForce: true }]) {
        yield* files.untouched(
          directory,
          Check.fails(ploop.check({ image, ...options }), "ImageDirty", { exitCode: 37 })
        )
      }
    })
  }),
  Case.make({
    id: "check/knows-the-mark",
    title: "MUST treat any value as a set in-use flag on generation 1.15, and only the right one on the others",
    source: Case.source("lib/delta_read.c open_delta; 7 and 9 compare with SIGNATURE_DISK_IN_USE"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { image } = yield* Conformance.disk()
      yield* ImageFile.poke(image, ImageFile.inUsePosition, [1, 0, 0, 0])
      const isMarked = yield* Conformance.ofGeneration({ "1.15": true, "7": false, "9": false })
      if (isMarked) yield* Check.fails(ploop.check({ image }), "ImageDirty", { exitCode: 37 })
      else yield* found({ image }, "clean", "the image")
    })
  }),
  Case.make({
    id: "check/drops-the-mark-of-an-image",
    title: "MUST clear the in-use flag of an image with dropInUse, report it, and find the image clean afterwards",
    source: Case.manual("check, -d"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      const { findings, outcome } = yield* ploop.check({ image, dropInUse: true })
      yield* Check.equal(outcome, "repaired", "the first check")
      yield* Check.isTrue(findings.length > 0, "whether it reports what it repaired", findings)
      yield* found({ image }, "clean", "the second check")
    })
  }),
  Case.make({
    id: "check/read-only-does-not-drop-the-mark",
    title: "MUST keep the in-use flag of an image with readOnly, whatever the other options",
    source: Case.observed("check -r -d DELTA of a dirty image, exit code 7"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* Conformance.disk()
      yield* ImageFile.markInUse(image)
      yield* files.untouched(
        directory,
        Check.fails(ploop.check({ image, dropInUse: true, readOnly: true }), "ImageDirty", { exitCode: 7 })
      )
    })
  })
]

const damaged: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/answers-that-an-image-is-broken",
    title: "MUST report a file without the signature as broken, not fail, and not change it",
    source: Case.service("Ploop.check: a broken image is a result"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ImageFile.breakSignature(image)
      yield* files.untouched(
        directory,
        Effect.gen(function*() {
          const { findings, outcome } = yield* ploop.check({ image })
          yield* Check.equal(outcome, "broken", "the image")
          yield* Check.isTrue(findings.length > 0, "whether it reports what it found", findings)
          yield* found({ image, hardForce: true }, "broken", "the image with hardForce")
          yield* found({ disk }, "broken", "its disk")
        })
      )
    })
  }),
  Case.make({
    id: "check/answers-that-a-short-file-is-broken",
    title: "MUST report a file too short for a header as broken",
    source: Case.observed("check of 63 bytes: Short read PVD header, exit code 6"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { image } = yield* Conformance.disk()
      for (const length of [63, 0]) {
        yield* fs.truncate(image, length)
        yield* found({ image }, "broken", `an image of ${length} bytes`)
      }
    })
  }),
  Case.make({
    id: "check/finds-an-index-that-points-nowhere",
    title: "MUST find an index that points behind the end of the file, and repair it only with hardForce",
    source: Case.observed("check of an index entry behind the end of the file, exit code 11"),
    run: Effect.gen(function*() {
      const { directory, image } = yield* Conformance.disk()
      yield* files.pointBehindTheEnd(image)
      yield* files.untouched(directory, found({ image, force: true }, "broken", "the image"))
      yield* found({ image, force: true, hardForce: true }, "repaired", "the image with hardForce")
      yield* found({ image, force: true }, "clean", "the image that was repaired")
    })
  }),
  Case.make({
    id: "check/clears-an-entry-behind-the-disk",
    title: "MUST clear an index entry of a cluster behind the end of the disk, only with force, and report the repair",
    source: Case.observed("check -f of an image of 8 MiB whose index has an entry for its 51st cluster"),
    run: Effect.gen(function*() {
      const { directory, image } = yield* Conformance.disk({ size: "8M" })
      yield* ImageFile.poke(image, 64 + 4 * 50, [1, 0, 0, 0])
      yield* files.untouched(directory, found({ image, force: true, readOnly: true }, "broken", "the image, read only"))
      yield* found({ image, force: true }, "repaired", "the image")
      yield* found({ image, force: true }, "clean", "the image that was repaired")
    })
  }),
  Case.make({
    id: "check/fills-the-last-cluster",
    title: "MUST find an image broken that ends in the middle of a cluster, fill it with force, and report the repair",
    source: Case.observed("check of an image that is 512 bytes longer, on generations 7 and 9"),
    generations: ["7", "9"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { directory, image } = yield* Conformance.disk()
      const { size } = yield* fs.stat(image)
      yield* fs.writeFile(image, new Uint8Array(512), { flag: "a" })
      yield* files.untouched(directory, found({ image }, "broken", "the image"))
      yield* found({ image, force: true }, "repaired", "the image with force")
      yield* Check.equal((yield* fs.stat(image)).size, FileSystem.Size(size + 1024n * 1024n), "the size of the file")
      yield* found({ image, force: true }, "clean", "the image that was repaired")
    })
  }),
  Case.make({
    id: "check/finds-clusters-that-are-used-twice",
    title: "MUST find duplicate clusters with force and duplicates, and not otherwise",
    source: Case.manual("check, -c"),
    run: Effect.gen(function*() {
      const { directory, image } = yield* Conformance.disk()
      yield* files.doubleACluster(image)
      yield* files.untouched(
        directory,
        Effect.gen(function*() {
          yield* found({ image }, "clean", "the image")
          yield* found({ image, force: true }, "clean", "the image with force")
          yield* found({ image, duplicates: true }, "clean", "the image with duplicates, without force")
          yield* found(
            { image, force: true, duplicates: true },
            "broken",
            "the image with force and duplicates"
          )
        })
      )
    })
  }),
  Case.make({
    id: "check/finds-an-image-that-is-called-empty",
    title:
      "MUST find and repair a wrong empty flag of an image with allocated clusters, only with force; generations 7 and 9 MUST call it clean",
    source: Case.observed("check -f of preallocated images: CIF_Empty flag is incorrect"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const forced = yield* Conformance.ofGeneration({ "1.15": "repaired", "7": "clean", "9": "clean" })
      const made = yield* Conformance.disk({ name: "made", format: "preallocated" })
      const converted = yield* Conformance.disk({ name: "converted" })
      yield* ploop.convert({ disk: converted.disk, format: "preallocated" })
      for (const [name, { image }] of Object.entries({ made, converted })) {
        yield* found({ image }, "clean", `the image that was ${name} preallocated`)
        yield* found({ image, force: true }, forced, `the image that was ${name} preallocated, with force`)
        yield* found({ image, force: true }, "clean", `the image that was ${name} preallocated, again`)
      }
      // An image whose in-use flag is set is always checked as with force.
      const { image } = yield* Conformance.disk({ name: "in use", format: "preallocated" })
      yield* ImageFile.markInUse(image)
      yield* found({ image, dropInUse: true }, "repaired", "the image that was in use")
      yield* found({ image, force: true }, "clean", "the image that was in use, with force")
    })
  }),
  Case.make({
    id: "check/looks-at-every-image-of-the-disk",
    title: "MUST find damage in any image of the disk, whatever the state of the images above and below it",
    source: Case.manual("check"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      const middle = yield* ploop.topDelta({ disk })
      yield* ploop.createSnapshot({ disk, id: b })
      const top = yield* ploop.topDelta({ disk })
      for (const [name, file] of Object.entries({ "base image": image, "delta between": middle, "top delta": top })) {
        const sound = yield* fs.readFile(file)
        yield* ImageFile.breakSignature(file)
        yield* found({ disk }, "broken", `the disk with a broken ${name}`)
        yield* fs.writeFile(file, sound)
        yield* found({ disk }, "clean", `the disk without a broken ${name}`)
      }
    })
  }),
  Case.make({
    id: "check/looks-below-the-snapshot-only",
    title: "MUST check the images from the snapshot down to the base, and no others",
    source: Case.manual("check, -u"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* ImageFile.breakSignature(yield* ploop.topDelta({ disk }))
      yield* found({ disk, snapshot: a }, "clean", "the snapshot below the broken top delta")
      yield* found({ disk, snapshot: SnapshotId.top }, "broken", "the top delta")
      yield* ImageFile.breakSignature(image)
      yield* found({ disk, snapshot: a }, "broken", "the snapshot in the broken base image")
    })
  })
]

const word = (value: number): ReadonlyArray<number> => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** Fields of a header, by their positions, and what they must not be. */
const headers: ReadonlyArray<readonly [what: string, position: number, value: number]> = [
  ["another type", 16, 7],
  ["a cluster size that is not a power of two", 28, 1000],
  ["no cluster size", 28, 0],
  ["no clusters", 32, 0],
  ["no size", 36, 0],
  ["a larger size", 36, 0x7ffffff],
  ["a smaller size than its data needs", 36, 2048],
  ["no first cluster", 48, 0],
  ["a first cluster between two", 48, 2049],
  ["an unfinished conversion", 52, 2]
]

/** Checks that a disk and its image are found to be broken, and are left as they are. */
const isBroken = (disk: Conformance.TestDisk, what: string) =>
  files.untouched(
    disk.directory,
    Effect.gen(function*() {
      yield* found({ image: disk.image }, "broken", `the image with ${what}`)
      yield* found({ disk: disk.disk }, "broken", `the disk with ${what}`)
    })
  )

const unseen: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/finds-an-image-that-was-cut-off",
    title: "MUST find an image that was cut off to be broken, wherever that is, without force",
    source: Case.observed("check of a truncated image: `Image is clean, check is skipped`"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk({ format: "preallocated" })
      const whole = yield* fs.readFile(made.image)
      for (
        const length of [0, 63, 64, 100, 4096, 1 << 20, (1 << 20) + 1, 3 << 20, whole.length - 512, whole.length - 1]
      ) {
        yield* fs.writeFile(made.image, whole.subarray(0, length))
        yield* isBroken(made, `${length} bytes`)
      }
      yield* fs.writeFile(made.image, whole)
      yield* found({ disk: made.disk }, "clean", "the disk with the whole image")
    })
  }),
  Case.make({
    id: "check/finds-a-wrong-header",
    title: "MUST find an image to be broken whose header contradicts itself, without force",
    source: Case.observed("check of images with changed headers, of which the tool calls most clean"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.disk({ format: "preallocated" })
      const whole = yield* fs.readFile(made.image)
      for (const [what, position, value] of headers) {
        yield* ImageFile.poke(made.image, position, word(value))
        yield* isBroken(made, what)
        yield* fs.writeFile(made.image, whole)
      }
    })
  }),
  Case.make({
    id: "check/finds-a-cut-off-image-below-the-top",
    title: "MUST find an image below the top delta that was cut off",
    source: Case.observed("check of a disk with a truncated base image"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.disk({ format: "preallocated" })
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* fs.truncate(made.image, 3 << 20)
      yield* found({ disk: made.disk }, "broken", "the disk")
      yield* found({ image: yield* ploop.topDelta({ disk: made.disk }) }, "clean", "the top delta")
    })
  }),
  Case.make({
    id: "check/finds-a-raw-image-that-was-cut-off",
    title: "MUST find a raw disk to be broken whose file is shorter than the disk",
    source: Case.observed("check of a truncated raw disk"),
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.disk({ format: "raw" })
      for (const length of [4 << 20, 0]) {
        yield* fs.truncate(image, length)
        yield* found({ disk }, "broken", `the disk with a file of ${length} bytes`)
      }
    })
  }),
  Case.make({
    id: "check/refuses-the-image-of-a-running-disk",
    title: "MUST refuse to check an image that a device runs, and name the device as for its disk",
    source: Case.observed("check -d of a running image, which clears its in-use flag"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      const { device } = yield* Conformance.mounted(disk)
      for (const file of [image, top]) {
        for (const options of [{}, { dropInUse: true }, { readOnly: true }]) {
          yield* Check.fails(ploop.check({ image: file, ...options }), "ImageInUse", { device })
        }
      }
      yield* Check.fails(ploop.check({ disk }), "ImageInUse", { device })
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "check/refuses-a-missing-image",
    title: "MUST fail and name the missing image file: the given one, or one of the disk",
    source: Case.observed("check of a missing image, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { directory, disk } = yield* Conformance.disk()
      const nowhere = path.join(directory, "nowhere.hdd")
      yield* Check.fails(ploop.check({ image: nowhere }), "ImageNotFound", { image: nowhere })
      yield* Check.equal(yield* fs.exists(nowhere), false, "whether it was created")
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* fs.remove(top)
      yield* Check.fails(ploop.check({ disk }), "ImageNotFound", { image: top })
      yield* found({ disk, snapshot: a }, "clean", "the snapshot that does not need it")
    })
  }),
  Case.make({
    id: "check/refuses-an-unknown-snapshot",
    title: "MUST refuse a snapshot that the disk does not have",
    source: Case.observed("check -u of an unknown uuid, exit code 39"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* Check.fails(ploop.check({ disk, snapshot: unknown }), "SnapshotNotFound", { id: unknown, exitCode: 39 })
    })
  }),
  Case.make({
    id: "check/refuses-a-running-disk",
    title: "MUST refuse a disk while any of its devices is running, including those of components",
    source: Case.observed("check: Can't check, in use by device, exit code 37"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      for (const component of [undefined, "backup"]) {
        const { device } = yield* ploop.mount({ disk, component })
        yield* Check.fails(ploop.check({ disk }), "ImageInUse", { device, exitCode: 37 })
        yield* ploop.umount({ device })
      }
      yield* found({ disk }, "clean", "the disk that is idle again")
    })
  }),
  Case.make({
    id: "check/takes-a-disk-or-an-image",
    title: "MUST refuse a disk together with an image, and options that belong to the other one",
    source: Case.service("Request.Check"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      const check = ploop.check as (options: object) => ReturnType<Ploop.Ploop["check"]>
      yield* Check.fails(check({}), "InvalidArgument")
      yield* Check.fails(check({ disk, image }), "InvalidArgument")
      yield* Check.fails(check({ image, snapshot: SnapshotId.top }), "InvalidArgument", { field: "snapshot" })
      yield* Check.fails(check({ disk, raw: true, clusterSize: ByteSize.MiB(1) }), "InvalidArgument", { field: "raw" })
    })
  })
]

export const check: ReadonlyArray<Case.Case> = [
  ...sound,
  ...markedInUse,
  ...damaged,
  ...unseen,
  ...refusals,
  ...misnamed("check", (ploop, disk) => ploop.check({ disk }))
]

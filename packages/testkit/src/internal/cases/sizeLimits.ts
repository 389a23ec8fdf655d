import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Disk } from "@effect-ploop/core/Disk"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import { misnamed } from "./misnamed.js"

const MiB = ByteSize.MiB

const tree = { "etc/": "", "etc/motd": "kept" }

const service = Case.service("Ploop.sizeLimits")

/** The least size of a disk, which must be known. */
const minimumOf = (disk: Disk, options: { readonly mayMount?: boolean } = {}) =>
  Effect.gen(function*() {
    const { minimum, size } = yield* (yield* Ploop.Ploop).sizeLimits({ disk, ...options })
    yield* Check.isTrue(minimum !== undefined, "a minimum is known", minimum)
    return minimum ?? size
  })

const growsIdle = (disk: Disk, size: ByteSize.ByteSizeInput) =>
  Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk, size }))

export const sizeLimits: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "sizeLimits/of-an-idle-disk-without-consent",
    title: "MUST return the present size and the largest ones of an idle disk, and neither attach nor change it",
    source: service,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      const limits = yield* files.untouched(directory, ploop.sizeLimits({ disk }))
      yield* Check.equal(limits.size, MiB(8), "the present size")
      yield* Check.equal(limits.minimum, undefined, "the least size")
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether a device was left")
    })
  }),
  Case.make({
    id: "sizeLimits/largest-of-version-1",
    title: "MUST return the limit of format version 1 as the largest size, and grow MUST refuse a cluster more",
    source: Case.source("include/ploop1_image.h: 32-bit sizes in sectors"),
    needs: ["lowLevel"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk({ version: 1 })
      const { maximum, maximumGrow } = yield* ploop.sizeLimits({ disk })
      yield* Check.equal(maximumGrow, ByteSize.fromSectors(0xffffffffn), "the largest size")
      yield* Check.equal(maximum, maximumGrow, "the largest size with a file system")
      const whole = maximumGrow / (1n << 20n) * (1n << 20n)
      yield* files.untouched(directory, Check.fails(growsIdle(disk, ByteSize.make(whole + (1n << 20n))), "SizeRefused"))
    })
  }),
  Case.make({
    id: "sizeLimits/largest-file-system",
    title: "MUST return the size of the largest file system of the generation, and resize MUST refuse a cluster more",
    source: Case.source("lib/ploop.c ploop_resize_image: get_max_ploop_size"),
    needs: ["mount", "version2"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted({ version: 2 })
      const { maximum, maximumGrow, size } = yield* ploop.sizeLimits({ disk })
      const largest = yield* Conformance.ofGeneration({ "1.15": 16, "7": 50, "9": 50 })
      yield* Check.equal(maximum, ByteSize.TiB(largest), "the largest size with a file system")
      yield* Check.isTrue(maximumGrow > maximum, "an image can be larger", maximumGrow)
      yield* Check.fails(ploop.resize({ disk, size: ByteSize.make(maximum + (1n << 20n)) }), "SizeRefused")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, size, "the size of the disk")
    })
  }),
  Case.make({
    id: "sizeLimits/least-of-an-idle-disk",
    title:
      "MUST return the least size of an idle disk with consent: resize accepts it, refuses a cluster less, and the " +
      "files stay",
    source: Case.source("lib/ploop.c ploop_resize_image: resize2fs"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      const minimum = yield* minimumOf(disk, { mayMount: true })
      yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether a device was left")
      yield* Check.isTrue(minimum < MiB(200), "the least size is less than 200 MiB", minimum)
      yield* Check.fails(ploop.resize({ disk, size: ByteSize.make(minimum - MiB(1)) }), "FileSystemResizeFailed")
      yield* ploop.resize({ disk, size: minimum })
      yield* disks.holds(disk, tree, "the files")
    })
  }),
  Case.make({
    id: "sizeLimits/inspects-without-a-trace",
    title: "MUST inspect an idle disk without a change to its images, its descriptor or its temporary snapshots",
    source: service,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      yield* files.untouched(directory, ploop.sizeLimits({ disk, mayMount: true }))
      yield* Check.equal(
        (yield* ploop.listDevices).some(({ image }) => image.startsWith(directory)),
        false,
        "a device was left"
      )
    })
  }),
  Case.make({
    id: "sizeLimits/least-of-a-mounted-disk",
    title:
      "MUST return a size to which a mounted disk can be shrunk by its balloon, no more than 17 MiB above the least one",
    source: Case.source("lib/ploop.c ploop_resize_image, lib/balloon.c"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      const minimum = yield* minimumOf(disk)
      yield* Check.isTrue(minimum < MiB(200), "the least size is less than 200 MiB", minimum)
      yield* Check.fails(ploop.resize({ disk, size: ByteSize.make(minimum - MiB(18)) }), "SizeRefused")
      yield* ploop.resize({ disk, size: minimum, mode: "online" })
      const { size: balloon } = yield* ploop.balloonStatus({ disk })
      yield* Check.isTrue(balloon > MiB(50), "the balloon holds more than 50 MiB", balloon)
    })
  }),
  Case.make({
    id: "sizeLimits/counts-the-balloon-as-free",
    title: "MUST return the same least size of a mounted disk whatever its balloon holds",
    source: Case.source("lib/ploop.c ploop_resize_image"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      const before = yield* minimumOf(disk)
      yield* ploop.balloonChange({ disk, size: "40M" })
      const after = yield* minimumOf(disk)
      yield* Check.isTrue(after - before <= MiB(1), "the least size is the same up to a cluster", after - before)
    })
  }),
  Case.make({
    id: "sizeLimits/attached-only",
    title: "MUST return no least size of a disk whose device runs without a mounted file system",
    source: service,
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* disks.attached(disk)
      const { minimum, size } = yield* ploop.sizeLimits({ disk, mayMount: true })
      yield* Check.equal([size, minimum], [MiB(8), undefined], "the sizes")
    })
  }),
  Case.make({
    id: "sizeLimits/idle-raw-disk",
    title: "MUST return a cluster more than its size for an idle raw disk, which the tool would damage by a shrink",
    source: Case.source("lib/ploop.c ploop_raw_discard, lib/gpt.c update_gpt_partition"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk({ format: "raw" })
      const minimum = yield* minimumOf(disk)
      yield* Check.equal(minimum, MiB(9), "the least size")
      yield* Check.fails(ploop.resize({ disk, size: ByteSize.make(minimum - MiB(1)) }), "Unsupported")
    })
  }),
  ...misnamed("sizeLimits", (ploop, disk) => ploop.sizeLimits({ disk }))
]

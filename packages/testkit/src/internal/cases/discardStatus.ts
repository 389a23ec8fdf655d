import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import { onMounted } from "./balloon.js"
import * as disks from "./disks.js"

const MiB = ByteSize.MiB

export const discardStatus: ReadonlyArray<Case.Case> = [
  ...onMounted("discardStatus", (request) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.discardStatus(request))),
  Case.make({
    id: "discardStatus/counts-in-mebibytes",
    title: "MUST report the sizes of the balloon, the disk without it and the image file in whole MiB",
    source: Case.manual("balloon discard --stat"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.formatted()
      yield* Conformance.mounted(disk)
      yield* ploop.balloonChange({ disk, size: Number(MiB(5)) + 4096 })
      const status = yield* ploop.discardStatus({ disk })
      yield* Check.equal(status.balloon, MiB(5), "the balloon")
      yield* Check.equal(status.disk, MiB(294), "the disk without the balloon")
      const { size } = yield* fs.stat(image)
      yield* Check.equal(status.image, MiB(size / MiB(1)), "the image file")
    })
  }),
  Case.make({
    id: "discardStatus/mounts-nothing",
    title: "MUST report that a disk with a file system is not mounted if it is only attached, and not mount it",
    source: Case.source("lib/balloon.c ploop_discard_get_stat get_dev_and_mnt: automount"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const device = yield* disks.attached(disk)
      yield* Check.fails(ploop.discardStatus({ disk }), "NotMounted", { subject: disk })
      const listed = (yield* ploop.listDevices).find((other) => other.device === device)
      yield* Check.equal([listed?.device, listed?.target], [device, undefined], "what is listed")
    })
  }),
  Case.make({
    id: "discardStatus/follows-a-discard",
    title: "MUST report a smaller image file after a discard, and the same size of the disk",
    source: Case.manual("balloon discard --stat"),
    needs: ["mount", "balloon"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* disks.fillAndRemove(target, MiB(48))
      const before = yield* ploop.discardStatus({ disk })
      const { truncated } = yield* ploop.discard({ disk })
      const after = yield* ploop.discardStatus({ disk })
      yield* Check.isTrue(truncated > 0n, "space was returned", truncated)
      yield* Check.equal(before.image - after.image, truncated, "the space that the image file lost")
      yield* Check.equal(after.disk, before.disk, "the disk")
    })
  })
]

import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"
import { onDevice } from "./lowLevel.js"
import { isMarkedInUse } from "./snapshotUtils.js"

export const stop: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "stop/closes-the-image",
    title: "MUST close the image and clear its in-use flag, even before the device is cleared",
    source: Case.manual("stop"),
    needs: ["device"],
    // Device mapper has no such requests.
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { disk, image } = yield* Conformance.disk()
      const device = yield* disks.attached(disk)
      yield* Check.equal(yield* isMarkedInUse(image), true, "whether the flag of the running image is set")
      yield* low.stop({ device })
      yield* Check.equal(yield* isMarkedInUse(image), false, "whether the flag is set after that")
      yield* low.clear({ device })
    })
  }),
  onDevice("stop", (low, options) => low.stop(options)),
  Case.make({
    id: "stop/of-a-mounted-device",
    title: "MUST refuse to stop a device whose file system is mounted, and leave it mounted",
    source: Case.observed("stop -d of a mounted device: Device or resource busy"),
    needs: ["mount"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const { disk } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      yield* Check.fails(low.stop({ device }), "Busy", { exitCode: 3 })
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
      yield* ploop.umount({ disk })
    })
  })
]

import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as disks from "./disks.js"

const total = (statistics: Result.DeviceStatistics): bigint =>
  Object.values(statistics).reduce((sum, value) => sum + value, 0n)

export const deviceStatistics: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deviceStatistics/counts-writes",
    title: "MUST count the input and output of each running device separately, and never count down",
    source: Case.manual("stat"),
    needs: ["mount", "statistics"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const one = yield* Conformance.formatted()
      const two = yield* Conformance.disk({ name: "other" })
      const { device, target } = yield* Conformance.mounted(one.disk)
      const idle = yield* disks.attached(two.disk)
      const before = yield* ploop.deviceStatistics({ device })
      const untouched = yield* ploop.deviceStatistics({ device: idle })
      yield* FileTree.write(target, { motd: "counted" })
      yield* ploop.createSnapshot({ disk: one.disk })
      const after = yield* ploop.deviceStatistics({ device })
      yield* Check.isTrue(total(after) > total(before), "the counters increased", after)
      for (const [name, value] of Object.entries(before)) {
        yield* Check.isTrue((after[name] ?? -1n) >= value, `${name} did not decrease`, after)
      }
      // The kernel itself may still read a device that was attached a moment ago.
      const others = yield* ploop.deviceStatistics({ device: idle })
      for (const name of ["bio_writes", "bio_alloc", "bio_cows"]) {
        yield* Check.equal(others[name], untouched[name], `${name} of the other device`)
      }
    })
  }),
  Case.make({
    id: "deviceStatistics/unknown-device",
    title: "MUST report a missing device",
    source: Case.observed("stat -d of a missing device: sysfs opendir"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(ploop.deviceStatistics({ device: disks.noDevice }), "DeviceNotFound", {
        operation: "deviceStatistics",
        subject: disks.noDevice,
        exitCode: 9
      })
    })
  })
]

import * as Ploop from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"

const { a } = Conformance.ids

export const listDevices: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "listDevices/shows-what-runs",
    title: "MUST list each device with its base image, its mount point and its component, and no stopped device",
    source: Case.manual("list"),
    needs: ["mount", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory } = yield* Conformance.Conformance
      const listed = Effect.map(
        ploop.listDevices,
        (devices) => devices.filter(({ image }) => image.startsWith(`${directory}/`))
      )
      yield* Check.equal(yield* listed, [], "the devices at first")
      const one = yield* Conformance.formatted({ name: "one  blank", image: "root hdd" })
      const two = yield* Conformance.disk({ name: "two" })
      yield* ploop.createSnapshot({ disk: one.disk, id: a })
      const top = yield* Conformance.mounted(one.disk, { at: "m nt" })
      const old = yield* Conformance.mounted(one.disk, { snapshot: a, component: "old", at: "old" })
      const bare = yield* ploop.mount({ disk: two.disk })
      const found = yield* listed
      for (
        const expected of [
          { device: top.device, image: one.image, target: top.target },
          { device: old.device, image: one.image, target: old.target, component: "old" },
          { device: bare.device, image: two.image }
        ]
      ) {
        yield* Check.equal(
          found.filter(({ device }) => device === expected.device),
          [expected],
          `the entry of ${expected.device}`
        )
      }
      yield* Check.equal(found.length, 3, "the number of devices")
      yield* ploop.umount({ disk: two.disk })
      yield* ploop.umount({ disk: one.disk })
      yield* Check.equal((yield* listed).map(({ device }) => device), [old.device], "the device that is left")
    })
  })
]

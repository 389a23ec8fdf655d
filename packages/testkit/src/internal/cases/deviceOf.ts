import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"

export const deviceOf: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deviceOf/answers-none-for-an-idle-disk",
    title: "MUST return none for a disk without a device, and change nothing",
    source: Case.observed("info -d of an idle disk: an empty device, exit code 0"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk } = yield* Conformance.disk()
      yield* files.untouched(
        directory,
        Effect.gen(function*() {
          yield* Check.equal(Option.isNone(yield* ploop.deviceOf({ disk })), true, "whether the result is none")
          const named = yield* ploop.deviceOf({ disk, component: "x" })
          yield* Check.equal(Option.isNone(named), true, "whether it is none for a component")
        })
      )
    })
  }),
  Case.make({
    id: "deviceOf/answers-what-mount-answered",
    title: "MUST return the device and partition of the mount, until the unmount",
    source: Case.manual("info, -d"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.formatted()
      const { device, partition } = yield* Conformance.mounted(disk)
      const found = yield* ploop.deviceOf({ disk })
      yield* Check.equal(Option.getOrUndefined(found), { device, partition }, "the device")
      yield* ploop.umount({ disk })
      yield* Check.equal(Option.isNone(yield* ploop.deviceOf({ disk })), true, "whether it is none after the unmount")
    })
  }),
  Case.make({
    id: "deviceOf/tells-components-apart",
    title: "MUST return the device of the given component, or the unnamed device by default",
    source: Case.manual("mount, -c"),
    needs: ["device", "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: Conformance.ids.a })
      const found = (component: string | undefined) =>
        Effect.map(
          ploop.deviceOf({ disk, component }),
          (found) => Option.getOrUndefined(Option.map(found, ({ component, device }) => ({ component, device })))
        )
      const named = yield* ploop.mount({ disk, snapshot: Conformance.ids.a, component: "one" })
      yield* Check.equal(yield* found(undefined), undefined, "the unnamed device, which is not running yet")
      const unnamed = yield* ploop.mount({ disk })
      yield* Check.equal(yield* found("one"), { component: "one", device: named.device }, "the named device")
      yield* Check.equal(yield* found(undefined), { component: undefined, device: unnamed.device }, "the unnamed one")
      yield* Check.equal(yield* found("two"), undefined, "the device of an unknown component")
    })
  }),
  Case.make({
    id: "deviceOf/knows-a-disk-by-any-name",
    title: "MUST find the device of a disk through a symbolic link",
    source: Case.observed("commands resolve a descriptor with realpath first"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk } = yield* Conformance.disk()
      const link = yield* Conformance.path("link")
      yield* fs.symlink(directory, link)
      const alias = `${link}/DiskDescriptor.xml`
      const { device } = yield* ploop.mount({ disk: alias })
      for (const name of [disk, alias]) {
        const found = Option.map(yield* ploop.deviceOf({ disk: name }), ({ device }) => device)
        yield* Check.equal(Option.getOrUndefined(found), device, "the device")
      }
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* ploop.isMounted({ disk: alias }), false, "whether it is mounted after the unmount")
    })
  }),
  ...misnamed("deviceOf", (ploop, disk) => ploop.deviceOf({ disk }))
]

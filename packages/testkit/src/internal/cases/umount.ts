import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as files from "./diskFiles.js"
import { misnamed } from "./misnamed.js"
import { isMarkedInUse } from "./snapshotUtils.js"

/** The ways to name a disk that is to be unmounted. */
const forms = {
  disk: ({ disk }: Named) => ({ disk }),
  device: ({ device }: Named) => ({ device }),
  target: ({ target }: Named) => ({ target }),
  image: ({ image }: Named) => ({ image })
} satisfies Record<string, (named: Named) => Request.UmountOptions>

interface Named extends Conformance.TestDisk {
  readonly device: Result.Mounted["device"]
  readonly target: string
}

const byEveryName = (Object.keys(forms) as ReadonlyArray<keyof typeof forms>).map((form) =>
  Case.make({
    id: `umount/by-${form}`,
    title:
      `MUST unmount the file system, stop the device and clear the in-use flag, given the ${form}; a second call fails`,
    source: Case.manual("umount"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const made = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(made.disk)
      yield* FileTree.write(target, { "in": "the disk" })
      const options: Request.UmountOptions = forms[form]({ ...made, device, target })
      yield* fs.makeDirectory(`${made.image}.mnt`)
      yield* ploop.umount(options)
      yield* Check.equal(
        yield* fs.exists(`${made.image}.mnt`),
        form !== "disk" && (yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })),
        "whether the default mount point of the tool still exists"
      )
      yield* Check.equal(yield* FileTree.read(target), {}, "the directory")
      yield* Check.equal(yield* ploop.isMounted({ disk: made.disk }), false, "whether it is mounted")
      const devices = yield* ploop.listDevices
      yield* Check.equal(devices.filter(({ image }) => image === made.image), [], "the devices of the disk")
      yield* Check.equal((yield* ploop.check({ image: made.image })).outcome, "clean", "the image")
      // Another disk may have taken the device meanwhile.
      yield* Check.fails(ploop.umount(form === "device" ? { disk: made.disk } : options), "NotMounted")
    })
  })
)

const components: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "umount/of-a-component-leaves-the-others",
    title: "MUST stop the device of the given component, by disk and by image, and leave the others running",
    source: Case.manual("umount, -c"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      const left = Effect.map(
        ploop.listDevices,
        (devices) => devices.filter((device) => device.image === image).map(({ component }) => component).sort()
      )
      for (const component of ["one", "two", "three"]) yield* ploop.mount({ disk, readOnly: true, component })
      yield* Check.equal(yield* left, ["one", "three", "two"], "the components")
      yield* ploop.umount({ disk, component: "two" })
      yield* Check.equal(yield* left, ["one", "three"], "the components without the second")
      yield* ploop.umount({ image, component: "one" })
      yield* Check.equal(yield* left, ["three"], "the components without the first")
      yield* Check.fails(ploop.umount({ disk, component: "two" }), "NotMounted")
    })
  }),
  Case.make({
    id: "umount/without-a-component-means-the-unnamed",
    title: "MUST NOT unmount a component device when no component is given",
    source: Case.source("lib/ploop.c ploop_find_dev_by_cn"),
    needs: ["device"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      const { device } = yield* ploop.mount({ disk, component: "backup", readOnly: true })
      yield* Check.fails(ploop.umount({ disk }), "NotMounted")
      yield* Check.fails(ploop.umount({ image }), "NotMounted")
      const devices = (yield* ploop.listDevices).filter((other) => other.image === image)
      yield* Check.equal(devices.map((other) => other.device), [device], "the devices of the disk")
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "umount/refuses-what-is-not-mounted",
    title: "MUST refuse a disk, an image and a directory that are not mounted, and change nothing",
    source: Case.observed("umount: Image is not mounted, Unable to find ploop device by"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      const target = yield* Conformance.directory("mnt")
      const missing = yield* Conformance.path("nowhere")
      // Generation 9 is not tried with a disk without a device.
      const isAsked = yield* Conformance.ofGeneration({ "1.15": true, "7": true, "9": false })
      const refused = (options: Request.UmountOptions, exitCode: number) =>
        files.untouched(
          directory,
          Check.fails(ploop.umount(options), "NotMounted", isAsked ? { exitCode } : {})
        )
      yield* refused({ disk }, 40)
      yield* refused({ disk, component: "x" }, 40)
      yield* refused({ image }, 38)
      yield* refused({ target }, 38)
      yield* refused({ target: missing }, 38)
    })
  }),
  Case.make({
    id: "umount/refuses-a-device-that-is-not-there",
    title: "MUST refuse a missing device",
    source: Case.service("Ploop.umount: each generation behaves differently, and one crashes"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const device = yield* Conformance.ofGeneration({
        "1.15": "/dev/ploop65999",
        "7": "/dev/ploop65999",
        "9": "/dev/mapper/ploop65999"
      })
      yield* Check.fails(ploop.umount({ device: DevicePath.make(device) }), "DeviceNotFound", {
        exitCode: undefined
      })
    })
  }),
  Case.make({
    id: "umount/refuses-while-a-file-is-open",
    title: "MUST refuse while a file in the mount is open, leave it mounted, and succeed once it is closed",
    source: Case.observed("umount: Failed to umount, exit code 22 (1.15) or 46"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { disk } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "open": "1" })
      const exitCode = yield* Conformance.ofGeneration({ "1.15": 22, "7": 46, "9": 46 })
      yield* Effect.scoped(Effect.gen(function*() {
        yield* fs.open(path.join(target, "open"))
        yield* Check.fails(ploop.umount({ disk }), "Busy", { exitCode })
        yield* Check.equal(yield* FileTree.read(target), { "open": "1" }, "the files of the disk")
        yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it is mounted")
        // The tool caches the numbers before it tries, and keeps them.
        yield* Check.equal((yield* ploop.fileSystemInfo({ disk })).source, "cached", "the source of the numbers")
      }))
      yield* ploop.umount({ disk })
      yield* Check.equal(yield* FileTree.read(target), {}, "the directory")
    })
  }),
  Case.make({
    id: "umount/refuses-while-another-disk-runs-from-it",
    title: "MUST refuse while another disk runs from an image inside, and succeed once that disk is unmounted",
    source: Case.observed("umount of a file system that holds the image of a running device"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const outer = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(outer.disk)
      const inner = yield* ploop.create({
        image: path.join(target, "inner.hdd"),
        size: "8M",
        fileSystem: "none",
        version: yield* Conformance.diskVersion
      })
      yield* ploop.mount({ disk: inner.disk })
      yield* Check.fails(ploop.umount({ disk: outer.disk }), "Busy")
      yield* ploop.umount({ disk: inner.disk })
      yield* ploop.umount({ disk: outer.disk })
      yield* Check.equal(yield* FileTree.read(target), {}, "the directory")
    })
  }),
  Case.make({
    id: "umount/names-what-is-mounted-below",
    title:
      "MUST name the device and what is mounted below it while that keeps it busy, and do what the remedy says then",
    source: Case.observed("umount of a file system in which another is mounted"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const outer = yield* Conformance.formatted()
      const inner = yield* Conformance.formatted({ name: "inner" })
      const { device, target } = yield* Conformance.mounted(outer.disk)
      const below = path.join(target, "below")
      yield* fs.makeDirectory(below)
      yield* ploop.mount({ disk: inner.disk, target: below })
      const { remedy } = yield* Check.fails(ploop.umount({ target }), "Busy", { device, mounts: [below] })
      yield* Check.isTrue(remedy.startsWith(`Unmount ${below} first.`), "the remedy names the mount", remedy)
      yield* Check.isTrue(remedy.includes(`umount({ device: "${device}" })`), "the remedy names the device", remedy)
      yield* ploop.umount({ target: below })
      yield* ploop.umount({ device })
      yield* Check.equal(yield* ploop.isMounted({ disk: outer.disk }), false, "whether it is mounted")
    })
  }),
  Case.make({
    id: "umount/takes-one-name",
    title: "MUST refuse two names, no name, a component with a mount point, and a partition as device",
    source: Case.service("Request.Umount"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      const umount = ploop.umount as (options: object) => ReturnType<Ploop.Ploop["umount"]>
      yield* Check.fails(umount({}), "InvalidArgument")
      yield* Check.fails(umount({ disk, image }), "InvalidArgument")
      yield* Check.fails(umount({ target: "/mnt", component: "x" }), "InvalidArgument", { field: "component" })
      yield* Check.fails(umount({ device: "/dev/ploop1p1" }), "InvalidArgument", { field: "device" })
    })
  })
]

const onlyIdle: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "umount/only-idle",
    title: "MUST stop a device that is not mounted by its disk, its device and its image, with onlyIdle",
    source: Case.observed("stop and clear of a device"),
    needs: ["device"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      for (const by of ["disk", "device", "image"] as const) {
        const { device } = yield* ploop.mount({ disk })
        const named = { disk: { disk }, device: { device }, image: { image } }[by]
        yield* ploop.umount({ ...named, onlyIdle: true })
        yield* Check.equal(yield* ploop.attachments({ disk }), [], `the devices after an unmount by ${by}`)
      }
      yield* Check.equal(yield* isMarkedInUse(image), false, "whether the in-use flag is left")
    })
  }),
  Case.make({
    id: "umount/only-idle-component",
    title: "MUST stop the device of the component alone, with onlyIdle",
    source: Case.service("Request.Umount"),
    needs: ["device", "snapshotBesideDisk"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: Conformance.ids.a })
      const { device } = yield* ploop.mount({ disk })
      yield* ploop.mount({ disk, snapshot: Conformance.ids.a, component: "part", readOnly: true })
      yield* ploop.umount({ disk, component: "part", onlyIdle: true })
      yield* Check.equal((yield* ploop.attachments({ disk })).map((one) => one.device), [device], "what still runs")
      yield* ploop.umount({ disk, onlyIdle: true })
    })
  }),
  Case.make({
    id: "umount/only-idle-refuses-a-mounted-device",
    title: "MUST refuse a mounted device by any name with onlyIdle, name its mount point, and leave it mounted",
    source: Case.source("the driver's ploop_stop: the device is open"),
    needs: ["mount"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.formatted()
      const { device, target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { motd: "kept" })
      for (const named of [{ disk }, { device }, { image }]) {
        yield* Check.fails(ploop.umount({ ...named, onlyIdle: true }), "Busy", { device, mounts: [target] })
      }
      yield* Check.equal(yield* FileTree.read(target), { motd: "kept" }, "the files")
    })
  }),
  Case.make({
    id: "umount/only-idle-of-an-idle-disk",
    title: "MUST refuse a disk without a device with NotMounted, and a missing device, with onlyIdle",
    source: Case.service("Request.Umount"),
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image } = yield* Conformance.disk()
      yield* Check.fails(ploop.umount({ disk, onlyIdle: true }), "NotMounted")
      yield* Check.fails(ploop.umount({ image, onlyIdle: true }), "NotMounted")
      yield* Check.fails(ploop.umount({ device: "/dev/ploop99999", onlyIdle: true }), "DeviceNotFound")
    })
  }),
  Case.make({
    id: "umount/only-idle-has-no-target",
    title: "MUST refuse onlyIdle together with a mount point",
    source: Case.service("Request.Umount"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* Check.fails(ploop.umount({ target: "/mnt", onlyIdle: true }), "InvalidArgument", { field: "onlyIdle" })
    })
  }),
  Case.make({
    id: "umount/only-idle-unsupported",
    title: "MUST refuse onlyIdle where the tool unmounts before it stops a device, and leave the device running",
    source: Case.source("lib/dm.c, tools/ploop.c: no stop"),
    needs: ["device"],
    generations: ["9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* Conformance.disk()
      const { device } = yield* ploop.mount({ disk })
      yield* Check.fails(ploop.umount({ device, onlyIdle: true }), "Unsupported")
      yield* Check.equal(yield* ploop.isMounted({ disk }), true, "whether it runs")
      yield* ploop.umount({ device })
    })
  })
]

export const umount: ReadonlyArray<Case.Case> = [
  ...byEveryName,
  ...components,
  ...refusals,
  ...onlyIdle,
  ...misnamed("umount", (ploop, disk) => ploop.umount({ disk }))
]

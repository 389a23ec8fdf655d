import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"

layer(PloopFake.layer())("a renamed directory", (it) => {
  it.effect("gives a disk and its mount point in it their current paths", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const host = yield* FakeHost.FakeHost
      yield* fs.makeDirectory("/vz/old/disk", { recursive: true })
      yield* fs.makeDirectory("/mnt/old/ct", { recursive: true })
      yield* ploop.create({ image: "/vz/old/disk/root.hdd", size: "64M", fileSystem: "none" })
      yield* fs.rename("/vz/old", "/vz/new")
      yield* fs.rename("/mnt/old", "/mnt/new")

      yield* ploop.create({ image: "/vz/new/root.hdd", size: "10G" })
      yield* ploop.mount({ disk: Disk.inDirectory("/vz/new"), target: "/mnt/new/ct/../ct" })
      yield* ploop.mount({ disk: Disk.inDirectory("/vz/new/disk/../disk") })

      assert.deepStrictEqual(HostState.mountPoints(yield* host.state), ["/mnt/new/ct"])
      assert.deepStrictEqual((yield* ploop.listDevices).map(({ image }) => image), [
        "/vz/new/root.hdd",
        "/vz/new/disk/root.hdd"
      ])
    }))
})

layer(PloopFake.layer())("a removed image", (it) => {
  it.effect("is listed with the path that it had, as removed, until its device is unmounted", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("/vz/gone")
      const { disk } = yield* ploop.create({ image: "/vz/gone/root.hdd", size: "64M", fileSystem: "none" })
      const { device } = yield* ploop.mount({ disk })
      yield* fs.remove("/vz/gone/root.hdd")
      const left = Effect.map(ploop.listDevices, (devices) => devices.filter((other) => other.device === device))
      assert.deepStrictEqual<unknown>(yield* left, [{ device, image: "/vz/gone/root.hdd", deleted: true }])
      yield* ploop.umount({ device })
      assert.deepStrictEqual(yield* left, [])
    }))
})

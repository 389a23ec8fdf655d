import { PloopFake } from "@effect-ploop/backend-fake"
import { ByteSize, Disk, Ploop } from "@effect-ploop/core"
import { HostSpace, JobHistory } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, TestClock } from "effect"
import * as NightlyBackup from "./NightlyBackup.js"
import { onlyOne } from "./onlyOne.js"

const disk = Disk.inDirectory("/vz/db")
const other = Disk.inDirectory("/vz/web")

const settings: NightlyBackup.Settings = {
  disks: [disk, other],
  directory: "/backup",
  cron: "30 1 * * *",
  timeZone: "UTC",
  fullEvery: 3,
  keep: { last: 2 }
}

const Host = Layer.mergeAll(
  JobHistory.layerFile({ path: "/vz/history.jsonl" }),
  Layer.succeed(HostSpace.HostSpace, {
    of: () => Effect.succeed({ size: ByteSize.GiB(100), free: ByteSize.GiB(50) })
  })
).pipe(Layer.provideMerge(PloopFake.layer()))

const create = (name: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`/vz/${name}`)
    yield* fs.makeDirectory(`/mnt/${name}`)
    const { disk } = yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "1G" })
    yield* ploop.mount({ disk, target: `/mnt/${name}` })
  })

/** A day of an application, which writes at noon. A night comes after it. */
const day = (number: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* TestClock.adjust("12 hours")
    yield* fs.writeFileString(`/mnt/db/day-${number}`, "work")
    yield* TestClock.adjust("12 hours")
  })

const days = (from: number, to: number) =>
  Effect.forEach(Array.from({ length: to - from + 1 }, (_, index) => from + index), day)

/** The days whose work a restored disk has. */
const restored = (to: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const copy = yield* NightlyBackup.restore(disk, to, settings)
    return yield* Ploop.withMount({ disk: copy, target: "/mnt", readOnly: true }, () =>
      Effect.map(fs.readDirectory("/mnt"), (names) => names.filter((name) => name.startsWith("day-")).toSorted()))
  })

const outcomes = (disk: Disk.Disk) =>
  Effect.flatMap(
    JobHistory.JobHistory,
    ({ of }) => Effect.map(of(`backup of ${disk}`), (runs) => runs.map(({ outcome }) => outcome))
  )

const onHost = (title: string, test: Effect.Effect<void, unknown, Layer.Layer.Success<typeof Host>>) =>
  it.effect(title, () => Effect.zipRight(Effect.forEach(["db", "web"], create), test).pipe(Effect.provide(Host)))

describe("the nightly backup", () => {
  onHost(
    "saves running disks every night, and keeps no more than its policy and what that needs",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* Effect.fork(NightlyBackup.service(settings))
      yield* days(1, 4)
      assert.deepStrictEqual(yield* outcomes(disk), Array.from({ length: 4 }, () => "succeeded"))
      // The fourth night, which is a full backup, and the third, which needs the two before it.
      assert.strictEqual((yield* fs.readDirectory("/backup/db")).length, 4)
      yield* day(5)
      assert.strictEqual((yield* fs.readDirectory("/backup/db")).length, 2)
      assert.deepStrictEqual(yield* restored("/vz/copy"), ["day-1", "day-2", "day-3", "day-4"])
    })
  )

  onHost(
    "saves the others when a disk is gone, and tries that one three times a night",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      yield* ploop.umount({ disk: other })
      yield* ploop.remove({ disk: other })
      yield* Effect.fork(NightlyBackup.service(settings))
      yield* days(1, 2)
      assert.deepStrictEqual(yield* outcomes(disk), ["succeeded", "succeeded"])
      assert.deepStrictEqual(yield* outcomes(other), ["failed", "failed"])
    })
  )

  onHost(
    "makes up for the nights that it missed, once",
    Effect.gen(function*() {
      const service = yield* Effect.fork(NightlyBackup.service(settings))
      yield* days(1, 1)
      yield* Fiber.interrupt(service)
      yield* days(2, 4)
      yield* Effect.fork(NightlyBackup.service(settings))
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* outcomes(disk), ["succeeded", "succeeded"])
      assert.deepStrictEqual(yield* restored("/vz/copy"), ["day-1", "day-2", "day-3", "day-4"])
    })
  )

  it.scopedLive("runs once for each directory of backups: a second run is refused until the first has ended", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = `${yield* fs.makeTempDirectoryScoped()}/backups`
      yield* Effect.scoped(Effect.gen(function*() {
        yield* onlyOne(directory)
        const second = yield* Effect.flip(Effect.scoped(onlyOne(directory)))
        assert.strictEqual(second._tag, "AnotherRuns")
        assert.include(second.message, directory)
        yield* onlyOne(`${directory}/of-others`)
      }))
      yield* onlyOne(directory)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("takes its settings from the environment", () =>
    Effect.gen(function*() {
      const found = yield* Effect.withConfigProvider(
        NightlyBackup.settings(Disk.inDirectory),
        ConfigProvider.fromMap(new Map([["DISKS", "/vz/db,/vz/web"], ["BACKUPS", "/backup"]]))
      )
      assert.deepStrictEqual(found, { ...settings, fullEvery: 7, keep: { daily: 7, weekly: 4 } })
    }))
})

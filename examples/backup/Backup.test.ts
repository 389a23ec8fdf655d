import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop, PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as Backup from "./Backup.js"

const names = ["a", "b", "c"]

const job = (name: string): Backup.Job => ({
  disk: Disk.inDirectory(`/vz/${name}`),
  mountPoint: `/mnt/${name}`,
  to: `/backup/${name}`
})

/** Three disks, each with a file. */
const disks = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory("/backup")
  for (const name of names) {
    yield* fs.makeDirectory(`/vz/${name}`)
    yield* fs.makeDirectory(`/mnt/${name}`)
    const { disk } = yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "1G" })
    yield* Ploop.withMount({ disk, target: `/mnt/${name}` }, () => fs.writeFileString(`/mnt/${name}/motd`, name))
  }
})

const saved = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.filter(names, (name) => fs.exists(`/backup/${name}/motd`))
})

const tags = (outcomes: ReadonlyArray<Backup.Outcome>) =>
  outcomes.map(({ failures, isSaved }) => [isSaved, ...failures.map(({ _tag }) => _tag)])

const test = (title: string, run: Effect.Effect<void, unknown, PloopFake.Services>) =>
  it.effect(title, () => Effect.provide(Effect.zipRight(disks, run), PloopFake.layer()))

describe("a backup of many disks", () => {
  test(
    "copies each of them, and leaves no device and no snapshot",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      assert.deepStrictEqual(tags(yield* Backup.backUpAll(names.map(job))), [[true], [true], [true]])
      assert.deepStrictEqual(yield* saved, names)
      assert.deepStrictEqual(yield* ploop.listDevices, [])
      assert.strictEqual((yield* ploop.listSnapshots({ disk: job("a").disk })).nodes.length, 1)
    })
  )

  test(
    "survives one that cannot be unmounted: its copy is complete, its device is left, and the outcome has the error",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const { disk } = job("b")
      yield* host.fail("umount", new PloopError.UmountFailed({ operation: "umount", subject: disk, text: "" }), 2)
      const outcomes = yield* Backup.backUpAll(names.map(job))
      assert.deepStrictEqual(tags(outcomes), [[true], [true, "UmountFailed"], [true]])
      assert.deepStrictEqual(yield* saved, names)
      assert.deepStrictEqual((yield* ploop.listDevices).map(({ image }) => image.startsWith("/vz/b/")), [true])
    })
  )

  test(
    "survives one that cannot be copied, and reports when the device could not be taken down either",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const fs = yield* FileSystem.FileSystem
      const { disk } = job("a")
      yield* fs.makeDirectory("/backup/a")
      yield* fs.writeFileString("/backup/a/motd", "an older copy")
      yield* host.fail("umount", new PloopError.UmountFailed({ operation: "umount", subject: disk, text: "" }))
      const outcomes = yield* Backup.backUpAll(names.map(job))
      assert.deepStrictEqual(tags(outcomes), [[false, "SystemError", "UmountFailed"], [true], [true]])
      assert.strictEqual(yield* fs.readFileString("/backup/a/motd"), "an older copy")
    })
  )

  test(
    "survives a disk that is not there",
    Effect.gen(function*() {
      const outcomes = yield* Backup.backUpAll([job("missing"), job("c")], 2)
      assert.deepStrictEqual(tags(outcomes), [[false, "MountPointInvalid"], [true]])
    })
  )

  test(
    "ends with a defect, which is a bug",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const broken = { ...fs, copy: () => Effect.die("bug") }
      const exit = yield* Effect.exit(
        Effect.provideService(Backup.backUpAll(names.map(job)), FileSystem.FileSystem, broken)
      )
      assert.isTrue(Exit.isFailure(exit))
    })
  )
})

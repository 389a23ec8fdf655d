import type { PloopFake } from "@effect-ploop/backend-fake"
import { FakeHost } from "@effect-ploop/backend-fake"
import type { Disk } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import { Leftovers, Plan } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { contents, diskOf, idsOf, onFake, write } from "./utils.js"

const about = (plan: Plan.Plan) => plan.steps.map(({ action }) => action._tag)

const cleanUp = (disk: Disk.Disk, options?: Omit<Leftovers.PlanOptions, "disk">) =>
  Effect.tap(Leftovers.plan({ disk, ...options }), (plan) => Plan.apply(plan))

const withFile = (
  title: string,
  name: string,
  run: (
    disk: Disk.Disk,
    path: string
  ) => Effect.Effect<void, unknown, PloopFake.Services>
) =>
  onFake(
    title,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const path = `/vz/a/${name}`
      yield* fs.writeFileString(path, "a file")
      yield* TestClock.adjust("2 days")
      yield* run(disk, path)
    })
  )

describe("leftovers", () => {
  onFake(
    "of a disk that nothing happened to are none, running or not",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* write(disk, "motd.txt", "hello")
      yield* TestClock.adjust("2 days")
      const idle = yield* Leftovers.plan({ disk })
      assert.deepStrictEqual([idle.steps, idle.kept], [[], []])
      yield* Ploop.withMount(
        { disk, target: "/mnt/a" },
        () =>
          Effect.map(
            Leftovers.plan({ disk }),
            (running) => assert.deepStrictEqual([running.steps, running.kept], [[], []])
          )
      )
    })
  )

  onFake(
    "of a power cut are a temporary snapshot that nobody shows, and in-use flags, which a person has to judge",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      yield* write(disk, "motd.txt", "hello")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
      const during = yield* Leftovers.plan({ disk })
      assert.deepStrictEqual(about(during), [])
      assert.match(during.kept[0]!.reason, /^it is temporary, and \/dev\/ploop\d+ may show it$/)
      yield* host.cutPower
      const careful = yield* Leftovers.plan({ disk })
      assert.deepStrictEqual(about(careful), [])
      assert.deepStrictEqual(Array.from(new Set(careful.kept.map(({ reason }) => reason))), [
        "its in-use flag is set: clear it once no other host uses it",
        "it is temporary, but it cannot be merged while an in-use flag is set"
      ])
      yield* cleanUp(disk, { inUseFlags: true })
      assert.deepStrictEqual(yield* idsOf(disk), [])
      assert.deepStrictEqual(yield* contents(disk), [["motd.txt", "hello"]])
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk })), [])
    })
  )

  withFile("are not younger than any operation takes", "DiskDescriptor.xml.tmp", (disk) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk, olderThan: "3 days" })), [])
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk })), ["Remove"])
    }))

  withFile(
    "are removed when they are the file that the plan has seen",
    "DiskDescriptor.xml.tmp",
    (disk, path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* cleanUp(disk)
        assert.isFalse(yield* fs.exists(path))
        assert.deepStrictEqual(
          (yield* fs.readDirectory("/vz/a")).toSorted().filter((name) => name.startsWith(".ploop")),
          []
        )
      })
  )

  withFile(
    "are left when another file has taken their place",
    "DiskDescriptor.xml.tmp",
    (disk, path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const plan = yield* Leftovers.plan({ disk })
        yield* fs.remove(path)
        yield* fs.writeFileString(path, "of a running operation")
        const error = yield* Effect.flip(Plan.apply(plan))
        assert.strictEqual(error._tag, "PlanOutdated")
        assert.strictEqual(yield* fs.readFileString(path), "of a running operation")
      })
  )

  onFake(
    "may be an image that the descriptor does not name, which stays unless an option says otherwise",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/old.hdd")
      yield* fs.writeFileString("/vz/a/notes", "no image")
      yield* TestClock.adjust("2 days")
      const careful = yield* cleanUp(disk)
      assert.deepStrictEqual(careful.kept.map(({ subject }) => subject), ["/vz/a/old.hdd"])
      yield* cleanUp(disk, { orphanedImages: true })
      assert.isFalse(yield* fs.exists("/vz/a/old.hdd"))
      assert.isTrue(yield* fs.exists("/vz/a/root.hdd"))
      assert.isTrue(yield* fs.exists("/vz/a/notes"))
    })
  )

  onFake(
    "may be the directory of a mount: it goes when it is empty and nothing is mounted on it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.makeDirectory("/vz/a/root.hdd.mnt")
      yield* TestClock.adjust("2 days")
      yield* Ploop.withMount(
        { disk, target: "/vz/a/root.hdd.mnt" },
        () => Effect.map(Leftovers.plan({ disk }), (plan) => assert.deepStrictEqual(about(plan), []))
      )
      yield* fs.makeDirectory("/vz/a/root.hdd.mnt", { recursive: true })
      const plan = yield* Leftovers.plan({ disk, olderThan: 0 })
      assert.deepStrictEqual(about(plan), ["Remove"])
      yield* fs.writeFileString("/vz/a/root.hdd.mnt/file", "somebody's")
      assert.strictEqual((yield* Effect.flip(Plan.apply(plan)))._tag, "StepFailed")
      assert.strictEqual(yield* fs.readFileString("/vz/a/root.hdd.mnt/file"), "somebody's")
      yield* fs.remove("/vz/a/root.hdd.mnt/file")
      yield* Plan.apply(plan)
      assert.isFalse(yield* fs.exists("/vz/a/root.hdd.mnt"))
    })
  )

  onFake(
    "are not reached through a symbolic link",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.writeFileString("/vz/precious", "elsewhere")
      yield* fs.symlink("/vz/precious", "/vz/a/DiskDescriptor.xml.tmp")
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk })), [])
    })
  )
})

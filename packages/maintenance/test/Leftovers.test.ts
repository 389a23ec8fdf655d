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
      assert.match(during.kept[0]!.reason, /^it is temporary, and \/dev\/ploop\d+ shows it$/)
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

  onFake(
    "of a process that was killed are a temporary snapshot and its device, which are taken down when a person says so",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* write(disk, "motd.txt", "hello")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      yield* ploop.createTemporarySnapshot({ disk, component: "backup", target: "/mnt" })
      assert.deepStrictEqual(about(yield* cleanUp(disk)), [])
      const plan = yield* Leftovers.plan({ disk, temporaryDevices: true })
      assert.deepStrictEqual(about(plan), ["StopDevice", "DeleteSnapshot"])
      const file = yield* Effect.scoped(Effect.zipRight(
        fs.open("/mnt/motd.txt"),
        Effect.flip(Plan.apply(plan))
      ))
      assert.strictEqual(file._tag, "StepFailed")
      assert.strictEqual((yield* ploop.attachments({ disk })).length, 2)
      yield* Plan.apply(plan)
      assert.deepStrictEqual((yield* ploop.attachments({ disk })).map(({ targets }) => targets.map(String)), [[
        "/mnt/a"
      ]])
      assert.deepStrictEqual(yield* idsOf(disk), [])
      assert.strictEqual(yield* fs.readFileString("/mnt/a/motd.txt"), "hello")
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

  withFile(
    "are the result of a conversion that was cut short, but not the descriptor from before a loss",
    "root.hdd.tmp",
    (disk, path) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(`${disk}.former-1`, "the one before")
        yield* TestClock.adjust("2 days")
        const plan = yield* cleanUp(disk)
        assert.deepStrictEqual(about(plan), ["Remove"])
        assert.deepStrictEqual(plan.kept.map(({ subject }) => String(subject)), [`${disk}.former-1`])
        assert.isFalse(yield* fs.exists(path))
        assert.isTrue(yield* fs.exists(`${disk}.former-1`))
      })
  )
})

/** The directory in which an operation of the tool was making an image when it was killed. */
const killedIn = (directory: string, mode = 0o700) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const own = `${directory}/.ploop-new-aB3dE9`
    yield* fs.makeDirectory(own, { recursive: true })
    yield* fs.chmod(own, mode)
    yield* fs.writeFileString(`${own}/root.hdd`, "half an image")
    return own
  })

const namesIn = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(directory), (names) => names.toSorted()))

describe("what an operation leaves that is killed", () => {
  onFake(
    "is removed with its directory once all of it is old, beside a disk and where none is",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const before = yield* namesIn("/vz/a")
      yield* killedIn("/vz/a")
      yield* killedIn("/vz/b")
      yield* TestClock.adjust("2 days")
      yield* fs.writeFileString("/vz/b/.ploop-new-aB3dE9/root.hdd", "somebody still writes")
      const busy = yield* Leftovers.planDirectory({ directory: "/vz/b" })
      assert.deepStrictEqual([busy.steps, busy.kept], [[], []])
      yield* TestClock.adjust("2 days")
      assert.deepStrictEqual(about(yield* cleanUp(disk)), ["Remove", "Remove"])
      assert.deepStrictEqual(yield* namesIn("/vz/a"), before)
      yield* Plan.apply(yield* Leftovers.planDirectory({ directory: "/vz/b" }))
      assert.deepStrictEqual(yield* namesIn("/vz/b"), [])
      yield* ploop.create({ image: "/vz/b/root.hdd", size: "1G" })
    })
  )

  onFake(
    "stays when others could enter its directory, when there is more than files in it, or when a device runs from it",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      yield* killedIn("/vz/open", 0o755)
      yield* fs.makeDirectory(`${yield* killedIn("/vz/deep")}/more`)
      yield* fs.makeDirectory("/vz/running/.ploop-new-aB3dE9", { recursive: true })
      yield* fs.chmod("/vz/running/.ploop-new-aB3dE9", 0o700)
      const { disk } = yield* ploop.create({ image: "/vz/running/.ploop-new-aB3dE9/root.hdd", size: "1G" })
      const { device } = yield* ploop.mount({ disk })
      yield* TestClock.adjust("2 days")
      const plans = yield* Effect.forEach(
        ["open", "deep", "running"],
        (name) => Leftovers.planDirectory({ directory: `/vz/${name}` })
      )
      assert.deepStrictEqual(plans.flatMap(({ steps }) => steps), [])
      assert.deepStrictEqual(plans.flatMap(({ kept }) => kept.map(({ reason }) => reason)), [
        "it looks like what an operation leaves that is killed, but it has more than files in it",
        `${device} runs from an image in it: stop it first`
      ])
    })
  )

  onFake(
    "is the stage of a backup, which an application of its plan finishes while it is there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const stage = "/backup/monday.partial-11111111-2222-4333-8444-555555555555"
      yield* fs.makeDirectory(stage, { recursive: true })
      yield* fs.writeFileString(`${stage}/image.0`, "half an image")
      yield* fs.makeDirectory("/backup/a.partial-view")
      yield* TestClock.adjust("2 days")
      const plan = yield* Leftovers.planDirectory({ directory: "/backup" })
      assert.include(plan.steps[0]!.reason, "Another application of its plan would finish it instead")
      yield* Plan.apply(plan)
      assert.deepStrictEqual(yield* namesIn("/backup"), ["a.partial-view"])
    })
  )

  onFake(
    "is the lock of a descriptor that is gone, but not that of one that is there, and no file with content",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.writeFileString(`${disk}.lck`, "")
      yield* fs.writeFileString("/vz/a/gone.xml.lck", "")
      yield* fs.writeFileString("/vz/a/notes.lck", "a list of locks")
      yield* TestClock.adjust("2 days")
      yield* cleanUp(disk)
      assert.isTrue(yield* fs.exists(`${disk}.lck`))
      assert.isTrue(yield* fs.exists("/vz/a/notes.lck"))
      assert.isFalse(yield* fs.exists("/vz/a/gone.xml.lck"))
    })
  )

  onFake(
    "is not an image where no descriptor is: it may be the only copy of something",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.remove(disk)
      yield* TestClock.adjust("2 days")
      const plan = yield* Leftovers.planDirectory({ directory: "/vz/a" })
      assert.deepStrictEqual(about(plan), [])
      assert.deepStrictEqual(plan.kept.map(({ subject }) => subject), ["/vz/a/root.hdd"])
    })
  )
})

describe("the devices of a host", () => {
  onFake(
    "are left over when their image was removed, and are stopped only when a person says so and nothing is mounted",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const used = yield* diskOf("used")
      const idle = yield* diskOf("idle")
      const kept = yield* diskOf("kept")
      yield* ploop.mount({ disk: kept })
      const { device } = yield* ploop.mount({ disk: idle })
      yield* ploop.mount({ disk: used, target: "/mnt/used" })
      for (const name of ["used", "idle"]) yield* fs.remove(`/vz/${name}`, { recursive: true })
      const careful = yield* Leftovers.planDevices()
      assert.deepStrictEqual([about(careful), careful.kept.length], [[], 2])
      const plan = yield* Leftovers.planDevices({ devicesOfRemovedImages: true })
      assert.deepStrictEqual(about(plan), ["StopDevice"])
      assert.match(plan.kept[0]!.reason, /mounted at \/mnt\/used: copy what you need$/)
      yield* Plan.apply(plan)
      const running = yield* ploop.listDevices
      assert.isFalse(running.some((each) => each.device === device))
      assert.strictEqual(running.length, 2)
    })
  )

  onFake(
    "have no disk when no descriptor is beside their image, which is said of them",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const { device } = yield* ploop.mount({ disk })
      yield* fs.remove(disk)
      const plan = yield* Leftovers.planDevices({ devicesOfRemovedImages: true })
      assert.deepStrictEqual([about(plan), plan.kept.map(({ subject }) => subject)], [[], [device]])
    })
  )
})

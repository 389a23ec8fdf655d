import type { PloopFake } from "@effect-ploop/backend-fake"
import { FakeHost } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { Action, HostLock, Leftovers, Plan, SnapshotTime } from "@effect-ploop/maintenance"
import { Error, FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import type { Duration } from "effect"
import { Effect, Stream, TestClock } from "effect"
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

/** The same files, of which these cannot be read. */
const unreadable = (fs: FileSystem.FileSystem, ...paths: ReadonlyArray<string>): FileSystem.FileSystem => {
  const denied = (path: string) =>
    new Error.SystemError({ module: "FileSystem", method: "read", reason: "PermissionDenied", pathOrDescriptor: path })
  return {
    ...fs,
    readFileString: (path, encoding) => paths.includes(path) ? denied(path) : fs.readFileString(path, encoding),
    stream: (path, options) => paths.includes(path) ? Stream.fail(denied(path)) : fs.stream(path, options)
  }
}

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
    "beside a volume are not the images of others, also when the caller lets orphaned images go",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/clone.hds")
      yield* TestClock.adjust("2 days")
      const options = { disk, orphanedImages: true }
      assert.deepStrictEqual(about(yield* Leftovers.plan(options)), ["Remove"])
      yield* fs.makeDirectory("/vz/a/children")
      const { kept, steps } = yield* Leftovers.plan(options)
      assert.deepStrictEqual([steps, kept.map(({ subject }) => subject)], [[], ["/vz/a/clone.hds"]])
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

  onFake(
    "may be temporary snapshots that are built on each other, whose deletions name what each copies and frees",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* ploop.mount({ disk, target: "/mnt/a" })
      for (const component of ["one", "two"]) {
        yield* ploop.createTemporarySnapshot({ disk, component })
        const file = yield* fs.open(`/mnt/a/${component}`, { flag: "w" })
        yield* file.writeAll(new Uint8Array(2 << 20).fill(1))
        yield* file.sync
      }
      yield* host.cutPower
      const plan = yield* cleanUp(disk, { inUseFlags: true })
      const deletions = plan.steps.filter(({ action }) => action._tag === "DeleteSnapshot")
      assert.strictEqual(deletions.length, 2)
      for (const { frees, moves } of deletions) {
        assert.isAtLeast(Number(moves), 2 << 20)
        assert.isAbove(Number(frees), 0)
      }
      assert.deepStrictEqual(yield* idsOf(disk), [])
    }).pipe(Effect.scoped)
  )

  withFile("are not younger than any operation takes", "DiskDescriptor.xml.tmp", (disk) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk, olderThan: "3 days" })), [])
      assert.deepStrictEqual(about(yield* Leftovers.plan({ disk })), ["Remove"])
    }))

  onFake(
    "that are younger are named as too young, and stay",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/orphan.hdd")
      yield* fs.writeFileString(`${disk}.tmp`, "half")
      yield* fs.makeDirectory("/vz/a/.ploop-new-abc123")
      yield* fs.writeFileString("/vz/a/notes", "no image")
      const plan = yield* Leftovers.plan({ disk, olderThan: "36 hours", orphanedImages: true })
      assert.deepStrictEqual(plan.steps, [])
      assert.deepStrictEqual(
        plan.kept.map(({ reason, subject }) => `${subject}: ${reason}`).toSorted(),
        ["/vz/a/.ploop-new-abc123", `${disk}.tmp`, "/vz/a/orphan.hdd"].map((path) =>
          `${path}: it is too young: it was written less than 1d 12h ago`
        )
      )
      const { kept } = yield* Leftovers.planDirectory({ directory: "/vz/a" })
      assert.deepStrictEqual(kept.map(({ subject }) => subject), ["/vz/a/.ploop-new-abc123"])
    })
  )

  onFake(
    "that cannot be read are named, and stay with what they may name, and the rest is found",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/old.hdd")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/damaged.hdd")
      yield* fs.writeFileString(`${disk}.tmp`, "half")
      yield* fs.writeFileString(`${disk}.tmp.tmp`, "half")
      yield* fs.makeDirectory("/vz/a/root.hdd.mnt")
      yield* TestClock.adjust("2 days")
      const plan = yield* Effect.provideService(
        Leftovers.plan({ disk, orphanedImages: true }),
        FileSystem.FileSystem,
        unreadable(fs, `${disk}.tmp`, "/vz/a/damaged.hdd")
      )
      assert.deepStrictEqual(plan.steps.map(({ action }) => Action.subject(action)), ["/vz/a/root.hdd.mnt"])
      assert.deepStrictEqual(
        plan.kept.map(({ isUnread, subject }) => [subject, isUnread === true]),
        [[`${disk}.tmp`, true], [`${disk}.tmp.tmp`, false], ["/vz/a/damaged.hdd", true], ["/vz/a/old.hdd", false]]
      )
      assert.match(plan.kept[0]!.reason, /^it could not be inspected: .*PermissionDenied/)
    })
  )

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

describe("what a killed operation leaves", () => {
  onFake(
    "is named and kept, since no name and no age proves that nobody works in it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      for (
        const name of [
          ".ploop-new-aB3dE9",
          ".ploop-stream-aB3dE9",
          "monday.partial-11111111-2222-4333-8444-555555555555"
        ]
      ) {
        for (const directory of ["/vz/a", "/backup"]) {
          yield* fs.makeDirectory(`${directory}/${name}`, { recursive: true })
          yield* fs.writeFileString(`${directory}/${name}/image.0`, "half an image")
        }
      }
      yield* fs.makeDirectory("/backup/a.partial-view")
      yield* TestClock.adjust("2 days")
      const plans = [yield* cleanUp(disk), yield* Leftovers.planDirectory({ directory: "/backup" })]
      for (const plan of plans) {
        assert.deepStrictEqual(about(plan), [])
        assert.match(plan.kept[0]!.reason, /^an operation works in it, or was killed/)
        assert.match(plan.kept[1]!.reason, /^a disk is sent or received in it as a stream, or was until a kill/)
        assert.match(plan.kept[2]!.reason, /^a backup or a restoration is being made in it, or was cut short/)
        assert.strictEqual(plan.kept.length, 3)
      }
    })
  )

  onFake(
    "in the directory of a backup is removed when a mark proves that its maker has ended, and nothing else was put there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      const id = yield* SnapshotTime.identifier
      yield* ploop.createSnapshot({ disk, id })
      const stage = `/backup/x.partial-${id.slice(1, -1)}`
      yield* fs.makeDirectory(stage, { recursive: true })
      yield* fs.writeFileString(`${stage}/image.0`, "half an image")
      const sign = (mark: string) =>
        fs.writeFileString(`${stage}/.ploop-maker`, JSON.stringify({ mark, taken: { disk, snapshot: id } }))
      const planned = (olderThan: Duration.DurationInput = "1 day") =>
        Leftovers.planDirectory({ directory: "/backup", olderThan }).pipe(
          Effect.provideService(HostLock.HostLock, {
            fileSystem: () => Effect.void,
            fill: () => Effect.succeedNone,
            isAbandoned: (directory, mark) => Effect.succeed(directory === stage && mark === "ended")
          })
        )
      const why = Effect.map(planned(), ({ kept, steps }) => [steps.length, kept[0]?.reason])
      yield* sign("working")
      yield* TestClock.adjust("2 days")
      assert.match(String(yield* why), /^0,a backup or a restoration is being made in it, or was cut short/)
      yield* sign("ended")
      assert.match(String(yield* why), /^0,.* it has files in it that were written lately$/)
      yield* TestClock.adjust("2 days")
      assert.strictEqual((yield* Leftovers.planDirectory({ directory: "/backup" })).steps.length, 0)
      assert.deepStrictEqual(about(yield* planned()), ["DeleteSnapshot", "Remove", "Remove"])
      for (const name of ["notes", "backup.json", "DiskDescriptor.xml"]) {
        yield* fs.writeFileString(`${stage}/${name}`, "")
        yield* TestClock.adjust("2 days")
        assert.deepStrictEqual(about(yield* planned()), [], name)
        yield* fs.remove(`${stage}/${name}`)
      }
      yield* fs.symlink("/vz/a", `${stage}/image.1`)
      yield* TestClock.adjust("2 days")
      assert.match(String(yield* why), /it has a symbolic link in it$/)
      yield* fs.remove(`${stage}/image.1`)
      yield* TestClock.adjust("2 days")
      const plan = yield* planned()
      yield* Plan.apply(plan)
      assert.deepStrictEqual([yield* fs.readDirectory("/backup"), yield* idsOf(disk)], [[], []])
    })
  )

  onFake(
    "is the lock of a descriptor that is gone, which stays: somebody may hold it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      for (const name of [`${disk}.lck`, "/vz/a/gone.xml.lck", "/vz/a/nightly.lck"]) yield* fs.writeFileString(name, "")
      yield* TestClock.adjust("2 days")
      const plan = yield* cleanUp(disk)
      assert.deepStrictEqual([about(plan), plan.kept.map(({ subject }) => subject)], [[], ["/vz/a/gone.xml.lck"]])
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

/** Gives a disk the descriptor from before a snapshot, as after a kill before the rename; both it and the delta stay. */
const keptWhenCutShort = (disk: Disk.Disk, before: string, top: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.rename(disk, `${disk}.tmp`)
    yield* fs.writeFileString(disk, before)
    yield* TestClock.adjust("2 days")
    const plan = yield* cleanUp(disk, { orphanedImages: true })
    assert.deepStrictEqual(about(plan), [])
    assert.sameMembers(plan.kept.map(({ subject }) => String(subject)), [`${disk}.tmp`, top])
  })

describe("a snapshot that was cut short", () => {
  onFake(
    "keeps the only descriptor that names its image, and the image, also when orphaned images are to go",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const before = yield* fs.readFileString(disk)
      yield* ploop.createSnapshot({ disk })
      const top = yield* ploop.topDelta({ disk })
      yield* ploop.mount({ disk, target: "/mnt/a" })
      yield* fs.writeFileString("/mnt/a/motd.txt", "hello")
      yield* ploop.umount({ disk })
      yield* keptWhenCutShort(disk, before, top)
    })
  )
})

describe("an image that a device runs from is not left over", () => {
  onFake(
    "when the descriptor does not name it, nor are the descriptors beside it",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const before = yield* fs.readFileString(disk)
      yield* ploop.mount({ disk, target: "/mnt/a" })
      yield* ploop.createSnapshot({ disk })
      const top = yield* ploop.topDelta({ disk })
      yield* keptWhenCutShort(disk, before, top)
      yield* fs.rename(`${disk}.tmp`, disk)
      assert.deepStrictEqual((yield* ploop.attachments({ disk }))[0]?.images.at(-1), top)
    })
  )

  onFake(
    "when its directory has another name, or the descriptor names it by another path",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.symlink("/vz/a", "/link")
      yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/other.hdd")
      yield* fs.writeFileString(disk, (yield* fs.readFileString(disk)).replace(">root.hdd<", ">/link/root.hdd<"))
      yield* TestClock.adjust("2 days")
      for (const name of [disk, Disk.inDirectory("/link")]) {
        const plan = yield* Leftovers.plan({ disk: name, orphanedImages: true })
        assert.deepStrictEqual(plan.steps.map(({ action }) => Action.subject(action)), ["/vz/a/other.hdd"])
      }
      yield* ploop.mount({ disk })
      const running = yield* Leftovers.plan({ disk: Disk.inDirectory("/link"), orphanedImages: true })
      assert.deepStrictEqual(running.steps.map(({ action }) => Action.subject(action)), ["/vz/a/other.hdd"])
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
    "are not stopped when they show another snapshot than planned, or their image is there again",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* ploop.mount({ disk })
      const first = yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
      const plan = yield* Leftovers.plan({ disk, temporaryDevices: true })
      yield* ploop.umount({ device: first.device })
      yield* ploop.deleteSnapshot({ disk, id: first.id })
      const next = yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
      // As when the next device has the number of the one before.
      const { action } = plan.steps[0]!
      assert(action._tag === "StopDevice")
      const again = new Plan.Step({
        ...plan.steps[0]!,
        action: new Action.StopDevice({ ...action, device: next.device })
      })
      const error = yield* Effect.flip(Plan.apply(new Plan.Plan({ ...plan, steps: [again] })))
      assert.include(error.message, next.id)
      assert.strictEqual(error._tag, "PlanOutdated")
      const gone = yield* diskOf("gone")
      const { device } = yield* ploop.mount({ disk: gone })
      yield* fs.remove("/vz/gone", { recursive: true })
      const devices = yield* Leftovers.planDevices({ devicesOfRemovedImages: true })
      yield* ploop.umount({ device })
      yield* ploop.mount({ disk: yield* diskOf("gone"), device })
      assert.strictEqual((yield* Effect.flip(Plan.apply(devices)))._tag, "PlanOutdated")
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

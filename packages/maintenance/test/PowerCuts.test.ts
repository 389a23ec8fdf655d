import { FakeHost } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { Backup, Backups, HostLock, Leftovers, Plan, Reclaim, Retention, SnapshotSet } from "@effect-ploop/maintenance"
import { FileSystem, Path } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Context, Effect, Ref, TestClock } from "effect"
import { contents, diskOf, history, idsOf, onFake, write } from "./utils.js"

class PowerCut {
  readonly _tag = "PowerCut"
}

/** Which change the power is cut at, and on which side of it. */
interface Cut {
  readonly at: number
  readonly side: "before" | "after"
}

/** A host that marks what it fills. After a cut, no process has gone on. */
const marking = HostLock.HostLock.of({
  fileSystem: () => Effect.void,
  fill: () => Effect.succeedSome("before the cut"),
  isAbandoned: (_, mark) => Effect.succeed(mark === "before the cut")
})

/** The services of a host whose power is cut at one change. It counts the changes. */
const cutting = (cut: Cut) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const changes = yield* Ref.make(0)
    const isCut = yield* Ref.make(false)
    const stop = host.cutPower.pipe(Effect.zipRight(Ref.set(isCut, true)), Effect.zipRight(Effect.die(new PowerCut())))
    const change = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.flatMap(
        Effect.zip(Ref.getAndUpdate(changes, (count) => count + 1), Ref.get(isCut)),
        ([count, isCut]) =>
          // Nobody is left who could take anything down.
          isCut
            ? Effect.die(new PowerCut())
            : count !== cut.at
            ? effect
            : cut.side === "before"
            ? stop
            : Effect.zipRight(effect, stop)
      )
    const path = yield* Path.Path
    const services = Context.make(Ploop.Ploop, {
      ...ploop,
      createSnapshot: (options) => change(ploop.createSnapshot(options)),
      deleteSnapshot: (options) => change(ploop.deleteSnapshot(options)),
      snapshotAndSwitch: (options) => change(ploop.snapshotAndSwitch(options)),
      switchAndDelete: (options) => change(ploop.switchAndDelete(options)),
      check: (options) => change(ploop.check(options)),
      discard: (options) => change(ploop.discard(options)),
      umount: (options) => change(ploop.umount(options))
    }).pipe(
      Context.add(FileSystem.FileSystem, {
        ...fs,
        makeTempDirectory: (options) => change(fs.makeTempDirectory(options)),
        makeDirectory: (path, options) => change(fs.makeDirectory(path, options)),
        open: (path, options) => options?.flag === "wx" ? change(fs.open(path, options)) : fs.open(path, options),
        copyFile: (from, to) => change(fs.copyFile(from, to)),
        writeFileString: (path, text, options) => change(fs.writeFileString(path, text, options)),
        rename: (from, to) => change(fs.rename(from, to)),
        remove: (path, options) => change(fs.remove(path, options))
      }),
      Context.add(Path.Path, path)
    )
    return { services, changes: Ref.get(changes) }
  })

type Services = Ploop.Ploop | FileSystem.FileSystem | Path.Path

type OnHost = Services | FakeHost.FakeHost

/**
 * Cuts the power at every change that a job makes, on both sides of it. Each time
 * the job is run again, and has to end as it does without a cut.
 */
const atEveryChange = <A>(
  prepare: Effect.Effect<void, unknown, OnHost>,
  job: Effect.Effect<void, unknown, Services>,
  outcome: Effect.Effect<A, unknown, OnHost>
) =>
  Effect.gen(function*() {
    const host = yield* FakeHost.FakeHost
    yield* prepare
    const begin = yield* host.state
    const undisturbed = yield* cutting({ at: -1, side: "before" })
    yield* Effect.provide(job, undisturbed.services)
    const expected = yield* outcome
    const changes = yield* undisturbed.changes
    assert.isAbove(changes, 0)
    for (let at = 0; at < changes; at++) {
      for (const side of ["before", "after"] as const) {
        yield* host.restore(begin)
        const { services } = yield* cutting({ at, side })
        const exit = yield* Effect.exit(Effect.provide(job, services))
        assert.strictEqual(exit._tag, "Failure", `the power was cut ${side} the change ${at}`)
        yield* job
        assert.deepStrictEqual(yield* outcome, expected, `after a cut ${side} the change ${at}`)
      }
    }
  })

const of = (disk: Disk.Disk) =>
  Effect.gen(function*() {
    const ids = yield* idsOf(disk)
    return { ids, top: yield* contents(disk), snapshots: yield* Effect.forEach(ids, (id) => contents(disk, id)) }
  })

const disk = Disk.inDirectory("/vz/a")

const cleaned = Effect.flatMap(
  Leftovers.plan({ disk, olderThan: 0, inUseFlags: true, orphanedImages: true, temporaryDevices: true }),
  (plan) => Plan.apply(plan)
)

describe("a power cut at any change, and a second run", () => {
  onFake(
    "end a retention as one that was not disturbed",
    atEveryChange(
      Effect.gen(function*() {
        yield* diskOf("a")
        yield* history(disk, ["1 day", "1 hour", "1 day", "1 hour"])
        yield* write(disk, "last.txt", "after the last snapshot")
      }),
      Effect.flatMap(Retention.plan({ disk, policy: { daily: 2 } }), (plan) => Plan.apply(plan)),
      of(disk)
    )
  )

  onFake(
    "end a removal of leftovers as one that was not disturbed",
    atEveryChange(
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        yield* diskOf("a")
        yield* write(disk, "last.txt", "before the crash")
        yield* ploop.mount({ disk })
        yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
        yield* host.cutPower
        yield* fs.writeFileString("/vz/a/DiskDescriptor.xml.tmp", "half")
        yield* fs.makeDirectory("/vz/a/root.hdd.mnt")
        yield* fs.copyFile("/vz/a/root.hdd", "/vz/a/orphan")
        yield* ploop.check({ image: "/vz/a/orphan", dropInUse: true })
        yield* TestClock.adjust("1 day")
      }),
      cleaned,
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const names = (yield* fs.readDirectory("/vz/a")).filter((name) => /^\.ploop|tmp$|mnt$|orphan/.test(name))
        return { ...(yield* of(disk)), names }
      })
    )
  )

  onFake(
    "end a removal of the devices that a killed process has left as one that was not disturbed",
    atEveryChange(
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        yield* diskOf("a")
        yield* write(disk, "last.txt", "before the kill")
        yield* ploop.createTemporarySnapshot({ disk, component: "backup" })
      }),
      cleaned,
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        return { ...(yield* of(disk)), devices: yield* ploop.listDevices }
      })
    )
  )

  for (const keepSnapshot of [false, true]) {
    onFake(
      `end a backup ${keepSnapshot ? "that keeps" : "without"} its snapshot as one that was not disturbed`,
      Effect.gen(function*() {
        yield* diskOf("a", "300M")
        yield* write(disk, "one.txt", "1")
        const ploop = yield* Ploop.Ploop
        yield* ploop.createSnapshot({ disk })
        yield* write(disk, "two.txt", "2")
        const plan = yield* Backup.plan({ disk, to: "/vz/backup", keepSnapshot })
        yield* atEveryChange(
          Effect.void,
          Effect.asVoid(Plan.apply(plan)),
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const names = (yield* fs.readDirectory("/vz")).toSorted()
            const restored = yield* Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" })
            return { names, restored: yield* of(restored), disk: yield* of(disk) }
          })
        )
      })
    )
  }

  onFake(
    "end a backup that continues another, and takes the place of its snapshot, as one that was not disturbed",
    Effect.gen(function*() {
      yield* diskOf("a", "300M")
      yield* write(disk, "one.txt", "1")
      yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* write(disk, "two.txt", "2")
      const plan = yield* Backup.plan({ disk, to: "/vz/tuesday", after: "/vz/monday", keepSnapshot: true })
      yield* atEveryChange(
        Effect.void,
        Effect.asVoid(Plan.apply(plan)),
        Effect.gen(function*() {
          const restored = yield* Backup.restore({ from: ["/vz/monday", "/vz/tuesday"], to: "/vz/restored" })
          return { restored: yield* of(restored), disk: yield* of(disk) }
        })
      )
    })
  )

  onFake(
    "end a restoration with the whole disk",
    Effect.gen(function*() {
      yield* diskOf("a", "300M")
      yield* write(disk, "one.txt", "1")
      yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* write(disk, "two.txt", "2")
      yield* Backup.create({ disk, to: "/vz/tuesday", after: "/vz/monday" })
      const plan = yield* Backup.planRestore({ from: ["/vz/monday", "/vz/tuesday"], to: "/vz/b" })
      yield* atEveryChange(
        Effect.void,
        Effect.asVoid(Plan.apply(plan)),
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const names = [yield* fs.readDirectory("/vz"), yield* fs.readDirectory("/vz/b")].map((all) => all.toSorted())
          return { names, ...(yield* of(Disk.inDirectory("/vz/b"))) }
        })
      )
    })
  )

  onFake(
    "end a removal of what a killed backup has left as one that was not disturbed, and leave what nothing proves",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const fs = yield* FileSystem.FileSystem
      yield* diskOf("a", "300M")
      yield* fs.makeDirectory("/backup")
      yield* write(disk, "one.txt", "1")
      const plan = yield* Backup.plan({ disk, to: "/backup/x" })
      const begin = yield* host.state
      const undisturbed = yield* cutting({ at: -1, side: "before" })
      yield* Effect.provide(Plan.apply(plan), undisturbed.services)
      const changes = yield* undisturbed.changes
      const removal = (olderThan: number) =>
        Effect.tap(Leftovers.planDirectory({ directory: "/backup", olderThan }), (left) => Plan.apply(left))
      let removed = 0
      for (let at = 0; at < changes; at++) {
        yield* host.restore(begin)
        const { services } = yield* cutting({ at, side: "after" })
        yield* Effect.exit(Effect.provide(Plan.apply(plan), services))
        const left = yield* removal(0)
        const names = yield* fs.readDirectory("/backup")
        const stays = left.kept.map(({ subject }) => subject)
        assert.deepStrictEqual(names.filter((name) => name !== "x").map((name) => `/backup/${name}`), stays, `${at}`)
        if (left.steps.length > 0) {
          removed++
          assert.deepStrictEqual(yield* idsOf(disk), [], `after a cut at the change ${at}`)
        }
        assert.deepStrictEqual(yield* contents(disk), [["one.txt", "1"]])
      }
      assert.isAtLeast(removed, 3)
      yield* host.restore(begin)
      const { services } = yield* cutting({ at: 4, side: "after" })
      yield* Effect.exit(Effect.provide(Plan.apply(plan), services))
      yield* atEveryChange(
        Effect.void,
        Effect.asVoid(removal(0)),
        Effect.all([fs.readDirectory("/backup"), idsOf(disk), contents(disk)])
      )
    }).pipe(Effect.provideService(HostLock.HostLock, marking))
  )

  onFake(
    "end a removal of a directory, into which somebody has put a file, with the file",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* diskOf("a")
      yield* fs.makeDirectory("/vz/a/root.hdd.mnt")
      yield* TestClock.adjust("2 days")
      const plan = yield* Leftovers.plan({ disk })
      const crowded: FileSystem.FileSystem = {
        ...fs,
        rename: (from, to) => Effect.zipRight(fs.writeFileString(`${from}/precious`, "1"), fs.rename(from, to)),
        readDirectory: (path) => path.endsWith("/directory") ? Effect.die(new PowerCut()) : fs.readDirectory(path)
      }
      yield* Effect.exit(Effect.provideService(Plan.apply(plan), FileSystem.FileSystem, crowded))
      const [name] = (yield* fs.readDirectory("/vz/a")).filter((found) => found.startsWith(".ploop-removing-"))
      const again = yield* Leftovers.plan({ disk, olderThan: 0 })
      assert.deepStrictEqual(again.steps, [])
      assert.match(again.kept[0]!.reason, /somebody had put files into the directory/)
      assert.strictEqual(yield* fs.readFileString(`/vz/a/${name}/directory/precious`), "1")
    })
  )

  onFake(
    "end a removal with the file when its move is reported to have failed",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* diskOf("a")
      yield* fs.writeFileString("/vz/a/DiskDescriptor.xml.tmp", "half")
      yield* TestClock.adjust("2 days")
      const lying: FileSystem.FileSystem = {
        ...fs,
        rename: (from, to) => Effect.zipRight(fs.rename(from, to), fs.rename(from, to))
      }
      const plan = yield* Leftovers.plan({ disk })
      const error = yield* Effect.flip(Effect.provideService(Plan.apply(plan), FileSystem.FileSystem, lying))
      assert.strictEqual(error._tag, "StepFailed")
      const [name] = (yield* fs.readDirectory("/vz/a")).filter((found) => found.startsWith(".ploop-removing-"))
      assert.strictEqual(yield* fs.readFileString(`/vz/a/${name}/file`), "half")
    })
  )

  onFake(
    "end a retention of backups with the same ones",
    Effect.gen(function*() {
      yield* diskOf("a", "300M")
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory("/vz/backups")
      for (const incremental of [false, true]) {
        yield* TestClock.adjust("1 day")
        yield* Plan.apply(yield* Backups.planNext({ disk, directory: "/vz/backups", incremental }))
      }
      yield* atEveryChange(
        Effect.void,
        Effect.flatMap(
          Backups.planRetention({ directory: "/vz/backups", policy: { last: 1 } }),
          (plan) => Plan.apply(plan)
        ),
        Effect.gen(function*() {
          const [last] = yield* Backups.list("/vz/backups")
          yield* Backup.verify(last!.directory)
          return [last!.directory, yield* fs.readDirectory("/vz/backups")]
        })
      )
    })
  )

  onFake(
    "end a reclaim with the space given back and nothing lost",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* diskOf("a", "300M")
      yield* history(disk, ["1 hour", "1 hour", "1 hour"])
      yield* Ploop.withMount({ disk, target: "/mnt" }, () =>
        Effect.zipRight(
          fs.writeFile("/mnt/large", new Uint8Array(8 << 20).fill(1)),
          fs.remove("/mnt/large")
        ))
      yield* atEveryChange(
        Effect.void,
        // Someone else clears the in-use flags of the crash first.
        Effect.zipRight(
          Effect.flatMap(Leftovers.plan({ disk, inUseFlags: true }), (plan) => Plan.apply(plan)),
          Effect.flatMap(
            Reclaim.plan({ disks: [disk], policy: { atLeast: 0, mayMount: true, retention: { last: 1 } } }),
            (plan) => Reclaim.apply(plan)
          )
        ),
        Effect.gen(function*() {
          const { images } = yield* Reclaim.estimate({ disk, mayMount: true })
          return { images, ...(yield* of(disk)) }
        })
      )
    })
  )

  onFake(
    "end a set of snapshots with all of them",
    Effect.gen(function*() {
      const id = "{11111111-2222-4333-8444-555555555555}"
      const disks = [disk, Disk.inDirectory("/vz/b")]
      // The plan is made once and kept: the second run applies the same one.
      yield* Effect.forEach(["a", "b"], (name) => diskOf(name))
      const plan = yield* SnapshotSet.plan({ disks, id })
      yield* atEveryChange(
        Effect.void,
        Effect.asVoid(SnapshotSet.apply(plan)),
        Effect.forEach(disks, idsOf)
      )
    })
  )

  onFake(
    "end a switch of a set with every disk at the snapshot, and its content from before kept",
    Effect.gen(function*() {
      const id = "{11111111-2222-4333-8444-555555555555}"
      const keepAs = "{66666666-2222-4333-8444-555555555555}"
      const disks = [disk, Disk.inDirectory("/vz/b")]
      yield* Effect.forEach(["a", "b"], (name) => diskOf(name))
      yield* Effect.forEach(disks, (each) => write(each, "one.txt", "1"))
      yield* SnapshotSet.apply(yield* SnapshotSet.plan({ disks, id }))
      yield* Effect.forEach(disks, (each) => write(each, "two.txt", "2"))
      const plan = yield* SnapshotSet.planSwitch({ disks, id, keepAs })
      yield* atEveryChange(Effect.void, Effect.asVoid(SnapshotSet.apply(plan)), Effect.forEach(disks, of))
    })
  )
})

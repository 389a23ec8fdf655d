import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import type { Operation } from "@effect-ploop/core"
import { LowLevel, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option, Scope, Stream, TestClock } from "effect"
import { a, b, diskOf, generations, held, makeDisk, makeMounted, MiB, nothingHeld, writeSynced } from "./utils/host.js"
import { names, operations, prepare, queries } from "./utils/operations.js"

const injected = (operation: Operation.Name) =>
  new PloopError.Unclassified({ operation, subject: "/x", text: `${operation} fails as injected` })

const locked = new PloopError.Locked({ operation: "createSnapshot", subject: "/x", text: "is locked" })

const noSpace = new PloopError.NoSpace({ operation: "createSnapshot", subject: "/x", text: "No space left on device" })

/** Takes another snapshot of the same disk. */
const snapshot = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk: diskOf("d") }))

/** The outcomes of the next calls: the class of the error, or `ok`. */
const ends = (calls: number) =>
  Effect.replicateEffect(
    Effect.match(snapshot, { onFailure: (error): string => error._tag, onSuccess: () => "ok" }),
    calls
  )

const depth = Effect.map(
  Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk: diskOf("d") })),
  ({ nodes }) => nodes.length
)

const ready = Effect.zipRight(makeDisk("d"), FakeHost.FakeHost)

describe("the calls of a host", () => {
  it.effect("are recorded in order with every default, also those that fail, but not those that are refused", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const ploop = yield* Ploop.Ploop
      const disk = diskOf("d")
      const before = (yield* host.calls).length
      yield* host.fail("mount", "Locked")
      yield* Effect.flip(ploop.mount({ disk }))
      yield* Effect.flip(ploop.createSnapshot({ disk, id: "no uuid" }))
      yield* ploop.listDevices
      const [mount, list, ...others] = (yield* host.calls).slice(before)
      assert.deepStrictEqual([mount?.operation, list?.operation, others], ["mount", "listDevices", []])
      if (mount?.operation === "mount") assert.deepStrictEqual([mount.request.disk, mount.request.fsck], [disk, false])
      assert.isUndefined(list?.request)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("are the last ones, when there are very many", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const { isMounted } = yield* Ploop.Ploop
      for (let index = 0; index < 20_100; index++) yield* isMounted({ disk: `/vz/${index}.xml` }).pipe(Effect.ignore)
      const calls = yield* host.calls
      assert.isBelow(calls.length, 20_001)
      assert.isAbove(calls.length, 9_999)
      const last = calls.at(-1)
      assert.strictEqual(last?.operation === "isMounted" ? last.request.disk : last?.operation, "/vz/20099.xml")
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("an injected failure", () => {
  it.effect("of a tag is the error of that class, about what the call is about", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const ploop = yield* Ploop.Ploop
      yield* host.fail("createSnapshot", "NoSpace")
      const error = yield* Effect.flip(ploop.createSnapshot({ disk: diskOf("d") }))
      assert.instanceOf(error, PloopError.NoSpace)
      assert.deepStrictEqual([error.operation, error.subject], ["createSnapshot", diskOf("d")])
      // @ts-expect-error An error of this class needs the processes.
      const unfinished = host.fail("umount", "Busy")
      // @ts-expect-error The operation has no such error.
      const foreign = host.fail("listDevices", "ImageDirty")
      assert.isDefined([unfinished, foreign])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("hits the next call and no other", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.fail("createSnapshot", locked)
      assert.deepStrictEqual(yield* ends(3), ["Locked", "ok", "ok"])
      assert.strictEqual(yield* depth, 3)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("hits the n-th call from now", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* ends(1)
      yield* host.fail("createSnapshot", locked, 3)
      assert.deepStrictEqual(yield* ends(4), ["ok", "ok", "Locked", "ok"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("hits every call until it is reset", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.fail("createSnapshot", locked, "always")
      assert.deepStrictEqual(yield* ends(3), ["Locked", "Locked", "Locked"])
      yield* host.reset
      assert.deepStrictEqual(yield* ends(1), ["ok"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("hits no other operation", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const ploop = yield* Ploop.Ploop
      yield* host.fail("deleteSnapshot", injected("deleteSnapshot"), "always")
      assert.deepStrictEqual(yield* ends(1), ["ok"])
      yield* ploop.snapshotAndSwitch({ disk: diskOf("d"), id: yield* snapshot })
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is not used up by a call whose options are refused", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const ploop = yield* Ploop.Ploop
      yield* host.fail("createSnapshot", locked)
      const refused = yield* Effect.flip(ploop.createSnapshot({ disk: diskOf("d"), id: "no uuid" }))
      assert.strictEqual(refused._tag, "InvalidArgument")
      assert.deepStrictEqual(yield* ends(2), ["Locked", "ok"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is counted separately: each of two hits its own call, and of two at the same call the first one wins", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.fail("createSnapshot", locked, 2)
      yield* host.fail("createSnapshot", noSpace, 3)
      assert.deepStrictEqual(yield* ends(4), ["ok", "Locked", "NoSpace", "ok"])
      yield* host.fail("createSnapshot", noSpace)
      yield* host.fail("createSnapshot", locked, "always")
      assert.deepStrictEqual(yield* ends(2), ["NoSpace", "Locked"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("is not part of the state: it stays pending when a state is restored", () =>
    Effect.gen(function*() {
      const host = yield* ready
      const before = yield* host.state
      yield* host.fail("createSnapshot", locked)
      yield* host.restore(before)
      assert.deepStrictEqual(yield* ends(1), ["Locked"])
    }).pipe(Effect.provide(PloopFake.layer())))

  for (const calls of [0, -1, 1.5, NaN, Infinity]) {
    it.effect(`is a defect for call ${calls}, and so is a delay`, () =>
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        for (
          const injection of [host.fail("mount", injected("mount"), calls), host.delay("mount", "1 second", calls)]
        ) {
          const exit = yield* Effect.exit(injection)
          assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
          assert.match(String(exit), new RegExp(`calls is ${calls}`))
        }
      }).pipe(Effect.provide(PloopFake.layer())))
  }
})

describe("every operation", () => {
  it.effect("can be made to fail, and then changes nothing", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const { state, world } = yield* prepare
      for (const name of names) {
        yield* host.restore(state)
        const before = yield* host.state
        const error = injected(name)
        yield* host.fail(name, error)
        const failed = yield* Effect.flip(operations[name](world))
        assert.deepStrictEqual([failed._tag, failed.text], ["Unclassified", error.text], name)
        assert.deepStrictEqual(yield* host.state, before, name)
        yield* operations[name](world)
        if (!queries.has(name)) assert.notDeepEqual(yield* host.state, before, name)
      }
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("can be delayed, and changes nothing until the delay ends", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const { state, world } = yield* prepare
      for (const name of names) {
        yield* host.restore(state)
        const before = yield* host.state
        yield* host.delay(name, "1 hour")
        const fiber = yield* Effect.fork(operations[name](world))
        yield* TestClock.adjust("59 minutes")
        assert.isNull(fiber.unsafePoll(), name)
        assert.deepStrictEqual(yield* host.state, before, name)
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(fiber)
        if (!queries.has(name)) assert.notDeepEqual(yield* host.state, before, name)
      }
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("an operation that fails without an injected failure", () => {
  const failing = Effect.flatMap(
    Ploop.Ploop,
    (ploop) => Effect.flip(ploop.deleteSnapshot({ disk: diskOf("d"), id: a }))
  )

  it.effect("leaves what the tool leaves: at least a lock file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* makeDisk("d")
      const before = yield* fs.readDirectory("/vz/d")
      assert.strictEqual((yield* failing)._tag, "SnapshotNotFound")
      const lock = "DiskDescriptor.xml.lck"
      assert.deepStrictEqual((yield* fs.readDirectory("/vz/d")).filter((name) => !before.includes(name)), [lock])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("shows what it leaves to watchers", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* makeDisk("d")
      const created = Stream.filter(fs.watch("/vz/d"), ({ _tag }) => _tag === "Create")
      // Nothing says when watching begins, so the change is repeated.
      const again = Effect.zipRight(fs.remove("/vz/d/DiskDescriptor.xml.lck", { force: true }), failing)
      const event = Option.getOrThrow(yield* Effect.raceFirst(Stream.runHead(created), Effect.forever(again)))
      assert.deepStrictEqual<object>({ ...event }, { _tag: "Create", path: "DiskDescriptor.xml.lck" })
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("a delay", () => {
  it.effect("ends when the clock reaches its end", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.delay("createSnapshot", "10 seconds")
      const fiber = yield* Effect.fork(snapshot)
      yield* TestClock.adjust("9 seconds")
      assert.isNull(fiber.unsafePoll())
      assert.strictEqual(yield* depth, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.strictEqual(yield* depth, 2)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("delays no other operation", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.delay("createSnapshot", "10 seconds")
      const fiber = yield* Effect.fork(snapshot)
      yield* Effect.yieldNow()
      assert.deepStrictEqual(yield* ends(2), ["ok", "ok"])
      yield* Fiber.interrupt(fiber)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("that is interrupted prevents the operation", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.delay("createSnapshot", "10 seconds")
      const fiber = yield* Effect.fork(snapshot)
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* depth, 1)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("comes before a failure of the same call, whichever was added first", () =>
    Effect.gen(function*() {
      const host = yield* ready
      for (
        const injections of [
          [host.delay("createSnapshot", "1 second"), host.fail("createSnapshot", locked)],
          [host.fail("createSnapshot", locked), host.delay("createSnapshot", "1 second")]
        ]
      ) {
        yield* Effect.all(injections)
        const fiber = yield* Effect.fork(ends(1))
        yield* TestClock.adjust("999 millis")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* Fiber.join(fiber), ["Locked"])
      }
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("adds to another delay of the same call", () =>
    Effect.gen(function*() {
      const host = yield* ready
      yield* host.delay("createSnapshot", "1 second", "always")
      yield* host.delay("createSnapshot", "2 seconds", 2)
      const fiber = yield* Effect.fork(Effect.zipRight(snapshot, snapshot))
      yield* TestClock.adjust("3999 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("of a copy ends before the first byte is read", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      yield* host.delay("copyReceive", "1 second")
      let taken = 0
      const bytes = Stream.make(new Uint8Array(1)).pipe(Stream.tap(() => Effect.sync(() => taken++)))
      const fiber = yield* Effect.fork(Effect.exit(Stream.run(bytes, ploop.copyReceive({ image: "/vz/copy.hdd" }))))
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(taken, 0)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
      assert.strictEqual(taken, 1)
    }).pipe(Effect.provide(PloopFake.layer())))
})

const dirtyAfterCut = Effect.gen(function*() {
  const host = yield* FakeHost.FakeHost
  const made = yield* makeMounted("ct")
  yield* host.cutPower
  return { ...made, image: "/vz/ct/root.hdd" }
})

describe("a power cut", () => {
  it.effect("removes devices, mounts and open files, and keeps the host's own files", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      yield* fs.makeDirectory("/mnt/ct")
      yield* fs.writeFileString("/mnt/ct/below", "hidden by the mount")
      const { device, target } = yield* makeMounted("ct")
      const file = yield* fs.open(`${target}/open`, { flag: "w" })
      yield* fs.open("/vz/note", { flag: "w" })
      yield* host.cutPower
      assert.deepStrictEqual(yield* held, nothingHeld)
      assert.deepStrictEqual(yield* ploop.listDevices, [])
      assert.isFalse(yield* fs.exists(device))
      assert.deepStrictEqual(yield* fs.readDirectory(target), ["below"])
      assert.isTrue(yield* fs.exists("/vz/note"))
      assert.strictEqual((yield* Effect.flip(file.writeAll(new Uint8Array(1))))._tag, "SystemError")
    })).pipe(Effect.provide(PloopFake.layer())))

  it.effect("keeps what a sync, a snapshot or an unmount wrote back, and loses the rest", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const { disk, target } = yield* makeMounted("ct")
      const survives = function*(change: Effect.Effect<unknown, unknown>, name: string) {
        yield* fs.writeFileString(`${target}/${name}`, name)
        yield* change
        yield* fs.writeFileString(`${target}/lost`, "lost")
        yield* host.cutPower
        yield* ploop.mount({ disk, target })
        assert.strictEqual(yield* fs.readFileString(`${target}/${name}`), name)
        assert.isFalse(yield* fs.exists(`${target}/lost`))
      }
      yield* survives(Effect.provideService(writeSynced(`${target}/other`, "other"), FileSystem.FileSystem, fs), "sync")
      yield* survives(ploop.createSnapshot({ disk }), "snapshot")
      yield* survives(Effect.zipRight(ploop.umount({ disk }), ploop.mount({ disk, target })), "umount")
      assert.includeMembers(yield* fs.readDirectory(target), ["sync", "snapshot", "umount", "other"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("loses everything on a disk that was never written back, except its file system", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/lost`, "lost")
      yield* host.cutPower
      yield* ploop.mount({ disk, target })
      assert.deepStrictEqual((yield* fs.readDirectory(target)).filter((name) => !name.startsWith(".")), ["lost+found"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("leaves the in-use flag set in a writable image, and in no image of a read-only device", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const disk = yield* makeDisk("ct", { size: "300M", fileSystem: "ext4" })
      yield* ploop.createSnapshot({ disk, id: a })
      const top = yield* ploop.topDelta({ disk })
      yield* fs.makeDirectory("/mnt/ct")
      yield* ploop.mount({ disk, target: "/mnt/ct", readOnly: true })
      yield* host.cutPower
      assert.strictEqual((yield* ploop.check({ image: top })).outcome, "clean")
      yield* ploop.mount({ disk, target: "/mnt/ct" })
      yield* host.cutPower
      assert.strictEqual((yield* Effect.flip(ploop.check({ image: top })))._tag, "ImageDirty")
      assert.strictEqual((yield* ploop.check({ image: "/vz/ct/root.hdd" })).outcome, "clean")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("leaves the in-use flag of a device that was stopped before clear", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const low = yield* LowLevel.LowLevel
      const host = yield* FakeHost.FakeHost
      const { device } = yield* ploop.mount({ disk: yield* makeDisk("ct") })
      yield* low.stop({ device })
      yield* host.cutPower
      assert.strictEqual((yield* ploop.check({ image: "/vz/ct/root.hdd" })).outcome, "clean")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("of a disk in a disk loses what the outer disk had not written back", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const outer = yield* makeMounted("outer", { size: "1G" })
      const create = (name: string) =>
        Effect.gen(function*() {
          yield* fs.makeDirectory(`${outer.target}/${name}`)
          return yield* ploop.create({ image: `${outer.target}/${name}/root.hdd`, size: "10M", fileSystem: "none" })
        })
      const first = yield* create("first")
      yield* writeSynced(`${outer.target}/other`, "other")
      const second = yield* create("second")
      yield* ploop.mount({ disk: first.disk })
      yield* ploop.mount({ disk: second.disk })
      yield* host.cutPower
      assert.deepStrictEqual(yield* held, nothingHeld)
      yield* ploop.mount({ disk: outer.disk, target: outer.target })
      assert.strictEqual((yield* ploop.check({ disk: first.disk })).outcome, "clean")
      assert.strictEqual((yield* Effect.flip(ploop.check({ disk: second.disk })))._tag, "DiskNotFound")
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("after a power cut", () => {
  for (
    const [what, repair] of [
      ["a snapshot", (ploop: Ploop.Ploop, disk: string) => ploop.createSnapshot({ disk })],
      ["a mount", (ploop: Ploop.Ploop, disk: string) => Effect.zipRight(ploop.mount({ disk }), ploop.umount({ disk }))]
    ] as const
  ) {
    it.effect(`${what} repairs also the wrong empty flag of the image`, () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const host = yield* FakeHost.FakeHost
        const disk = yield* makeDisk("ct", { format: "preallocated" })
        yield* ploop.mount({ disk })
        yield* host.cutPower
        yield* repair(ploop, disk)
        assert.strictEqual((yield* ploop.check({ image: "/vz/ct/root.hdd", force: true })).outcome, "clean")
      }).pipe(Effect.provide(PloopFake.layer())))
  }
})

describe.each(generations)("after a power cut, on generation %s", (generation) => {
  const layer = PloopFake.layer({ generation })

  it.effect("a mount repairs the image and does not report it", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, image, target } = yield* dirtyAfterCut
      yield* ploop.mount({ disk, target })
      yield* ploop.umount({ disk })
      assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
    }).pipe(Effect.provide(layer)))

  it.effect(
    generation === "7"
      ? "a check of the disk fails and repairs nothing, unless it may clear the in-use flag"
      : "a check of the disk repairs it and reports it",
    () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* dirtyAfterCut
        if (generation === "7") {
          const error = yield* Effect.flip(ploop.check({ disk }))
          assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", 37])
        }
        const checked = yield* ploop.check({ disk, ...(generation === "7" && { dropInUse: true }) })
        assert.deepStrictEqual(checked, { outcome: "repaired", findings: ["Dirty flag is set"] })
        assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
      }).pipe(Effect.provide(layer))
  )

  it.effect("a check of the image fails, unless it may clear the in-use flag", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { image } = yield* dirtyAfterCut
      const error = yield* Effect.flip(ploop.check({ image }))
      assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", 37])
      assert.strictEqual((yield* ploop.check({ image, dropInUse: true })).outcome, "repaired")
      assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
    }).pipe(Effect.provide(layer)))

  it.effect(
    generation === "1.15" ? "the size of the disk is refused" : "the size of the disk is returned",
    () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk } = yield* dirtyAfterCut
        if (generation === "1.15") {
          const error = yield* Effect.flip(ploop.imageInfo({ disk }))
          assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", 4])
        } else {
          assert.strictEqual((yield* ploop.imageInfo({ disk })).size, BigInt(300 * MiB))
        }
      }).pipe(Effect.provide(layer))
  )

  it.effect("a conversion to another format is refused, and changes nothing", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* dirtyAfterCut
      const before = yield* fs.readFileString(disk)
      for (const format of ["raw", "preallocated"] as const) {
        const error = yield* Effect.flip(ploop.convert({ disk, format }))
        assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", 4])
      }
      assert.strictEqual(yield* fs.readFileString(disk), before)
      assert.strictEqual((yield* Effect.flip(ploop.check({ image })))._tag, "ImageDirty")
    }).pipe(Effect.provide(layer)))

  it.effect("the image itself cannot grow", () =>
    Effect.gen(function*() {
      const low = yield* LowLevel.LowLevel
      const { image } = yield* dirtyAfterCut
      const error = yield* Effect.flip(low.grow({ image, size: "400M" }))
      assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", 4])
    }).pipe(Effect.provide(layer)))

  it.effect(
    generation === "1.15" ? "a snapshot repairs the image" : "a snapshot leaves the image as it is",
    () =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const { disk, image } = yield* dirtyAfterCut
        yield* ploop.createSnapshot({ disk })
        assert.strictEqual((yield* ploop.check({ image: yield* ploop.topDelta({ disk }) })).outcome, "clean")
        const below = yield* Effect.either(ploop.check({ image }))
        assert.strictEqual(below._tag, generation === "1.15" ? "Right" : "Left")
      }).pipe(Effect.provide(layer))
  )

  it.effect("a switch discards the dirty delta and succeeds", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const { disk } = yield* makeMounted("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      yield* host.cutPower
      yield* ploop.switchSnapshot({ disk, id: a })
      assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
    }).pipe(Effect.provide(layer)))

  const unmerged = Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const host = yield* FakeHost.FakeHost
    const { disk, target } = yield* makeMounted("ct")
    yield* ploop.createSnapshot({ disk, id: a })
    yield* writeSynced(`${target}/kept`, "kept")
    yield* host.cutPower
    return { ploop, fs, disk, target }
  })

  for (const name of ["deletion", "merge"] as const) {
    it.effect(
      generation === "1.15"
        ? `a ${name} that has to merge the dirty delta fails, and leaves a .tmp descriptor`
        : `a ${name} that has to merge the dirty delta is refused, and leaves nothing`,
      () =>
        Effect.gen(function*() {
          const { disk, fs, ploop } = yield* unmerged
          const isFirst = generation === "1.15"
          const error = yield* name === "deletion"
            ? Effect.flip(ploop.deleteSnapshot({ disk, id: a }))
            : Effect.flip(ploop.mergeSnapshots({ disk }))
          assert.deepStrictEqual([error._tag, error.exitCode], ["ImageDirty", isFirst ? 4 : undefined])
          assert.strictEqual(yield* fs.exists(`${disk}.tmp`), isFirst)
          const { nodes } = yield* ploop.listSnapshots({ disk })
          assert.deepStrictEqual(nodes.map(({ temporary }) => temporary), [false, false])
          yield* ploop.switchSnapshot({ disk, id: a })
        }).pipe(Effect.provide(layer))
    )
  }

  it.effect("a deletion that failed can be repeated while the disk is mounted again, and loses nothing", () =>
    Effect.gen(function*() {
      const { disk, fs, ploop, target } = yield* unmerged
      yield* Effect.flip(ploop.deleteSnapshot({ disk, id: a }))
      yield* ploop.mount({ disk, target })
      yield* ploop.deleteSnapshot({ disk, id: a })
      const { nodes } = yield* ploop.listSnapshots({ disk })
      assert.deepStrictEqual(nodes.map(({ id }) => id), [SnapshotId.top])
      assert.strictEqual(yield* fs.readFileString(`${target}/kept`), "kept")
      assert.isFalse(yield* fs.exists(`${disk}.tmp`))
    }).pipe(Effect.provide(layer)))

  if (generation !== "1.15") {
    for (const name of ["snapshot", "deletion"] as const) {
      it.effect(`a ${name} is refused while a temporary snapshot is dirty, and finishes its merge once it is not`, () =>
        Effect.gen(function*() {
          const { disk, fs, ploop } = yield* unmerged
          const text = yield* fs.readFileString(disk)
          yield* fs.writeFileString(disk, text.replace("</ParentGUID>", "</ParentGUID><Temporary/>"))
          const repeat: Effect.Effect<void, PloopError.PloopError> = name === "snapshot"
            ? Effect.asVoid(ploop.createSnapshot({ disk, id: b }))
            : Effect.asVoid(ploop.deleteSnapshot({ disk, id: a }))
          assert.strictEqual((yield* Effect.flip(repeat))._tag, "ImageDirty")
          yield* ploop.check({ disk, dropInUse: true })
          yield* repeat
          const { nodes } = yield* ploop.listSnapshots({ disk })
          assert.deepStrictEqual(
            nodes.map(({ id }) => id),
            name === "snapshot" ? [b, SnapshotId.top] : [SnapshotId.top]
          )
        }).pipe(Effect.provide(layer)))
    }
  }
})

describe("the state of a host", () => {
  it.effect("has its generation, devices and mount points in order, open files, and bytes in use", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const empty = yield* host.state
      assert.isTrue(HostState.isHostState(empty))
      assert.isFalse(HostState.isHostState({}))
      assert.strictEqual(HostState.generation(empty), "7")
      assert.deepStrictEqual(yield* held, nothingHeld)
      assert.strictEqual(HostState.used(empty), 0n)
      const first = yield* makeMounted("z")
      const second = yield* makeMounted("y")
      yield* fs.open("/mnt/../mnt/z/file", { flag: "w" })
      assert.deepStrictEqual(yield* held, {
        devices: [first.device, second.device],
        mountPoints: ["/mnt/z", "/mnt/y"],
        openFiles: ["/mnt/../mnt/z/file"]
      })
      yield* ploop.umount({ disk: second.disk })
      assert.deepStrictEqual((yield* held).devices, [first.device])
      assert.deepStrictEqual((yield* held).mountPoints, ["/mnt/z"])
      assert.isTrue(HostState.used(yield* host.state) > 0n)
    })).pipe(Effect.provide(PloopFake.layer({ generation: "7" }))))

  it.effect("does not change when the host changes", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const host = yield* FakeHost.FakeHost
      const { disk, target } = yield* makeMounted("ct")
      yield* fs.writeFileString(`${target}/motd`, "first")
      const state = yield* host.state
      yield* fs.writeFileString(`${target}/motd`, "second")
      yield* ploop.umount({ disk })
      yield* ploop.createSnapshot({ disk })
      yield* fs.remove("/vz/ct", { recursive: true })
      const seen = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${target}/motd`)).pipe(
        Effect.provide(PloopFake.layer({ state }))
      )
      assert.strictEqual(seen, "first")
      yield* host.restore(state)
      assert.strictEqual(yield* fs.readFileString(`${target}/motd`), "first")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("starts hosts that behave alike and do not affect each other", () =>
    Effect.gen(function*() {
      const state = yield* Effect.zipRight(makeMounted("ct"), Effect.flatMap(FakeHost.FakeHost, (host) => host.state))
        .pipe(Effect.provide(PloopFake.layer({ generation: "9", capacity: "1G" })))
      const story = (text: string) =>
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const ploop = yield* Ploop.Ploop
          const disk = diskOf("ct")
          assert.isFalse(yield* fs.exists("/mnt/ct/motd"))
          yield* fs.writeFileString("/mnt/ct/motd", text)
          const id = yield* ploop.createSnapshot({ disk })
          return { id, devices: yield* ploop.listDevices, text: yield* fs.readFileString("/mnt/ct/motd") }
        })
      const [one, other] = yield* Effect.all([
        Effect.provide(story("one"), PloopFake.layer({ state })),
        Effect.provide(story("other"), PloopFake.layer({ state, generation: "7", seed: 5 }))
      ], { concurrency: 2 })
      assert.deepStrictEqual({ ...one, text: "" }, { ...other, text: "" })
      assert.deepStrictEqual([one.text, other.text], ["one", "other"])
      assert.strictEqual(HostState.generation(state), "9")
    }))

  it.effect("that is restored behaves as it did before", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const { state, world } = yield* prepare
      for (const name of names) {
        const outcome = Effect.zip(operations[name](world), host.state)
        yield* host.restore(state)
        const first = yield* outcome
        yield* host.restore(state)
        assert.deepStrictEqual(yield* outcome, first, name)
      }
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("that is restored has no open files, and old handles reach no file opened since", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* FakeHost.FakeHost
      const before = yield* host.state
      const scope = yield* Scope.make()
      const old = yield* Scope.extend(fs.open("/tmp/old", { flag: "w" }), scope)
      yield* host.restore(yield* host.state)
      assert.deepStrictEqual(HostState.openFiles(yield* host.state), [])
      yield* host.restore(before)
      yield* fs.writeFileString("/tmp/new", "new")
      yield* fs.open("/tmp/new", { flag: "r+" })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(HostState.openFiles(yield* host.state), ["/tmp/new"])
      assert.strictEqual((yield* Effect.flip(old.writeAll(new Uint8Array(1))))._tag, "SystemError")
      assert.strictEqual(yield* fs.readFileString("/tmp/new"), "new")
    })).pipe(Effect.provide(PloopFake.layer())))
})

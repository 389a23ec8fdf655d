import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop, PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber } from "effect"
import { onFake } from "./utils.js"
import { contentOf, filesIn, leftovers, namesOf, nothing, root, start, using, writeTo } from "./volumes.js"

const failure = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(
    Effect.either(effect),
    Either.match({ onLeft: ({ _tag }) => _tag, onRight: () => "success" })
  )

const messageOf = <A, E extends { readonly message: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

describe("create", () => {
  onFake(
    "makes an empty volume, without what mkfs and the tool keep in a file system",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      assert.deepStrictEqual(yield* contentOf(driver, "db"), {})
    })
  )

  onFake(
    "gives the disk the size that is asked for, or that of the driver",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const driver = yield* start()
      yield* driver.create({ name: "large", size: "3G" })
      yield* driver.create({ name: "small" })
      const large = yield* driver.get("large")
      const { size } = yield* ploop.imageInfo({ disk: Disk.inDirectory(large.directory) })
      assert.deepStrictEqual([large.size, size], [3n << 30n, 3n << 30n])
      assert.strictEqual((yield* driver.get("small")).size, 300n << 20n)
    })
  )

  onFake(
    "succeeds again for the same options, and keeps the volume",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db", size: "1G" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      yield* driver.create({ name: "db", size: "1024M" })
      yield* driver.create({ name: "db" })
      assert.deepStrictEqual(yield* contentOf(driver, "db"), { a: "1" })
      assert.strictEqual(
        yield* messageOf(driver.create({ name: "db", size: "2G" })),
        "volume \"db\" exists with other options: its size is 1073741824 bytes, and it began empty"
      )
    })
  )

  onFake(
    "makes one volume when it is asked several times at once",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* Effect.all(Array.from({ length: 5 }, () => driver.create({ name: "db" })), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* leftovers, { ...nothing, volumes: 1 })
    })
  )

  const refused = [
    [{ name: "" }, "Name is \"\", but it must have 1 to 200 characters"],
    [{ name: "../etc" }, "Name is \"../etc\", but it must have 1 to 200 characters, no slash"],
    [{ name: ".." }, "Name is \"..\""],
    [{ name: "a@b@c" }, "Name is \"a@b@c\""],
    [{ name: "l".repeat(201) }, "Name is"],
    [{ name: "a\0b" }, "Name is"],
    [{ name: "x", size: "large" }, "size is \"large\", but it must be from 300M to 15T, with a unit, as in 10G"],
    [{ name: "x", size: "299M" }, "size is \"299M\", but it must be from 300M"],
    [{ name: "x", size: "16T" }, "size is \"16T\", but it must be from 300M"],
    [{ name: "x", size: "1G", from: "db" }, "size is \"1G\", but it must not be given together with from"],
    [{ name: "x", from: "x" }, "from is \"x\", but it must be another volume"],
    [{ name: "x", from: "a/b" }, "from is \"a/b\", but it must have 1 to 200 characters"],
    [{ name: "x", from: "none" }, "volume \"none\" does not exist"],
    [{ name: "x", from: "db@none" }, "volume \"db\" has no snapshot \"none\""],
    [
      { name: "x", from: "db@00000000-0000-0000-0000-000000000001" },
      "volume \"db\" has no snapshot \"{00000000-0000-0000-0000-000000000001}\""
    ],
    [{ name: "none@one" }, "volume \"none\" does not exist"],
    [{ name: "db@one", size: "1G" }, "size is \"1G\", but it must not be given for a snapshot"],
    [{ name: "db@one", from: "db" }, "from is \"db\", but it must not be given for a snapshot"]
  ] as const

  onFake(
    "refuses what breaks a rule, names it, and leaves nothing of it",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const before = yield* leftovers
      for (const [options, expected] of refused) {
        assert.include(yield* messageOf(driver.create(options)), expected)
      }
      assert.deepStrictEqual(yield* leftovers, before)
    })
  )

  onFake(
    "fails with StorageFull when the host is full, and leaves nothing of it",
    Effect.gen(function*() {
      const driver = yield* start()
      assert.strictEqual(yield* failure(driver.create({ name: "db" })), "StorageFull")
      assert.deepStrictEqual(yield* leftovers, nothing)
    }),
    { capacity: "256K" }
  )

  it.effect("leaves a volume or none when it is interrupted at any moment", () =>
    Effect.gen(function*() {
      const driver = yield* start()
      for (let turns = 0; turns < 20; turns++) {
        const fiber = yield* Effect.fork(driver.create({ name: "db" }))
        for (let turn = 0; turn < turns; turn++) yield* Effect.yieldNow()
        yield* Fiber.interrupt(fiber)
        const { length } = yield* driver.list
        assert.deepStrictEqual(yield* leftovers, { ...nothing, volumes: length })
        if (length === 1) yield* driver.remove("db")
      }
    }).pipe(Effect.provide(PloopFake.layer())))
})

describe("a clone", () => {
  onFake(
    "has the files of its volume at that time, and a life of its own",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      yield* driver.create({ name: "copy", from: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "2"))
      yield* using(driver, "copy", (directory) => writeTo(directory, "b", "3"))
      assert.deepStrictEqual(yield* contentOf(driver, "copy"), { a: "1", b: "3" })
      assert.deepStrictEqual(yield* contentOf(driver, "db"), { a: "2" })
      yield* driver.remove("db")
      assert.deepStrictEqual(yield* contentOf(driver, "copy"), { a: "1", b: "3" })
    })
  )

  onFake(
    "is made of a volume that is in use",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) =>
        Effect.gen(function*() {
          yield* writeTo(directory, "a", "1")
          yield* driver.create({ name: "copy", from: "db" })
          yield* writeTo(directory, "a", "2")
          assert.deepStrictEqual(yield* contentOf(driver, "copy"), { a: "1" })
          assert.deepStrictEqual(yield* filesIn(directory), { a: "2" })
        }))
    })
  )

  onFake(
    "is made of a snapshot that an operator took of the disk",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      const { directory } = yield* driver.get("db")
      const id = yield* ploop.createSnapshot({ disk: Disk.inDirectory(directory) })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "2"))
      yield* driver.create({ name: "copy", from: `db@${id}` })
      assert.deepStrictEqual(yield* contentOf(driver, "copy"), { a: "1" })
    })
  )

  onFake(
    "can be made again and again: the snapshots of clones that are gone are merged, and those of operators stay",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const driver = yield* start({ maxChain: 8 })
      yield* driver.create({ name: "db" })
      const { directory } = yield* driver.get("db")
      const disk = Disk.inDirectory(directory)
      const kept = yield* ploop.createSnapshot({ disk })
      for (let round = 0; round < 12; round++) {
        yield* using(driver, "db", (directory) => writeTo(directory, "a", `${round}`))
        yield* driver.create({ name: "copy", from: "db" })
        assert.deepStrictEqual(yield* contentOf(driver, "copy"), { a: `${round}` })
        yield* driver.remove("copy")
      }
      const { nodes } = yield* ploop.listSnapshots({ disk })
      assert.isBelow(nodes.length, 8)
      assert.include(nodes.map(({ id }) => id), kept)
      assert.deepStrictEqual(yield* contentOf(driver, "db"), { a: "11" })
    })
  )
})

describe("a snapshot, VOLUME@SNAPSHOT", () => {
  onFake(
    "has the files of its volume at that time, and can only be read",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      yield* driver.create({ name: "db@monday" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "2"))
      assert.deepStrictEqual(yield* contentOf(driver, "db@monday"), { a: "1" })
      const written = yield* using(driver, "db@monday", (directory) => Effect.either(writeTo(directory, "a", "3")))
      assert.isTrue(Either.isLeft(written))
    })
  )

  onFake(
    "is what a clone is made of by its name, also after its volume is gone",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      yield* driver.create({ name: "db@monday" })
      yield* driver.remove("db")
      yield* driver.create({ name: "restored", from: "db@monday" })
      yield* using(driver, "restored", (directory) => writeTo(directory, "b", "2"))
      assert.deepStrictEqual(yield* contentOf(driver, "restored"), { a: "1", b: "2" })
      assert.deepStrictEqual(yield* contentOf(driver, "db@monday"), { a: "1" })
    })
  )
})

describe("mount and unmount", () => {
  onFake(
    "keep the disk mounted from the first use to the last",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const one = yield* driver.mount({ name: "db", id: "1" })
      const two = yield* driver.mount({ name: "db", id: "2" })
      assert.strictEqual(one, two)
      yield* driver.unmount({ name: "db", id: "1" })
      assert.strictEqual((yield* driver.get("db")).mountpoint, two)
      assert.strictEqual((yield* leftovers).devices, 1)
      yield* driver.unmount({ name: "db", id: "2" })
      assert.strictEqual((yield* driver.get("db")).mountpoint, undefined)
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )

  onFake(
    "count an identifier once, however often Docker repeats the call",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* driver.mount({ name: "db", id: "1" })
      yield* driver.mount({ name: "db", id: "1" })
      yield* driver.mount({ name: "db", id: "2" })
      yield* driver.unmount({ name: "db", id: "1" })
      yield* driver.unmount({ name: "db", id: "1" })
      assert.deepStrictEqual((yield* driver.get("db")).users, ["2"])
      yield* driver.unmount({ name: "db", id: "2" })
      yield* driver.unmount({ name: "db", id: "2" })
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )

  onFake(
    "count every use when they come at once",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const ids = Array.from({ length: 8 }, (_, index) => `${index}`)
      yield* Effect.forEach(ids, (id) => driver.mount({ name: "db", id }), { concurrency: "unbounded" })
      assert.sameMembers([...(yield* driver.get("db")).users], ids)
      yield* Effect.forEach(ids, (id) => driver.unmount({ name: "db", id }), { concurrency: "unbounded" })
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )

  onFake(
    "refuse a volume that does not exist, and an identifier that is empty",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      assert.strictEqual(yield* failure(driver.mount({ name: "x", id: "1" })), "VolumeNotFound")
      assert.strictEqual(yield* failure(driver.unmount({ name: "x", id: "1" })), "VolumeNotFound")
      assert.strictEqual(yield* messageOf(driver.mount({ name: "db", id: "" })), "ID is \"\", but it must not be empty")
    })
  )

  onFake(
    "leave alone a disk that somebody has mounted elsewhere",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const { directory } = yield* driver.get("db")
      yield* ploop.mount({ disk: Disk.inDirectory(directory), target: "/mnt" })
      const expected = "volume \"db\" is in use: its disk is mounted at /mnt"
      assert.strictEqual(yield* messageOf(driver.mount({ name: "db", id: "1" })), expected)
      assert.strictEqual(yield* messageOf(driver.remove("db")), expected)
      yield* start()
      assert.strictEqual((yield* leftovers).devices, 1)
    })
  )

  onFake(
    "refuse a disk whose directory with the files is gone, and leave it unmounted",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => fs.remove(directory, { recursive: true }))
      assert.strictEqual(yield* failure(driver.mount({ name: "db", id: "1" })), "DiskDamaged")
      assert.deepStrictEqual((yield* driver.get("db")).users, [])
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )
})

describe("remove", () => {
  onFake(
    "leaves nothing of a volume",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* using(driver, "db", (directory) => writeTo(directory, "a", "1"))
      yield* driver.remove("db")
      assert.deepStrictEqual(yield* leftovers, nothing)
      assert.strictEqual(yield* failure(driver.get("db")), "VolumeNotFound")
      assert.strictEqual(yield* failure(driver.remove("db")), "VolumeNotFound")
    })
  )

  onFake(
    "refuses a volume that is in use",
    Effect.gen(function*() {
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const directory = yield* driver.mount({ name: "db", id: "1" })
      yield* writeTo(directory, "a", "1")
      assert.strictEqual(yield* messageOf(driver.remove("db")), "volume \"db\" is in use: 1 mounts use it")
      assert.deepStrictEqual(yield* filesIn(directory), { a: "1" })
    })
  )
})

describe("a disk that somebody has damaged", () => {
  onFake(
    "is not mounted, and its volume can be removed",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      const { directory } = yield* driver.get("db")
      yield* fs.writeFileString(`${directory}/DiskDescriptor.xml`, "<x>")
      assert.strictEqual(yield* failure(driver.mount({ name: "db", id: "1" })), "DiskDamaged")
      assert.strictEqual(yield* failure(driver.create({ name: "copy", from: "db" })), "DiskDamaged")
      yield* driver.remove("db")
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )

  onFake(
    "is unmounted at the end of its last use",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* driver.mount({ name: "db", id: "1" })
      yield* fs.remove(`${(yield* driver.get("db")).directory}/DiskDescriptor.xml`)
      assert.strictEqual(yield* failure(driver.remove("db")), "VolumeInUse")
      yield* driver.unmount({ name: "db", id: "1" })
      assert.strictEqual((yield* leftovers).devices, 0)
      yield* driver.remove("db")
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )
})

describe("a start", () => {
  onFake(
    "keeps the volumes, and the uses of disks that are mounted",
    Effect.gen(function*() {
      const before = yield* start()
      yield* before.create({ name: "db", size: "1G" })
      yield* before.create({ name: "copy", from: "db" })
      yield* before.mount({ name: "db", id: "1" })
      yield* before.mount({ name: "db", id: "2" })
      const infos = yield* before.list
      const after = yield* start()
      assert.deepStrictEqual(yield* after.list, infos)
      yield* after.unmount({ name: "db", id: "1" })
      assert.strictEqual(yield* failure(after.remove("db")), "VolumeInUse")
      yield* after.unmount({ name: "db", id: "2" })
      yield* after.remove("db")
    })
  )

  onFake(
    "ends the uses that were there before the host was restarted, and keeps what was synced",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const before = yield* start()
      yield* before.create({ name: "db" })
      yield* using(before, "db", (directory) => writeTo(directory, "a", "1"))
      yield* before.mount({ name: "db", id: "1" })
      yield* host.cutPower
      const after = yield* start()
      assert.deepStrictEqual((yield* after.get("db")).users, [])
      assert.deepStrictEqual(yield* contentOf(after, "db"), { a: "1" })
      yield* after.remove("db")
    })
  )

  onFake(
    "unmounts a disk that nobody uses, and takes down the device of a volume that is gone",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const driver = yield* start()
      yield* Effect.forEach(["db", "gone"], (name) => driver.create({ name }))
      const [db, gone] = [yield* driver.get("db"), yield* driver.get("gone")]
      const id = db.directory.slice(db.directory.lastIndexOf("/") + 1)
      yield* fs.makeDirectory(`${root}/mounts/${id}`, { recursive: true })
      yield* ploop.mount({ disk: Disk.inDirectory(db.directory), target: `${root}/mounts/${id}` })
      yield* ploop.mount({ disk: Disk.inDirectory(gone.directory) })
      yield* fs.rename(gone.directory, `${root}/removed/gone`)
      yield* start()
      assert.deepStrictEqual(yield* leftovers, { ...nothing, volumes: 1, mounts: 1 })
    })
  )

  onFake(
    "leaves alone what has a record that cannot be read",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const before = yield* start()
      yield* before.create({ name: "db" })
      const files = yield* before.mount({ name: "db", id: "1" })
      yield* fs.writeFileString(`${files}/rows`, "of db")
      const { directory } = yield* before.get("db")
      const text = yield* fs.readFileString(`${directory}/volume.json`)
      yield* fs.writeFileString(`${directory}/volume.json`, "{}")
      assert.deepStrictEqual(yield* namesOf(yield* start()), [])
      assert.strictEqual(yield* fs.readFileString(`${files}/rows`), "of db")
      yield* fs.writeFileString(`${directory}/volume.json`, text)
      assert.deepStrictEqual(yield* namesOf(yield* start()), ["db"])
    })
  )
})

describe("an unmount that fails", () => {
  onFake(
    "ends the use, and is finished by the next call",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const driver = yield* start()
      yield* driver.create({ name: "db" })
      yield* driver.mount({ name: "db", id: "1" })
      yield* host.fail(
        "umount",
        new PloopError.UmountFailed({ operation: "umount", subject: "db", text: "target is busy" })
      )
      assert.strictEqual(yield* failure(driver.unmount({ name: "db", id: "1" })), "VolumeInUse")
      assert.strictEqual((yield* leftovers).devices, 1)
      yield* driver.remove("db")
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )
})

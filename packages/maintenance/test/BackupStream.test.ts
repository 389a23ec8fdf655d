import { Ploop } from "@effect-ploop/core"
import { Backup } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Chunk, Data, Deferred, Effect, Fiber, Ref, Stream, TestClock } from "effect"
import { alone } from "../src/internal/heavy.js"
import { contents, diskOf, idsOf, onFake, write } from "./utils.js"

class Broken extends Data.TaggedError("Broken") {}

const bytesOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(chunks))))

const names = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(directory), (found) => found.toSorted()))

/** A disk with two snapshots' worth of files, and its backup as bytes. */
const sent = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const disk = yield* diskOf("a")
  yield* write(disk, "one.txt", "1")
  const kept = yield* ploop.createSnapshot({ disk })
  yield* write(disk, "two.txt", "2")
  return { disk, kept, bytes: yield* bytesOf(Backup.send({ disk })) }
})

describe("a backup as a stream", () => {
  onFake(
    "is received as a directory from which the disk can be restored, and leaves no snapshot",
    Effect.gen(function*() {
      const { bytes, disk, kept } = yield* sent
      assert.deepStrictEqual(yield* idsOf(disk), [kept])
      const manifest = yield* Backup.receive({ from: Stream.make(bytes), to: "/vz/backup" })
      assert.deepStrictEqual(yield* Backup.verify("/vz/backup"), manifest)
      const restored = yield* Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" })
      assert.deepStrictEqual(yield* contents(restored), [["one.txt", "1"], ["two.txt", "2"]])
      assert.deepStrictEqual(yield* contents(restored, kept), [["one.txt", "1"]])
    })
  )

  onFake(
    "continues another backup, and keeps one snapshot for the next",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* write(disk, "one.txt", "1")
      yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* write(disk, "two.txt", "2")
      const from = Backup.send({ disk, after: "/vz/monday", keepSnapshot: true })
      const { images, snapshot } = yield* Backup.receive({ from, to: "/vz/tuesday" })
      assert.strictEqual(images.length, 1)
      assert.deepStrictEqual(yield* idsOf(disk), [snapshot])
      const restored = yield* Backup.restore({ from: ["/vz/monday", "/vz/tuesday"], to: "/vz/restored" })
      assert.deepStrictEqual(yield* contents(restored), [["one.txt", "1"], ["two.txt", "2"]])
    })
  )

  onFake(
    "is refused when it was cut off anywhere, and nothing is left of it",
    Effect.gen(function*() {
      const { bytes } = yield* sent
      // Behind the manifest come two empty blocks, which hold nothing.
      const last = bytes.length - 1024
      for (const length of [0, 1, 511, 512, 513, 4096, last >> 1, last - 512, last - 1]) {
        const from = Stream.make(bytes.subarray(0, length))
        const error = yield* Effect.flip(Backup.receive({ from, to: "/vz/backup" }))
        assert.strictEqual(error._tag, "BackupInvalid", `${length} bytes`)
        assert.deepStrictEqual(yield* names("/vz"), ["a"])
      }
    })
  )

  onFake(
    "is refused when a byte of an image has changed",
    Effect.gen(function*() {
      const { bytes } = yield* sent
      const changed = Uint8Array.from(bytes)
      changed[512 + 100] = changed[512 + 100]! ^ 1
      const error = yield* Effect.flip(Backup.receive({ from: Stream.make(changed), to: "/vz/backup" }))
      assert.strictEqual(error._tag, "BackupDamaged")
      assert.deepStrictEqual(yield* names("/vz"), ["a"])
    })
  )

  onFake(
    "that fails on its way fails with its own error, and nothing is left of it",
    Effect.gen(function*() {
      const { bytes } = yield* sent
      const from = Stream.concat(Stream.make(bytes.subarray(0, 4096)), Stream.fail(new Broken()))
      assert.instanceOf(yield* Effect.flip(Backup.receive({ from, to: "/vz/backup" })), Broken)
      assert.deepStrictEqual(yield* names("/vz"), ["a"])
    })
  )

  onFake(
    "deletes its snapshot when the reader stops early, is interrupted, or the disk cannot be read",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* write(disk, "one.txt", "1")
      yield* Stream.runDrain(Stream.take(Backup.send({ disk, keepSnapshot: true }), 1))
      assert.deepStrictEqual(yield* idsOf(disk), [])
      const begun = yield* Deferred.make<void>()
      const slow = Stream.runForEach(
        Backup.send({ disk, keepSnapshot: true }),
        () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      )
      const reading = yield* Effect.fork(slow)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(reading)
      assert.deepStrictEqual(yield* idsOf(disk), [])
      const unreadable = { ...fs, stream: () => Stream.fromEffect(fs.readFile("/nowhere")) }
      const error = yield* Effect.flip(
        Effect.provideService(Stream.runDrain(Backup.send({ disk })), FileSystem.FileSystem, unreadable)
      )
      assert.strictEqual(error._tag, "SystemError")
      assert.deepStrictEqual(yield* idsOf(disk), [])
    })
  )

  onFake(
    "with files that its manifest does not name, or with names that lead elsewhere, is refused",
    Effect.gen(function*() {
      const { bytes } = yield* sent
      for (const name of ["../image.0", "image.9", "notes", "image.99999"]) {
        const renamed = rename(bytes, name)
        const error = yield* Effect.flip(Backup.receive({ from: Stream.make(renamed), to: "/vz/backup" }))
        assert.strictEqual(error._tag, "BackupInvalid", name)
        assert.deepStrictEqual(yield* names("/vz"), ["a"])
      }
    })
  )

  onFake(
    "with a manifest that is too large is refused, and nothing is left of it",
    Effect.gen(function*() {
      const { bytes } = yield* sent
      const renamed = rename(bytes, "backup.json")
      const error = yield* Effect.flip(Backup.receive({ from: Stream.make(renamed), to: "/vz/backup" }))
      assert.include(error.message, "its manifest is larger than 1048576 bytes")
      assert.deepStrictEqual(yield* names("/vz"), ["a"])
    })
  )

  onFake(
    "is refused when another snapshot was merged into one of its images meanwhile",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { disk, kept } = yield* sent
      const isMerged = yield* Ref.make(false)
      const error = yield* Backup.send({ disk }).pipe(
        Stream.tap(() => Effect.unlessEffect(ploop.deleteSnapshot({ disk, id: kept }), Ref.getAndSet(isMerged, true))),
        Stream.runDrain,
        Effect.flip
      )
      assert.strictEqual(error._tag, "BackupInvalid")
      assert.include(error.message, "its images have changed while they were saved")
      assert.deepStrictEqual(yield* idsOf(disk), [])
      assert.deepStrictEqual(yield* contents(disk), [["one.txt", "1"], ["two.txt", "2"]])
    })
  )

  onFake(
    "keeps its snapshot only when all of it was read, and deletes the earlier one then",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const { snapshot: monday } = yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      const stream = Backup.send({ disk, after: "/vz/monday", keepSnapshot: true })
      const all = yield* Stream.runCollect(stream)
      const [tuesday] = yield* idsOf(disk)
      assert.notStrictEqual(tuesday, monday)
      yield* Backup.receive({ from: Stream.fromChunk(all), to: "/vz/tuesday" })
      // At the last chunk the writer has ended, once it was given its turns.
      const turns = Effect.repeatN(Effect.promise(() => new Promise<void>((resume) => setImmediate(resume))), 20)
      const length = Chunk.size(yield* Stream.runCollect(Backup.send({ disk })))
      for (const chunks of [length - 1, length]) {
        yield* TestClock.adjust("1 day")
        const error = yield* Stream.zipWithIndex(Backup.send({ disk, keepSnapshot: true })).pipe(
          Stream.mapEffect(([, index]) => index + 1 === chunks ? Effect.zipRight(turns, new Broken()) : Effect.void),
          Stream.runDrain,
          Effect.flip
        )
        assert.instanceOf(error, Broken)
        assert.deepStrictEqual(yield* idsOf(disk), [tuesday], `broken at chunk ${chunks} of ${length}`)
      }
    })
  )
})

describe("what reads a backup", () => {
  onFake(
    "reads nothing while other work loads the file system",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const { bytes, disk } = yield* sent
      yield* Backup.receive({ from: Stream.make(bytes), to: "/vz/backup" })
      for (const reading of [Effect.asVoid(Backup.verify("/vz/backup")), Stream.runDrain(Backup.send({ disk }))]) {
        const [isBusy, reads] = [yield* Ref.make(false), yield* Ref.make<ReadonlyArray<boolean>>([])]
        const see = Effect.flatMap(Ref.get(isBusy), (busy) => Ref.update(reads, (all) => [...all, busy]))
        const watched: FileSystem.FileSystem = {
          ...fs,
          stream: (path, options) => Stream.tap(fs.stream(path, options), () => see)
        }
        const [begun, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const work = Effect.zipRight(Ref.set(isBusy, true), Deferred.succeed(begun, undefined)).pipe(
          Effect.zipRight(Deferred.await(go)),
          Effect.zipRight(Ref.set(isBusy, false))
        )
        const other = yield* Effect.fork(alone([disk], work))
        yield* Deferred.await(begun)
        const reader = yield* Effect.fork(Effect.provideService(reading, FileSystem.FileSystem, watched))
        // The promises of the archive need turns of the event loop.
        yield* Effect.promise(() => new Promise((resume) => setImmediate(resume))).pipe(Effect.repeatN(50))
        yield* Deferred.succeed(go, undefined)
        yield* Effect.all([Fiber.join(other), Fiber.join(reader)])
        const seen = yield* Ref.get(reads)
        assert.isNotEmpty(seen)
        assert.notInclude(seen, true)
      }
    })
  )

  onFake(
    "keeps the file system from nobody while the reader of a stream waits",
    Effect.gen(function*() {
      const { disk } = yield* sent
      const other = yield* Ref.make(0)
      yield* Backup.send({ disk }).pipe(
        Stream.rechunk(1),
        Stream.runForEach(() => alone([disk], Ref.update(other, (count) => count + 1)))
      )
      assert.isAbove(yield* Ref.get(other), 10)
    })
  )
})

/** The archive with another name for its first file, and the checksum of that. */
const rename = (bytes: Uint8Array, name: string) => {
  const changed = Uint8Array.from(bytes)
  changed.fill(0, 0, 100)
  changed.set(new TextEncoder().encode(name))
  changed.fill(0x20, 148, 156)
  const sum = changed.subarray(0, 512).reduce((one, other) => one + other, 0)
  changed.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148)
  return changed
}

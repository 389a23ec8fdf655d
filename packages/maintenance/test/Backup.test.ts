import { FakeHost } from "@effect-ploop/backend-fake"
import { Ploop, PloopError } from "@effect-ploop/core"
import { Backup } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Cause, Chunk, Deferred, Effect, Fiber } from "effect"
import { dirname } from "node:path"
import { contents, diskOf, idsOf, onFake, write } from "./utils.js"

const saved = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(path))

describe("a backup", () => {
  onFake(
    "of an idle disk can be restored, and leaves no snapshot on the disk",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      yield* write(disk, "one.txt", "1")
      const kept = yield* ploop.createSnapshot({ disk })
      yield* write(disk, "two.txt", "2")
      yield* Backup.create({ disk, to: "/vz/backup" })
      assert.deepStrictEqual(yield* idsOf(disk), [kept])
      const restored = yield* Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" })
      assert.deepStrictEqual(yield* contents(restored), [["one.txt", "1"], ["two.txt", "2"]])
      assert.deepStrictEqual(yield* contents(restored, kept), [["one.txt", "1"]])
      yield* write(restored, "three.txt", "3")
      assert.deepStrictEqual(yield* contents(disk), [["one.txt", "1"], ["two.txt", "2"]])
    })
  )

  onFake(
    "of a mounted disk has what was written and synced before it, and nothing of what came later",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* Ploop.withMount({ disk, target: "/mnt/a" }, () =>
        Effect.gen(function*() {
          yield* fs.writeFileString("/mnt/a/before.txt", "1")
          yield* Backup.create({ disk, to: "/vz/backup" })
          yield* fs.writeFileString("/mnt/a/later.txt", "2")
        }))
      const restored = yield* Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" })
      yield* Ploop.withMount({ disk: restored, target: "/mnt" }, () =>
        Effect.gen(function*() {
          assert.strictEqual(yield* fs.readFileString("/mnt/before.txt"), "1")
          assert.isFalse(yield* fs.exists("/mnt/later.txt"))
        }))
    })
  )

  onFake(
    "that continues another saves only what has changed since, and keeps one snapshot on the disk",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      yield* write(disk, "one.txt", "1")
      const first = yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* write(disk, "two.txt", "2")
      const second = yield* Backup.create({ disk, to: "/vz/tuesday", after: "/vz/monday", keepSnapshot: true })
      yield* write(disk, "three.txt", "3")
      yield* Backup.create({ disk, to: "/vz/wednesday", after: "/vz/tuesday", keepSnapshot: true })
      assert.deepStrictEqual([first.images.length, second.images.length, second.after], [1, 1, first.snapshot])
      assert.strictEqual((yield* idsOf(disk)).length, 1)
      const from = ["/vz/monday", "/vz/tuesday", "/vz/wednesday"]
      const restored = yield* Backup.restore({ from, to: "/vz/restored" })
      assert.deepStrictEqual(yield* contents(restored), [["one.txt", "1"], ["three.txt", "3"], ["two.txt", "2"]])
      const earlier = yield* Backup.restore({ from: from.slice(0, 2), to: "/vz/earlier" })
      assert.deepStrictEqual(yield* contents(earlier), [["one.txt", "1"], ["two.txt", "2"]])
    })
  )

  onFake(
    "cannot continue one whose snapshot is no longer below the top delta",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      const { snapshot } = yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* ploop.deleteSnapshot({ disk, id: snapshot })
      const error = yield* Effect.flip(Backup.create({ disk, to: "/vz/tuesday", after: "/vz/monday" }))
      assert.strictEqual(error._tag, "BackupInvalid")
      assert.include(error.message, `not built on the snapshot ${snapshot} of the backup before: make a full backup`)
      assert.isFalse(yield* saved("/vz/tuesday"))
      assert.deepStrictEqual(yield* idsOf(disk), [])
    })
  )

  onFake(
    "is verified by reading all of it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const manifest = yield* Backup.create({ disk, to: "/vz/backup" })
      assert.strictEqual((yield* Backup.verify("/vz/backup")).snapshot, manifest.snapshot)
      yield* fs.writeFileString("/vz/backup/image.0", "rotten")
      assert.strictEqual((yield* Effect.flip(Backup.verify("/vz/backup")))._tag, "BackupDamaged")
      const error = yield* Effect.flip(Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" }))
      assert.strictEqual(error._tag, "BackupDamaged")
      assert.isFalse(yield* saved("/vz/restored"))
    })
  )

  onFake(
    "touches no directory that is there already",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* Backup.create({ disk, to: "/vz/backup" })
      yield* fs.makeDirectory("/vz/there")
      yield* fs.writeFileString("/vz/there/file", "somebody's")
      assert.strictEqual((yield* Effect.flip(Backup.create({ disk, to: "/vz/there" })))._tag, "SystemError")
      const restoring = Backup.restore({ from: ["/vz/backup"], to: "/vz/there" })
      assert.strictEqual((yield* Effect.flip(restoring))._tag, "SystemError")
      assert.deepStrictEqual(yield* fs.readDirectory("/vz/there"), ["file"])
      assert.deepStrictEqual(yield* idsOf(disk), [])
    })
  )

  onFake(
    "does not take the place of an empty directory that somebody makes meanwhile",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const crowded: FileSystem.FileSystem = {
        ...fs,
        copyFile: (from, to) => Effect.zipRight(fs.makeDirectory("/vz/backup"), fs.copyFile(from, to))
      }
      const error = yield* Effect.flip(
        Effect.provideService(Backup.create({ disk, to: "/vz/backup" }), FileSystem.FileSystem, crowded)
      )
      assert.deepInclude(error, { _tag: "SystemError", reason: "AlreadyExists" })
      assert.deepStrictEqual(yield* fs.readDirectory("/vz/backup"), [])
      assert.deepStrictEqual((yield* fs.readDirectory("/vz")).toSorted(), ["a", "backup"])
    })
  )

  onFake(
    "leaves neither a directory nor a snapshot when it fails or is interrupted",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const begun = yield* Deferred.make<void>()
      const stuck = { ...fs, copyFile: () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never) }
      const fiber = yield* Effect.fork(
        Effect.provideService(Backup.create({ disk, to: "/vz/backup" }), FileSystem.FileSystem, stuck)
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isFalse(yield* saved("/vz/backup"))
      const lying = { ...fs, copyFile: (_: string, to: string) => fs.writeFileString(to, "something else") }
      const error = yield* Effect.flip(
        Effect.provideService(Backup.create({ disk, to: "/vz/backup" }), FileSystem.FileSystem, lying)
      )
      assert.strictEqual(error._tag, "BackupDamaged")
      assert.isFalse(yield* saved("/vz/backup"))
      assert.deepStrictEqual(yield* idsOf(disk), [])
    })
  )

  onFake(
    "reports a snapshot that could not be deleted",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const disk = yield* diskOf("a")
      yield* host.fail(
        "deleteSnapshot",
        new PloopError.Locked({ operation: "deleteSnapshot", subject: disk, text: "" })
      )
      const error = yield* Effect.flip(Backup.create({ disk, to: "/vz/backup" }))
      assert.strictEqual(error._tag, "SnapshotLeft")
      assert.include(error.message, `the snapshot ${(yield* idsOf(disk))[0]} of a backup is left on ${disk}`)
      assert.strictEqual((yield* Backup.verify("/vz/backup")).disk, disk)
    })
  )

  onFake(
    "that fails keeps the first failure when its snapshot cannot be deleted either",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* host.fail(
        "deleteSnapshot",
        new PloopError.Locked({ operation: "deleteSnapshot", subject: disk, text: "" })
      )
      const lying = { ...fs, copyFile: (_: string, to: string) => fs.writeFileString(to, "something else") }
      const cause = yield* Backup.create({ disk, to: "/vz/backup" }).pipe(
        Effect.provideService(FileSystem.FileSystem, lying),
        Effect.sandbox,
        Effect.flip
      )
      assert.deepStrictEqual(Chunk.toArray(Cause.failures(cause)).map(({ _tag }) => _tag), [
        "BackupDamaged",
        "SnapshotLeft"
      ])
      assert.deepStrictEqual((yield* fs.readDirectory("/vz")).toSorted(), ["a"])
    })
  )

  onFake(
    "that fails removes the files that it made, and nothing that somebody else put there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const copyFile = (_: string, to: string) =>
        Effect.gen(function*() {
          yield* fs.writeFileString(`${dirname(to)}/notes.txt`, "somebody's")
          yield* fs.writeFileString(to, "something else")
        })
      const cause = yield* Backup.create({ disk, to: "/vz/backup" }).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...fs, copyFile }),
        Effect.sandbox,
        Effect.flip
      )
      const [first, left] = Chunk.toArray(Cause.failures(cause))
      assert.deepStrictEqual([first?._tag, left?._tag], ["BackupDamaged", "FilesLeft"])
      const [directory] = left?._tag === "FilesLeft" ? left.left : []
      assert.match(directory!, /^\/vz\/backup\.partial-/)
      assert.deepStrictEqual(yield* fs.readDirectory(directory!), ["notes.txt"])
    })
  )

  onFake(
    "that fails leaves a file that has taken the name of one that it made",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      const copyFile = (_: string, to: string) =>
        Effect.gen(function*() {
          yield* fs.writeFileString(`${to}.new`, "somebody's")
          yield* fs.rename(`${to}.new`, to)
        })
      const cause = yield* Backup.create({ disk, to: "/vz/backup" }).pipe(
        Effect.provideService(FileSystem.FileSystem, { ...fs, copyFile }),
        Effect.sandbox,
        Effect.flip
      )
      const left = Chunk.toArray(Cause.failures(cause)).flatMap((error) => error._tag === "FilesLeft" ? error.left : [])
      assert.strictEqual(yield* fs.readFileString(left[0]!), "somebody's")
    })
  )

  onFake(
    "is refused when its manifest is missing or is none, or when it does not continue the one before it",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("a")
      yield* fs.makeDirectory("/vz/half")
      yield* fs.makeDirectory("/vz/odd")
      yield* fs.writeFileString("/vz/odd/backup.json", "{\"format\":2}")
      yield* Backup.create({ disk, to: "/vz/monday", keepSnapshot: true })
      yield* Backup.create({ disk, to: "/vz/tuesday", after: "/vz/monday" })
      const reasonOf = (...from: ReadonlyArray<string>) =>
        Effect.map(Effect.flip(Backup.restore({ from, to: "/vz/restored" })), ({ message }) => message)
      assert.strictEqual(yield* reasonOf("/vz/half"), "/vz/half: it has no backup.json, so it is not a whole backup")
      assert.match(yield* reasonOf("/vz/odd"), /^\/vz\/odd\/backup\.json: it is not the manifest of a backup: format: /)
      assert.include(yield* reasonOf("/vz/tuesday"), "which has to come first")
      assert.include(yield* reasonOf("/vz/monday", "/vz/monday"), "it is a full backup: it continues none")
      assert.include(yield* reasonOf(), "from is [], but it must name at least one backup")
    })
  )
})

import { Disk } from "@effect-ploop/core"
import { Backup, Backups, Plan, type RetentionPolicy } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { contents, diskOf, idsOf, onFake, write } from "./utils.js"

const directory = "/vz/backups"

const night = (disk: Disk.Disk, name: string, incremental: boolean) =>
  Effect.gen(function*() {
    yield* TestClock.adjust("1 day")
    yield* write(disk, `${name}.txt`, name)
    yield* Plan.apply(yield* Backups.planNext({ disk, directory, incremental }))
  })

const nights = (disk: Disk.Disk, count: number, incremental: boolean) =>
  Effect.forEach(Array.from({ length: count }, (_, index) => `${index + 1}`), (name) => night(disk, name, incremental))

const names = Effect.map(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readDirectory(directory)),
  (found) => found.map((name) => name.slice(0, 12)).toSorted()
)

const made = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(directory)
  return yield* diskOf("a", "300M")
})

const retain = (policy: RetentionPolicy.PolicyOptions) =>
  Effect.tap(Backups.planRetention({ directory, policy }), (plan) => Plan.apply(plan))

const last = Effect.map(Backups.list(directory), (all) => Backups.chain(all, all.at(-1)!))

describe("the backups in a directory", () => {
  onFake(
    "continue each other when they are incremental, with one snapshot on the disk",
    Effect.gen(function*() {
      const disk = yield* made
      yield* nights(disk, 3, true)
      const chain = yield* last
      assert.strictEqual(chain.length, 3)
      assert.strictEqual((yield* idsOf(disk)).length, 1)
      yield* Plan.apply(yield* Backup.planRestore({ from: chain, to: "/vz/b" }))
      assert.deepStrictEqual(yield* contents(Disk.inDirectory("/vz/b")), [["1.txt", "1"], ["2.txt", "2"], [
        "3.txt",
        "3"
      ]])
    })
  )

  onFake(
    "begin again with a full one before a chain is too long, still with one snapshot on the disk",
    Effect.gen(function*() {
      const disk = yield* made
      yield* Effect.forEach(["1", "2", "3"], (name) =>
        Effect.gen(function*() {
          yield* TestClock.adjust("1 day")
          yield* write(disk, `${name}.txt`, name)
          yield* Plan.apply(yield* Backups.planNext({ disk, directory, incremental: true, fullEvery: 2 }))
        }))
      assert.deepStrictEqual((yield* Backups.list(directory)).map(({ manifest }) => manifest.after !== undefined), [
        false,
        true,
        false
      ])
      assert.strictEqual((yield* idsOf(disk)).length, 1)
      yield* Backup.restore({ from: yield* last, to: "/vz/b" })
      assert.strictEqual((yield* contents(Disk.inDirectory("/vz/b"))).length, 3)
    })
  )

  onFake(
    "are kept by a policy, and each that a kept one continues",
    Effect.gen(function*() {
      const disk = yield* made
      yield* nights(disk, 2, false)
      yield* nights(disk, 3, true)
      const plan = yield* retain({ last: 2 })
      assert.deepStrictEqual(yield* names, ["a-1970-01-04", "a-1970-01-05", "a-1970-01-06"])
      assert.match(plan.kept.at(-1)!.reason, /a-1970-01-05.* continues it$/)
      assert.strictEqual((yield* last).length, 3)
      yield* retain({ last: 2 })
      assert.deepStrictEqual(yield* names, ["a-1970-01-04", "a-1970-01-05", "a-1970-01-06"])
    })
  )

  onFake(
    "stay when their manifest is damaged, and then keep neither the next one nor the others from what is planned",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* made
      yield* nights(disk, 3, false)
      const [first, second] = yield* Backups.list(directory)
      yield* fs.writeFileString(`${second!.directory}/backup.json`, "{")
      assert.strictEqual((yield* Effect.flip(Backups.list(directory)))._tag, "BackupInvalid")
      const plan = yield* retain({ last: 1 })
      assert.deepStrictEqual(plan.kept.filter(({ isUnread }) => isUnread).map(({ subject }) => subject), [
        second!.directory
      ])
      assert.isFalse(yield* fs.exists(first!.directory))
      assert.isTrue(yield* fs.exists(second!.directory))
      yield* TestClock.adjust("1 day")
      yield* Plan.apply(yield* Backups.planNext({ disk, directory, incremental: true }))
    })
  )

  onFake(
    "are kept by the names of their directories",
    Effect.gen(function*() {
      yield* nights(yield* made, 3, false)
      yield* retain({ last: 1, keepNames: ["*-01-02T*"] })
      assert.deepStrictEqual(yield* names, ["a-1970-01-02", "a-1970-01-04"])
      yield* retain({ last: 1, onlyNames: ["b-*"] })
      assert.deepStrictEqual(yield* names, ["a-1970-01-02", "a-1970-01-04"])
    })
  )

  onFake(
    "are removed file by file, and a directory with other files stays",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* made
      yield* nights(disk, 2, false)
      const [old] = yield* Backups.list(directory)
      yield* fs.writeFileString(`${old!.directory}/notes.txt`, "somebody's")
      const plan = yield* retain({ last: 1 })
      assert.match(plan.kept.map(({ reason }) => reason).join(), /the directory has other files: notes\.txt/)
      assert.deepStrictEqual(yield* fs.readDirectory(old!.directory), ["notes.txt"])
    })
  )

  onFake(
    "are not removed when a file of one has changed since the plan",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* nights(yield* made, 2, false)
      const [old] = yield* Backups.list(directory)
      const plan = yield* Backups.planRetention({ directory, policy: { last: 1 } })
      yield* TestClock.adjust("1 hour")
      yield* fs.writeFileString(`${old!.directory}/image.0`, "another")
      assert.strictEqual((yield* Effect.flip(Plan.apply(plan)))._tag, "PlanOutdated")
      assert.strictEqual(yield* fs.readFileString(`${old!.directory}/image.0`), "another")
    })
  )
})

describe("the plan of a backup", () => {
  onFake(
    "is refused where something else is, and is outdated once something else is there",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* made
      const refused = yield* Effect.flip(Backup.plan({ disk, to: directory }))
      assert.strictEqual(refused.message, "to is /vz/backups, but it must not exist")
      const plan = yield* Backup.plan({ disk, to: "/vz/one" })
      yield* fs.makeDirectory("/vz/one")
      assert.strictEqual((yield* Effect.flip(Plan.apply(plan)))._tag, "PlanOutdated")
      const restoring = yield* Effect.flip(Backup.planRestore({ from: [], to: "/vz/two" }))
      assert.strictEqual(restoring.message, "from is [], but it must name at least one backup")
    })
  )
})

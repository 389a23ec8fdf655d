import { Progress } from "@effect-ploop/core"
import { Backup, Plan } from "@effect-ploop/maintenance"
import { assert, describe } from "@effect/vitest"
import { Effect, Ref, Stream } from "effect"
import { diskOf, onFake, write } from "./utils.js"

/** The first and the last report of each kind of work that an effect does. */
const heard = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const all = yield* Ref.make<ReadonlyArray<Progress.Progress>>([])
    yield* Progress.onProgress(effect, (report) => Ref.update(all, (before) => [...before, report]))
    return yield* Ref.get(all)
  })

const about = (reports: ReadonlyArray<Progress.Progress>, name: string, subject: string) =>
  reports.filter(({ operation }) => operation === name).map((report) => {
    assert.strictEqual(report.subject, subject)
    return report
  })

/** Whether work was reported from nothing to all of so many bytes. */
const isWhole = (reports: ReadonlyArray<Progress.Progress>, total: bigint) => {
  assert.isAbove(Number(total), 0)
  assert.deepInclude(reports[0]!, { done: 0n, finished: false })
  assert.deepInclude(reports.findLast(({ finished }) => !finished)!, { done: total })
  assert.deepInclude(reports.at(-1)!, { done: total, total, finished: true })
}

const sizeOf = ({ images }: Backup.Manifest) => images.reduce((sum, { size }) => sum + size, 0n)

describe("the progress of a backup", () => {
  onFake(
    "counts what is read of the images: twice for a copy, which is compared, and once for a stream, a check and a restoration",
    Effect.gen(function*() {
      const disk = yield* diskOf("a", "300M")
      yield* write(disk, "one.txt", "1")
      const plan = yield* Backup.plan({ disk, to: "/vz/backup" })
      const made = yield* heard(Plan.apply(plan))
      const manifest = yield* Backup.verify("/vz/backup")
      const size = sizeOf(manifest)
      isWhole(about(made, "backup", disk), 2n * size)
      isWhole(about(yield* heard(Stream.runDrain(Backup.send({ disk }))), "send", disk), size)
      isWhole(about(yield* heard(Backup.verify("/vz/backup")), "verify", "/vz/backup"), size)
      const restored = yield* heard(Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" }))
      isWhole(about(restored, "restore", "/vz/restored"), size)
      const received = about(
        yield* heard(Backup.receive({ from: Backup.send({ disk }), to: "/vz/received" })),
        "receive",
        "/vz/received"
      )
      assert.deepInclude(received.at(-1)!, { total: undefined, finished: true })
      assert.isAbove(Number(received.at(-1)!.done), Number(size))
    })
  )

  onFake(
    "names the operations in it too, and does not end when it fails",
    Effect.gen(function*() {
      const disk = yield* diskOf("a", "300M")
      const names = (reports: ReadonlyArray<Progress.Progress>) => new Set(reports.map(({ operation }) => operation))
      assert.includeMembers(
        Array.from(names(yield* heard(Backup.create({ disk, to: "/vz/backup" })))),
        ["backup", "deleteSnapshot"]
      )
      const failed = yield* heard(Effect.flip(Backup.create({ disk, to: "/vz/backup" })))
      assert.deepStrictEqual(new Set(about(failed, "backup", disk).map(({ finished }) => finished)), new Set([false]))
    })
  )
})

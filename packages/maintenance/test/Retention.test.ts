import { Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import type { RetentionPolicy } from "@effect-ploop/maintenance"
import { Plan, Retention, SnapshotTime } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, TestClock } from "effect"
import { contents, diskOf, history, idsOf, onFake, takeDated } from "./utils.js"

const deleted = (plan: Plan.Plan) =>
  plan.steps.map(({ action }) => action._tag === "DeleteSnapshot" ? action.id : undefined)

const reasonOf = (plan: Plan.Plan, id: string | undefined) => plan.kept.find(({ subject }) => subject === id)?.reason

describe("the identifier of a snapshot", () => {
  it.effect("has the time at which it was made, to the millisecond", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_795_910_400_123)
      const id = yield* SnapshotTime.identifier
      assert.match(id, /^\{[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\}$/)
      assert.strictEqual(Option.getOrThrow(SnapshotTime.fromId(id)).epochMillis, 1_795_910_400_123)
    }))

  it.effect("of another version has no time", () =>
    Effect.gen(function*() {
      assert.isTrue(Option.isNone(SnapshotTime.fromId(yield* SnapshotId.random)))
      assert.isTrue(Option.isNone(SnapshotTime.fromId(SnapshotId.top)))
    }))
})

describe("a retention", () => {
  onFake(
    "keeps the newest of each period, and deletes the rest without a loss for those that stay",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ids = yield* history(disk, ["1 hour", "1 hour", "22 hours", "1 day", "1 day", "1 hour"])
      const kept = [ids[3], ids[5]]
      const before = yield* Effect.forEach(kept, (id) => contents(disk, id))
      const plan = yield* Retention.plan({ disk, policy: { daily: 2 } })
      assert.deepStrictEqual(deleted(plan), [ids[0], ids[1], ids[2], ids[4]])
      yield* Plan.apply(plan)
      assert.deepStrictEqual(yield* idsOf(disk), kept)
      assert.deepStrictEqual(yield* Effect.forEach(kept, (id) => contents(disk, id)), before)
    })
  )

  onFake(
    "says why each snapshot stays",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ploop = yield* Ploop.Ploop
      const foreign = yield* ploop.createSnapshot({ disk })
      const ids = yield* history(disk, ["1 day", "1 day", "1 day", "1 day"])
      const plan = yield* Retention.plan({ disk, policy: { daily: 2, pinned: [ids[0]!] } })
      assert.strictEqual(reasonOf(plan, ids[3]), "the newest")
      assert.strictEqual(reasonOf(plan, ids[2]), "the newest of the day 1970-01-04")
      assert.strictEqual(reasonOf(plan, ids[0]), "it is pinned")
      assert.strictEqual(reasonOf(plan, foreign), "its age is not known")
      assert.deepStrictEqual(deleted(plan), [ids[1]])
    })
  )

  onFake(
    "begins its periods in the time zone of the policy",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      // 21:30, 22:30 and 23:30 UTC. The next day has begun for the last one an hour, and for the last two two hours, east.
      const ids = yield* history(disk, [Duration.hours(21.5), "1 hour", "1 hour"])
      const of = (timeZone: string) => Retention.plan({ disk, policy: { daily: 5, timeZone } })
      assert.deepStrictEqual(deleted(yield* of("UTC")), [ids[0], ids[1]])
      assert.deepStrictEqual(deleted(yield* of("Europe/Berlin")), [ids[0]])
      assert.deepStrictEqual(deleted(yield* of("Etc/GMT-2")), [ids[1]])
    })
  )

  onFake(
    "keeps the newest snapshot whatever the policy says",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ploop = yield* Ploop.Ploop
      const [newest] = yield* history(disk, ["1 hour"])
      yield* TestClock.adjust("100 days")
      assert.deepStrictEqual(deleted(yield* Retention.plan({ disk, policy: { within: "1 day" } })), [])
      yield* ploop.deleteSnapshot({ disk, id: newest! })
      yield* ploop.createSnapshot({ disk })
      const last = yield* ploop.createSnapshot({ disk })
      const plan = yield* Retention.plan({ disk, policy: { last: 1, unknownAge: "delete" } })
      assert.strictEqual(reasonOf(plan, last), "the newest")
      assert.strictEqual(deleted(plan).length, 1)
    })
  )

  onFake(
    "keeps a snapshot that several others are built on, and one that is temporary",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ploop = yield* Ploop.Ploop
      const [fork, first] = yield* history(disk, ["1 hour", "1 hour"])
      yield* ploop.switchSnapshot({ disk, id: fork! })
      const [second] = yield* history(disk, ["1 hour"])
      const plan = yield* Retention.plan({ disk, policy: { last: 2 } })
      assert.deepStrictEqual(deleted(plan), [])
      assert.strictEqual(reasonOf(plan, fork), "2 others are built on it")
      assert.strictEqual(reasonOf(plan, first), "one of the newest 2")
      assert.strictEqual(reasonOf(plan, second), "the newest")
    })
  )

  onFake(
    "keeps the newest snapshot of the branch that the top delta is on, beside the newest of all",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ploop = yield* Ploop.Ploop
      const [root, , side] = yield* history(disk, ["1 hour", "1 hour", "1 hour"])
      yield* ploop.switchSnapshot({ disk, id: root! })
      const [old, newest] = yield* history(disk, ["1 hour", "1 hour"])
      yield* ploop.switchSnapshot({ disk, id: side! })
      const plan = yield* Retention.plan({ disk, policy: { last: 1 } })
      assert.strictEqual(reasonOf(plan, newest), "the newest")
      assert.strictEqual(reasonOf(plan, side), "the newest that the top delta is built on")
      assert.strictEqual(reasonOf(plan, root), "2 others are built on it")
      yield* Plan.apply(plan)
      assert.sameMembers(yield* idsOf(disk), [root, side, newest])
      assert.notInclude(yield* idsOf(disk), old)
      assert.strictEqual((yield* contents(disk)).length, 3)
      assert.strictEqual((yield* contents(disk, newest)).length, 3)
    })
  )

  onFake(
    "keeps snapshots by the names that the tools of containers have for them, and judges those alone that it is about",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const disk = yield* diskOf("101/root")
      const [upgrade, one, two, byHand, last] = yield* history(disk, Array.from({ length: 5 }, () => "1 hour"))
      const named = [[upgrade, "before &lt;upgrade&gt;"], [one, "nightly-1"], [two, "nightly-2"], [byHand, "mine"]]
      const items = named.reduceRight(
        (inner, [id, name]) =>
          `<SavedStateItem guid="${id}"><Name>${name}</Name><Description><![CDATA[<Name>x</Name>]]></Description>${inner}</SavedStateItem>`,
        ""
      )
      const text = `<?xml version="1.0"?>
<ParallelsSavedStates><SavedStateItem guid=""><Name></Name>${items}</SavedStateItem></ParallelsSavedStates>
`
      yield* fs.writeFileString("/vz/101/Snapshots.xml", text)
      const keeping = yield* Retention.plan({ disk, policy: { last: 1, keepNames: ["before <*", "mi?e"] } })
      assert.deepStrictEqual(deleted(keeping), [one, two])
      assert.strictEqual(reasonOf(keeping, upgrade), "the policy keeps its name before <upgrade>")
      const only = yield* Retention.plan({ disk, policy: { last: 1, onlyNames: ["nightly-*"] } })
      assert.deepStrictEqual(deleted(only), [one])
      assert.strictEqual(reasonOf(only, two), "the newest")
      assert.strictEqual(reasonOf(only, byHand), "the policy is not about its name mine")
      assert.strictEqual(reasonOf(only, last), `the policy is not about its name ${last!.slice(1, -1)}`)
      const given = yield* Retention.plan({ disk, policy: { last: 1, keepNames: ["*2"] }, names: { [two!]: "x2" } })
      assert.notInclude(deleted(given), two)
      yield* fs.writeFileString("/vz/101/Snapshots.xml", text.replace("</Name>", ""))
      const error = yield* Effect.flip(Retention.plan({ disk, policy: { last: 1, keepNames: ["mine"] } }))
      assert.match(
        error.message,
        /^the file of the names is \/vz\/101\/Snapshots.xml, but it must be XML, but in line 2: /
      )
      assert.strictEqual(deleted(yield* Retention.plan({ disk, policy: { last: 1 } })).length, 4)
    })
  )

  onFake(
    "is refused when it would leave no room for a further snapshot",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const disk = yield* diskOf("a")
      yield* Effect.forEach(Array.from({ length: 126 }), () => ploop.createSnapshot({ disk }))
      const error = yield* Effect.flip(Retention.plan({ disk, policy: { within: "30 days" } }))
      assert.strictEqual(error._tag, "PolicyInvalid")
      assert.include(error.message, "leaves below the top delta is 126, but it must be smaller than 126")
      assert.strictEqual((yield* Effect.flip(ploop.createSnapshot({ disk })))._tag, "SnapshotLimitReached")
      yield* ploop.deleteSnapshot({ disk, id: (yield* idsOf(disk))[0]! })
      yield* Retention.plan({ disk, policy: { within: "30 days" } })
      yield* ploop.createSnapshot({ disk })
    })
  )

  onFake(
    "shows the tree that the disk has afterwards",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ploop = yield* Ploop.Ploop
      yield* history(disk, ["1 day", "1 day", "1 day", "1 day"])
      const plan = yield* Retention.plan({ disk, policy: { daily: 2 } })
      yield* Plan.apply(plan)
      const after = yield* ploop.listSnapshots({ disk })
      assert.strictEqual(SnapshotTree.render(plan.preview!.after), SnapshotTree.render(after))
    })
  )

  onFake(
    "deletes snapshots of a disk that is mounted",
    Effect.gen(function*() {
      const disk = yield* diskOf("a")
      const ids = yield* history(disk, ["1 day", "1 day", "1 day"])
      yield* Ploop.withMount(
        { disk, target: "/mnt/a" },
        () => Effect.flatMap(Retention.plan({ disk, policy: { last: 1 } }), Plan.apply)
      )
      assert.deepStrictEqual(yield* idsOf(disk), [ids[2]])
    })
  )
})

describe("a policy that is refused", () => {
  const refused = (title: string, policy: RetentionPolicy.PolicyOptions, message: string) =>
    onFake(
      title,
      Effect.gen(function*() {
        const disk = yield* diskOf("a")
        yield* takeDated(disk)
        const error = yield* Effect.flip(Retention.plan({ disk, policy }))
        assert.strictEqual(error._tag, "PolicyInvalid")
        assert.strictEqual(error.message, message)
      })
    )

  refused(
    "has no rule about time",
    { unknownAge: "delete" },
    "last is 0, but it must be larger than zero, or another rule about time must be given"
  )
  refused(
    "keeps more than a chain can have",
    { daily: 100, hourly: 30 },
    "daily is 100, but it must be smaller: the counts add up to 130, and a chain has at most 126 deltas"
  )
  refused(
    "has a time zone that is none",
    { daily: 1, timeZone: "Mars/Base" },
    "timeZone is Mars/Base, but it must be the name of a time zone, as in Europe/Berlin"
  )
  refused("has a count that is none", { daily: -1 }, "daily is -1, but it must be a whole number that is not negative")
  refused(
    "has a duration that is none",
    { within: "soon" },
    "within is \"soon\", but it must be a number and a unit, as in 36 hours"
  )
})

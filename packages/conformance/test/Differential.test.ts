import { Differential } from "@effect-ploop/conformance"
import { Ploop, PloopError } from "@effect-ploop/core"
import { Target } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Config, Context, Effect, Layer } from "effect"
import { missing, title } from "./utils/realTool.js"
import { fake, real } from "./utils/targets.js"

const options = Config.all({
  sequences: Config.withDefault(Config.integer("PLOOP_TEST_SEQUENCES"), 100),
  shrink: Config.withDefault(Config.boolean("PLOOP_TEST_SHRINK"), true)
})

/** A fixed seed, so that a difference comes from the change under test. `compare` explores other seeds. */
const seed = Config.withDefault(Config.integer("PLOOP_TEST_SEED"), 3001)

const sound = fake("1.15", [])

/** The host in memory, with changed operations. */
const broken = (change: (ploop: Ploop.Ploop) => Partial<Ploop.Ploop>) =>
  Target.make({
    ...sound,
    name: "a broken host",
    layer: Layer.map(sound.layer, (context) => {
      const ploop = Context.get(context, Ploop.Ploop)
      return Context.add(context, Ploop.Ploop, { ...ploop, ...change(ploop) })
    })
  })

const few = { sequences: 60, seed: 1, mounts: false }

const differenceOf = (target: Target.Target, chosen: Partial<Differential.Options> = {}) =>
  Effect.flip(Differential.compare(sound, target, { ...few, ...chosen })).pipe(
    Effect.flatMap((error) =>
      error instanceof Differential.TargetsDiffer ? Effect.succeed(error) : Effect.dieMessage(error.message)
    )
  )

describe("two targets", () => {
  it.effect("agree when they behave the same, and count the operations", () =>
    Effect.gen(function*() {
      const { operations, sequences, steps } = yield* Differential.compare(sound, sound, few)
      assert.strictEqual(sequences, few.sequences)
      assert.isAbove(steps, 5 * few.sequences)
      const { failed, succeeded } = operations["createSnapshot"]!
      assert.isAbove(succeeded, failed)
      const counted = Object.values(operations).reduce((sum, each) => sum + each.succeeded + each.failed, 0)
      assert.strictEqual(counted, steps)
    }))

  it.effect("are compared on request in what the usual sequences leave out", () =>
    Effect.gen(function*() {
      const counted = (chosen: Partial<Differential.Options>) =>
        Effect.map(
          Differential.compare(sound, sound, { ...few, sequences: 20, ...chosen }),
          ({ operations }) => Object.keys(operations)
        )
      assert.includeMembers(yield* counted({ extended: true }), ["encrypt", "mergeDelta", "createSnapshot"])
      assert.notInclude(yield* counted({}), "mergeDelta")
    }))

  it.effect("differ when a result differs, and the shortest sequence shows it", () =>
    Effect.gen(function*() {
      const { one, other, steps } = yield* differenceOf(broken(() => ({ isMounted: () => Effect.succeed(true) })))
      assert.lengthOf(steps, 2)
      assert.match(steps[0]!, /^create \{/)
      assert.match(steps[1]!, /^isMounted/)
      assert.deepStrictEqual([one.name, one.seen[0]], [sound.name, "result: false"])
      assert.deepStrictEqual([other.name, other.seen[0]], ["a broken host", "result: true"])
    }))

  it.effect("differ when an error differs", () =>
    Effect.gen(function*() {
      const target = broken((ploop) => ({
        deleteSnapshot: (asked) =>
          Effect.catchTag(ploop.deleteSnapshot(asked), "SnapshotNotFound", ({ id, operation, subject, text }) =>
            Effect.fail(new PloopError.SnapshotHasChildren({ operation, subject, text, id, children: 1 })))
      }))
      const { one, other, steps } = yield* differenceOf(target, { sequences: 300 })
      assert.strictEqual(steps.length, 2)
      assert.match(steps[1]!, /^deleteSnapshot/)
      assert.match(one.seen[0]!, /^result: SnapshotNotFound/)
      assert.match(other.seen[0]!, /^result: SnapshotHasChildren/)
    }))

  it.effect("differ when the results are the same but the disks differ, without a superfluous step", () =>
    Effect.gen(function*() {
      const target = broken((ploop) => ({
        switchSnapshot: ({ disk, id }) =>
          Effect.zipLeft(
            ploop.switchSnapshot({ disk, id }),
            // Nothing else is in the way of this conversion.
            Effect.orDie(ploop.convert({ disk, format: "preallocated" }))
          )
      }))
      const { message, steps } = yield* differenceOf(target)
      assert.lengthOf(steps, 3)
      assert.match(steps[1]!, /^createSnapshot [abcd]$/)
      assert.strictEqual(steps[2], steps[1]!.replace("create", "switch"))
      assert.include(message, ["seed 1", ...steps, `${sound.name}:`].join("\n"))
      assert.match(message, /^ {4} +<Preallocated>1<\/Preallocated>$/m)
    }))

  it.effect("are compared up to the first difference when shrinking is off", () =>
    Effect.gen(function*() {
      const target = broken(() => ({ isMounted: () => Effect.succeed(true) }))
      const found = yield* Effect.forEach([1, 2, 3], (seed) => differenceOf(target, { shrink: false, seed }))
      for (const { steps } of found) assert.match(steps.at(-1)!, /^isMounted/)
      // Some begin with the step that differs.
      assert.isAbove(Math.max(...found.map(({ steps }) => steps.length)), 2)
    }))
})

describe.skipIf(missing !== undefined)(title("the host in memory and the real tool"), () => {
  it.live(
    "agree after every step of sequences that need no kernel driver",
    () =>
      Effect.gen(function*() {
        const chosen = { ...(yield* options), seed: yield* seed, mounts: false, jobs: 2 }
        yield* Effect.log(`seed ${chosen.seed}`)
        const { sequences, steps } = yield* Differential.compare(real, sound, chosen)
        assert.strictEqual(sequences, chosen.sequences)
        assert.isAbove(steps, sequences)
      }),
    600_000
  )
})

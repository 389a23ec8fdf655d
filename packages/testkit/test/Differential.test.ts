import { Differential } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Random } from "effect"
import { missing, title } from "./utils/realTool.js"
import { fake, real } from "./utils/targets.js"

const options = Config.all({
  sequences: Config.withDefault(Config.integer("PLOOP_TEST_SEQUENCES"), 300),
  shrink: Config.withDefault(Config.boolean("PLOOP_TEST_SHRINK"), true)
})

const seed = Effect.orElse(Config.integer("PLOOP_TEST_SEED"), () => Random.nextIntBetween(0, 1_000_000_000))

describe.skipIf(missing !== undefined)(title("the host in memory and the real tool"), () => {
  it.live(
    "agree after every step of any sequence of operations that needs no kernel driver",
    () =>
      Effect.gen(function*() {
        const chosen = { ...(yield* options), seed: yield* seed, mounts: false, jobs: 2 }
        yield* Effect.log(`seed ${chosen.seed}`)
        const { sequences, steps } = yield* Differential.compare(real, fake("1.15", []), chosen)
        assert.strictEqual(sequences, chosen.sequences)
        assert.isAbove(steps, sequences)
      }),
    600_000
  )
})

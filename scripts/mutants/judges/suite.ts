/**
 * Runs the conformance suite on the host in memory, of each generation, until a
 * case fails.
 *
 * It imports modules and not barrels, because most of its time goes by loading.
 */
import { Generation } from "@effect-ploop/core/Generation"
import type * as Case from "@effect-ploop/testkit/Case"
import type * as Runner from "@effect-ploop/testkit/Runner"
import * as Array from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { answer } from "./question.js"
import { replace } from "./replaced.js"
import * as Verdict from "./Verdict.js"

/** Loaded late, so that a broken file of any of them is in its place. */
const load = Effect.promise(async () => ({
  Fake: await import("@effect-ploop/backend-fake/PloopFake"),
  Capability: await import("@effect-ploop/testkit/Capability"),
  Case: await import("@effect-ploop/testkit/Case"),
  Report: await import("@effect-ploop/testkit/Report"),
  Runner: await import("@effect-ploop/testkit/Runner"),
  Suite: await import("@effect-ploop/testkit/Suite"),
  Target: await import("@effect-ploop/testkit/Target")
}))

type Modules = Effect.Effect.Success<typeof load>

const targetOf = ({ Capability, Fake, Target }: Modules, generation: Generation) =>
  Target.make({
    name: `the host in memory, generation ${generation}`,
    layer: Fake.layer({ generation }),
    scratch: "/vz",
    capabilities: Capability.ofGeneration(generation)
  })

/** The outcome of the cases on a host: the first failure, or how many passed. */
const judge = (modules: Modules, generation: Generation, cases: ReadonlyArray<Case.Case>) =>
  Effect.gen(function*() {
    const failed = yield* Deferred.make<Verdict.Verdict>()
    const onEvent = (event: Runner.Event) => {
      if (event._tag !== "CaseEnded" || event.result.outcome._tag !== "Failed") return Effect.void
      const { id, outcome: { message } } = event.result
      const verdict = Verdict.Noticed.make({ by: `${id}, generation ${generation}`, message })
      // The run goes no further; the race interrupts it.
      return Effect.zipRight(Deferred.succeed(failed, verdict), Effect.never)
    }
    const all = Effect.map(
      modules.Runner.run(targetOf(modules, generation), { cases, onEvent }),
      ({ results }): Verdict.Verdict => Verdict.Survived.make({ passed: modules.Report.counts(results).passed })
    )
    return yield* Effect.raceFirst(Deferred.await(failed), all)
  })

await answer(({ change, operation }) =>
  Effect.gen(function*() {
    if (change !== undefined) replace(change)
    const modules = yield* load
    const [others, first] = Array.partition(modules.Suite.all, (self) => modules.Case.operation(self) === operation)
    let passed = 0
    for (const cases of [first, others]) {
      for (const generation of Generation.literals) {
        const verdict = yield* judge(modules, generation, cases)
        if (verdict._tag === "Noticed") return verdict
        passed += verdict.passed
      }
    }
    return Verdict.Survived.make({ passed })
  }).pipe(Effect.orDie)
)

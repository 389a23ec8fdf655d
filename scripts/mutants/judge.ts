/**
 * Runs the suite on a copy of the sources of `backend-fake`, on a host of each
 * generation, until a case fails; prints the verdict. The arguments: the
 * directory of the copy, and the operation whose cases are run first.
 *
 * It imports modules and not barrels, because most of its time goes by loading.
 */
import type * as Fake from "@effect-ploop/backend-fake/PloopFake"
import { Generation } from "@effect-ploop/core/Generation"
import * as Capability from "@effect-ploop/testkit/Capability"
import * as Case from "@effect-ploop/testkit/Case"
import * as Report from "@effect-ploop/testkit/Report"
import * as Runner from "@effect-ploop/testkit/Runner"
import * as Suite from "@effect-ploop/testkit/Suite"
import * as Target from "@effect-ploop/testkit/Target"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { pathToFileURL } from "node:url"
import * as Verdict from "./Verdict.js"

const [directory = "", operation = ""] = process.argv.slice(2)

const load: Effect.Effect<typeof Fake> = Effect.promise(() => import(pathToFileURL(`${directory}/PloopFake.ts`).href))

const targetOf = ({ layer }: typeof Fake, generation: Generation) =>
  Target.make({
    name: `the host in memory, generation ${generation}`,
    layer: Layer.merge(layer({ generation }), Path.layer),
    scratch: "/vz",
    capabilities: Capability.ofGeneration(generation)
  })

/** What comes of the cases on a host: the first failure, or how many passed. */
const judge = (fake: typeof Fake, generation: Generation, cases: ReadonlyArray<Case.Case>) =>
  Effect.gen(function*() {
    const failed = yield* Deferred.make<Verdict.Verdict>()
    const onEvent = (event: Runner.Event) => {
      if (event._tag !== "CaseEnded" || event.result.outcome._tag !== "Failed") return Effect.void
      const { id, outcome: { message } } = event.result
      const verdict = Verdict.Noticed.make({ case: id, generation, message })
      // The run goes no further; the race interrupts it.
      return Effect.zipRight(Deferred.succeed(failed, verdict), Effect.never)
    }
    const all = Effect.map(
      Runner.run(targetOf(fake, generation), { cases, onEvent }),
      ({ results }): Verdict.Verdict => Verdict.Survived.make({ passed: Report.counts(results).passed })
    )
    return yield* Effect.raceFirst(Deferred.await(failed), all)
  })

const main = Effect.gen(function*() {
  const fake = yield* load
  const [others, first] = Array.partition(Suite.all, (self) => Case.operation(self) === operation)
  let passed = 0
  for (const cases of [first, others]) {
    for (const generation of Generation.literals) {
      const verdict = yield* judge(fake, generation, cases)
      if (verdict._tag === "Noticed") return verdict
      passed += verdict.passed
    }
  }
  return Verdict.Survived.make({ passed })
})

main.pipe(
  Effect.flatMap(Schema.encode(Verdict.Json)),
  Effect.flatMap(Console.log),
  NodeRuntime.runMain
)

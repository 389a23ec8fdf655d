/**
 * The suite as vitest tests, for the repository of a backend. Import it by its own
 * path: it is the only module that imports vitest.
 *
 * @example
 * import type { Case } from "@effect-ploop/testkit"
 * import { Target } from "@effect-ploop/testkit"
 * import * as Vitest from "@effect-ploop/testkit/Vitest"
 * import type { Layer } from "effect"
 *
 * // A backend, with the file system of its host.
 * declare const layer: Layer.Layer<Case.Services>
 *
 * Vitest.suite(Target.make({ name: "my backend", layer, scratch: "/vz/conformance" }))
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, afterEach, beforeAll, describe, it } from "vitest"
import * as Case from "./Case.js"
import type { Operation } from "./Report.js"
import * as Runner from "./Runner.js"
import { all } from "./Suite.js"
import type { Profile } from "./Target.js"
import { profile as profileOf } from "./Target.js"
import type { Target } from "./Target.js"

/**
 * Which cases to run, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The cases to run. Default: all. */
  readonly cases?: ReadonlyArray<Case.Case> | undefined
  /** The time after which a case fails. Default: 10 minutes. */
  readonly limit?: Duration.DurationInput | undefined
  /** Whether cases run at the same time. Default: `false`. */
  readonly concurrent?: boolean | undefined
}

const shown = ({ arguments: argv, exitCode, name, outcome, subject }: Operation): string =>
  `  ${name} ${subject}: ${outcome}${argv === undefined ? "" : `\n    ${argv}\n    exit code ${exitCode}`}`

/**
 * Defines a `describe` with one test for each case, grouped by operation. Cases
 * that need more than the target has are skipped, with the reason as their note.
 * When every one is skipped, the `describe` fails, because nothing was tested.
 *
 * @since 0.1.0
 * @category tests
 */
export const suite = <E>(target: Target<E>, options: Options = {}): void => {
  const { cases = all, limit = "10 minutes" } = options
  // Vitest's own limit is longer, so that the runner cleans up after a case.
  const timeout = Duration.toMillis(limit) + 60_000

  describe(`${target.name}: conformance`, () => {
    const runtime = ManagedRuntime.make(target.layer)
    let profile: Profile | undefined
    let [tried, skipped] = [0, 0]

    beforeAll(async () => {
      profile = await runtime.runPromise(profileOf(target))
    }, timeout)

    afterAll(async () => {
      await runtime.dispose()
      if (tried === 0 && skipped > 0) throw new Error(`each of the ${skipped} cases was skipped: nothing was tested`)
    }, timeout)

    // A backend in memory never yields to the event loop, and vitest's worker must hear from the main thread every minute.
    afterEach(() => new Promise<void>((resolve) => setImmediate(resolve)))

    for (const operation of new Set(cases.map(Case.operation))) {
      describe(operation, { concurrent: options.concurrent === true }, () => {
        for (const self of cases.filter((other) => Case.operation(other) === operation)) {
          it(`${self.title} (${self.id})`, { timeout, sequential: self.alone === true }, async (context) => {
            if (profile === undefined) throw new Error("the target was not built")
            const { outcome } = await runtime.runPromise(
              Runner.runCase({ profile, scratch: target.scratch }, self, limit),
              { signal: context.signal }
            )
            if (outcome._tag === "Skipped") {
              skipped++
              return context.skip(outcome.reason)
            }
            tried++
            if (outcome._tag === "Failed") {
              const operations = outcome.operations.map(shown).join("\n")
              throw new Error(`${outcome.message}\n${operations}\n${outcome.output.join("\n")}`)
            }
          })
        }
      })
    }
  })
}

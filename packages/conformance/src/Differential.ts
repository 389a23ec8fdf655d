/**
 * Runs random sequences of operations on two targets, and compares them after each
 * step: results, errors, descriptors, snapshot trees and files. It shrinks a
 * difference to a short sequence.
 *
 * @since 0.1.0
 */
import type { CreateError } from "@effect-ploop/core/OperationError"
import type { Failure as RunFailure } from "@effect-ploop/testkit/Runner"
import type { Target } from "@effect-ploop/testkit/Target"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as internal from "./internal/differential/compare.js"

/**
 * Which sequences to run, and how.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The number of sequences. */
  readonly sequences: number
  /** The seed of the random numbers. The same seed gives the same sequences. */
  readonly seed: number
  /** The maximum number of steps in a sequence. Default: 12. */
  readonly steps?: number | undefined
  /**
   * Whether disks have a file system, are mounted and are written to. Both targets must support it. If
   * `false`, all steps work without a kernel driver.
   */
  readonly mounts: boolean
  /**
   * Whether the sequences are of operations on volumes only, which generations 7 and 9 have. Default: `false`.
   *
   * @since 0.2.0
   */
  readonly volumes?: boolean | undefined
  /**
   * Whether the sequences are of what the usual ones leave out, among snapshots and mounts: encryption, merges of
   * images by their files, and further options of `create`, `resize` and `discard`. Default: `false`.
   *
   * @since 0.2.0
   */
  readonly extended?: boolean | undefined
  /** The number of sequences that run at the same time. Default: 1. */
  readonly jobs?: number | undefined
  /** Whether to search for a shorter sequence that shows the same difference. Default: `true`. */
  readonly shrink?: boolean | undefined
}

/**
 * The targets agree: the number of sequences, the number of steps in all of them,
 * and how often each operation succeeded and failed, in the same way on both.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Agreement = Schema.Struct({
  seed: Schema.Int,
  sequences: Schema.Int,
  steps: Schema.Int,
  operations: Schema.Record({
    key: Schema.String,
    value: Schema.Struct({ succeeded: Schema.Int, failed: Schema.Int })
  })
})

/**
 * @since 0.1.0
 * @category models
 */
export type Agreement = typeof Agreement.Type

/**
 * The targets differ: the steps that lead to the difference, and an excerpt of
 * what each target showed after the last of them, around the first line that
 * differs.
 *
 * @since 0.1.0
 * @category errors
 */
export class TargetsDiffer
  extends Schema.TaggedError<TargetsDiffer>("@effect-ploop/conformance/Differential/TargetsDiffer")(
    "TargetsDiffer",
    {
      seed: Schema.Int,
      steps: Schema.Array(Schema.String),
      one: Schema.Struct({ name: Schema.String, seen: Schema.Array(Schema.String) }),
      other: Schema.Struct({ name: Schema.String, seen: Schema.Array(Schema.String) })
    }
  )
{
  override get message(): string {
    const side = (
      { name, seen }: { readonly name: string; readonly seen: ReadonlyArray<string> }
    ) => [`${name}:`, ...seen.map((line) => `    ${line}`)]
    return [`seed ${this.seed}`, ...this.steps, ...side(this.one), ...side(this.other)].join("\n")
  }
}

const planOf = (
  { extended = false, jobs = 1, shrink = true, steps = 12, volumes = false, ...given }: Options
): internal.Plan => ({
  ...given,
  extended,
  volumes,
  steps,
  jobs: Math.max(1, jobs),
  shrink
})

/**
 * Compares two targets.
 *
 * @since 0.1.0
 * @category running
 */
export const compare = <E1, E2>(
  one: Target<E1>,
  other: Target<E2>,
  options: Options
): Effect.Effect<Agreement, TargetsDiffer | RunFailure<E1 | E2> | CreateError | PlatformError> =>
  Effect.flatMap(
    internal.compare(one, other, planOf(options)),
    ({ difference, operations }) =>
      Option.match(difference, {
        onSome: (found) => Effect.fail(new TargetsDiffer(found)),
        onNone: () =>
          Effect.succeed({
            seed: options.seed,
            sequences: options.sequences,
            steps: Object.values(operations).reduce((sum, { failed, succeeded }) => sum + failed + succeeded, 0),
            operations
          })
      })
  )

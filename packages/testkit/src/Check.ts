/**
 * Assertions as effects, for cases that run under any runner. An assertion that
 * does not hold fails with {@link CheckFailed}.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { Check, Conformance } from "@effect-ploop/testkit"
 * import { Effect } from "effect"
 *
 * const rule = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const { disk } = yield* Conformance.disk()
 *   yield* Check.equal(yield* ploop.isMounted({ disk }), false, "whether it is mounted")
 *   yield* Check.fails(ploop.umount({ disk }), "NotMounted")
 * })
 *
 * @since 0.1.0
 */
import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as printing from "./internal/print.js"

/**
 * A failed assertion: what was checked, what was expected and what was found,
 * both printed.
 *
 * @since 0.1.0
 * @category errors
 */
export class CheckFailed extends Schema.TaggedError<CheckFailed>("@effect-ploop/testkit/Check/CheckFailed")(
  "CheckFailed",
  { what: Schema.String, expected: Schema.String, actual: Schema.String }
) {
  override get message(): string {
    return `${this.what}: expected ${this.expected}, found ${this.actual}`
  }
}

/**
 * Prints a value on one line, as failures show what was expected and what was
 * found. Values of the same structure print the same.
 *
 * @since 0.2.0
 * @category formatting
 */
export const print: (value: unknown) => string = printing.print

const failed = (what: string, expected: unknown, actual: unknown): Effect.Effect<never, CheckFailed> =>
  Effect.fail(new CheckFailed({ what, expected: print(expected), actual: print(actual) }))

/**
 * Asserts that both have the same structure. Arrays, records, options and
 * instances of classes are compared by their contents.
 *
 * @since 0.1.0
 * @category assertions
 */
export const equal = <A>(actual: A, expected: NoInfer<A>, what: string): Effect.Effect<void, CheckFailed> =>
  print(actual) === print(expected) ? Effect.void : failed(what, expected, actual)

/**
 * Asserts that the two differ in structure.
 *
 * @since 0.1.0
 * @category assertions
 */
export const different = <A>(actual: A, other: NoInfer<A>, what: string): Effect.Effect<void, CheckFailed> =>
  print(actual) !== print(other)
    ? Effect.void
    : Effect.fail(new CheckFailed({ what, expected: "something else", actual: print(actual) }))

/**
 * Asserts that the condition holds; `what` names it, and `found` is what was seen.
 *
 * @since 0.1.0
 * @category assertions
 */
export const isTrue = (
  condition: boolean,
  what: string,
  found: unknown = condition
): Effect.Effect<void, CheckFailed> => condition ? Effect.void : failed(what, true, found)

type Tagged = { readonly _tag: string }

type Named<E, Tag> = Extract<E, { readonly _tag: Tag }>

/**
 * Asserts that the effect fails with an error of this tag, whose fields have these
 * values, and returns the error.
 *
 * @since 0.1.0
 * @category assertions
 */
export const fails = <A, E extends Tagged, R, const Tag extends E["_tag"]>(
  effect: Effect.Effect<A, E, R>,
  tag: Tag,
  fields: Partial<Named<E, Tag>> = {}
): Effect.Effect<Named<E, Tag>, CheckFailed, R> =>
  Effect.flatMap(Effect.either(effect), (result) => {
    if (Either.isRight(result)) return failed("the outcome", tag, result.right ?? "success")
    const error = result.left
    if (!hasTag(error, tag)) return failed("the outcome", tag, describe(error))
    for (const [name, expected] of Object.entries(fields)) {
      const actual: unknown = Reflect.get(error, name)
      if (print(actual) !== print(expected)) return failed(`${name} of ${tag}`, expected, actual)
    }
    return Effect.succeed(error)
  })

const hasTag = <E extends Tagged, Tag extends E["_tag"]>(error: E, tag: Tag): error is Named<E, Tag> =>
  error._tag === tag

/** The message of an error that was not expected. */
const describe = (error: Tagged): unknown =>
  error instanceof Error ? printing.plain(`${error._tag}: ${error.message}`) : error

/**
 * Asserts that the effect on the file system fails for this reason.
 *
 * @since 0.1.0
 * @category assertions
 */
export const fileSystemFails = <A, R>(
  effect: Effect.Effect<A, PlatformError, R>,
  reason: SystemErrorReason
): Effect.Effect<void, CheckFailed, R> =>
  Effect.flatMap(Effect.either(effect), (result) =>
    Either.isRight(result)
      ? failed("the outcome", reason, "success")
      : result.left._tag === "SystemError" && result.left.reason === reason
      ? Effect.void
      : failed("the outcome", reason, describe(result.left)))

/**
 * How a command ends.
 *
 * @since 0.2.0
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * The command ends with this exit code. A message that is empty is not printed.
 *
 * @since 0.2.0
 * @category errors
 */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  /** The exit code. */
  code: Schema.Int,
  /** What is printed as an error. */
  message: Schema.String
}) {}

/**
 * A request that cannot be carried out, with the exit code 2: the option, its value, and the rule that it breaks.
 *
 * @since 0.2.0
 * @category errors
 */
export const misused = (message: string): Ended => new Ended({ code: 2, message })

/**
 * The exit code of an end: that of {@link Ended}, 2 for another error, 70 for a bug, and the given one for an
 * interruption: 0 for a service that was told to stop, and 130, as shells have it, for work that Ctrl-C ended.
 *
 * @since 0.2.0
 * @category exit codes
 */
export const codeOf = (interrupted: 0 | 130) => (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause) ? interrupted : Option.match(Cause.failureOption(cause), {
        onNone: () => 70,
        onSome: (error) => error instanceof Ended ? error.code : 2
      })
  })

import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** The exit code of an end: 0 after it was told to stop, 2 when it could not begin, and 70 for a bug. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) => Cause.isInterruptedOnly(cause) ? 0 : Option.isSome(Cause.failureOption(cause)) ? 2 : 70
  })

import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** How the command ends: 1 when a disk could not be maintained, 2 when the request could not be carried out. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: 1 | 2; readonly message: string }> {}

/** The exit code of an end; 130 is what a shell has for a program that Ctrl-C ended, and 70 is a bug. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) =>
      Cause.isInterruptedOnly(cause) ? 130 : Option.match(Cause.failureOption(cause), {
        onNone: () => 70,
        onSome: (error) => error instanceof Ended ? error.code : 2
      })
  })

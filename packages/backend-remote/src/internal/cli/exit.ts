import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Span from "@effect/cli/HelpDoc/Span"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"

/** The exit code of an end: 0 when it has done its work or was told to stop, 2 when it could not, and 70 for a bug. */
export const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.match(exit, {
    onSuccess: () => 0,
    onFailure: (cause) => Cause.isInterruptedOnly(cause) ? 0 : Option.isSome(Cause.failureOption(cause)) ? 2 : 70
  })

/** The exit codes, and what each means. */
export const codes = [
  ["0", "It has done its work, or it was told to stop, by SIGTERM or SIGINT."],
  [
    "2",
    "It could not: a wrong option or variable, a missing tool, a file of tokens that is none, a socket in use, or a host that doctor cannot use."
  ],
  ["70", "A bug of this command."]
] as const

/** The exit codes at the end of the help. */
export const footer: HelpDoc.HelpDoc = HelpDoc.blocks([
  HelpDoc.h1("EXIT CODES"),
  ...codes.map(([code, text]) => HelpDoc.descriptionList([[Span.text(code), HelpDoc.p(text)]]))
])

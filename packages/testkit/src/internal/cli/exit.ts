import * as Data from "effect/Data"

/** How the command ends: 1 when a rule is broken, 2 when it could not do what it was asked to. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: 1 | 2; readonly message: string }> {}

/** What was asked cannot be done: which option has which value, and the rule that it breaks. */
export const misused = (message: string): Ended => new Ended({ code: 2, message })

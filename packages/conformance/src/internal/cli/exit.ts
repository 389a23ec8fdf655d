import * as Data from "effect/Data"

/** How the command ends: 1 when a rule is broken, 2 when it could not do what it was asked to. */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number; readonly message: string }> {}

/** What was asked cannot be done: which option has which value, and the rule that it breaks. */
export const misused = (message: string): Ended => new Ended({ code: 2, message })

/** An error in words for people, with what they can do about it where it says so. */
export const words = (error: { readonly message?: string; readonly remedy?: string }): string =>
  [error.message ?? String(error), error.remedy ?? ""].filter((line) => line !== "").join("\n")

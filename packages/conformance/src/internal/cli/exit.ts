import * as Data from "effect/Data"

/**
 * How the command ends: 1 when a case failed, 2 when the request could not be
 * carried out, 3 when no case ran.
 */
export class Ended extends Data.TaggedError("Ended")<{ readonly code: number; readonly message: string }> {}

/** A request that cannot be carried out: the option, its value, and the rule that it breaks. */
export const misused = (message: string): Ended => new Ended({ code: 2, message })

/** The message of an error, and its remedy if it has one. */
export const words = (error: { readonly message?: string; readonly remedy?: string }): string =>
  [error.message ?? String(error), error.remedy ?? ""].filter((line) => line !== "").join("\n")

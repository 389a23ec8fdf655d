import * as Schema from "effect/Schema"

/** A file of another text, in place of what is on the disk. */
export const Change = Schema.Struct({ file: Schema.String, text: Schema.String })

export type Change = typeof Change.Type

/** What a judge is asked: what is broken, and the operation that is likely to show it. */
export const Question = Schema.parseJson(Schema.Struct({
  change: Schema.optional(Change),
  operation: Schema.String
}))

export type Question = typeof Question.Type

/** Something failed: which case or test, and what it says. */
export const Noticed = Schema.TaggedStruct("Noticed", { by: Schema.String, message: Schema.String })

/** All passed that was run. */
export const Survived = Schema.TaggedStruct("Survived", { passed: Schema.Int })

/** What a judge has to say of the packages, broken or not. */
export const Verdict = Schema.Union(Noticed, Survived)

export type Verdict = typeof Verdict.Type

/** What begins the line that holds the verdict: what is broken may print whatever it likes. */
export const mark = "VERDICT "

export const Json = Schema.parseJson(Verdict)

import { Generation } from "@effect-ploop/core/Generation"
import * as Schema from "effect/Schema"

/** A case failed: which, on a host of which generation, and why. */
export const Noticed = Schema.TaggedStruct("Noticed", {
  case: Schema.String,
  generation: Generation,
  message: Schema.String
})

/** Every case passed that was run. */
export const Survived = Schema.TaggedStruct("Survived", { passed: Schema.Int })

/** What the suite has to say of a host in memory. */
export const Verdict = Schema.Union(Noticed, Survived)

export type Verdict = typeof Verdict.Type

export const Json = Schema.parseJson(Verdict)

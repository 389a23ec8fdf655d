import * as Environment from "@effect-ploop/backend-cli/Environment"
import { type Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Effect from "effect/Effect"

/** The variables that configure the tool. The cases have images in other directories, so the suite lets them change. */
export const variables: ReadonlyArray<Environment.Variable> = Environment.variables.map((variable) =>
  variable.name === "PLOOP_ALLOW_OUTSIDE_IMAGES" ? { ...variable, default: "true for the suite" } : variable
)

/** Fails when a variable that configures the tool cannot be used: with its name, its value and the rule. */
export const check: Effect.Effect<void, Ended> = Effect.mapError(Environment.check, ({ message }) => misused(message))

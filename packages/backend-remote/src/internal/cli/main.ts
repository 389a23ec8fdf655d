import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type { Terminal } from "@effect/platform/Terminal"
import type * as Effect from "effect/Effect"
import { doctor } from "./doctor.js"
import { footer } from "./exit.js"
import * as plain from "./plain.js"
import { serve } from "./serve.js"
import { token } from "./token.js"
import { version } from "./version.js"

export const name = "ploop-agent"

/** What the command does, in a few words without a period. */
export const summary = "serves the ploops of this host to programs elsewhere"

export const description =
  "Serves the ploops of this host to programs elsewhere, makes the tokens that they need, and asks a host whether it can be used."

type Services = Ploop | LowLevel | FileSystem | Path

/** The command, with its subcommands. */
export const command = Command.make(name).pipe(
  Command.withDescription(description),
  Command.withSubcommands([doctor, serve, token])
)

const parse = Command.run(command, { name, version, footer })

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (
  argv: ReadonlyArray<string>
): Effect.Effect<void, unknown, Services | Terminal> => plain.run(name, parse(argv))

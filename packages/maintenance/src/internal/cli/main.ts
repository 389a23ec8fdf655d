import { variables } from "@effect-ploop/backend-cli/Environment"
import * as Manual from "@effect-ploop/command-line/Manual"
import * as Program from "@effect-ploop/command-line/Program"
import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Progress from "@effect-ploop/core/Progress"
import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Terminal from "@effect/platform/Terminal"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import type { HostSpace } from "../../HostSpace.js"
import * as backups from "./backups.js"
import { codes, examples, withoutTool } from "./examples.js"
import * as leftovers from "./leftovers.js"
import * as list from "./list.js"
import * as progress from "./progress.js"
import * as reclaim from "./reclaim.js"
import * as retention from "./retention.js"
import * as sets from "./sets.js"
import * as usage from "./usage.js"
import { version } from "./version.js"

/** What the command is for. */
const description = "Plans and applies the maintenance of ploop disks. Without --apply, a command only shows its plan."

/** Every command, in the order of the help. */
export const subcommands = [
  leftovers.command,
  retention.command,
  reclaim.command,
  usage.command,
  ...backups.commands,
  list.command,
  sets.snapshot,
  sets.switchBack
] as const

/** The whole command. */
export const command = Command.make("ploop-maintenance").pipe(
  Command.withDescription(description),
  Command.withSubcommands(subcommands)
)

/** The program, with the documentation of its subcommands. */
export const program = Program.make({
  command,
  version,
  summary: "plans and applies the maintenance of ploop disks",
  exitCodes: codes,
  environment: Manual.ofVariables(variables),
  withoutEnvironment: withoutTool,
  examples: Record.map(examples, (lines) => lines.map(({ args, does }) => [args, does] as const))
})

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (
  argv: ReadonlyArray<string>
): Effect.Effect<void, unknown, Ploop | FileSystem | Path | HostSpace | Terminal.Terminal> =>
  Effect.gen(function*() {
    const terminal = yield* Terminal.Terminal
    const screen = (yield* terminal.isTTY) && !argv.includes("--json")
      ? { columns: yield* terminal.columns, write: (text: string) => Effect.ignore(terminal.display(text)) }
      : { columns: undefined, write: (text: string) => Console.error(text.trimEnd()) }
    const run = Effect.tapErrorCause(program.parse(argv), () => progress.clear(screen))
    yield* program.explained(Progress.onProgress(run, progress.listener(screen)))
  })

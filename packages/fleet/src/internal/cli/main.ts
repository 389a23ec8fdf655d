import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type { Terminal } from "@effect/platform/Terminal"
import type * as Effect from "effect/Effect"
import * as commands from "./commands.js"
import { footer } from "./exit.js"
import * as plain from "./plain.js"
import { version } from "./version.js"

export const name = "ploop-fleet"

/** What the command does, in a few words without a period. */
export const summary = "moves, clones and snapshots the ploops of many hosts"

export const description = "Serves a fleet of hosts with ploops, lists what it has, and starts its workflows."

/** The command, with its subcommands. */
export const command = Command.make(name).pipe(
  Command.withDescription(description),
  Command.withSubcommands([
    commands.serve,
    commands.hosts,
    commands.disks,
    commands.snapshots,
    commands.workflows,
    commands.show,
    commands.move,
    commands.clone,
    commands.snapshot,
    commands.rollBack,
    commands.drain,
    commands.resume,
    commands.giveUp
  ])
)

const parse = Command.run(command, { name, version, footer })

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (argv: ReadonlyArray<string>): Effect.Effect<void, unknown, FileSystem | Path | Terminal> =>
  plain.run(name, parse(argv))

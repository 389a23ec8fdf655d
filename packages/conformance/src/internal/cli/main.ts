import * as Manual from "@effect-ploop/command-line/Manual"
import * as Program from "@effect-ploop/command-line/Program"
import * as Capability from "@effect-ploop/testkit/Capability"
import * as Command from "@effect/cli/Command"
import type * as NodeContext from "@effect/platform-node/NodeContext"
import type * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as compare from "./compare.js"
import * as diff from "./diff.js"
import * as doctor from "./doctor.js"
import * as environment from "./environment.js"
import * as kill from "./kill.js"
import * as list from "./list.js"
import * as replay from "./replay.js"
import * as run from "./run.js"
import * as version from "./version.js"

const description = "Tests whether ploop on a host behaves as its documentation and other hosts say."

const command = Command.make("ploop-conformance").pipe(
  Command.withDescription(description),
  Command.withSubcommands([
    run.command,
    replay.command,
    diff.command,
    list.command,
    compare.command,
    kill.command,
    doctor.command
  ])
)

const exitCodes = [
  ["0", "At least one case ran, and none failed; or the command found nothing wrong."],
  [
    "1",
    "A case failed, or the run ended early; a case was skipped under --fail-on-skip; diff found a broken case; " +
    "compare found a difference; kill found something left; doctor found that the suite cannot run."
  ],
  ["2", "The command could not run: a wrong option or variable, a missing tool or directory."],
  ["3", "No case ran, so nothing is known about the backend; or diff found no case that ran in both reports."],
  ["70", "A bug of this command."],
  ["130", "Ctrl-C. The results so far are reported."]
] as const

const examples = {
  run: [
    ["--dir /vz/test --report html=report.html", "Test the tool of this host, and write a page to send to somebody."],
    ["--dir /vz/test --filter mount/", "Only the cases of mount and umount."],
    ["--emulate-kernel --dir /var/tmp", "Without a ploop kernel, with the kernel driver emulated."],
    ["--emulate-kernel --needs device --needs mount", "The same, and only what needs the driver."],
    ["--backend fake", "See a report without a host."]
  ],
  replay: [["host.tape", "Run the cases against the tape of another host."]],
  diff: [["before.json after.json", "What broke since the last update of the host."]],
  list: [["--filter snapshot", "The cases about snapshots."]],
  compare: [
    ["--sequences 100 --seed 1", "Compare after a hundred random sequences, which another run can repeat."]
  ],
  kill: [["--emulate-kernel --rounds 3 --dir /var/tmp", "Kill each operation three times in each way."]],
  doctor: [["--dir /vz/test", "Inspect this host and the directory for the cases."]]
} as const

/** The program, with the documentation of its subcommands. */
export const program = Program.make({
  command,
  version: version.command,
  summary: "tests how ploop behaves on a host",
  logLevel: "error",
  exitCodes,
  environment: Manual.ofVariables(environment.variables),
  withoutEnvironment: ["replay", "diff", "list"],
  words: { "--needs": Capability.all },
  examples
})

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (argv: ReadonlyArray<string>): Effect.Effect<void, unknown, NodeContext.NodeContext> =>
  // The tool's output belongs in the report of a failed case.
  Logger.withMinimumLogLevel(program.run(argv), LogLevel.Error)

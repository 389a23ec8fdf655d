import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import type * as HelpDoc from "@effect/cli/HelpDoc"
import * as compare from "./compare.js"
import * as diff from "./diff.js"
import * as doctor from "./doctor.js"
import * as environment from "./environment.js"
import * as kill from "./kill.js"
import * as list from "./list.js"
import * as manual from "./manual.js"
import * as replay from "./replay.js"
import * as run from "./run.js"

/** The documentation of a subcommand. */
export interface Page extends manual.Described {
  readonly name: string
  /** Whether it runs the tool of this host, which the environment configures. */
  readonly runsTool: boolean
  readonly examples: ReadonlyArray<manual.Entry>
}

/** The name of the program. */
export const program = "ploop-conformance"

/** What the program is for. */
export const summary = "Tests whether ploop on a host behaves as its documentation and other hosts say."

/** What each command may end with. */
export const exitCodes: ReadonlyArray<manual.Entry> = [
  { term: "0", text: "At least one case ran, and none failed; or the command found nothing wrong." },
  {
    term: "1",
    text: "A case failed, or the run ended early; a case was skipped under --fail-on-skip; diff found a broken case; " +
      "compare found a difference; kill found something left; doctor found that the suite cannot run."
  },
  { term: "2", text: "The command could not run: a wrong option or variable, a missing tool or directory." },
  {
    term: "3",
    text: "No case ran, so nothing is known about the backend; or diff found no case that ran in both reports."
  },
  { term: "130", text: "Ctrl-C. The results so far are reported." }
]

/** The options of every command. */
export const common: ReadonlyArray<manual.Entry> = [
  { term: "-h, --help", text: "Print this help." },
  { term: "--version", text: "Print the version." },
  { term: "--completions sh|bash|fish|zsh", text: "Print the completions for a shell." }
]

/** The variables of the environment. */
export const variables: ReadonlyArray<manual.Entry> = environment.variables.map((variable) => ({
  term: variable.name,
  text: `${variable.text}: ${variable.rule}. Default: ${variable.default}.`
}))

const config = CliConfig.make({ showBuiltIns: false })

const page = (
  name: string,
  help: HelpDoc.HelpDoc,
  runsTool: boolean,
  examples: ReadonlyArray<readonly [text: string, args: string]>
): Page => ({
  name,
  runsTool,
  ...manual.describe(help),
  examples: examples.map(([text, args]) => ({ text, term: `${program} ${name}${args === "" ? "" : ` ${args}`}` }))
})

/** A page for each subcommand. */
export const pages: ReadonlyArray<Page> = [
  page("run", Command.getHelp(run.command, config), true, [
    ["Test the tool of this host, and write a page to send to somebody.", "--dir /vz/test --report html=report.html"],
    ["Only the cases of mount and umount.", "--dir /vz/test --filter mount/"],
    ["Without a ploop kernel, with the kernel driver emulated.", "--emulate-kernel --dir /var/tmp"],
    ["The same, and only what needs the driver.", "--emulate-kernel --needs device --needs mount"],
    ["See a report without a host.", "--backend fake"]
  ]),
  page("replay", Command.getHelp(replay.command, config), false, [
    ["Run the cases against the tape of another host.", "host.tape"]
  ]),
  page("diff", Command.getHelp(diff.command, config), false, [
    ["What broke since the last update of the host.", "before.json after.json"]
  ]),
  page("list", Command.getHelp(list.command, config), false, [["The cases about snapshots.", "--filter snapshot"]]),
  page("compare", Command.getHelp(compare.command, config), true, [
    ["Compare after a hundred random sequences, which another run can repeat.", "--sequences 100 --seed 1"]
  ]),
  page("kill", Command.getHelp(kill.command, config), true, [
    ["Kill each operation three times in each way.", "--emulate-kernel --rounds 3 --dir /var/tmp"]
  ]),
  page("doctor", Command.getHelp(doctor.command, config), true, [
    ["Inspect this host and the directory for the cases.", "--dir /vz/test"]
  ])
]

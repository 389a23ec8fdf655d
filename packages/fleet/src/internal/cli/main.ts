import * as Program from "@effect-ploop/command-line/Program"
import * as Command from "@effect/cli/Command"
import * as commands from "./commands.js"
import { version } from "./version.js"

const command = Command.make("ploop-fleet").pipe(
  Command.withDescription("Serves a fleet of hosts with ploops, lists what it has, and starts its workflows."),
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

const exitCodes = [
  ["0", "It has done its work, or it was told to stop, by SIGTERM or SIGINT."],
  ["1", "The fleet has refused it, or the workflow that --wait waited for has failed."],
  ["2", "It could not: a wrong option or variable, a file of settings that is none, or no fleet at the socket."],
  ["70", "A bug of this command."]
] as const

const examples = {
  serve: [
    ["--config /etc/ploop-fleet.json", "Runs the fleet of that file."],
    ["--web 7180", "Runs it with a web page at http://127.0.0.1:7180."]
  ],
  hosts: [["--json", "Lists the hosts as JSON."]],
  disks: [["101", "Lists the disks of all hosts whose paths have 101 in them."]],
  snapshots: [["node-1:/vz/101/root.hdd", "Lists the snapshots of a disk."]],
  workflows: [
    ["--json", "Lists the workflows that have not ended, as JSON."],
    ["--all move", "Lists the moves, also those that have ended."]
  ],
  show: [["b917f9979456dae1", "Shows each step of that workflow, and its problem."]],
  move: [
    ["--wait node-1:/vz/101/root.hdd node-2", "Moves a disk, and shows each step until the end."],
    ["--live node-1:/vz/101/root.hdd node-2", "Copies a disk while it runs, and waits for its unmount."]
  ],
  clone: [
    [
      "node-1:/vz/101/root.hdd 01a3c2d4-5e6f-7a8b-9c0d-1e2f3a4b5c6d node-2:/vz/201/root.hdd",
      "Makes a disk on node-2 of a snapshot of that disk."
    ]
  ],
  snapshot: [["nightly node-1:/vz/101/root.hdd node-2:/vz/102/root.hdd", "Snapshots two disks, or none."]],
  "roll-back": [["nightly", "Takes the disks of that set back."]],
  drain: [["--wait node-1 node-2 node-3", "Moves the disks of node-1 to the other two."]],
  resume: [["b917f9979456dae1", "Repeats the step at which that workflow waits."]],
  "give-up": [["b917f9979456dae1", "Undoes what that workflow has done."]]
} as const

/** The program, with the documentation of its subcommands. */
export const program = Program.make({
  command,
  version,
  summary: "moves, clones and snapshots the ploops of many hosts",
  exitCodes,
  examples
})

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = program.run

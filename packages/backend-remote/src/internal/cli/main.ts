import { variables } from "@effect-ploop/backend-cli/Environment"
import * as Manual from "@effect-ploop/command-line/Manual"
import * as Program from "@effect-ploop/command-line/Program"
import * as Command from "@effect/cli/Command"
import { doctor } from "./doctor.js"
import { serve } from "./serve.js"
import { token } from "./token.js"
import { version } from "./version.js"

const command = Command.make("ploop-agent").pipe(
  Command.withDescription(
    "Serves the ploops of this host to programs elsewhere, makes the tokens that they need, and asks a host whether it can be used."
  ),
  Command.withSubcommands([serve, token, doctor])
)

const exitCodes = [
  ["0", "It has done its work, or it was told to stop, by SIGTERM or SIGINT."],
  [
    "2",
    "It could not: a wrong option or variable, a missing tool, a file of tokens that is none, a socket in use, or a host that doctor cannot use."
  ],
  ["70", "A bug of this command."]
] as const

const examples = {
  serve: [
    ["", "Serves the socket, for root of this host alone."],
    ["--files /vz", "Also serves the files below /vz, which a fleet needs."],
    [
      "--listen wss://10.0.0.7:7443 --tls-cert /etc/ploop-agent/cert.pem --tls-key /etc/ploop-agent/key.pem",
      "Serves callers of other hosts, encrypted, each with its token."
    ],
    ["--health http://127.0.0.1:9464", "Also serves /health and /metrics."]
  ],
  token: [
    ["backups", "Makes a token that allows everything."],
    ["--directory /vz --operation listSnapshots monitoring", "Makes one that allows one operation, below /vz."]
  ],
  doctor: [
    ["", "Asks the agent of this host."],
    [
      "--connect wss://node-1.example:7443 --token-file /etc/token --disk /vz/101/root.hdd/DiskDescriptor.xml",
      "Asks the agent of another host, and reads one of its disks."
    ]
  ]
} as const

/** The program, with the documentation of its subcommands. */
export const program = Program.make({
  command,
  version,
  summary: "serves the ploops of this host to programs elsewhere",
  exitCodes,
  environment: Manual.ofVariables(variables),
  withoutEnvironment: ["token", "doctor"],
  examples
})

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = program.run

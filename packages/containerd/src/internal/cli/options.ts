import * as Option from "@effect-ploop/command-line/Option"
import * as Options from "@effect/cli/Options"

/** The options of a command, each of which a variable of the environment sets too. */
export interface Defaults {
  /** What the names of the variables begin with. */
  readonly prefix: string
  readonly root: string
  readonly socket: string
  /** The rest of the description of the socket: which program finds it, and where. */
  readonly reader: string
}

const text = (
  name: string,
  value: string,
  says: string,
  variable: string,
  initial: string
): Options.Options<string> =>
  Option.setting(name, value, variable, `${says}. Default: ${initial}.`).pipe(Options.withDefault(initial))

const number = (name: string, says: string, variable: string, initial: number): Options.Options<number> =>
  Option.positiveSetting(name, variable, `${says}. Default: ${initial}.`).pipe(Options.withDefault(initial))

/** The options of a command. */
export const make = ({ prefix, reader, root, socket }: Defaults) => ({
  root: text(
    "root",
    "DIRECTORY",
    "The directory of the disks, on one file system with hard links",
    `${prefix}_ROOT`,
    root
  ),
  socket: text("socket", "PATH", `The Unix socket to serve, ${reader}`, `${prefix}_SOCKET`, socket),
  size: text(
    "size",
    "SIZE",
    "The size of disks without a size of their own, from 300M to 15T",
    `${prefix}_SIZE`,
    "10G"
  ),
  maxChain: number(
    "max-chain",
    "How many images the chain of a disk has at most, from 8 to 120",
    `${prefix}_MAX_CHAIN`,
    120
  ),
  concurrency: number("concurrency", "How many calls may change disks at the same time", `${prefix}_CONCURRENCY`, 4),
  metrics: Option.setting(
    "metrics",
    "FILE",
    `${prefix}_METRICS`,
    "Also write the metrics to this file every 15 seconds, for the textfile collector of Prometheus, which reads files " +
      "whose name ends with .prom. Default: none."
  ).pipe(Options.optional)
})

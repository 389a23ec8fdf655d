import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"

/** The options of a command, each of which a variable of the environment sets too. */
export interface Defaults {
  /** What the names of the variables begin with. */
  readonly prefix: string
  readonly root: string
  readonly socket: string
  /** The rest of the description of the socket: which program finds it, and where. */
  readonly reader: string
}

/** An option that has a default, and that a variable of the environment sets too: its description names both. */
const setting = <A extends string | number>(
  self: Options.Options<A>,
  { fallback, initial, says, value, variable }: {
    readonly value: string
    readonly says: string
    readonly variable: string
    readonly fallback: (name: string) => Config.Config<A>
    readonly initial: NoInfer<A>
  }
): Options.Options<A> =>
  self.pipe(
    Options.withPseudoName(value),
    Options.withDescription(`${says}. Default: ${initial}. Variable: ${variable}.`),
    Options.withFallbackConfig(fallback(variable)),
    Options.withDefault(initial),
    Options.map((value): A => value)
  )

const text = (name: string, value: string, says: string, variable: string, initial: string): Options.Options<string> =>
  setting(Options.text(name), { value, says, variable, fallback: Config.string, initial })

const number = (name: string, says: string, variable: string, initial: number): Options.Options<number> =>
  setting(Options.integer(name), { value: "N", says, variable, fallback: Config.integer, initial })

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
  metrics: Options.text("metrics").pipe(
    Options.withPseudoName("FILE"),
    Options.withDescription(
      "Also write the metrics to this file every 15 seconds, for the textfile collector of Prometheus, which reads files " +
        `whose name ends with .prom. Default: none. Variable: ${prefix}_METRICS.`
    ),
    Options.withFallbackConfig(Config.string(`${prefix}_METRICS`)),
    Options.optional
  )
})

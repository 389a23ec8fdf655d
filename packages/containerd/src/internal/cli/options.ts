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

export const make = ({ prefix, reader, root, socket }: Defaults) => {
  const variable = (name: string) => Config.string(`${prefix}_${name}`)
  const number = (name: string) => Config.integer(`${prefix}_${name}`)
  return {
    root: Options.text("root").pipe(
      Options.withDescription("The directory of the disks, on one file system with hard links"),
      Options.withFallbackConfig(variable("ROOT")),
      Options.withDefault(root)
    ),
    socket: Options.text("socket").pipe(
      Options.withDescription(`The Unix socket to serve, ${reader}`),
      Options.withFallbackConfig(variable("SOCKET")),
      Options.withDefault(socket)
    ),
    size: Options.text("size").pipe(
      Options.withDescription("The size of disks without a size of their own, from 300M to 15T"),
      Options.withFallbackConfig(variable("SIZE")),
      Options.withDefault("10G")
    ),
    maxChain: Options.integer("max-chain").pipe(
      Options.withDescription("How many images the chain of a disk has at most, from 8 to 120"),
      Options.withFallbackConfig(number("MAX_CHAIN")),
      Options.withDefault(120)
    ),
    concurrency: Options.integer("concurrency").pipe(
      Options.withDescription("How many calls may change disks at the same time"),
      Options.withFallbackConfig(number("CONCURRENCY")),
      Options.withDefault(4)
    )
  }
}

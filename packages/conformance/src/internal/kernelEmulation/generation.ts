import type { Generation } from "@effect-ploop/core/Generation"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attempt } from "./command.js"

/** The tool that the CLI backend runs too; `PLOOP_TOOL` sets another one. */
export const defaultTool = Effect.orElseSucceed(Config.string("PLOOP_TOOL"), () => "ploop")

/** How long a tool may take to print its usage; another program may print or wait for ever. */
const limit = "10 seconds"

/** The generation of the tool, from its usage: each generation has commands that the one before lacks. */
export const generationOf = (tool: string): Effect.Effect<Option.Option<Generation>, never, CommandExecutor> =>
  Effect.map(
    Effect.map(Effect.timeoutOption(attempt(tool), limit), Option.flatten),
    Option.filterMap(({ stderr, stdout }): Option.Option<Generation> => {
      const usage = `${stderr}\n${stdout}`
      if (!/^Usage: ploop init /m.test(usage)) return Option.none()
      return Option.some(/\btg-init\b/.test(usage) ? "9" : /\bencrypt\b/.test(usage) ? "7" : "1.15")
    })
  )

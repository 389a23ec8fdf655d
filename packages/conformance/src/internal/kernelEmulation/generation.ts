import type { Generation } from "@effect-ploop/core/Generation"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { attempt } from "./command.js"

/** The tool that the CLI backend runs too, unless it is told another one. */
export const defaultTool = Effect.orElseSucceed(Config.string("PLOOP_TOOL"), () => "ploop")

/** What generation the tool says that it is: each has commands in its usage that the one before has not. */
export const generationOf = (tool: string): Effect.Effect<Option.Option<Generation>, never, CommandExecutor> =>
  Effect.map(
    attempt(tool),
    Option.filterMap(({ stderr, stdout }): Option.Option<Generation> => {
      const usage = `${stderr}\n${stdout}`
      if (!/^Usage: ploop init /m.test(usage)) return Option.none()
      return Option.some(/\btg-init\b/.test(usage) ? "9" : /\bencrypt\b/.test(usage) ? "7" : "1.15")
    })
  )

import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import type { Arguments } from "../arguments.js"
import type { About } from "../host.js"
import { context } from "../outcome.js"
import type { ProcessResult, Runner, Wait } from "../process.js"
import type { BesideTool } from "../programs.js"

export const programBeside = (tool: string, program: BesideTool): string =>
  `${tool.slice(0, tool.lastIndexOf("/") + 1)}${program}`

const missing = (about: About, text: string, what: string) =>
  Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), text, what }))

/** Runs such a program. */
export const runBeside = (
  runner: Runner,
  about: About,
  program: BesideTool,
  args: Arguments,
  wait?: Wait
): Effect.Effect<ProcessResult, PloopError.PloopError> =>
  runner.run({ ...about, args, kind: Operation.table[about.operation].kind }, wait).pipe(
    Effect.catchTags({
      ToolNotFound: () => missing(about, "", `the program ${program}`),
      ToolNotExecutable: ({ text }) => missing(about, text, `an executable ${program}`)
    })
  )

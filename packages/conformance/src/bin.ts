/**
 * The command `ploop-conformance`.
 *
 * @since 0.1.0
 */
import * as Launch from "@effect-ploop/command-line/Launch"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { main, program } from "./internal/cli/main.js"

Launch.run(Effect.provide(main(process.argv), NodeContext.layer), {
  ...program,
  logging: Launch.loggingLines(program.name),
  interrupted: 130
})

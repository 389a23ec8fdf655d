import * as Launch from "@effect-ploop/command-line/Launch"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Effect from "effect/Effect"
import { main, program } from "./main.js"

/** Runs the command as this process. */
export const launch = (): void =>
  Launch.run(Effect.provide(main(process.argv), NodeContext.layer), {
    ...program,
    logging: Launch.loggingTimes,
    interrupted: 0
  })

import * as Launch from "@effect-ploop/command-line/Launch"
import * as Effect from "effect/Effect"
import { main, program } from "./main.js"

/** Runs the command as this process, with the tool of this host as the environment configures it. */
export const launch = (): void =>
  Launch.run(Launch.configured(program.name, Effect.provide(main(process.argv), Launch.HostLive)), {
    ...program,
    logging: Launch.loggingTimes,
    interrupted: 0
  })

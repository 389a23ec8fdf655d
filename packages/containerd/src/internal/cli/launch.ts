import * as Launch from "@effect-ploop/command-line/Launch"
import * as Effect from "effect/Effect"
import type { Served } from "./service.js"

/** Runs a command for its arguments with the tool of this host, as the environment configures it. */
export const onHost = (program: Served, argv: ReadonlyArray<string>): Effect.Effect<void, unknown> =>
  Launch.configured(program.name, Effect.provide(program.run(argv), Launch.HostLive))

/** Runs a command as this process. */
export const launch = (program: Served): void =>
  Launch.run(onHost(program, process.argv), { ...program, logging: Launch.loggingTimes, interrupted: 0 })

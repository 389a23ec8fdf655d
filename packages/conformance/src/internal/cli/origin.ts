import type * as Report from "@effect-ploop/testkit/Report"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import { hostname, release, type } from "node:os"
import { toolVersion } from "../toolVersion.js"
import * as version from "./version.js"

/** Where a report of this process comes from. */
export const of = (
  { target }: Report.Report,
  runsTool: boolean
): Effect.Effect<Report.Origin, never, CommandExecutor.CommandExecutor> =>
  Effect.map(runsTool ? toolVersion(target.tool) : Effect.succeed(undefined), (toolVersion) => ({
    host: hostname(),
    kernel: `${type()} ${release()}`,
    ...toolVersion !== undefined && { toolVersion },
    testkit: version.testkit,
    command: ["ploop-conformance", ...process.argv.slice(2)].join(" ")
  }))

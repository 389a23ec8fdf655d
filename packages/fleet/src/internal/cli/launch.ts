import * as ClosedOutput from "@effect-ploop/backend-cli/ClosedOutput"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { codeOf } from "./exit.js"
import { main } from "./main.js"

/** Runs the command as this process. */
export const launch = (): void =>
  Effect.zipRight(ClosedOutput.interrupt, Effect.provide(main(process.argv), NodeContext.layer)).pipe(
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
  )

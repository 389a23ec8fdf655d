/**
 * The command `ploop-conformance`.
 *
 * @since 0.1.0
 */
import * as ClosedOutput from "@effect-ploop/backend-cli/ClosedOutput"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { codeOf, main } from "./internal/cli/main.js"

Effect.zipRight(ClosedOutput.interrupt, main(process.argv)).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)

/**
 * The command `ploop-maintenance`.
 *
 * @since 0.2.0
 */
import * as ClosedOutput from "@effect-ploop/backend-cli/ClosedOutput"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { codeOf } from "./internal/cli/exit.js"
import { onHost } from "./internal/cli/host.js"

Effect.zipRight(ClosedOutput.interrupt, onHost(process.argv)).pipe(
  NodeRuntime.runMain({
    disableErrorReporting: true,
    // It writes to the standard output, which is for plans and archives alone.
    disablePrettyLogger: true,
    teardown: (exit, onExit) => onExit(codeOf(exit))
  })
)

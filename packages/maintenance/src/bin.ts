/**
 * The command `ploop-maintenance`.
 *
 * @since 0.2.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { codeOf } from "./internal/cli/exit.js"
import { onHost } from "./internal/cli/host.js"

onHost(process.argv).pipe(
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)

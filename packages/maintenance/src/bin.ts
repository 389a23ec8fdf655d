/**
 * The command `ploop-maintenance`.
 *
 * @since 0.2.0
 */
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HostSpace from "./HostSpace.js"
import { codeOf } from "./internal/cli/exit.js"
import { main } from "./internal/cli/main.js"

main(process.argv).pipe(
  Effect.provide(Layer.mergeAll(Layer.provideMerge(PloopCli.layer(), NodeContext.layer), HostSpace.layer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)

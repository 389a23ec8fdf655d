/**
 * The command `ploop-snapshotter`.
 *
 * @since 0.2.0
 */
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { codeOf } from "./internal/cli/exit.js"
import { main } from "./internal/cli/snapshotter.js"

main(process.argv).pipe(
  Effect.provide(Layer.provideMerge(PloopCli.layerConfig(PloopCli.config), NodeContext.layer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
)

import * as ClosedOutput from "@effect-ploop/backend-cli/ClosedOutput"
import * as Environment from "@effect-ploop/backend-cli/Environment"
import * as ForkServer from "@effect-ploop/backend-cli/ForkServer"
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { codeOf } from "./exit.js"
import { main } from "./main.js"

const HostLive = PloopCli.layerConfig(PloopCli.config).pipe(
  Layer.provideMerge(ForkServer.layer),
  Layer.provideMerge(NodeContext.layer)
)

/** Runs the command as this process, with the tool of this host as the environment configures it. */
export const launch = (): void =>
  ClosedOutput.interrupt.pipe(
    Effect.zipRight(Environment.check),
    Effect.tapError(({ message }) => Console.error(message)),
    Effect.zipRight(Effect.provide(main(process.argv), HostLive)),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
  )

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
import type { run } from "./service.js"

const HostLive = PloopCli.layerConfig(PloopCli.config).pipe(
  Layer.provideMerge(ForkServer.layer),
  Layer.provideMerge(NodeContext.layer)
)

/** Runs a command for its arguments with the tool of this host, as the environment configures it. */
export const onHost = (main: ReturnType<typeof run>, argv: ReadonlyArray<string>): Effect.Effect<void, unknown> =>
  Environment.check.pipe(
    Effect.tapError(({ message }) => Console.error(message)),
    Effect.zipRight(Effect.provide(main(argv), HostLive))
  )

/** Runs a command as this process. */
export const launch = (main: ReturnType<typeof run>): void =>
  Effect.zipRight(ClosedOutput.interrupt, onHost(main, process.argv)).pipe(
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
  )

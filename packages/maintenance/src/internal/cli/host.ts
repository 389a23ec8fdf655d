import * as Environment from "@effect-ploop/backend-cli/Environment"
import * as ForkServer from "@effect-ploop/backend-cli/ForkServer"
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HostLock from "../../HostLock.js"
import * as HostSpace from "../../HostSpace.js"
import * as HostSpeed from "../../HostSpeed.js"
import { main } from "./main.js"

const HostLive = Layer.mergeAll(
  PloopCli.layerConfig(PloopCli.config),
  HostSpace.layer,
  HostLock.layer(),
  HostSpeed.layer()
).pipe(
  Layer.provideMerge(ForkServer.layer),
  Layer.provideMerge(NodeContext.layer)
)

/** Runs the command for its arguments with the tool of this host, as the environment configures it. */
export const onHost = (argv: ReadonlyArray<string>): Effect.Effect<void, unknown> =>
  Environment.check.pipe(
    Effect.tapError(({ message }) => Console.error(`ploop-maintenance: ${message}`)),
    Effect.zipRight(Effect.provide(main(argv), HostLive))
  )

import * as Launch from "@effect-ploop/command-line/Launch"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HostLock from "../../HostLock.js"
import * as HostSpace from "../../HostSpace.js"
import * as HostSpeed from "../../HostSpeed.js"
import { main, program } from "./main.js"

const HostLive = Layer.mergeAll(HostSpace.layer, HostLock.layer(), HostSpeed.layer()).pipe(
  Layer.provideMerge(Launch.HostLive)
)

/** Runs the command for its arguments with the tool of this host, as the environment configures it. */
export const onHost = (argv: ReadonlyArray<string>): Effect.Effect<void, unknown> =>
  Launch.configured(program.name, Effect.provide(main(argv), HostLive))

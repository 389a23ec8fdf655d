import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { codeOf } from "./exit.js"
import type { run } from "./service.js"

/** Runs a command as this process, with the real tool. */
export const launch = (main: ReturnType<typeof run>): void =>
  main(process.argv).pipe(
    Effect.provide(Layer.provideMerge(PloopCli.layerConfig(PloopCli.config), NodeContext.layer)),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
  )

/**
 * A process that runs one operation, for the harness to kill. It prints `ready`,
 * waits for a line, prints `begun`, and runs the operation.
 */
import * as ForkServer from "@effect-ploop/backend-cli/ForkServer"
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Terminal from "@effect/platform/Terminal"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as bench from "./bench.js"
import { scenarios } from "./scenario.js"
import { Task } from "./task.js"

const say = (word: string) => Effect.flatMap(Terminal.Terminal, (terminal) => terminal.display(`${word}\n`))

const run = ({ directory, operation }: Task) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    // The backend asks for the generation only once.
    yield* ploop.tool
    yield* say("ready")
    yield* NodeStream.stdin.pipe(Stream.take(1), Stream.runDrain)
    yield* say("begun")
    yield* scenarios[operation].run(bench.make(directory))
  })

Schema.decode(Task)(process.argv[2] ?? "").pipe(
  Effect.flatMap((task) => {
    const backend = PloopCli.layerConfig(
      Config.map(PloopCli.config, (config) => ({ ...config, prefix: task.prefix, sysfs: task.sysfs }))
    )
    return Effect.provide(
      run(task),
      backend.pipe(Layer.provideMerge(ForkServer.layer), Layer.provideMerge(NodeContext.layer))
    )
  }),
  Logger.withMinimumLogLevel(LogLevel.None),
  NodeRuntime.runMain
)

/**
 * A process of a fleet that manages three hosts and moves a disk. It prints the history of the move. Another process, which is started
 * after this one was killed, goes on with the same move.
 */
import { RemotePloop } from "@effect-ploop/backend-remote"
import { Runner, Storage, Workflow, Workflows } from "@effect-ploop/fleet"
import { NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer, Logger, LogLevel } from "effect"
import { disk, names, socketOf, storageIn } from "./places.js"

/** Prints what is new in the history, until the workflow has ended. When it waits for the unmount of the disk, it is resumed. */
const follow = (id: string, shown: number): Effect.Effect<Workflow.Outcome, unknown, Workflows.Workflows> =>
  Effect.gen(function*() {
    const workflow = yield* Effect.flatMap(Workflows.Workflows, (workflows) => workflows.get(id))
    yield* Effect.forEach(workflow.history.slice(shown), (event) => Console.log(Workflow.describeEvent(event)))
    const outcome = Workflow.outcome(workflow)
    if (outcome !== undefined) return outcome
    yield* Workflow.state(workflow).name === "waiting"
      ? Effect.flatMap(Workflows.Workflows, (workflows) => Effect.delay(workflows.resume(id), "500 millis"))
      : Effect.sleep("20 millis")
    return yield* follow(id, workflow.history.length)
  })

const move = Effect.gen(function*() {
  const workflows = yield* Workflows.Workflows
  const id = yield* workflows.start({
    _tag: "Move",
    from: { host: "node-1", disk },
    to: { host: "node-2", disk },
    live: true
  }, { key: "the move of the demo" })
  const { history } = yield* workflows.get(id)
  yield* follow(id, history.length)
})

const process = Layer.unwrapEffect(Effect.map(Config.nonEmptyString("FLEET_DIRECTORY"), (directory) =>
  Runner.layer({
    hosts: Object.fromEntries(
      names.map((name) => [name, RemotePloop.layerWithFileSystem({ address: { path: socketOf(directory, name) } })])
    )
  }).pipe(Layer.provide(Storage.layerEmbedded({ path: storageIn(directory) })))))

move.pipe(
  Effect.provide(process),
  Logger.withMinimumLogLevel(LogLevel.Error),
  NodeRuntime.runMain
)

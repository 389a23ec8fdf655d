/** Runs commands by a fork server, waits for nothing else, and closes nothing. It prints how many have ended. */
import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, ManagedRuntime } from "effect"
import * as ForkServer from "../../src/ForkServer.js"

const runtime = ManagedRuntime.make(Layer.provideMerge(ForkServer.layer, NodeContext.layer))

const command = Command.make("/bin/sh", "-c", "echo out; echo err >&2").pipe(
  Command.stdin("ignore" as Command.Command.Input)
)

void runtime.runPromise(Effect.forEach(Array.from({ length: 30 }), () => Command.string(command)))
  .then((outputs) => process.stdout.write(`${outputs.filter((output) => output === "out\n").length}\n`))

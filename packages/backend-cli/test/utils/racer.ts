/**
 * A process of its own with the backend over the tool that `PLOOP_TOOL` names. Each
 * line of its input is a step; it prints a line with how the step ended. Before the
 * first step it prints `ready`, when all modules are loaded.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Ploop } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { Effect, Exit, Layer, Logger, ManagedRuntime, Schema, Stream } from "effect"
import { createInterface } from "node:readline"
import { Step } from "./racing.js"

const runtime = ManagedRuntime.make(
  // The output is for results only.
  PloopCli.layerConfig(PloopCli.config).pipe(
    Layer.provideMerge(NodeContext.layer),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )
)

const run = (step: Step) =>
  Effect.flatMap(Ploop.Ploop, (ploop): Effect.Effect<unknown, { readonly _tag: string }> => {
    switch (step._tag) {
      case "create":
        return ploop.create({ image: step.image, size: "4M", fileSystem: "none" })
      case "restoreDescriptor":
        return ploop.restoreDescriptor({ image: step.image, format: "expanded" })
      case "convert":
        return ploop.convert({ disk: step.disk, format: step.format })
      case "createSnapshot":
        return ploop.createSnapshot({ disk: step.disk })
      case "copyReceive":
        return Stream.run(Stream.make(Buffer.from(step.stream, "base64")), ploop.copyReceive({ image: step.image }))
    }
  })

const said = (text: string) => process.stdout.write(`${text}\n`)

await runtime.runPromise(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool))
said("ready")
for await (const line of createInterface({ input: process.stdin })) {
  const step = Schema.decodeSync(Schema.parseJson(Step))(line)
  const exit = await runtime.runPromiseExit(Effect.either(run(step)))
  said(Exit.isFailure(exit) ? `a defect: ${exit.cause}` : exit.value._tag === "Right" ? "done" : exit.value.left._tag)
}

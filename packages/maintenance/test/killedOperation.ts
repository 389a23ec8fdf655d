/** One operation of the tool of this host, for a process that a test kills. */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Ploop } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, Stream } from "effect"

const [operation, directory, ...prefix] = process.argv.slice(2)
const image = `${directory}/root.hdd`

const operations: Record<string, (ploop: Ploop.Ploop) => Effect.Effect<unknown, unknown>> = {
  create: (ploop) => ploop.create({ image, size: "10M", fileSystem: "none" }),
  restoreDescriptor: (ploop) => ploop.restoreDescriptor({ image }),
  copyReceive: (ploop) => Stream.run(Stream.never, ploop.copyReceive({ image }))
}

const Host = PloopCli.layer({ prefix }).pipe(Layer.provide(NodeContext.layer))

await Effect.runPromise(Effect.provide(Effect.flatMap(Ploop.Ploop, operations[operation!]!), Host))

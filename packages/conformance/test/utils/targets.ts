import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import type { Generation } from "@effect-ploop/core"
import { Capability, Target } from "@effect-ploop/testkit"
import { Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Layer } from "effect"

/** The host in memory, of a generation. */
export const fake = (
  generation: Generation.Generation,
  capabilities: ReadonlyArray<Capability.Capability> = Capability.ofGeneration(generation)
) =>
  Target.make({
    name: `the host in memory, generation ${generation}`,
    layer: Layer.merge(
      PloopFake.layer({ generation, largeDisks: capabilities.includes("version2") }),
      Path.layer
    ),
    scratch: "/vz",
    capabilities
  })

/** The tool of this machine. */
export const real = Target.make({
  name: "the real tool",
  layer: PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer)),
  scratch: "/tmp"
})

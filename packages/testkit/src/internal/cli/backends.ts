import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as PloopFake from "@effect-ploop/backend-fake/PloopFake"
import type { Generation } from "@effect-ploop/core/Generation"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Path from "@effect/platform/Path"
import type { ConfigError } from "effect/ConfigError"
import * as Layer from "effect/Layer"
import * as Capability from "../../Capability.js"
import * as Target from "../../Target.js"
import type { Backend } from "./options.js"

interface Wanted {
  readonly backend: Backend
  readonly generation: Generation | undefined
  readonly directory: string | undefined
}

const fake = ({ directory = "/vz", generation = "1.15" }: Wanted): Target.Target =>
  Target.make({
    name: "the host in memory",
    layer: Layer.merge(PloopFake.layer({ generation }), Path.layer),
    scratch: directory,
    capabilities: Capability.ofGeneration(generation)
  })

/** The tool of this host, run as the environment says. */
export const cliLayer = PloopCli.layerConfig(PloopCli.config).pipe(Layer.provideMerge(NodeContext.layer))

const cli = ({ directory = "/tmp" }: Wanted): Target.Target<ConfigError> =>
  Target.make({ name: "the ploop tool of this host", layer: cliLayer, scratch: directory })

export const target = (wanted: Wanted): Target.Target<ConfigError> =>
  wanted.backend === "fake" ? fake(wanted) : cli(wanted)

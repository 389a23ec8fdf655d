import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as PloopFake from "@effect-ploop/backend-fake/PloopFake"
import type { Generation } from "@effect-ploop/core/Generation"
import * as Capability from "@effect-ploop/testkit/Capability"
import * as Target from "@effect-ploop/testkit/Target"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as KernelEmulation from "../../KernelEmulation.js"
import type { Backend } from "./options.js"

/** The options of the command that select a backend. */
export interface Wanted {
  readonly backend: Backend
  readonly generation: Generation | undefined
  readonly directory: string | undefined
  readonly emulateKernel: boolean
}

/** The errors of building a backend. */
export type Failure = ConfigError | KernelEmulation.KernelEmulationError

interface Fake {
  readonly generation: Generation | undefined
  readonly directory: string | undefined
  readonly largeDisks?: boolean | undefined
}

/** The host in memory. */
export const fake = ({ directory = "/vz", generation = "1.15", largeDisks }: Fake): Target.Target =>
  Target.make({
    name: "the host in memory",
    layer: PloopFake.layer({ generation, largeDisks }),
    scratch: directory,
    capabilities: Capability.ofGeneration(generation)
  })

/** Some cases make a descriptor in another directory than that of its image. */
const withOutsideImages = (config: PloopCli.Options): PloopCli.Options => ({
  ...config,
  allowOutsideImages: config.allowOutsideImages ?? true
})

/** The tool of this host, configured by the environment. */
export const cliLayer = PloopCli.layerConfig(Config.map(PloopCli.config, withOutsideImages)).pipe(
  Layer.provideMerge(NodeContext.layer)
)

const name = "the ploop tool of this host"

/** Where the cases work on the real tool by default. */
export const defaultDirectory = "/tmp"

const cli = ({ directory = defaultDirectory }: Wanted): Target.Target<ConfigError> =>
  Target.make({ name, layer: cliLayer, scratch: directory })

/** The tool on an emulated kernel. The program must run in the namespaces of the emulation. */
const emulated = ({ directory = defaultDirectory }: Wanted): Effect.Effect<
  Target.Target<Failure>,
  KernelEmulation.KernelEmulationError,
  NodeContext.NodeContext | Scope.Scope
> =>
  Effect.map(
    KernelEmulation.scoped({ scratch: directory }),
    ({ capabilities, generation, prefix, sysfs }) =>
      Target.make({
        name: `${name}, on an emulated kernel`,
        layer: PloopCli.layerConfig(
          Config.map(PloopCli.config, (config) => ({ ...withOutsideImages(config), prefix, sysfs }))
        ).pipe(
          Layer.provideMerge(NodeContext.layer)
        ),
        scratch: directory,
        capabilities: Capability.ofGeneration(generation).filter((capability) =>
          capability !== "onlineGrow" || capabilities.growsOnline
        ),
        reason: "the machine lacks CAP_SYS_RESOURCE, which ext4 requires for it"
      })
  )

/** The tool where the kernel cannot be emulated: cases that need devices are skipped. */
const notEmulated = (
  { directory = defaultDirectory }: Wanted,
  error: KernelEmulation.KernelEmulationError
): Target.Target<ConfigError> => Target.make({ name, layer: cliLayer, scratch: directory, reason: error.message })

export const target = (
  wanted: Wanted
): Effect.Effect<Target.Target<Failure>, never, NodeContext.NodeContext | Scope.Scope> =>
  wanted.backend === "fake"
    ? Effect.succeed(fake(wanted))
    : wanted.emulateKernel
    ? Effect.catchAll(
      emulated(wanted),
      (error) => Effect.succeed<Target.Target<Failure>>(notEmulated(wanted, error))
    )
    : Effect.succeed(cli(wanted))

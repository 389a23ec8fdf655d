import * as ForkServer from "@effect-ploop/backend-cli/ForkServer"
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as PloopFake from "@effect-ploop/backend-fake/PloopFake"
import type { Generation } from "@effect-ploop/core/Generation"
import type * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Capability from "@effect-ploop/testkit/Capability"
import * as Target from "@effect-ploop/testkit/Target"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as KernelEmulation from "../../KernelEmulation.js"
import { type Backend, defaultDirectory } from "./options.js"

/** The options of the command that select a backend. */
export interface Wanted {
  readonly backend: Backend
  readonly generation: Generation | undefined
  readonly directory: string | undefined
  readonly emulateKernel: boolean
}

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

const options: Config.Config<PloopCli.Options> = Config.map(PloopCli.config, withOutsideImages)

const layerOf = (options: Config.Config<PloopCli.Options>) =>
  PloopCli.layerConfig(options).pipe(Layer.provideMerge(ForkServer.layer), Layer.provideMerge(NodeContext.layer))

/** The tool of this host, configured by the environment. */
export const cliLayer = layerOf(options)

const name = "the ploop tool of this host"

/** The tool as a target, and how it is run. */
export interface Tool {
  readonly target: Target.Target<ConfigError>
  readonly options: Config.Config<PloopCli.Options>
}

const toolOf = (
  options: Config.Config<PloopCli.Options>,
  target: Omit<Target.Target, "layer">
): Tool => ({ target: Target.make({ ...target, layer: layerOf(options) }), options })

/** Where the tool looks for programs. */
const directories = ["/sbin", "/bin", "/usr/sbin", "/usr/bin"]

const makesXfs: Effect.Effect<boolean, never, FileSystem.FileSystem> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) =>
    Effect.exists(directories, (directory) => Effect.orElseSucceed(fs.exists(`${directory}/mkfs.xfs`), () => false))
)

/** Whether the emulated kernel of a generation tracks changed blocks. */
const emulatesTracking: GenerationTraits.Row<boolean> = { "1.15": false, "7": true, "9": false }

/** The tool on an emulated kernel. The program must run in the namespaces of the emulation. */
const emulated = (scratch: string): Effect.Effect<
  Tool,
  KernelEmulation.KernelEmulationError,
  NodeContext.NodeContext | Scope.Scope
> =>
  Effect.map(
    Effect.all([KernelEmulation.scoped({ scratch }), makesXfs]),
    ([{ capabilities, generation, prefix, sysfs }, makesXfs]) => {
      const lacks = {
        ...(!capabilities.growsOnline && { onlineGrow: "CAP_SYS_RESOURCE, which ext4 requires for it" }),
        ...(!makesXfs && { xfs: "mkfs.xfs, which the package xfsprogs has" }),
        ...(!emulatesTracking[generation] &&
          { tracking: "the tracking of changes, which this emulated kernel has not" }),
        encryption: "encrypted devices"
      }
      return toolOf(Config.map(options, (options) => ({ ...options, prefix, sysfs })), {
        name: `${name}, on an emulated kernel`,
        scratch,
        capabilities: Capability.ofGeneration(generation).filter((capability) => !(capability in lacks)),
        reason: `the machine lacks ${Object.values(lacks).join(", and ")}`
      })
    }
  )

/** The tool; where the kernel cannot be emulated, cases that need devices are skipped. */
export const tool = (
  { directory: scratch = defaultDirectory, emulateKernel }: Wanted
): Effect.Effect<Tool, never, NodeContext.NodeContext | Scope.Scope> =>
  emulateKernel
    ? Effect.catchAll(
      emulated(scratch),
      (error) => Effect.succeed(toolOf(options, { name, scratch, reason: error.message }))
    )
    : Effect.succeed(toolOf(options, { name, scratch }))

export const target = (
  wanted: Wanted
): Effect.Effect<Target.Target<ConfigError>, never, NodeContext.NodeContext | Scope.Scope> =>
  wanted.backend === "fake" ? Effect.succeed(fake(wanted)) : Effect.map(tool(wanted), ({ target }) => target)

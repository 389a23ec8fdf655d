/**
 * An emulation of the ploop kernel driver, for the real, unmodified tool of
 * generation 1.15, 7 or 9. With it, the tool mounts disks, takes snapshots of
 * mounted disks, resizes them, and so on, on any Linux as root.
 *
 * The emulation works in namespaces of its own. A program that needs to see the
 * mounts must run in them: it starts itself again with {@link enter}.
 *
 * @example
 * import { PloopCli } from "@effect-ploop/backend-cli"
 * import { Ploop } from "@effect-ploop/core"
 * import { KernelEmulation } from "@effect-ploop/conformance"
 * import { Command } from "@effect/platform"
 * import { NodeContext } from "@effect/platform-node"
 * import { Console, Effect } from "effect"
 *
 * const inside = Effect.gen(function*() {
 *   const { prefix, sysfs } = yield* KernelEmulation.scoped()
 *   const program = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices)
 *   yield* Console.table(yield* Effect.provide(program, PloopCli.layer({ prefix, sysfs })))
 * })
 *
 * const outside = Effect.gen(function*() {
 *   const [program, ...args] = yield* KernelEmulation.enter(process.execPath, process.argv.slice(1))
 *   return yield* Command.exitCode(Command.make(program, ...args).pipe(Command.stdout("inherit")))
 * })
 *
 * export const main = Effect.if(KernelEmulation.isInside, { onTrue: () => inside, onFalse: () => outside }).pipe(
 *   Effect.scoped,
 *   Effect.provide(NodeContext.layer)
 * )
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as builds from "./internal/kernelEmulation/build.js"
import { run } from "./internal/kernelEmulation/command.js"
import * as generations from "./internal/kernelEmulation/generation.js"
import * as probes from "./internal/kernelEmulation/requirements.js"

/**
 * Something that the machine must have.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Requirement = Schema.Struct({
  name: Schema.String,
  status: Schema.Literal("present", "missing"),
  /** What needs it. */
  neededFor: Schema.String,
  /** What a person can do about it. */
  remedy: Schema.String
})

/**
 * @since 0.1.0
 * @category models
 */
export type Requirement = typeof Requirement.Type

/**
 * The machine lacks something that the emulation needs.
 *
 * @since 0.1.0
 * @category errors
 */
export class RequirementsMissing extends Schema.TaggedError<RequirementsMissing>(
  "@effect-ploop/conformance/KernelEmulation/RequirementsMissing"
)("RequirementsMissing", { missing: Schema.Array(Requirement) }) {
  override get message(): string {
    const lines = this.missing.map(({ name, neededFor, remedy }) => `  ${name} (needed for ${neededFor}): ${remedy}`)
    return `the kernel emulation cannot run on this machine, which lacks\n${lines.join("\n")}`
  }
}

/**
 * The emulation could not be built.
 *
 * - `output`: the output of the build script or the compiler
 *
 * @since 0.1.0
 * @category errors
 */
export class BuildFailed extends Schema.TaggedError<BuildFailed>(
  "@effect-ploop/conformance/KernelEmulation/BuildFailed"
)("BuildFailed", { output: Schema.String }) {
  override get message(): string {
    return `the kernel emulation could not be built: ${this.output}`
  }
}

/**
 * The program does not run in the namespaces of the emulation.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotInside extends Schema.TaggedError<NotInside>(
  "@effect-ploop/conformance/KernelEmulation/NotInside"
)("NotInside", {}) {
  override get message(): string {
    return "the kernel emulation works only in its own namespaces: start the program again with KernelEmulation.enter"
  }
}

/**
 * The state directory of the emulation could not be created.
 *
 * - `reason`: the error of the system
 *
 * @since 0.1.0
 * @category errors
 */
export class SetupFailed extends Schema.TaggedError<SetupFailed>(
  "@effect-ploop/conformance/KernelEmulation/SetupFailed"
)("SetupFailed", { reason: Schema.String }) {
  override get message(): string {
    return `the kernel emulation could not be set up: ${this.reason}`
  }
}

/**
 * @since 0.1.0
 * @category schemas
 */
export const KernelEmulationError = Schema.Union(RequirementsMissing, BuildFailed, NotInside, SetupFailed)

/**
 * @since 0.1.0
 * @category errors
 */
export type KernelEmulationError = typeof KernelEmulationError.Type

/**
 * Where the emulation keeps its files.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The directory of the built emulation. Default: a directory in the user's cache. */
  readonly cacheDirectory?: string | undefined
  /** The directory of the images, which must have room for them. Default: `/tmp`. */
  readonly scratch?: string | undefined
  /**
   * The tool that the kernel is for, by its path or its name in `PATH`; what
   * `PLOOP_TOOL` names unless given, or else `ploop`. The emulated driver is that
   * of the tool's generation.
   *
   * @since 0.2.0
   */
  readonly tool?: string | undefined
  /**
   * Runs before the emulation is built, which takes seconds and happens once. Default: nothing.
   *
   * @since 0.2.0
   */
  readonly onBuild?: Effect.Effect<void> | undefined
}

/**
 * What some machines do not allow.
 *
 * @since 0.1.0
 * @category models
 */
export interface Capabilities {
  /** Whether a mounted disk can grow, for which ext4 requires the capability CAP_SYS_RESOURCE. */
  readonly growsOnline: boolean
}

/**
 * An emulated kernel.
 *
 * @since 0.1.0
 * @category models
 */
export interface KernelEmulation {
  /** The command before the tool, for the option `prefix` of `PloopCli`. */
  readonly prefix: ReadonlyArray<string>
  /** Its own state directory. */
  readonly state: string
  /**
   * Where it has the files of sysfs, for the option `sysfs` of `PloopCli`.
   *
   * @since 0.2.0
   */
  readonly sysfs: string
  /** The capabilities of this machine. */
  readonly capabilities: Capabilities
  /**
   * The generation of the tool, and of the driver that is emulated for it.
   *
   * @since 0.2.0
   */
  readonly generation: Generation
}

type Services = CommandExecutor | FileSystem.FileSystem | Path

const toolOf = (options: Options | undefined) =>
  options?.tool === undefined ? generations.defaultTool : Effect.succeed(options.tool)

/** What the C program calls the driver of a generation. */
const drivers: Record<Generation, string> = { "1.15": "1", "7": "7", "9": "9" }

/** In the private `/dev` of the emulation; the C program has the same path. */
const mark = "/dev/ploop-emulation"

/**
 * What the machine must have, and whether it has it. Works inside and outside the
 * namespaces, and changes nothing.
 *
 * @since 0.1.0
 * @category requirements
 */
export const requirements = (
  options?: Options
): Effect.Effect<ReadonlyArray<Requirement>, never, CommandExecutor | FileSystem.FileSystem> =>
  Effect.flatMap(toolOf(options), (tool) => probes.requirements(options?.scratch ?? "/tmp", tool))

/**
 * What the machine should have. Without it, some operations fail, and the suite
 * skips their cases; all others work.
 *
 * @since 0.1.0
 * @category requirements
 */
export const optional: Effect.Effect<
  ReadonlyArray<Requirement>,
  never,
  CommandExecutor | FileSystem.FileSystem
> = Effect.map(probes.resourceCapability, (requirement) => [requirement])

const build = (options: Options | undefined): Effect.Effect<builds.Built, KernelEmulationError, Services> =>
  Effect.gen(function*() {
    const missing = (yield* requirements(options)).filter(({ status }) => status === "missing")
    if (missing.length > 0) return yield* new RequirementsMissing({ missing })
    return yield* Effect.mapError(
      builds.build(options?.cacheDirectory, options?.onBuild),
      (error: builds.CompilerRefused | ConfigError | PlatformError) =>
        new BuildFailed({ output: error._tag === "CompilerRefused" ? error.output : String(error) })
    )
  })

/**
 * Whether this program runs in the namespaces of the emulation.
 *
 * @since 0.1.0
 * @category namespaces
 */
export const isInside: Effect.Effect<boolean, never, FileSystem.FileSystem> = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Effect.orElseSucceed(fs.exists(mark), () => false)
)

/**
 * The command to run in place of another one, so that the other one runs in a mount
 * namespace and a process namespace of its own, with a `/dev` of its own. It passes
 * on input, output, signals and the exit code. When the command ends or is killed,
 * the kernel ends its processes and unmounts its file systems.
 *
 * @since 0.1.0
 * @category namespaces
 */
export const enter = (
  command: string,
  args: ReadonlyArray<string> = [],
  options?: Options
): Effect.Effect<[program: string, ...args: Array<string>], KernelEmulationError, Services> =>
  Effect.map(build(options), ({ program }) => [program, "enter", command, ...args])

/**
 * An emulated kernel without devices. At the end of the scope, its devices are
 * unmounted, stopped and removed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const scoped = (
  options?: Options
): Effect.Effect<KernelEmulation, KernelEmulationError, Services | Scope.Scope> =>
  Effect.gen(function*() {
    if (!(yield* isInside)) return yield* new NotInside()
    const fs = yield* FileSystem.FileSystem
    const { library, program } = yield* build(options)
    const state = yield* Effect.acquireRelease(
      Effect.mapError(
        fs.makeTempDirectory({ directory: mark, prefix: "state-" }),
        (error) => new SetupFailed({ reason: error.message })
      ),
      (directory) =>
        run(program, "reap", directory).pipe(
          Effect.flatMap((ended) =>
            ended.exitCode === 0
              ? Effect.void
              : Effect.logWarning("a file system of the kernel emulation was busy; it was unmounted anyway")
          ),
          Effect.catchAll((error) => Effect.logWarning("the kernel emulation could not be taken down", error))
        )
    )
    const { status } = yield* probes.resourceCapability
    const generation = yield* Effect.map(
      Effect.flatMap(toolOf(options), generations.generationOf),
      Option.getOrElse((): Generation => "1.15")
    )
    return {
      prefix: [
        "/usr/bin/env",
        `LD_PRELOAD=${library}`,
        `PLOOP_EMULATION_STATE=${state}`,
        `PLOOP_EMULATION_GENERATION=${drivers[generation]}`
      ],
      state,
      sysfs: state,
      capabilities: { growsOnline: status === "present" },
      generation
    }
  })

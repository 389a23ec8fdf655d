/**
 * The backend that runs the `ploop` tool of the host, of any generation.
 *
 * @example
 * import { PloopCli } from "@effect-ploop/backend-cli"
 * import { Ploop } from "@effect-ploop/core"
 * import { NodeContext, NodeRuntime } from "@effect/platform-node"
 * import { Console, Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   const devices = yield* ploop.listDevices
 *   yield* Console.table(devices)
 * })
 *
 * const HostLive = PloopCli.layer({ prefix: ["sudo", "-n"] }).pipe(Layer.provide(NodeContext.layer))
 *
 * export const main = () => NodeRuntime.runMain(Effect.provide(program, HostLive))
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as args from "./internal/arguments.js"
import { CurrentHostFiles } from "./internal/currentHostFiles.js"
import * as deadDevices from "./internal/deadDevices.js"
import * as driver from "./internal/driver.js"
import * as generation from "./internal/generation.js"
import * as host from "./internal/host.js"
import type { HostFiles } from "./internal/hostFiles.js"
import * as balloon from "./internal/operations/balloon.js"
import { programBeside } from "./internal/operations/beside.js"
import * as copy from "./internal/operations/copy.js"
import * as images from "./internal/operations/images.js"
import * as lowLevel from "./internal/operations/lowLevel.js"
import * as mounts from "./internal/operations/mounts.js"
import { onOwnDevices } from "./internal/operations/ownDevice.js"
import * as queries from "./internal/operations/queries.js"
import * as snapshots from "./internal/operations/snapshots.js"
import * as volumes from "./internal/operations/volumes.js"
import * as process from "./internal/process.js"
import type { BesideTool, Helper } from "./internal/programs.js"
import * as qemuImg from "./internal/qemuImg.js"
import * as session from "./internal/session.js"

/**
 * How the tool is run. Everything has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * The tool: a name that is looked for in `PATH`, or a path. `ploop` unless given.
   * It starts helpers such as `ploop-balloon` by `PATH`. Put its directory first there
   * where another installation has some too.
   */
  readonly tool?: string | undefined
  /**
   * The words before the tool, as in `["sudo", "-n"]`; none unless given. It
   * has to pass the environment variables `LC_ALL` and `PLOOP_PAD` on to the tool:
   * the README has the rule of sudoers for that.
   */
  readonly prefix?: ReadonlyArray<string> | undefined
  /**
   * The words before `kill`, as in `["sudo", "-n"]`, to signal a tool that runs as
   * another user. Unless given, no such tool is signalled: after a time limit or an
   * interruption, a change is waited for, and a query is left to end by itself.
   */
  readonly killPrefix?: ReadonlyArray<string> | undefined
  /** The tool's `-v`: how much it says. 3, the tool's own default, unless given. */
  readonly verbosity?: number | undefined
  /**
   * How long a command may take that changes nothing; 3 minutes unless given. The
   * tool waits up to one minute for a lock by itself.
   */
  readonly queryLimit?: Duration.DurationInput | undefined
  /** How long any other command may take; no limit unless given. */
  readonly changeLimit?: Duration.DurationInput | undefined
  /**
   * How long a tool that was told to stop may take to do so before it is killed;
   * 10 seconds unless given. Commands that would harm an image when killed, such
   * as merges, are never killed: they end by themselves.
   */
  readonly grace?: Duration.DurationInput | undefined
  /**
   * How many processes that change something may run at once, and how many queries
   * beside them; 8 of each unless given.
   */
  readonly maxProcesses?: number | undefined
  /** How much of each output stream is kept, in bytes; 1 MiB unless given. */
  readonly maxOutput?: number | undefined
  /**
   * Whether operations may write to and remove images that their descriptor names
   * outside its own directory, also by way of a symbolic link; `false` unless given.
   */
  readonly allowOutsideImages?: boolean | undefined
  /**
   * Where queries read; `"files"` unless given. `"files"` reads descriptors,
   * image headers, sysfs and the mount table, and runs the tool only where these do
   * not tell for certain. `"tool"` always runs the tool: for a prefix that runs it on
   * another kernel or in other namespaces than this process.
   *
   * @since 0.2.0
   */
  readonly queries?: "files" | "tool" | undefined
  /**
   * Where sysfs is mounted; `/sys` unless given. An emulated kernel has one of its own.
   *
   * @since 0.2.0
   */
  readonly sysfs?: string | undefined
  /** Whether to load the kernel modules with `modprobe` before the first operation; `false` unless given. */
  readonly loadModules?: boolean | undefined
}

/**
 * What only this backend can tell.
 *
 * @since 0.1.0
 * @category models
 */
export interface PloopCli {
  /** The generation of the tool, asked of it once. */
  readonly generation: Effect.Effect<Generation, OperationError.ToolError>
}

/**
 * @since 0.1.0
 * @category tags
 */
export const PloopCli: Context.Tag<PloopCli, PloopCli> = Context.GenericTag<PloopCli>(
  "@effect-ploop/backend-cli/PloopCli"
)

type Services = Ploop.Ploop | LowLevel.LowLevel | PloopCli

type Requirements = CommandExecutor | FileSystem | Path

/**
 * The services over one configuration. Nothing runs before the first operation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<Context.Context<Services>, never, Requirements> =>
  Effect.gen(function*() {
    yield* requireSensible(options)
    const files = filesOf(options, yield* CurrentHostFiles)
    const config = processConfig(options)
    const helper = (tool: Helper) => process.make({ ...config, tool })
    const beside = (program: BesideTool) => process.make({ ...config, tool: programBeside(config.tool, program) })
    const dmsetup = yield* helper("dmsetup")
    const qemu = yield* process.make({ ...config, tool: qemuImg.program, prefix: [] })
    const runner = deadDevices.removing(yield* process.make(config), dmsetup)
    const load = options.loadModules === true ? yield* loadModules(config) : () => Effect.void
    const probed = yield* generation.make({ runner, tool: config.tool, prepare: load })
    const current = session.make({
      host: yield* Effect.provideService(host.make, CurrentHostFiles, files),
      files,
      generation: probed,
      // A tape that does not know holds no operation that needs it.
      ownsFiles: config.prefix.length === 0 || (yield* Effect.orElseSucceed(files.isRoot, () => true)),
      allowsOutsideImages: options.allowOutsideImages === true,
      drivers: driversOf(options, files),
      runner,
      dmsetup,
      resize2fs: yield* helper("resize2fs"),
      parted: yield* helper("parted"),
      mkfs: yield* helper("mkfs"),
      tune2fs: yield* helper("tune2fs"),
      debugfs: yield* helper("debugfs"),
      trackingTool: yield* beside("ploop-cbt"),
      volumeTool: yield* beside("ploop-volume"),
      qemuImg: qemu,
      tool: config.tool,
      verbosity: options.verbosity ?? 3
    })
    return services(current)
  })

/** What other mount namespaces have does not concern a tool that runs on another kernel. */
const filesOf = (options: Options, files: HostFiles): HostFiles =>
  options.queries === "tool" ? { ...files, foreignMounts: Effect.succeed([]) } : files

/** Generation 9 has its devices in tables of device mapper, and only the tool reads those. */
const driversOf = (options: Options, files: HostFiles): session.Session["drivers"] => {
  const inSysfs = options.queries === "tool" ? Option.none() : Option.some(driver.make(files, options.sysfs ?? "/sys"))
  return { "1.15": inSysfs, "7": inSysfs, "9": Option.none() }
}

const requireSensible = (options: Options): Effect.Effect<void> =>
  Effect.forEach(["maxProcesses", "maxOutput"] as const, (name) => {
    const value = options[name] ?? 1
    return Number.isInteger(value) && value >= 1
      ? Effect.void
      : Effect.dieMessage(`${name} is ${value}, but it must be a whole number larger than zero`)
  }, { discard: true })

const processConfig = (options: Options): process.ProcessConfig => ({
  tool: options.tool ?? "ploop",
  prefix: options.prefix ?? [],
  killPrefix: options.killPrefix,
  limits: {
    query: Duration.decode(options.queryLimit ?? "3 minutes"),
    change: Duration.decode(options.changeLimit ?? Duration.infinity)
  },
  grace: Duration.decode(options.grace ?? "10 seconds"),
  maxProcesses: options.maxProcesses ?? 8,
  maxOutput: options.maxOutput ?? 1024 * 1024
})

/** Loads the kernel modules of a generation; a failure is a warning, for they may be part of the kernel. */
const loadModules = (config: process.ProcessConfig) =>
  Effect.map(process.make({ ...config, tool: "modprobe" }), (modprobe) => (generation: Generation) =>
    modprobe.run({
      operation: "tool",
      subject: "modprobe",
      args: ["-a", ...args.modules[generation]],
      kind: "change"
    }).pipe(
      Effect.flatMap((result) =>
        result.exitCode === 0
          ? Effect.void
          : Effect.logWarning(`the kernel modules of ploop could not be loaded: ${result.stderr.trim()}`)
      ),
      Effect.catchAll((error) => Effect.logWarning("the kernel modules of ploop could not be loaded", error))
    ))

const services = (current: session.Session): Context.Context<Services> => {
  const ploop = Ploop.make(onOwnDevices(current, {
    ...images.make(current),
    ...mounts.make(current),
    ...snapshots.make(current),
    ...volumes.make(current),
    ...queries.make(current),
    ...balloon.make(current),
    ...copy.make(current)
  }))
  return Context.make(Ploop.Ploop, ploop).pipe(
    Context.add(LowLevel.LowLevel, LowLevel.make(onOwnDevices(current, lowLevel.make(current)))),
    Context.add(PloopCli, { generation: Effect.map(ploop.tool, (tool) => tool.generation) })
  )
}

// The types are written out, because an editor shows an alias by its name only.

/**
 * Runs the tool of this host.
 *
 * It provides `Ploop`, `LowLevel` and {@link PloopCli}. It requires a
 * `CommandExecutor`, a `FileSystem` and a `Path`, which `NodeContext.layer` of
 * `@effect/platform-node` provides. Nothing runs before the first operation.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<Ploop.Ploop | LowLevel.LowLevel | PloopCli, never, CommandExecutor | FileSystem | Path> =>
  Layer.effectContext(make(options))

/**
 * {@link layer} with options from `Config`: it fails with a `ConfigError` if one
 * of them cannot be read. {@link config} reads all of them from the environment.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<
  Ploop.Ploop | LowLevel.LowLevel | PloopCli,
  ConfigError,
  CommandExecutor | FileSystem | Path
> => Layer.effectContext(Effect.flatMap(Config.unwrap(options), make))

/**
 * The options as `Config` reads them: `PLOOP_TOOL`, `PLOOP_PREFIX` and
 * `PLOOP_KILL_PREFIX` (a comma between their words), `PLOOP_VERBOSITY`, `PLOOP_QUERY_LIMIT`,
 * `PLOOP_CHANGE_LIMIT`, `PLOOP_GRACE`, `PLOOP_MAX_PROCESSES`,
 * `PLOOP_MAX_OUTPUT`, `PLOOP_ALLOW_OUTSIDE_IMAGES`, `PLOOP_QUERIES` (`files` or
 * `tool`), `PLOOP_SYSFS`, `PLOOP_LOAD_MODULES`.
 *
 * @since 0.1.0
 * @category config
 */
export const config: Config.Config<Options> = Config.nested(
  Config.all({
    tool: optional(Config.nonEmptyString("TOOL")),
    prefix: optional(Config.array(Config.nonEmptyString(), "PREFIX")),
    killPrefix: optional(Config.array(Config.nonEmptyString(), "KILL_PREFIX")),
    verbosity: optional(Config.integer("VERBOSITY")),
    queryLimit: optional(Config.duration("QUERY_LIMIT")),
    changeLimit: optional(Config.duration("CHANGE_LIMIT")),
    grace: optional(Config.duration("GRACE")),
    maxProcesses: optional(positive("MAX_PROCESSES")),
    maxOutput: optional(positive("MAX_OUTPUT")),
    allowOutsideImages: optional(Config.boolean("ALLOW_OUTSIDE_IMAGES")),
    queries: optional(Config.literal("files", "tool")("QUERIES")),
    sysfs: optional(Config.nonEmptyString("SYSFS")),
    loadModules: optional(Config.boolean("LOAD_MODULES"))
  }),
  "PLOOP"
)

function optional<A>(config: Config.Config<A>): Config.Config<A | undefined> {
  return Config.withDefault(config, undefined)
}

function positive(name: string): Config.Config<number> {
  return Config.validate(Config.integer(name), {
    message: "must be a whole number larger than zero",
    validation: (value) => value > 0
  })
}

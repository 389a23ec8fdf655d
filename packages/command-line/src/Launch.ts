/**
 * The start of a command as a process.
 *
 * @since 0.2.0
 */
import * as ClosedOutput from "@effect-ploop/backend-cli/ClosedOutput"
import * as Environment from "@effect-ploop/backend-cli/Environment"
import * as ForkServer from "@effect-ploop/backend-cli/ForkServer"
import * as PloopCli from "@effect-ploop/backend-cli/PloopCli"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Array from "effect/Array"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { codeOf } from "./Ended.js"
import * as Telemetry from "./Telemetry.js"

/**
 * The tool of this host, as the environment configures it.
 *
 * @since 0.2.0
 * @category layers
 */
export const HostLive = PloopCli.layerConfig(PloopCli.config).pipe(
  Layer.provideMerge(ForkServer.layer),
  Layer.provideMerge(NodeContext.layer)
)

const explain = (name: string) => ({ message }: Environment.VariableInvalid) => Console.error(`${name}: ${message}`)

/**
 * Runs a command that uses the tool, when no variable that configures the tool breaks its rule.
 *
 * @since 0.2.0
 * @category running
 */
export const configured = <A, E, R>(
  name: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | Environment.VariableInvalid, R> =>
  Effect.zipRight(Effect.tapError(Environment.check, explain(name)), effect)

/**
 * Logs to the standard error, as a line that begins with the name of the command. The standard output is for what the
 * command was asked for.
 *
 * @since 0.2.0
 * @category logging
 */
export const loggingLines = (name: string): Layer.Layer<never> =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.withConsoleError(Logger.make(({ message }) => `${name}: ${Array.ensure(message).map(String).join(" ")}`))
  )

/**
 * Logs to the standard error, with the time, the level and the annotations, as a service does.
 *
 * @since 0.2.0
 * @category logging
 */
export const loggingTimes: Layer.Layer<never> = Logger.replace(
  Logger.defaultLogger,
  Logger.prettyLogger({ stderr: true, colors: process.stderr.isTTY === true })
)

/**
 * How a command runs as a process.
 *
 * @since 0.2.0
 * @category models
 */
export interface RunOptions extends Telemetry.Exporting {
  /** Where it logs to: {@link loggingLines} or {@link loggingTimes}. */
  readonly logging: Layer.Layer<never>
  /** The exit code of an interruption: 0 for a service, and 130 for work that is not done. */
  readonly interrupted: 0 | 130
}

/** With the export of its spans, metrics and logs. The work that is not a service is one span, so that it is one trace. */
const observed = <A, E, R>(effect: Effect.Effect<A, E, R>, { interrupted, logging, name, version }: RunOptions) =>
  (interrupted === 0 ? effect : Effect.withSpan(effect, name)).pipe(
    Effect.provide(Layer.tapError(Telemetry.layer({ name, version }), explain(name))),
    Effect.provide(logging)
  )

/**
 * Runs a command as this process, which ends with its exit code. The variables of {@link Telemetry} steer what it
 * exports.
 *
 * @since 0.2.0
 * @category running
 */
export const run = (effect: Effect.Effect<void, unknown>, options: RunOptions): void =>
  Effect.zipRight(ClosedOutput.interrupt, observed(effect, options)).pipe(
    NodeRuntime.runMain({
      disableErrorReporting: true,
      // It writes to the standard output.
      disablePrettyLogger: true,
      teardown: (exit, onExit) => onExit(codeOf(options.interrupted)(exit))
    })
  )

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
  Environment.check.pipe(
    Effect.tapError(({ message }) => Console.error(`${name}: ${message}`)),
    Effect.zipRight(effect)
  )

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
 * Runs a command as this process, which ends with its exit code: for an interruption, the given one.
 *
 * @since 0.2.0
 * @category running
 */
export const run = (effect: Effect.Effect<void, unknown>, { interrupted }: {
  /** The exit code of an interruption: 0 for a service, and 130 for work that is not done. */
  readonly interrupted: 0 | 130
}): void =>
  Effect.zipRight(ClosedOutput.interrupt, effect).pipe(
    NodeRuntime.runMain({
      disableErrorReporting: true,
      // It writes to the standard output.
      disablePrettyLogger: true,
      teardown: (exit, onExit) => onExit(codeOf(interrupted)(exit))
    })
  )

import type * as Operation from "@effect-ploop/core/Operation"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ProcessConfig } from "./types.js"

type Process = CommandExecutor.Process

type Signal = "SIGTERM" | "SIGKILL"

export const isRunning = (process: Process): Effect.Effect<boolean> =>
  Effect.catchAllCause(process.isRunning, () => Effect.succeed(false))

/** Waits until the process is gone. */
export const gone = (process: Process): Effect.Effect<void> => Effect.asVoid(Effect.exit(process.exitCode))

/** Ends processes, each as its kind allows. */
export interface Terminator {
  /**
   * Ends the process and waits for its end. A process of another user may be out
   * of reach of any signal: one that changes something is then waited for, and a
   * query is left to end by itself.
   */
  readonly terminate: (process: Process, kind: Operation.Kind) => Effect.Effect<void>
}

export const make = (
  executor: CommandExecutor.CommandExecutor,
  config: Pick<ProcessConfig, "grace" | "killPrefix">
): Terminator => {
  const kill = (process: Process, name: Signal): Effect.Effect<void> => {
    const [program, ...rest] = config.killPrefix ?? []
    return program === undefined ? Effect.void : Effect.asVoid(Effect.exit(executor.exitCode(
      Command.make(program, ...rest, "kill", "-s", name.slice(3), "--", `-${process.pid}`)
    )))
  }

  /** Signals the group of the process. The executor waits for the end of a process that it could signal. */
  const signal = (process: Process, name: Signal): Effect.Effect<void> =>
    Effect.exit(process.kill(name)).pipe(
      Effect.zipRight(isRunning(process)),
      Effect.flatMap((running) => running ? kill(process, name) : Effect.void)
    )

  const signalAndWait = (process: Process, name: Signal): Effect.Effect<void> =>
    Effect.zipRight(signal(process, name), gone(process))

  /** The process is gone, but another one of its group may have ignored SIGTERM. */
  const killGroup = (process: Process): Effect.Effect<void> => Effect.asVoid(Effect.exit(process.kill("SIGKILL")))

  const killAfterGrace = (process: Process, kind: Operation.Kind): Effect.Effect<void> =>
    Effect.interruptible(signalAndWait(process, "SIGTERM")).pipe(
      Effect.timeoutOption(config.grace),
      Effect.flatMap(Option.match({
        onNone: () => kind === "query" ? signal(process, "SIGKILL") : signalAndWait(process, "SIGKILL"),
        onSome: () => killGroup(process)
      }))
    )

  return {
    terminate: (process, kind) =>
      kind === "uninterruptible" ? signalAndWait(process, "SIGTERM") : killAfterGrace(process, kind)
  }
}

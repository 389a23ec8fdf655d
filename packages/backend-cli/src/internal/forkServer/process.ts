// @effect-diagnostics nodeBuiltinImport:off
import * as ExitCode from "@effect-ploop/core/ExitCode"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Schedule from "effect/Schedule"
import * as Sink from "effect/Sink"
import * as NFS from "node:fs"
import * as process from "node:process"
import { deathBySignal } from "../process/failures.js"
import { type Started, statOf } from "./server.js"

const failure = (method: string, description: string): Effect.Effect<never, PlatformError> =>
  Effect.fail(new SystemError({ reason: "Unknown", module: "Command", method, description }))

/** Signals a group. False when it has no process, or none that may be signalled. */
const signalled = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Whether a process of its group may be left. */
export const mayHaveLeft = ({ pid }: Started): boolean => {
  try {
    return process.kill(-pid, 0)
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH")
  }
}

/** Whether the process is there and has not ended: what has ended may wait for ever for its new parent to notice. */
const isAlive = ({ begun, pid }: Started): boolean => {
  try {
    const { began, state } = statOf(NFS.readFileSync(`/proc/${pid}/stat`, "latin1"))
    return began === begun && !/^[ZX]/.test(state)
  } catch {
    return false
  }
}

/** The server was killed, so nothing reports the end of the process. */
const untilGone = (started: Started): Effect.Effect<void> =>
  Effect.sync(() => isAlive(started)).pipe(
    Effect.repeat({ schedule: Schedule.spaced("50 millis"), while: (alive) => alive }),
    Effect.asVoid
  )

const exitCodeOf = (started: Started): Effect.Effect<CommandExecutor.ExitCode, PlatformError> =>
  Effect.flatMap(Deferred.await(started.ending), (ending) => {
    if (ending === "unseen") {
      return Effect.zipRight(
        untilGone(started),
        failure("exitCode", "the shell that had started the process was killed, so its exit code is not known")
      )
    }
    const signal = ExitCode.signalOf(ending)
    return signal === undefined
      ? Effect.succeed(CommandExecutor.ExitCode(ending))
      : failure("exitCode", deathBySignal.print(signal))
  })

const isRunning = (started: Started): Effect.Effect<boolean> =>
  Effect.flatMap(Deferred.poll(started.ending), (ending) =>
    ending._tag === "None"
      ? Effect.succeed(true)
      : Effect.map(ending.value, (ended) => ended === "unseen" && isAlive(started)))

/**
 * Signals the group. In the moment before the process has one, the process alone: its number is its own as long as it has
 * not ended.
 */
const kill = (started: Started, signal: NodeJS.Signals): Effect.Effect<void, PlatformError> =>
  Effect.flatMap(
    Deferred.isDone(started.ending),
    (ended) =>
      signalled(-started.pid, signal) || (!ended && signalled(started.pid, signal))
        ? Effect.void
        : failure("kill", `there is no process ${started.pid} that may be signalled`)
  )

export const make = (started: Started): CommandExecutor.Process => ({
  [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
  ...Inspectable.BaseProto,
  toJSON: () => ({ _id: "@effect/platform/CommandExecutor/Process", pid: started.pid }),
  pid: started.pid,
  exitCode: exitCodeOf(started),
  isRunning: isRunning(started),
  kill: (signal = "SIGTERM") => Effect.zipRight(kill(started, signal), Effect.asVoid(Effect.exit(exitCodeOf(started)))),
  stdin: Sink.drain,
  stdout: started.stdout.stream,
  stderr: started.stderr.stream
})

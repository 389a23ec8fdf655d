import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The tools that a backend has started and that have not ended. */
export interface Tools {
  readonly executor: Layer.Layer<CommandExecutor.CommandExecutor>
  /** Sends SIGKILL to the process group of a running tool, or else of the next one that is started. */
  readonly kill: Effect.Effect<void>
  /** How many were killed. */
  readonly killed: Effect.Effect<number>
  /** Kills none of those that are started from now on. */
  readonly spare: Effect.Effect<void>
}

/** The executor starts each tool as the leader of a process group. */
const killGroup = (pid: number): boolean => {
  try {
    return process.kill(-pid, "SIGKILL")
  } catch {
    return false
  }
}

export const make: Effect.Effect<Tools, never, CommandExecutor.CommandExecutor> = Effect.map(
  CommandExecutor.CommandExecutor,
  (executor) => {
    const running = new Set<number>()
    let isDue = false
    let killed = 0
    const strike = (pid: number) => {
      isDue = false
      if (killGroup(pid)) killed++
    }
    const watched = CommandExecutor.makeExecutor((command) =>
      Effect.acquireRelease(
        Effect.tap(executor.start(command), ({ pid }) =>
          Effect.sync(() => {
            running.add(pid)
            if (isDue) strike(pid)
          })),
        ({ pid }) => Effect.sync(() => running.delete(pid))
      )
    )
    return {
      executor: Layer.succeed(CommandExecutor.CommandExecutor, watched),
      kill: Effect.sync(() => {
        const [pid] = running
        if (pid === undefined) isDue = true
        else strike(pid)
      }),
      killed: Effect.sync(() => killed),
      spare: Effect.sync(() => {
        isDue = false
      })
    }
  }
)

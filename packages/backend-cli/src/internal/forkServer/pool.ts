// @effect-diagnostics nodeBuiltinImport:off
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as NFS from "node:fs"
import * as process from "node:process"
import * as flock from "../flock.js"
import * as CommandText from "./commandText.js"
import { current, type Environment, type Heritage, same } from "./heritage.js"
import * as Process from "./process.js"
import * as Server from "./server.js"

/** How many servers wait for work: as many as commands run at once by default. */
const mostIdle = 8

export interface Pool {
  /** Starts a program as this process would now. None when there is no server for it, and nothing was started. */
  readonly start: (
    program: string,
    args: ReadonlyArray<string>,
    environment: Environment
  ) => Effect.Effect<Option.Option<CommandExecutor.Process>, never, Scope.Scope>
  /** Locks by a server, which releases the lock with the scope; by Node where no server can. */
  readonly locker: flock.Locker
}

/** The variables that are set. */
export const environmentOf = (
  variables: Readonly<Record<string, string | undefined>>
): Environment => {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) environment[name] = value
  return environment
}

/**
 * Whether nothing of a command can reach the next one: it ended by itself, both outputs were read to their markers, and
 * its group has no process left that could write to them.
 */
const leftNothing = (started: Server.Started): Effect.Effect<boolean> =>
  Effect.flatMap(Deferred.poll(started.ending), (ending) =>
    ending._tag === "None"
      ? Effect.succeed(false)
      : Effect.map(ending.value, (code) =>
        code !== "unseen" && code <= 128 && started.stdout.isOver() && started.stderr.isOver() &&
        !Process.mayHaveLeft(started)))

/** What the executor of Node does at the end of a scope: a process that runs is ended, and what a failed one has left. */
const end = (started: Server.Started): Effect.Effect<void> => {
  const ended = Process.make(started)
  return Effect.flatMap(Deferred.poll(started.ending), (ending) =>
    ending._tag === "None"
      ? Effect.ignore(ended.kill("SIGTERM"))
      : Effect.flatMap(ending.value, (code) => code === 0 ? Effect.void : Effect.ignore(ended.kill("SIGTERM"))))
}

/** Whether a shell can open it too, without waiting for somebody else. */
const opensAtOnce = (fd: number): boolean => {
  const stats = NFS.fstatSync(fd)
  return stats.isFile() || stats.isDirectory()
}

export const make: Effect.Effect<Pool, never, Scope.Scope> = Effect.gen(function*() {
  const prefix = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  let count = 0
  let idle: Array<Server.Server> = []
  let closed = false
  /** What the latest command had. The servers that lock are those that run commands, so they have it too. */
  let lately: Environment | undefined
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      closed = true
      for (const server of idle) server.dismiss()
    })
  )

  const take = (environment: Environment): Effect.Effect<Option.Option<Server.Server>> =>
    Effect.suspend(() => Option.match(current(environment), { onNone: () => Effect.succeedNone, onSome: takeFor }))

  const takeFor = (heritage: Heritage): Effect.Effect<Option.Option<Server.Server>> =>
    Effect.suspend(() => {
      const fitting = idle.filter((server) => server.isIdle() && same(server.heritage, heritage))
      for (const server of idle) if (!fitting.includes(server)) server.dismiss()
      const found = fitting.pop()
      idle = fitting
      return found === undefined ? Server.make(heritage) : Effect.succeedSome(found)
    })

  const giveBack = (server: Server.Server, reusable: boolean) =>
    Effect.sync(() => {
      server.rest()
      if (reusable && !closed && idle.length < mostIdle) idle.push(server)
      else server.dismiss()
    })

  const started = (server: Server.Server, program: string, args: ReadonlyArray<string>) =>
    Effect.acquireRelease(
      Effect.suspend(() => server.start(program, args, `${prefix}-${++count}`)),
      Option.match({
        onNone: () => giveBack(server, false),
        onSome: (started) =>
          Effect.zipRight(end(started), Effect.flatMap(leftNothing(started), (clean) => giveBack(server, clean)))
      })
    )

  /** The lock is gone with the server that had it. This process still has the file open, and can lock it too. */
  const lockAgain = (server: Server.Server, fd: number) =>
    Effect.zipRight(
      server.gone,
      Effect.matchCauseEffect(flock.spawned(fd, "try"), {
        onFailure: (cause) => Effect.logWarning("a lock was lost, because the shell that had it was killed", cause),
        onSuccess: ({ code }) =>
          code === 0
            ? Effect.logInfo("the shell that had a lock was killed; the lock was taken again")
            : Effect.logWarning("a lock was lost, because the shell that had it was killed: another process has it")
      })
    )

  const unlock = (server: Server.Server) =>
    Effect.flatMap(
      server.isIdle() ? server.ask(CommandText.unlockText) : Effect.succeed("unseen" as const),
      (ending) => giveBack(server, ending === 0)
    )

  /** What `flock` ended with; none when there was none that could tell. */
  const settled = (server: Server.Server, fd: number, code: Server.Ending) => {
    if (code === flock.held) return Effect.as(giveBack(server, true), Option.some({ code, stderr: "" }))
    if (code !== 0) return Effect.as(giveBack(server, false), Option.none())
    return Effect.addFinalizer(() => unlock(server)).pipe(
      Effect.zipRight(Effect.sync(() => server.rest())),
      Effect.zipRight(Effect.forkScoped(Effect.interruptible(lockAgain(server, fd)))),
      Effect.as(Option.some({ code, stderr: "" }))
    )
  }

  /** By a server, whatever happens meanwhile; only the wait for the lock can be interrupted. */
  const lockByServer = (fd: number, mode: flock.Mode) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(
        take(lately ?? environmentOf(process.env)),
        Option.match({
          onNone: () => Effect.succeedNone,
          onSome: (server) =>
            restore(server.ask(CommandText.lockText(process.pid, fd, mode))).pipe(
              Effect.onInterrupt(() => giveBack(server, false)),
              Effect.flatMap((code) => settled(server, fd, code))
            )
        })
      )
    )

  const locker: flock.Locker = (fd, mode) =>
    Effect.flatMap(
      opensAtOnce(fd) ? lockByServer(fd, mode) : Effect.succeedNone,
      Option.match({ onNone: () => flock.spawned(fd, mode), onSome: Effect.succeed })
    )

  return {
    locker,
    start: (program, args, environment) =>
      Effect.uninterruptible(
        Effect.suspend(() => {
          lately = environment
          return Effect.flatMap(take(environment), (server) =>
            Option.isNone(server)
              ? Effect.succeedNone
              : Effect.map(started(server.value, program, args), Option.map(Process.make)))
        })
      )
  }
})

// @effect-diagnostics nodeBuiltinImport:off
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as ChildProcess from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as process from "node:process"
import { deathBySignal } from "./failures.js"
import { toStream, write } from "./nodeStreams.js"
import type { ProcessWithSocket, Sockets } from "./socketTypes.js"

const failed = (method: string) => (thrown: unknown): PlatformError =>
  new SystemError({
    reason: "Unknown",
    module: "Command",
    method,
    description: thrown instanceof Error ? thrown.message : `${thrown}`,
    cause: thrown
  })

interface Ends {
  readonly ours: Net.Socket
  readonly theirs: Net.Socket
}

const connect = async (directory: string): Promise<Ends> => {
  const path = join(directory, "socket")
  const server = Net.createServer({ allowHalfOpen: true, pauseOnConnect: true })
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve))
    const accepted = new Promise<Net.Socket>((resolve) => server.once("connection", resolve))
    const ours = Net.connect({ path, allowHalfOpen: true })
    // Errors come with writes, and as ends.
    ours.on("error", () => undefined)
    await new Promise<void>((resolve, reject) => ours.once("connect", resolve).once("error", reject))
    const theirs = await accepted
    theirs.on("error", () => undefined)
    return { ours, theirs }
  } finally {
    server.close()
  }
}

/** Both ends of a socket. Node makes none by itself, so they meet in a directory that only this user can enter. */
const ends: Effect.Effect<Ends, PlatformError, Scope.Scope> = Effect.acquireRelease(
  Effect.tryPromise({
    try: async () => {
      const directory = await mkdtemp(join(tmpdir(), "ploop-socket-"))
      try {
        return await connect(directory)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
    catch: failed("socket")
  }),
  ({ ours, theirs }) =>
    Effect.sync(() => {
      ours.destroy()
      theirs.destroy()
    })
)

interface Child {
  readonly handle: ChildProcess.ChildProcess
  readonly exit: Deferred.Deferred<CommandExecutor.ExitCode, PlatformError>
}

const spawn = (command: Command.StandardCommand, theirs: Net.Socket): Effect.Effect<Child, PlatformError> =>
  Effect.flatMap(Deferred.make<CommandExecutor.ExitCode, PlatformError>(), (exit) =>
    Effect.async((resume) => {
      const handle = ChildProcess.spawn(command.command, command.args, {
        stdio: [theirs, "pipe", "pipe"],
        env: { ...process.env, ...Object.fromEntries(command.env) },
        detached: true
      })
      handle.on("error", (error) => resume(Effect.fail(failed("spawn")(error))))
      handle.on("exit", (code, signal) =>
        Deferred.unsafeDone(
          exit,
          code === null
            ? Effect.fail(failed("exitCode")(new Error(deathBySignal.print(`${signal}`))))
            : Effect.succeed(CommandExecutor.ExitCode(code))
        ))
      handle.on("spawn", () => {
        // The process has its own copy. Without this one, it learns when ours is closed, and we when it is gone.
        theirs.destroy()
        resume(Effect.succeed({ handle, exit }))
      })
    }))

/** Signals the group of the process, and waits for the end of the process. */
const killer = ({ exit, handle }: Child): CommandExecutor.Process["kill"] => (signal = "SIGTERM") =>
  Effect.try({ try: () => process.kill(-handle.pid!, signal), catch: failed("kill") }).pipe(
    Effect.zipRight(Effect.asVoid(Effect.exit(Deferred.await(exit))))
  )

const processOf = (child: Child, ours: Net.Socket): ProcessWithSocket => {
  const { exit, handle } = child
  const made: ProcessWithSocket = {
    [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
    ...Inspectable.BaseProto,
    toJSON: () => ({ _id: "@effect/platform/CommandExecutor/Process", pid: handle.pid }),
    pid: CommandExecutor.ProcessId(handle.pid ?? -1),
    exitCode: Deferred.await(exit),
    isRunning: Effect.negate(Deferred.isDone(exit)),
    // A tool that waits for the other end reacts to the end of the socket, and to no signal.
    kill: (signal) => Effect.zipRight(Effect.sync(() => void ours.destroy()), killer(child)(signal)),
    stdin: Sink.drain,
    stdout: toStream(handle.stdout!),
    stderr: toStream(handle.stderr!),
    socket: {
      incoming: toStream(ours),
      offer: (bytes) => write(ours, bytes),
      end: Effect.sync(() => void ours.end()),
      close: Effect.sync(() => void ours.destroy())
    }
  }
  return made
}

/** Starts processes whose standard input is a socket: `sudo`, unlike with further descriptors, passes it on. */
export const nodeSockets: Sockets = {
  start: (command) =>
    Effect.gen(function*() {
      const [first] = Command.flatten(command)
      const { ours, theirs } = yield* ends
      return yield* Effect.acquireRelease(
        spawn(first, theirs),
        (child) =>
          Effect.unlessEffect(
            Effect.ignore(killer(child)("SIGTERM")),
            Deferred.isDone(child.exit)
          )
      ).pipe(Effect.map((child) => processOf(child, ours)))
    })
}

/**
 * Starts commands by small processes. Node forks for each command, which copies the page tables of the whole program:
 * the larger the program, the longer that takes, and the event loop waits meanwhile. A shell that stays is forked in a
 * fraction of that time.
 *
 * @since 0.2.0
 */
import type * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as process from "node:process"
import { CurrentHostFiles } from "./internal/currentHostFiles.js"
import * as executable from "./internal/forkServer/executable.js"
import * as Pool from "./internal/forkServer/pool.js"
import { locking, nodeHostFiles } from "./internal/nodeHostFiles.js"

/** Whether a shell takes the arguments as Node does. Node refuses a zero byte, and a line that is too long. */
const isOrdinary = (args: ReadonlyArray<string>): boolean =>
  args.reduce((length, word) => length + Buffer.byteLength(word), 0) < 65_536 &&
  !args.some((word) => word.includes("\0"))

/** A command that a shell starts as Node does: nothing goes in, and both outputs are read. */
const isPlain = (command: Command.Command): command is Command.StandardCommand =>
  command._tag === "StandardCommand" && Option.isNone(command.cwd) && command.shell === false &&
  // The executor hands the word over to Node, although its type does not have it.
  (command.stdin as string) === "ignore" && command.stdout === "pipe" && command.stderr === "pipe" &&
  isOrdinary(command.args)

const started = (pool: Pool.Pool, command: Command.StandardCommand) => {
  const environment = Pool.environmentOf({
    ...(command.extendEnv ? process.env : {}),
    ...Object.fromEntries(command.env)
  })
  const program = executable.find(command.command, environment.PATH)
  return program === undefined || executable.find("setsid", environment.PATH) === undefined
    ? Effect.succeedNone
    : pool.start(program, command.args, environment)
}

const before = (executor: CommandExecutor.CommandExecutor, pool: Pool.Pool): CommandExecutor.CommandExecutor =>
  CommandExecutor.makeExecutor((command) =>
    isPlain(command)
      ? Effect.flatMap(
        started(pool, command),
        Option.match({ onNone: () => executor.start(command), onSome: Effect.succeed })
      )
      : executor.start(command)
  )

/**
 * An executor whose commands start by small processes where nothing goes into them, as into the runs of the tool. Other
 * commands, and those whose program is not there, go to the executor that it stands before, and so do all of them where
 * there is no `/bin/sh` or `setsid`.
 *
 * A command runs as Node would start it: with the environment, the directory, the user, the groups and the file mask that
 * this program has at that moment, in a session of its own. A shell sets `PWD`, `OLDPWD`, `SHLVL` and `_` itself; where it
 * would change more, Node starts the command. A shell does not tell a command that ended with `128 + n` from one that the
 * signal n killed: both are reported as killed. An output ends with the command, and what a process writes into it that
 * has left the session of the command may come with the output of the next one; the tool leaves no such process.
 *
 * When this program is killed, a command goes on to its end, and the small process ends after it. When the small process
 * is killed, the command goes on too, and fails when it has ended: nobody knows with which code.
 *
 * The backend that is built on this layer takes the locks of disks by such processes too.
 *
 * @since 0.2.0
 * @category layers
 * @example
 * import { ForkServer, PloopCli } from "@effect-ploop/backend-cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Layer } from "effect"
 *
 * export const HostLive = PloopCli.layer().pipe(
 *   Layer.provide(ForkServer.layer),
 *   Layer.provide(NodeContext.layer)
 * )
 */
export const layer: Layer.Layer<CommandExecutor.CommandExecutor, never, CommandExecutor.CommandExecutor> = Layer
  .scopedContext(Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const files = yield* CurrentHostFiles
    const pool = yield* Pool.make
    return Context.make(CommandExecutor.CommandExecutor, before(executor, pool)).pipe(
      // A tape has its own.
      Context.add(CurrentHostFiles, files === nodeHostFiles ? { ...files, ...locking(pool.locker) } : files)
    )
  }))

import { Ended } from "@effect-ploop/command-line/Ended"
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as KernelEmulation from "../../KernelEmulation.js"

/**
 * Runs a command to its end. At an interruption, it signals the one process, which passes the signal on, and waits: the
 * executor would signal the whole group, and a program that gets two signals ends without its clean-up.
 */
const exitCode = (command: Command.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const child = yield* Command.start(
      command.pipe(Command.stdin("inherit"), Command.stdout("inherit"), Command.stderr("inherit"))
    )
    return yield* Effect.onInterrupt(child.exitCode, () =>
      Effect.zipRight(
        Effect.sync(() => process.kill(child.pid, "SIGTERM")).pipe(Effect.ignore),
        Effect.exit(child.exitCode)
      ))
  }))

/** Without it, the first run is silent for as long as the compiler takes. */
const onBuild = Console.error("ploop-conformance: building the kernel emulation, which is done once")

/**
 * Does the work in the namespaces of the kernel emulation. Outside of them, it
 * runs the whole program again inside, and ends with the same exit code. Where the
 * kernel cannot be emulated, it does the work in place.
 */
export const inside = <A, E, R>(
  directory: string,
  work: Effect.Effect<A, E, R>
): Effect.Effect<
  A | undefined,
  E | Ended | PlatformError,
  R | CommandExecutor.CommandExecutor | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    if (yield* KernelEmulation.isInside) return yield* work
    const again = [...process.execArgv, ...process.argv.slice(1)]
    const entered = yield* Effect.either(
      KernelEmulation.enter(process.execPath, again, { scratch: directory, onBuild })
    )
    if (Either.isLeft(entered)) return yield* work
    const [program, ...args] = entered.right
    const code = yield* exitCode(Command.make(program, ...args))
    if (code !== 0) return yield* new Ended({ code, message: "" })
    return undefined
  })

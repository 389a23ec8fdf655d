/**
 * Advisory locks of directories, which hold between the processes of a host. The kernel releases them with the process,
 * however it ends. They need `flock` of util-linux.
 *
 * @since 0.2.0
 */
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { lockDirectory, tryLock } from "./internal/flock.js"
import { fromNode } from "./internal/nodeFiles.js"

/**
 * Locks a directory until the scope is closed. It waits for other processes, and for others in this process; the wait
 * can be interrupted.
 *
 * @example
 * import { FileLock } from "@effect-ploop/backend-cli"
 * import { Console, Effect } from "effect"
 *
 * export const alone = Effect.scoped(
 *   Effect.zipRight(FileLock.directory("/run/my-job"), Console.log("no other process does this now"))
 * )
 *
 * @since 0.2.0
 * @category locks
 */
export const directory = (path: string): Effect.Effect<void, PlatformError, Scope.Scope> =>
  Effect.flatMap(
    lockDirectory(path, fromNode("lockDirectory", path)),
    Option.match({
      onNone: () =>
        new SystemError({ module: "FileSystem", method: "lockDirectory", reason: "NotFound", pathOrDescriptor: path }),
      onSome: () => Effect.void
    })
  )

/**
 * Locks a directory until the scope is closed, without waiting. False when another process has it, or it is gone.
 *
 * @since 0.2.0
 * @category locks
 */
export const tryDirectory = (path: string): Effect.Effect<boolean, PlatformError, Scope.Scope> =>
  Effect.map(tryLock(path, fromNode("lockDirectory", path)), Option.isSome)

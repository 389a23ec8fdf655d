/**
 * Keeps the processes of a host from loading one file system at the same time.
 *
 * @since 0.2.0
 */
import * as FileLock from "@effect-ploop/backend-cli/FileLock"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as process from "node:process"

/**
 * How a file system of the host is kept for one process.
 *
 * @since 0.2.0
 * @category models
 */
export interface Lock {
  /** Keeps the file system with this number of its device until the scope is closed. It waits for other processes. */
  readonly fileSystem: (device: number) => Effect.Effect<void, PlatformError, Scope.Scope>
}

/**
 * The lock that discards, merges and copies of backups take. Without a layer, they exclude each other within the
 * process only.
 *
 * @since 0.2.0
 * @category tags
 */
export class HostLock extends Context.Reference<HostLock>()("@effect-ploop/maintenance/HostLock", {
  defaultValue: (): Lock => ({ fileSystem: () => Effect.void })
}) {}

/**
 * How to make the lock.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /**
   * Where the locks are. All processes that are to exclude each other need the same directory, and no user that they do
   * not trust may write to it. It is made when it is missing. Default: `/run/ploop-maintenance` for root, and
   * `ploop-maintenance` in `$XDG_RUNTIME_DIR` for other users, where that is set.
   */
  readonly directory?: string | undefined
}

const defaultDirectory = process.getuid?.() === 0
  ? Effect.succeedSome("/run/ploop-maintenance")
  : Effect.map(
    Effect.option(Config.nonEmptyString("XDG_RUNTIME_DIR")),
    Option.map((directory) => `${directory}/ploop-maintenance`)
  )

/**
 * The directory that the options name, or else the default one; none where there is no default.
 *
 * @since 0.2.0
 * @category queries
 */
export const directoryOf = (options: Options): Effect.Effect<Option.Option<string>> =>
  options.directory === undefined ? defaultDirectory : Effect.succeedSome(options.directory)

const none: Lock = { fileSystem: () => Effect.void }

/**
 * Locks between the processes of this host, by `flock`. A process that dies leaves none.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, FileSystem.FileSystem | Path> =>
  Layer.effect(
    HostLock,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path
      const directory = yield* directoryOf(options)
      if (Option.isNone(directory)) {
        yield* Effect.logDebug("no directory for locks: processes of this user do not exclude each other")
        return none
      }
      return {
        fileSystem: (device) => {
          const place = path.join(directory.value, String(device))
          return Effect.zipRight(fs.makeDirectory(place, { recursive: true, mode: 0o700 }), FileLock.directory(place))
        }
      }
    })
  )

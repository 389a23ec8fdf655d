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
import { statfs } from "./internal/statfs.js"

/**
 * How a file system of the host is kept for one process.
 *
 * @since 0.2.0
 * @category models
 */
export interface Lock {
  /** Keeps the file system with this number of its device until the scope is closed. It waits for other processes. */
  readonly fileSystem: (device: number) => Effect.Effect<void, PlatformError, Scope.Scope>
  /**
   * Locks a directory for the process that fills it, until the scope is closed. It returns a mark by which others see
   * later whether the process has ended; none where nothing would prove that.
   */
  readonly fill: (directory: string) => Effect.Effect<Option.Option<string>, PlatformError, Scope.Scope>
  /** Whether the process that has left this mark has ended, so that nobody fills the directory. */
  readonly isAbandoned: (directory: string, mark: string) => Effect.Effect<boolean, PlatformError>
}

/** What excludes nobody, and proves nothing. */
const none: Lock = {
  fileSystem: () => Effect.void,
  fill: () => Effect.succeedNone,
  isAbandoned: () => Effect.succeed(false)
}

/**
 * The lock that discards, merges and copies of backups take. Without a layer, they exclude each other within the
 * process only.
 *
 * @since 0.2.0
 * @category tags
 */
export class HostLock extends Context.Reference<HostLock>()("@effect-ploop/maintenance/HostLock", {
  defaultValue: () => none
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

/** Which start of the host this is. It is the same in all of its containers. */
const bootOf = (fs: FileSystem.FileSystem) =>
  Effect.map(fs.readFileString("/proc/sys/kernel/random/boot_id"), (text) => text.trim())

/**
 * The numbers of the file systems that one host at a time has mounted: ext, XFS, Btrfs, and those in memory. On them, a
 * lock of this host says everything, and after a start of the host nobody has gone on.
 */
const ofOneHost: ReadonlyArray<bigint> = [0xEF53n, 0x58465342n, 0x9123683En, 0x01021994n]

const isOfOneHost = (directory: string) =>
  Effect.orElseSucceed(
    Effect.map(Effect.tryPromise(() => statfs(directory)), ({ type }) => ofOneHost.includes(BigInt.asUintN(32, type))),
    () => false
  )

/** Marks of this host: the lock shows the processes since its last start, and no other process is left. */
const marks = (fs: FileSystem.FileSystem): Pick<Lock, "fill" | "isAbandoned"> => ({
  fill: (directory) =>
    Effect.gen(function*() {
      const isProof = (yield* isOfOneHost(directory)) && (yield* FileLock.tryDirectory(directory))
      return isProof ? Option.some(yield* bootOf(fs)) : Option.none()
    }).pipe(Effect.orElseSucceed(() => Option.none<string>())),
  isAbandoned: (directory, mark) =>
    Effect.gen(function*() {
      if (!(yield* isOfOneHost(directory))) return false
      return mark !== (yield* bootOf(fs)) || (yield* Effect.scoped(FileLock.tryDirectory(directory)))
    })
})

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
        return { ...none, ...marks(fs) }
      }
      return {
        ...marks(fs),
        fileSystem: (device) => {
          const place = path.join(directory.value, String(device))
          return Effect.zipRight(fs.makeDirectory(place, { recursive: true, mode: 0o700 }), FileLock.directory(place))
        }
      }
    })
  )

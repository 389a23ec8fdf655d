import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { About } from "./host.js"
import type { Found, HostFiles, Identity } from "./hostFiles.js"
import { errnoOf, textOf } from "./process/failures.js"

export type FileError =
  | PloopError.AlreadyExists
  | PloopError.DirectoryNotFound
  | PloopError.PermissionDenied
  | PloopError.NoSpace
  | PloopError.InputOutputFailed

/** What a failing operation on a file means for the call. */
export const fileError = (about: About, path: string) => (error: PlatformError): FileError => {
  const context = { ...about, text: textOf(error) }
  const reason = error._tag === "SystemError" ? error.reason : "Unknown"
  if (reason === "AlreadyExists") return new PloopError.AlreadyExists({ ...context, path })
  if (reason === "PermissionDenied") return new PloopError.PermissionDenied(context)
  return ["ENOSPC", "EDQUOT"].includes(errnoOf(error) ?? "")
    ? new PloopError.NoSpace(context)
    : new PloopError.InputOutputFailed(context)
}

/** The same for a new directory in another: when something is missing, it is the other directory. */
const parentError = (about: About, parent: string) => (error: PlatformError): FileError =>
  error._tag === "SystemError" && (error.reason === "NotFound" || errnoOf(error) === "ENOTDIR")
    ? new PloopError.DirectoryNotFound({ ...about, text: textOf(error), directory: parent })
    : fileError(about, parent)(error)

/** Fails unless it was seen that nothing is at a path: not by a missing permission, and not by a link that leads nowhere. */
export const refuseExisting = (
  files: HostFiles,
  about: About,
  ...paths: ReadonlyArray<string>
): Effect.Effect<void, FileError> =>
  Effect.forEach(
    paths,
    (path) =>
      Effect.flatMap(
        Effect.mapError(files.find(path), fileError(about, path)),
        Option.match({
          onNone: () => Effect.void,
          onSome: () => Effect.fail(new PloopError.AlreadyExists({ ...about, text: "", path }))
        })
      ),
    { discard: true }
  )

const requireFound = (files: HostFiles, path: string): Effect.Effect<Found, PlatformError> =>
  Effect.flatMap(
    files.find(path),
    Option.match({
      onSome: Effect.succeed,
      onNone: () =>
        Effect.fail(
          new SystemError({ module: "FileSystem", method: "find", pathOrDescriptor: path, reason: "NotFound" })
        )
    })
  )

interface PrivateDirectory {
  readonly path: string
  readonly identity: Identity
  readonly lock: Scope.CloseableScope
}

/**
 * How many directories are made in all. Until one is locked, another process may
 * take it for that of a process that is gone, and remove it.
 */
const attempts = 3

/** Removes a directory that was made, and that nothing was made in. */
const removeMade = (files: HostFiles, path: string): Effect.Effect<void> =>
  Effect.ignore(Effect.flatMap(requireFound(files, path), (found) => files.removeEmptyDirectory(path, found)))

/** Its lock shows that its owner is alive: the kernel releases it with the process. */
const makeLocked = (
  files: HostFiles,
  parent: string,
  attempt = 1
): Effect.Effect<PrivateDirectory, PlatformError> =>
  Effect.gen(function*() {
    const path = yield* files.makePrivateDirectory(parent)
    const isLast = attempt === attempts
    const lock = yield* Scope.make()
    const { found, locked } = yield* Effect.all({
      found: isLast ? Effect.asSome(requireFound(files, path)) : files.find(path),
      locked: Scope.extend(files.tryLock(path), lock)
    }).pipe(
      Effect.onError((cause) => Effect.zipRight(Scope.close(lock, Exit.failCause(cause)), removeMade(files, path)))
    )
    if (Option.isSome(found) && (Option.isSome(locked) || isLast)) {
      return { path, identity: found.value, lock }
    }
    yield* Scope.close(lock, Exit.void)
    return yield* makeLocked(files, parent, attempt + 1)
  })

/**
 * A new directory in `parent`, so on the same file system, in which nobody else
 * makes files. It is removed with what is left in it.
 */
export const privateDirectory = (
  files: HostFiles,
  about: About,
  parent: string
): Effect.Effect<string, FileError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.mapError(makeLocked(files, parent), parentError(about, parent)),
    ({ identity, lock, path }, exit) =>
      files.removeDirectory(path, identity).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(`${PrintableText.escape(path)}, where new files were made, could not be removed`, error)
        ),
        Effect.zipRight(Scope.close(lock, exit))
      )
  ).pipe(Effect.map(({ path }) => path))

/** Makes files in a {@link privateDirectory}. */
export const inPrivateDirectory = <A, E, R>(
  files: HostFiles,
  about: About,
  parent: string,
  use: (directory: string) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileError, R> =>
  Effect.scopedWith((scope) => Effect.flatMap(Scope.extend(privateDirectory(files, about, parent), scope), use))

interface Move {
  readonly from: string
  readonly to: string
}

/**
 * Gives files their final names, all of them or none. A name that exists already
 * is left as it is.
 */
export const publish = (
  files: HostFiles,
  about: About,
  moves: ReadonlyArray<Move>
): Effect.Effect<void, FileError> =>
  Effect.scoped(Effect.forEach(moves, ({ from, to }) =>
    Effect.gen(function*() {
      const file = yield* requireFound(files, from)
      yield* Effect.acquireRelease(
        files.link(from, to),
        (_, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignoreLogged(files.unlink(to, file))
      )
    }).pipe(Effect.mapError(fileError(about, to))), { discard: true })).pipe(Effect.uninterruptible)

// @effect-diagnostics nodeBuiltinImport:off
import { type PlatformError, SystemError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { posix } from "node:path"

/** Whether a link at the end of a path is followed, or is itself what the path is about. */
export type Last = "followed" | "itself"

const isIn = (directory: string, path: string) =>
  path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`)

const isNotFound = (error: PlatformError) => error._tag === "SystemError" && error.reason === "NotFound"

/** The path without links, as far as it exists; none when it leads through a link to nothing. */
const real = (fs: FileSystem.FileSystem, path: string): Effect.Effect<Option.Option<string>, PlatformError> =>
  fs.realPath(path).pipe(
    Effect.map(Option.some),
    Effect.catchIf(isNotFound, () =>
      Effect.gen(function*() {
        const isLink = yield* Effect.isSuccess(fs.readLink(path))
        if (isLink || path === "/") return Option.none()
        const parent = yield* real(fs, posix.dirname(path))
        return Option.map(parent, (parent) => posix.join(parent, posix.basename(path)))
      }))
  )

const realOf = (fs: FileSystem.FileSystem, path: string, last: Last) =>
  last === "followed" || path === "/"
    ? real(fs, path)
    : Effect.map(
      real(fs, posix.dirname(path)),
      Option.map((parent) => posix.join(parent, posix.basename(path)))
    )

/** The rule that a path breaks which has to be in one of the directories, with its links resolved; none if it is. */
export const brokenRule = (
  fs: FileSystem.FileSystem,
  directories: ReadonlyArray<string>,
  path: string,
  last: Last = "followed"
): Effect.Effect<Option.Option<string>> =>
  Effect.gen(function*() {
    if (!path.startsWith("/")) return Option.some("must be an absolute path")
    if (path.split("/").includes("..")) return Option.some("must not contain ..")
    const found = yield* realOf(fs, path.replace(/(?<=.)\/+$/, ""), last)
    if (Option.isNone(found)) return Option.some("must not lead through a symbolic link to nothing")
    const allowed = yield* Effect.forEach(directories, (directory) => fs.realPath(directory).pipe(Effect.option))
    return Arr.getSomes(allowed).some((directory) => isIn(directory, found.value))
      ? Option.none()
      : Option.some(`must be in ${directories.join(" or ")}`)
  }).pipe(Effect.catchAll((error) => Effect.succeed(Option.some(`cannot be resolved: ${error.message}`))))

export const denied = (method: string, path: string, rule: string): PlatformError =>
  new SystemError({
    module: "FileSystem",
    method,
    reason: "PermissionDenied",
    pathOrDescriptor: path,
    description: `${path} ${rule}`
  })

import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { cut, sizeFor, usual } from "../cut.js"
import type { Connection } from "./connection.js"
import { isTransient } from "./lost.js"
import type { Manager } from "./manager.js"

type Arguments = Readonly<Record<string, unknown>>

const subjectOf = ({ file, path }: Arguments): string | number =>
  typeof file === "number" ? file : typeof path === "string" ? path : "host"

/** The host's error, or what happened to the connection, or why the host refuses it. */
const failure = (method: string, args: Arguments) => (error: unknown): PlatformError =>
  isTransient(error) || !isPlatformError(error)
    ? new SystemError({
      module: "FileSystem",
      method,
      reason: isTransient(error) ? "Unknown" : "PermissionDenied",
      pathOrDescriptor: subjectOf(args),
      description: isTransient(error)
        ? `the connection to the host was lost: ${error.reason}; a change may have happened`
        : `the host refuses it: ${JSON.stringify(error)}`
    })
    : error

const isPlatformError = (error: unknown): error is PlatformError =>
  typeof error === "object" && error !== null && "_tag" in error &&
  (error._tag === "SystemError" || error._tag === "BadArgument")

const on = (connection: Connection) => <A = void>(method: string, args: Arguments): Effect.Effect<A, PlatformError> =>
  // The schema of the procedure says what the result is.
  Effect.mapError(connection.call(`files/${method}`, args) as Effect.Effect<A, unknown>, failure(method, args))

const file = (connection: Connection, id: number): FileSystem.File => {
  const call = on(connection)
  const size = sizeFor(connection.greeting.maximumBytes)
  const readAlloc = (length: FileSystem.SizeInput) =>
    call<Option.Option<Uint8Array>>("file/read", { file: id, size: Math.min(Number(length), size) })
  const writeAll = (bytes: Uint8Array) =>
    Effect.forEach(
      cut(bytes, connection.greeting.maximumBytes),
      (part) => call("file/write", { file: id, bytes: part }),
      { discard: true }
    )
  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd: FileSystem.FileDescriptor(id),
    stat: call("file/stat", { file: id }),
    seek: (offset, from) => Effect.orDie(call("file/seek", { file: id, offset: BigInt(offset), from })),
    sync: call("file/sync", { file: id }),
    read: (buffer) =>
      Effect.map(
        readAlloc(buffer.length),
        Option.match({
          onNone: () => FileSystem.Size(0),
          onSome: (bytes) => {
            buffer.set(bytes)
            return FileSystem.Size(bytes.length)
          }
        })
      ),
    readAlloc,
    truncate: (length) =>
      call("file/truncate", { file: id, length: length === undefined ? undefined : BigInt(length) }),
    write: (bytes) => Effect.as(writeAll(bytes), FileSystem.Size(bytes.length)),
    writeAll
  }
}

/** The file is closed on the host before the scope has ended. */
const open = (connection: Connection, args: Arguments): Effect.Effect<FileSystem.File, PlatformError, Scope.Scope> =>
  Effect.gen(function*() {
    const own = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const opened = yield* connection.stream("files/open", args).pipe(
      Stream.toPull,
      Scope.extend(own),
      Effect.flatMap((pull) => Effect.mapError(pull, Option.getOrUndefined)),
      Effect.mapError(failure("open", args))
    )
    // The only element of the stream is the number of the file.
    const id = Array.from(opened)[0] as number
    yield* Effect.addFinalizer(() => Effect.ignore(connection.call("files/close", { file: id })))
    return file(connection, id)
  })

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const readAll = (file: FileSystem.File) =>
  Stream.repeatEffectOption(
    Effect.flatMap(Effect.mapError(file.readAlloc(usual), Option.some), Effect.mapError(Option.none))
  ).pipe(
    Stream.runCollect,
    Effect.map((parts) => concat(Array.from(parts)))
  )

/** A temporary file or directory that is removed at the end of the scope. */
const scoped = (made: Effect.Effect<string, PlatformError>, remove: FileSystem.FileSystem["remove"]) =>
  Effect.acquireRelease(made, (path) => Effect.orDie(remove(path, { recursive: true, force: true })))

/** The file system of the host at the other end. Nothing of it is repeated when the connection is lost. */
export const make = ({ get }: Manager): FileSystem.FileSystem => {
  const on_ = (method: string, args: Arguments) => Effect.mapError(get, failure(method, args))
  const call = <A = void>(method: string, args: Arguments): Effect.Effect<A, PlatformError> =>
    Effect.flatMap(on_(method, args), (connection) => on(connection)<A>(method, args))
  const opened: FileSystem.FileSystem["open"] = (path, options) =>
    Effect.flatMap(on_("open", { path }), (connection) => open(connection, { path, ...options }))
  const remove: FileSystem.FileSystem["remove"] = (path, options) => call("remove", { path, ...options })
  const temporary = (type: "directory" | "file") => (options: FileSystem.MakeTempFileOptions = {}) =>
    call<string>("makeTemporary", {
      type,
      path: options.directory,
      prefix: options.prefix,
      suffix: options.suffix
    })

  return FileSystem.make({
    access: (path, options) => call("access", { path, ...options }),
    copy: (path, to, options) => call("copy", { path, to, ...options }),
    copyFile: (path, to) => call("copyFile", { path, to }),
    chmod: (path, mode) => call("chmod", { path, mode }),
    chown: (path, uid, gid) => call("chown", { path, uid, gid }),
    link: (path, to) => call("link", { path, to }),
    makeDirectory: (path, options) => call("makeDirectory", { path, ...options }),
    makeTempDirectory: temporary("directory"),
    makeTempDirectoryScoped: (options) => scoped(temporary("directory")(options), remove),
    makeTempFile: temporary("file"),
    makeTempFileScoped: (options) => scoped(temporary("file")(options), remove),
    open: opened,
    readDirectory: (path, options) => call("readDirectory", { path, ...options }),
    readFile: (path) => Effect.scoped(Effect.flatMap(opened(path), readAll)),
    readLink: (path) => call("readLink", { path }),
    realPath: (path) => call("realPath", { path }),
    remove,
    rename: (path, to) => call("rename", { path, to }),
    stat: (path) => call("stat", { path }),
    symlink: (target, path) => call("symlink", { target, path }),
    truncate: (path, length) => call("truncate", { path, length: length === undefined ? undefined : BigInt(length) }),
    utimes: (path, atime, mtime) => call("utimes", { path, atime, mtime }),
    watch: (path, options) =>
      Stream.unwrap(Effect.map(on_("watch", { path }), (connection) =>
        Stream.mapError(
          // The schema of the procedure says what the elements are.
          connection.stream("files/watch", { path, ...options }) as Stream.Stream<FileSystem.WatchEvent, unknown>,
          failure("watch", { path })
        ))),
    writeFile: (path, data, options) =>
      Effect.scoped(
        Effect.flatMap(opened(path, { flag: "w", ...options }), (file) => file.writeAll(data))
      )
  })
}

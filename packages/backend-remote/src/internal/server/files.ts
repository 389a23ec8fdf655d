// @effect-diagnostics nodeBuiltinImport:off
import { type PlatformError, SystemError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { posix } from "node:path"
import { usual } from "../cut.js"
import { Caller } from "../protocol/access.js"
import { Files } from "../protocol/files.js"
import { brokenRule, denied, type Last } from "./confined.js"

/** Checks that a path is in the shared directories, and in those of the caller. */
const confine =
  (fs: FileSystem.FileSystem, directories: ReadonlyArray<string>) =>
  (method: string, path: string, last: Last = "followed"): Effect.Effect<void, PlatformError, Caller> =>
    Effect.gen(function*() {
      const grant = yield* Caller
      for (const allowed of [directories, grant.directories]) {
        if (allowed === undefined) continue
        const rule = yield* brokenRule(fs, allowed, path, last)
        if (Option.isSome(rule)) return yield* Effect.fail(denied(method, path, rule.value))
      }
    })

type Within = ReturnType<typeof confine>

/** A part of a name must not lead elsewhere. */
const requirePart = (part: string | undefined): Effect.Effect<void, PlatformError> =>
  part === undefined || !part.includes("/")
    ? Effect.void
    : Effect.fail(denied("makeTemporary", part, "must be a part of a name, without /"))

/** A link that leads out of the directories would let a later request follow it there. */
const requireInside = (within: Within, isOpen: boolean, path: string, target: string) =>
  Effect.gen(function*() {
    const { directories } = yield* Caller
    if (isOpen && directories === undefined) return
    if (target.split("/").includes("..")) return yield* Effect.fail(denied("symlink", target, "must not contain .."))
    yield* within("symlink", posix.isAbsolute(target) ? target : posix.join(posix.dirname(path), target))
  })

/** Every name below a directory. Links are named, and not followed. */
const namesIn = (fs: FileSystem.FileSystem, root: string, below = ""): Effect.Effect<Array<string>, PlatformError> =>
  Effect.gen(function*() {
    const all: Array<string> = []
    for (const own of yield* fs.readDirectory(posix.join(root, below))) {
      const name = posix.join(below, own)
      all.push(name)
      const path = posix.join(root, name)
      if (yield* Effect.isSuccess(fs.readLink(path))) continue
      const info = yield* Effect.option(fs.stat(path))
      if (Option.isSome(info) && info.value.type === "Directory") all.push(...yield* namesIn(fs, root, name))
    }
    return all
  })

interface Opened {
  readonly client: number
  readonly file: FileSystem.File
  readonly close: Effect.Effect<void>
}

const noFile = (file: number) =>
  new SystemError({
    module: "FileSystem",
    method: "File",
    reason: "BadResource",
    pathOrDescriptor: file,
    description: "the file is not open on this connection"
  })

/** The open files of all connections. */
const table = () => {
  const opened = new Map<number, Opened>()
  let next = 1
  return {
    add: (entry: Opened) =>
      Effect.sync(() => {
        opened.set(next, entry)
        return next++
      }),
    remove: (file: number) => Effect.sync(() => opened.delete(file)),
    find: (client: number, file: number) => {
      const entry = opened.get(file)
      return entry?.client === client ? Option.some(entry) : Option.none()
    }
  }
}

/** The file system of a host, confined to the directories: without any, it has no files. */
export const layer = (fs: FileSystem.FileSystem, directories: ReadonlyArray<string>) => {
  const within = confine(fs, directories)
  const both = (method: string, path: string, to: string, last?: Last) =>
    Effect.zipRight(within(method, path, last), within(method, to, last))
  const isOpen = directories.includes("/")
  const open = table()
  const withFile = <A>(
    client: number,
    file: number,
    use: (file: FileSystem.File) => Effect.Effect<A, PlatformError>
  ): Effect.Effect<A, PlatformError> =>
    Option.match(open.find(client, file), {
      onNone: () => Effect.fail(noFile(file)),
      onSome: (entry) => use(entry.file)
    })

  return Files.toLayer({
    "files/access": ({ path, ...options }) =>
      Effect.zipRight(within("access", path), fs.access(path, defined(options))),
    "files/copy": ({ path, to, ...options }) =>
      Effect.zipRight(both("copy", path, to), fs.copy(path, to, defined(options))),
    "files/copyFile": ({ path, to }) => Effect.zipRight(both("copyFile", path, to), fs.copyFile(path, to)),
    "files/chmod": ({ mode, path }) => Effect.zipRight(within("chmod", path), fs.chmod(path, mode)),
    "files/chown": ({ gid, path, uid }) => Effect.zipRight(within("chown", path), fs.chown(path, uid, gid)),
    "files/link": ({ path, to }) => Effect.zipRight(both("link", path, to, "itself"), fs.link(path, to)),
    "files/makeDirectory": ({ path, ...options }) =>
      Effect.zipRight(within("makeDirectory", path), fs.makeDirectory(path, defined(options))),
    "files/makeTemporary": ({ path, prefix, suffix, type }) =>
      Effect.gen(function*() {
        const directory = path ?? "/tmp"
        yield* within("makeTemporary", directory)
        yield* Effect.zipRight(requirePart(prefix), requirePart(suffix))
        return yield* type === "directory"
          ? fs.makeTempDirectory(defined({ directory, prefix }))
          : fs.makeTempFile(defined({ directory, prefix, suffix }))
      }),
    "files/readDirectory": ({ path, recursive }) =>
      Effect.zipRight(within("readDirectory", path), recursive === true ? namesIn(fs, path) : fs.readDirectory(path)),
    "files/readLink": ({ path }) => Effect.zipRight(within("readLink", path, "itself"), fs.readLink(path)),
    "files/realPath": ({ path }) => Effect.zipRight(within("realPath", path), fs.realPath(path)),
    "files/remove": ({ path, ...options }) =>
      Effect.zipRight(within("remove", path, "itself"), fs.remove(path, defined(options))),
    "files/rename": ({ path, to }) => Effect.zipRight(both("rename", path, to, "itself"), fs.rename(path, to)),
    "files/stat": ({ path }) => Effect.zipRight(within("stat", path), fs.stat(path)),
    "files/symlink": ({ path, target }) =>
      Effect.zipRight(
        Effect.zipRight(within("symlink", path, "itself"), requireInside(within, isOpen, path, target)),
        fs.symlink(target, path)
      ),
    "files/truncate": ({ length, path }) => Effect.zipRight(within("truncate", path), fs.truncate(path, length)),
    "files/utimes": ({ atime, mtime, path }) => Effect.zipRight(within("utimes", path), fs.utimes(path, atime, mtime)),
    "files/watch": ({ path, ...options }) =>
      Stream.unwrap(Effect.as(within("watch", path), fs.watch(path, defined(options)))),
    "files/open": ({ path, ...options }, { clientId }) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        yield* within("open", path)
        const own = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
        const closed = yield* Deferred.make<void>()
        const file = yield* Scope.extend(fs.open(path, defined(options)), own)
        const close = Effect.zipRight(Scope.close(own, Exit.void), Deferred.succeed(closed, undefined))
        const id = yield* Effect.acquireRelease(
          open.add({ client: clientId, file, close: Effect.asVoid(close) }),
          open.remove
        )
        return Stream.concat(Stream.make(id), Stream.drain(Stream.fromEffect(Deferred.await(closed))))
      })),
    "files/close": ({ file }, { clientId }) =>
      Option.match(open.find(clientId, file), { onNone: () => Effect.void, onSome: ({ close }) => close }),
    "files/file/stat": ({ file }, { clientId }) => withFile(clientId, file, (file) => file.stat),
    "files/file/seek": ({ file, from, offset }, { clientId }) =>
      withFile(clientId, file, (file) => file.seek(offset, from)),
    "files/file/sync": ({ file }, { clientId }) => withFile(clientId, file, (file) => file.sync),
    "files/file/read": ({ file, size }, { clientId }) =>
      withFile(clientId, file, (file) => file.readAlloc(Math.min(size, usual))),
    "files/file/truncate": ({ file, length }, { clientId }) =>
      withFile(clientId, file, (file) => file.truncate(length)),
    "files/file/write": ({ bytes, file }, { clientId }) => withFile(clientId, file, (file) => file.writeAll(bytes))
  })
}

/** The same options without those that are undefined, as the file system has to have them. */
const defined = <Options extends object>(
  options: Options
): { readonly [Key in keyof Options]: Exclude<Options[Key], undefined> } =>
  // What is left has no undefined value.
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never

import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { copyFile } from "./copyFile.js"
import { copy } from "./copyTree.js"
import * as tree from "./directoryTree.js"
import { during, objection, refusal } from "./errno.js"
import { fileInfo } from "./fileInfo.js"
import * as files from "./files.js"
import type { Host } from "./host.js"
import * as argument from "./nodeArguments.js"
import { openedFile } from "./openedFile.js"
import { realPath } from "./realPath.js"
import type { Outcome } from "./systemCalls.js"
import * as systemCalls from "./systemCalls.js"
import { Transaction } from "./transaction.js"
import { eventsOf } from "./watching.js"

/** A time in milliseconds, with a precision of a microsecond. A number below zero means now. */
const milliseconds = (time: Date | number, now: number): number => {
  if (typeof time !== "number") return time.getTime()
  return time < 0 ? now : Math.trunc(time * 1_000_000) / 1000
}

const fileMode = 0o666
const directoryMode = 0o777

/** The `FileSystem` service of the host. */
export const make = (host: Host, path: Path.Path): FileSystem.FileSystem => {
  const run = systemCalls.run(host)

  const makeTempDirectory = (method: string) => (options?: FileSystem.MakeTempDirectoryOptions) => {
    const parent = options?.directory === undefined ? "/tmp" : path.join(options.directory, ".")
    const prefix = options?.prefix === undefined || options.prefix === ""
      ? `${parent}/`
      : path.join(parent, options.prefix)
    return run({ method, subject: prefix }, (tx) => {
      for (;;) {
        const name = `${prefix}${tx.hex(6)}`
        const made = files.makeDirectory(tx, name, 0o700)
        if (Either.isRight(made)) return Either.right(name)
        if (made.left !== "EEXIST") return refusal(made.left, "mkdtemp", [name])
      }
    })
  }

  const remove = (method: string) => (name: string, options?: FileSystem.RemoveOptions) =>
    run({ method, subject: name }, (tx): Outcome<void> => {
      const found = files.lookup(tx, name, false)
      if (Either.isLeft(found)) {
        return options?.force === true && found.left === "ENOENT" ? Either.void : refusal(found.left, "lstat")
      }
      return tx.inode(found.right).body._tag === "Directory" && options?.recursive !== true
        ? objection("ERR_FS_EISDIR", "rm", { as: "EISDIR", rule: "is a directory", path: name })
        : tree.removeAll(tx, name)
    })

  const open = (method: string) => (name: string, options?: FileSystem.OpenFileOptions) => {
    const { flag = "r", mode = fileMode } = options ?? {}
    return Effect.map(
      Effect.acquireRelease(
        run(
          { method, subject: name },
          (tx) => during("open")(files.openHandle(tx, name, files.flags(flag), mode)),
          argument.flag(flag) ?? argument.mode(mode)
        ),
        // A restored state or a power cut may have closed the handle already.
        (fd) => Effect.ignore(run({ method, subject: fd }, (tx) => during("close")(files.closeHandle(tx, fd))))
      ),
      (fd) => openedFile(run, fd, flag.startsWith("a"))
    )
  }

  const makeTempFile = (method: string) => (options?: FileSystem.MakeTempFileOptions) =>
    Effect.flatMap(
      makeTempDirectory(method)(options),
      (directory) =>
        run({ method, subject: directory }, (tx) => {
          const name = path.join(directory, `${tx.hex(12)}${options?.suffix ?? ""}`)
          return Either.map(during("open", [name])(files.openFile(tx, name, files.flags("w+"), fileMode)), () => name)
        })
    )

  const stat = (name: string) =>
    run(
      { method: "stat", subject: name },
      (tx) => during("stat")(Either.map(files.lookup(tx, name), (ref) => fileInfo(tx, ref)))
    )

  return FileSystem.make({
    access: (name, options) =>
      run(
        { method: "access", subject: name },
        (tx) => during("access")(files.access(tx, name, options?.writable === true))
      ),

    chmod: (name, mode) =>
      run(
        { method: "chmod", subject: name },
        (tx) => during("chmod")(files.changeMode(tx, name, mode)),
        argument.mode(mode)
      ),

    chown: (name, uid, gid) =>
      run(
        { method: "chown", subject: name },
        (tx) => during("chown")(files.changeOwner(tx, name, uid, gid)),
        argument.owner("uid", uid) ?? argument.owner("gid", gid)
      ),

    copy: (from, to, options) =>
      run({ method: "copy", subject: from, other: to }, (tx) => {
        const { overwrite = false, preserveTimestamps = false } = options ?? {}
        return copy({ tx, path, overwrite, preserveTimestamps }, from, to)
      }),

    copyFile: (from, to) =>
      run({ method: "copyFile", subject: from, other: to }, (tx) => during("copyfile")(copyFile(tx, from, to))),

    link: (existing, name) =>
      run(
        { method: "link", subject: existing, other: name },
        (tx) => during("link")(files.makeLink(tx, existing, name))
      ),

    makeDirectory: (name, options) => {
      const { mode = directoryMode, recursive = false } = options ?? {}
      return run(
        { method: "makeDirectory", subject: name },
        (tx) =>
          recursive
            ? tree.makeAll(tx, name, mode)
            : Either.map(during("mkdir")(files.makeDirectory(tx, name, mode)), () => undefined),
        argument.mode(mode)
      )
    },

    makeTempDirectory: makeTempDirectory("makeTempDirectory"),

    makeTempDirectoryScoped: (options) =>
      Effect.acquireRelease(
        makeTempDirectory("makeTempDirectoryScoped")(options),
        (name) => Effect.orDie(remove("makeTempDirectoryScoped")(name, { recursive: true }))
      ),

    makeTempFile: makeTempFile("makeTempFile"),

    makeTempFileScoped: (options) =>
      Effect.acquireRelease(
        makeTempFile("makeTempFileScoped")(options),
        (name) => Effect.orDie(remove("makeTempFileScoped")(path.dirname(name), { recursive: true }))
      ),

    open: open("open"),

    readDirectory: (name, options) => {
      const problem = argument.path("path", name)
      // Node's promise API reports a bad argument like a failed system call.
      if (problem !== undefined) return Effect.fail(unknown("readDirectory", name, problem))
      return run(
        { method: "readDirectory", subject: name },
        (tx) => options?.recursive === true ? tree.listAll(tx, name) : tree.list(tx, name)
      )
    },

    readFile: (name) =>
      run({ method: "readFile", subject: name }, (tx) => {
        const found = files.lookup(tx, name)
        return Either.isLeft(found)
          ? refusal(found.left, "open")
          : during("read", [])(files.readAt(tx, found.right, 0, files.sizeOf(tx.inode(found.right))))
      }),

    readLink: (name) =>
      run({ method: "readLink", subject: name }, (tx) => during("readlink")(files.readLink(tx, name))),

    realPath: (name) => run({ method: "realPath", subject: name }, (tx) => realPath(tx, path, name)),

    remove: remove("remove"),

    rename: (from, to) =>
      run({ method: "rename", subject: from, other: to }, (tx) => during("rename")(files.rename(tx, from, to))),

    stat,

    symlink: (target, name) =>
      run(
        { method: "symlink", subject: target, other: name },
        (tx) => during("symlink")(files.makeSymbolicLink(tx, target, name))
      ),

    truncate: (name, length) => {
      const size = Number(length ?? 0)
      return run(
        { method: "truncate", subject: name },
        (tx) =>
          Either.flatMap(
            during("open")(files.openFile(tx, name, files.flags("r+"), 0)),
            (ref) => during("ftruncate", [])(files.truncateAt(tx, ref, Math.max(0, size)))
          ),
        argument.length(size)
      )
    },

    utimes: (name, atime, mtime) =>
      run(
        { method: "utime", subject: name },
        (tx) => during("utime")(files.changeTimes(tx, name, milliseconds(atime, tx.now), milliseconds(mtime, tx.now))),
        argument.time("atime", atime) ?? argument.time("mtime", mtime)
      ),

    watch: (name, options) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        yield* stat(name)
        const changes = yield* PubSub.subscribe(host.changes)
        const found = files.lookup(new Transaction(yield* host.state, 0), name)
        if (Either.isLeft(found)) return Stream.empty
        const watched = { file: found.right, name: path.basename(name), recursive: options?.recursive === true }
        return Stream.fromQueue(changes).pipe(
          Stream.mapChunks(Chunk.flatMap((change) => Chunk.fromIterable(eventsOf(change, watched))))
        )
      })),

    writeFile: (name, data, options) => {
      const { flag = "w", mode = fileMode } = options ?? {}
      const flags = files.flags(flag)
      return run(
        { method: "writeFile", subject: name },
        (tx) => {
          if (flags.truncate && !flags.exclusive && files.replaceContent(tx, name, data)) return Either.void
          const opened = files.openFile(tx, name, flags, mode)
          if (Either.isLeft(opened)) return refusal(opened.left, "open")
          const kept = systemCalls.checkpoint(tx)
          if (Either.isLeft(kept)) return kept
          if (!flags.writable) return refusal("EBADF", "write", [])
          const at = flags.append ? files.sizeOf(tx.inode(opened.right)) : 0
          return Either.map(during("write", [])(files.writeAt(tx, opened.right, at, data)), () => undefined)
        },
        argument.flag(flag) ?? argument.mode(mode)
      )
    }
  })
}

const unknown = (method: string, path: string, cause: Error): PlatformError =>
  new SystemError({
    reason: "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    description: cause.message,
    cause
  })

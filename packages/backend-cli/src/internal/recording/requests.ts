import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type HostFiles, type Stamp, startsBy, unseen } from "../hostFiles.js"

/** Runs a request and records the result; or returns the recorded result, and runs nothing. */
export type Answer = <A, R>(
  method: string,
  args: ReadonlyArray<unknown>,
  effect: Effect.Effect<A, PlatformError, R>
) => Effect.Effect<A, PlatformError, R>

type Method<Args extends ReadonlyArray<unknown>, A, R> = (...args: Args) => Effect.Effect<A, PlatformError, R>

const wrapper = (answer: Answer, prefix: string) =>
<Args extends ReadonlyArray<unknown>, A, R>(
  name: string,
  method: Method<Args, A, R>
): Method<Args, A, R> =>
(...args) => answer(`${prefix}.${name}`, args, Effect.suspend(() => method(...args)))

/** A file that was opened; without `file`, one on a tape. */
const opened = (answer: Answer, name: string, file: FileSystem.File | undefined): FileSystem.File => {
  const ask = <A>(
    method: string,
    args: ReadonlyArray<unknown>,
    run: (file: FileSystem.File) => Effect.Effect<A, PlatformError>
  ) =>
    answer(
      `File.${method}`,
      [name, ...args],
      file === undefined ? Effect.dieMessage("a file on a tape is not opened") : Effect.suspend(() => run(file))
    )
  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd: file?.fd ?? FileSystem.FileDescriptor(-1),
    stat: ask("stat", [], (file) => file.stat),
    seek: (offset, from) => Effect.orDie(ask("seek", [`${offset}`, from], (file) => file.seek(offset, from))),
    sync: ask("sync", [], (file) => file.sync),
    read: (buffer) =>
      ask("read", [buffer.length], (file) => Effect.map(file.read(buffer), (size) => buffer.slice(0, Number(size))))
        .pipe(
          Effect.map((bytes) => {
            buffer.set(bytes)
            return FileSystem.Size(bytes.length)
          })
        ),
    readAlloc: (size) => ask("readAlloc", [`${size}`], (file) => file.readAlloc(size)),
    truncate: (length) => ask("truncate", [`${length}`], (file) => file.truncate(length)),
    write: (bytes) => ask("write", [bytes], (file) => file.write(bytes)),
    writeAll: (bytes) => ask("writeAll", [bytes], (file) => file.writeAll(bytes))
  }
}

const opener = (answer: Answer, fs: FileSystem.FileSystem): FileSystem.FileSystem["open"] => {
  const counts = new Map<string, number>()
  return (path, options) =>
    Effect.suspend(() => {
      const count = (counts.get(path) ?? 0) + 1
      counts.set(path, count)
      let file: FileSystem.File | undefined
      const open = Effect.map(fs.open(path, options), (real) => {
        file = real
      })
      return Effect.map(
        answer("FileSystem.open", [path, options], open),
        () => opened(answer, `${path}#${count}`, file)
      )
    })
}

/** A file system whose requests pass through `answer`. */
export const fileSystem = (answer: Answer, fs: FileSystem.FileSystem): FileSystem.FileSystem => {
  const wrap = wrapper(answer, "FileSystem")
  const makeTempDirectory = wrap("makeTempDirectory", fs.makeTempDirectory)
  const makeTempFile = wrap("makeTempFile", fs.makeTempFile)
  const remove = wrap("remove", fs.remove)
  const scoped = (make: Effect.Effect<string, PlatformError>) =>
    Effect.acquireRelease(make, (path) => Effect.orDie(remove(path, { recursive: true })))
  return FileSystem.make({
    access: wrap("access", fs.access),
    chmod: wrap("chmod", fs.chmod),
    chown: wrap("chown", fs.chown),
    copy: wrap("copy", fs.copy),
    copyFile: wrap("copyFile", fs.copyFile),
    link: wrap("link", fs.link),
    makeDirectory: wrap("makeDirectory", fs.makeDirectory),
    makeTempDirectory,
    makeTempDirectoryScoped: (options) => scoped(makeTempDirectory(options)),
    makeTempFile,
    makeTempFileScoped: (options) => scoped(makeTempFile(options)),
    open: opener(answer, fs),
    readDirectory: wrap("readDirectory", fs.readDirectory),
    readFile: wrap("readFile", fs.readFile),
    readLink: wrap("readLink", fs.readLink),
    realPath: wrap("realPath", fs.realPath),
    remove,
    rename: wrap("rename", fs.rename),
    stat: wrap("stat", fs.stat),
    symlink: wrap("symlink", fs.symlink),
    truncate: wrap("truncate", fs.truncate),
    utimes: wrap("utimes", fs.utimes),
    watch: fs.watch,
    writeFile: wrap("writeFile", fs.writeFile)
  })
}

/** In nanoseconds, about 146 years. */
const ahead = 1n << 62n

/**
 * Whether a descriptor is kept in memory depends on its age. With times in the
 * future it is never kept, so that what is read does not depend on when it is read.
 */
const neverOld = (stamp: Stamp): Stamp => ({ ...stamp, changed: stamp.changed + ahead })

const ofPloop = (line: string): boolean => line.includes("ploop")

/** The other mounts of a host do not belong on a tape, and no operation needs them. */
const mountsOfPloop = (path: string) => (text: Option.Option<string>): Option.Option<string> =>
  path === "/proc/mounts"
    ? Option.map(text, (lines) => lines.split("\n").filter(ofPloop).map((line) => `${line}\n`).join(""))
    : text

/** The host's files, with requests that pass through `answer`. */
export const hostFiles = (answer: Answer, files: HostFiles): HostFiles => {
  const wrap = wrapper(answer, "HostFiles")
  const start = wrap("start", files.start)
  const stamp = wrap("stamp", (path: string) => Effect.map(files.stamp(path), neverOld))
  return {
    isRoot: answer("HostFiles.isRoot", [], files.isRoot),
    find: wrap("find", files.find),
    kindsAt: files.kindsAt,
    inTheWay: files.inTheWay,
    glimpse: files.glimpse,
    // What other processes do does not belong on a recording.
    processes: unseen.processes,
    foreignMounts: unseen.foreignMounts,
    start,
    // Recordings have them one by one.
    starts: startsBy({ start, stamp }),
    whole: wrap("whole", files.whole),
    stamp,
    // Recordings have it among the requests to Effect's file system.
    realPath: wrapper(answer, "FileSystem")("realPath", files.realPath),
    resolve: wrap(
      "resolve",
      (path) => Effect.map(files.resolve(path), (resolved) => ({ ...resolved, stamp: neverOld(resolved.stamp) }))
    ),
    hasNode: (path) => Effect.orDie(answer("HostFiles.hasNode", [path], files.hasNode(path))),
    numbers: wrap("numbers", files.numbers),
    kernelText: wrap("kernelText", (path: string) => Effect.map(files.kernelText(path), mountsOfPloop(path))),
    kernelNames: wrap("kernelNames", files.kernelNames),
    names: wrap("names", files.names),
    makePrivateDirectory: wrap("makePrivateDirectory", files.makePrivateDirectory),
    makeDirectory: wrap("makeDirectory", files.makeDirectory),
    link: wrap("link", files.link),
    writeNew: wrap("writeNew", files.writeNew),
    makePrivateFile: wrap("makePrivateFile", files.makePrivateFile),
    copy: (from, to, onDone) => answer("HostFiles.copy", [from, to], files.copy(from, to, onDone)),
    compose: (composition, to, onDone) =>
      answer("HostFiles.compose", [composition, to], files.compose(composition, to, onDone)),
    pack: (from, to, packing, onDone) =>
      answer("HostFiles.pack", [from, to, packing], files.pack(from, to, packing, onDone)),
    dropMap: wrap("dropMap", files.dropMap),
    replace: wrap("replace", files.replace),
    unlink: wrap("unlink", files.unlink),
    removeDirectory: wrap("removeDirectory", files.removeDirectory),
    removeEmptyDirectory: wrap("removeEmptyDirectory", files.removeEmptyDirectory),
    tryLock: wrap("tryLock", files.tryLock),
    lockDirectory: wrap("lockDirectory", files.lockDirectory)
  }
}

import type { PlatformError } from "@effect/platform/Error"
import { BadArgument, SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { Failure } from "./errno.js"
import * as errno from "./errno.js"
import * as files from "./files.js"
import type { Host } from "./host.js"
import type { FileRef, Inode, State } from "./state.js"
import { Transaction } from "./transaction.js"

type Outcome<A> = Either.Either<A, Failure | PlatformError>

const { during } = files

const typeBits = { Bytes: 0o100000, Image: 0o100000, Directory: 0o040000, Link: 0o120000, Device: 0o060000 } as const

const types = {
  Bytes: "File",
  Image: "File",
  Directory: "Directory",
  Link: "SymbolicLink",
  Device: "BlockDevice"
} as const

const info = (volume: number, inode: Inode): FileSystem.File.Info => ({
  type: types[inode.body._tag],
  mtime: Option.some(new Date(inode.mtime)),
  atime: Option.some(new Date(inode.atime)),
  birthtime: Option.some(new Date(inode.birthtime)),
  dev: volume,
  ino: Option.some(inode.ino),
  mode: typeBits[inode.body._tag] | inode.mode,
  nlink: Option.some(inode.links),
  uid: Option.some(inode.uid),
  gid: Option.some(inode.gid),
  rdev: Option.some(0),
  size: FileSystem.Size(files.sizeOf(inode)),
  blksize: Option.some(FileSystem.Size(4096)),
  blocks: Option.some(files.sectorsOf(inode))
})

const nul = (method: string, path: string): BadArgument =>
  new BadArgument({
    module: "FileSystem",
    method,
    description: `the path must be a string without NUL bytes; it is ${JSON.stringify(path)}`
  })

const milliseconds = (time: Date | number): number =>
  typeof time === "number" ? Math.trunc(time * 1000) : time.getTime()

// What Node does above the kernel

const makeDirectories = (tx: Transaction, path: string, mode: number): Outcome<void> => {
  const missing: Array<string> = []
  let at = path.replace(/(?<=.)\/+$/, "")
  for (;;) {
    const found = files.lookup(tx, at)
    if (Either.isRight(found)) {
      if (tx.inode(found.right).body._tag === "Directory") break
      return Either.left({ code: missing.length === 0 ? "EEXIST" : "ENOTDIR", syscall: "mkdir" })
    }
    if (found.left !== "ENOENT") return Either.left({ code: found.left, syscall: "mkdir" })
    missing.push(at)
    const slash = at.lastIndexOf("/")
    at = slash < 0 ? "." : slash === 0 ? "/" : at.slice(0, slash).replace(/(?<=.)\/+$/, "")
  }
  for (const name of missing.reverse()) {
    const made = files.makeDirectory(tx, name, mode)
    if (Either.isLeft(made)) return Either.left({ code: made.left, syscall: "mkdir" })
  }
  return Either.void
}

const removeTree = (tx: Transaction, path: string): Outcome<void> => {
  const found = files.lookup(tx, path, false)
  if (Either.isLeft(found)) return Either.left({ code: found.left, syscall: "lstat" })
  if (tx.inode(found.right).body._tag !== "Directory") return during("unlink")(files.unlink(tx, path))
  const names = files.readDirectory(tx, path)
  if (Either.isLeft(names)) return Either.left({ code: names.left, syscall: "scandir" })
  for (const name of names.right) {
    const removed = removeTree(tx, `${path}/${name}`)
    if (Either.isLeft(removed)) return removed
  }
  return during("rmdir")(files.removeDirectory(tx, path))
}

const list = (tx: Transaction, path: string, prefix: string, recursive: boolean): Outcome<Array<string>> => {
  const names = during("scandir")(files.readDirectory(tx, path))
  if (Either.isLeft(names) || !recursive) return Either.map(names, (found) => [...found])
  const all: Array<string> = []
  const inner: Array<string> = []
  for (const name of names.right) {
    all.push(`${prefix}${name}`)
    const child = files.lookup(tx, `${path}/${name}`, false)
    if (Either.isRight(child) && tx.inode(child.right).body._tag === "Directory") inner.push(name)
  }
  for (const name of inner) {
    const below = list(tx, `${path}/${name}`, `${prefix}${name}/`, true)
    if (Either.isLeft(below)) return below
    for (const entry of below.right) all.push(entry)
  }
  return Either.right(all)
}

interface CopyOptions {
  readonly overwrite: boolean
  readonly preserveTimestamps: boolean
  readonly path: Path.Path
  readonly call: errno.Call
}

const refuseCopy = (call: errno.Call, code: string, rule: string, path: string): Outcome<never> =>
  Either.left(errno.custom(call, "cp", `${code}: cp returned ${rule} ${path}`))

const copyFile = (tx: Transaction, from: FileRef, to: string, exclusive: boolean): Either.Either<FileRef, Failure> => {
  const source = tx.inode(from)
  return Either.gen(function*() {
    const flag = exclusive ? "wx" : "r+"
    const existing = files.lookup(tx, to)
    if (Either.isRight(existing) && files.same(existing.right, from)) return from
    const flags = Either.isRight(existing) ? files.flags(flag) : files.flags("wx")
    const target = yield* during("copyfile")(files.openFile(tx, to, flags, 0o100))
    if (Either.isLeft(existing)) tx.setAttributes(target.volume, { ...tx.inode(target), mode: source.mode })
    yield* during("copyfile")(files.copyContent(tx, from, target))
    return target
  })
}

const copyTree = (tx: Transaction, from: string, to: string, options: CopyOptions): Outcome<void> =>
  Either.gen(function*() {
    const source = yield* during("lstat")(files.lookup(tx, from, false))
    const inode = tx.inode(source)
    const target = Option.getRight(files.lookup(tx, to, false))
    if (inode.body._tag === "Directory") {
      if (Option.isNone(target)) yield* during("mkdir")(files.makeDirectory(tx, to, 0o777))
      for (const name of yield* during("opendir")(files.readDirectory(tx, from))) {
        const [inner, outer] = [options.path.join(from, name), options.path.join(to, name)]
        yield* checkCopy(tx, inner, outer, options)
        yield* copyTree(tx, inner, outer, options)
      }
      if (Option.isNone(target)) yield* during("chmod")(files.changeMode(tx, to, inode.mode))
      return
    }
    if (inode.body._tag === "Link") {
      const resolved = options.path.isAbsolute(inode.body.target)
        ? inode.body.target
        : options.path.resolve(options.path.dirname(from), inode.body.target)
      if (Option.isSome(target)) {
        if (tx.inode(target.value).body._tag !== "Link") {
          return yield* during("symlink")(files.makeSymbolicLink(tx, resolved, to))
        }
        yield* during("unlink")(files.unlink(tx, to))
      }
      return yield* during("symlink")(files.makeSymbolicLink(tx, resolved, to))
    }
    if (Option.isSome(target)) {
      if (!options.overwrite) return
      yield* during("unlink")(files.unlink(tx, to))
    }
    const copy = yield* copyFile(tx, source, to, false)
    const made = tx.inode(copy)
    tx.setAttributes(copy.volume, {
      ...made,
      mode: inode.mode,
      ...(options.preserveTimestamps && { atime: inode.atime, mtime: inode.mtime })
    })
  })

const checkCopy = (tx: Transaction, from: string, to: string, { call, path }: CopyOptions): Outcome<void> =>
  Either.gen(function*() {
    const source = yield* during("lstat")(files.lookup(tx, from, false))
    const target = files.lookup(tx, to, false)
    if (Either.isLeft(target) && target.left !== "ENOENT") yield* during("lstat")(target)
    const isDirectory = tx.inode(source).body._tag === "Directory"
    if (Either.isRight(target)) {
      const overDirectory = tx.inode(target.right).body._tag === "Directory"
      if (files.same(source, target.right)) {
        yield* refuseCopy(call, "Invalid src or dest", "EINVAL (src and dest cannot be the same)", to)
      }
      if (isDirectory && !overDirectory) {
        const rule = `EISDIR (cannot overwrite non-directory ${to} with directory ${from})`
        yield* refuseCopy(call, "Cannot overwrite non-directory with directory", rule, to)
      }
      if (!isDirectory && overDirectory) {
        const rule = `ENOTDIR (cannot overwrite directory ${to} with non-directory ${from})`
        yield* refuseCopy(call, "Cannot overwrite directory with non-directory", rule, to)
      }
    }
    if (isDirectory && `${path.resolve(to)}/`.startsWith(`${path.resolve(from)}/`)) {
      const rule = `EINVAL (cannot copy ${from} to a subdirectory of self ${to})`
      yield* refuseCopy(call, "Invalid src or dest", rule, to)
    }
  })

/** The events of a directory between two states of the host. */
const events = (
  before: State,
  after: State,
  ref: FileRef,
  recursive: boolean,
  prefix = ""
): ReadonlyArray<FileSystem.WatchEvent> => {
  const read = (state: State): Inode | undefined =>
    Option.getOrUndefined(
      Option.flatMap(HashMap.get(state.volumes, ref.volume), (volume) => HashMap.get(volume.inodes, ref.ino))
    )
  const child = (state: State, ino: number): Inode | undefined =>
    Option.getOrUndefined(
      Option.flatMap(HashMap.get(state.volumes, ref.volume), (volume) => HashMap.get(volume.inodes, ino))
    )
  const entries = (inode: Inode | undefined) =>
    inode?.body._tag === "Directory" ? inode.body.entries : HashMap.empty<string, number>()
  const old = entries(read(before))
  const now = entries(read(after))
  const found: Array<FileSystem.WatchEvent> = []
  for (const [name, ino] of old) {
    if (!HashMap.has(now, name)) found.push(FileSystem.WatchEventRemove({ path: `${prefix}${name}` }))
    else if (Option.contains(HashMap.get(now, name), ino)) {
      const [was, is] = [child(before, ino), child(after, ino)]
      if (was === is) continue
      if (was?.body._tag !== "Directory") found.push(FileSystem.WatchEventUpdate({ path: `${prefix}${name}` }))
      if (recursive && is?.body._tag === "Directory") {
        found.push(...events(before, after, { volume: ref.volume, ino }, true, `${prefix}${name}/`))
      }
    }
  }
  for (const [name, ino] of now) {
    if (!Option.contains(HashMap.get(old, name), ino)) {
      found.push(FileSystem.WatchEventCreate({ path: `${prefix}${name}` }))
    }
  }
  return found
}

/** The file system of the host, as a service. */
export const make = (host: Host, path: Path.Path): FileSystem.FileSystem => {
  const call = <A>(about: errno.Call, transition: (tx: Transaction) => Outcome<A>): Effect.Effect<A, PlatformError> => {
    const fail = (failure: Failure | PlatformError): PlatformError =>
      "_tag" in failure ? failure : errno.toPlatformError(about, failure)
    const paths = [about.subject, about.other]
    const broken = paths.find((name) => typeof name === "string" && name.includes("\0"))
    return typeof broken === "string"
      ? Effect.fail(nul(about.method, broken))
      : host.run(
        (tx) => Either.mapLeft(transition(tx), fail),
        (code) => fail({ code, syscall: "write" })
      )
  }

  const makeTempDirectory = (method: string) => (options?: FileSystem.MakeTempDirectoryOptions) => {
    const parent = options?.directory === undefined ? "/tmp" : path.join(options.directory, ".")
    const prefix = options?.prefix === undefined || options.prefix === ""
      ? `${parent}/`
      : path.join(parent, options.prefix)
    return call({ method, subject: prefix }, (tx) => {
      const name = `${prefix}${tx.hex(6)}`
      return Either.match(files.makeDirectory(tx, name, 0o700), {
        onLeft: (code) =>
          Either.left(
            errno.toPlatformError({ method, subject: `${prefix}XXXXXX` }, { code, syscall: "mkdtemp" })
          ),
        onRight: () => Either.right(name)
      })
    }).pipe(
      Effect.mapError((error) =>
        error._tag === "SystemError" ? new SystemError({ ...error, pathOrDescriptor: prefix }) : error
      )
    )
  }

  const remove = (method: string) => (name: string, options?: FileSystem.RemoveOptions) =>
    call({ method, subject: name }, (tx) => {
      const found = files.lookup(tx, name, false)
      if (Either.isLeft(found)) {
        return options?.force === true && found.left === "ENOENT"
          ? Either.void
          : Either.left({ code: found.left, syscall: "lstat" })
      }
      if (tx.inode(found.right).body._tag === "Directory" && options?.recursive !== true) {
        return Either.left(
          errno.custom(
            { method, subject: name },
            "rm",
            `Path is a directory: rm returned EISDIR (is a directory) ${name}`
          )
        )
      }
      return removeTree(tx, name)
    })

  const open = (method: string) => (name: string, options?: FileSystem.OpenFileOptions) => {
    const flag = options?.flag ?? "r"
    return Effect.map(
      Effect.acquireRelease(
        call(
          { method, subject: name },
          (tx) => during("open")(files.openHandle(tx, name, files.flags(flag), options?.mode ?? 0o666))
        ),
        // A handle that is gone already was closed with its host, by an import or a power cut.
        (fd) => Effect.ignore(call({ method, subject: fd }, (tx) => during("close")(files.closeHandle(tx, fd))))
      ),
      (fd) => handle(FileSystem.FileDescriptor(fd), flag.startsWith("a"))
    )
  }

  const handle = (fd: FileSystem.File.Descriptor, append: boolean): FileSystem.File => {
    const lock = Effect.unsafeMakeSemaphore(1).withPermits(1)
    let position = 0n

    const read = (method: string, size: number) =>
      call(
        { method, subject: fd },
        (tx) =>
          during("read")(Either.flatMap(files.handleOf(tx, fd), (opened) =>
            opened.readable ? files.readAt(tx, opened.file, Number(position), size) : Either.left("EBADF" as const)))
      ).pipe(
        Effect.tap((bytes) =>
          Effect.sync(() => {
            position += BigInt(bytes.length)
          })
        )
      )

    const write = (method: string, data: Uint8Array) =>
      call({ method, subject: fd }, (tx) =>
        during("write")(Either.flatMap(files.handleOf(tx, fd), (opened) => {
          if (!opened.writable) return Either.left("EBADF" as const)
          const at = opened.append ? files.sizeOf(tx.inode(opened.file)) : Number(position)
          return files.writeAt(tx, opened.file, at, data)
        }))).pipe(
          Effect.tap(() =>
            Effect.sync(() => {
              if (!append) position += BigInt(data.length)
            })
          )
        )

    return {
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      fd,
      stat: call(
        { method: "stat", subject: fd },
        (tx) => during("fstat")(Either.map(files.handleOf(tx, fd), ({ file }) => info(file.volume, tx.inode(file))))
      ),
      sync: call(
        { method: "sync", subject: fd },
        (tx) =>
          during("fsync")(Either.flatMap(files.handleOf(tx, fd), ({ file }) => {
            const device = tx.deviceOfVolume(file.volume)
            return device === undefined ? Either.void : tx.sync(device)
          }))
      ),
      seek: (offset, from) =>
        lock(Effect.sync(() => {
          position = from === "start" ? FileSystem.Size(offset) : position + FileSystem.Size(offset)
        })),
      read: (buffer) =>
        lock(Effect.suspend(() =>
          Effect.map(read("read", buffer.length), (bytes) => {
            buffer.set(bytes)
            return FileSystem.Size(bytes.length)
          })
        )),
      readAlloc: (size) =>
        lock(
          Effect.suspend(() =>
            Effect.map(read("readAlloc", Number(size)), (bytes) =>
              bytes.length === 0 ? Option.none() : Option.some(bytes))
          )
        ),
      truncate: (length) =>
        lock(Effect.suspend(() =>
          Effect.map(
            call({ method: "truncate", subject: fd }, (tx) =>
              during("ftruncate")(Either.flatMap(files.handleOf(tx, fd), (opened) =>
                opened.writable
                  ? files.truncateAt(tx, opened.file, Number(length ?? 0))
                  : Either.left("EINVAL" as const)))),
            () => {
              const size = BigInt(length ?? 0)
              if (!append && position > size) position = size
            }
          )
        )),
      write: (data) => lock(Effect.suspend(() => Effect.as(write("write", data), FileSystem.Size(data.length)))),
      writeAll: (data) =>
        lock(Effect.suspend(() =>
          data.length === 0
            ? Effect.fail(
              new SystemError({
                module: "FileSystem",
                method: "writeAll",
                reason: "WriteZero",
                pathOrDescriptor: fd,
                description: "write returned 0 bytes written"
              })
            )
            : write("writeAll", data)
        ))
    }
  }

  const makeTempFile = (method: string) => (options?: FileSystem.MakeTempFileOptions) =>
    Effect.gen(function*() {
      const directory = yield* makeTempDirectory(method)(options)
      return yield* call({ method, subject: directory }, (tx) => {
        const name = path.join(directory, `${tx.hex(12)}${options?.suffix ?? ""}`)
        return Either.mapLeft(
          Either.map(files.openFile(tx, name, files.flags("w+"), 0o666), () => name),
          (code) => errno.toPlatformError({ method, subject: name }, { code, syscall: "open" })
        )
      })
    })

  const stat = (name: string) =>
    call(
      { method: "stat", subject: name },
      (tx) => during("stat")(Either.map(files.lookup(tx, name), (ref) => info(ref.volume, tx.inode(ref))))
    )

  return FileSystem.make({
    access: (name, options) =>
      call(
        { method: "access", subject: name },
        (tx) => during("access")(files.access(tx, name, options?.writable === true))
      ),

    chmod: (name, mode) =>
      call({ method: "chmod", subject: name }, (tx) => during("chmod")(files.changeMode(tx, name, mode))),

    chown: (name, uid, gid) =>
      call({ method: "chown", subject: name }, (tx) => during("chown")(files.changeOwner(tx, name, uid, gid))),

    copy: (from, to, options) => {
      const about = { method: "copy", subject: from, other: to }
      return call(about, (tx) => {
        const copying: CopyOptions = {
          overwrite: options?.overwrite === true,
          preserveTimestamps: options?.preserveTimestamps === true,
          path,
          call: about
        }
        return Either.flatMap(checkCopy(tx, from, to, copying), () =>
          Either.flatMap(
            makeDirectories(tx, path.dirname(to), 0o777),
            () => copyTree(tx, from, to, copying)
          ))
      })
    },

    copyFile: (from, to) =>
      call({ method: "copyFile", subject: from, other: to }, (tx) =>
        Either.gen(function*() {
          const source = yield* during("copyfile")(files.lookup(tx, from))
          if (tx.inode(source).body._tag === "Directory") {
            return yield* Either.left<Failure>({ code: "EISDIR", syscall: "copyfile" })
          }
          yield* copyFile(tx, source, to, false)
        })),

    link: (existing, name) =>
      call(
        { method: "link", subject: existing, other: name },
        (tx) => during("link")(files.makeLink(tx, existing, name))
      ),

    makeDirectory: (name, options) =>
      call({ method: "makeDirectory", subject: name }, (tx) =>
        options?.recursive === true
          ? makeDirectories(tx, name, options.mode ?? 0o777)
          : Either.map(during("mkdir")(files.makeDirectory(tx, name, options?.mode ?? 0o777)), () => undefined)),

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

    readDirectory: (name, options) =>
      call({ method: "readDirectory", subject: name }, (tx) => list(tx, name, "", options?.recursive === true)),

    readFile: (name) =>
      call(
        { method: "readFile", subject: name },
        (tx) =>
          Either.flatMap(during("open")(files.lookup(tx, name)), (ref) =>
            during("read")(files.readAt(tx, ref, 0, files.sizeOf(tx.inode(ref)))))
      ),

    readLink: (name) =>
      call({ method: "readLink", subject: name }, (tx) => during("readlink")(files.readLink(tx, name))),

    realPath: (name) => call({ method: "realPath", subject: name }, (tx) => during("lstat")(files.realPath(tx, name))),

    remove: remove("remove"),

    rename: (from, to) =>
      call({ method: "rename", subject: from, other: to }, (tx) => during("rename")(files.rename(tx, from, to))),

    stat,

    symlink: (target, name) =>
      call(
        { method: "symlink", subject: target, other: name },
        (tx) => during("symlink")(files.makeSymbolicLink(tx, target, name))
      ),

    truncate: (name, length) =>
      call({ method: "truncate", subject: name }, (tx) =>
        Either.flatMap(
          during("open")(files.openFile(tx, name, files.flags("r+"), 0)),
          (ref) => during("ftruncate")(files.truncateAt(tx, ref, Math.max(0, Number(length ?? 0))))
        )),

    utimes: (name, atime, mtime) =>
      call(
        { method: "utime", subject: name },
        (tx) => during("utime")(files.changeTimes(tx, name, milliseconds(atime), milliseconds(mtime)))
      ),

    watch: (name, options) =>
      Stream.unwrapScoped(Effect.gen(function*() {
        yield* stat(name)
        const queue = yield* PubSub.subscribe(host.changes)
        const now = yield* Ref.get(host.state)
        const found = files.lookup(new Transaction(now, 0), name)
        return Either.isLeft(found)
          ? Stream.empty
          : Stream.fromQueue(queue).pipe(
            Stream.mapChunks(Chunk.flatMap(({ after, before }) =>
              Chunk.fromIterable(events(before, after, found.right, options?.recursive === true))
            ))
          )
      })),

    writeFile: (name, data, options) =>
      call({ method: "writeFile", subject: name }, (tx) =>
        Either.flatMap(
          during("open")(files.openFile(tx, name, files.flags(options?.flag ?? "w"), options?.mode ?? 0o666)),
          (ref) => {
            const flag = files.flags(options?.flag ?? "w")
            if (!flag.writable) return Either.left<Failure>({ code: "EBADF", syscall: "write" })
            return during("write")(files.writeAt(tx, ref, flag.append ? files.sizeOf(tx.inode(ref)) : 0, data))
          }
        ))
  })
}

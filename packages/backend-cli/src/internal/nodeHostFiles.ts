// @effect-diagnostics nodeBuiltinImport:off
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import { type PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NFS from "node:fs"
import * as NodePath from "node:path"
import * as process from "node:process"
import { dropMap } from "./changeMap.js"
import { compose, pack } from "./exchangeFiles.js"
import * as flock from "./flock.js"
import {
  type Found,
  type Glimpse,
  type HostFiles,
  type Kind,
  type OnDone,
  privatePrefix,
  same,
  type Stamp
} from "./hostFiles.js"
import {
  attempt,
  attemptWork,
  failure,
  type FileHandle,
  fromNode,
  ifReadable,
  kindOf,
  piece,
  requireKind,
  withFile,
  withNew,
  withRegular,
  writeAll,
  writeSparsely
} from "./nodeFiles.js"
import { nodeForeignMounts } from "./nodeMountNamespaces.js"

/** A read takes longer only where a file server does not respond. */
const timeLimit = "30 seconds"

const foundOf = (stats: NFS.BigIntStats): Found => ({
  kind: kindOf(stats),
  device: stats.dev,
  inode: stats.ino,
  isPrivate: stats.uid === BigInt(process.geteuid?.() ?? -1) && (stats.mode & 0o077n) === 0n,
  links: Number(stats.nlink)
})

const isAbsence = (thrown: unknown): boolean => {
  const { code } = thrown as NodeJS.ErrnoException
  return code === "ENOENT" || code === "ENOTDIR"
}

const find: HostFiles["find"] = (path) =>
  attempt("find", path, () =>
    NFS.promises.lstat(path, { bigint: true }).then(
      (stats) => Option.some(foundOf(stats)),
      (error) => isAbsence(error) ? Option.none() : Promise.reject(error)
    ))

const kindAt = (path: string): Promise<Option.Option<Kind>> =>
  NFS.promises.stat(path, { bigint: true }).then((stats) => Option.some(kindOf(stats)), () => Option.none())

const kindsAt: HostFiles["kindsAt"] = (paths) => Effect.promise(() => Promise.all(paths.map(kindAt)))

const inTheWay: HostFiles["inTheWay"] = (path, links) =>
  links === "followed"
    ? Effect.option(attempt("inTheWay", path, () => NFS.promises.stat(path, { bigint: true }).then(foundOf)))
    : Effect.map(Effect.option(find(path)), Option.flatten)

const nothing: Glimpse = { length: 0n, start: new Uint8Array(0) }

const glimpse: HostFiles["glimpse"] = (path) =>
  Effect.option(attempt("glimpse", path, async () => {
    const stats = await NFS.promises.stat(path, { bigint: true })
    if (!stats.isFile()) return nothing
    const start = await withRegular(path, (file) => readUpTo(file, ImageExamination.headerLength))
    return { length: stats.size, start }
  }))

/** Reads up to `length` bytes: what is asked of a file in `/proc` comes in pieces, and has no size. */
const readUpTo = async (file: FileHandle, length: number): Promise<Uint8Array> => {
  const pieces: Array<Uint8Array> = []
  let total = 0
  while (total < length) {
    const buffer = new Uint8Array(Math.min(65536, length - total))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) break
    pieces.push(buffer.subarray(0, bytesRead))
    total += bytesRead
  }
  return new Uint8Array(Buffer.concat(pieces))
}

/** The same for a file that has a size: a read that returns less has met its end. */
const readSized = async (file: FileHandle, size: bigint, length: number): Promise<Uint8Array> => {
  const buffer = new Uint8Array(Math.min(Number(size) + 1, length))
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
  return bytesRead === Number(size) || bytesRead === length ? buffer.slice(0, bytesRead) : readUpTo(file, length)
}

/**
 * To open a device can do something to it, so it is not opened; should something
 * else have come to the path since, `O_NONBLOCK` waits for no writer of a FIFO.
 */
const readAny = async (path: string, length: number, kind: Kind): Promise<Glimpse> => {
  requireKind(path, await NFS.promises.stat(path, { bigint: true }), kind)
  const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = NFS.constants
  const file = await NFS.promises.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
  try {
    const stats = await file.stat({ bigint: true })
    requireKind(path, stats, kind)
    const start = await (stats.size > 0n ? readSized(file, stats.size, length) : readUpTo(file, length))
    return { length: stats.size, start }
  } finally {
    await file.close()
  }
}

const read = (path: string, length: number, kind: Kind): Effect.Effect<Uint8Array, PlatformError> =>
  Effect.tryPromise({ try: () => readAny(path, length, kind), catch: fromNode("read", path) }).pipe(
    Effect.disconnect,
    Effect.timeoutFail({
      duration: timeLimit,
      onTimeout: () => failure("read", path, "TimedOut", "its file system does not respond")
    }),
    Effect.map(({ start }) => start)
  )

const startOf = (path: string): Promise<Option.Option<Glimpse>> =>
  readAny(path, ImageExamination.headerLength, "File").then(Option.some, () => Option.none())

/** How many images are open at a time. */
const mostOpen = 16

const startsOf = async (paths: ReadonlyArray<string>): Promise<ReadonlyArray<Option.Option<Glimpse>>> => {
  const found: Array<Option.Option<Glimpse>> = []
  while (found.length < paths.length) {
    found.push(...await Promise.all(paths.slice(found.length, found.length + mostOpen).map(startOf)))
  }
  return found
}

const starts: HostFiles["starts"] = (paths) =>
  Effect.promise(() => startsOf(paths)).pipe(
    Effect.disconnect,
    Effect.timeoutTo({
      duration: timeLimit,
      onSuccess: (found) => found,
      onTimeout: () => paths.map(() => Option.none())
    })
  )

const whole: HostFiles["whole"] = (path, limit) =>
  Effect.filterOrFail(
    read(path, limit + 1, "File"),
    (bytes) => bytes.length <= limit,
    () => failure("read", path, "InvalidData", `it is larger than ${limit} bytes`)
  )

const stampOf = ({ ctimeNs, dev, ino, mtimeNs, size }: NFS.BigIntStats): Stamp => ({
  device: dev,
  inode: ino,
  size,
  modified: mtimeNs,
  changed: ctimeNs
})

const stamp: HostFiles["stamp"] = (path) =>
  Effect.map(attempt("stamp", path, () => NFS.promises.stat(path, { bigint: true })), stampOf)

const realPath: HostFiles["realPath"] = (path) => attempt("realPath", path, () => NFS.promises.realpath(path))

const resolve: HostFiles["resolve"] = (path) =>
  Effect.map(
    attempt(
      "resolve",
      path,
      () => Promise.all([NFS.promises.realpath(path), NFS.promises.stat(path, { bigint: true })])
    ),
    ([path, stats]) => ({ path, stamp: stampOf(stats) })
  )

const numbers: HostFiles["numbers"] = (directory) =>
  Effect.map(
    attempt("numbers", directory, () => NFS.promises.statfs(directory, { bigint: true })),
    ({ bfree, blocks, bsize, ffree, files }) => ({
      blockSize: bsize,
      blocks,
      freeBlocks: bfree,
      inodes: files,
      freeInodes: ffree
    })
  )

const noDevice: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENXIO", "ENODEV"])

/** `/dev` is in memory, as are the files that follow. What may not be opened is there. */
const hasNode: HostFiles["hasNode"] = (path) =>
  Effect.sync(() => {
    try {
      NFS.closeSync(NFS.openSync(path, NFS.constants.O_RDONLY | NFS.constants.O_NONBLOCK))
      return true
    } catch (thrown) {
      return !noDevice.has((thrown as NodeJS.ErrnoException).code)
    }
  })

/**
 * Such files are in memory, so a thread of the pool would take longer to start than
 * the read takes. A device that is being removed makes its files go away meanwhile.
 */
const fromKernel = <A>(method: string, path: string, read: () => A): Effect.Effect<Option.Option<A>, PlatformError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeedSome(read())
    } catch (thrown) {
      const gone = isAbsence(thrown) || (thrown as NodeJS.ErrnoException).code === "ENODEV"
      return gone ? Effect.succeedNone : Effect.fail(fromNode(method, path)(thrown))
    }
  })

const kernelText: HostFiles["kernelText"] = (path) =>
  fromKernel("kernelText", path, () => NFS.readFileSync(path, "utf8"))

const kernelNames: HostFiles["kernelNames"] = (path) => fromKernel("kernelNames", path, () => NFS.readdirSync(path))

/** This process, the one that has started it, and so on: they wait for it. */
const ancestry = (pid: number): ReadonlyArray<number> => {
  const status = pid > 1 ? ifReadable(() => NFS.readFileSync(`/proc/${pid}/status`, "latin1")) : undefined
  const parent = Number(/^PPid:\s*(\d+)$/m.exec(status ?? "")?.[1] ?? 0)
  return [pid, ...parent > 0 ? ancestry(parent) : []]
}

/** The real paths of files that a process names: a relative path begins in its directory. */
const realPaths = async (pid: number, names: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const directory = ifReadable(() => NFS.readlinkSync(`/proc/${pid}/cwd`))
  const paths = names.flatMap((name) =>
    NodePath.isAbsolute(name) ? name : directory === undefined ? [] : NodePath.join(directory, name)
  )
  const found = await Promise.all(paths.map((path) => NFS.promises.realpath(path).catch(() => undefined)))
  return found.filter((path) => path !== undefined)
}

const processes: HostFiles["processes"] = (argumentsOf) =>
  Effect.promise(() => {
    const own = ancestry(process.pid)
    const pids = (ifReadable(() => NFS.readdirSync("/proc")) ?? []).map(Number).filter(Number.isInteger)
    const named = pids.filter((pid) => !own.includes(pid)).flatMap((pid) => {
      const words = ifReadable(() => NFS.readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.split("\0").slice(0, -1)
      const names = argumentsOf(words ?? [])
      return names.length === 0 ? [] : [{ pid, names }]
    })
    return Promise.all(named.map(async ({ names, pid }) => ({ pid, paths: await realPaths(pid, names) })))
  })

/** The errors of a file system, or of two, that cannot share blocks. */
const cannotShare = ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOTTY", "ENOSYS"]

/** Whether the copy shares the blocks of the file. */
const isShared = (from: string, to: string): Promise<boolean> => {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = NFS.constants
  return NFS.promises.copyFile(from, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE).then(
    () => true,
    (error: NodeJS.ErrnoException) => cannotShare.includes(error.code ?? "") ? false : Promise.reject(error)
  )
}

/** Whether a file has holes. The tool refuses or repairs an image in its own format that has some. */
const hasHoles = async (file: FileHandle): Promise<boolean> => {
  const { blocks, size } = await file.stat()
  return blocks * 512 < size
}

/** Copies piece by piece; where the source has holes, with holes in the place of zeros. */
const copyPieces = async (
  source: FileHandle,
  target: FileHandle,
  onDone: OnDone,
  signal: AbortSignal
): Promise<void> => {
  const write = (await hasHoles(source)) ? writeSparsely : writeAll
  const buffer = Buffer.alloc(piece)
  let position = 0
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, piece, position)
    if (bytesRead === 0) break
    await write(target, buffer.subarray(0, bytesRead), position)
    position += bytesRead
    onDone(position)
  }
  await target.truncate(position)
}

const copy: HostFiles["copy"] = (from, to, onDone = () => undefined) =>
  attemptWork("copy", to, async (signal) => {
    requireKind(from, await NFS.promises.stat(from, { bigint: true }), "File")
    if (await isShared(from, to)) return withFile(to, NFS.constants.O_RDONLY, (target) => target.sync())
    await withRegular(from, (source) => withNew(to, (target) => copyPieces(source, target, onDone, signal)))
  })

const replace: HostFiles["replace"] = (from, to, identity) =>
  attempt("replace", to, async () => {
    if (same(foundOf(await NFS.promises.lstat(from, { bigint: true })), identity)) await NFS.promises.rename(from, to)
  })

const unlink: HostFiles["unlink"] = (path, identity) =>
  attempt("unlink", path, async () => {
    if (same(foundOf(await NFS.promises.lstat(path, { bigint: true })), identity)) await NFS.promises.unlink(path)
  })

/** A file that has no room for the text does not stay. */
const writeText = async (path: string, text: string): Promise<void> => {
  const file = await NFS.promises.open(path, "wx", 0o644)
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    const [made, now] = await Promise.all([file.stat({ bigint: true }), NFS.promises.lstat(path, { bigint: true })])
    if (same(foundOf(made), foundOf(now))) await NFS.promises.unlink(path)
    throw error
  } finally {
    await file.close()
  }
}

/** Never descends: a directory in it may be a mount point. */
const removeDirectory: HostFiles["removeDirectory"] = (path, identity) =>
  attempt("removeDirectory", path, async () => {
    if (!same(foundOf(await NFS.promises.lstat(path, { bigint: true })), identity)) return
    for (const entry of await NFS.promises.readdir(path, { withFileTypes: true })) {
      const inner = NodePath.join(path, entry.name)
      await (entry.isDirectory() ? NFS.promises.rmdir(inner) : NFS.promises.unlink(inner))
    }
    await NFS.promises.rmdir(path)
  })

const removeEmptyDirectory: HostFiles["removeEmptyDirectory"] = (path, identity) =>
  attempt("removeEmptyDirectory", path, async () => {
    if (same(foundOf(await NFS.promises.lstat(path, { bigint: true })), identity)) await NFS.promises.rmdir(path)
  })

/** How files and directories are locked. */
export const locking = (locker?: flock.Locker): Pick<HostFiles, "tryLock" | "lockDirectory"> => ({
  tryLock: (path) => flock.tryLock(path, fromNode("tryLock", path), locker),
  lockDirectory: (path) => flock.lockDirectory(path, fromNode("lockDirectory", path), locker)
})

export const nodeHostFiles: HostFiles = {
  isRoot: Effect.sync(() => process.geteuid?.() === 0),
  find,
  kindsAt,
  inTheWay,
  processes,
  foreignMounts: nodeForeignMounts,
  glimpse,
  start: (path, length, kind = undefined) => read(path, length, kind ?? "File"),
  starts,
  whole,
  stamp,
  realPath,
  resolve,
  hasNode,
  numbers,
  kernelText,
  kernelNames,
  names: (directory) => attempt("names", directory, () => NFS.promises.readdir(directory)),
  makePrivateDirectory: (parent) =>
    attempt("makePrivateDirectory", parent, () => NFS.promises.mkdtemp(NodePath.join(parent, privatePrefix))),
  makeDirectory: (path) => attempt("makeDirectory", path, () => NFS.promises.mkdir(path, { mode: 0o700 })),
  link: (from, to) => attempt("link", to, () => NFS.promises.link(from, to)),
  writeNew: (path, text) => attempt("writeNew", path, () => writeText(path, text)),
  makePrivateFile: (path) => attempt("makePrivateFile", path, () => withNew(path, () => Promise.resolve())),
  copy,
  compose,
  pack,
  dropMap,
  replace,
  unlink,
  removeDirectory,
  removeEmptyDirectory,
  ...locking()
}

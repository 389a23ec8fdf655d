// @effect-diagnostics nodeBuiltinImport:off
/** What the operations on the host's files share. */
import { type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as NFS from "node:fs"
import type { Kind } from "./hostFiles.js"

export type FileHandle = NFS.promises.FileHandle

const reasons: Readonly<Record<string, SystemErrorReason>> = {
  ENOENT: "NotFound",
  EACCES: "PermissionDenied",
  EPERM: "PermissionDenied",
  EROFS: "PermissionDenied",
  EEXIST: "AlreadyExists",
  EISDIR: "BadResource",
  ENOTDIR: "BadResource",
  ELOOP: "BadResource",
  EBUSY: "Busy"
}

export const failure = (
  method: string,
  path: string,
  reason: SystemErrorReason,
  description: string,
  cause?: unknown
): SystemError => new SystemError({ module: "FileSystem", method, pathOrDescriptor: path, reason, description, cause })

/** Node rejects with an `ErrnoException`, which is an `Error` that has a code. */
export const fromNode = (method: string, path: string) => (thrown: unknown): PlatformError => {
  if (thrown instanceof SystemError) return thrown
  const error = thrown as NodeJS.ErrnoException
  return failure(method, path, reasons[error.code ?? ""] ?? "Unknown", error.message, error)
}

export const attempt = <A>(method: string, path: string, run: () => Promise<A>): Effect.Effect<A, PlatformError> =>
  Effect.tryPromise({ try: run, catch: fromNode(method, path) })

/**
 * Runs work of many steps. An interruption aborts the signal, and waits until the work has ended: it makes no file
 * after that, when its caller has removed what it made.
 */
export const attemptWork = <A>(
  method: string,
  path: string,
  run: (signal: AbortSignal) => Promise<A>
): Effect.Effect<A, PlatformError> =>
  Effect.async<A, PlatformError>((resume) => {
    const controller = new AbortController()
    const ended = run(controller.signal).then(
      (value) => resume(Effect.succeed(value)),
      (thrown: unknown) => resume(Effect.fail(fromNode(method, path)(thrown)))
    )
    return Effect.promise(() => {
      controller.abort()
      return ended
    })
  })

export const kindOf = (stats: NFS.BigIntStats): Kind =>
  stats.isFile()
    ? "File"
    : stats.isDirectory()
    ? "Directory"
    : stats.isSymbolicLink()
    ? "SymbolicLink"
    : stats.isBlockDevice()
    ? "BlockDevice"
    : "Other"

const names: Record<Kind, string> = {
  File: "a file",
  Directory: "a directory",
  SymbolicLink: "a symbolic link",
  BlockDevice: "a block device",
  Other: "a FIFO, a socket or a character device"
}

export const requireKind = (path: string, stats: NFS.BigIntStats, kind: Kind): void => {
  const found = kindOf(stats)
  if (found !== kind) throw failure("read", path, "BadResource", `it is ${names[found]}, and not ${names[kind]}`)
}

/** Opens a file for the time of its use. */
export const withFile = async <A>(
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<A>
): Promise<A> => {
  const file = await NFS.promises.open(path, flags, 0o600)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/**
 * Opens a regular file for the time of its use. Anything else is refused without being opened; should something
 * else have come to the path since, `O_NONBLOCK` waits for no writer of a FIFO.
 */
export const withRegular = async <A>(
  path: string,
  use: (file: FileHandle) => Promise<A>,
  access: number = NFS.constants.O_RDONLY
): Promise<A> => {
  requireKind(path, await NFS.promises.stat(path, { bigint: true }), "File")
  return withFile(path, access | NFS.constants.O_NONBLOCK, async (file) => {
    requireKind(path, await file.stat({ bigint: true }), "File")
    return use(file)
  })
}

/** Makes a file for the time of its use; its content is on the disk then. Anything at the path is an error. */
export const withNew = (path: string, use: (file: FileHandle) => Promise<void>): Promise<void> =>
  withFile(path, NFS.constants.O_WRONLY | NFS.constants.O_CREAT | NFS.constants.O_EXCL, async (file) => {
    await use(file)
    await file.sync()
  })

/** Reads as much as the buffer has room for, or all up to the end of the file; how much that is. */
export const readAll = async (file: FileHandle, buffer: Buffer, position: number): Promise<number> => {
  let done = 0
  while (done < buffer.length) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

export const writeAll = async (file: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  let done = 0
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
}

/** How much is read at a time, in bytes. */
export const piece = 1024 * 1024

/** The least length of a hole, in bytes. */
const grain = 64 * 1024

const zeros = Buffer.alloc(piece)

/** Whether bytes, at most {@link piece} of them, are zeros. */
export const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length))

/** Writes bytes to a new file, with holes in the place of zeros. */
export const writeSparsely = async (file: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  let from = 0
  for (let at = 0; at < bytes.length; at += grain) {
    const next = Math.min(at + grain, bytes.length)
    if (!isZero(bytes.subarray(at, next))) continue
    if (at > from) await writeAll(file, bytes.subarray(from, at), position + from)
    from = next
  }
  if (bytes.length > from) await writeAll(file, bytes.subarray(from), position + from)
}

/** What a read returns; nothing when it fails, as for a process that has ended. */
export const ifReadable = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

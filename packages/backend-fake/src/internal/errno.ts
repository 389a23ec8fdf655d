import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"

const descriptions = {
  EBADF: "bad file descriptor",
  EBUSY: "resource busy or locked",
  EEXIST: "file already exists",
  EFBIG: "file too large",
  EINVAL: "invalid argument",
  EIO: "i/o error",
  EISDIR: "illegal operation on a directory",
  ELOOP: "too many symbolic links encountered",
  ENAMETOOLONG: "name too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  EXDEV: "cross-device link not permitted"
} as const

/** What the kernel would answer instead of a result. */
export type Code = keyof typeof descriptions

/** What the C library of the tool calls it. */
export const strerror: Record<Code, string> = {
  EBADF: "Bad file descriptor",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  EFBIG: "File too large",
  EINVAL: "Invalid argument",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOSPC: "No space left on device",
  ENOTDIR: "Not a directory",
  ENOTEMPTY: "Directory not empty",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
  EXDEV: "Invalid cross-device link"
}

const reason = (code: string): SystemErrorReason => {
  switch (code) {
    case "ENOENT":
      return "NotFound"
    case "EEXIST":
      return "AlreadyExists"
    case "EISDIR":
    case "ENOTDIR":
    case "ELOOP":
      return "BadResource"
    case "EBUSY":
      return "Busy"
    default:
      return "Unknown"
  }
}

/** Where a call failed. */
export interface Failure {
  readonly code: Code
  readonly syscall: string
}

/** What a caller asked for: the method of the service, and what it was about. */
export interface Call {
  readonly method: string
  readonly subject: string | number
  /** The other path, of a method that takes two. */
  readonly other?: string | undefined
}

const about = (call: Call): string =>
  typeof call.subject === "number" ? "" : ` '${call.subject}'${call.other === undefined ? "" : ` -> '${call.other}'`}`

/** The error of the platform, as Node's implementation gives it for the same. */
export const toPlatformError = (call: Call, { code, syscall }: Failure): PlatformError =>
  new SystemError({
    reason: reason(code),
    module: "FileSystem",
    method: call.method,
    pathOrDescriptor: call.subject,
    syscall,
    description: `${code}: ${descriptions[code]}, ${syscall}${about(call)}`
  })

/** An error that Node's own code makes, above the kernel. */
export const custom = (call: Call, syscall: string | undefined, description: string): PlatformError =>
  new SystemError({
    reason: "Unknown",
    module: "FileSystem",
    method: call.method,
    pathOrDescriptor: call.subject,
    ...(syscall !== undefined && { syscall }),
    description
  })

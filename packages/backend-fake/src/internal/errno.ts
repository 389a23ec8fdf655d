import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Either from "effect/Either"

/** The error numbers of Linux, and the messages of libuv. */
const errors = {
  EBADF: [9, "bad file descriptor"],
  EBUSY: [16, "resource busy or locked"],
  EEXIST: [17, "file already exists"],
  EFBIG: [27, "file too large"],
  EINVAL: [22, "invalid argument"],
  EIO: [5, "i/o error"],
  EISDIR: [21, "illegal operation on a directory"],
  ELOOP: [40, "too many symbolic links encountered"],
  ENAMETOOLONG: [36, "name too long"],
  ENOENT: [2, "no such file or directory"],
  ENOSPC: [28, "no space left on device"],
  ENOTDIR: [20, "not a directory"],
  ENOTEMPTY: [39, "directory not empty"],
  EPERM: [1, "operation not permitted"],
  EROFS: [30, "read-only file system"],
  EXDEV: [18, "cross-device link not permitted"]
} as const

/** The error code of a failed system call. */
export type Code = keyof typeof errors

/** The messages of the tool's C library. */
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

/** A system call that failed. */
interface Refusal {
  readonly code: Code
  readonly syscall: string
  /** The paths of the system call, when they are not those of the method; empty for a call with a descriptor. */
  readonly paths?: ReadonlyArray<string> | undefined
}

const objections = {
  ERR_FS_EISDIR: "Path is a directory",
  ERR_FS_CP_DIR_TO_NON_DIR: "Cannot overwrite non-directory with directory",
  ERR_FS_CP_EINVAL: "Invalid src or dest",
  ERR_FS_CP_NON_DIR_TO_DIR: "Cannot overwrite directory with non-directory",
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: "Cannot overwrite symlink in subdirectory of self"
} as const

/** An error that Node's own code reports, without a system call. */
export interface Objection {
  readonly code: keyof typeof objections
  readonly syscall: "cp" | "rm"
  readonly message: string
}

/** Why a method failed. */
export type Failure = Refusal | Objection

/** The method of the service, and the path or descriptor that it was called with. */
export interface Call {
  readonly method: string
  readonly subject: string | number
  /** The second path, of a method that takes two. */
  readonly other?: string | undefined
}

/** Fails with the error of a system call; `paths` as in {@link Refusal}. */
export const refusal = (code: Code, syscall: string, paths?: ReadonlyArray<string>): Either.Either<never, Failure> =>
  Either.left({ code, syscall, paths })

/** Names the system call that failed. */
export const during =
  (syscall: string, paths?: ReadonlyArray<string>) => <A>(result: Either.Either<A, Code>): Either.Either<A, Failure> =>
    Either.isRight(result) ? Either.right(result.right) : refusal(result.left, syscall, paths)

/** Fails as Node's own code does: with the code of a system error, and the rule that was violated. */
export const objection = (
  code: Objection["code"],
  syscall: Objection["syscall"],
  { as, path, rule }: { readonly as: Code; readonly rule: string; readonly path: string }
): Either.Either<never, Failure> =>
  Either.left({ code, syscall, message: `${objections[code]}: ${syscall} returned ${as} (${rule}) ${path}` })

const pathsOf = ({ other, subject }: Call): ReadonlyArray<string> =>
  typeof subject === "number" ? [] : other === undefined ? [subject] : [subject, other]

/** The error that Node would throw, which becomes the cause of the platform's error. */
const exception = (call: Call, failure: Failure): Error => {
  const { code, syscall } = failure
  if ("message" in failure) return Object.assign(new Error(failure.message), { code, syscall })
  const [errno, message] = errors[failure.code]
  const [path, dest] = failure.paths ?? pathsOf(call)
  const asked = path === undefined ? "" : ` '${path}'${dest === undefined ? "" : ` -> '${dest}'`}`
  return Object.assign(new Error(`${code}: ${message}, ${syscall}${asked}`), {
    errno: -errno,
    code,
    syscall,
    ...(path !== undefined && { path }),
    ...(dest !== undefined && { dest })
  })
}

/** The platform's error for a failure, as Node's implementation reports it. */
export const toPlatformError = (call: Call, failure: Failure): PlatformError => {
  const cause = exception(call, failure)
  return new SystemError({
    reason: reason(failure.code),
    module: "FileSystem",
    method: call.method,
    pathOrDescriptor: call.subject,
    syscall: failure.syscall,
    description: cause.message,
    cause
  })
}

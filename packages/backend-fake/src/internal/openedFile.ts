import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { during } from "./errno.js"
import { fileInfo } from "./fileInfo.js"
import * as files from "./files.js"
import * as argument from "./nodeArguments.js"
import type { Handle } from "./state.js"
import type { Run } from "./systemCalls.js"
import type { Transaction } from "./transaction.js"
import type { Result } from "./walk.js"
import { failed } from "./walk.js"

const nothingWritten = (fd: number): SystemError =>
  new SystemError({
    module: "FileSystem",
    method: "writeAll",
    reason: "WriteZero",
    pathOrDescriptor: fd,
    description: "write returned 0 bytes written"
  })

/**
 * An open file. Its position is kept here and not by the kernel, as in Node's
 * implementation. The kernel has one of its own, which a call without a position
 * uses: one that appends, or for which Node takes the position for none.
 */
export const openedFile = (run: Run, descriptor: number, append: boolean): FileSystem.File => {
  const fd = FileSystem.FileDescriptor(descriptor)
  const lock = Effect.unsafeMakeSemaphore(1).withPermits(1)
  let position = 0n
  let kernelPosition = 0

  const ask = <A>(
    method: string,
    syscall: string,
    use: (tx: Transaction, handle: Handle) => Result<A>,
    problem?: argument.Problem
  ) =>
    run(
      { method, subject: fd },
      (tx) => during(syscall)(Either.flatMap(files.handleOf(tx, fd), (handle) => use(tx, handle))),
      problem
    )

  const read = (method: string, size: number) => {
    if (size === 0) return Effect.succeed(new Uint8Array(0))
    const given = position < 0n ? undefined : Number(position)
    const bytes = ask(
      method,
      "read",
      (tx, handle) => {
        if (!handle.readable) return failed("EBADF")
        if (position + BigInt(size) > argument.lastPosition) return failed("EINVAL")
        return files.readAt(tx, handle.file, given ?? kernelPosition, size)
      },
      argument.position(position)
    )
    return Effect.map(bytes, (bytes) => {
      if (given === undefined) kernelPosition += bytes.length
      position += BigInt(bytes.length)
      return bytes
    })
  }

  const write = (method: string, data: Uint8Array) => {
    const given = append ? undefined : argument.writePosition(position)
    const written = ask(method, "write", (tx, handle) => {
      if (!handle.writable) return failed("EBADF")
      const at = handle.append ? files.sizeOf(tx.inode(handle.file)) : given ?? kernelPosition
      return Either.map(files.writeAt(tx, handle.file, at, data), (written) => ({ at, written }))
    })
    return Effect.map(written, ({ at, written }) => {
      if (given === undefined) kernelPosition = at + written
      if (!append) position += BigInt(written)
      return written
    })
  }

  const writeAll = (data: Uint8Array): Effect.Effect<void, PlatformError> =>
    Effect.flatMap(write("writeAll", data), (written) => {
      if (written === 0) return Effect.fail(nothingWritten(fd))
      return written < data.length ? writeAll(data.subarray(written)) : Effect.void
    })

  return {
    [FileSystem.FileTypeId]: FileSystem.FileTypeId,
    fd,
    stat: ask("stat", "fstat", (tx, { file }) => Either.right(fileInfo(tx, file))),
    sync: ask("sync", "fsync", (tx, { file }) => {
      const device = tx.deviceOfVolume(file.volume)
      return device === undefined ? Either.void : tx.sync(device)
    }),
    seek: (offset, from) =>
      lock(Effect.sync(() => {
        position = from === "start" ? FileSystem.Size(offset) : position + FileSystem.Size(offset)
        // The type promises nothing, but Node's implementation returns the new position.
        return position
      })),
    read: (buffer) =>
      lock(Effect.map(Effect.suspend(() => read("read", buffer.length)), (bytes) => {
        buffer.set(bytes)
        return FileSystem.Size(bytes.length)
      })),
    readAlloc: (size) =>
      lock(Effect.map(
        Effect.suspend(() => {
          const refused = argument.bufferSize(Number(size))
          return refused === undefined ? read("readAlloc", Number(size)) : Effect.die(refused)
        }),
        (bytes) => bytes.length === 0 ? Option.none() : Option.some(bytes)
      )),
    truncate: (length) => {
      const size = Number(length ?? 0)
      const truncated = ask("truncate", "ftruncate", (tx, handle) =>
        handle.writable
          ? files.truncateAt(tx, handle.file, Math.max(0, size))
          : failed("EINVAL"), argument.length(size))
      return lock(Effect.map(truncated, () => {
        if (!append && position > size) position = BigInt(size)
      }))
    },
    write: (data) => lock(Effect.map(Effect.suspend(() => write("write", data)), FileSystem.Size)),
    writeAll: (data) => lock(Effect.suspend(() => writeAll(data)))
  }
}

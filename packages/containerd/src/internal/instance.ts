// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as NFS from "node:fs"

/** The code with which `flock -n` ends when somebody else holds the lock. */
const held = 1

/** Runs `flock` on an open file. The lock belongs to the open file: it stays until this process closes it, or ends. */
const flock = (fd: number) =>
  Effect.async<number | null, Error>((resume) => {
    const child = spawn("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", fd] })
    child.once("error", (error) => resume(Effect.fail(error)))
    child.once("close", (code) => resume(Effect.succeed(code)))
  })

/**
 * Takes a directory for this process until the scope is closed. The kernel gives it
 * back when the process ends, however it ends. It fails with the reason.
 */
export const own = (directory: string): Effect.Effect<void, string, Scope.Scope> =>
  Effect.gen(function*() {
    const file = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => NFS.promises.open(directory, "r"), catch: (error) => error as Error }),
      (opened) => Effect.promise(() => opened.close())
    )
    const code = yield* flock(file.fd)
    if (code === held) return yield* Effect.fail({ message: "another process uses it" })
    if (code !== 0) return yield* Effect.fail({ message: `flock ended with ${code}` })
  }).pipe(Effect.mapError(({ message }) => message))

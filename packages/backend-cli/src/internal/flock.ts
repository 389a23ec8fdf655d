// @effect-diagnostics nodeBuiltinImport:off
import { type PlatformError, SystemError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as NFS from "node:fs"
import { type Identity, same } from "./hostFiles.js"

/** Turns what Node throws into an error. */
type Fail = (thrown: unknown) => PlatformError

interface Queue {
  readonly semaphore: Effect.Semaphore
  users: number
}

/** The waiters of this process, of all layers: `flock` is not started for each of them. */
const queues = new Map<string, Queue>()

const enter = (key: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const queue = queues.get(key) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
      queue.users++
      queues.set(key, queue)
      return queue
    }),
    (queue) =>
      Effect.sync(() => {
        if (--queue.users === 0) queues.delete(key)
      })
  ).pipe(Effect.flatMap(({ semaphore }) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(restore(semaphore.take(1)), Effect.addFinalizer(() => semaphore.release(1)))
    )
  ))

/** How `flock` ended. */
export interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/** Whether to wait while another process has the lock. */
export type Mode = "try" | "wait"

/** Locks what a descriptor of this process is open on, at most until the scope is closed and the descriptor too. */
export type Locker = (fd: number, mode: Mode) => Effect.Effect<Ended, PlatformError, Scope.Scope>

const notRun = (cause: Error) =>
  new SystemError({
    module: "Command",
    method: "spawn",
    pathOrDescriptor: "flock",
    reason: "code" in cause && cause.code === "ENOENT" ? "NotFound" : "Unknown",
    description: cause.message,
    cause
  })

/**
 * Runs `flock` on the descriptor of an open file, as a shell does. The lock belongs
 * to the open file, not to `flock`: it stays when `flock` ends, until this process
 * closes the file or ends itself.
 */
export const spawned: Locker = (fd, mode) =>
  Effect.async((resume) => {
    const options = mode === "try" ? ["-n"] : []
    const child = spawn("flock", [...options, "-x", "3"], { stdio: ["ignore", "ignore", "pipe", fd] })
    const pieces: Array<Buffer> = []
    child.stderr?.on("data", (piece: Buffer) => pieces.push(piece))
    child.once("error", (error) => resume(Effect.fail(notRun(error))))
    child.once("close", (code) => resume(Effect.succeed({ code, stderr: Buffer.concat(pieces).toString() })))
    return Effect.async<void>((done) => {
      if (child.exitCode !== null || child.signalCode !== null) return done(Effect.void)
      child.once("exit", () => done(Effect.void))
      child.kill("SIGKILL")
    })
  })

/** The code with which `flock -n` ends when another process holds the lock. */
export const held = 1

const lock = (path: string, fd: number, locker: Locker): Effect.Effect<void, PlatformError, Scope.Scope> =>
  locker(fd, "try").pipe(
    Effect.flatMap((ended) =>
      ended.code === held && ended.stderr === ""
        ? Effect.zipRight(
          Effect.logInfo(`another process has the lock of ${JSON.stringify(path)}: waiting for it`),
          locker(fd, "wait")
        )
        : Effect.succeed(ended)
    ),
    Effect.filterOrFail(
      ({ code }) => code === 0,
      ({ code, stderr }) =>
        new SystemError({
          module: "FileSystem",
          method: "lockDirectory",
          pathOrDescriptor: path,
          reason: "Unknown",
          description: `flock ended with ${code}: ${stderr.trim()}`
        })
    ),
    Effect.asVoid
  )

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = NFS.constants

const open = (
  path: string,
  flags: number,
  fail: Fail
): Effect.Effect<NFS.promises.FileHandle, PlatformError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => NFS.promises.open(path, O_RDONLY | O_NONBLOCK | flags),
      catch: fail
    }),
    (file) => Effect.promise(() => file.close())
  )

const identify = (stat: () => Promise<NFS.BigIntStats>, fail: Fail): Effect.Effect<Identity, PlatformError> =>
  Effect.map(Effect.tryPromise({ try: stat, catch: fail }), ({ dev, ino }) => ({ device: dev, inode: ino }))

type Attempt = { readonly locked: Option.Option<Identity> } | "moved"

/** While this waits, the directory may be renamed, and another one come in its place. */
const attempt = (path: string, fail: Fail, locker: Locker): Effect.Effect<Attempt, PlatformError, Scope.Scope> =>
  Effect.gen(function*() {
    const atPath = identify(() => NFS.promises.stat(path, { bigint: true }), fail)
    const identity = yield* atPath
    yield* enter(`${identity.device}:${identity.inode}`)
    const file = yield* open(path, O_DIRECTORY, fail)
    yield* lock(path, file.fd, locker)
    const opened = yield* identify(() => file.stat({ bigint: true }), fail)
    const now = yield* atPath
    return same(opened, identity) && same(now, identity) ? { locked: Option.some(identity) } : "moved" as const
  }).pipe(
    Effect.catchIf(
      (error) =>
        error._tag === "SystemError" && (error.reason === "NotFound" || error.reason === "BadResource") &&
        error.module === "FileSystem",
      () => Effect.succeed({ locked: Option.none() })
    )
  )

/**
 * Locks a directory by its identity, so that no other name of it leads around the
 * lock, until the scope is closed. The kernel gives the lock back when the process
 * ends, however it ends.
 */
export const lockDirectory = (
  path: string,
  fail: Fail,
  locker: Locker = spawned
): Effect.Effect<Option.Option<Identity>, PlatformError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const found = yield* restore(Scope.extend(attempt(path, fail, locker), scope)).pipe(
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
      if (found === "moved") {
        yield* Scope.close(scope, Exit.void)
        return yield* restore(lockDirectory(path, fail, locker))
      }
      yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
      return found.locked
    })
  )

/**
 * Locks a file or a directory until the scope is closed, without waiting. None when
 * another holder has it, and when it is not at its path any more.
 */
export const tryLock = (
  path: string,
  fail: Fail,
  locker: Locker = spawned
): Effect.Effect<Option.Option<Identity>, PlatformError, Scope.Scope> =>
  Effect.gen(function*() {
    const file = yield* open(path, O_NOFOLLOW, fail)
    const { code } = yield* locker(file.fd, "try")
    if (code !== 0) return Option.none()
    const opened = yield* identify(() => file.stat({ bigint: true }), fail)
    const now = yield* identify(() => NFS.promises.lstat(path, { bigint: true }), fail)
    return same(opened, now) ? Option.some(opened) : Option.none()
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound" && error.module === "FileSystem",
      () => Effect.succeed(Option.none())
    )
  )

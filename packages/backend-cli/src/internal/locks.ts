import type { Generation } from "@effect-ploop/core/Generation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Waiting from "@effect-ploop/core/Waiting"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { About } from "./host.js"
import type { HostFiles, Identity } from "./hostFiles.js"
import { fileError } from "./newFiles.js"
import { context } from "./outcome.js"

type Exclusively = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | PloopError.PloopError, R>

/**
 * One writer a disk: in this process, whatever the layer, and among the processes
 * of this host. Generation 9 reads the descriptor before it locks it, so two of
 * its processes lose each other's snapshots, and both report success.
 */
export interface Locks {
  /** Keeps everybody else from working in the directory until the scope is closed. The wait can be interrupted. */
  readonly hold: (about: About, directory: string) => Effect.Effect<void, PloopError.PloopError, Scope.Scope>
  /** Runs the effect while nobody else works in the directory. The wait can be interrupted. */
  readonly exclusive: (about: About, directory: string) => Exclusively
  /**
   * The same for an operation that the tool locks as well, which learns what the directory is. Where this process may
   * not open the directory, the lock of generations 1.15 and 7 is enough.
   */
  readonly onlyWriter: (
    about: About,
    directory: string
  ) => <A, E, R>(
    use: (held: Option.Option<Identity>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | PloopError.PloopError, R>
  /**
   * The same for an operation that names a device. It writes no descriptor, so where
   * this process may not open the directory, it needs no lock.
   */
  readonly onlyUser: (about: About, directory: string) => Exclusively
}

/** Whether the tool's own lock keeps two of its processes from losing each other's changes. */
const locksItself: Readonly<Record<Generation, boolean>> = { "1.15": true, "7": true, "9": false }

const lockError = (about: About, directory: string) => (error: PlatformError): PloopError.PloopError =>
  error._tag === "SystemError" && error.module === "Command" && error.reason === "NotFound"
    ? new PloopError.PrerequisiteMissing({ ...context(about), text: error.message, what: "the program flock" })
    : fileError(about, directory)(error)

export const make = (
  files: HostFiles,
  generation: Effect.Effect<Generation, PloopError.PloopError>
): Locks => {
  const enter = (directory: string, scope: Scope.Scope) =>
    Waiting.interruptible(Scope.extend(files.lockDirectory(directory), scope))

  const hold: Locks["hold"] = (about, directory) =>
    Effect.scopeWith((scope) => Effect.mapError(enter(directory, scope), lockError(about, directory))).pipe(
      Effect.asVoid
    )

  const exclusive: Locks["exclusive"] = (about, directory) => (effect) =>
    Effect.scopedWith((scope) => Effect.zipRight(Scope.extend(hold(about, directory), scope), effect))

  const lock = (about: About, directory: string, scope: Scope.Scope) =>
    enter(directory, scope).pipe(
      Effect.mapError(lockError(about, directory)),
      Effect.catchTag(
        "PermissionDenied",
        (denied) => Effect.flatMap(generation, (found) => locksItself[found] ? Effect.succeedNone : Effect.fail(denied))
      )
    )

  return {
    hold,
    exclusive,
    onlyWriter: (about, directory) => (use) =>
      Effect.scopedWith((scope) => Effect.flatMap(lock(about, directory, scope), use)),
    onlyUser: (about, directory) => (effect) =>
      Effect.scopedWith((scope) =>
        enter(directory, scope).pipe(
          Effect.mapError(lockError(about, directory)),
          Effect.catchTag("PermissionDenied", () => Effect.void),
          Effect.zipRight(effect)
        )
      )
  }
}

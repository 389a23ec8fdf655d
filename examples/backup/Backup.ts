/**
 * Backs up many disks, mounted or not, one after the other or some at a time. One
 * that fails does not stop the others, and nothing that went wrong is lost: not
 * even a device that could not be taken down after a backup that succeeded.
 */
import type { Disk, OperationError } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import type { Error } from "@effect/platform"
import { FileSystem } from "@effect/platform"
import { Cause, Effect, Exit, Option, Ref } from "effect"

/** What to back up, and where to. */
export interface Job {
  readonly disk: Disk.Disk
  /** An empty directory, at which the snapshot is mounted meanwhile. */
  readonly mountPoint: string
  /** The directory that receives a copy of the files; it must not exist. */
  readonly to: string
}

export type Failure =
  | OperationError.CreateTemporarySnapshotError
  | OperationError.UmountError
  | OperationError.DeleteSnapshotError
  | Error.PlatformError

/** How a backup ended. */
export interface Outcome {
  readonly disk: Disk.Disk
  /** Whether the copy is complete. It can be so although the device could not be taken down afterwards. */
  readonly isSaved: boolean
  /** Everything that went wrong: first the copy, then the unmount. */
  readonly failures: ReadonlyArray<Failure>
}

const failuresOf = <A>(exit: Exit.Exit<A, Failure>): ReadonlyArray<Failure> =>
  Exit.match(exit, { onSuccess: () => [], onFailure: (cause) => Array.from(Cause.failures(cause)) })

/** Fails only with defects and interruptions. What else goes wrong is part of the outcome. */
export const backUp = (job: Job): Effect.Effect<Outcome, never, Ploop.Ploop | FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const saved = yield* Ref.make(false)
    const exit = yield* Ploop.withTemporarySnapshot(
      { disk: job.disk, component: "backup", target: job.mountPoint },
      () =>
        fs.makeDirectory(job.to).pipe(
          Effect.zipRight(fs.copy(job.mountPoint, job.to)),
          Effect.zipRight(Ref.set(saved, true))
        )
    ).pipe(Effect.exit)
    const failures = failuresOf(exit)
    const unexpected = Exit.causeOption(exit).pipe(Option.flatMap(Cause.keepDefects))
    if (Option.isSome(unexpected)) return yield* Effect.failCause(unexpected.value)
    yield* Effect.forEach(failures, (failure) => Effect.logWarning(`the backup of ${job.disk}`, failure))
    return { disk: job.disk, isSaved: yield* Ref.get(saved), failures }
  })

/** Backs up all of them, so many at a time; one unless given. */
export const backUpAll = (
  jobs: ReadonlyArray<Job>,
  concurrency = 1
): Effect.Effect<ReadonlyArray<Outcome>, never, Ploop.Ploop | FileSystem.FileSystem> =>
  Effect.forEach(jobs, backUp, { concurrency })

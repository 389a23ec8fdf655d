import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Disk } from "../Disk.js"
import type * as OperationError from "../OperationError.js"
import type * as PloopError from "../PloopError.js"
import * as PrintableText from "../PrintableText.js"
import type * as Request from "../Request.js"
import type * as Result from "../Result.js"
import * as Waiting from "../Waiting.js"
import { acquireUseRelease } from "./waiting.js"

/** The operations of the service that take and give back. */
interface Operations {
  readonly mount: (options: Request.MountOptions) => Effect.Effect<Result.Mounted, OperationError.MountError>
  readonly umount: (options: Request.UmountOptions) => Effect.Effect<void, OperationError.UmountError>
  readonly createTemporarySnapshot: (
    options: Request.CreateTemporarySnapshotOptions
  ) => Effect.Effect<Result.TemporarySnapshot, OperationError.CreateTemporarySnapshotError>
  readonly deleteSnapshot: (
    options: Request.OfSnapshotOptions
  ) => Effect.Effect<Result.SnapshotDeleted, OperationError.DeleteSnapshotError>
}

type WhileBusy = Schedule.Schedule<unknown, PloopError.PloopError>

/** By disk and component, not by device: the device may be another disk's by now. */
const release = (
  ploop: Operations,
  mounted: { readonly disk: Disk; readonly component?: string | undefined },
  whileBusy: WhileBusy
): Effect.Effect<void, OperationError.UmountError> =>
  ploop.umount({ disk: mounted.disk, component: mounted.component }).pipe(
    Effect.retry({ schedule: whileBusy, while: (error) => error._tag === "Busy" }),
    Effect.catchTag("NotMounted", () => Effect.void)
  )

type ReleaseError = OperationError.UmountError | OperationError.DeleteSnapshotError

interface Acquired<A extends { readonly disk: Disk }, E, Failure> {
  readonly acquire: Effect.Effect<A, E>
  readonly release: (acquired: A) => Effect.Effect<unknown, Failure>
}

export const mounted = (
  ploop: Operations,
  options: Request.MountOptions,
  whileBusy: WhileBusy
): Acquired<Result.Mounted, OperationError.MountError, OperationError.UmountError> => ({
  acquire: ploop.mount(options),
  release: (mounted) => release(ploop, mounted, whileBusy)
})

export const temporarySnapshot = (
  ploop: Operations,
  options: Request.CreateTemporarySnapshotOptions,
  whileBusy: WhileBusy
): Acquired<Result.TemporarySnapshot, OperationError.CreateTemporarySnapshotError, ReleaseError> => ({
  acquire: ploop.createTemporarySnapshot(options),
  release: (snapshot) =>
    release(ploop, snapshot, whileBusy).pipe(
      Effect.zipRight(ploop.deleteSnapshot({ disk: snapshot.disk, id: snapshot.id })),
      // Another operation on the disk may have merged it away by now, which is what such a snapshot is for.
      Effect.catchTag("SnapshotNotFound", () => Effect.void)
    )
})

const logged = (disk: Disk) => (error: ReleaseError): Effect.Effect<void> =>
  Effect.logError(
    `${PrintableText.escape(disk)} could not be released at the end of its scope, and its device may still run`,
    error
  )

/** A finalizer cannot fail: a failure goes to the hook. */
export const scoped = <A extends { readonly disk: Disk }, E, Failure extends ReleaseError>(
  { acquire, release }: Acquired<A, E, Failure>,
  onReleaseFailure: ((error: Failure) => Effect.Effect<void>) | undefined
): Effect.Effect<A, E, Scope.Scope> =>
  Waiting.acquireRelease(
    acquire,
    (acquired) => Effect.catchAll(release(acquired), onReleaseFailure ?? logged(acquired.disk))
  )

export const using = <A extends { readonly disk: Disk }, E, Failure, B, E2, R>(
  { acquire, release }: Acquired<A, E, Failure>,
  use: (acquired: A) => Effect.Effect<B, E2, R>
): Effect.Effect<B, E | E2 | Failure, R> => acquireUseRelease(acquire, use, release)

import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Disk } from "../Disk.js"
import type * as OperationError from "../OperationError.js"
import type * as PloopError from "../PloopError.js"
import type * as Request from "../Request.js"
import type * as Result from "../Result.js"
import * as Waiting from "../Waiting.js"

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

export const mountScoped = (
  ploop: Operations,
  options: Request.MountOptions,
  whileBusy: WhileBusy
): Effect.Effect<Result.Mounted, OperationError.MountError, Scope.Scope> =>
  Waiting.acquireRelease(ploop.mount(options), (mounted) => Effect.orDie(release(ploop, mounted, whileBusy)))

export const temporarySnapshotScoped = (
  ploop: Operations,
  options: Request.CreateTemporarySnapshotOptions,
  whileBusy: WhileBusy
): Effect.Effect<Result.TemporarySnapshot, OperationError.CreateTemporarySnapshotError, Scope.Scope> =>
  Waiting.acquireRelease(
    ploop.createTemporarySnapshot(options),
    (snapshot) =>
      release(ploop, snapshot, whileBusy).pipe(
        Effect.zipRight(ploop.deleteSnapshot({ disk: snapshot.disk, id: snapshot.id })),
        // Another operation on the disk may have merged it away by now, which is what such a snapshot is for.
        Effect.catchTag("SnapshotNotFound", () => Effect.void),
        Effect.orDie
      )
  )

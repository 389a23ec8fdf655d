import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

/** The node with the file system of an attached disk. */
const nodeOf = ({ device, partition }: Result.Attachment): string => partition ?? device

const find = (disk: Disk) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.deviceOf({ disk }))

/** Attaches a disk unless it is attached, and returns the node of its file system. */
export const attach = (disk: Disk, readOnly: boolean) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const attached = yield* find(disk)
    return nodeOf(Option.isSome(attached) ? attached.value : yield* ploop.mount({ disk, readOnly }))
  })

/** Where the file system of a disk is mounted, as far as this process sees. */
export const mountedAt = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const attached = yield* find(disk)
    if (Option.isNone(attached)) return Option.none()
    const devices = yield* ploop.listDevices
    return Option.fromNullable(devices.find(({ device }) => device === attached.value.device)?.target)
  })

/** Something such as udev opens a device for a moment after an unmount. */
const whileBusy = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(5))

/**
 * Detaches a disk unless it is mounted: the unmount of the tool would also unmount
 * what a client has mounted. Returns where it is mounted.
 */
export const detach = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const target = yield* mountedAt(disk)
    if (Option.isSome(target)) return target
    if (Option.isNone(yield* find(disk))) return Option.none()
    yield* Effect.retry(ploop.umount({ disk }), { schedule: whileBusy, while: ({ _tag }) => _tag === "Busy" }).pipe(
      Effect.catchTag("NotMounted", () => Effect.void)
    )
    return Option.none()
  })

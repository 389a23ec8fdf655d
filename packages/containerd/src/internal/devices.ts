import type { Disk } from "@effect-ploop/core/Disk"
import * as Disks from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { isDamage } from "./failures.js"

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

/** A running device of a disk. */
export interface Running {
  readonly device: string
  /** Where its file system is mounted, as far as this process sees. */
  readonly target?: string | undefined
}

/** The device of a disk, if it is attached. */
export const running = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const attached = yield* find(disk)
    if (Option.isNone(attached)) return Option.none<Running>()
    const { device } = attached.value
    const devices = yield* ploop.listDevices
    return Option.some<Running>({ device, target: devices.find((one) => one.device === device)?.target })
  })

/** Something such as udev opens a device for a moment after an unmount. */
const whileBusy = Schedule.intersect(Schedule.exponential("50 millis"), Schedule.recurs(5))

const umount = (by: { readonly disk: Disk } | { readonly device: Result.RunningDevice["device"] }) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => ploop.umount(by)).pipe(
    Effect.retry({ schedule: whileBusy, while: ({ _tag }) => _tag === "Busy" })
  )

/** The device of a disk is known by its image: somebody may have removed or damaged the descriptor. */
const deviceBeside = (disk: Disk) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices),
    Arr.findFirst(({ image }) => image.startsWith(`${Disks.directory(disk)}/`))
  )

/** The tool does not find the device of a disk without its descriptor, or without its image. */
const stop = (disk: Disk) =>
  Effect.catchIf(umount({ disk }), (error) => error._tag === "NotMounted" || isDamage(error), () =>
    Effect.flatMap(
      deviceBeside(disk),
      Option.match({ onNone: () => Effect.void, onSome: ({ device }) => umount({ device }) })
    )).pipe(Effect.catchTag("NotMounted", () => Effect.void))

/**
 * Detaches a disk that is not mounted, or at `own`. The unmount of the tool would also
 * unmount what somebody else has mounted. Returns where that is.
 */
export const release = (disk: Disk, own?: string) =>
  Effect.gen(function*() {
    const found = yield* deviceBeside(disk)
    if (Option.isNone(found)) return Option.none()
    const { target } = found.value
    if (target !== undefined && target !== own) return Option.some(target)
    yield* stop(disk)
    return Option.none()
  })

/** Detaches a disk unless it is mounted. Returns where it is mounted. */
export const detach = (disk: Disk) => release(disk)

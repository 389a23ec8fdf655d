import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import type { Mount } from "../parse.js"
import { deviceOfSource, isMountOf } from "../parse.js"
import type { Session } from "../session.js"
import { listDevices } from "./devices.js"

export const mountTable = (session: Session): Effect.Effect<ReadonlyArray<Mount>> =>
  Effect.map(session.host.mounts, Option.getOrElse(() => []))

/** The device whose file system is mounted at a directory. */
export const deviceAt = (mounts: ReadonlyArray<Mount>, target: string): DevicePath | undefined => {
  const source = mounts.findLast((mount) => mount.target === target)?.source
  return source === undefined ? undefined : deviceOfSource(source)
}

const isAbove = (target: string, path: string): boolean =>
  target === path || target === "/" || path.startsWith(`${target}/`)

/** What was mounted after a mount at its mount point, or above it, so that its path leads elsewhere. */
const covering = (mounts: ReadonlyArray<Mount>, index: number): ReadonlyArray<Mount> =>
  mounts.slice(index + 1).filter(({ target }) => isAbove(target, mounts[index]!.target))

/** The device that is mounted at a directory below something else. */
export const behind = (mounts: ReadonlyArray<Mount>, target: string): DevicePath | undefined =>
  mounts.flatMap((mount) => mount.target === target ? deviceOfSource(mount.source) ?? [] : []).at(-1)

/** The mounts of ploop devices that others hide, with those. */
export const hidden = (mounts: ReadonlyArray<Mount>) =>
  mounts.flatMap(({ source }, index) => {
    const device = deviceOfSource(source)
    const by = device === undefined ? [] : covering(mounts, index).filter((mount) => mount.source !== source)
    return device === undefined || by.length === 0 ? [] : [{ device, by: by.map(({ target }) => target) }]
  })

/** Devices that ran on when their mount points had become free, by those. */
export type Left = Map<string, Pick<Result.RunningDevice, "device" | "image">>

const sameDevice =
  ({ device, image }: Pick<Result.RunningDevice, "device" | "image">) => (other: Result.RunningDevice) =>
    other.device === device && other.image === image

/** Remembers the device of a mount point that is free now, although the unmount failed. */
export const remember = (session: Session, about: About, left: Left, target: string, { device }: PloopError.Busy) =>
  Effect.gen(function*() {
    if (device === undefined || deviceAt(yield* mountTable(session), target) !== undefined) return
    const found = (yield* listDevices(session, about)).find((running) => running.device === device)
    if (found !== undefined) left.set(target, found)
  })

/** The device that an earlier unmount left running, if it still does and nothing else is mounted there. */
export const leftAt = (session: Session, about: About, left: Left, target: string) =>
  Effect.gen(function*() {
    const known = left.get(target)
    if (known === undefined || (yield* mountTable(session)).some((mount) => mount.target === target)) return undefined
    left.delete(target)
    const found = (yield* listDevices(session, about)).find(sameDevice(known))
    if (found === undefined) return undefined
    yield* Effect.logInfo(
      `nothing is mounted at ${
        PrintableText.escape(target)
      } any more, but ${found.device} still runs: it is unmounted now`
    )
    return found.device
  })

/** The mounts of a device in other mount namespaces. */
const elsewhere = (session: Session, device: string) =>
  Effect.map(session.host.foreignMounts, (mounts) => mounts.filter((mount) => mount.device === device))

/**
 * Refuses to unmount a device that other mount namespaces keep busy.
 *
 * - `running`: the device; it is looked up only where another namespace has a mount that stays
 */
export const requireNoneHidden = (session: Session, about: About, running: Effect.Effect<string | undefined>) =>
  Effect.gen(function*() {
    const staying = (yield* session.host.foreignMounts).filter(({ isReached }) => !isReached)
    const device = staying.length === 0 ? undefined : yield* running
    if (device === undefined) return
    yield* Refusal.hidden(about, device, staying.flatMap((mount) => mount.device === device ? mount.mount : []))
  })

/** The error, with what keeps the device busy: mount points here, and in other mount namespaces. */
export const withMounts = (
  session: Session,
  error: PloopError.Busy,
  device: string,
  mounts: ReadonlyArray<string>
): Effect.Effect<never, PloopError.Busy> =>
  Effect.flatMap(elsewhere(session, device), (hidden) =>
    Effect.fail(
      new PloopError.Busy({
        ...error,
        device,
        ...(mounts.length > 0 && { mounts }),
        ...(hidden.length > 0 && { hidden: hidden.map(({ mount }) => mount) })
      })
    ))

/**
 * What keeps a device busy beside processes: other mount points of its file
 * system, and what is mounted below it. The tool takes away one mount point, and
 * may leave the device running without it.
 */
export const explained = (
  session: Session,
  error: PloopError.Busy,
  device: string | undefined,
  before: ReadonlyArray<Mount>
): Effect.Effect<never, PloopError.Busy> =>
  Effect.flatMap(mountTable(session), (after) => {
    if (device === undefined) return Effect.fail(error)
    const tops = before.filter(isMountOf(device)).map(({ target }) => target)
    const asked = tops.length === 1 ? tops[0] : undefined
    const mounts = after
      .filter((mount) =>
        (isMountOf(device)(mount) && mount.target !== asked) || tops.some((top) => mount.target.startsWith(`${top}/`))
      )
      .map(({ target }) => target)
    return withMounts(session, error, device, mounts)
  })

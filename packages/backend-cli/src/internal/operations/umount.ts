import type * as DevicePath from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import type { Mount } from "../parse.js"
import { isMountOf } from "../parse.js"
import { hasForeignNumbers } from "../scratch.js"
import type { Session } from "../session.js"
import * as busy from "./busy.js"
import { deviceOf, listDevices } from "./devices.js"
import { onlyUser, requireNode } from "./ofDevice.js"

/** The device that a request names other than by its mount point. */
const namedDevice = (session: Session, about: About, { component, device, disk, image }: Request.Umount) =>
  Effect.gen(function*() {
    if (device !== undefined) {
      yield* requireNode(session, about, device)
      return device
    }
    if (disk !== undefined) {
      const found = yield* deviceOf(session, about, session.host.absolute(disk), component)
      return Option.getOrUndefined(found)?.device
    }
    const path = yield* session.host.real(session.host.absolute(image ?? ""))
    const devices = yield* listDevices(session, about)
    return devices.find((running) => running.image === path && running.component === component)?.device
  })

/** The error for a device that the driver did not stop, with the mount points that keep it busy. */
const mounted = (session: Session, error: PloopError.Busy, device: string) =>
  Effect.flatMap(busy.mountTable(session), (table) => {
    const mounts = table.filter(isMountOf(device)).map(({ target }) => target)
    return busy.withMounts(session, error, device, mounts)
  })

/** Stops a device and detaches its images. The driver refuses to stop one that is mounted. */
const stopIdle = (session: Session, about: About, request: Request.Umount) =>
  Effect.gen(function*() {
    const device = yield* namedDevice(session, about, request)
    if (device === undefined) return yield* Refusal.idleDisk(about, device)
    const run = (words: args.Arguments) => session.execute({ ...about, args: words, kind: "uninterruptible" })
    yield* Effect.catchTag(
      run(args.stop(session.verbosity, device)),
      "Busy",
      (error) => mounted(session, error, device)
    )
    yield* run(args.clear(session.verbosity, device))
  }).pipe(Effect.uninterruptible)

/** By the name of a disk or of its images, or by a device: nobody else changes the disk meanwhile. */
const umountIdle = (session: Session, about: About, request: Request.Umount) => {
  const run = Effect.suspend(() => stopIdle(session, about, request))
  if (request.disk !== undefined) return session.onDisk(about, request.disk, () => run)
  return request.device === undefined
    ? session.onImage(about, request.image ?? "", () => run)
    : onlyUser(session, about, { device: request.device }, run)
}

type Named = Parameters<typeof args.umount>[1]

/**
 * What to unmount. Where something hides the mount point of a device, the tool would take that: a mount point then
 * means what is seen there, and a device that is hidden is refused.
 */
const uncovered = (
  session: Session,
  about: About,
  mounts: ReadonlyArray<Mount>,
  running: Effect.Effect<string | undefined>,
  named: Named
) =>
  Effect.gen(function*() {
    const hidden = busy.hidden(mounts)
    if (hidden.length === 0) return named
    const target = named.target === undefined ? undefined : yield* session.host.real(named.target)
    const seen = target === undefined ? undefined : busy.deviceAt(mounts, target) ?? busy.behind(mounts, target)
    const device = target === undefined ? yield* running : seen
    if (device === undefined) return named
    yield* Refusal.covered(about, device, hidden.flatMap((each) => each.device === device ? each.by : []))
    return seen === undefined ? named : { device: seen }
  })

export const umount = (session: Session): Ploop.Backend["umount"] => {
  const left: busy.Left = new Map()
  return (request) => {
    const subject = request.disk ?? request.device ?? request.target ?? request.image ?? ""
    const about = { operation: "umount", subject } as const
    const run = (
      named: Named,
      device: Effect.Effect<string | undefined> = Effect.succeed(named.device)
    ) =>
      Effect.gen(function*() {
        const before = yield* busy.mountTable(session)
        const running = named.target === undefined ? device : Effect.succeed(busy.deviceAt(before, named.target))
        const seen = yield* uncovered(session, about, before, running, named)
        yield* busy.requireNoneHidden(session, about, running)
        return yield* session.execute({
          ...about,
          args: args.umount(session.verbosity, seen),
          kind: Operation.kindOf("umount", request)
        }).pipe(
          Effect.catchTag("Busy", (error) =>
            Effect.flatMap(running, (device) => busy.explained(session, error, device, before)))
        )
      })
    const byDevice = (device: DevicePath.DevicePath) =>
      Effect.zipRight(requireNode(session, about, device), run({ device }))
    const byTarget = (target: string) =>
      Effect.flatMap(busy.leftAt(session, about, left, target), (device) =>
        device === undefined
          ? Effect.tapErrorTag(run({ target }), "Busy", (error) =>
            Effect.ignore(busy.remember(session, about, left, target, error)))
          : run({ device }))
    const deviceIfAny = (device: DevicePath.DevicePath | undefined) =>
      device === undefined ? Refusal.idleDisk(about, device) : run({ device })

    const ofImage = (image: string) =>
      Effect.gen(function*() {
        const path = yield* session.host.real(image)
        const devices = yield* listDevices(session, about)
        return devices.find((running) => running.image === path && running.component === request.component)
      })

    if (request.onlyIdle) {
      return session.generation.pipe(
        Effect.flatMap((generation) => Refusal.umount(about, generation, request)),
        Effect.zipRight(umountIdle(session, about, request))
      )
    }
    if (request.disk !== undefined) {
      return session.onDisk(about, request.disk, (path) =>
        Effect.gen(function*() {
          const namesDevice = GenerationTraits.unmountsDevicesOnly[yield* session.generation] ||
            // An unmount by the device writes no numbers.
            request.component === undefined && (yield* hasForeignNumbers(session, about, path))
          if (!namesDevice) {
            const running = Effect.option(deviceOf(session, about, path, request.component))
            return yield* run(
              { disk: path, component: request.component },
              Effect.map(running, (found) => Option.getOrUndefined(Option.flatten(found))?.device)
            )
          }
          const found = yield* deviceOf(session, about, path, request.component)
          return yield* deviceIfAny(Option.getOrUndefined(found)?.device)
        }).pipe(Effect.asVoid))
    }

    return Effect.gen(function*() {
      if (request.device !== undefined) {
        return yield* onlyUser(session, about, { device: request.device }, byDevice(request.device))
      }
      if (request.target !== undefined) {
        const target = session.host.absolute(request.target)
        return yield* onlyUser(session, about, { target }, byTarget(target))
      }
      return yield* session.onImage(about, subject, (image) =>
        Effect.gen(function*() {
          yield* session.settle(about, session.host.directory(yield* session.host.real(image)))
          if (!GenerationTraits.unmountsDevicesOnly[yield* session.generation]) {
            return yield* run(
              { image, component: request.component },
              Effect.option(ofImage(image)).pipe(
                Effect.map((found) => Option.getOrUndefined(found)?.device)
              )
            )
          }
          return yield* deviceIfAny((yield* ofImage(image))?.device)
        }))
    }).pipe(Effect.asVoid)
  }
}

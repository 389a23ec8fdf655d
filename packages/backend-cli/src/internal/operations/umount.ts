import type * as DevicePath from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { Session } from "../session.js"
import * as busy from "./busy.js"
import { deviceOf, listDevices } from "./devices.js"
import { onlyUser } from "./ofDevice.js"

export const umount = (session: Session): Ploop.Backend["umount"] => {
  const left: busy.Left = new Map()
  return (request) => {
    const subject = request.disk ?? request.device ?? request.target ?? request.image ?? ""
    const about = { operation: "umount", subject } as const
    const run = (
      named: Parameters<typeof args.umount>[1],
      device: Effect.Effect<string | undefined> = Effect.succeed(named.device)
    ) =>
      Effect.flatMap(busy.mountTable(session), (before) =>
        session.execute({
          ...about,
          args: args.umount(session.verbosity, named),
          kind: Operation.kindOf("umount", request)
        }).pipe(
          Effect.catchTag("Busy", (error) =>
            Effect.flatMap(
              named.target === undefined ? device : Effect.succeed(busy.deviceAt(before, named.target)),
              (device) => busy.explained(session, error, device, before)
            ))
        ))
    const byDevice = (device: DevicePath.DevicePath) =>
      Effect.flatMap(
        session.host.exists(device),
        (exists) => Effect.zipRight(Refusal.missingDevice(about, exists), run({ device }))
      )
    const byTarget = (target: string) =>
      Effect.flatMap(busy.leftAt(session, about, left, target), (device) =>
        device === undefined
          ? Effect.tapErrorTag(run({ target }), "Busy", (error) =>
            Effect.ignore(busy.remember(session, about, left, target, error)))
          : run({ device }))
    const deviceIfAny = (device: DevicePath.DevicePath | undefined) =>
      device === undefined ? Refusal.idleDisk(about, device) : run({ device })

    if (request.disk !== undefined) {
      return session.onDisk(about, request.disk, (path) =>
        Effect.gen(function*() {
          if (!GenerationTraits.unmountsDevicesOnly[yield* session.generation]) {
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
          if (!GenerationTraits.unmountsDevicesOnly[yield* session.generation]) {
            return yield* run({ image, component: request.component })
          }
          const path = yield* session.host.real(image)
          const devices = yield* listDevices(session, about)
          const device = devices.find((running) => running.image === path && running.component === request.component)
          return yield* deviceIfAny(device?.device)
        }))
    }).pipe(Effect.asVoid)
  }
}

import { Ploop } from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import { isFlagged } from "../flagged.js"
import { Done, type Handler, Outdated, Pending } from "./handler.js"

interface Shown extends Pick<Result.RunningDevice, "image" | "component" | "target"> {
  readonly removed?: boolean | undefined
  readonly snapshot?: string | undefined
}

const shows = ({ component, image, removed, snapshot, target }: Shown): string =>
  [
    `${snapshot === undefined ? "" : `the snapshot ${snapshot} of `}${image}`,
    ...(removed === true ? ["which was removed"] : []),
    ...(component === undefined ? [] : [`as ${component}`]),
    ...(target === undefined ? [] : [`at ${target}`])
  ].join(" ")

/** The snapshot that a device shows now, when the plan is about one. */
const snapshotOf = ({ device, disk }: Action.StopDevice) =>
  disk === undefined
    ? Effect.succeed(undefined)
    : Effect.flatMap(Ploop, (ploop) =>
      Effect.map(ploop.attachments({ disk }), (all) => all.find((each) => each.device === device)?.snapshot))

export const stopDevice: Handler<Action.StopDevice> = {
  status: (action) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop
      const running = (yield* ploop.listDevices).find(({ device }) => device === action.device)
      if (running === undefined) return Done()
      const planned = shows(action)
      const found = shows({ ...running, removed: running.deleted, snapshot: yield* snapshotOf(action) })
      return planned === found ? Pending() : Outdated({ planned, found })
    }),
  run: ({ device }) => Effect.flatMap(Ploop, (ploop) => ploop.umount({ device }))
}

export const clearInUseFlag: Handler<Action.ClearInUseFlag> = {
  status: ({ disk, image }) =>
    Effect.gen(function*() {
      if (!(yield* isFlagged(image))) return Done()
      const ploop = yield* Ploop
      const running = Option.getOrUndefined(yield* ploop.deviceOf({ disk }))
      return running === undefined
        ? Pending()
        : Outdated({ planned: "no device", found: `the device ${running.device}` })
    }),
  run: ({ image }) => Effect.flatMap(Ploop, (ploop) => ploop.check({ image, dropInUse: true }))
}

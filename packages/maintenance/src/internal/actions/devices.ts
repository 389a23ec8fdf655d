import { Ploop } from "@effect-ploop/core/Ploop"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import { isFlagged } from "../flagged.js"
import { Done, type Handler, Outdated, Pending } from "./handler.js"

type Shown = Pick<Result.RunningDevice, "image" | "component" | "target">

const shows = ({ component, image, target }: Shown): string =>
  `${image}${component === undefined ? "" : ` as ${component}`}${target === undefined ? "" : ` at ${target}`}`

export const stopDevice: Handler<Action.StopDevice> = {
  status: (action) =>
    Effect.gen(function*() {
      const ploop = yield* Ploop
      const running = (yield* ploop.listDevices).find(({ device }) => device === action.device)
      if (running === undefined) return Done()
      const planned = shows(action)
      const found = shows(running)
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

import { Ploop } from "@effect-ploop/core/Ploop"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import { type Handler, Outdated, Pending } from "./handler.js"

export const discard: Handler<Action.Discard> = {
  status: ({ automount, disk }) =>
    Effect.map(
      Effect.flatMap(Ploop, (ploop) => ploop.deviceOf({ disk })),
      (running) =>
        automount || Option.isSome(running) ? Pending() : Outdated({ planned: "a device", found: "no device" })
    ),
  run: ({ automount, defrag, disk }) => Effect.flatMap(Ploop, (ploop) => ploop.discard({ disk, automount, defrag })),
  loads: ({ disk }) => [disk],
  isRepeatable: true
}

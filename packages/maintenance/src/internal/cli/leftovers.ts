import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Leftovers from "../../Leftovers.js"
import * as Plan from "../../Plan.js"
import * as options from "./options.js"
import { present } from "./present.js"
import { disksOf, load, over } from "./settings.js"

export const command = Command.make(
  "leftovers",
  {
    disks: options.disks,
    apply: options.apply,
    json: options.json,
    config: options.config,
    olderThan: options.duration("older-than", "How old a file must be to count as left over. Default: 1 day."),
    orphanedImages: options.flag("orphaned-images", "Removes images that the descriptor does not name."),
    inUseFlags: options.flag("in-use-flags", "Clears in-use flags, when no other host uses the images."),
    devicesOfRemovedImages: options.flag("removed-images", "Stops devices of removed images. Their data is lost.")
  },
  ({ apply, config, disks, json, ...choices }) =>
    Effect.gen(function*() {
      const settings = yield* load(config)
      const all = over(settings.leftovers, choices)
      const plans = (yield* disksOf(disks, settings)).map((disk) => Leftovers.plan({ ...all, disk }))
      return yield* present(plans, { apply, json }, Plan.apply)
    })
).pipe(
  Command.withDescription("Finds what crashes and power cuts have left, and removes what is sure to be left over.")
)

import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Leftovers from "../../Leftovers.js"
import * as Plan from "../../Plan.js"
import * as options from "./options.js"
import { present } from "./present.js"
import { disksOf, load, over } from "./settings.js"

/** A plan for a disk, a directory, or the devices of the host. */
type Planned = Effect.Effect<
  Plan.Plan,
  Leftovers.PlanError | Leftovers.DirectoryPlanError,
  Ploop | FileSystem | Path
>

export const command = Command.make(
  "leftovers",
  {
    disks: options.disks,
    directories: options.paths(
      "directory",
      "DIR",
      "A directory without a disk: of backups, or of a disk that was never complete. The option may be repeated. Default: none."
    ),
    devices: options.flag("devices", "Inspects the devices of the whole host too."),
    apply: options.apply,
    json: options.json,
    config: options.config,
    olderThan: options.duration("older-than", "How old a file must be to count as left over. Default: 1 day."),
    orphanedImages: options.flag("orphaned-images", "Removes images that the descriptor does not name."),
    inUseFlags: options.flag("in-use-flags", "Clears in-use flags, when no other host uses the images."),
    temporaryDevices: options.flag(
      "temporary-devices",
      "Unmounts and stops every device that shows a temporary snapshot. Give it only when no process works with one."
    ),
    devicesOfRemovedImages: options.flag("removed-images", "Stops devices of removed images. Their data is lost.")
  },
  ({ apply, config, devices, directories, disks, json, ...choices }) =>
    Effect.gen(function*() {
      const settings = yield* load(config)
      const all = over(settings.leftovers, choices)
      const others = [
        ...directories.map((directory) => Leftovers.planDirectory({ ...all, directory })),
        ...(devices ? [Leftovers.planDevices(all)] : [])
      ]
      const mayBeNone = others.length > 0 && disks.length === 0 && settings.disks === undefined
      const named = mayBeNone ? [] : yield* disksOf(disks, settings)
      const plans: ReadonlyArray<Planned> = [...named.map((disk) => Leftovers.plan({ ...all, disk })), ...others]
      return yield* present(plans, { apply, json }, Plan.apply)
    })
).pipe(
  Command.withDescription("Finds what crashes and power cuts have left, and removes what is sure to be left over.")
)

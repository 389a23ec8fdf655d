import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as SnapshotSet from "../../SnapshotSet.js"
import * as options from "./options.js"
import { present } from "./present.js"

const common = { disks: options.disks, apply: options.apply, json: options.json }

export const snapshot = Command.make(
  "snapshot",
  { ...common, id: options.text("id", "ID", "The identifier of the snapshot. Default: a new one with the time.") },
  ({ apply, disks, id, json }) =>
    present([SnapshotSet.plan({ disks, id })], { apply, json }, (plan, settings) => SnapshotSet.apply(plan, settings))
).pipe(Command.withDescription("Takes a snapshot of every disk under one identifier, or of none."))

export const switchBack = Command.make(
  "switch",
  {
    ...common,
    id: Options.text("id").pipe(
      Options.withPseudoName("ID"),
      Options.withDescription("The identifier that the snapshot has on every disk.")
    ),
    keepAs: options.text("keep-as", "ID", "The identifier under which the present content is kept. Default: a new one.")
  },
  ({ apply, disks, id, json, keepAs }) =>
    present(
      [SnapshotSet.planSwitch({ disks, id, keepAs })],
      { apply, json },
      (plan, settings) => SnapshotSet.apply(plan, settings)
    )
).pipe(Command.withDescription("Takes every disk back to a snapshot of all of them, or none. No disk may be mounted."))

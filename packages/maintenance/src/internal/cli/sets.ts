import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type * as Plan from "../../Plan.js"
import * as SnapshotSet from "../../SnapshotSet.js"
import * as options from "./options.js"
import { present } from "./present.js"
import { disksOf, load } from "./settings.js"

const common = { disks: options.disks, apply: options.apply, json: options.json, config: options.config }

const applySet = (plan: Plan.Plan, settings: Plan.ApplyOptions) => SnapshotSet.apply(plan, settings)

export const snapshot = Command.make(
  "snapshot",
  { ...common, id: options.text("id", "ID", "The identifier of the snapshot. Default: a new one with the time.") },
  ({ apply, config, disks, id, json }) =>
    Effect.gen(function*() {
      const all = yield* disksOf(disks, yield* load(config))
      return yield* present([SnapshotSet.plan({ disks: all, id })], { apply, json }, applySet)
    })
).pipe(Command.withDescription("Takes a snapshot of every disk under one identifier, or of none."))

export const switchBack = Command.make(
  "switch",
  {
    ...common,
    id: Options.text("id").pipe(
      Options.withPseudoName("ID"),
      Options.withDescription("The identifier that the snapshot has on every disk. It has no default.")
    ),
    keepAs: options.text("keep-as", "ID", "The identifier under which the present content is kept. Default: a new one.")
  },
  ({ apply, config, disks, id, json, keepAs }) =>
    Effect.gen(function*() {
      const all = yield* disksOf(disks, yield* load(config))
      return yield* present([SnapshotSet.planSwitch({ disks: all, id, keepAs })], { apply, json }, applySet)
    })
).pipe(Command.withDescription("Takes every disk back to a snapshot of all of them, or none. No disk may be mounted."))

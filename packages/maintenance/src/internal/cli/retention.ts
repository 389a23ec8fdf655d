import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Plan from "../../Plan.js"
import * as Retention from "../../Retention.js"
import * as options from "./options.js"
import { ofSnapshots, policyOf, requireRule } from "./policy.js"
import { present } from "./present.js"
import { disksOf, load } from "./settings.js"

export const command = Command.make(
  "retention",
  { disks: options.disks, apply: options.apply, json: options.json, config: options.config, ...ofSnapshots },
  ({ apply, config, disks, json, ...given }) =>
    Effect.gen(function*() {
      const settings = yield* load(config)
      yield* requireRule(settings.retention, given)
      const policy = policyOf(settings.retention, given)
      const plans = (yield* disksOf(disks, settings)).map((disk) => Retention.plan({ disk, policy }))
      return yield* present(plans, { apply, json }, Plan.apply)
    })
).pipe(Command.withDescription("Keeps the newest snapshots, and the newest of each period, and deletes the rest."))

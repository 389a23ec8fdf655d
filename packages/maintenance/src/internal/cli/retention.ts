import * as Command from "@effect/cli/Command"
import * as Plan from "../../Plan.js"
import * as Retention from "../../Retention.js"
import * as options from "./options.js"
import { policyOf, rules } from "./policy.js"
import { present } from "./present.js"

export const command = Command.make(
  "retention",
  { disks: options.disks, apply: options.apply, json: options.json, ...rules },
  ({ apply, disks, json, ...given }) =>
    present(
      disks.map((disk) => Retention.plan({ disk, policy: policyOf(given) })),
      { apply, json },
      Plan.apply
    )
).pipe(Command.withDescription("Keeps the newest snapshots, and the newest of each period, and deletes the rest."))

import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Plan from "../../Plan.js"
import * as Retention from "../../Retention.js"
import * as options from "./options.js"
import { present } from "./present.js"

const keep = (name: string, what: string) => options.count(`keep-${name}`, `How many ${what} to keep. Default: 0.`)

export const command = Command.make(
  "retention",
  {
    disks: options.disks,
    apply: options.apply,
    json: options.json,
    last: keep("last", "of the newest snapshots"),
    hourly: keep("hourly", "hours that have a snapshot"),
    daily: keep("daily", "days that have a snapshot"),
    weekly: keep("weekly", "weeks that have a snapshot"),
    monthly: keep("monthly", "months that have a snapshot"),
    yearly: keep("yearly", "years that have a snapshot"),
    within: options.duration("keep-within", "Keeps every snapshot that is younger."),
    timeZone: options.text("time-zone", "ZONE", "The time zone of hours and days, as in Europe/Berlin. Default: UTC."),
    pinned: Options.text("pin").pipe(
      Options.withPseudoName("ID"),
      Options.withDescription("A snapshot to keep whatever its age. The option may be repeated."),
      Options.repeated
    ),
    deleteUnknownAge: options.flag("delete-unknown-age", "Deletes snapshots whose age is not known, too.")
  },
  ({ apply, deleteUnknownAge, disks, json, ...policy }) =>
    present(
      disks.map((disk) =>
        Retention.plan({ disk, policy: { ...policy, unknownAge: deleteUnknownAge ? "delete" : "keep" } })
      ),
      { apply, json },
      Plan.apply
    )
).pipe(Command.withDescription("Keeps the newest snapshots, and the newest of each period, and deletes the rest."))

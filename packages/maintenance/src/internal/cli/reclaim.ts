import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Reclaim from "../../Reclaim.js"
import * as options from "./options.js"
import { isGiven, ofSnapshots, policyOf } from "./policy.js"
import { present } from "./present.js"
import { disksOf, load, over } from "./settings.js"

/** A part of the day, as in `01:00-05:00`. Its times are checked with the policy. */
const window = Options.text("window").pipe(
  Options.withPseudoName("FROM-TO"),
  Options.withDescription("When a step may begin, as in 01:00-05:00. Default: at any time."),
  Options.mapEffect((text) => {
    const [from, to, ...more] = text.split("-")
    return from === undefined || to === undefined || more.length > 0
      ? Effect.fail(
        ValidationError.invalidValue(
          HelpDoc.p(`--window is ${text}, but it must be two times of day, as in 01:00-05:00`)
        )
      )
      : Effect.succeed({ from, to })
  }),
  Options.optional,
  Options.map(Option.getOrUndefined)
)

export const command = Command.make(
  "reclaim",
  {
    disks: options.disks,
    apply: options.apply,
    json: options.json,
    config: options.config,
    atLeast: options.size("at-least", "How much a disk must be able to give back. Default: 64M."),
    atLeastShare: options.count("at-least-share", "Which share of its images that must be, in percent. Default: 0."),
    budget: options.size("budget", "How much may be copied in all. Default: as much as it takes."),
    mayMount: options.flag("may-mount", "Mounts disks that are not mounted, for the query and for the discard."),
    defrag: options.flag("defrag", "Moves data together before a discard."),
    window,
    ...ofSnapshots
  },
  ({ apply, atLeast, atLeastShare, budget, config, defrag, disks, json, mayMount, window, ...given }) =>
    Effect.gen(function*() {
      const settings = yield* load(config)
      const file = settings.reclaim
      const timeZone = given.timeZone ?? file?.window?.timeZone
      const zoned = window === undefined ? file?.window : { ...window, timeZone }
      const retention = isGiven(given) ? policyOf(file?.retention, given) : file?.retention
      const policy = over(file, { atLeast, atLeastShare, budget, defrag, mayMount, retention, window: zoned })
      return yield* present(
        [Reclaim.plan({ disks: yield* disksOf(disks, settings), policy })],
        { apply, json },
        (plan, { onOutcome }) => Reclaim.apply(plan, { onOutcome, window: zoned })
      )
    })
).pipe(
  Command.withDescription(
    "Gives unused space back to the host: by discards, and with a --keep option by merges of the other snapshots."
  )
)

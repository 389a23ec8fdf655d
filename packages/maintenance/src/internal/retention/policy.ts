import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import { chain, type SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as MaintenanceError from "../../MaintenanceError.js"
import { counts, most, Policy, type PolicyOptions } from "../../RetentionPolicy.js"
import { firstIssue } from "../policyInvalid.js"

/** How many snapshots a chain holds at most below its top delta. The tool refuses a further one then. */
const longestChain = 126

const invalid = (field: string, value: unknown, rule: string) =>
  Either.left(
    new MaintenanceError.PolicyInvalid({
      field,
      value: typeof value === "string" ? value : JSON.stringify(value),
      rule
    })
  )

const keepsSomething = (policy: Policy) =>
  policy.within !== undefined || counts(policy).some(([, number]) => number > 0)
    ? Either.right(policy)
    : invalid("last", policy.last ?? 0, "must be larger than zero, or another rule about time must be given")

const fitsTheChain = (policy: Policy) => {
  const total = most(policy)
  const [field, number] = counts(policy).reduce((largest, next) => next[1] > largest[1] ? next : largest)
  return total < longestChain
    ? Either.right(policy)
    : invalid(
      field,
      number,
      `must be smaller: the counts add up to ${total}, and a chain has at most ${longestChain} deltas`
    )
}

const hasZone = (policy: Policy) =>
  policy.timeZone === undefined || Option.isSome(DateTime.zoneFromString(policy.timeZone))
    ? Either.right(policy)
    : invalid("timeZone", policy.timeZone, "must be the name of a time zone, as in Europe/Berlin")

/** The policy, or the first rule that it breaks. */
export const check = (options: PolicyOptions): Effect.Effect<Policy, MaintenanceError.PolicyInvalid> =>
  Schema.decodeUnknownEither(Policy, { onExcessProperty: "error" })(options).pipe(
    Either.mapLeft(firstIssue(options)),
    Either.flatMap(keepsSomething),
    Either.flatMap(fitsTheChain),
    Either.flatMap(hasZone)
  )

/** The limit that a policy runs into whose rules together keep too much; undefined when it does not. */
export const overfull = (after: SnapshotTree): MaintenanceError.PolicyInvalid | undefined => {
  const kept = chain(after, SnapshotId.top).length - 1
  return kept < longestChain ? undefined : new MaintenanceError.PolicyInvalid({
    field: "the number of snapshots that the policy leaves below the top delta",
    value: `${kept}`,
    rule: `must be smaller than ${longestChain}, or no further one can be taken: keep less, or unpin some`
  })
}

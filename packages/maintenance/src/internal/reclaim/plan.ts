import * as ByteSize from "@effect-ploop/core/ByteSize"
import type { Disk } from "@effect-ploop/core/Disk"
import * as Action from "../../Action.js"
import * as Plan from "../../Plan.js"
import type { Policy } from "../../ReclaimPolicy.js"
import { countOf } from "../countOf.js"
import { discardable, type Facts } from "./facts.js"

/** What one disk offers: steps that depend on those before them, or a reason to leave it alone. */
export interface Offer {
  readonly disk: Disk
  readonly steps: ReadonlyArray<Plan.Step>
  readonly kept: ReadonlyArray<Plan.Kept>
}

export const unknown = (disk: Disk, reason: string): Offer => ({
  disk,
  steps: [],
  kept: [new Plan.Kept({ subject: disk, reason: `it could not be inspected: ${reason}`, isUnread: true })]
})

const format = (bytes: bigint): string => ByteSize.format(ByteSize.ByteSizeFromSelf.make(bytes))

/** Why a disk is not discarded. */
const obstacle = (facts: Facts, policy: Policy): string | undefined => {
  const gain = discardable(facts)
  if (facts.preallocated) return "its images are preallocated"
  if (!facts.isMounted && !policy.mayMount) return "it is not mounted, and the policy mounts none"
  if (gain < policy.atLeast) return `a discard would free at most ${format(gain)}`
  return Number(gain) * 100 < Number(facts.images) * policy.atLeastShare
    ? `a discard would free at most ${format(gain)} of ${format(facts.images)}`
    : undefined
}

/** The discard comes before the merges: what it frees is not copied by them. */
export const offer = (facts: Facts, policy: Policy, retention: Plan.Plan | undefined): Offer => {
  const reason = obstacle(facts, policy)
  const { disk, images, top, used } = facts
  const frees = discardable(facts)
  const discard = new Plan.Step({
    action: new Action.Discard({ disk, automount: policy.mayMount, defrag: policy.defrag }),
    reason: `Its images take ${format(images)}, and its file system uses ${format(used)}.`,
    moves: policy.defrag ? top : frees,
    frees
  })
  return {
    disk,
    steps: [...(reason === undefined ? [discard] : []), ...(retention?.steps ?? [])],
    kept: [
      ...(reason === undefined ? [] : [new Plan.Kept({ subject: disk, reason })]),
      ...(retention?.kept ?? [])
    ]
  }
}

const gain = ({ steps }: Offer): bigint => steps.reduce((total, { frees }) => total + frees, 0n)

/** The steps that fit into the budget. A step that does not fit ends those of its disk, because they depend on it. */
const within = (
  offer: Offer,
  budget: bigint | undefined
): { readonly offer: Offer; readonly left: bigint | undefined } => {
  if (budget === undefined) return { offer, left: budget }
  let left = budget
  const cut = offer.steps.findIndex(({ moves }) => {
    if (moves > left) return true
    left -= moves
    return false
  })
  if (cut < 0) return { offer, left }
  const kept = offer.steps.slice(cut).map(({ action }) =>
    new Plan.Kept({
      subject: offer.disk,
      reason: `the budget has no ${format(offer.steps[cut]!.moves)} left to ${Action.render(action)}`
    })
  )
  return { offer: { ...offer, steps: offer.steps.slice(0, cut), kept: [...offer.kept, ...kept] }, left }
}

/** One plan for all disks. Those that give back most come first. */
export const make = (offers: ReadonlyArray<Offer>, policy: Policy): Plan.Plan => {
  const best = offers.toSorted((one, other) => {
    const [first, second] = [gain(one), gain(other)]
    return first < second ? 1 : first > second ? -1 : 0
  })
  const chosen: Array<Offer> = []
  let budget: bigint | undefined = policy.budget
  for (const each of best) {
    const { left, offer } = within(each, budget)
    budget = left
    chosen.push(offer)
  }
  return new Plan.Plan({
    title: `Space of ${countOf(offers.length, "disk")}`,
    steps: chosen.flatMap(({ steps }) => steps),
    kept: chosen.flatMap(({ kept }) => kept),
    onFailure: "stop"
  })
}

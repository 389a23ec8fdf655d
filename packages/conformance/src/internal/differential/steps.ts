import * as FastCheck from "effect/FastCheck"
import type { Step } from "./step.js"
import type { Weighted } from "./steps/build.js"
import { clones } from "./steps/clones.js"
import { damage } from "./steps/damage.js"
import * as extended from "./steps/extended.js"
import { foreign } from "./steps/foreign.js"
import * as images from "./steps/images.js"
import { mounts } from "./steps/mounts.js"
import { misnamed } from "./steps/names.js"
import * as snapshots from "./steps/snapshots.js"
import { tracking } from "./steps/tracking.js"
import { volumes } from "./steps/volumes.js"

const withoutDevices: ReadonlyArray<Weighted> = [
  ...snapshots.tree,
  ...snapshots.merges,
  ...snapshots.mergesInto,
  ...snapshots.descriptor,
  ...snapshots.replaces,
  images.questions,
  ...images.checks,
  ...images.forms,
  ...images.exchanges,
  images.refusals,
  ...images.copies,
  ...damage,
  ...foreign,
  ...misnamed
]

const withMounts: ReadonlyArray<Weighted> = [
  ...snapshots.tree,
  ...snapshots.merges,
  ...snapshots.replaces,
  images.questions,
  ...images.checks,
  ...images.copies,
  ...clones,
  ...tracking,
  ...mounts
]

/** What sequences are of. */
interface Choice {
  /** Whether there are mounts, and not only what needs no kernel driver. */
  readonly mounts: boolean
  /** Whether they are of operations on volumes only. */
  readonly volumes: boolean
  /** Whether they are of the operations and options that the usual ones leave out, among a few of the others. */
  readonly extended: boolean
}

/** The steps of sequences. With more of them every seed would give other sequences, so each addition is a choice. */
export const steps = (choice: Choice): FastCheck.Arbitrary<Step> => {
  if (choice.volumes) return FastCheck.oneof(...volumes)
  const chosen = choice.extended ? extended : { withMounts, withoutDevices }
  return FastCheck.oneof(...(choice.mounts ? chosen.withMounts : chosen.withoutDevices))
}

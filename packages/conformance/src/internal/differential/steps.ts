import * as FastCheck from "effect/FastCheck"
import type { Step } from "./step.js"
import type { Weighted } from "./steps/build.js"
import { clones } from "./steps/clones.js"
import { damage } from "./steps/damage.js"
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

/** The steps of sequences: with mounts, or only those that need no kernel driver; or only those on volumes. */
export const steps = (mounts: boolean, onVolumes: boolean): FastCheck.Arbitrary<Step> =>
  FastCheck.oneof(...(onVolumes ? volumes : mounts ? withMounts : withoutDevices))

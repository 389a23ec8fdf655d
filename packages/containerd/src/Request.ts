/**
 * What callers give to the snapshotter and to the volume driver.
 *
 * @since 0.2.0
 */
import type * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as Snapshot from "./Snapshot.js"

/**
 * A new snapshot.
 *
 * @since 0.2.0
 * @category models
 */
export interface NewOptions {
  /** Its key: any text that is not empty, with slashes and blanks too. */
  readonly key: string
  /** The name of the committed snapshot whose files it begins with. Default: none, and it begins empty. */
  readonly parent?: string | undefined
  /** Its labels. `Snapshot.sizeLabel` sets the size of a disk without a parent. Default: none. */
  readonly labels?: Snapshot.Labels | undefined
}

/**
 * A commit.
 *
 * @since 0.2.0
 * @category models
 */
export interface CommitOptions {
  /** The key of the active snapshot, which is free afterwards. */
  readonly key: string
  /** The name of the committed snapshot. */
  readonly name: string
  /** The labels of the committed snapshot, which does not have those of the active one. Default: none. */
  readonly labels?: Snapshot.Labels | undefined
}

/**
 * New labels of a snapshot.
 *
 * @since 0.2.0
 * @category models
 */
export interface UpdateOptions {
  /** The name of the snapshot. */
  readonly name: string
  /** The labels. */
  readonly labels: Snapshot.Labels
  /**
   * The paths of the fields to change: `labels` for all of them, `labels.KEY` for one. Default: all
   * that may be changed, which are the labels.
   */
  readonly paths?: ReadonlyArray<string> | undefined
}

/**
 * How disks are kept.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /**
   * The directory of the disks, on one file system with hard links. It is made when it is not
   * there. One snapshotter or volume driver at a time may use it.
   */
  readonly root: string
  /**
   * The size of disks without a size of their own. Files take what is written, not this. Default:
   * `10G`.
   */
  readonly size?: ByteSize.ByteSizeInput | undefined
  /**
   * How many images the chain of a disk has at most, before the lower ones are merged for its clones:
   * from 8 to 120. ploop allows 126. Default: 120.
   */
  readonly maxChain?: number | undefined
  /** How many calls may change disks at the same time. Default: 4. */
  readonly concurrency?: number | undefined
}

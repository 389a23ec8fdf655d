import { DiskDescriptor, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { Either, FastCheck as fc } from "effect"

/** A disk as its descriptor shows it. */
export interface Described {
  readonly descriptor: DiskDescriptor.DiskDescriptor
  readonly tree: SnapshotTree.SnapshotTree
}

export const id = (digit: string) => SnapshotId.make(`{${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}}`)

/** A snapshot and its parent, and whether it is temporary. */
export type Entry = readonly [SnapshotId.SnapshotId, SnapshotId.SnapshotId, "temporary"?]

const describe = (entries: ReadonlyArray<Entry>, type: DiskDescriptor.Image["type"]) =>
  DiskDescriptor.make({
    size: "1G",
    images: entries.map(([id], index) => ({ id, type, file: `image.${index}` })),
    snapshots: entries.map(([id, parent, temporary]) => ({ id, parent, temporary: temporary !== undefined }))
  })

/** The tree of these snapshots, unless they are none. */
export const tree = (entries: ReadonlyArray<Entry>) => SnapshotTree.fromDescriptor(describe(entries, "Compressed"))

/** A disk with these snapshots, in this order in its descriptor. */
export const disk = (entries: ReadonlyArray<Entry>, type: DiskDescriptor.Image["type"] = "Compressed"): Described => {
  const descriptor = describe(entries, type)
  return { descriptor, tree: Either.getOrThrow(SnapshotTree.fromDescriptor(descriptor)) }
}

const largest = 7

const names = Array.from({ length: largest }, (_, index) => id("abcdef0"[index]!))

/**
 * The snapshots of a random disk in the order of its descriptor: up to seven,
 * each built on an earlier one. The top delta can be anywhere in the tree and in
 * the order.
 */
export const entries: fc.Arbitrary<ReadonlyArray<Entry>> = fc.tuple(
  fc.integer({ min: 1, max: largest }),
  fc.array(fc.nat(), { minLength: largest, maxLength: largest }),
  fc.nat(),
  fc.nat({ max: largest })
).chain(([count, parents, top, temporary]) => {
  const ids = names.slice(0, count).map((name, index) => index === top % count ? SnapshotId.top : name)
  return fc.shuffledSubarray(
    ids.map((id, index): Entry => {
      const parent = index === 0 ? SnapshotId.none : ids[parents[index]! % index]!
      return index === temporary && id !== SnapshotId.top ? [id, parent, "temporary"] : [id, parent]
    }),
    { minLength: count }
  )
})

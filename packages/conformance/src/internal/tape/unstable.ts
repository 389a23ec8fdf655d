import type { Id } from "@effect-ploop/testkit/Case"

const atOnce = "its operations run at the same time, and a tape does not fix their order"

/** The cases that cannot be replayed, and why. */
export const unstable: ReadonlyMap<Id, string> = new Map<Id, string>([
  ["scenario/one-writer", atOnce],
  ["scenario/disks-at-once", atOnce],
  ["scenario/mounts-at-once", atOnce],
  ["scenario/writers-of-one-disk", atOnce],
  ["scenario/writers-of-a-mounted-disk", atOnce],
  ["scenario/changes-of-one-disk", atOnce],
  ["scenario/two-mounts-of-one-disk", atOnce]
])

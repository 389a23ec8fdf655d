import type { Id } from "@effect-ploop/testkit/Case"

const atOnce = "its operations run at the same time, and a tape does not fix their order"

const firstFailure =
  "it ends at the first of several reads at the same time that fails, so that the others are not on a tape"

const onSocket = "its tools talk to each other over a socket, whose bytes are not on a tape"

const asItArrives = "it reads and writes in pieces as they arrive, and a tape does not fix their sizes"

const upwards = "its paths go up from the working directory, which has another depth elsewhere"

/** The cases that copy over a socket. */
const copies = [
  "copyTo/above-a-snapshot",
  "copyTo/round-trip",
  "copyTo/written-while-it-is-copied",
  "copyTo/interrupted",
  "copyTo/peer-goes-away",
  "copyTo/connection-fails",
  "copyTo/wrong-replies",
  "copyTo/unknown-device",
  "copyFrom/nothing-comes",
  "copyFrom/no-copy",
  "copyFrom/cut-short",
  "copyFrom/empty",
  "copyFrom/connection-fails",
  "copyFrom/interrupted",
  "scenario/remedy-copy-above-images",
  "scenario/remedy-copy-in-dialogue",
  "scenario/remedy-copy-without-command"
] as const satisfies ReadonlyArray<Id>

/** The cases that cannot be replayed, and why. */
export const unstable: ReadonlyMap<Id, string> = new Map<Id, string>([
  ["snapshotSizes/refuses-a-missing-image", firstFailure],
  ["scenario/receives-a-disk", asItArrives],
  ["scenario/streams-files", asItArrives],
  ["scenario/streams-qcow2", asItArrives],
  ["scenario/relative-paths", upwards],
  ["scenario/relative-mounts", upwards],
  ["scenario/one-writer", atOnce],
  ["scenario/disks-at-once", atOnce],
  ["scenario/mounts-at-once", atOnce],
  ["scenario/writers-of-one-disk", atOnce],
  ["scenario/writers-of-a-mounted-disk", atOnce],
  ["scenario/changes-of-one-disk", atOnce],
  ["scenario/two-mounts-of-one-disk", atOnce],
  ...copies.map((id) => [id, onSocket] as const)
])

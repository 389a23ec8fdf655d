import { inDirectory } from "@effect-ploop/core/Disk"
import type { Disk } from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The paths of a round. Each round has a directory of its own, with a copy of the same disk. */
export interface Bench {
  readonly directory: string
  readonly disk: Disk
  readonly image: string
  /** Where the file system of the disk is mounted. */
  readonly target: string
  /** Where a snapshot is mounted beside the disk. */
  readonly side: string
  /** An empty directory for new disks. */
  readonly empty: string
  /** The bytes that `copySend` sent of this disk, for `copyReceive`. */
  readonly stream: string
}

export const make = (directory: string): Bench => ({
  directory,
  disk: inDirectory(`${directory}/disk`),
  image: `${directory}/disk/root.hdd`,
  target: `${directory}/target`,
  side: `${directory}/side`,
  empty: `${directory}/empty`,
  stream: `${directory}/stream`
})

/** The snapshot that every disk has. The file `kept` was written before it. */
export const snapshot = SnapshotId.make("{aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa}")

/** The snapshot that an operation is told to take. */
export const taken = SnapshotId.make("{bbbbbbbb-0000-4000-8000-bbbbbbbbbbbb}")

/** The component of the device that shows a temporary snapshot. */
export const component = "kill"

/** The files whose bytes were synced before an operation, and what is in them. */
export const synced = {
  /** Written before the snapshot. */
  kept: "written before the snapshot\n".repeat(150_000),
  /** Written after the snapshot; going back to the snapshot discards it. */
  later: "written after the snapshot\n".repeat(150_000)
}

export type Synced = keyof typeof synced

/** Writes a file and waits until it is on the disk. */
export const write = (
  path: string,
  text: string
): Effect.Effect<void, PlatformError, FileSystem.FileSystem> =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fs.open(path, { flag: "w" })
    yield* file.writeAll(new TextEncoder().encode(text))
    yield* file.sync
  }))

/** The number of files in a directory whose synced bytes cannot be read. */
export const unreadable = (
  directory: string,
  names: ReadonlyArray<Synced>
): Effect.Effect<number, never, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const lost = yield* Effect.filter(names, (name) =>
      Effect.match(fs.readFileString(`${directory}/${name}`), {
        onFailure: () => true,
        onSuccess: (text) => text !== synced[name]
      }))
    return lost.length
  })

/**
 * Creates the disk that every round copies: with ext4, a snapshot, data on both
 * sides of it, and the numbers that the tool keeps of its file system.
 */
export const prepare = (bench: Bench) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const { disk, image, target } = bench
    for (const directory of [`${bench.directory}/disk`, target, bench.side, bench.empty]) {
      yield* fs.makeDirectory(directory)
    }
    yield* ploop.create({ image, size: "300M", version: 2 })
    const { device } = yield* ploop.mount({ disk, target })
    yield* write(`${target}/kept`, synced.kept)
    // Only one generation copies over a stream of bytes.
    yield* Effect.catchIf(
      Stream.run(ploop.copySend({ device }), fs.sink(bench.stream)),
      (error) => error._tag === "Unsupported",
      () => Effect.void
    )
    yield* ploop.createSnapshot({ disk, id: snapshot })
    yield* write(`${target}/later`, synced.later)
    yield* ploop.umount({ disk })
  })

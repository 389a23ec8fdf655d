/** What the cases of tracked changes share: disks whose changes are tracked, and the maps in their images. */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ChangeTracking from "@effect-ploop/core/ChangeTracking"
import * as DiskChanges from "@effect-ploop/core/DiskChanges"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"

const { KiB } = ByteSize

export const block = KiB(64)

/** The extents, in blocks of 64 KiB: the first one, and how many. */
export const tracked = (options: DiskChanges.TrackedOptions) =>
  Effect.map(
    Stream.runCollect(DiskChanges.tracked(options)),
    (found) => Chunk.toReadonlyArray(found).map(({ length, offset }) => [offset / block, length / block] as const)
  )

export type Extents = ReadonlyArray<readonly [bigint, bigint]>

export const is = (options: DiskChanges.TrackedOptions, expected: Extents) =>
  Effect.flatMap(tracked(options), (found) => Check.equal<Extents>(found, expected, "the extents"))

export const take = (disk: Conformance.TestDisk["disk"], track: boolean) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk, track }))

/** A disk without a file system whose changes are tracked since the snapshot. */
export const begun = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const made = yield* Conformance.disk(options)
    return { made, disk: made.disk, since: yield* take(made.disk, true) }
  })

/** A read over a connection can return less than it was asked for. */
export const read = (file: string, at: bigint, length: number) =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* (yield* FileSystem.FileSystem).open(file, { flag: "r" })
    yield* handle.seek(at, "start")
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const part = Option.getOrElse(yield* handle.readAlloc(length - done), () => new Uint8Array())
      if (part.length === 0) break
      bytes.set(part, done)
      done += part.length
    }
    return bytes.subarray(0, done)
  }))

export const write = (file: string, at: bigint, bytes: Uint8Array) => ImageFile.poke(file, Number(at), bytes)

/** A part of a map: all of it the same, or the blocks that have changed. */
type Part = 0n | 1n | ReadonlyArray<number>

const bits = (blocks: ReadonlyArray<number>, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (const at of blocks) bytes[at >> 3] = bytes[at >> 3]! | 1 << (at & 7)
  return bytes
}

/** Puts another map behind an image that has one, as an unmount does. */
const mark = (file: string, ...parts: ReadonlyArray<Part>) =>
  Effect.gen(function*() {
    const start = yield* read(file, 0n, ImageExamination.headerLength)
    const clusterSize = Number(ImageExamination.readHeader(start).clusterSectors) * 512
    const old = ChangeTracking.parse(yield* read(file, ChangeTracking.position(start) ?? 0n, clusterSize))
    if (old._tag === "Left" || old.right === undefined) return yield* Effect.dieMessage("the image has no map")
    let size: bigint = (yield* (yield* FileSystem.FileSystem).stat(file)).size
    const places: Array<bigint> = []
    for (const part of parts) {
      if (typeof part === "bigint") places.push(part)
      else {
        yield* write(file, size, bits(part, clusterSize))
        places.push(size / 512n)
        size += BigInt(clusterSize)
      }
    }
    yield* write(file, size, ChangeTracking.format({ ...old.right, parts: places }, clusterSize))
    yield* write(file, 0n, ChangeTracking.withPosition(start, size))
  })

export const markTop = (made: Conformance.TestDisk, ...parts: ReadonlyArray<Part>) =>
  Effect.flatMap(Conformance.fileOf(made, SnapshotId.top), (file) => mark(file, ...parts))

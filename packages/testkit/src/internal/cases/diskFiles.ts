import type { Disk } from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { areUint8ArraysEqual } from "uint8array-extras"
import * as Check from "../../Check.js"
import * as ImageFile from "../../ImageFile.js"

type Changed = Effect.Effect<void, PlatformError, FileSystem.FileSystem>

/** Makes an entry of the index point behind the end of the image file. */
export const pointBehindTheEnd = (image: string): Changed => ImageFile.poke(image, 64, [0, 0, 0, 15])

/** Makes the first two entries of the index of an empty image point to the same cluster, which is appended to the file. */
export const doubleACluster = (image: string): Changed =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    // Not by truncation: the tool treats holes in an image file as damage.
    yield* fs.writeFile(image, new Uint8Array(1 << 20).fill(120), { flag: "a" })
    // The second cluster of the file: in sectors in version 1, in clusters in version 2.
    const entry = (yield* versionOf(image)) === 1 ? [0, 8, 0, 0] : [1, 0, 0, 0]
    yield* ImageFile.poke(image, 64, [...entry, ...entry])
    yield* ImageFile.markNotEmpty(image)
  })

/** The format version in the header of an image; none when it has no header. */
export const versionOf = (image: string): Effect.Effect<1 | 2 | undefined, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const start = (yield* (yield* FileSystem.FileSystem).readFile(image)).subarray(0, 16)
    const signature = String.fromCharCode(...start)
    return signature === "WithoutFreeSpace" ? 1 : signature === "WithouFreSpacExt" ? 2 : undefined
  })

export const sizeOf = (file: string): Effect.Effect<bigint, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    return (yield* (yield* FileSystem.FileSystem).stat(file)).size
  })

/** The parsed descriptor of a disk. */
export const descriptor = (
  disk: Disk
): Effect.Effect<DiskDescriptor.DiskDescriptor, PlatformError | Check.CheckFailed, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const text = yield* (yield* FileSystem.FileSystem).readFileString(disk)
    return yield* Effect.mapError(
      DiskDescriptor.parse(text),
      (error) =>
        new Check.CheckFailed({ what: "the descriptor", expected: "one that can be read", actual: error.message })
    )
  })

/** The names in a directory. The lock files of generations 1.15 and 7, which are never removed, are omitted. */
export const names = (
  directory: string
): Effect.Effect<ReadonlyArray<string>, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const found = yield* (yield* FileSystem.FileSystem).readDirectory(directory)
    return found.filter((name) => !name.endsWith(".lck")).sort()
  })

const contents = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const found = yield* names(directory)
    return yield* Effect.forEach(found, (name) =>
      Effect.map(fs.readFile(path.join(directory, name)), (bytes) => ({ name, bytes })))
  })

/** Runs an effect that must leave every file in a directory as it was, byte by byte. */
export const untouched = <A, E, R>(
  directory: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | PlatformError | Check.CheckFailed, R | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const before = yield* contents(directory)
    const answer = yield* effect
    const after = yield* contents(directory)
    yield* Check.equal(after.map(({ name }) => name), before.map(({ name }) => name), "the files in the directory")
    for (const [index, { bytes, name }] of after.entries()) {
      yield* Check.isTrue(areUint8ArraysEqual(bytes, before[index]!.bytes), `whether ${name} is unchanged`)
    }
    return answer
  })

/** Runs effects on an image whose file ends in front of its data, at several places; none may change a file. */
export const whenCutOff = <A, E, R>(
  { directory, image }: { readonly directory: string; readonly image: string },
  ...effects: ReadonlyArray<Effect.Effect<A, E, R>>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    for (const length of [4096, 100, 0]) {
      yield* fs.truncate(image, length)
      yield* Effect.forEach(effects, (effect) => untouched(directory, effect), { discard: true })
    }
  })

import * as ImageFile from "@effect-ploop/testkit/ImageFile"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Named, Place } from "../step.js"
import type { Weighted, When } from "./build.js"
import { both, exists, fileOf, files, idle, isRaw, snapshotOrTop, some } from "./build.js"

/** A change to an image file, and its words after "the image of …". */
interface Change {
  readonly how: string
  readonly to: (file: string, place: Place) => Effect.Effect<unknown, unknown, FileSystem.FileSystem>
}

const word = (value: number): ReadonlyArray<number> => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

const poke = (name: string, position: number, ...values: ReadonlyArray<number>): ReadonlyArray<Change> =>
  values.map((value) => ({
    how: `${name} is ${value}`,
    to: (file) => ImageFile.poke(file, position, word(value))
  }))

/** The fields of a header, with values that no tool writes, or that belong to another image. */
const headers: ReadonlyArray<Change> = [
  ...poke("type", 16, 0, 1, 3),
  ...poke("cluster size", 28, 0, 3, 64, 1024, 2048, 0x40000),
  ...poke("number of clusters", 32, 0, 1, 100),
  ...poke("size", 36, 0, 1, 2048, 20_481, 65_536),
  ...poke("in-use flag", ImageFile.inUsePosition, 0, 1, 0x746f6e59),
  ...poke("first cluster", 48, 1024, 4096, 0x7fffffff),
  ...poke("flags", 52, 0, 1, 2, 3, 4),
  ...poke("end of the header", 56, 7)
]

/** Entries of the index: of a cluster in the disk, or behind it. */
const entries: ReadonlyArray<Change> = [0, 1, 7, 50].flatMap((index) =>
  poke(`entry ${index}`, 64 + 4 * index, 0, 1, 2, 512, 2048, 4096, 0x00f00000, 0xffffffff)
)

/** A file that ends somewhere else. What it gains is written, because a hole is damage of its own. */
const lengths: ReadonlyArray<Change> = [
  ...[0, 1, 63, 64, 100, 4095, 4096, 65_536].map((length): Change => ({
    how: `ends after ${length} bytes`,
    to: (file) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        if ((yield* fs.stat(file)).size > length) yield* fs.truncate(file, length)
      })
  })),
  ...[1, 512, 262_144, 1_048_576].map((length): Change => ({
    how: `is ${length} bytes shorter`,
    to: (file) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const size = Number((yield* fs.stat(file)).size)
        yield* fs.truncate(file, Math.max(0, size - length))
      })
  })),
  ...[1, 512, 262_144, 1_048_576].map((length): Change => ({
    how: `is ${length} bytes longer`,
    to: (file) =>
      Effect.flatMap(
        FileSystem.FileSystem,
        (fs) => fs.writeFile(file, new Uint8Array(length).fill(0x78), { flag: "a" })
      )
  }))
]

const gone: ReadonlyArray<Change> = [
  { how: "is missing", to: (file) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(file)) },
  { how: "has another signature", to: ImageFile.breakSignature },
  {
    how: "is a directory",
    to: (file) =>
      Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.zipRight(fs.remove(file), fs.makeDirectory(file)))
  },
  {
    how: "is text",
    to: (file) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(file, "no image\n".repeat(1000)))
  }
]

const change = (weight: number, changes: ReadonlyArray<Change>, when: (it: Named) => When) =>
  some(weight, FastCheck.tuple(snapshotOrTop, FastCheck.constantFrom(...changes)), ([it, { how, to }]) =>
    files(
      `damage the image of ${it.name}: ${how}`,
      (_, place) =>
        Effect.gen(function*() {
          const file = yield* fileOf(place, it.id)
          // A raw image has no header, and its data is not compared.
          if (headers.concat(entries).some((other) => other.how === how) && (yield* isRaw(place, file))) return
          yield* to(file, place)
        }),
      { when: both(exists(it), when(it)) }
    ))

/** Changes that damage images. */
export const damage: ReadonlyArray<Weighted> = [
  change(3, headers, () => idle),
  change(2, entries, () => idle),
  change(2, lengths, () => idle),
  change(1, gone, () => idle)
]

import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createHash, type Hash } from "node:crypto"
import { forPerson, type Place, removeIfThere, type Taking } from "./place.js"
import { chunkSize, type File } from "./steps.js"

/** Reads a part of a file of the source; an empty one at its end. */
export type ReadFrom = (name: string, offset: bigint) => Taking<Uint8Array>

const zeros = Buffer.alloc(chunkSize)

const isZero = (bytes: Uint8Array): boolean => zeros.subarray(0, bytes.length).equals(bytes)

/** Holes stay holes. */
const writeChunk = (file: FileSystem.File, bytes: Uint8Array): Taking<void> =>
  isZero(bytes) ? file.seek(BigInt(bytes.length), "current") : file.writeAll(bytes)

/** One part is in memory at a time. */
const write = (to: FileSystem.File, { name, size }: File, readFrom: ReadFrom, hash: Hash): Taking<void> =>
  Effect.gen(function*() {
    for (let offset = 0n; offset < size;) {
      const read = yield* readFrom(name, offset)
      // It may have grown since.
      const bytes = read.subarray(0, Number(size - offset < BigInt(chunkSize) ? size - offset : chunkSize))
      if (bytes.length === 0) return yield* forPerson("SourceChanged", `${name} has become shorter while it was copied`)
      hash.update(bytes)
      yield* writeChunk(to, bytes)
      offset += BigInt(bytes.length)
    }
    yield* to.truncate(size)
    yield* to.sync
  })

const digestOf = (fs: FileSystem.FileSystem, path: string): Taking<string> =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(path, { flag: "r" })
    const hash = createHash("sha256")
    for (;;) {
      const bytes = yield* file.readAlloc(chunkSize)
      if (Option.isNone(bytes)) return hash.digest("hex")
      hash.update(bytes.value)
    }
  }))

/** A file has its name only once it is there in full, as a second read shows. */
export const copyFile = ({ fs, ...place }: Place, directory: string, file: File, readFrom: ReadFrom): Taking<void> =>
  Effect.gen(function*() {
    const path = `${directory}/${file.name}`
    if (yield* fs.exists(path)) return
    const part = `${path}.part`
    yield* removeIfThere({ fs, ...place }, part)
    const hash = createHash("sha256")
    yield* Effect.scoped(
      Effect.flatMap(fs.open(part, { flag: "wx", mode: 0o600 }), (to) => write(to, file, readFrom, hash))
    )
    if ((yield* digestOf(fs, part)) !== hash.digest("hex")) {
      return yield* forPerson("NotWritten", `${part} does not have the bytes that were written to it`)
    }
    yield* fs.chmod(part, file.mode)
    yield* fs.chown(part, file.uid, file.gid)
    yield* fs.rename(part, path)
  })

/** Writes a short file in full, or not at all. */
export const writeText = (place: Place, path: string, text: string): Taking<void> =>
  Effect.gen(function*() {
    const part = `${path}.part`
    yield* removeIfThere(place, part)
    yield* Effect.scoped(
      Effect.flatMap(
        place.fs.open(part, { flag: "wx", mode: 0o644 }),
        (file) => Effect.zipRight(file.writeAll(new TextEncoder().encode(text)), file.sync)
      )
    )
    yield* place.fs.rename(part, path)
  })

/** A part of a file, which must not be outside of the directory. */
export const readPart = ({ fs }: Place, directory: string, name: string, offset: bigint): Taking<Uint8Array> =>
  name.includes("/")
    ? forPerson("NotAFile", `${name} is not the name of a file`)
    : Effect.scoped(Effect.gen(function*() {
      const file = yield* fs.open(`${directory}/${name}`, { flag: "r" })
      yield* file.seek(offset, "start")
      return Option.getOrElse(yield* file.readAlloc(chunkSize), () => new Uint8Array(0))
    }))

import * as Progress from "@effect-ploop/core/Progress"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as BackupError from "../../BackupError.js"
import { alone, aTurn, turn } from "../heavy.js"
import * as archive from "./archive.js"
import { inNewDirectory, type Making, stageOf } from "./making.js"
import { type Manifest, manifestName, rawEnding, read } from "./manifest.js"
import { type Count, counting } from "./progress.js"
import { syncFile } from "./sync.js"

const invalid = (to: string, reason: string) => new BackupError.BackupInvalid({ path: to, reason })

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** How large a manifest can be, in bytes: it is read as a whole, and no chain of images needs a tenth of that. */
const manifestLimit = 1 << 20

/** The name of an image. Four digits are more than any chain needs. */
const imageName = /^image\.\d{1,4}(\.raw)?$/

/** Writes a new file, which has holes for zeros if it is a raw image, and returns its digest. */
const writeFile = (making: Making, to: string, { content, name }: archive.Entry, count: Count) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* making.file(name)
    const file = yield* fs.open(path, { flag: "r+" })
    const hash = createHash("sha256")
    let size = 0
    const append = (bytes: Uint8Array): Effect.Effect<void, BackupError.BackupInvalid | PlatformError> => {
      hash.update(bytes)
      size += bytes.length
      count(bytes.length)
      if (name === manifestName && size > manifestLimit) {
        return invalid(to, `its manifest is larger than ${manifestLimit} bytes`)
      }
      return name.endsWith(rawEnding) && isZero(bytes) ? file.seek(bytes.length, "current") : file.writeAll(bytes)
    }
    const pieces = Stream.transduce(
      content,
      Sink.foldWeighted({
        initial: Chunk.empty<Uint8Array>(),
        maxCost: turn,
        cost: (_, bytes: Uint8Array) => bytes.length,
        body: (piece, bytes): Chunk.Chunk<Uint8Array> => Chunk.append(piece, bytes)
      })
    )
    yield* Stream.runForEach(
      Stream.zipWithIndex(pieces),
      ([piece, index]) => aTurn(index, [making.directory], Effect.forEach(piece, append, { discard: true }))
    )
    yield* alone([making.directory], Effect.zipRight(file.truncate(size), syncFile(path)))
    return hash.digest("hex")
  }))

/** Fails when the files are not those of the manifest, or not as they were saved. */
const requireAll = (to: string, { images }: Manifest, digests: ReadonlyMap<string, string>) =>
  Effect.gen(function*() {
    const named = new Set([manifestName, ...images.map(({ file }) => file)])
    const other = [...digests.keys()].find((name) => !named.has(name))
    if (other !== undefined) return yield* invalid(to, `its manifest does not name the file ${other} of the stream`)
    for (const { file, sha256 } of images) {
      const found = digests.get(file)
      if (found === undefined) return yield* invalid(to, `the stream does not have the file ${file} of its manifest`)
      if (found !== sha256) return yield* new BackupError.BackupDamaged({ path: file, expected: sha256, found })
    }
  })

/** Writes each file of an archive, and returns the digests by name. A backup has no other files than these. */
const writeAll = <E, R>(making: Making, from: Stream.Stream<Uint8Array, E, R>, to: string, count: Count) =>
  Effect.gen(function*() {
    const digests = new Map<string, string>()
    yield* archive.unpack(from, (entry) => {
      const { name } = entry
      if (digests.has(name)) return invalid(to, `the stream has the file ${name} twice`)
      if (name !== manifestName && !imageName.test(name)) {
        return invalid(to, `the stream has the file ${JSON.stringify(name)}, and no backup has one of that name`)
      }
      return Effect.map(writeFile(making, to, entry, count), (digest) => {
        digests.set(name, digest)
      })
    })
    return digests
  })

const receiveInto = <E, R>(making: Making, from: Stream.Stream<Uint8Array, E, R>, to: string) =>
  Effect.gen(function*() {
    const nobodyKnows = Effect.fail("the manifest comes last")
    const digests = yield* counting(nobodyKnows, (count) => writeAll(making, from, to, count))
    const manifest = yield* read(making.directory)
    yield* requireAll(to, manifest, digests)
    return manifest
  })

/** Makes a directory of the backup that a stream has. The identifier sets it apart until it is complete. */
export const receive = <E, R>(from: Stream.Stream<Uint8Array, E, R>, to: string, id: SnapshotId) =>
  inNewDirectory(to, stageOf(to, id), (making) => receiveInto(making, from, to)).pipe(
    Progress.reported("receive", to)
  )

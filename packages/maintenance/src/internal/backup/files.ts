import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as BackupError from "../../BackupError.js"
import type { Making } from "./making.js"
import type { Count } from "./progress.js"
import { syncFile } from "./sync.js"

/** In how large pieces files are read, in bytes. */
export const chunkSize = 1 << 20

/** The SHA-256 of a file, in hexadecimal. */
export const digest = (path: string, count: Count) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.suspend(() => {
      const hash = createHash("sha256")
      return Stream.runForEach(fs.stream(path, { chunkSize }), (chunk) =>
        Effect.sync(() => {
          hash.update(chunk)
          count(chunk.length)
        })).pipe(Effect.map(() => hash.digest("hex")))
    }))

/** Fails when the file has another content than it was saved with. */
export const compare = (path: string, expected: string, count: Count) =>
  Effect.flatMap(
    digest(path, count),
    (found) => found === expected ? Effect.void : new BackupError.BackupDamaged({ path, expected, found })
  )

/** Copies a file, and fails when the copy is not the same. It returns the digest, for which it reads both. */
export const copy = (from: string, to: string, count: Count) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const expected = yield* digest(from, count)
    yield* fs.copyFile(from, to)
    yield* compare(to, expected, count)
    yield* syncFile(to)
    return expected
  })

const invalid = (path: string) => (error: ParseResult.ParseError) => {
  const issue = ParseResult.ArrayFormatter.formatErrorSync(error)[0]
  const field = issue?.path.join(".") ?? ""
  return new BackupError.BackupInvalid({
    path,
    reason: `it is not the manifest of a backup: ${field === "" ? "" : `${field}: `}${issue?.message ?? "no JSON"}`
  })
}

/** The manifest of a backup. A directory without one is not a whole backup. */
export const readManifest = <A>(directory: string, name: string, schema: Schema.Schema<A, string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = (yield* Path).join(directory, name)
    const text = yield* fs.readFileString(path).pipe(
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () =>
          new BackupError.BackupInvalid({ path: directory, reason: `it has no ${name}, so it is not a whole backup` })
      )
    )
    return yield* Effect.mapError(Schema.decode(schema)(text), invalid(path))
  })

/** Writes a text into a new file. */
export const write = (making: Making, name: string, text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* making.file(name)
    yield* fs.writeFileString(file, text)
    yield* syncFile(file)
  })

/** The text of a manifest. It is made of values that fit, so that it can be encoded. */
export const encodeManifest = <A>(schema: Schema.Schema<A, string>, manifest: A) =>
  Effect.map(Effect.orDie(Schema.encode(schema)(manifest)), (text) => `${text}\n`)

/** Writes the manifest. */
export const writeManifest = <A>(making: Making, name: string, schema: Schema.Schema<A, string>, manifest: A) =>
  Effect.flatMap(encodeManifest(schema, manifest), (text) => write(making, name, text))

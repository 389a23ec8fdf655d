import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** Makes the file and its directory, if they are missing. It fails for a file that cannot be written. */
export const ready = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, "", { flag: "a" })
  })

/** The entries of a file that has one on each line. Without the file there are none. */
export const read = <A, I>(fs: FileSystem.FileSystem, path: string, schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeEither(Schema.parseJson(schema))
  return fs.readFileString(path).pipe(
    Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "NotFound", () => Effect.succeed("")),
    Effect.map((text): ReadonlyArray<A> =>
      text.split("\n").flatMap((line) => Either.match(decode(line), { onLeft: () => [], onRight: (entry) => [entry] }))
    )
  )
}

/**
 * Adds an entry. A line begins with its line break, so that a half one before it ends
 * there. Once the file has twice what it is to keep, it is replaced by a shorter one.
 */
export const add = <A, I>(
  fs: FileSystem.FileSystem,
  path: string,
  schema: Schema.Schema<A, I>,
  entry: A,
  keep: number
) =>
  Effect.gen(function*() {
    const encode = (one: A) => Effect.orDie(Schema.encode(Schema.parseJson(schema))(one))
    yield* fs.writeFileString(path, `\n${yield* encode(entry)}`, { flag: "a" })
    const all = yield* read(fs, path, schema)
    if (all.length < keep * 2) return
    const lines = yield* Effect.forEach(all.slice(-keep), encode)
    yield* fs.writeFileString(`${path}.new`, lines.join("\n"))
    yield* fs.rename(`${path}.new`, path)
  })

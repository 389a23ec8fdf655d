import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Entry, type Grant, issue } from "../../Access.js"
import { reasonOf } from "./reason.js"

/** The file of tokens cannot be used. */
export class TokenFileUnusable extends Schema.TaggedError<TokenFileUnusable>()("TokenFileUnusable", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path} ${this.reason}`
  }
}

const Entries = Schema.parseJson(Schema.Array(Entry), { space: 2 })

const writableByOthers = 0o022

/** The grants in a file, with the digests of their tokens. */
export const read = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = yield* fs.readFileString(path)
    const { mode } = yield* fs.stat(path)
    if ((mode & writableByOthers) !== 0) {
      return yield* new TokenFileUnusable({ path, reason: "can be written by other users: use chmod 600" })
    }
    return yield* Schema.decode(Entries)(text).pipe(
      Effect.mapError((error) => new TokenFileUnusable({ path, reason: `is not a file of tokens: ${reasonOf(error)}` }))
    )
  })

const isReason = (reason: string) => (error: PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === reason

const readOrNone = (path: string) =>
  Effect.catchIf(
    read(path),
    (error) => error._tag === "SystemError" && isReason("NotFound")(error),
    () => Effect.succeed([])
  )

/**
 * Changes the file as a whole: the new one is written under another name, and then gets its own. Nobody else changes it
 * meanwhile, because that name is taken before the file is read. A change that fails leaves no file.
 */
const changing = <A, E, R>(
  path: string,
  change: (before: ReadonlyArray<Entry>) => Effect.Effect<readonly [after: ReadonlyArray<Entry>, A], E, R>
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const next = `${path}.new`
    const file = yield* fs.open(next, { flag: "wx", mode: 0o600 }).pipe(
      Effect.catchIf(isReason("AlreadyExists"), () =>
        new TokenFileUnusable({
          path: next,
          reason: "exists: another ploop-agent is making a token, or one was killed; in that case remove it"
        }))
    )
    return yield* Effect.gen(function*() {
      const [after, result] = yield* change(yield* readOrNone(path))
      const text = yield* Effect.orDie(Schema.encode(Entries)(after))
      yield* file.writeAll(new TextEncoder().encode(`${text}\n`))
      yield* file.sync
      yield* fs.rename(next, path)
      return result
    }).pipe(Effect.tapErrorCause(() => Effect.ignore(fs.remove(next))))
  }).pipe(Effect.scoped, Effect.uninterruptible)

/** Makes a token for a grant, and puts its digest into the file, which is made if there is none. */
export const add = (path: string, grant: Grant) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path
    yield* fs.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
    return yield* changing(path, (before) =>
      before.some(({ name }) => name === grant.name)
        ? new TokenFileUnusable({ path, reason: `has a token for ${grant.name}: choose another name` })
        : Effect.map(issue(grant), ({ entry, token }) => [[...before, entry], token] as const))
  })

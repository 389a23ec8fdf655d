import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { createTarDecoder, createTarPacker, type ParsedTarEntry } from "modern-tar"
import * as BackupError from "../../BackupError.js"

/** Adds a file to an archive. */
export type Add = <E, R>(
  name: string,
  size: number,
  content: Stream.Stream<Uint8Array, E, R>
) => Effect.Effect<void, E | BackupError.BackupInvalid, R>

/** The time of every file: two archives of the same content are the same. */
const epoch = DateTime.toDateUtc(DateTime.unsafeMake(0))

const reasonOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** What is written to an archive, which is incomplete unless all of that succeeds. It waits for a slow reader. */
export const pack = <E, R>(write: (add: Add) => Effect.Effect<unknown, E, R>): Stream.Stream<Uint8Array, E, R> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const { controller, readable } = createTarPacker()
    const add: Add = (name, size, content) => {
      const attempt = <A>(run: () => A | PromiseLike<A>) =>
        Effect.tryPromise({
          try: async () => run(),
          catch: (cause) => new BackupError.BackupInvalid({ path: name, reason: reasonOf(cause) })
        })
      return Effect.gen(function*() {
        const writer = yield* attempt(() => controller.add({ name, size, mode: 0o600, mtime: epoch }).getWriter())
        yield* Stream.runForEach(content, (chunk) => attempt(() => writer.write(chunk)))
        yield* attempt(() => writer.close())
      })
    }
    const writing = yield* write(add).pipe(
      Effect.tap(() => Effect.sync(() => controller.finalize())),
      Effect.onError((cause) => Effect.sync(() => controller.error(cause))),
      Effect.forkScoped
    )
    const read = Stream.fromReadableStream({ evaluate: () => readable, onError: () => undefined })
    // The reason of an archive that ends early is that of the writer.
    return Stream.concat(
      Stream.catchAll(read, () => Stream.empty),
      Stream.drain(Stream.fromEffect(Fiber.join(writing)))
    )
  }))

/** A file of an archive. Its content must be read before the next file comes. */
export interface Entry {
  readonly name: string
  readonly content: Stream.Stream<Uint8Array, BackupError.BackupInvalid>
}

const invalid = (cause: unknown) =>
  new BackupError.BackupInvalid({ path: "the stream", reason: `it is not a whole backup: ${reasonOf(cause)}` })

const entryOf = ({ body, header: { name, type } }: ParsedTarEntry) =>
  type === "file" && name !== "" && !/[/\0]|^\.\.?$/.test(name)
    ? Effect.succeed<Entry>({ name, content: Stream.fromReadableStream({ evaluate: () => body, onError: invalid }) })
    : Effect.fail(invalid(`${JSON.stringify(name)} is not the name of a file in a backup`))

/** Does something with each file of an archive, one after the other. */
export const unpack = <E, R, E2, R2>(
  from: Stream.Stream<Uint8Array, E, R>,
  use: (entry: Entry) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2 | BackupError.BackupInvalid, R | R2> =>
  Effect.gen(function*() {
    const failed = yield* Deferred.make<never, E>()
    const bytes = yield* Stream.toReadableStreamEffect(
      Stream.tapErrorCause(from, (cause) => Deferred.failCause(failed, cause))
    )
    const entries = Stream.fromReadableStream({
      evaluate: () => bytes.pipeThrough(createTarDecoder({ strict: true })),
      onError: invalid
    })
    return yield* Stream.runForEach(entries, (entry) => Effect.flatMap(entryOf(entry), use)).pipe(
      // An archive that cannot be read further since its source failed has the failure of the source.
      Effect.catchAll((error) =>
        Effect.gen(function*() {
          return (yield* Deferred.isDone(failed)) ? yield* Deferred.await(failed) : yield* Effect.fail(error)
        })
      )
    )
  })

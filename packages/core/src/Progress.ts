/**
 * How far an operation is that can take minutes: a copy, a merge, an export.
 *
 * A listener is not an option of the operations, because a function has no place in a request: requests are data, which
 * logs, tapes and sockets carry. It belongs to the fiber instead, and to the fibers that this one forks. The caller of
 * an operation decides whether somebody listens, and code in between does not know of it.
 *
 * The numbers are those of the host: what the backend itself has copied, and else how much the files grow. The
 * operations of another host, behind a socket, report their beginning and their end, and the streams of copies every byte.
 *
 * @example
 * import { Ploop, Progress } from "@effect-ploop/core"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.flatMap(Ploop.Ploop, (ploop) =>
 *   ploop.exportImage({ disk: "/vz/101/DiskDescriptor.xml", file: "/backup/101.raw" }).pipe(
 *     Progress.onProgress((progress) => Console.log(Progress.format(progress)))
 *   ))
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import * as ByteSize from "./ByteSize.js"
import * as internal from "./internal/progress.js"

/**
 * How far an operation is.
 *
 * @since 0.2.0
 * @category models
 */
export interface Progress {
  /** The operation, or the work that is made of operations, such as `backup`. */
  readonly operation: string
  /** What it is about: the path of a disk, an image or a device. */
  readonly subject: string
  /** How many bytes are done. It never becomes less. */
  readonly done: bigint
  /**
   * How many bytes there are; undefined where nobody knows it. Of a merge, it is an upper bound. Where the bytes of a
   * disk are gone through twice, as for qcow2, they count twice.
   */
  readonly total: bigint | undefined
  /** Whether the operation has succeeded; then `done` is `total`, and no report follows. */
  readonly finished: boolean
}

/**
 * Learns how far an operation is: at its beginning, at its end, and at most twice a second between them. A listener
 * that fails or waits does not harm the operation: a failure is logged.
 *
 * @since 0.2.0
 * @category models
 */
export type Listener = (progress: Progress) => Effect.Effect<void>

/**
 * Lets a listener learn how far the operations are that an effect runs. An inner listener replaces an outer one.
 *
 * @since 0.2.0
 * @category combinators
 */
export const onProgress: {
  (listener: Listener): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, listener: Listener): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, listener: Listener): Effect.Effect<A, E, R> =>
    Effect.locally(self, internal.listener, Option.some(listener))
)

/**
 * What a backend says of a part of an operation.
 *
 * @since 0.2.0
 * @category models
 */
export interface Tracked {
  /** How many bytes of the operation are done now. A failure means that it is not known now. */
  readonly done: Effect.Effect<bigint, unknown>
  /** How many bytes there are in all. A failure means that nobody knows. */
  readonly total: Effect.Effect<bigint, unknown>
}

/**
 * For backends: reports how far the operation is that runs.
 *
 * - `done`: how many bytes are done
 * - `total`: how many there are in all, if that is known
 *
 * @since 0.2.0
 * @category backends
 */
export const tell = (done: bigint, total?: bigint): Effect.Effect<void> =>
  Effect.flatMap(
    FiberRef.get(internal.current),
    Option.match({ onNone: () => Effect.void, onSome: (call) => call.report(done, total) })
  )

const poll = (call: internal.Call, { done, total }: Tracked) =>
  Effect.gen(function*() {
    const limit = Option.getOrUndefined(yield* Effect.option(total))
    yield* call.report(0n, limit)
    return yield* Effect.forever(
      Effect.sleep(internal.interval).pipe(
        Effect.zipRight(Effect.option(done)),
        Effect.flatMap(Option.match({ onNone: () => Effect.void, onSome: (bytes) => call.report(bytes, limit) }))
      )
    )
  })

/**
 * For backends: reports, while an effect runs in an operation, how far it is. It reads the numbers only if somebody
 * listens.
 *
 * @since 0.2.0
 * @category backends
 */
export const track: {
  (tracked: Tracked): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, tracked: Tracked): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, tracked: Tracked): Effect.Effect<A, E, R> =>
    Effect.flatMap(
      FiberRef.get(internal.current),
      (call) =>
        Option.isNone(call) ? self : Effect.scopedWith((scope) =>
          Effect.zipRight(
            Effect.forkIn(Effect.interruptible(poll(call.value, tracked)), scope),
            self
          )
        )
    )
)

/**
 * For packages that do long work of their own over the service: reports its beginning and its end under a name, and
 * between them what {@link track} and {@link tell} say. The operations in it still report under their own names.
 *
 * @example
 * import { Progress } from "@effect-ploop/core"
 * import { Effect } from "effect"
 *
 * export const archived = (path: string, write: Effect.Effect<void>, written: Effect.Effect<bigint>) =>
 *   write.pipe(
 *     Progress.track({ done: written, total: Effect.succeed(1n << 30n) }),
 *     Progress.reported("archive", path)
 *   )
 *
 * @since 0.2.0
 * @category combinators
 */
export const reported: {
  (name: string, subject: string): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, name: string, subject: string): Effect.Effect<A, E, R>
} = dual(
  3,
  <A, E, R>(self: Effect.Effect<A, E, R>, name: string, subject: string): Effect.Effect<A, E, R> =>
    internal.reported(name, subject, self)
)

const percent = ({ done, finished, total }: Progress): number | undefined =>
  total === undefined ? undefined : finished || total === 0n ? 100 : Number(done * 100n / total)

/**
 * A report as a line of text.
 *
 * @example
 * import { Progress } from "@effect-ploop/core"
 * import assert from "node:assert"
 *
 * const progress = { operation: "convert", subject: "/vz/a", done: 1n << 30n, total: 4n << 30n, finished: false } as const
 * assert.strictEqual(Progress.format(progress), "convert /vz/a: 25%, 1 GiB of 4 GiB")
 *
 * @since 0.2.0
 * @category formatting
 */
export const format = (progress: Progress): string => {
  const { done, finished, operation, subject, total } = progress
  const name = `${operation} ${subject}`
  const share = percent(progress)
  const text = (bytes: bigint) => ByteSize.format(ByteSize.make(bytes))
  return total !== undefined
    ? `${name}: ${share}%, ${text(done)} of ${text(total)}`
    : `${name}: ${done === 0n ? finished ? "done" : "running" : `${text(done)}${finished ? ", done" : ""}`}`
}

/**
 * A report as a bar of a width in characters, for a terminal.
 *
 * @since 0.2.0
 * @category formatting
 */
export const bar = (progress: Progress, width: number): string => {
  const share = percent(progress)
  const room = Math.max(width - 7, 1)
  const filled = Math.floor(room * (share ?? (progress.finished ? 100 : 0)) / 100)
  return `[${"#".repeat(filled)}${".".repeat(room - filled)}] ${share === undefined ? "  ? " : `${share}%`.padStart(4)}`
}

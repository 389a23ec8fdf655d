import * as Progress from "@effect-ploop/core/Progress"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

/** Learns how many more bytes were read. */
export type Count = (bytes: number) => void

/** How large files are together, in bytes. */
export const sizeOf = (paths: ReadonlyArray<string>) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.reduce(paths, 0n, (sum, path) => Effect.map(fs.stat(path), ({ size }) => sum + size))
  )

/** Reports to those who listen how many bytes an effect has read, of how many. */
export const counting = <A, E, R, E2, R2>(
  total: Effect.Effect<bigint, E2, R2>,
  run: (count: Count) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(Effect.context<R2>(), (context) =>
    Effect.suspend(() => {
      let done = 0n
      const count: Count = (bytes) => {
        done += BigInt(bytes)
      }
      return run(count).pipe(
        Effect.tap(() => Progress.tell(done)),
        Progress.track({ done: Effect.sync(() => done), total: Effect.provide(total, context) })
      )
    }))

/**
 * What a command does when nobody reads its output any more, as in
 * `ploop-conformance list | head`.
 *
 * @since 0.2.0
 */
import * as Effect from "effect/Effect"

/**
 * Ends the process as SIGTERM does when its output or its errors cannot be written,
 * as when the reader of a pipe has gone: what runs is interrupted, and cleans up.
 * Without this, Node ends a process at once, in the middle of a change too, and
 * prints a stack trace.
 *
 * @since 0.2.0
 * @category commands
 */
export const interrupt: Effect.Effect<void> = Effect.sync(() => {
  let isClosed = false
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      if (!isClosed) process.kill(process.pid, "SIGTERM")
      isClosed = true
    })
  }
})

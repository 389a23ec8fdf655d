// Sockets that no fiber has any more are ended by the timers of Node.
// @effect-diagnostics nodeBuiltinImport:off globalTimers:off
import type { Duplex } from "node:stream"

/** How long the other side may take to close a connection, in milliseconds. */
export const patience = 1000

/** Closes a stream, and destroys it when the other side does not close it in time. */
export const close = (stream: Duplex): void => {
  if (!stream.writableEnded) stream.end()
  setTimeout(() => stream.destroy(), patience).unref()
}

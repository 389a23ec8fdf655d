import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import type * as Scope from "effect/Scope"

/** How many parts of an upload wait for the operation that reads them. */
const capacity = 4

/** The uploads that operations of a host read, by the key of the call. */
export interface Uploads {
  /** A new upload, for the time of the scope. When it ends too early, what reads it is interrupted. */
  readonly expect: (key: string) => Effect.Effect<Mailbox.ReadonlyMailbox<Uint8Array>, never, Scope.Scope>
  /**
   * Adds a part, or ends the upload, and returns whether anything still reads it. Waits while many parts are queued; then
   * another one is not taken, since a client sends one after the other.
   */
  readonly add: (key: string, bytes: Uint8Array | undefined) => Effect.Effect<boolean>
}

export const make: Effect.Effect<Uploads> = Effect.sync(() => {
  const expected = new Map<string, Mailbox.Mailbox<Uint8Array>>()
  const waiting = new Set<string>()
  return {
    expect: (key) =>
      Effect.gen(function*() {
        const mailbox = yield* Mailbox.make<Uint8Array>(capacity)
        yield* Effect.acquireRelease(
          Effect.sync(() => expected.set(key, mailbox)),
          () => Effect.zipRight(Effect.sync(() => expected.delete(key)), mailbox.shutdown)
        )
        return mailbox
      }),
    add: (key, bytes) =>
      Effect.suspend(() => {
        const mailbox = expected.get(key)
        if (mailbox === undefined || waiting.has(key)) return Effect.succeed(false)
        waiting.add(key)
        return Effect.ensuring(
          bytes === undefined ? mailbox.end : mailbox.offer(bytes),
          Effect.sync(() => waiting.delete(key))
        )
      })
  }
})

import type { Process } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import { fork } from "./fibers.js"
import { gone } from "./termination.js"

/** What a process reads. */
export interface Feed {
  /** Whether the process still takes anything. */
  readonly offer: (bytes: Uint8Array) => Effect.Effect<boolean>
  readonly end: Effect.Effect<unknown>
  readonly fiber: Fiber.RuntimeFiber<void, PlatformError>
}

export const start = (process: Process): Effect.Effect<Feed> =>
  Effect.flatMap(Mailbox.make<Uint8Array>({ capacity: 4 }), (mailbox) =>
    Mailbox.toStream(mailbox).pipe(
      // The executor waits for a slow reader between two elements of a chunk, but not after the last.
      Stream.mapChunks(Chunk.append(new Uint8Array())),
      Stream.run(process.stdin),
      Effect.raceFirst(gone(process)),
      Effect.ensuring(mailbox.shutdown),
      fork,
      Effect.map((fiber) => ({ offer: (bytes) => mailbox.offer(bytes), end: mailbox.end, fiber }))
    ))

import type * as Operation from "@effect-ploop/core/Operation"
import type { Process } from "@effect/platform/CommandExecutor"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as MutableRef from "effect/MutableRef"
import { fork } from "./fibers.js"
import { isRunning, type Terminator } from "./termination.js"

/** Ends a process when its time is over. */
export interface Watch {
  readonly limit: Duration.Duration
  readonly expired: MutableRef.MutableRef<boolean>
  readonly fiber: Fiber.RuntimeFiber<void>
}

export const start = (
  process: Process,
  kind: Operation.Kind,
  limit: Duration.Duration,
  terminator: Terminator
): Effect.Effect<Watch> => {
  const expired = MutableRef.make(false)
  return Effect.sleep(limit).pipe(
    Effect.zipRight(isRunning(process)),
    Effect.flatMap((running) => {
      MutableRef.set(expired, running)
      return running ? terminator.terminate(process, kind) : Effect.void
    }),
    fork,
    Effect.map((fiber) => ({ limit, expired, fiber }))
  )
}

export const hasExpired = (watch: Watch | undefined): watch is Watch =>
  watch !== undefined && MutableRef.get(watch.expired)

export const stop = (watch: Watch | undefined): void => watch?.fiber.unsafeInterruptAsFork(watch.fiber.id())

/** Waits until the watch has ended what it watches. */
export const done = (watch: Watch): Effect.Effect<void> => Effect.asVoid(Fiber.await(watch.fiber))

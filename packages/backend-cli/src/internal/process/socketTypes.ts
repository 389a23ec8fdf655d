import type * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

/** The other end of a socket that a process has as its standard input. */
export interface ProcessSocket {
  /** What the process sends. A connection that breaks is at its end: the exit of the process says what it means. */
  readonly incoming: Stream.Stream<Uint8Array>
  /** Whether the process still takes anything. */
  readonly offer: (bytes: Uint8Array) => Effect.Effect<boolean>
  /** Ends what the process reads. */
  readonly end: Effect.Effect<void>
  /** Closes the socket in both directions, without waiting. */
  readonly close: Effect.Effect<void>
}

export interface ProcessWithSocket extends CommandExecutor.Process {
  readonly socket: ProcessSocket
}

/** Starts processes with a socket. A `CommandExecutor` has pipes only. */
export interface Sockets {
  readonly start: (
    command: Command.Command
  ) => Effect.Effect<ProcessWithSocket, PlatformError, Scope.Scope>
}

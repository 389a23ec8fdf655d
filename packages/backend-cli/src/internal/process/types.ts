import type { Wire } from "@effect-ploop/core/Duplex"
import type * as Operation from "@effect-ploop/core/Operation"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"

/** How a run ended. A code other than 0 and a signal are results: their meaning is classified elsewhere. */
export interface ProcessResult {
  /** The command line, prefix included. */
  readonly argv: ReadonlyArray<string>
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  /** Whether the middle of an output was left out. */
  readonly truncated: boolean
  readonly duration: Duration.Duration
}

export interface Invocation {
  readonly operation: Operation.Name
  readonly subject: string
  /** What follows the name of the tool. */
  readonly args: ReadonlyArray<string>
  readonly kind: Operation.Kind
  /** In place of the limit of its kind. */
  readonly limit?: Duration.Duration | undefined
}

export interface ProcessConfig {
  readonly tool: string
  readonly prefix: ReadonlyArray<string>
  /** Stands before `kill` for a process that cannot be signalled directly; without it such a process is not signalled. */
  readonly killPrefix?: ReadonlyArray<string> | undefined
  readonly limits: {
    readonly query: Duration.Duration
    /** Of everything that is not a query; it may be infinite. */
    readonly change: Duration.Duration
  }
  /** How long a process may take to stop after SIGTERM before it is killed. */
  readonly grace: Duration.Duration
  /** How many processes that change something may run at once, and how many queries beside them. */
  readonly maxProcesses: number
  /** Bytes kept of each output stream. */
  readonly maxOutput: number
}

export type RunError =
  | PloopError.ToolNotFound
  | PloopError.ToolNotExecutable
  | PloopError.PermissionDenied
  | PloopError.TimedOut
  | PloopError.OutOfMemory
  | PloopError.Unclassified

/** How a wait is run: in a region that is uninterruptible otherwise, what makes it interruptible again. */
export type Wait = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export interface Runner {
  /** `wait` is for the time before the process is started; as the rest, unless given. */
  readonly run: (invocation: Invocation, wait?: Wait) => Effect.Effect<ProcessResult, RunError>
  /** What it prints. It fails when the process does, with what the classifier makes of the result. */
  readonly stream: <E>(
    invocation: Invocation,
    classify: (result: ProcessResult) => E
  ) => Stream.Stream<Uint8Array, E | RunError>
  /** What it reads. It fails when the process does, with what the classifier makes of the result. */
  readonly sink: <E>(
    invocation: Invocation,
    classify: (result: ProcessResult) => E
  ) => Sink.Sink<void, Uint8Array, never, E | RunError>
  /**
   * Connects its standard input, a socket, with the other end, until it ends. It fails when the process does, with
   * what the classifier makes of the result.
   */
  readonly dialogue: <E>(
    invocation: Invocation,
    wire: Wire,
    listener: Listener,
    classify: (result: ProcessResult) => E
  ) => Effect.Effect<void, E | RunError>
}

/** Learns what passes, before it goes on. */
export interface Listener {
  /** What the process sends. */
  readonly sent: (bytes: Uint8Array) => Effect.Effect<void>
  /** What the other end sends. */
  readonly received: (bytes: Uint8Array) => Effect.Effect<void>
}

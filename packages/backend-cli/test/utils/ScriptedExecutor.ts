/**
 * A `CommandExecutor` that runs nothing: a script says what each process would
 * print and how it would end, and every call is kept for assertions.
 */
import { Command, CommandExecutor, Error } from "@effect/platform"
import type { Inspectable } from "effect"
import { Deferred, Duration, Effect, HashMap, Layer, Sink, Stream } from "effect"
import type { ProcessWithSocket, Sockets } from "../../src/internal/process/socketTypes.js"

/** Text or bytes, in pieces; a duration between two pieces is waited on the `Clock`. */
export type Output = string | Uint8Array | ReadonlyArray<string | Uint8Array | Duration.Duration>

/** What a process does. With no field, it prints nothing and exits with 0. */
export interface Answer {
  readonly stdout?: Output
  readonly stderr?: Output
  /** What it sends over its socket, if it is started with one. */
  readonly sends?: Output
  readonly exitCode?: number
  /** The signal it dies of, in place of an exit code. */
  readonly signal?: string
  /** How long it runs; as long as it takes to print everything, unless given. */
  readonly lasts?: Duration.DurationInput
  /** Signals that it ignores; `SIGKILL` can be ignored too, as by a process of another user. */
  readonly ignores?: ReadonlyArray<string>
  /** Whether it belongs to another user, so that only `kill` behind a prefix reaches it. */
  readonly foreign?: boolean
  /** Whether it reads nothing of what it is fed. */
  readonly deaf?: boolean
  /** Whether it ends, with its exit code, when its input ends. */
  readonly endsWithInput?: boolean
  /** Whether something that it started keeps its outputs open after its end. */
  readonly holdsPipes?: boolean
  /** The errno that keeps it from being started. */
  readonly spawnError?: string
  /** What is thrown instead of starting it. */
  readonly throws?: unknown
  /** What its standard output dies of after the last piece. */
  readonly breaks?: unknown
}

/** A process that was asked for. */
export interface Call {
  readonly argv: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly extendEnv: boolean
  /** The signals that it was sent, in order. */
  readonly signals: Array<string>
  /** The signals that its group was sent, also those that came after its end. */
  readonly kills: Array<string>
  /** What it was fed. */
  readonly stdin: Array<Uint8Array>
}

/** Results in order (the last one again and again), or one made from the argument vector. */
export type Script = ReadonlyArray<Answer> | ((argv: ReadonlyArray<string>, index: number) => Answer)

export interface ScriptedExecutor {
  readonly executor: CommandExecutor.CommandExecutor
  readonly layer: Layer.Layer<CommandExecutor.CommandExecutor>
  /** The same processes, with a socket. */
  readonly sockets: Sockets
  /** Every process that was asked for, in order. */
  readonly calls: ReadonlyArray<Call>
  /** How many of them run now. */
  readonly running: () => number
}

const reasons: Record<string, Error.SystemErrorReason> = { ENOENT: "NotFound", EACCES: "PermissionDenied" }

const spawnFailed = (program: string, code: string) =>
  new Error.SystemError({
    module: "Command",
    method: "spawn",
    reason: reasons[code] ?? "Unknown",
    syscall: `spawn ${program}`,
    pathOrDescriptor: program,
    description: `spawn ${program} ${code}`,
    cause: Object.assign(new globalThis.Error(`spawn ${program} ${code}`), { code, syscall: `spawn ${program}` })
  })

const killed = (program: string, signal: string) =>
  new Error.SystemError({
    module: "Command",
    method: "exitCode",
    reason: "Unknown",
    pathOrDescriptor: program,
    description: `Process interrupted due to receipt of signal: ${signal}`
  })

type Piece = string | Uint8Array | Duration.Duration

const pieces = (output: Output | undefined): ReadonlyArray<Piece> =>
  output === undefined
    ? []
    : typeof output === "string" || output instanceof Uint8Array
    ? [output]
    : output

const encoder = new TextEncoder()

const stream = (output: Output | undefined): Stream.Stream<Uint8Array> =>
  Stream.flatMap(Stream.fromIterable(pieces(output)), (piece) =>
    Duration.isDuration(piece)
      ? Stream.execute(Effect.sleep(piece))
      : Stream.succeed(typeof piece === "string" ? encoder.encode(piece) : piece))

const length = (output: Output | undefined): Duration.Duration =>
  pieces(output).filter(Duration.isDuration).reduce(Duration.sum, Duration.zero)

type Ending = { readonly code: number } | { readonly signal: string }

export const make = (script: Script): ScriptedExecutor => {
  const calls: Array<Call> = []
  let running = 0
  const reach = new Map<number, (signal: string) => Effect.Effect<unknown>>()

  const start = (command: Command.Command) =>
    Effect.gen(function*() {
      const [{ args, command: program, env, extendEnv, stdin }] = Command.flatten(command)
      const argv = [program, ...args]
      const index = calls.length
      const answer = typeof script === "function"
        ? script(argv, index)
        : script[Math.min(index, script.length - 1)] ?? {}
      const call: Call = {
        argv,
        env: Object.fromEntries(HashMap.toEntries(env)),
        extendEnv,
        signals: [],
        kills: [],
        stdin: []
      }
      calls.push(call)
      if (answer.throws !== undefined) return yield* Effect.die(answer.throws)
      if (answer.spawnError !== undefined) return yield* spawnFailed(program, answer.spawnError)

      const ending = yield* Deferred.make<Ending>()
      running++
      yield* Effect.addFinalizer(() => Effect.sync(() => running--))
      const death = yield* Deferred.make<void>()
      const end = Deferred.succeed(
        ending,
        answer.signal === undefined ? { code: answer.exitCode ?? 0 } : { signal: answer.signal }
      )
      const lasts = answer.lasts ?? Duration.max(length(answer.stdout), length(answer.stderr))
      yield* Effect.sleep(lasts).pipe(
        Effect.zipRight(end),
        Effect.when(() => Duration.isFinite(Duration.decode(lasts))),
        Effect.interruptible,
        Effect.forkScoped
      )

      const send = (signal: string) =>
        Effect.suspend(() => {
          call.signals.push(signal)
          return answer.ignores?.includes(signal) === true
            ? Effect.void
            : Effect.zipRight(Deferred.succeed(ending, { signal }), Deferred.succeed(death, undefined))
        })

      const output = (output: Output | undefined, breaks?: unknown): Stream.Stream<Uint8Array> =>
        stream(output).pipe(
          Stream.concat(breaks === undefined ? Stream.empty : Stream.die(breaks)),
          Stream.concat(answer.holdsPipes === true ? Stream.never : Stream.empty),
          Stream.interruptWhen(Deferred.await(death))
        )

      const pid = 4242 + index
      reach.set(pid, send)
      const killing = argv.indexOf("kill")
      if (killing >= 0) yield* reach.get(-Number(argv.at(-1)))?.(`SIG${argv[killing + 2]}`) ?? Effect.void

      yield* Effect.addFinalizer(() =>
        Effect.flatMap(
          Deferred.isDone(ending),
          (done) => done ? Effect.void : Effect.zipRight(send("SIGTERM"), Deferred.await(ending))
        )
      )
      if (typeof stdin !== "string") {
        yield* Effect.forkDaemon(Stream.runForEach(stdin, (bytes) => Effect.sync(() => call.stdin.push(bytes))))
      }

      const process: Omit<ProcessWithSocket, keyof Inspectable.Inspectable> = {
        [CommandExecutor.ProcessTypeId]: CommandExecutor.ProcessTypeId,
        pid: CommandExecutor.ProcessId(pid),
        exitCode: Effect.flatMap(
          Deferred.await(ending),
          (end) =>
            "code" in end
              ? Effect.succeed(CommandExecutor.ExitCode(end.code))
              : Effect.fail(killed(program, end.signal))
        ),
        isRunning: Effect.negate(Deferred.isDone(ending)),
        kill: (signal = "SIGTERM") =>
          Effect.flatMap(Deferred.isDone(ending), (done) => {
            call.kills.push(signal)
            return done || answer.foreign === true
              ? Effect.fail(killed(program, "none: it is gone, or belongs to another user"))
              : Effect.zipRight(send(signal), Effect.asVoid(Deferred.await(ending)))
          }),
        stdin: answer.deaf === true
          ? Sink.fromEffect(Effect.never)
          : Sink.mapEffect(
            Sink.forEach((bytes: Uint8Array) => Effect.sync(() => call.stdin.push(bytes))),
            () => answer.endsWithInput === true ? Effect.asVoid(end) : Effect.void
          ),
        stdout: output(answer.stdout, answer.breaks),
        stderr: output(answer.stderr),
        socket: {
          incoming: output(answer.sends),
          offer: (bytes) => Effect.sync(() => call.stdin.push(bytes) > 0),
          end: Effect.void,
          close: Effect.void
        }
      }
      // What is left out is for printing it only.
      return process as ProcessWithSocket
    })

  const executor = CommandExecutor.makeExecutor(start)
  return {
    executor,
    layer: Layer.succeed(CommandExecutor.CommandExecutor, executor),
    sockets: { start },
    calls,
    running: () => running
  }
}

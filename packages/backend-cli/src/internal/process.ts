import type * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as LogLevel from "effect/LogLevel"
import * as Mailbox from "effect/Mailbox"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import * as Output from "./output.js"

/** How a run ended. A code other than 0 and a signal are results: what they mean is told elsewhere. */
export interface ProcessResult {
  /** What was run, without the environment that was added. */
  readonly argv: ReadonlyArray<string>
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  /** Whether the middle of an output was left out. */
  readonly truncated: boolean
  readonly duration: Duration.Duration
}

/**
 * - `query`: changes nothing and may be killed;
 * - `change`: may be killed when it does not end by itself;
 * - `careful`: killing it harms an image. It ends by itself.
 */
export type Kind = "query" | "change" | "careful"

export interface Invocation {
  readonly operation: Operation.Name
  readonly subject: string
  /** What follows the name of the tool. */
  readonly args: ReadonlyArray<string>
  readonly kind: Kind
  /** In place of the limit of its kind. */
  readonly limit?: Duration.Duration | undefined
}

export interface ProcessConfig {
  readonly tool: string
  readonly prefix: ReadonlyArray<string>
  readonly limits: {
    readonly query: Duration.Duration
    /** Of everything that is not a query; it may be infinite. */
    readonly change: Duration.Duration
  }
  /** How long a process that was told to stop may take before it is killed. */
  readonly grace: Duration.Duration
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

export interface Runner {
  readonly run: (invocation: Invocation) => Effect.Effect<ProcessResult, RunError>
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
}

/**
 * Debian's build of 1.15 reads about 4 KiB past the end of its argv, and crashes
 * when the environment that follows there is smaller than that.
 */
const padding = "x".repeat(8192)

/**
 * `/dev/null`. The executor hands it over to Node, as it does with the two words
 * that its type has; a stream that is empty costs as much as all the rest.
 */
const noInput = "ignore" as Command.Command.Input

/** The tool's words are matched in English. */
const environment = { LC_ALL: "C", PLOOP_PAD: padding }

const assignments: ReadonlyArray<string> = Object.entries(environment).map(([name, value]) => `${name}=${value}`)

/** After the exit of the tool, a grandchild may hold the pipes open for as long as it likes. */
const pipesGrace = Duration.seconds(1)

/** `sudo` and its like clear the environment, so what must reach the tool is set behind them. */
export const command = (
  config: Pick<ProcessConfig, "prefix" | "tool">,
  args: ReadonlyArray<string>
): Command.Command => {
  const [program = config.tool, ...rest] = config.prefix.length === 0
    ? [config.tool, ...args]
    : [...config.prefix, "env", ...assignments, config.tool, ...args]
  return Command.env(Command.make(program, ...rest), environment)
}

/** What was asked to run, without a prefix and the environment set behind it. */
export const withoutEnvironment = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const pad = argv.findIndex((word) => word.startsWith("PLOOP_PAD="))
  return pad < 0 ? argv : argv.slice(pad + 1)
}

/** The one place that knows the executor's words for a death by signal. */
export const deathBySignal = {
  print: (signal: string): string => `Process interrupted due to receipt of signal: ${signal}`,
  parse: (error: unknown): string | undefined =>
    /receipt of signal: (SIG[A-Z0-9+]+)/.exec(Predicate.isError(error) ? error.message : `${error}`)?.[1]
}

/** What the system calls the reason for which a process could not be started. */
export const errnoOf = (thrown: unknown): string | undefined => {
  if (!Predicate.isRecord(thrown)) return undefined
  if (Predicate.isString(thrown.code)) return thrown.code
  const code = errnoOf(thrown.cause)
  return code ?? (thrown.reason === "NotFound" ? "ENOENT" : thrown.reason === "PermissionDenied" ? "EACCES" : undefined)
}

export const wordsOf = (thrown: unknown): string =>
  Predicate.isRecord(thrown) && Predicate.isString(thrown.description)
    ? thrown.description
    : Predicate.isError(thrown)
    ? thrown.message
    : `${thrown}`

/** What the tool printed, errors first. */
const words = (result: ProcessResult): string => [result.stderr, result.stdout].filter((text) => text !== "").join("\n")

const context = (invocation: Invocation, text: string, result?: ProcessResult) => ({
  operation: invocation.operation,
  subject: invocation.subject,
  text,
  exitCode: result?.exitCode,
  signal: result?.signal
})

/** The process could not be started. */
const notStarted = (path: string, invocation: Invocation, thrown: unknown): RunError => {
  const about = context(invocation, wordsOf(thrown))
  switch (errnoOf(thrown)) {
    case "ENOENT":
    case "ENOTDIR":
      return new PloopError.ToolNotFound({ ...about, path })
    case "EACCES":
    case "ENOEXEC":
      return new PloopError.ToolNotExecutable({ ...about, path })
    case "EPERM":
      return new PloopError.PermissionDenied(about)
    case "ENOMEM":
    case "E2BIG":
    case "EAGAIN":
    case "EMFILE":
    case "ENFILE":
      return new PloopError.OutOfMemory(about)
    default:
      return new PloopError.Unclassified(about)
  }
}

/** What the programs of a prefix say when they could not run the tool. */
const refusals: ReadonlyArray<readonly [RegExp, "ToolNotFound" | "ToolNotExecutable" | "PermissionDenied"]> = [
  [/^(?:\S*\/)?env: .*No such file or directory/m, "ToolNotFound"],
  [/^(?:\S*\/)?env: .*(?:Permission denied|Exec format error)/m, "ToolNotExecutable"],
  [/^(?:sudo|doas): .*command not found/m, "ToolNotFound"],
  [/^sudo: .*unable to execute .*No such file or directory/m, "ToolNotFound"],
  [/^sudo: .*unable to execute .*Permission denied/m, "ToolNotExecutable"],
  [
    /^sudo: .*(?:password is required|terminal is required|must have a tty|effective uid|no new privileges|passwd database|no valid sudoers)/m,
    "PermissionDenied"
  ],
  [
    /^(?:sudo: )?.*(?:is not in the sudoers file|may not run sudo|is not allowed to (?:execute|run))/m,
    "PermissionDenied"
  ],
  [/^doas: .*(?:not permitted|Authenti|Authoriz|doas is not enabled|password required)/m, "PermissionDenied"]
]

const refusedByPrefix = (
  config: ProcessConfig,
  invocation: Invocation,
  result: ProcessResult
): RunError | undefined => {
  if (config.prefix.length === 0 || ![1, 126, 127].includes(result.exitCode ?? 0)) return undefined
  const found = refusals.find(([text]) => text.test(result.stderr))?.[1]
  if (found === undefined) return undefined
  const about = context(invocation, words(result), result)
  return found === "PermissionDenied"
    ? new PloopError.PermissionDenied(about)
    : new PloopError[found]({ ...about, path: config.tool })
}

const report = (drain: Pick<Drain, "name" | "minimum">, lines: ReadonlyArray<string>): Effect.Effect<void> => {
  const loud = lines.map((line) => [Output.level(line), line] as const)
    .filter(([level]) => LogLevel.greaterThanEqual(level, drain.minimum))
  return loud.length === 0 ? Effect.void : Effect.annotateLogs(
    Effect.forEach(loud, ([level, line]) => Effect.logWithLevel(level, PrintableText.escape(line)), { discard: true }),
    "ploop.stream",
    drain.name
  )
}

type Signal = "SIGTERM" | "SIGKILL"

/** An output that is read to its end, whoever asks for it. */
interface Drain {
  readonly name: "stdout" | "stderr"
  readonly kept: Output.Output
  /** Lines below this level are not logged. */
  readonly minimum: LogLevel.LogLevel
  readonly fiber: Fiber.RuntimeFiber<void, PlatformError>
}

/** What a process reads. */
interface Feed {
  /** Whether the process still takes anything. */
  readonly offer: (bytes: Uint8Array) => Effect.Effect<boolean>
  readonly end: Effect.Effect<unknown>
  readonly fiber: Fiber.RuntimeFiber<void, PlatformError>
}

/** Ends a process when its time is over. */
interface Watch {
  readonly limit: Duration.Duration
  readonly expired: MutableRef.MutableRef<boolean>
  readonly fiber: Fiber.RuntimeFiber<void>
}

interface Running {
  readonly invocation: Invocation
  readonly process: CommandExecutor.Process
  readonly drains: ReadonlyArray<Drain>
  readonly feed: Feed | undefined
  readonly watch: Watch | undefined
  readonly clock: Clock.Clock
  readonly started: bigint
  readonly span: Tracer.Span
  /** Set when the process has ended and nothing of it is left to wait for. */
  over: boolean
}

interface Options {
  readonly stdin: "empty" | "fed"
  readonly stdout: "kept" | "passed"
}

const isDone = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => fiber.unsafePoll() !== null

const interruptAll = (fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown> | undefined>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const left = fibers.flatMap((fiber) => fiber === undefined || isDone(fiber) ? [] : [fiber])
    return left.length === 0 ? Effect.void : Fiber.interruptAll(left)
  })

/** Words for the first failure that is none of a caller's doing. */
const failureOf = (exits: ReadonlyArray<Exit.Exit<unknown, unknown> | null>): string | undefined => {
  const failed = exits.find((exit) => exit !== null && Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause))
  return failed !== undefined && failed !== null && Exit.isFailure(failed)
    ? wordsOf(Cause.squash(failed.cause))
    : undefined
}

/** The span of the run, and the one around it, which is the operation's. */
const withParent = (own: Tracer.Span): ReadonlyArray<Tracer.Span> => {
  const around = Option.getOrUndefined(own.parent)
  return around?._tag === "Span" ? [own, around] : [own]
}

const annotateStart = (span: Tracer.Span, argv: ReadonlyArray<string>): void => {
  for (const each of withParent(span)) each.attribute("ploop.arguments", Output.join(argv))
}

/** Every attribute is set every time: the operation's span may have those of an earlier run. */
const annotateEnd = (span: Tracer.Span, result: ProcessResult): void => {
  const spans = withParent(span)
  for (const each of spans) {
    each.attribute("ploop.exit_code", result.exitCode ?? -1)
    each.attribute("ploop.signal", result.signal ?? "none")
    each.attribute("ploop.duration_ms", Duration.toMillis(result.duration))
  }
  spans[1]?.attribute("ploop.runs", Number(spans[1].attributes.get("ploop.runs") ?? 0) + 1)
}

/**
 * A run takes a few milliseconds, most of them in the kernel. So that little is
 * added to them, what a run always does is done in few effects, and those
 * between the start and the exit rather than before or after.
 */
export const make = (config: ProcessConfig): Effect.Effect<Runner, never, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const permits = yield* Effect.makeSemaphore(config.maxProcesses)

    const argvOf = (invocation: Invocation): ReadonlyArray<string> => [
      ...config.prefix,
      config.tool,
      ...invocation.args
    ]

    const isRunning = (process: CommandExecutor.Process): Effect.Effect<boolean> =>
      Effect.catchAllCause(process.isRunning, () => Effect.succeed(false))

    const gone = (process: CommandExecutor.Process): Effect.Effect<void> => Effect.asVoid(Effect.exit(process.exitCode))

    /** A process of another user can be told something only by way of the prefix. */
    const viaPrefix = (process: CommandExecutor.Process, name: Signal): Effect.Effect<void> => {
      const [program, ...rest] = config.prefix
      return program === undefined ? Effect.void : Effect.asVoid(Effect.exit(executor.exitCode(
        Command.make(program, ...rest, "kill", "-s", name.slice(3), "--", `-${process.pid}`)
      )))
    }

    /** Sends the signal to the group of the process, and waits until the process is gone. */
    const signal = (process: CommandExecutor.Process, name: Signal): Effect.Effect<void> =>
      Effect.exit(process.kill(name)).pipe(
        Effect.zipRight(isRunning(process)),
        Effect.flatMap((running) => running ? Effect.zipRight(viaPrefix(process, name), gone(process)) : Effect.void)
      )

    const terminate = (process: CommandExecutor.Process, kind: Kind): Effect.Effect<void> =>
      kind === "careful" ? signal(process, "SIGTERM") : Effect.interruptible(signal(process, "SIGTERM")).pipe(
        Effect.timeoutOption(config.grace),
        Effect.flatMap(Option.match({
          onNone: () => signal(process, "SIGKILL"),
          // The process is gone, but another one of its group may have ignored the signal.
          onSome: () => Effect.asVoid(Effect.exit(process.kill("SIGKILL")))
        }))
      )

    /** Pulls, which costs less than a sink. */
    const drain = (output: Stream.Stream<Uint8Array, PlatformError>, to: Omit<Drain, "fiber">) =>
      Effect.scopedWith((scope) =>
        Effect.flatMap(Channel.toPullIn(Stream.toChannel(output), scope), (pull) => {
          const loop: Effect.Effect<void, PlatformError> = Effect.flatMap(pull, (next) => {
            if (Either.isLeft(next)) return report(to, to.kept.end())
            const lines = Array.from(next.right).flatMap((bytes) => to.kept.push(bytes))
            return lines.length === 0 ? loop : Effect.zipRight(report(to, lines), loop)
          })
          return loop
        })
      )

    // Interrupting a fiber interrupts its children at once; those of a run have to stay until its process is gone.
    const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkDaemon(Effect.interruptible(effect))

    const forkDrain = (
      process: CommandExecutor.Process,
      name: Drain["name"],
      minimum: LogLevel.LogLevel
    ): Effect.Effect<Drain> => {
      const to = { name, minimum, kept: new Output.Output(config.maxOutput) }
      return Effect.map(fork(drain(process[name], to)), (fiber) => ({ ...to, fiber }))
    }

    const forkFeed = (process: CommandExecutor.Process): Effect.Effect<Feed> =>
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

    const forkWatch = (
      process: CommandExecutor.Process,
      kind: Kind,
      limit: Duration.Duration
    ): Effect.Effect<Watch> => {
      const expired = MutableRef.make(false)
      return Effect.sleep(limit).pipe(
        Effect.zipRight(isRunning(process)),
        Effect.flatMap((running) => {
          MutableRef.set(expired, running)
          return running ? terminate(process, kind) : Effect.void
        }),
        fork,
        Effect.map((fiber) => ({ limit, expired, fiber }))
      )
    }

    const spawn = (invocation: Invocation, stdin: Options["stdin"]) => {
      const plain = command(config, invocation.args)
      return Effect.catchAllCause(
        executor.start(stdin === "empty" ? Command.stdin(plain, noInput) : plain),
        (cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            : Effect.fail(notStarted(config.prefix[0] ?? config.tool, invocation, Cause.squash(cause)))
      )
    }

    /** Not to be interrupted, and to be followed by `finish` before its scope is closed. */
    const start = (invocation: Invocation, options: Options): Effect.Effect<Running, RunError, Scope.Scope> =>
      Effect.gen(function*() {
        const clock = yield* Effect.clock
        const span = yield* Effect.makeSpan("ploop.process", { captureStackTrace: false })
        annotateStart(span, argvOf(invocation))
        const started = clock.unsafeCurrentTimeNanos()
        const process = yield* Effect.tapErrorCause(
          spawn(invocation, options.stdin),
          (cause) => Effect.sync(() => span.end(clock.unsafeCurrentTimeNanos(), Exit.failCause(cause)))
        )
        const minimum = yield* FiberRef.get(FiberRef.currentMinimumLogLevel)
        const err = yield* forkDrain(process, "stderr", minimum)
        const drains = options.stdout === "kept" ? [yield* forkDrain(process, "stdout", minimum), err] : [err]
        const feed = options.stdin === "fed" ? yield* forkFeed(process) : undefined
        const limit = invocation.limit ?? config.limits[invocation.kind === "query" ? "query" : "change"]
        const watch = Duration.isFinite(limit) ? yield* forkWatch(process, invocation.kind, limit) : undefined
        return { invocation, process, drains, feed, watch, clock, started, span, over: false }
      })

    /**
     * Comes before the executor's own release, which would wait for ever. The
     * outputs are drained until the process is gone, because a closed pipe kills
     * it in the middle of its work.
     */
    const finish = (running: Running, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const { clock, drains, feed, invocation, over, process, span, watch } = running
        span.end(clock.unsafeCurrentTimeNanos(), exit)
        return over ? Effect.void : isRunning(process).pipe(
          Effect.flatMap((running) =>
            // While it waits for input, the tool heeds the end of that and no signal.
            running ? Effect.zipRight(feed?.end ?? Effect.void, terminate(process, invocation.kind)) : Effect.void
          ),
          Effect.zipRight(interruptAll([...drains.map(({ fiber }) => fiber), feed?.fiber, watch?.fiber]))
        )
      })

    const startScoped = (invocation: Invocation, options: Options): Effect.Effect<Running, RunError, Scope.Scope> =>
      Effect.acquireRelease(start(invocation, options), finish)

    const abandon = (drains: ReadonlyArray<Drain>): Effect.Effect<void> =>
      Effect.zipRight(
        interruptAll(drains.map(({ fiber }) => fiber)),
        Effect.forEach(drains, (drain) => report(drain, drain.kept.end()), { discard: true })
      )

    /** A grandchild may hold the pipes open for as long as it likes. */
    const awaitPipes = (drains: ReadonlyArray<Drain>): Effect.Effect<void> =>
      Effect.interruptible(Fiber.awaitAll(drains.map(({ fiber }) => fiber))).pipe(
        Effect.timeoutOption(pipesGrace),
        Effect.flatMap(Option.match({ onSome: () => Effect.void, onNone: () => abandon(drains) }))
      )

    const conclude = (
      running: Running,
      exit: Exit.Exit<number, PlatformError>,
      ended: bigint
    ): Effect.Effect<ProcessResult, RunError> => {
      const { drains, invocation, span, watch } = running
      const text = (name: Drain["name"]) => drains.find((drain) => drain.name === name)?.kept.text() ?? ""
      const result: ProcessResult = {
        argv: argvOf(invocation),
        exitCode: Exit.isSuccess(exit) ? exit.value : undefined,
        signal: Exit.isFailure(exit) ? deathBySignal.parse(Cause.squash(exit.cause)) : undefined,
        stdout: text("stdout"),
        stderr: text("stderr"),
        truncated: drains.some(({ kept }) => kept.truncated),
        duration: Duration.nanos(ended - running.started)
      }
      annotateEnd(span, result)

      if (watch !== undefined && MutableRef.get(watch.expired)) {
        const about = context(invocation, words(result), result)
        return Effect.zipRight(
          Fiber.await(watch.fiber),
          Effect.fail(new PloopError.TimedOut({ ...about, limit: watch.limit }))
        )
      }
      watch?.fiber.unsafeInterruptAsFork(watch.fiber.id())
      running.over = true

      const broken = result.signal === undefined
        ? failureOf([exit, ...drains.map(({ fiber }) => fiber.unsafePoll())])
        : undefined
      if (broken !== undefined) {
        const text = `${broken}\n${words(result)}`.trim()
        return Effect.fail(new PloopError.Unclassified(context(invocation, text, result)))
      }
      const refused = refusedByPrefix(config, invocation, result)
      return refused === undefined ? Effect.succeed(result) : Effect.fail(refused)
    }

    /** Waits for the end of the process, and makes a result of it. */
    const settle = (running: Running): Effect.Effect<ProcessResult, RunError> =>
      Effect.flatMap(Effect.exit(running.process.exitCode), (exit) => {
        const ended = running.clock.unsafeCurrentTimeNanos()
        return running.drains.every(({ fiber }) => isDone(fiber))
          ? conclude(running, exit, ended)
          : Effect.flatMap(awaitPipes(running.drains), () => conclude(running, exit, ended))
      })

    const succeed = <E>(running: Running, classify: (result: ProcessResult) => E): Effect.Effect<void, E | RunError> =>
      Effect.flatMap(settle(running), (result) => result.exitCode === 0 ? Effect.void : Effect.fail(classify(result)))

    /** The output until its end, or until nothing has come for a while after the exit. */
    const passed = ({ drains, invocation, process }: Running): Stream.Stream<Uint8Array, RunError> =>
      Stream.toPull(process.stdout).pipe(
        Effect.map((pull) => {
          const over = gone(process).pipe(
            Effect.zipRight(Effect.sleep(pipesGrace)),
            Effect.zipRight(abandon(drains)),
            Effect.zipRight(Effect.fail(Option.none()))
          )
          return Stream.repeatEffectChunkOption(Effect.raceFirst(pull, over))
        }),
        Stream.unwrapScoped,
        Stream.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Stream.fromEffect(Effect.interrupt)
            : Stream.fail(new PloopError.Unclassified(context(invocation, wordsOf(Cause.squash(cause)))))
        )
      )

    // Only runs need a permit. They end by themselves; but whoever reads a stream may have to run something to go on.
    return {
      run: (invocation) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.flatMap(restore(permits.take(1)), () =>
            Effect.scopedWith((scope) =>
              Effect.flatMap(
                Scope.extend(start(invocation, { stdin: "empty", stdout: "kept" }), scope),
                (running) => Effect.onExit(restore(settle(running)), (exit) => finish(running, exit))
              )
            ).pipe(Effect.ensuring(permits.release(1))))
        ),

      stream: (invocation, classify) =>
        startScoped(invocation, { stdin: "empty", stdout: "passed" }).pipe(
          Effect.map((running) => Stream.concat(passed(running), Stream.execute(succeed(running, classify)))),
          Stream.unwrapScoped
        ),

      sink: (invocation, classify) =>
        startScoped(invocation, { stdin: "fed", stdout: "kept" }).pipe(
          Effect.map((running) =>
            Sink.forEachWhile((bytes: Uint8Array) => running.feed?.offer(bytes) ?? Effect.succeed(false)).pipe(
              Sink.ignoreLeftover,
              Sink.mapEffect(() => Effect.zipRight(running.feed?.end ?? Effect.void, succeed(running, classify)))
            )
          ),
          Sink.unwrapScoped
        )
    }
  })

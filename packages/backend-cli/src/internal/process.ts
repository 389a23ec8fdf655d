import * as PloopError from "@effect-ploop/core/PloopError"
import * as Command from "@effect/platform/Command"
import * as CommandExecutor from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
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
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
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
  readonly operation: string
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

const errnoOf = (thrown: unknown): string | undefined => {
  if (!Predicate.isRecord(thrown)) return undefined
  if (Predicate.isString(thrown.code)) return thrown.code
  const code = errnoOf(thrown.cause)
  return code ?? (thrown.reason === "NotFound" ? "ENOENT" : thrown.reason === "PermissionDenied" ? "EACCES" : undefined)
}

const wordsOf = (thrown: unknown): string =>
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

const report = (name: string, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  lines.length === 0 ? Effect.void : Effect.flatMap(FiberRef.get(FiberRef.currentMinimumLogLevel), (minimum) => {
    const loud = lines.map((line) => [Output.level(line), line] as const)
      .filter(([level]) => LogLevel.greaterThanEqual(level, minimum))
    return loud.length === 0 ? Effect.void : Effect.annotateLogs(
      Effect.forEach(loud, ([level, line]) => Effect.logWithLevel(level, Output.escape(line)), { discard: true }),
      "ploop.stream",
      name
    )
  })

type Signal = "SIGTERM" | "SIGKILL"

/** An output that is read to its end, whoever asks for it. */
interface Drain {
  readonly name: "stdout" | "stderr"
  readonly kept: Output.Output
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
  readonly started: bigint
  /** Its own span, and the one around it, which is the operation's. */
  readonly spans: readonly [own: Tracer.Span, around: Tracer.Span | undefined]
}

interface Options {
  readonly stdin: "closed" | "fed"
  readonly stdout: "kept" | "passed"
}

const isDone = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean => fiber.unsafePoll() !== null

const interruptAll = (
  fibers: ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown> | undefined>
): Effect.Effect<void> =>
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

/** Every attribute is set every time: the operation's span may have those of an earlier run. */
const annotate = ({ spans: [own, around] }: Running, result: ProcessResult): void => {
  for (const span of around === undefined ? [own] : [own, around]) {
    span.attribute("ploop.arguments", Output.join(result.argv))
    span.attribute("ploop.exit_code", result.exitCode ?? -1)
    span.attribute("ploop.signal", result.signal ?? "none")
    span.attribute("ploop.duration_ms", Duration.toMillis(result.duration))
  }
  around?.attribute("ploop.runs", Number(around.attributes.get("ploop.runs") ?? 0) + 1)
}

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

    const spawn = (invocation: Invocation, stdin: Options["stdin"]) => {
      const plain = command(config, invocation.args)
      return Effect.catchAllCause(
        executor.start(stdin === "closed" ? Command.stdin(plain, Stream.empty) : plain),
        (cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            : Effect.fail(notStarted(config.prefix[0] ?? config.tool, invocation, Cause.squash(cause)))
      )
    }

    /** Pulls, which costs less than a sink, and every run does it twice. */
    const drain = (output: Stream.Stream<Uint8Array, PlatformError>, name: Drain["name"], kept: Output.Output) =>
      Effect.scoped(Effect.flatMap(Channel.toPull(Stream.toChannel(output)), (pull) => {
        const loop: Effect.Effect<void, PlatformError> = Effect.flatMap(pull, (next) => {
          if (Either.isLeft(next)) return report(name, kept.end())
          const lines = Array.from(next.right).flatMap((bytes) => kept.push(bytes))
          return lines.length === 0 ? loop : Effect.zipRight(report(name, lines), loop)
        })
        return loop
      }))

    const forkDrain = (process: CommandExecutor.Process, name: Drain["name"]): Effect.Effect<Drain> => {
      const kept = new Output.Output(config.maxOutput)
      return Effect.map(
        Effect.forkDaemon(Effect.interruptible(drain(process[name], name, kept))),
        (fiber) => ({ name, kept, fiber })
      )
    }

    const forkFeed = (process: CommandExecutor.Process): Effect.Effect<Feed> =>
      Effect.flatMap(Mailbox.make<Uint8Array>({ capacity: 4 }), (mailbox) =>
        Mailbox.toStream(mailbox).pipe(
          // The executor waits for a slow reader between two elements of a chunk, but not after the last.
          Stream.mapChunks(Chunk.append(new Uint8Array())),
          Stream.run(process.stdin),
          Effect.raceFirst(gone(process)),
          Effect.ensuring(mailbox.shutdown),
          Effect.interruptible,
          Effect.forkDaemon,
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
        Effect.interruptible,
        Effect.forkDaemon,
        Effect.map((fiber) => ({ limit, expired, fiber }))
      )
    }

    const spansOf = (invocation: Invocation): Effect.Effect<Running["spans"], never, Scope.Scope> =>
      Effect.contextWithEffect((context: Context.Context<Scope.Scope>) => {
        const around = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
        const attributes = { "ploop.arguments": Output.join(argvOf(invocation)) }
        return Effect.map(
          Effect.makeSpanScoped("ploop.process", { attributes, captureStackTrace: false }),
          (span) => [span, around?._tag === "Span" ? around : undefined]
        )
      })

    /**
     * What is released here comes before the executor's own release, which would
     * wait for ever. The outputs are drained until the process is gone, because a
     * closed pipe kills it in the middle of its work.
     */
    const start = (invocation: Invocation, options: Options): Effect.Effect<Running, RunError, Scope.Scope> =>
      Effect.flatMap(spansOf(invocation), (spans) =>
        Effect.acquireRelease(
          Effect.gen(function*() {
            const limit = invocation.limit ?? config.limits[invocation.kind === "query" ? "query" : "change"]
            const started = yield* Clock.currentTimeNanos
            const process = yield* spawn(invocation, options.stdin)
            const err = yield* forkDrain(process, "stderr")
            const drains = options.stdout === "kept" ? [yield* forkDrain(process, "stdout"), err] : [err]
            const feed = options.stdin === "fed" ? yield* forkFeed(process) : undefined
            const watch = Duration.isFinite(limit) ? yield* forkWatch(process, invocation.kind, limit) : undefined
            return { invocation, process, drains, feed, watch, started, spans }
          }),
          ({ drains, feed, process, watch }) =>
            isRunning(process).pipe(
              Effect.flatMap((running) => running ? terminate(process, invocation.kind) : Effect.void),
              Effect.zipRight(interruptAll([...drains.map(({ fiber }) => fiber), feed?.fiber, watch?.fiber]))
            )
        ).pipe(Effect.withParentSpan(spans[0])))

    /** A grandchild may hold the pipes open for as long as it likes. */
    const awaitPipes = (drains: ReadonlyArray<Drain>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const fibers = drains.map(({ fiber }) => fiber)
        return fibers.every(isDone) ? Effect.void : Effect.interruptible(Fiber.awaitAll(fibers)).pipe(
          Effect.timeoutOption(pipesGrace),
          Effect.flatMap(Option.match({
            onSome: () => Effect.void,
            onNone: () =>
              Effect.zipRight(
                interruptAll(fibers),
                Effect.forEach(drains, ({ kept, name }) => report(name, kept.end()), { discard: true })
              )
          }))
        )
      })

    /** Waits for the end of the process, and makes a result of it. */
    const settle = (running: Running): Effect.Effect<ProcessResult, RunError> =>
      Effect.gen(function*() {
        const { drains, invocation, process, watch } = running
        const exit = yield* Effect.exit(process.exitCode)
        const ended = yield* Clock.currentTimeNanos
        yield* awaitPipes(drains)

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
        annotate(running, result)

        if (watch !== undefined && MutableRef.get(watch.expired)) {
          yield* Fiber.await(watch.fiber)
          return yield* new PloopError.TimedOut({
            ...context(invocation, words(result), result),
            limit: watch.limit
          })
        }
        const broken = result.signal === undefined
          ? failureOf([exit, ...drains.map(({ fiber }) => fiber.unsafePoll())])
          : undefined
        if (broken !== undefined) {
          return yield* new PloopError.Unclassified(context(invocation, `${broken}\n${words(result)}`.trim(), result))
        }
        const refused = refusedByPrefix(config, invocation, result)
        return refused === undefined ? result : yield* Effect.fail(refused)
      })

    const conclude = <E>(running: Running, classify: (result: ProcessResult) => E): Effect.Effect<void, E | RunError> =>
      Effect.flatMap(settle(running), (result) => result.exitCode === 0 ? Effect.void : Effect.fail(classify(result)))

    /** The output until its end, or until nothing has come for a while after the exit. */
    const passed = ({ invocation, process }: Running): Stream.Stream<Uint8Array, RunError> =>
      Stream.toPull(process.stdout).pipe(
        Effect.map((pull) => {
          const over = Effect.zipRight(gone(process), Effect.delay(Effect.fail(Option.none()), pipesGrace))
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
        permits.withPermits(1)(
          Effect.scoped(Effect.flatMap(start(invocation, { stdin: "closed", stdout: "kept" }), settle))
        ),

      stream: (invocation, classify) =>
        start(invocation, { stdin: "closed", stdout: "passed" }).pipe(
          Effect.map((running) => Stream.concat(passed(running), Stream.execute(conclude(running, classify)))),
          Stream.unwrapScoped
        ),

      sink: (invocation, classify) =>
        start(invocation, { stdin: "fed", stdout: "kept" }).pipe(
          Effect.map((running) =>
            Sink.forEachWhile((bytes: Uint8Array) => running.feed?.offer(bytes) ?? Effect.succeed(false)).pipe(
              Sink.ignoreLeftover,
              Sink.mapEffect(() => Effect.zipRight(running.feed?.end ?? Effect.void, conclude(running, classify)))
            )
          ),
          Sink.unwrapScoped
        )
    }
  })

import * as PrintableText from "@effect-ploop/core/PrintableText"
import type { Process } from "@effect/platform/CommandExecutor"
import type { PlatformError } from "@effect/platform/Error"
import * as Channel from "effect/Channel"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Output from "../output.js"
import { fork, interruptAll, isDone } from "./fibers.js"

/** After the exit of the tool, a grandchild may hold the pipes open for as long as it likes. */
export const pipesGrace = Duration.seconds(1)

/** An output that is read to its end, whether or not anybody needs it: a closed pipe kills the tool. */
export interface Drain {
  readonly name: "stdout" | "stderr"
  readonly kept: Output.Output
  /** Lines below this level are not logged. */
  readonly minimum: LogLevel.LogLevel
  readonly fiber: Fiber.RuntimeFiber<void, PlatformError>
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

export const start = (
  process: Process,
  name: Drain["name"],
  options: { readonly minimum: LogLevel.LogLevel; readonly maxOutput: number }
): Effect.Effect<Drain> => {
  const to = { name, minimum: options.minimum, kept: new Output.Output(options.maxOutput) }
  return Effect.map(fork(drain(process[name], to)), (fiber) => ({ ...to, fiber }))
}

export const abandon = (drains: ReadonlyArray<Drain>): Effect.Effect<void> =>
  Effect.zipRight(
    interruptAll(drains.map(({ fiber }) => fiber)),
    Effect.forEach(drains, (drain) => report(drain, drain.kept.end()), { discard: true })
  )

/** Waits for the end of the outputs of a process that is gone, but not for long. */
export const awaitAll = (drains: ReadonlyArray<Drain>): Effect.Effect<void> =>
  drains.every(({ fiber }) => isDone(fiber))
    ? Effect.void
    : Effect.interruptible(Fiber.awaitAll(drains.map(({ fiber }) => fiber))).pipe(
      Effect.timeoutOption(pipesGrace),
      Effect.flatMap(Option.match({ onSome: () => Effect.void, onNone: () => abandon(drains) }))
    )

export const textOf = (drains: ReadonlyArray<Drain>, name: Drain["name"]): string =>
  drains.find((drain) => drain.name === name)?.kept.text() ?? ""

import * as Classification from "@effect-ploop/core/Classification"
import type { Generation } from "@effect-ploop/core/Generation"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as SynchronizedRef from "effect/SynchronizedRef"
import * as args from "./arguments.js"
import { unexpected } from "./outcome.js"
import * as parse from "./parse.js"
import type { Runner } from "./process.js"

interface Options {
  readonly runner: Runner
  readonly tool: string
  /** What has to happen once the generation is known. */
  readonly prepare: (generation: Generation) => Effect.Effect<void>
}

/** How long a tool may take to print its usage; another program may print or wait for ever. */
const limit = Duration.seconds(10)

const expected = "the usage of ploop"

const firstLine = (text: string): string => text.split("\n").find((line) => line.trim() !== "") ?? ""

const probe = ({ prepare, runner, tool }: Options): Effect.Effect<Generation, PloopError.PloopError> =>
  Effect.gen(function*() {
    const about = { operation: "tool", subject: tool } as const
    const result = yield* Effect.catchTag(
      runner.run({ ...about, args: args.usage, kind: "query", limit }),
      "TimedOut",
      ({ text }) =>
        Effect.fail(
          unexpected(about, undefined, {
            line: firstLine(text),
            expected: `${expected} within ${Duration.format(limit)}`
          })
        )
    )
    const generation = yield* Either.mapLeft(
      parse.generation(result.stderr),
      (): PloopError.PloopError =>
        result.exitCode === undefined
          ? Classification.classify({ ...about, ...result })
          : unexpected(about, result, { line: firstLine(`${result.stderr}\n${result.stdout}`), expected })
    )
    yield* Effect.logDebug(`ploop is of generation ${generation}`)
    yield* prepare(generation)
    return generation
  })

/** The generation of the tool, which is asked for it once it is needed, and once only. */
export const make = (options: Options): Effect.Effect<Effect.Effect<Generation, PloopError.PloopError>> =>
  Effect.map(SynchronizedRef.make(Option.none<Generation>()), (known) => {
    const probeOnce = SynchronizedRef.modifyEffect(
      known,
      Option.match({
        onNone: () => Effect.map(probe(options), (found) => [found, Option.some(found)] as const),
        onSome: (found) => Effect.succeed([found, Option.some(found)] as const)
      })
    )
    return Effect.flatMap(
      SynchronizedRef.get(known),
      Option.match({ onNone: () => probeOnce, onSome: Effect.succeed })
    )
  })

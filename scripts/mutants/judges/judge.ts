/** Asks the judges of a package, which are processes of their own, until one notices the change. */
import { Command, CommandExecutor } from "@effect/platform"
import type { Duration } from "effect"
import { Chunk, Data, Effect, Mailbox, Option, Pool, Ref, Schema, Stream } from "effect"
import { join } from "node:path"
import type { Package } from "../engine/Mutant.js"
import * as Verdict from "./Verdict.js"

/** A judge came to no verdict. */
export class NoVerdict extends Data.TaggedError("NoVerdict")<{ readonly message: string }> {}

const root = join(import.meta.dirname, "../../..")

type Ask = (question: Verdict.Question) => Effect.Effect<Verdict.Verdict, NoVerdict>

/** A process that judges one mutant after the other. */
const start = (program: "suite" | "tests", ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const questions = yield* Mailbox.make<string>()
    const words = yield* Ref.make("")
    const judge = yield* executor.start(
      Command.make(
        process.execPath,
        "--import=tsx",
        "--conditions=@effect-ploop/source",
        join(root, `scripts/mutants/judges/${program}.ts`),
        ...args
      ).pipe(Command.workingDirectory(root), Command.stdin(Stream.encodeText(Mailbox.toStream(questions))))
    )
    const hear = (text: string) => Ref.update(words, (before) => (before + text).slice(-2000))
    yield* judge.stderr.pipe(Stream.decodeText(), Stream.runForEach(hear), Effect.forkScoped)
    const pull = yield* judge.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.filter((line) => line.startsWith(Verdict.mark)),
      Stream.mapEffect((line) => Schema.decode(Verdict.Json)(line.slice(Verdict.mark.length))),
      Stream.rechunk(1),
      Stream.toPull
    )
    const ask: Ask = (question) =>
      Schema.encode(Verdict.Question)(question).pipe(
        Effect.flatMap((json) => questions.offer(`${json}\n`)),
        Effect.zipRight(pull),
        Effect.flatMap(Chunk.head),
        Effect.catchAll((error) =>
          Effect.flatMap(Ref.get(words), (words) =>
            new NoVerdict({
              message: words !== "" || !Option.isOption(error) || Option.isNone(error) ? words : `${error.value}`
            }))
        )
      )
    return ask
  }).pipe(Effect.mapError((error) => new NoVerdict({ message: error.message })))

const judgesOf = {
  core: { tests: ["core", "backend-cli"], suite: true },
  "backend-cli": { tests: ["backend-cli"], suite: false },
  "backend-fake": { tests: ["backend-fake"], suite: true }
} as const

/** The judges of a package; those that run tests stay for the next question. */
export const make = (name: Package, jobs: number) =>
  Effect.gen(function*() {
    const pool = yield* Pool.make({ acquire: start("tests", ...judgesOf[name].tests), size: jobs })
    const askTests = (question: Verdict.Question, limit: Duration.Duration) =>
      Effect.scoped(Effect.flatMap(pool.get, (ask) =>
        Effect.onExit(within(ask(question), limit), (exit) =>
          // A process that hangs or has crashed is of no use any more.
          exit._tag === "Failure" || exit.value._tag === "Noticed" && exit.value.by === hung.by
            ? pool.invalidate(ask)
            : Effect.void)))
    // Its modules stay loaded, so that each change needs a process of its own.
    const askSuite = (question: Verdict.Question, limit: Duration.Duration) =>
      Effect.scoped(Effect.flatMap(start("suite"), (ask) => within(ask(question), limit)))

    const asked = name === "backend-fake"
      ? [askSuite, askTests]
      : judgesOf[name].suite
      ? [askTests, askSuite]
      : [askTests]

    /** What the judges say, the next one only after the one before has noticed nothing. */
    return (question: Verdict.Question, limit: Duration.Duration) =>
      Effect.reduce(asked, Verdict.Survived.make({ passed: 0 }) as Verdict.Verdict, (sum, ask) =>
        sum._tag === "Noticed" ?
          Effect.succeed(sum) :
          Effect.map(
            ask(question, limit),
            (verdict) =>
              verdict._tag === "Noticed" ? verdict : Verdict.Survived.make({ passed: sum.passed + verdict.passed })
          ))
  })

const hung = Verdict.Noticed.make({ by: "the time limit", message: "it comes to no end" })

const within = <E, R>(verdict: Effect.Effect<Verdict.Verdict, E, R>, duration: Duration.Duration) =>
  Effect.timeoutTo(verdict, { duration, onSuccess: (verdict) => verdict, onTimeout: (): Verdict.Verdict => hung })

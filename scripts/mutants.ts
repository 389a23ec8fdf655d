/**
 * Shows that the cases of the conformance suite can fail: breaks the host in
 * memory in many small ways, one at a time, and runs the suite on each. It fails
 * when the suite notices fewer than 48 of 50, when a mutation does not fit the
 * sources any more, or when the host as it is does not pass.
 *
 * - `--only TEXT`: the mutations with this text in their sentence, operation or file;
 * - `--jobs N`: how many side by side; as many as there are processors unless given;
 * - `--why`: with what the cases said.
 */
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Array, Console, Data, Effect, Schema, Stream } from "effect"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Mutant } from "./mutants/list.js"
import { mutants } from "./mutants/list.js"
import * as Verdict from "./mutants/Verdict.js"

/** The share of the mutants that has to be noticed. */
const share = 48 / 50

/** How long the suite may take on one of them. */
const limit = "20 minutes"

class Failed extends Data.TaggedError("Failed")<{ readonly message: string }> {}

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    jobs: { type: "string", default: `${availableParallelism()}` },
    why: { type: "boolean", default: false }
  }
})

const root = join(import.meta.dirname, "..")

const sources = join(root, "packages/backend-fake/src")

const build = join(root, "build")

const isWanted = ({ broken, file, operation }: Mutant): boolean =>
  [broken, file, operation].some((text) => text.toLowerCase().includes(options.only.toLowerCase()))

/** The sentences fill a column. */
const width = Math.max(...mutants.map(({ broken }) => broken.length))

const row = (sentence: string, verdict: string): string => `${sentence.padEnd(width)}  ${verdict}`

/** The text of the file that a mutant breaks, broken. */
const broken = ({ broken, file, find, put }: Mutant) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const parts = (yield* fs.readFileString(`${sources}/${file}`)).split(find)
    const count = parts.length - 1
    return count === 1
      ? { file, text: parts.join(put) }
      : yield* new Failed({ message: row(broken, `STALE: ${count} times in ${file}: ${find}`) })
  })

/** What the suite says of a copy of the sources, with one file of another text; in a process of its own. */
const judge = (directory: string, operation: string, change?: { readonly file: string; readonly text: string }) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const copy = yield* fs.makeTempDirectoryScoped({ directory })
    yield* fs.copy(sources, copy, { overwrite: true })
    if (change !== undefined) yield* fs.writeFileString(`${copy}/${change.file}`, change.text)
    const output = yield* Command.make(
      process.execPath,
      "--import=tsx",
      "--conditions=@effect-ploop/source",
      join(root, "scripts/mutants/judge.ts"),
      copy,
      operation
    ).pipe(
      Command.workingDirectory(root),
      Command.stderr("inherit"),
      Command.string,
      Effect.timeoutFail({
        duration: limit,
        onTimeout: () => new Failed({ message: `the suite is still running after ${limit}` })
      })
    )
    return yield* Schema.decode(Verdict.Json)(output).pipe(
      Effect.mapError(() => new Failed({ message: `the suite did not come to its end:\n${output}` }))
    )
  }).pipe(Effect.scoped)

const inWords = (verdict: Verdict.Verdict): string =>
  verdict._tag === "Survived"
    ? "SURVIVED"
    : `${verdict.case}, generation ${verdict.generation}${options.why ? `\n    ${verdict.message}` : ""}`

const main = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const wanted = mutants.filter(isWanted)
  if (wanted.length === 0) return yield* new Failed({ message: `no mutant is about ${options.only}` })
  const changes = yield* Effect.validateAll(wanted, broken).pipe(
    Effect.mapError((failures) => new Failed({ message: Array.map(failures, ({ message }) => message).join("\n") }))
  )

  // Inside of the repository, so that the packages find each other.
  yield* fs.makeDirectory(build, { recursive: true })
  const directory = yield* fs.makeTempDirectoryScoped({ directory: build, prefix: "mutants-" })

  const sound = yield* judge(directory, "")
  yield* Console.log(
    row("the host as it is", sound._tag === "Survived" ? `passes ${sound.passed} times` : inWords(sound))
  )
  if (sound._tag === "Noticed") return yield* new Failed({ message: `the host as it is fails: ${sound.message}` })

  const noticed = yield* Stream.fromIterable(Array.zip(wanted, changes)).pipe(
    Stream.mapEffect(
      ([{ broken, operation }, change]) =>
        Effect.map(judge(directory, operation, change), (verdict) => ({ broken, verdict })),
      { concurrency: Number(options.jobs) }
    ),
    Stream.tap(({ broken, verdict }) => Console.log(row(broken, inWords(verdict)))),
    Stream.filter(({ verdict }) => verdict._tag === "Noticed"),
    Stream.runCount
  )
  yield* Console.log(`${noticed} of ${wanted.length} noticed`)
  if (noticed < share * wanted.length) return yield* new Failed({ message: "the suite notices too few" })
}).pipe(Effect.scoped)

main.pipe(
  Effect.catchTag("Failed", ({ message }) =>
    Effect.zipRight(
      Console.error(message),
      Effect.sync(() => {
        process.exitCode = 1
      })
    )),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)

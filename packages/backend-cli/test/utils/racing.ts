/** Several processes that do something on one host at the same time. */
import { FileSystem } from "@effect/platform"
import { Context, Effect, Layer, Queue, Schema } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

const Image = { image: Schema.String }
const Disk = { disk: Schema.String }

/** What a process can be told to do. */
export const Step = Schema.Union(
  Schema.TaggedStruct("create", Image),
  Schema.TaggedStruct("restoreDescriptor", Image),
  Schema.TaggedStruct("convert", { ...Disk, format: Schema.Literal("expanded", "preallocated") }),
  Schema.TaggedStruct("createSnapshot", Disk),
  Schema.TaggedStruct("copyReceive", { ...Image, stream: Schema.String })
)

export type Step = typeof Step.Type

/** Does a step, and returns `done` or the tag of the error. */
type Racer = (step: Step) => Effect.Effect<string>

const racer = (tool: string) =>
  Effect.gen(function*() {
    const script = new URL("racer.ts", import.meta.url).pathname
    const lines = yield* Queue.unbounded<string>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["--import", "tsx", "--conditions=@effect-ploop/source", script], {
          stdio: ["pipe", "pipe", "inherit"],
          env: { ...process.env, PLOOP_TOOL: tool }
        })
      ),
      (child) => Effect.async<void>((done) => void child.once("close", () => done(Effect.void)).stdin.end())
    )
    createInterface({ input: child.stdout })
      .on("line", (line) => Queue.unsafeOffer(lines, line))
      .on("close", () => Queue.unsafeOffer(lines, "the process has ended"))
    yield* Queue.take(lines)
    const run: Racer = (step) =>
      Effect.zipRight(
        Effect.sync(() => child.stdin.write(`${Schema.encodeSync(Schema.parseJson(Step))(step)}\n`)),
        Queue.take(lines)
      )
    return run
  })

/** The real tool; it leaves a file when it changes a disk while another one does. */
const observed = `#!/bin/sh
case " $* " in *" snapshot "* | *" convert "*) ;; *) exec ploop "$@" ;; esac
mkdir "$0.busy" || touch "$0.overlap"
sleep 0.02
ploop "$@"
code=$?
rmdir "$0.busy"
exit $code
`

/** Two processes, and whether their tools have ever changed a disk at the same time. */
export class Racers extends Context.Tag("Racers")<Racers, {
  /** Each process does its own steps, both at the same time. The results are sorted. */
  readonly race: (first: ReadonlyArray<Step>, second: ReadonlyArray<Step>) => Effect.Effect<ReadonlyArray<string>>
  readonly overlapped: Effect.Effect<boolean>
}>() {
  static readonly layer = Layer.scoped(
    Racers,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tool = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-races-" })}/ploop`
      yield* fs.writeFileString(tool, observed, { mode: 0o755 })
      const both = yield* Effect.all([racer(tool), racer(tool)], { concurrency: "unbounded" })
      return {
        race: (first, second) =>
          Effect.forEach(both, (run, index) => Effect.forEach(index === 0 ? first : second, run), {
            concurrency: "unbounded"
          }).pipe(Effect.map((results) => results.flat().sort())),
        overlapped: Effect.orDie(fs.exists(`${tool}.overlap`))
      }
    })
  )
}

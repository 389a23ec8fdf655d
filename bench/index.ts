/**
 * What one `image info` costs through the backend, beside the same process
 * started with `node:child_process`. The runs alternate, so that a busy machine
 * slows both alike; only their ratio is of interest.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, Ploop } from "@effect-ploop/core"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import { spawn } from "node:child_process"

const rounds = 200

/** What runs once in ten milliseconds takes hundreds of runs until it is compiled. */
const warmUp = 400

/** The Debian build of the tool needs a large environment. */
const environment = { LC_ALL: "C", PLOOP_PAD: "x".repeat(8192) }

interface Direct {
  readonly total: number
  readonly start: number
  readonly text: string
}

/** Starts a process and reads its output, as a program without this library would. */
const direct = (command: string, args: ReadonlyArray<string>): Effect.Effect<Direct> =>
  Effect.async((resume) => {
    const begin = performance.now()
    const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] })
    const start = performance.now() - begin
    let text = ""
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8").on("data", (piece: string) => {
        text += piece
      })
    }
    child.on("close", () => resume(Effect.succeed({ total: performance.now() - begin, start, text })))
    child.on("error", (error) => resume(Effect.die(error)))
  })

/** The same with the executor of the platform, on which the backend stands. */
const executor = (command: string, args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(
    Command.start(Command.env(Command.make(command, ...args), environment)),
    (process) =>
      Effect.all([
        Stream.mkString(Stream.decodeText(process.stdout)),
        Stream.mkString(Stream.decodeText(process.stderr)),
        process.exitCode
      ], { concurrency: "unbounded" })
  ))

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const begin = performance.now()
    return Effect.map(effect, () => performance.now() - begin)
  })

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const percent = (part: number, whole: number): string => `${(100 * part / whole).toFixed(0)} %`

const program = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" })
  const disk = Disk.inDirectory(directory)
  yield* ploop.create({ image: path.join(directory, "root.hdd"), size: "64M", fileSystem: "none" })

  const infoArguments = ["-v-1", "info", "-s", "--", disk]
  const nothing: Array<Direct> = []
  const tool: Array<Direct> = []
  const platform: Array<number> = []
  const backend: Array<number> = []
  const round = Effect.gen(function*() {
    nothing.push(yield* direct("/bin/true", []))
    tool.push(yield* direct("ploop", infoArguments))
    platform.push(yield* timed(executor("ploop", infoArguments)))
    backend.push(yield* timed(ploop.imageInfo({ disk })))
  })
  yield* Effect.repeatN(round, warmUp)
  for (const values of [nothing, tool, platform, backend]) values.length = 0
  yield* Effect.repeatN(round, rounds - 1)

  const whole = median(tool.map((run) => run.total))
  const ratio = (times: ReadonlyArray<number>) =>
    median(times.map((time, index) => time / tool[index]!.total)).toFixed(2)
  const start = median(tool.map((run) => run.start))
  const empty = median(nothing.map((run) => run.total))
  yield* Console.table([
    { "one image info": "through the backend", "relative to node:child_process": ratio(backend) },
    { "one image info": "CommandExecutor of @effect/platform-node", "relative to node:child_process": ratio(platform) },
    { "one image info": "node:child_process", "relative to node:child_process": "1.00" },
    { "one image info": "/bin/true instead of the tool", "relative to node:child_process": (empty / whole).toFixed(2) }
  ])
  yield* Console.log(
    `Medians of ${rounds} alternating rounds. Of the time of a direct run, ${
      percent(empty, whole)
    } go into starting and ` +
      `reaping any process at all, ${
        percent(start, whole)
      } of the whole into the call that forks it (a copy of node's ` +
      `page tables, for which the event loop waits); the tool's own work is the remaining ${
        percent(whole - empty, whole)
      }.`
  )
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(PloopCli.layerConfig(PloopCli.config).pipe(Layer.provideMerge(NodeContext.layer))),
  NodeRuntime.runMain
)

/** Measures one `image info` through the CLI backend, beside the same process started with `node:child_process`. */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, Ploop } from "@effect-ploop/core"
import { Command, CommandExecutor, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer, Option, Stream } from "effect"
import { spawn } from "node:child_process"
import { alternate, median, rate, speed } from "./measure.js"
import type { Report } from "./report.js"
import { atLeast, perSecond } from "./report.js"

/** The real tool, and the file system that it uses. */
export const layer = PloopCli.layerConfig(PloopCli.config).pipe(Layer.provideMerge(NodeContext.layer))

/** Why the tool cannot be measured on this host. */
export const unavailable = Effect.gen(function*() {
  if (process.getuid?.() !== 0) return Option.some("the tool needs root")
  const ploop = yield* Ploop.Ploop
  const found = yield* Effect.option(ploop.tool)
  return Option.isSome(found) ? Option.none() : Option.some("the tool is not installed")
})

/** An operation of ten milliseconds needs hundreds of runs until its code is compiled. */
const rounds = { rounds: 200, warmUp: 300 }

/** The Debian build of the tool needs a large environment. */
const environment = { LC_ALL: "C", PLOOP_PAD: "x".repeat(8192) }

interface Direct {
  /** The time of the call that forks, in milliseconds. */
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
    child.on("close", () => resume(Effect.succeed({ start, text })))
    child.on("error", (error) => resume(Effect.die(error)))
  })

/** The same with the platform's executor, on which the backend is built. */
const platform = (executor: CommandExecutor.CommandExecutor, command: string, args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(
    executor.start(Command.env(Command.make(command, ...args), environment)),
    (process) =>
      Effect.all([
        Stream.mkString(Stream.decodeText(process.stdout)),
        Stream.mkString(Stream.decodeText(process.stderr)),
        process.exitCode
      ], { concurrency: "unbounded" })
  ))

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

const measure = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" })
  const disk = Disk.inDirectory(directory)
  yield* ploop.create({ image: path.join(directory, "root.hdd"), size: "64M", fileSystem: "none" })

  const infoArguments = ["-v-1", "info", "-s", "--", disk]
  const forks: Array<number> = []
  const times = yield* alternate({
    nothing: { run: direct("/bin/true", []) },
    direct: { run: Effect.map(direct("ploop", infoArguments), ({ start }) => forks.push(start)) },
    platform: { run: platform(yield* CommandExecutor.CommandExecutor, "ploop", infoArguments) },
    backend: { run: ploop.imageInfo({ disk }) }
  }, rounds)

  const reference = `node:child_process, ${perSecond(rate(times.direct, 1))}`
  const whole = median(times.direct)
  const empty = median(times.nothing)
  const report: Report = {
    rows: [
      {
        name: "image info through the backend",
        figure: perSecond(rate(times.backend, 1)),
        reference,
        ...speed(times.backend, times.direct),
        expectation: atLeast(0.5)
      },
      {
        name: "the same through CommandExecutor of @effect/platform-node",
        figure: perSecond(rate(times.platform, 1)),
        reference,
        ...speed(times.platform, times.direct)
      },
      {
        name: "/bin/true instead of the tool",
        figure: perSecond(rate(times.nothing, 1)),
        reference,
        ...speed(times.nothing, times.direct)
      }
    ],
    notes: [
      `Of the time of a direct run, ${percent(empty / whole)} is needed to start and reap any process, ` +
      `${
        percent(median(forks) / whole)
      } of the whole for the call that forks (it copies the page tables of Node while ` +
      `the event loop waits). The tool's own work is the remaining ${percent(1 - empty / whole)}.`
    ]
  }
  return report
}).pipe(Effect.scoped)

export const tool: Effect.Effect<Report> = Effect.gen(function*() {
  const reason = yield* unavailable
  const skipped: Report = { rows: [], notes: Option.toArray(Option.map(reason, (text) => `Skipped: ${text}.`)) }
  return Option.isSome(reason) ? skipped : yield* measure
}).pipe(Effect.provide(layer), Effect.orDie)

import { KernelEmulation } from "@effect-ploop/conformance"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Queue, Stream } from "effect"
import { fileURLToPath } from "node:url"

const home = fileURLToPath(new URL("../..", import.meta.url))

const found = await Effect.runPromise(Effect.provide(KernelEmulation.requirements(), NodeContext.layer))

/** Why the emulation cannot run here; undefined when it can. */
export const missing = found.some(({ status }) => status === "missing")
  ? found.filter(({ status }) => status === "missing").map(({ name, remedy }) => `${name} is missing: ${remedy}`).join(
    ", "
  )
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of the emulated kernel are required here, but ${missing}`)
}

export const title = (text: string): string => missing === undefined ? text : `${text} (skipped: ${missing})`

const program = (name: string) =>
  Effect.match(Command.exitCode(Command.make(name, "--version")), {
    onFailure: () => false,
    onSuccess: (code) => code === 0
  })

/** Whether another program on this machine can read the images. */
export const qemu = await Effect.runPromise(Effect.provide(program("qemu-img"), NodeContext.layer))

/** What a program writes in namespaces of its own: a line of JSON for each thing that it has done. */
export const lines = (program: string, scratch: string) =>
  Effect.gen(function*() {
    const [enter, ...args] = yield* KernelEmulation.enter(process.execPath, [
      ...["--import=tsx", "--conditions=@effect-ploop/source", program, scratch]
    ])
    const command = Command.stderr(Command.make(enter, ...args), "inherit")
    const written = yield* Stream.runCollect(Command.streamLines(command))
    // The other lines are the log.
    return [...written].filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as unknown)
  })

/** A process in namespaces of its own that runs cases; see `inside.ts`. */
export const start = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const scratch = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-emulation-" })
  const [enter, ...args] = yield* KernelEmulation.enter(process.execPath, [
    "--import",
    "tsx",
    "--conditions=@effect-ploop/source",
    "test/kernelEmulation/inside.ts",
    scratch,
    qemu ? "qemu" : ""
  ])
  const titles = yield* Queue.unbounded<string>()
  const answers = yield* Queue.unbounded<string>()
  const child = yield* Command.make(enter, ...args).pipe(
    Command.workingDirectory(home),
    Command.stdin(Stream.encodeText(Stream.fromQueue(titles))),
    Command.start
  )
  const log: Array<string> = []
  yield* Effect.forkScoped(Stream.runForEach(
    child.stdout.pipe(Stream.decodeText(), Stream.splitLines),
    (line) => Queue.offer(answers, line)
  ))
  yield* Effect.forkScoped(Stream.runForEach(
    child.stderr.pipe(Stream.decodeText(), Stream.splitLines),
    (line) => Effect.sync(() => log.push(line))
  ))
  const ended = Effect.flatMap(
    child.exitCode,
    (code) => Effect.dieMessage(`the process in the namespaces ended with ${code}:\n${log.slice(-20).join("\n")}`)
  )
  return {
    child,
    scratch,
    /** Runs a case; the result is parsed JSON. */
    ask: (title: string): Effect.Effect<unknown> =>
      Effect.sync(() => log.splice(0)).pipe(
        Effect.zipRight(Queue.offer(titles, `${title}\n`)),
        Effect.zipRight(Effect.raceFirst(Queue.take(answers), Effect.orDie(ended))),
        Effect.map((line) => JSON.parse(line) as unknown)
      ),
    /** The log since the last case. */
    log
  }
})

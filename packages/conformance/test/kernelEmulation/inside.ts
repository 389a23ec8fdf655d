/**
 * Runs in the namespaces of the emulation. It reads titles of cases, one per line,
 * and writes a line of JSON for each: an empty text when the case passed.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import { FileSystem, Terminal } from "@effect/platform"
import { NodeContext, NodeRuntime, NodeStream } from "@effect/platform-node"
import { Cause, Effect, Exit, Layer, Logger, Stream } from "effect"
import { cases, Emulated, endless } from "./cases.js"

const scratch = process.argv[2] ?? "/tmp"
const qemu = process.argv[3] === "qemu"

const Services = Layer.unwrapScoped(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ directory: scratch, prefix: "case-" })
  const emulation = yield* KernelEmulation.scoped({ scratch })
  return Layer.merge(
    PloopCli.layer({ prefix: emulation.prefix, sysfs: emulation.sysfs, verbosity: 0 }),
    Layer.succeed(Emulated, { emulation, directory, qemu })
  )
}))

/** Whatever a case left mounted is removed at the end of its scope. */
const leftovers = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const mounts = (yield* fs.readFileString("/proc/mounts")).split("\n").filter((line) =>
    line.includes("ploop") && !line.startsWith("ploop-emulation /dev tmpfs")
  )
  const states = yield* fs.readDirectory("/dev/ploop-emulation")
  if (mounts.length + states.length > 0) {
    return yield* Effect.dieMessage(`the case left something behind: ${[...mounts, ...states].join("\n")}`)
  }
})

const all: Readonly<Record<string, typeof cases[string] | typeof endless[keyof typeof endless] | undefined>> = {
  ...cases,
  ...endless
}

const answer = (title: string) =>
  Effect.scoped(all[title] ?? Effect.dieMessage(`there is no case ${title}`)).pipe(
    Effect.provide(Services),
    Effect.zipRight(leftovers),
    Effect.exit,
    Effect.map((exit) =>
      JSON.stringify(Exit.isSuccess(exit) ? "" : Cause.pretty(exit.cause, { renderErrorCause: true }))
    ),
    Effect.flatMap((line) => Effect.flatMap(Terminal.Terminal, (terminal) => terminal.display(`${line}\n`)))
  )

NodeStream.stdin.pipe(
  Stream.decodeText(),
  Stream.splitLines,
  Stream.runForEach(answer),
  Effect.provide(NodeContext.layer),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger))),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)

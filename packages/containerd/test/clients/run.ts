/**
 * Runs a command while `ploop-snapshotter` serves with the real tool on the emulated
 * kernel: `run.ts DIRECTORY COMMAND [ARGUMENT...]`. The exit code is that of the
 * command. With `SERVICE=volumePluginBin`, `ploop-volume-plugin` serves.
 *
 * The command finds the socket in `SNAPSHOTTER_SOCKET`, and the process in the file
 * that `SNAPSHOTTER_PID` names. It may kill it: as systemd does, this starts another one.
 */
import { KernelEmulation } from "@effect-ploop/conformance"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Effect, Schedule } from "effect"

const [directory = "", command = "", ...args] = process.argv.slice(2)

const socket = `${directory}/snapshotter.sock`

const pidFile = `${directory}/snapshotter.pid`

const bin = new URL(`../../src/${process.env.SERVICE ?? "bin"}.ts`, import.meta.url).pathname

const attached = (command: Command.Command) =>
  command.pipe(Command.stdin("inherit"), Command.stdout("inherit"), Command.stderr("inherit"))

/** Runs the snapshotter to its end, as an operator runs it. */
const snapshotter = ({ prefix, sysfs }: KernelEmulation.KernelEmulation) =>
  Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const options = ["--root", `${directory}/root`, "--socket", socket, "--size", "1G"]
    const server = yield* Command.start(
      attached(Command.make(process.execPath, ...process.execArgv, bin, ...options)).pipe(
        Command.env({ PLOOP_PREFIX: prefix.join(","), PLOOP_SYSFS: sysfs })
      )
    )
    yield* fs.writeFileString(pidFile, `${server.pid}`)
    return yield* server.exitCode
  }))

const isServed = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(socket)).pipe(
  Effect.repeat({ until: (exists) => exists, schedule: Schedule.spaced("100 millis") }),
  Effect.timeout("10 minutes")
)

const inside = Effect.gen(function*() {
  const kernel = yield* KernelEmulation.scoped({ scratch: directory })
  const client = attached(Command.make(command, ...args)).pipe(
    Command.env({ SNAPSHOTTER_SOCKET: socket, SNAPSHOTTER_PID: pidFile })
  )
  yield* Effect.forkScoped(Effect.forever(Effect.ignore(snapshotter(kernel))))
  return yield* Effect.zipRight(isServed, Command.exitCode(client))
})

const outside = Effect.gen(function*() {
  const again = [...process.execArgv, ...process.argv.slice(1)]
  const [program, ...rest] = yield* KernelEmulation.enter(process.execPath, again, { scratch: directory })
  return yield* Command.exitCode(attached(Command.make(program, ...rest)))
})

Effect.if(KernelEmulation.isInside, { onTrue: () => inside, onFalse: () => outside }).pipe(
  Effect.tap((code) => Effect.sync(() => void (process.exitCode = code))),
  Effect.scoped,
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)

import type { Ploop } from "@effect-ploop/core/Ploop"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type { Terminal } from "@effect/platform/Terminal"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Snapshotter from "../../Snapshotter.js"
import { StorageFailed } from "../../SnapshotterError.js"
import * as SnapshotterServer from "../../SnapshotterServer.js"
import * as instance from "../instance.js"
import * as plain from "./plain.js"

const variable = (name: string) => Config.string(`PLOOP_SNAPSHOTTER_${name}`)

const options = {
  root: Options.text("root").pipe(
    Options.withDescription("The directory of the snapshots, on one file system with hard links"),
    Options.withFallbackConfig(variable("ROOT")),
    Options.withDefault("/var/lib/ploop-snapshotter")
  ),
  socket: Options.text("socket").pipe(
    Options.withDescription("The Unix socket to serve, which the configuration of containerd names"),
    Options.withFallbackConfig(variable("SOCKET")),
    Options.withDefault("/run/ploop-snapshotter/snapshotter.sock")
  ),
  size: Options.text("size").pipe(
    Options.withDescription("The size of disks without a size of their own, from 300M to 15T"),
    Options.withFallbackConfig(variable("SIZE")),
    Options.withDefault("10G")
  ),
  maxChain: Options.integer("max-chain").pipe(
    Options.withDescription("How many images the chain of a disk has at most, from 8 to 120"),
    Options.withFallbackConfig(Config.integer("PLOOP_SNAPSHOTTER_MAX_CHAIN")),
    Options.withDefault(120)
  ),
  concurrency: Options.integer("concurrency").pipe(
    Options.withDescription("How many calls may change disks at the same time"),
    Options.withFallbackConfig(Config.integer("PLOOP_SNAPSHOTTER_CONCURRENCY")),
    Options.withDefault(4)
  )
}

/** The directory, for this process alone. */
const owned = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(root, { recursive: true, mode: 0o700 })
    yield* Effect.mapError(instance.own(root), (reason) => new StorageFailed({ step: `use ${root}`, reason }))
  })

const command = Command.make(
  "ploop-snapshotter",
  options,
  ({ socket, ...options }) =>
    Effect.scoped(Effect.gen(function*() {
      yield* owned(options.root)
      const served = SnapshotterServer.layer({ socket }).pipe(Layer.provide(Snapshotter.layer(options)))
      yield* Layer.build(served)
      yield* Effect.logInfo(`serving snapshots of ${options.root} at ${socket}`)
      return yield* Effect.never
    }))
).pipe(
  Command.withDescription(
    "Serves snapshots on ploop disks to containerd, until it gets SIGTERM or SIGINT. Containers go on running without " +
      "it. Exit codes: 0 it was told to stop; 2 it could not begin."
  )
)

const parse = Command.run(command, { name: "ploop-snapshotter", version: "0.1.0" })

/** Runs the command for its arguments. It prints an error, and fails with it. */
export const main = (
  argv: ReadonlyArray<string>
): Effect.Effect<void, unknown, Ploop | FileSystem.FileSystem | Path | Terminal> =>
  plain.run("ploop-snapshotter", parse(argv))

import { PloopCli } from "@effect-ploop/backend-cli"
import { Disk, DiskDescriptor, SnapshotId } from "@effect-ploop/core"
import type { Generation } from "@effect-ploop/core"
import { CommandExecutor, FileSystem } from "@effect/platform"
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { CurrentHostFiles } from "../../src/internal/currentHostFiles.js"
import type { HostFiles } from "../../src/internal/hostFiles.js"
import { nodeHostFiles } from "../../src/internal/nodeHostFiles.js"
import { CurrentSockets } from "../../src/internal/process/sockets.js"
import * as Directories from "./directories.js"
import { uuid } from "./realTool.js"
import type { Answer, Call } from "./ScriptedExecutor.js"
import * as ScriptedExecutor from "./ScriptedExecutor.js"

const usage: Record<Generation.Generation, string> = {
  "1.15": "Usage: ploop init -s SIZE [-f FORMAT] NEW_DELTA\n",
  "7": "Usage: ploop init -s SIZE [-f FORMAT] NEW_DELTA\n       ploop encrypt [-k KEY] [-w] DiskDescriptor.xml\n",
  "9": "Usage: ploop init -s SIZE [-f FORMAT] NEW_DELTA\n       ploop encrypt\n       ploop tg-init DEVICE NAME\n"
}

/** A backend over these processes, which has the files of this host, or others. */
export const over = (executor: CommandExecutor.CommandExecutor, files: HostFiles = nodeHostFiles) =>
  Layer.build(
    PloopCli.layer().pipe(
      Layer.provide(Layer.succeed(CommandExecutor.CommandExecutor, executor)),
      Layer.provide([NodeFileSystem.layer, NodePath.layer]),
      Layer.provide(Layer.succeed(CurrentHostFiles, files))
    )
  )

/** The files of this host, on which the node of a device is there. */
export const withNode = (device: string): HostFiles => ({
  ...nodeHostFiles,
  find: (path) => nodeHostFiles.find(path === device ? "/dev/null" : path)
})

export const A = SnapshotId.make(uuid("a"))
export const B = SnapshotId.make(uuid("b"))

/** The descriptor of a chain: `A`, on it `B` and these others, and a top delta in this file. */
export const descriptor = (top: string, ...others: ReadonlyArray<SnapshotId.SnapshotId>): string => {
  const chain = [A, B, ...others, SnapshotId.top]
  const fileOf = (index: number) => index === 0 ? "root.hdd" : `root.hdd.${index}`
  return DiskDescriptor.format(DiskDescriptor.make({
    size: "10M",
    images: chain.map((id, index) => ({ id, type: "Compressed", file: id === SnapshotId.top ? top : fileOf(index) })),
    snapshots: chain.map((id, index) => ({ id, parent: chain[index - 1] ?? SnapshotId.none, temporary: false }))
  }))
}

/** The words of a command, without the tool, the verbosity and the `--`. */
export const words = (call: Call): ReadonlyArray<string> =>
  call.argv.slice(1).filter((word) => !/^-v-?\d+$/.test(word) && word !== "--")

/**
 * A directory with a disk that has two snapshots, `A` and on it `B`, and a tool
 * of a generation that follows a script. Commands that the script does not
 * know succeed in silence, but `info -d`, which says that no device runs, and `dmsetup targets`. Queries
 * ask the tool, because no kernel follows the script.
 */
export const scripted = (
  generation: Generation.Generation,
  script: (command: ReadonlyArray<string>, disk: string, index: number) => Answer | undefined,
  options?: PloopCli.Options,
  directories?: Directories.Directories
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
    const disk = Disk.inDirectory(directory)
    yield* fs.writeFileString(disk, descriptor("root.hdd.2"))
    let index = 0
    const executor = ScriptedExecutor.make((argv) => {
      if (argv.length === 1) return { stderr: usage[generation], exitCode: 38 }
      const command = argv.slice(1).filter((word) => !/^-v-?\d+$/.test(word) && word !== "--")
      return script(command, disk, index++) ??
        (command[0] === "info" && command[1] === "-d"
          ? { stdout: "device:\t\t\n" }
          : command[0] === "targets"
          ? { stdout: "ploop            v1.0.0\n" }
          : {})
    })
    const context = yield* Layer.build(
      PloopCli.layer({ queries: "tool", ...options }).pipe(
        Layer.provide([executor.layer, Layer.succeed(CurrentSockets, executor.sockets)]),
        Layer.provide([Directories.layer(directories), NodePath.layer])
      )
    )
    /** The commands that were run, without the question for the generation. */
    const commands = Effect.sync(() => executor.calls.filter((call) => call.argv.length > 1).map(words))
    return {
      directory,
      disk,
      context,
      commands,
      calls: executor.calls,
      running: executor.running,
      executor: executor.executor
    }
  })

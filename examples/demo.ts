/**
 * A disk's life on the real tool: made, snapshotted, switched, deleted from,
 * merged. It needs no kernel driver, and leaves nothing behind.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { ByteSize, Disk, Ploop, PloopError, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Logger, LogLevel, Ref } from "effect"

/** Snapshots by the names that the demo gives them; identifiers alone tell a person little. */
const names = new Map<SnapshotId.SnapshotId, string>([[SnapshotId.top, "top (written to now)"]])

const named = (name: string) => (id: SnapshotId.SnapshotId) =>
  Effect.sync(() => names.set(id, name)).pipe(Effect.as(id))

const label = (node: SnapshotTree.Node): string => {
  const name = (names.get(node.id) ?? "").padEnd(20)
  return `${name} ${node.id}${node.temporary ? "  temporary" : ""}`
}

/** Says what happens, does it, and shows the disk afterwards. */
const makeStep = (disk: Disk.Disk) =>
  Effect.map(
    Ref.make(0),
    (counter) => <A, E, R>(title: string, effect: Effect.Effect<A, E, R>) =>
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const number = yield* Ref.updateAndGet(counter, (n) => n + 1)
        const result = yield* effect
        const tree = yield* ploop.listSnapshots({ disk })
        yield* Console.log(`${number}. ${title}\n`)
        yield* Console.log(`${SnapshotTree.render(tree, { label }).replace(/^/gm, "     ")}\n`)
        return result
      })
  )

const demo = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const tool = yield* ploop.tool
  yield* Console.log(`ploop of generation ${tool.generation}, run as ${tool.path}\n`)

  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-demo-" })
  const disk = Disk.inDirectory(directory)
  const step = yield* makeStep(disk)

  yield* step(
    "A disk of 64 MiB. It has one delta, which is written to.",
    ploop.create({ image: path.join(directory, "root.hdd"), size: ByteSize.MiB(64), fileSystem: "none" })
  )
  const first = yield* step(
    "A snapshot. What was written so far is frozen; a new delta takes what comes.",
    ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("first")))
  )
  yield* step("Another one.", ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("second"))))
  const kept = yield* step(
    "Back to the first snapshot, keeping what was written since the second as a snapshot of its own.",
    ploop.snapshotAndSwitch({ disk, id: first }).pipe(Effect.flatMap(named("kept")))
  )
  yield* step(
    "A snapshot on the new branch.",
    ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("branch")))
  )

  const marked = yield* step(
    "Delete the first snapshot. It has two children, so it is only marked: it goes away by itself later.",
    ploop.deleteSnapshot({ disk, id: first })
  )
  yield* Console.log(`     The answer says so: ${marked._tag}.\n`)

  const merged = yield* step(
    "Merge the kept snapshot into its parent. The parent's identifier is gone.",
    ploop.mergeSnapshots({ disk, snapshot: kept })
  )
  yield* Console.log(`     Gone: ${merged.gone.map((id) => names.get(id) ?? id).join(", ")}.\n`)

  yield* step(
    "Delete it. The snapshot that was only marked has one child now, and is merged with it.",
    ploop.deleteSnapshot({ disk, id: kept })
  )
  yield* step("Merge everything into the base.", ploop.mergeSnapshots({ disk, all: true }))

  const info = yield* ploop.imageInfo({ disk })
  yield* Console.log(
    `${ByteSize.format(info.size)}, clusters of ${ByteSize.format(info.clusterSize)}. All of it is removed again now.`
  )
}).pipe(Effect.scoped)

const explain = (error: unknown) =>
  PloopError.isPloopError(error)
    ? Console.error(`The demo cannot go on.\n\n  ${error.message}\n\n  ${error.remedy}`)
    : Console.error(`The demo cannot go on: ${error}`)

demo.pipe(
  Effect.tapError(explain),
  // What the tool says on the way is of no interest here.
  Logger.withMinimumLogLevel(LogLevel.Error),
  Effect.provide(PloopCli.layerConfig(PloopCli.config).pipe(Layer.provideMerge(NodeContext.layer))),
  NodeRuntime.runMain({ disableErrorReporting: true })
)

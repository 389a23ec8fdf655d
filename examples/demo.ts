/**
 * The life of a disk: it is created, mounted, written to, snapshotted, switched
 * and merged. By default it runs on the host in memory, and with `--backend
 * cli` on the real tool. The program is the same for both and leaves nothing
 * behind. Without a kernel driver it skips the mounts.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { ByteSize, Disk, Ploop, PloopError, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import type { ConfigError } from "effect"
import { Console, Effect, Layer, Logger, LogLevel, Ref } from "effect"
import { parseArgs } from "node:util"
import { demo as fleetDemo } from "./fleet/demo.js"

/** The names that the demo gives to snapshots, because identifiers mean little to a reader. */
const names = new Map<SnapshotId.SnapshotId, string>([[SnapshotId.top, "top delta"]])

const named = (name: string) => (id: SnapshotId.SnapshotId) =>
  Effect.sync(() => names.set(id, name)).pipe(Effect.as(id))

const label = (node: SnapshotTree.Node): string => {
  const name = (names.get(node.id) ?? "").padEnd(20)
  return `${name} ${node.id}${node.temporary ? "  temporary" : ""}`
}

/** Prints a title, runs the step, and shows the disk afterwards. */
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

type Step = Effect.Effect.Success<ReturnType<typeof makeStep>>

/** Prints the contents of the disk at its mount point, and the size of its image files. */
const show = (directory: string, target: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const motd = yield* fs.readFileString(path.join(target, "etc/motd"))
    const files = (yield* fs.readDirectory(directory)).filter((name) => name.startsWith("root.hdd"))
    const sizes = yield* Effect.forEach(files, (name) =>
      Effect.map(fs.stat(path.join(directory, name)), (info) => ByteSize.make(info.size)))
    yield* Console.log(`     etc/motd says: ${motd}`)
    yield* Console.log(`     image files: ${sizes.map(ByteSize.format).join(" and ")}\n`)
  })

/** Writes a file, takes a snapshot, overwrites the file, and goes back to the first version. */
const writeAndGoBack = (step: Step, disk: Disk.Disk, directory: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const target = path.join(directory, "mnt")
    const etc = path.join(target, "etc")
    const write = (motd: string) =>
      Effect.zipRight(fs.makeDirectory(etc, { recursive: true }), fs.writeFileString(path.join(etc, "motd"), motd))
    yield* fs.makeDirectory(target)

    const first = yield* Ploop.withMount({ disk, target }, ({ device }) =>
      Effect.gen(function*() {
        yield* Console.log(`The disk is mounted: ${device} at ${target}.\n`)
        yield* write("written first")
        yield* show(directory, target)
        const id = yield* step(
          "A snapshot of the mounted disk.",
          ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("clean")))
        )
        yield* write("written later")
        yield* show(directory, target)
        return id
      }))

    yield* step("Unmounted, and back to the snapshot.", ploop.switchSnapshot({ disk, id: first }))
    yield* Ploop.withMount({ disk, target }, () => show(directory, target))

    const refused = yield* Ploop.withMount(
      { disk, target, snapshot: first, component: "view" },
      () => Effect.flip(write("written to a snapshot"))
    )
    yield* Console.log(`     A snapshot refuses writes: ${refused.message}\n`)
    yield* step("The snapshot is deleted: the top delta is merged into it.", ploop.deleteSnapshot({ disk, id: first }))
  })

/** Branches, and the deletion of a snapshot with several children. */
const branch = (step: Step, disk: Disk.Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const first = yield* step(
      "A snapshot. It keeps what was written so far, and a new delta receives writes.",
      ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("first")))
    )
    yield* step("Another one.", ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("second"))))
    const kept = yield* step(
      "Back to the first snapshot. What was written since the second is kept as another snapshot.",
      ploop.snapshotAndSwitch({ disk, id: first }).pipe(Effect.flatMap(named("kept")))
    )
    yield* step(
      "A snapshot on the new branch.",
      ploop.createSnapshot({ disk }).pipe(Effect.flatMap(named("branch")))
    )

    const marked = yield* step(
      "Delete the first snapshot. It has two children, so it is only marked, and is merged automatically later.",
      ploop.deleteSnapshot({ disk, id: first })
    )
    yield* Console.log(`     The result: ${marked._tag}.\n`)

    const merged = yield* step(
      "Merge the kept snapshot into its parent. The parent's identifier is gone.",
      ploop.mergeSnapshots({ disk, snapshot: kept })
    )
    yield* Console.log(`     Gone: ${merged.gone.map((id) => names.get(id) ?? id).join(", ")}.\n`)

    yield* step(
      "Delete it. The marked snapshot has one child now, and is merged with it.",
      ploop.deleteSnapshot({ disk, id: kept })
    )
    yield* step("Merge everything into the base.", ploop.mergeSnapshots({ disk, all: true }))
  })

/** What a mount requires of the kernel. */
const drivers = ["ploop kernel driver", "device mapper"]

const demo = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  const tool = yield* ploop.tool
  yield* Console.log(`ploop of generation ${tool.generation}\n`)
  const missing = (yield* ploop.prerequisites).find(({ name, status }) =>
    drivers.includes(name) && status === "missing"
  )

  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-demo-" })
  const disk = Disk.inDirectory(directory)
  const image = path.join(directory, "root.hdd")
  const step = yield* makeStep(disk)

  if (missing === undefined) {
    yield* step(
      "A disk of 1 GiB with a file system. It has one delta, which receives writes.",
      ploop.create({ image, size: ByteSize.GiB(1) })
    )
    yield* writeAndGoBack(step, disk, directory)
  } else {
    yield* step(
      `A disk of 64 MiB. Nothing is mounted, because the host has no ${missing.name}.`,
      ploop.create({ image, size: ByteSize.MiB(64), fileSystem: "none" })
    )
  }
  yield* branch(step, disk)

  const info = yield* ploop.imageInfo({ disk })
  yield* Console.log(
    `${ByteSize.format(info.size)}, clusters of ${ByteSize.format(info.clusterSize)}. Everything is removed now.`
  )
}).pipe(Effect.scoped)

const explain = (error: unknown) =>
  PloopError.isPloopError(error)
    ? Console.error(`The demo cannot continue.\n\n  ${error.message}\n\n  ${error.remedy}`)
    : Console.error(`The demo cannot continue: ${error}`)

const usage = `Usage: npm run demo -- [--backend fake|cli] [--fleet]

  fake  a host in memory (the default)
  cli   the ploop tool of this host, as root

  --fleet  a disk moves between hosts in memory, and the process that moves it is killed`

const backends: Record<
  "cli" | "fake",
  Layer.Layer<Ploop.Ploop | FileSystem.FileSystem | Path.Path, ConfigError.ConfigError>
> = {
  fake: PloopFake.layer(),
  cli: PloopCli.layerConfig(PloopCli.config).pipe(Layer.provideMerge(NodeContext.layer))
}

const isBackend = (name: string): name is keyof typeof backends => Object.hasOwn(backends, name)

const misused = (what: string) =>
  Effect.zipRight(Console.error(`${what}\n\n${usage}`), Effect.sync(() => process.exitCode = 2))

const main = Effect.gen(function*() {
  const { values } = yield* Effect.try({
    try: () =>
      parseArgs({
        options: {
          backend: { type: "string", default: "fake" },
          fleet: { type: "boolean" },
          help: { type: "boolean" }
        }
      }),
    catch: (cause) => cause instanceof Error ? cause.message : String(cause)
  })
  if (values.help === true) return yield* Console.log(usage)
  if (values.fleet === true) return yield* Effect.tapError(fleetDemo, explain)
  if (!isBackend(values.backend)) return yield* misused(`backend is ${values.backend}, but it must be fake or cli`)
  yield* demo.pipe(Effect.provide(backends[values.backend]), Effect.tapError(explain))
}).pipe(Effect.catchIf((error) => typeof error === "string", misused))

main.pipe(
  // The tool's output is of no interest here.
  Logger.withMinimumLogLevel(LogLevel.Error),
  NodeRuntime.runMain({ disableErrorReporting: true })
)

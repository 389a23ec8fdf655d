import { PloopCli } from "@effect-ploop/backend-cli"
import type { Disk } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"

const lacks = await Effect.runPromise(
  Effect.filter(
    [["ploop"], ["strace", "-V"]] as const,
    ([program, ...args]) => Command.exitCode(Command.make(program, ...args)).pipe(Effect.isFailure)
  ).pipe(Effect.provide(NodeContext.layer))
)

/** Why tests of the killed tool cannot run here; undefined when they can. */
export const missing: string | undefined = lacks.length > 0
  ? `not installed: ${lacks.map(([program]) => program).join(", ")}`
  : process.getuid?.() !== 0
  ? "the tool's locks need root"
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of the killed tool are required here, but ${missing}`)
}

export const RealTool = PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer))

/** Runs the tool, and kills it when it makes a system call for the given time. Returns whether it was killed. */
export const killedAt = (call: string, time: number, args: ReadonlyArray<string>) =>
  Command.make(
    "strace",
    ...["-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${time}`],
    "ploop",
    ...args
  ).pipe(
    Command.exitCode,
    Effect.flatMap((code) => code === 0 ? Effect.succeed(false) : Effect.dieMessage(`the tool failed with ${code}`)),
    // A process that was killed has no exit code.
    Effect.catchIf(({ message }) => message.includes("SIGKILL"), () => Effect.succeed(true))
  )

/** Small, so that an image is written in a moment. */
export const clusterSize = 1 << 16

/** Where the index of an image of version 1 has the place of a cluster, which is in sectors. */
const entryOf = (cluster: number) => 64 + 4 * cluster

/** Writes a cluster into an image, all bytes with one value. */
export const writeCluster = (image: string, cluster: number, value: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* fs.readFile(image)
    const longer = new Uint8Array(bytes.length + clusterSize).fill(value)
    longer.set(bytes)
    new DataView(longer.buffer).setUint32(entryOf(cluster), bytes.length / 512, true)
    yield* fs.writeFile(image, longer)
  })

const readCluster = (image: string, cluster: number) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const bytes = Buffer.from(yield* fs.readFile(image))
    const sector = bytes.readUInt32LE(entryOf(cluster))
    return sector === 0 ? 0 : bytes.readUInt8(sector * 512)
  })

/** The value of each cluster in turn, as a snapshot has it: of the uppermost image that has the cluster. */
const read = (images: ReadonlyArray<string>, clusters: number) =>
  Effect.forEach(
    Array.from({ length: clusters }, (_, cluster) => cluster),
    (cluster) =>
      Effect.reduce(images, 0, (found, image) => found > 0 ? Effect.succeed(found) : readCluster(image, cluster))
  )

/** What each snapshot of a disk holds, and the disk itself under the name `top`. */
export const holdings = (disk: Disk.Disk, clusters: number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const path = yield* Path.Path
    const { nodes } = yield* ploop.listSnapshots({ disk })
    const below = (id: SnapshotId.SnapshotId | undefined): ReadonlyArray<string> =>
      nodes.filter((node) => node.id === id).flatMap(({ file, parent }) => [
        path.resolve(path.dirname(disk), file),
        ...below(parent)
      ])
    const all = yield* Effect.forEach(nodes, ({ id }) =>
      Effect.map(read(below(id), clusters), (values) => [id === SnapshotId.top ? "top" : id, values] as const))
    return new Map(all)
  })

/**
 * The smallest sizes of idle disks, on the real tool and the emulated kernel, and on
 * the host in memory. It runs inside the namespaces of the emulation, and writes a
 * line of JSON for each disk.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { KernelEmulation } from "@effect-ploop/conformance"
import { ByteSize, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const scratch = process.argv[2] ?? "/tmp"

/** What a disk is made of, and what is in it: sizes in MiB, and numbers of files of 16 KiB. */
interface Disk {
  readonly size: number
  readonly fileSystem: "ext3" | "ext4"
  readonly large: ReadonlyArray<number>
  readonly small: number
  /** Every such file is removed again, if any. */
  readonly removed?: number
}

const disks: ReadonlyArray<Disk> = [
  { size: 300, fileSystem: "ext4", large: [], small: 0 },
  { size: 300, fileSystem: "ext3", large: [3], small: 0 },
  { size: 700, fileSystem: "ext4", large: [9, 22, 4], small: 0 },
  { size: 1100, fileSystem: "ext4", large: [3], small: 200, removed: 2 },
  { size: 2111, fileSystem: "ext3", large: [45, 3], small: 0 },
  { size: 5037, fileSystem: "ext4", large: [60, 60, 50], small: 0 },
  { size: 12_000, fileSystem: "ext4", large: [50], small: 90 }
]

const filled = (target: string, { large, removed, small }: Disk) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    for (const [index, size] of large.entries()) {
      yield* fs.writeFile(`${target}/large-${index}`, new Uint8Array(size << 20).fill(1))
    }
    for (let index = 0; index < small; index++) {
      yield* fs.writeFile(`${target}/small-${index}`, new Uint8Array(1 << 14).fill(1))
    }
    if (removed === undefined) return
    for (let index = 0; index < small; index += removed) yield* fs.remove(`${target}/small-${index}`)
  })

/** The smallest size of a disk, which a resize accepts, and refuses a cluster less. */
const minimumOf = (of: Disk, directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const target = `${directory}/mnt`
    yield* fs.makeDirectory(target, { recursive: true })
    const { fileSystem, size } = of
    const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: ByteSize.MiB(size), fileSystem })
    yield* Ploop.withMount({ disk, target }, () => filled(target, of))
    const { minimum = ByteSize.MiB(0) } = yield* ploop.sizeLimits({ disk, mayMount: true })
    const refused = yield* Effect.flip(ploop.resize({ disk, size: ByteSize.make(minimum - 1n * (1n << 20n)) }))
    yield* ploop.resize({ disk, size: minimum })
    return { minimum: Number(minimum >> 20n), below: refused._tag }
  })

Effect.gen(function*() {
  const { prefix, sysfs } = yield* KernelEmulation.scoped({ scratch })
  const tool = PloopCli.layer({ prefix, sysfs }).pipe(Layer.provideMerge(NodeContext.layer))
  for (const [index, disk] of disks.entries()) {
    const real = yield* Effect.provide(minimumOf(disk, `${scratch}/${index}`), tool)
    const fake = yield* Effect.provide(minimumOf(disk, `/vz/${index}`), PloopFake.layer())
    const data = disk.large.reduce((sum, size) => sum + size, 0) + disk.small / 64
    yield* Console.log(JSON.stringify({ disk: `${disk.size} MiB, ${disk.fileSystem}`, data, real, fake }))
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain())

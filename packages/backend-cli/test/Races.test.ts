/** Several processes that work on one disk, or make one file, with the real tool. */
import { Disk, Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Array, Effect, Layer } from "effect"
import type { Step } from "./utils/racing.js"
import { Racers } from "./utils/racing.js"
import { freshDisk, missing, RealTool, scratch, title } from "./utils/realTool.js"

const race = (first: ReadonlyArray<Step>, second: ReadonlyArray<Step>) =>
  Effect.flatMap(Racers, ({ race }) => race(first, second))

const overlapped = Effect.flatMap(Racers, ({ overlapped }) => overlapped)

/** A race can be lost by either, and its outcome must be the same each time. */
const rounds = 3

const often = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.repeatN(effect, rounds - 1)

/** The names in a directory, without the locks of the tool. */
const names = (directory: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.readDirectory(directory), (all) => all.filter((name) => !name.endsWith(".lck")).sort())
  )

/** A packet of a copy: so many bytes of one value, at a position. */
const packet = (position: number, value: number, length: number): Buffer => {
  const bytes = Buffer.alloc(16 + length, value)
  bytes.writeUInt32LE(0x4cc0ac3d, 0)
  bytes.writeUInt32LE(length, 4)
  bytes.writeBigUInt64LE(BigInt(position), 8)
  return bytes
}

const stream = (value: number) =>
  Buffer.concat([packet(0, value, 65_536), packet(65_536, value, 65_536), packet(0, 0, 0)]).toString("base64")

describe.skipIf(missing !== undefined)(title("two processes"), () => {
  layer(Layer.provideMerge(Racers.layer, RealTool), { excludeTestServices: true })(
    (it) => {
      it.scoped("that create one disk: one does, and the other finds it", () =>
        often(Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const directory = yield* scratch
          const image = `${directory}/root.hdd`
          const step: Step = { _tag: "create", image }
          assert.deepStrictEqual(yield* race([step], [step]), ["AlreadyExists", "done"])
          assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd"])
          assert.strictEqual(yield* ploop.topDelta({ disk: Disk.inDirectory(directory) }), image)
          assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
        })))

      it.scoped("that write a descriptor for one image: one does, and the other finds it", () =>
        often(Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const fs = yield* FileSystem.FileSystem
          const { directory, disk, image } = yield* freshDisk("4M")
          yield* fs.remove(disk)
          const step: Step = { _tag: "restoreDescriptor", image }
          assert.deepStrictEqual(yield* race([step], [step]), ["AlreadyExists", "done"])
          assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd"])
          assert.strictEqual(yield* ploop.topDelta({ disk }), image)
        })))

      it.scoped("that receive a copy by one name: one does, whole, and the other finds it", () =>
        often(Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const directory = yield* scratch
          const image = `${directory}/copy.hdd`
          const receive = (value: number): Step => ({ _tag: "copyReceive", image, stream: stream(value) })
          assert.deepStrictEqual(yield* race([receive(7)], [receive(8)]), ["AlreadyExists", "done"])
          assert.deepStrictEqual(yield* names(directory), ["copy.hdd"])
          const bytes = yield* fs.readFile(image)
          assert.strictEqual(bytes.length, 131_072)
          assert.lengthOf(Array.dedupe(bytes), 1)
        })))

      it.scoped("that convert one disk: both do, one after the other, and the disk is whole", () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const { directory, disk, image } = yield* freshDisk("4M")
          const convert = (format: "expanded" | "preallocated"): Step => ({ _tag: "convert", disk, format })
          const done = yield* race(
            Array.makeBy(rounds, () => convert("preallocated")),
            Array.makeBy(rounds, () => convert("expanded"))
          )
          assert.deepStrictEqual(done, Array.makeBy(2 * rounds, () => "done"))
          assert.isFalse(yield* overlapped)
          assert.deepStrictEqual(yield* names(directory), ["DiskDescriptor.xml", "root.hdd"])
          assert.strictEqual((yield* ploop.check({ image })).outcome, "clean")
        }))

      it.scoped("that take snapshots of one disk by two names lose none", () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const fs = yield* FileSystem.FileSystem
          const { directory, disk } = yield* freshDisk("4M")
          const links = yield* scratch
          const other = Disk.inDirectory(links)
          yield* fs.symlink(disk, other)
          const done = yield* race(
            Array.makeBy(rounds, () => ({ _tag: "createSnapshot", disk } as const)),
            Array.makeBy(rounds, () => ({ _tag: "createSnapshot", disk: other } as const))
          )
          assert.deepStrictEqual(done, Array.makeBy(2 * rounds, () => "done"))
          assert.isFalse(yield* overlapped)
          const tree = yield* ploop.listSnapshots({ disk })
          assert.lengthOf(SnapshotTree.chain(tree, SnapshotId.top), 2 * rounds + 1)
          assert.lengthOf(yield* names(directory), 2 * rounds + 2)
        }))
    }
  )
})

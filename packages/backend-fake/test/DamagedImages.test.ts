/** What the tool of 1.15 does with images that something else has changed, as it was seen on the real one. */
import { PloopFake } from "@effect-ploop/backend-fake"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const id = SnapshotId.make("98310601-b9ad-4a73-af30-2f538bb1b1cb")
const [disk, image] = ["/vz/DiskDescriptor.xml", "/vz/root.hdd"]

const services = Effect.all({ fs: FileSystem.FileSystem, ploop: Ploop.Ploop })

const made = (format: "expanded" | "raw" | "preallocated") =>
  Effect.gen(function*() {
    const { ploop } = yield* services
    yield* ploop.create({ image, size: "10M", format, fileSystem: "none", ...(format !== "raw" && { version: 1 }) })
    yield* ploop.createSnapshot({ disk, id })
  })

/** Changes the size in the header of an image, in sectors. */
const resized = (file: string, sectors: number) =>
  Effect.gen(function*() {
    const { fs } = yield* services
    const bytes = yield* fs.readFile(file)
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(36, sectors, true)
    yield* fs.writeFile(file, bytes)
  })

const sectorsOf = (file: string) =>
  Effect.gen(function*() {
    const bytes = yield* (yield* services).fs.readFile(file)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(36, true)
  })

describe("a merge", () => {
  for (const [format, exitCode] of [["raw", 7], ["expanded", 4]] as const) {
    it.effect(`fails with ${exitCode} where a directory has the name of the ${format} base image`, () =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        yield* made(format)
        yield* fs.remove(image)
        yield* fs.makeDirectory(image)
        const error = yield* Effect.flip(ploop.mergeSnapshots({ disk }))
        assert.deepInclude(error, { _tag: "InputOutputFailed", exitCode })
      }).pipe(Effect.provide(PloopFake.layer({ generation: "1.15" }))))
  }

  it.effect("gives the base the size of the upper image, also a smaller one, and leaves its file as long as it is", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made("preallocated")
      const { size } = yield* fs.stat(image)
      yield* resized(yield* ploop.topDelta({ disk }), 2048)
      yield* ploop.mergeSnapshots({ disk })
      assert.deepStrictEqual([yield* sectorsOf(image), (yield* fs.stat(image)).size], [2048, size])
    }).pipe(Effect.provide(PloopFake.layer({ generation: "1.15" }))))

  it.effect("into a new file fails where the upper image has a size of 0", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made("expanded")
      yield* resized(yield* ploop.topDelta({ disk }), 0)
      const error = yield* Effect.flip(ploop.mergeSnapshots({ disk, into: "/vz/merged.hdd" }))
      assert.deepInclude(error, { _tag: "Unclassified", exitCode: 38 })
      assert.isFalse(yield* fs.exists("/vz/merged.hdd"))
    }).pipe(Effect.provide(PloopFake.layer({ generation: "1.15" }))))
})

describe("a replacement", () => {
  it.effect("by a copy of an image of the same size and header succeeds, however many images were read before", () =>
    Effect.forEach(Array.from({ length: 12 }, (_, index) => index), (before) =>
      Effect.gen(function*() {
        const { fs, ploop } = yield* services
        yield* ploop.create({ image, size: "300M" })
        for (let index = 0; index < before; index++) {
          const other = `/tmp/${index}/root.hdd`
          yield* fs.makeDirectory(`/tmp/${index}`)
          yield* ploop.create({ image: other, size: "8M", fileSystem: "none" })
          yield* fs.readFile(other)
        }
        yield* Ploop.withMount(
          { disk, target: "/mnt" },
          () => Effect.zipRight(ploop.createSnapshot({ disk }), ploop.createSnapshot({ disk, id }))
        )
        const { nodes } = yield* ploop.listSnapshots({ disk })
        yield* fs.copyFile(`/vz/${nodes.find((node) => node.id === id)?.file}`, "/vz/copy.hdd")
        yield* ploop.replace({ disk, snapshot: SnapshotId.top, with: "/vz/copy.hdd" })
      }).pipe(Effect.provide(PloopFake.layer({ generation: "1.15" }))), { discard: true }))
})

describe("a conversion", () => {
  it.effect("to another version keeps an index entry that leads nowhere, which a check repairs only with hardForce", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* ploop.create({ image, size: "8M", fileSystem: "none", version: 1 })
      const bytes = yield* fs.readFile(image)
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(64, 15 << 24, true)
      yield* fs.writeFile(image, bytes)
      yield* ploop.convert({ disk, version: 2 })
      const outcome = (options: { readonly hardForce: boolean }) =>
        Effect.map(ploop.check({ image, force: true, ...options }), ({ outcome }) => outcome)
      assert.strictEqual(yield* outcome({ hardForce: false }), "broken")
      assert.strictEqual(yield* outcome({ hardForce: false }), "broken", "a check that was not told to changes nothing")
      assert.strictEqual(yield* outcome({ hardForce: true }), "repaired")
      assert.strictEqual(yield* outcome({ hardForce: false }), "clean")
    }).pipe(Effect.provide(PloopFake.layer({ generation: "9" }))))

  it.effect("fails when the image is opened where it is a directory: for writing, unless it becomes raw", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made("expanded")
      yield* ploop.mergeSnapshots({ disk })
      yield* fs.remove(image)
      yield* fs.makeDirectory(image)
      const tagOf = (options: { readonly version: 1 } | { readonly format: "preallocated" | "raw" }) =>
        Effect.map(Effect.flip(ploop.convert({ disk, ...options })), ({ _tag }) => _tag)
      assert.strictEqual(yield* tagOf({ version: 1 }), "InputOutputFailed")
      assert.strictEqual(yield* tagOf({ format: "preallocated" }), "InputOutputFailed")
      assert.strictEqual(yield* tagOf({ format: "raw" }), "ImageCorrupt")
    }).pipe(Effect.provide(PloopFake.layer({ generation: "1.15" }))))
})

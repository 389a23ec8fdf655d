import type { OperationError } from "@effect-ploop/core"
import { DiskDescriptor, ExchangeFormat, ImageExamination, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck as fc, Fiber, type Scope } from "effect"
import { copyFileSync, renameSync, utimesSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { OnDone } from "../src/internal/hostFiles.js"
import { nodeHostFiles as files } from "../src/internal/nodeHostFiles.js"
import { A, descriptor, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"

const test = <A, E>(
  title: string,
  body: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, Scope.Scope>
) =>
  it.scopedLive(title, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-exchange-" }), fs)
    }).pipe(Effect.provide(NodeContext.layer)))

const clusterSize = 32_768

const sector = 512

/** The bytes of a disk of some sectors, with a byte in each of these positions. */
const disk = (sectors: number, places: ReadonlyArray<readonly [sector: number, byte: number]>) => {
  const bytes = new Uint8Array(sectors * sector)
  for (const [at, byte] of places) bytes[(at * sector + byte) % bytes.length] = byte
  return bytes
}

const disks = fc.tuple(
  fc.integer({ min: 1, max: 1000 }),
  fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 255 })), { maxLength: 6 })
).map(([sectors, places]) => disk(sectors, places))

describe("an image that is packed of a raw file", () => {
  test(
    "has zeros behind the end of the file, and nothing of the cluster before",
    (directory, fs) =>
      Effect.gen(function*() {
        const [raw, packed, again] = [`${directory}/raw`, `${directory}/packed`, `${directory}/again`]
        const bytes = new Uint8Array(clusterSize + sector).fill(7)
        yield* fs.writeFile(raw, bytes)
        yield* files.pack(raw, packed, { version: 2, clusterSize, size: 2 * clusterSize })
        yield* files.compose({ layers: [{ path: packed, isRaw: false }], size: BigInt(2 * clusterSize) }, again)
        const expected = new Uint8Array(2 * clusterSize)
        expected.set(bytes)
        assert.isTrue(Buffer.from(yield* fs.readFile(again)).equals(expected))
      })
  )

  test("is marked as empty in its header only if it has no data", (directory, fs) =>
    Effect.gen(function*() {
      for (const [bytes, flags] of [[disk(64, []), 1], [disk(64, [[63, 1]]), 0]] as const) {
        const [raw, packed] = [`${directory}/raw-${flags}`, `${directory}/packed-${flags}`]
        yield* fs.writeFile(raw, bytes)
        yield* files.pack(raw, packed, { version: 2, clusterSize, size: clusterSize })
        assert.strictEqual(ImageExamination.readHeader(yield* files.start(packed, 64)).flags, flags)
      }
    }))

  test(
    "has a sound index, no hole, and every byte of it, and zeros up to the end of the last cluster",
    (directory, fs) =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(disks, fc.constantFrom<1 | 2>(1, 2), (bytes, version) =>
            Effect.runPromise(Effect.scoped(Effect.gen(function*() {
              const own = yield* fs.makeTempDirectoryScoped({ directory })
              const [raw, packed, again] = ["raw", "packed", "again"].map((name) => `${own}/${name}`) as [
                string,
                string,
                string
              ]
              yield* fs.writeFile(raw, bytes)
              const size = Math.ceil(bytes.length / clusterSize) * clusterSize
              yield* files.pack(raw, packed, { version, clusterSize, size })
              const made = yield* fs.readFile(packed)
              assert.deepStrictEqual(ImageExamination.examine(made, BigInt(made.length)), [])
              yield* files.compose({ layers: [{ path: packed, isRaw: false }], size: BigInt(size) }, again)
              const expected = new Uint8Array(size)
              expected.set(bytes)
              assert.isTrue(Buffer.from(yield* fs.readFile(again)).equals(expected))
            })))),
          { numRuns: 20 }
        )
      )
  )
})

describe("a raw file that is composed", () => {
  test("is not made of images with clusters of different sizes", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFile(`${directory}/base`, image())
      yield* fs.writeFile(`${directory}/top`, image({ cluster: 64, first: 2048, clusters: 320 }))
      const layers = ["base", "top"].map((name) => ({ path: `${directory}/${name}`, isRaw: false }))
      const error = yield* Effect.flip(files.compose({ layers, size: 1024n }, `${directory}/raw`))
      assert.strictEqual(error._tag === "SystemError" && error.reason, "InvalidData")
    }))

  test("is not made when an image is not one, or is cut in its index", (directory, fs) =>
    Effect.gen(function*() {
      for (const bytes of [new Uint8Array(4096), image().subarray(0, 70)]) {
        yield* fs.writeFile(`${directory}/base`, bytes)
        const layers = [{ path: `${directory}/base`, isRaw: false }]
        const made = files.compose({ layers, size: 10n * 1024n * 1024n }, `${directory}/${bytes.length}`)
        const error = yield* Effect.flip(made)
        assert.strictEqual(error._tag === "SystemError" && error.reason, "InvalidData")
      }
    }))

  test("ends with an interruption", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFile(`${directory}/base`, new Uint8Array())
      yield* fs.truncate(`${directory}/base`, 1 << 30)
      const layers = [{ path: `${directory}/base`, isRaw: true }]
      let done = 0
      const started = yield* Effect.makeLatch()
      const onDone: OnDone = (bytes) => {
        done = bytes
        started.unsafeOpen()
      }
      const fiber = yield* Effect.fork(files.compose({ layers, size: 1n << 30n }, `${directory}/raw`, onDone))
      yield* started.await
      yield* Fiber.interrupt(fiber)
      assert.isBelow(done, 1 << 30)
    }))
})

/** A host on which qemu-img does what the test says. */
const withQemu = (answer: { readonly exitCode: number; readonly stderr?: string }) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted("1.15", ([command]) => command === "convert" ? answer : undefined)
    yield* fs.makeDirectory(`${host.directory}/new`)
    yield* fs.writeFile(`${host.directory}/root.hdd`, image())
    yield* fs.writeFile(`${host.directory}/disk.qcow2`, ExchangeFormat.qcow2Header(1024n * 1024n))
    const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
    const { directory } = host
    const calls: ReadonlyArray<
      Effect.Effect<unknown, OperationError.ExportImageError | OperationError.ImportImageError>
    > = [
      ploop.exportImage({ disk: host.disk, snapshot: A, file: `${directory}/new/a.qcow2`, format: "qcow2" }),
      ploop.importImage({ file: `${directory}/disk.qcow2`, image: `${directory}/new/root.hdd`, format: "qcow2" })
    ]
    return {
      calls,
      left: fs.readDirectory(`${directory}/new`)
    }
  })

describe("qemu-img", () => {
  test("that runs out of space leaves nothing", () =>
    Effect.gen(function*() {
      const { calls, left } = yield* withQemu({ exitCode: 1, stderr: "qemu-img: error: No space left on device\n" })
      for (const call of calls) assert.strictEqual((yield* Effect.flip(call))._tag, "NoSpace")
      assert.deepStrictEqual(yield* left, [])
    }).pipe(Effect.provide(NodeContext.layer)))

  test("that fails leaves nothing, and its output is in the error", () =>
    Effect.gen(function*() {
      const { calls, left } = yield* withQemu({ exitCode: 1, stderr: "qemu-img: Image is corrupt\n" })
      for (const call of calls) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, "InputOutputFailed")
        assert.include(error.text, "Image is corrupt")
      }
      assert.deepStrictEqual(yield* left, [])
    }).pipe(Effect.provide(NodeContext.layer)))

  test("reads no backing file, whatever the header of an image says by then", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.makeDirectory(`${host.directory}/new`)
      const file = `${host.directory}/disk.qcow2`
      yield* fs.writeFile(file, ExchangeFormat.qcow2Header(1024n * 1024n))
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      yield* Effect.flip(ploop.importImage({ file, image: `${host.directory}/new/root.hdd`, format: "qcow2" }))
      const source = (yield* host.commands).find(([command]) => command === "convert")?.find((word) =>
        word.startsWith("json:")
      )
      assert.deepStrictEqual(JSON.parse(`${source?.slice("json:".length)}`), {
        driver: "qcow2",
        file: { driver: "file", filename: file },
        backing: null
      })
    }).pipe(Effect.provide(NodeContext.layer)))

  test("runs as this process, whose files it reads and writes, and not behind the prefix of the tool", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted(
        "1.15",
        (words) => words.length === 2 ? { stderr: "Usage: ploop init -s SIZE\n", exitCode: 38 } : {},
        { prefix: ["sudo", "-n"] }
      )
      yield* fs.writeFile(`${host.directory}/root.hdd`, image())
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const file = `${host.directory}/a.qcow2`
      yield* Effect.flip(ploop.exportImage({ disk: host.disk, snapshot: A, file, format: "qcow2" }))
      const programs = host.calls.filter(({ argv }) => argv.includes("convert")).map(({ argv }) => argv[0])
      assert.deepStrictEqual(programs, ["qemu-img"])
    }).pipe(Effect.provide(NodeContext.layer)))

  test("that says it succeeded and wrote no image is not believed", () =>
    Effect.gen(function*() {
      const { calls, left } = yield* withQemu({ exitCode: 0 })
      for (const call of calls) assert.strictEqual((yield* Effect.flip(call))._tag, "UnexpectedOutput")
      assert.deepStrictEqual(yield* left, [])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("an image from which a raw file is exported", () => {
  const time = new Date("2026-01-01T00:00:00Z")

  const changes: Record<string, (path: string) => void> = {
    "is written to": (path) => utimesSync(path, time, new Date("2026-01-01T00:00:01Z")),
    "is replaced by a copy that is as old": (path) => {
      copyFileSync(path, `${path}.copy`)
      utimesSync(`${path}.copy`, time, time)
      renameSync(`${path}.copy`, path)
    }
  }

  for (const [what, change] of Object.entries(changes)) {
    test(`${what} by another program meanwhile: the export fails, and leaves no file`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted("1.15", () => undefined).pipe(Effect.provideService(CurrentHostFiles, {
          ...files,
          compose: (source, to, onDone) =>
            Effect.tap(files.compose(source, to, onDone), () => Effect.sync(() => change(source.layers[0]!.path)))
        }))
        yield* fs.makeDirectory(`${host.directory}/new`)
        yield* fs.writeFile(`${host.directory}/root.hdd`, image())
        utimesSync(`${host.directory}/root.hdd`, time, time)
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        const file = `${host.directory}/new/a.raw`
        const error = yield* Effect.flip(ploop.exportImage({ disk: host.disk, snapshot: A, file, format: "raw" }))
        assert.include(error.message, "has changed meanwhile")
        assert.deepStrictEqual(yield* fs.readDirectory(`${host.directory}/new`), [])
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

describe("what cannot be exported or imported", () => {
  test("is an image whose index leads behind its end, which is named, and what is not a regular file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      const bytes = image()
      new DataView(bytes.buffer).setUint32(64, 2048 * 1000, true)
      yield* fs.writeFile(`${host.directory}/root.hdd`, bytes)
      yield* fs.makeDirectory(`${host.directory}/new`)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const at = (name: string) => `${host.directory}/new/${name}`
      const error = yield* Effect.flip(
        ploop.exportImage({ disk: host.disk, snapshot: A, file: at("a.raw"), format: "raw" })
      )
      assert.strictEqual(error._tag === "ImageCorrupt" ? error.image : error._tag, `${host.directory}/root.hdd`)
      const refused = yield* Effect.flip(ploop.importImage({ file: host.directory, image: at("root.hdd") }))
      assert.strictEqual(refused._tag === "InvalidArgument" ? refused.field : refused._tag, "file")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a raw image that is exported", () => {
  test("has the size of the disk, without the part of a sector with which the image ends", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.writeFileString(host.disk, descriptor("root.hdd.2").replace("Compressed", "Plain"))
      yield* fs.writeFile(`${host.directory}/root.hdd`, new Uint8Array(10 * 1024 * 1024 + 100).fill(7))
      yield* fs.makeDirectory(`${host.directory}/new`)
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const file = `${host.directory}/new/a.raw`
      const exported = yield* ploop.exportImage({ disk: host.disk, snapshot: A, file, format: "raw" })
      assert.deepStrictEqual([exported.size, (yield* fs.stat(file)).size], [10_485_760n, 10_485_760n])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a raw file that is imported", () => {
  test("makes a disk of whole clusters, as its descriptor says, though the file ends before the last one does", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* scripted("1.15", () => undefined)
      yield* fs.makeDirectory(`${host.directory}/new`)
      yield* fs.writeFile(`${host.directory}/disk.raw`, disk(65, [[64, 7]]))
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      const made = yield* ploop.importImage({
        file: `${host.directory}/disk.raw`,
        image: `${host.directory}/new/root.hdd`,
        clusterSize: "32K",
        version: 2
      })
      assert.strictEqual(made.size, 65_536n)
      const text = yield* fs.readFileString(made.disk)
      assert.strictEqual(Either.getOrThrow(DiskDescriptor.parse(text)).diskSize, made.size)
    }).pipe(Effect.provide(NodeContext.layer)))
})

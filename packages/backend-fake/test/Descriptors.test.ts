import { PloopFake } from "@effect-ploop/backend-fake"
import type { PloopError } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, FastCheck as fc } from "effect"
import { a, b, generations, makeDisk } from "./utils/host.js"

const services = Effect.all({ fs: FileSystem.FileSystem, ploop: Ploop.Ploop })

/** Things of other programs, each with a text that is nowhere else. */
const strange = fc.constantFrom(
  "<Name>only copy</Name>",
  "<Encryption><KeyId>only copy</KeyId></Encryption>",
  "<Encryption><Engine>only copy</Engine><Data/></Encryption>",
  "<Volume><Parent>only copy</Parent></Volume>",
  "<Max_delta_size>4096</Max_delta_size>",
  "<Padding>only copy</Padding>",
  "<Start>only copy</Start>",
  "<!-- only copy -->",
  "<?program only copy?>",
  "<![CDATA[only copy]]>",
  "only copy",
  "<Temporary>only copy</Temporary>",
  "<TemporaryZero/>",
  "<x:Flag xmlns:x=\"urn:x\" value=\"only copy\"/>",
  "<Disk_size>4096</Disk_size>",
  "<Image/>",
  "<Shot/>",
  ""
)

type Use =
  | "createSnapshot"
  | "switchSnapshot"
  | "snapshotAndSwitch"
  | "deleteSnapshot"
  | "mergeSnapshots"
  | "convert"
  | "mount"

const uses: Record<Use, (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>> = {
  createSnapshot: (ploop, disk) => ploop.createSnapshot({ disk, id: b }),
  switchSnapshot: (ploop, disk) => ploop.switchSnapshot({ disk, id: a }),
  snapshotAndSwitch: (ploop, disk) => ploop.snapshotAndSwitch({ disk, id: a }),
  deleteSnapshot: (ploop, disk) => ploop.deleteSnapshot({ disk, id: a }),
  mergeSnapshots: (ploop, disk) => ploop.mergeSnapshots({ disk }),
  convert: (ploop, disk) => ploop.convert({ disk, format: "preallocated" }),
  mount: (ploop, disk) => ploop.mount({ disk })
}

/** A fixed seed, unless more runs are wanted than CI has time for: `DESCRIPTOR_RUNS=10000`, with `DESCRIPTOR_SEED`. */
const parameters = Effect.runSync(Effect.all({
  numRuns: Config.withDefault(Config.integer("DESCRIPTOR_RUNS"), 60),
  seed: Config.withDefault(Config.integer("DESCRIPTOR_SEED"), 1322882560)
}))

/** Puts a text before, or behind, one of the tags of a descriptor. */
const inserted = (text: string, what: string, place: number): string => {
  const places = [...text.matchAll(/<[^?][^>]*>/g)].flatMap(({ 0: tag, index }) => [index, index + tag.length])
  const at = places[place % places.length]!
  return text.slice(0, at) + what + text.slice(at)
}

/** Whether what was put into the descriptor is there: a value that is nowhere else, or the whole text. */
const isKept = (before: string, after: string, what: string): boolean => {
  const [value] = /only copy|<Max_delta_size>\d+/.exec(what) ?? []
  return what === "" || after === before || (value !== undefined && after.includes(value))
}

/** The file of the top delta. */
const topFile = (descriptor: string): string => [...descriptor.matchAll(/<File>([^<]*)/g)].at(-1)![1]!

/**
 * Whether a switch has discarded what was put into the name of the top delta. It discards the delta, whose file is
 * then missing, as every generation of the tool does; the file of the other name stays.
 */
const isDiscarded = (operation: Use, before: string): boolean =>
  operation === "switchSnapshot" && topFile(before).includes("only copy")

const files = (fs: FileSystem.FileSystem) =>
  Effect.gen(function*() {
    const names = (yield* fs.readDirectory("/vz/ct")).filter((name) => !name.endsWith(".lck")).sort()
    return yield* Effect.forEach(names, (name) => Effect.map(fs.readFile(`/vz/ct/${name}`), (bytes) => [name, bytes]))
  })

it("a switch drops the name of a top delta that is missing, and leaves the file of another name", () =>
  Effect.gen(function*() {
    const { fs, ploop } = yield* services
    const disk = yield* makeDisk("ct")
    yield* ploop.createSnapshot({ disk, id: a })
    const good = yield* fs.readFileString(disk)
    const top = topFile(good)
    yield* fs.writeFileString(disk, good.replace(top, `only copy${top}`))
    const before = yield* fs.readFile(`/vz/ct/${top}`)
    yield* ploop.switchSnapshot({ disk, id: a })
    assert.notInclude(yield* fs.readFileString(disk), "only copy")
    assert.deepStrictEqual(yield* fs.readFile(`/vz/ct/${top}`), before)
  }).pipe(Effect.provide(PloopFake.layer()), Effect.runPromise))

describe.each(generations)("a foreign descriptor on generation %s", (generation) => {
  it("is refused and left as it is, or loses nothing", async () => {
    let refusals = 0
    let successes = 0
    const operations = fc.constantFrom(...Object.keys(uses) as Array<Use>)
    await fc.assert(
      fc.asyncProperty(strange, fc.nat(), operations, async (what, place, operation) => {
        await Effect.gen(function*() {
          const { fs, ploop } = yield* services
          const disk = yield* makeDisk("ct")
          yield* ploop.createSnapshot({ disk, id: a })
          const text = inserted(yield* fs.readFileString(disk), what, place)
          yield* fs.writeFileString(disk, text)
          const before = yield* files(fs)
          const result = yield* Effect.either(uses[operation](ploop, disk))
          if (result._tag === "Left") {
            refusals++
            // What it has begun to write, the tool leaves beside the disk.
            const left = (yield* files(fs)).filter(([name]) => name !== "DiskDescriptor.xml.tmp")
            assert.deepStrictEqual(left, before)
            // Text that comes to be in a path makes it that of another file.
            assert.include(["DescriptorInvalid", "Unsupported", "ImageNotFound"], result.left._tag)
          } else {
            successes++
            const after = yield* fs.readFileString(disk)
            const isDropped = isDiscarded(operation, text)
            assert.isTrue(isDropped || isKept(text, after, what), `${what}\n${after}`)
            const images = (yield* files(fs)).map(([name]) => name)
            if (isDropped) assert.includeMembers(images, before.map(([name]) => name))
          }
        }).pipe(Effect.provide(PloopFake.layer({ generation })), Effect.runPromise)
      }),
      parameters
    )
    assert.isAbove(refusals, 10)
    assert.isAbove(successes, 0)
  })

  it("in which one image is raw makes all of them raw, in the next change", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("<Type>Compressed<", "<Type>Plain<"))
      yield* ploop.createSnapshot({ disk, id: b })
      const types = (yield* fs.readFileString(disk)).match(/<Type>.*<\/Type>/g)
      assert.deepStrictEqual(types, Array.from({ length: 3 }, () => "<Type>Plain</Type>"))
    }).pipe(Effect.provide(PloopFake.layer({ generation })), Effect.runPromise))

  it("of an encrypted disk keeps its key where the generation knows it", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      const text = yield* fs.readFileString(disk)
      const key = "    <Encryption>\n      <KeyId>key</KeyId>\n    </Encryption>\n"
      yield* fs.writeFileString(disk, text.replace("  </Disk_Parameters>", `${key}  </Disk_Parameters>`))
      const taken = yield* Effect.either(ploop.createSnapshot({ disk, id: a }))
      assert.strictEqual(taken._tag, generation === "1.15" ? "Left" : "Right")
      assert.include(yield* fs.readFileString(disk), key)
    }).pipe(Effect.provide(PloopFake.layer({ generation })), Effect.runPromise))
})

describe("the remedy of a refused descriptor, followed to the letter,", () => {
  const layer = PloopFake.layer({ generation: "1.15" })

  const restored = (format: "raw" | "expanded") =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct", { format, size: "64M" })
      const text = yield* fs.readFileString(disk)
      const foreign = SnapshotId.make("12345678-0000-4000-8000-000000000001")
      yield* fs.writeFileString(
        disk,
        text.replaceAll(SnapshotId.top, foreign).replace(/<TopGUID>.*<\/TopGUID>/, "")
      )
      const image = yield* fs.readFile("/vz/ct/root.hdd")
      const { remedy } = yield* Effect.flip(ploop.createSnapshot({ disk, id: a }))
      const [, path, called] = /restoreDescriptor\(\{ image: "(.*)", format: "(.*)" \}\)/.exec(remedy) ?? []
      assert.deepStrictEqual([path, called], ["/vz/ct/root.hdd", format])
      yield* fs.rename(disk, `${disk}.old`)
      yield* ploop.restoreDescriptor({ image: path!, format: called as "raw" })
      yield* ploop.createSnapshot({ disk, id: a })
      assert.deepStrictEqual(yield* fs.readFile("/vz/ct/root.hdd"), image)
    })

  it.effect("restores that of a raw image without TopGUID", () => Effect.provide(restored("raw"), layer))

  it.effect("restores that of another image without TopGUID", () => Effect.provide(restored("expanded"), layer))

  it.effect("makes an old descriptor a present one, and keeps its snapshots", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      yield* ploop.createSnapshot({ disk, id: a })
      const foreign = SnapshotId.make("12345678-0000-4000-8000-000000000001")
      yield* fs.writeFileString(disk, (yield* fs.readFileString(disk)).replaceAll(SnapshotId.top, foreign))
      const before = yield* ploop.listSnapshots({ disk })
      const error = yield* Effect.flip(ploop.createSnapshot({ disk, id: b }))
      assert.match(error.remedy, /^Call convert with the format that the disk has/)
      yield* ploop.convert({ disk, format: "expanded" })
      assert.deepStrictEqual(yield* ploop.listSnapshots({ disk }), before)
      yield* ploop.createSnapshot({ disk, id: b })
    }).pipe(Effect.provide(layer)))

  it.effect("adds the geometry, or the size of the clusters, that is missing or wrong", () =>
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const disk = yield* makeDisk("ct")
      const good = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, good.replace(/<(Cylinders|Heads|Sectors)>\d+/g, "<$1>0"))
      const geometry = yield* Effect.flip(ploop.createSnapshot({ disk, id: a }))
      const [, ...numbers] =
        /Write (\d+) into Cylinders, (\d+) into Heads and (\d+) into Sectors/.exec(geometry.remedy) ?? []
      const names = ["Cylinders", "Heads", "Sectors"]
      assert.strictEqual(
        names.reduce(
          (text, name, at) => text.replace(`<${name}>0`, `<${name}>${numbers[at]}`),
          yield* fs.readFileString(disk)
        ),
        good
      )
      yield* fs.writeFileString(disk, good.replace("<Blocksize>2048", "<Blocksize>1024"))
      const clusters = yield* Effect.flip(ploop.mount({ disk }))
      assert.match(clusters.remedy, /^Write 2048 into Blocksize/)
    }).pipe(Effect.provide(layer)))
})

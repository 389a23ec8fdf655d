import type { PloopError, Request } from "@effect-ploop/core"
import { LowLevel, Ploop, Remedy, SnapshotId } from "@effect-ploop/core"
import type { Case } from "@effect-ploop/testkit"
import { ImageFile } from "@effect-ploop/testkit"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Effect } from "effect"
import { missing, title } from "./utils/realTool.js"
import { fake, real } from "./utils/targets.js"

const a = SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a")

const b = SnapshotId.make("bbbbbbbb-0000-4000-8000-00000000000b")

const MiB = 1 << 20

/** A disk in a directory of its own, of which other software changes the files. */
const foreign = (options: Partial<Request.CreateOptions> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
    const image = `${directory}/root.hdd`
    const { disk } = yield* ploop.create({ image, size: "8M", version: 1, fileSystem: "none", ...options })
    const edit = (pattern: string | RegExp, by: string) =>
      Effect.flatMap(fs.readFileString(disk), (text) => fs.writeFileString(disk, text.replace(pattern, by)))
    const size = (name: string) => Effect.map(fs.stat(`${directory}/${name}`), (info) => Number(info.size))
    const top = Effect.map(ploop.topDelta({ disk }), (file) => `${file}`)
    return { directory, disk, edit, fs, image, ploop, size, top }
  })

/** The entry of a cluster in the index. */
const entry = (cluster: number) => 64 + 4 * cluster

/** A place behind the end of the file, as bytes. */
const farBehind = [0, 8, 0, 0]

const asRaw = ["<Type>Compressed", "<Type>Plain"] as const

type Rule = Effect.Effect<void, unknown, Case.Services | Scope.Scope>

const rules: Readonly<Record<string, Rule>> = {
  "replace finds an image by its path, in whatever way the descriptor writes that": Effect.gen(function*() {
    const { directory, disk, edit, fs, image, ploop, top } = yield* foreign()
    yield* fs.makeDirectory(`${directory}/sub`)
    yield* edit("<File>root", "<File>./sub/../root")
    yield* fs.copyFile(image, `${directory}/copy`)
    yield* ploop.replace({ disk, file: image, with: `${directory}/copy` })
    assert.strictEqual(yield* top, `${directory}/copy`)
  }),

  "a merge into a new file refuses an image that an earlier merge left in use": Effect.gen(function*() {
    const { directory, disk, image, ploop, top } = yield* foreign()
    yield* ploop.createSnapshot({ disk, id: a })
    yield* ImageFile.poke(yield* top, entry(1), farBehind)
    assert.strictEqual((yield* Effect.flip(ploop.mergeSnapshots({ disk })))._tag, "InputOutputFailed")
    const error = yield* Effect.flip(ploop.mergeSnapshots({ disk, into: `${directory}/merged` }))
    assert.strictEqual(error._tag === "ImageDirty" ? error.image : error._tag, image)
  }),

  "a merge into a new file keeps the clusters that were read before it failed": Effect.gen(function*() {
    const { directory, disk, ploop, size, top } = yield* foreign()
    yield* ploop.createSnapshot({ disk, id: a })
    yield* ploop.convert({ disk, format: "preallocated" })
    yield* ImageFile.poke(yield* top, entry(7), farBehind)
    yield* Effect.flip(ploop.mergeSnapshots({ disk, into: `${directory}/merged` }))
    assert.strictEqual(yield* size("merged"), 8 * MiB)
  }),

  "a merge into an image that the descriptor calls raw leaves its header": Effect.gen(function*() {
    const { disk, edit, image, ploop } = yield* foreign()
    yield* ploop.createSnapshot({ disk, id: a })
    yield* edit(...asRaw)
    yield* ploop.mergeSnapshots({ disk })
    assert.strictEqual((yield* ploop.check({ image, readOnly: true })).outcome, "clean")
  }),

  "a merge into a raw image appends the sectors that its file lacks": Effect.gen(function*() {
    const { disk, fs, image, ploop, size } = yield* foreign({ format: "raw" })
    yield* ploop.createSnapshot({ disk, id: a })
    yield* fs.truncate(image, 63)
    yield* ploop.mergeSnapshots({ disk })
    assert.strictEqual(yield* size("root.hdd"), 63 + 8 * MiB - 512)
  }),

  "grow of an image as raw leaves its header": Effect.gen(function*() {
    const { image, size } = yield* foreign()
    const low = yield* LowLevel.LowLevel
    const ploop = yield* Ploop.Ploop
    yield* low.grow({ image, raw: true, size: "12M" })
    assert.strictEqual(yield* size("root.hdd"), 12 * MiB)
    assert.notInclude((yield* ploop.check({ image, readOnly: true })).findings.join("\n"), "signature")
  }),

  "imageInfo fails for an image of another type or cluster size": Effect.gen(function*() {
    for (const [position, value] of [[16, 0], [28, 3]] as const) {
      const { disk, image, ploop } = yield* foreign()
      yield* ImageFile.poke(image, position, [value, 0, 0, 0])
      assert.strictEqual((yield* Effect.flip(ploop.imageInfo({ disk })))._tag, "ImageCorrupt", `${position}`)
    }
  }),

  "a switch to a raw base reads nothing but the size of its file": Effect.gen(function*() {
    const { disk, fs, image, ploop, top } = yield* foreign({ format: "raw" })
    yield* ploop.createSnapshot({ disk, id: a })
    const before = yield* top
    yield* Effect.zipRight(fs.remove(image), fs.makeDirectory(image))
    yield* ploop.switchSnapshot({ disk, id: a })
    assert.notStrictEqual(yield* top, before)
  }),

  "an operation on the top delta of a descriptor of the old format fails, and says to convert it": Effect.gen(
    function*() {
      const { directory, disk, edit, fs, image, ploop } = yield* foreign()
      yield* ploop.createSnapshot({ disk, id: a })
      yield* edit(new RegExp(SnapshotId.top, "g"), "{eeeeeeee-0000-4000-8000-00000000000e}")
      yield* fs.copyFile(image, `${directory}/copy`)
      const replace = ploop.replace({ disk, snapshot: SnapshotId.top, with: `${directory}/copy` })
      const calls: ReadonlyArray<Effect.Effect<unknown, PloopError.PloopError>> = [
        replace,
        ploop.mergeSnapshots({ disk })
      ]
      for (const call of calls) {
        const error = yield* Effect.flip(call)
        assert.strictEqual(error._tag, "DescriptorInvalid")
        assert.strictEqual(error.remedy, Remedy.texts["descriptor-old"]())
      }
      yield* ploop.convert({ disk, format: "expanded" })
      yield* ploop.mergeSnapshots({ disk })
    }
  ),

  "a deletion of a snapshot leaves no DiskDescriptor.xml.tmp, nor one that a crash has left": Effect.gen(function*() {
    for (const isLeaf of [false, true]) {
      const { disk, fs, ploop } = yield* foreign()
      for (const id of [a, b]) yield* ploop.createSnapshot({ disk, id })
      if (isLeaf) yield* ploop.switchSnapshot({ disk, id: a })
      yield* fs.writeFileString(`${disk}.tmp`, "half of a descriptor")
      yield* ploop.deleteSnapshot({ disk, id: b })
      assert.isFalse(yield* fs.exists(`${disk}.tmp`), `of a leaf: ${isLeaf}`)
    }
  }),

  "a check of a raw image that is a directory reports how much is missing": Effect.gen(function*() {
    const { disk, fs, image, ploop } = yield* foreign({ format: "raw" })
    yield* Effect.zipRight(fs.remove(image), fs.makeDirectory(image))
    const { outcome } = yield* ploop.check({ disk })
    assert.strictEqual(outcome, "broken")
  })
}

for (const target of [fake("1.15"), real]) {
  const isReal = target === real
  describe.skipIf(isReal && missing !== undefined)(isReal ? title(target.name) : target.name, () => {
    for (const [rule, test] of Object.entries(rules)) {
      it.scopedLive(rule, () => Effect.provide(test, target.layer))
    }
  })
}

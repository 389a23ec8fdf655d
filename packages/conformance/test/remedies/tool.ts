import { Ploop, Remedy } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect } from "effect"

const scratch = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
)

/** A descriptor whose image is in another directory. */
export const outside = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const [home, elsewhere] = [yield* scratch, yield* scratch]
  const image = `${home}/root.hdd`
  const { disk } = yield* ploop.create({ image, size: "8M", fileSystem: "none" })
  const text = yield* fs.readFileString(disk)
  const written = yield* fs.readFile(image)
  yield* fs.rename(image, `${elsewhere}/root.hdd`)
  yield* fs.writeFileString(disk, text.replace("<File>root.hdd", `<File>${elsewhere}/root.hdd`))
  const error = yield* Effect.flip(ploop.createSnapshot({ disk }))
  assert.strictEqual(error.remedy, Remedy.texts["image-outside"]())
  yield* fs.rename(`${elsewhere}/root.hdd`, `${home}/moved.hdd`)
  yield* fs.writeFileString(disk, text.replace("<File>root.hdd", "<File>moved.hdd"))
  yield* ploop.createSnapshot({ disk })
  assert.deepStrictEqual(yield* fs.readFile(`${home}/moved.hdd`), written)
})

/** Where the index of an image of version 1 has the place of the first cluster, which is in sectors. */
const firstEntry = 64

/** A snapshot that was cut short before the tool named the new descriptor, after something was written to the delta. */
export const uncommitted = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const [home, copy] = [yield* scratch, yield* scratch]
  const { disk } = yield* ploop.create({ image: `${home}/root.hdd`, size: "8M", fileSystem: "none", version: 1 })
  const before = yield* fs.readFileString(disk)
  yield* ploop.createSnapshot({ disk })
  const after = yield* fs.readFileString(disk)
  const top = yield* ploop.topDelta({ disk })
  const bytes = yield* fs.readFile(top)
  const cluster = new Uint8Array(1024 * 1024).fill(1)
  const data = Buffer.concat([bytes, cluster])
  data.writeUInt32LE(bytes.length / 512, firstEntry)
  yield* fs.writeFile(top, data)
  yield* fs.writeFileString(`${disk}.tmp`, after)
  yield* fs.writeFileString(disk, before)
  const error = yield* Effect.flip(ploop.createSnapshot({ disk }))
  assert.strictEqual(error.remedy, Remedy.texts["uncommitted-descriptor"]({ aside: `${disk}.tmp`, disk }))
  assert.strictEqual(yield* ploop.isMounted({ disk }), false)
  yield* fs.copy(home, `${copy}/disk`)
  yield* fs.rename(`${disk}.tmp`, disk)
  yield* ploop.createSnapshot({ disk })
  assert.include((yield* ploop.listSnapshots({ disk })).nodes.map(({ file }) => file), top.slice(home.length + 1))
  assert.isTrue(data.equals(yield* fs.readFile(top)))
})

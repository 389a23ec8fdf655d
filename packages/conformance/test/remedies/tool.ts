import { Ploop, Remedy } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect } from "effect"

/** A descriptor whose image is in another directory. */
export const outside = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const home = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
  const elsewhere = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
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

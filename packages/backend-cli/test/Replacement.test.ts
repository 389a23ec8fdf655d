/** An image that is replaced by another one of its own disk. */
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { A } from "./utils/host.js"
import { freshDisk, missing, RealTool, title } from "./utils/realTool.js"

describe.skipIf(missing !== undefined)(title("an image is not replaced, by the real tool,"), () => {
  for (const how of ["its path", "a symbolic link", "a hard link"] as const) {
    for (const keepName of [false, true]) {
      it.scopedLive(`by another image of the disk, given by ${how}, ${keepName ? "with" : "without"} its name`, () =>
        Effect.gen(function*() {
          const ploop = yield* Ploop.Ploop
          const fs = yield* FileSystem.FileSystem
          const { directory, disk, image } = yield* freshDisk()
          yield* ploop.createSnapshot({ disk, id: A })
          const top = yield* ploop.topDelta({ disk })
          const given = how === "its path" ? top : `${directory}/given`
          if (how === "a symbolic link") yield* fs.symlink(top, given)
          if (how === "a hard link") yield* fs.link(top, given)
          const before = yield* Effect.all([fs.readFileString(disk), fs.readFile(image), fs.readFile(top)])
          for (const selector of [{ snapshot: A }, { file: image }]) {
            const error = yield* Effect.flip(ploop.replace({ disk, with: given, keepName, ...selector }))
            assert.strictEqual(error._tag, "InvalidArgument")
            assert.include(error.message, "another image of the disk")
          }
          assert.deepStrictEqual(
            yield* Effect.all([fs.readFileString(disk), fs.readFile(image), fs.readFile(top)]),
            before
          )
        }).pipe(Effect.provide(RealTool)))
    }
  }

  it.scopedLive("unless it is a copy", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, disk } = yield* freshDisk()
      yield* ploop.createSnapshot({ disk, id: A })
      yield* fs.copyFile(yield* ploop.topDelta({ disk }), `${directory}/copy`)
      yield* ploop.replace({ disk, snapshot: SnapshotId.top, with: `${directory}/copy` })
      assert.strictEqual(yield* ploop.topDelta({ disk }), `${directory}/copy`)
    }).pipe(Effect.provide(RealTool)))
})

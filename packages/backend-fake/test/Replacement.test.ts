/** An image that is replaced by another one of its own disk. */
import { PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { a, diskOf, makeDisk } from "./utils/host.js"

describe.each(["1.15", "7"] as const)("on %s, an image is not replaced", (generation) => {
  for (const how of ["its path", "a symbolic link", "a hard link"] as const) {
    it.effect(`by another image of the disk, given by ${how}`, () =>
      Effect.gen(function*() {
        yield* makeDisk("d")
        const ploop = yield* Ploop.Ploop
        const fs = yield* FileSystem.FileSystem
        const disk = diskOf("d")
        yield* ploop.createSnapshot({ disk, id: a })
        const top = yield* ploop.topDelta({ disk })
        const given = how === "its path" ? top : "/given"
        if (how === "a symbolic link") yield* fs.symlink(top, given)
        if (how === "a hard link") yield* fs.link(top, given)
        const before = yield* fs.readFileString(disk)
        const error = yield* Effect.flip(ploop.replace({ disk, snapshot: a, with: given, keepName: true }))
        assert.strictEqual(error._tag, "InvalidArgument")
        assert.include(error.message, "another image of the disk")
        assert.strictEqual(yield* fs.readFileString(disk), before)
        assert.strictEqual(yield* ploop.topDelta({ disk }), top)
      }).pipe(Effect.provide(PloopFake.layer({ generation }))))
  }
})

import { Ploop, PloopError, Remedy } from "@effect-ploop/core"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Executions } from "./execution.js"
import { a, about, disk, image, made, motd, remedied, services } from "./execution.js"

const { texts } = Remedy

/** The tool, its process, and what a host needs for it. */
export const processes: Executions = {
  "operation-not-provided": [
    {},
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* remedied(
        Effect.flatMap(Ploop.Ploop, (none) => none.listDevices).pipe(Effect.provide(Ploop.layerNoop({}))),
        texts["operation-not-provided"]({ operation: "listDevices" })
      )
      yield* Effect.flatMap(Ploop.Ploop, (given) => given.listDevices).pipe(
        Effect.provide(Ploop.layerNoop({ listDevices: ploop.listDevices }))
      )
    })
  ],
  "rolled-back": [
    {},
    Effect.gen(function*() {
      const { fs, host, ploop } = yield* services
      yield* made
      const copied = fs.copyFile(image, "/vz/copy.hdd")
      const replace = { disk, snapshot: a, with: "/vz/copy.hdd" }
      yield* copied
      yield* ploop.mount({ disk, target: "/mnt" })
      // The tool rolls back where the rename fails after the driver has taken the image, which nothing brings about.
      yield* host.fail("replace", new PloopError.RolledBack(about("replace")))
      yield* remedied(ploop.replace({ ...replace, keepName: true }), texts["rolled-back"]())
      yield* ploop.replace(replace)
      yield* ploop.umount({ disk })
      yield* fs.copyFile("/vz/copy.hdd", "/vz/again.hdd")
      yield* ploop.replace({ ...replace, with: "/vz/again.hdd", keepName: true })
      assert.strictEqual(yield* motd, "kept")
    })
  ]
}

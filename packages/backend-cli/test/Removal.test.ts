import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { scripted } from "./utils/host.js"
import { image } from "./utils/image.js"

/** A disk with its images, which is removed. */
const removal = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const host = yield* scripted("1.15", () => undefined)
  const names = ["root.hdd", "root.hdd.1", "root.hdd.2"]
  yield* Effect.forEach(names, (name) => fs.writeFile(`${host.directory}/${name}`, image()))
  const removed = Effect.provide(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.remove({ disk: host.disk })),
    host.context
  )
  const left = Effect.map(fs.readDirectory(host.directory), (all) => all.sort())
  return { ...host, fs, names, removed, left }
})

describe("a disk is removed", () => {
  for (const [title, hasLock] of [["with the tool's lock file", true], ["where there is none", false]] as const) {
    it.scoped(title, () =>
      Effect.gen(function*() {
        const { disk, fs, left, removed } = yield* removal
        if (hasLock) yield* fs.writeFileString(`${disk}.lck`, "")
        yield* removed
        assert.deepStrictEqual(yield* left, [])
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scoped("but not while a tool that somebody else started holds its lock", () =>
    Effect.gen(function*() {
      const { disk, fs, left, names, removed } = yield* removal
      yield* fs.writeFileString(`${disk}.lck`, "")
      assert.isTrue(Option.isSome(yield* nodeHostFiles.tryLock(`${disk}.lck`)))
      assert.strictEqual((yield* Effect.flip(removed))._tag, "Locked")
      assert.deepStrictEqual(yield* left, ["DiskDescriptor.xml", "DiskDescriptor.xml.lck", ...names])
    }).pipe(Effect.provide(NodeContext.layer)))
})

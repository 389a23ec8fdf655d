/** What becomes of the former state when a switch fails. */
import { PloopCli } from "@effect-ploop/backend-cli"
import { Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { B } from "./utils/host.js"
import { freshDisk, missing, scratch, title } from "./utils/realTool.js"

/** The tool of this host, which is killed when it is told to switch; it has done that before, or not. */
const toolKilled = (isDone: boolean) =>
  Effect.map(scratch, (directory) => {
    const tool = `${directory}/ploop`
    const run = isDone ? "ploop \"$@\"; " : ""
    const script = `#!/bin/sh\ncase "$*" in *snapshot-switch*) ${run}kill -9 $$ ;; esac\nexec ploop "$@"\n`
    writeFileSync(tool, script, { mode: 0o755 })
    return PloopCli.layer({ tool }).pipe(Layer.provideMerge(NodeContext.layer))
  })

/** A disk of which a snapshot is taken and switched away from: what is left of its former top delta. */
const switched = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const { disk } = yield* freshDisk()
  const id = yield* ploop.createSnapshot({ disk })
  const image = yield* ploop.topDelta({ disk })
  const error = yield* Effect.flip(ploop.snapshotAndSwitch({ disk, id, keepAs: B }))
  assert.strictEqual(error._tag, "ToolAborted")
  const tree = yield* ploop.listSnapshots({ disk })
  const isThere = existsSync(image)
  return { children: SnapshotTree.children(tree, id).map(({ id }) => id).sort(), isThere }
})

describe.skipIf(missing !== undefined)(title("snapshotAndSwitch, whose tool is killed in the switch"), () => {
  it.scopedLive("keeps the former state when the disk is switched by then", () =>
    Effect.gen(function*() {
      const { children, isThere } = yield* Effect.provide(switched, yield* toolKilled(true))
      assert.isTrue(isThere)
      assert.deepStrictEqual(children, [SnapshotId.top, B].sort())
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("leaves the disk as it was when it is not", () =>
    Effect.gen(function*() {
      const { children, isThere } = yield* Effect.provide(switched, yield* toolKilled(false))
      assert.isTrue(isThere)
      assert.deepStrictEqual(children, [SnapshotId.top])
    }).pipe(Effect.provide(NodeContext.layer)))
})

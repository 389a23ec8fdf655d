/** A directory that has two paths, of which neither is a link. */
import { Disk, Ploop, SnapshotId } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { freshDisk, missing, RealTool, scratch, title } from "./utils/realTool.js"

/** Runs a program, and whether it succeeded. */
const succeeds = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.sync(() => spawnSync(program, args).status === 0)

/** Another path of a directory, until the scope is closed; undefined where nobody may mount. */
const otherPathOf = (directory: string) =>
  Effect.gen(function*() {
    const path = yield* scratch
    const isMounted = yield* Effect.acquireRelease(
      succeeds("mount", "--bind", directory, path),
      (isMounted) => isMounted ? succeeds("umount", path) : Effect.void
    )
    return isMounted ? path : undefined
  })

describe.skipIf(missing !== undefined)(title("an operation on a disk and a directory, with the real tool"), () => {
  type Paths = Readonly<Record<"directory" | "other", string>>
  type Run = (ploop: Ploop.Ploop, paths: Paths) => Effect.Effect<unknown, PloopError.PloopError>

  const operations: Readonly<Record<string, { readonly run: Run; readonly ends: string }>> = {
    "an export": {
      run: (ploop, { directory, other }) =>
        ploop.exportImage({ disk: Disk.inDirectory(directory), file: `${other}/out`, format: "raw" }),
      ends: "success"
    },
    "an export of the disk by its other path": {
      run: (ploop, { directory, other }) =>
        ploop.exportImage({ disk: Disk.inDirectory(other), file: `${directory}/out`, format: "raw" }),
      ends: "success"
    },
    "a clone": {
      run: (ploop, { directory, other }) =>
        ploop.clone({ disk: Disk.inDirectory(directory), directory: other, mode: "full", snapshot: SnapshotId.top }),
      ends: "AlreadyExists"
    }
  }
  for (const [what, { ends, run }] of Object.entries(operations)) {
    it.scopedLive(`does not wait for itself where the directory is that of the disk, by a bind mount: ${what}`, (test) =>
      Effect.gen(function*() {
        const { directory } = yield* freshDisk()
        const other = yield* otherPathOf(directory)
        if (other === undefined) return test.skip("nobody may mount here")
        const ploop = yield* Ploop.Ploop
        const ended = yield* Effect.match(run(ploop, { directory, other }), {
          onFailure: ({ _tag }) => _tag,
          onSuccess: () => "success"
        })
        assert.strictEqual(ended, ends)
      }).pipe(Effect.provide(RealTool)))
  }
})

import { type Disk, Ploop, type PloopError, SnapshotId } from "@effect-ploop/core"
import { Error as Errors, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, over, scripted } from "./utils/host.js"

/** The files of a host whose images only root may read, as the tool makes them behind `sudo`. */
const unreadable: HostFiles = {
  ...nodeHostFiles,
  start: (path, ...rest) =>
    path.includes(".hdd")
      ? Effect.fail(
        new Errors.SystemError({
          module: "FileSystem",
          method: "read",
          pathOrDescriptor: path,
          reason: "PermissionDenied"
        })
      )
      : nodeHostFiles.start(path, ...rest)
}

type Call = (ploop: Ploop.Ploop, disk: Disk.Disk, directory: string) => Effect.Effect<unknown, PloopError.PloopError>

const calls: Readonly<Record<string, Call>> = {
  clone: (ploop, disk, directory) => ploop.clone({ disk, directory: `${directory}/clone`, snapshot: A }),
  "full clone": (ploop, disk, directory) =>
    ploop.clone({ disk, directory: `${directory}/clone`, snapshot: SnapshotId.top, mode: "full" }),
  exportImage: (ploop, disk, directory) =>
    ploop.exportImage({ disk, file: `${directory}/export`, snapshot: SnapshotId.top, format: "raw" }),
  deleteSnapshot: (ploop, disk) => ploop.deleteSnapshot({ disk, id: A })
}

describe("an image that this process may not read", () => {
  for (const [name, call] of Object.entries(calls)) {
    it.scopedLive(`is not called damaged by ${name}, which needs to know what is in it`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const host = yield* scripted("9", () => undefined)
        yield* fs.makeDirectory(`${host.directory}/clone`)
        for (const file of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
          yield* fs.writeFileString(`${host.directory}/${file}`, "")
        }
        const context = yield* over(host.executor, unreadable)
        const error = yield* Effect.flip(call(Context.get(context, Ploop.Ploop), host.disk, host.directory))
        assert.strictEqual(error._tag, "PermissionDenied", error.message)
        assert.include(error.text, ".hdd")
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

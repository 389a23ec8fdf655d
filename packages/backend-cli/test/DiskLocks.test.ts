import { Disk, Ploop } from "@effect-ploop/core"
import { Error as Errors, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { symlinkSync, unlinkSync } from "node:fs"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { over, scripted } from "./utils/host.js"

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), NodeContext.layer))

const snapshot = (disk: Disk.Disk) => Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk }))

/** The files of a host on which a directory cannot be locked. */
const refusing = (error: Errors.PlatformError): HostFiles => ({
  ...nodeHostFiles,
  lockDirectory: () => Effect.fail(error)
})

const denied = refusing(
  new Errors.SystemError({ module: "FileSystem", method: "lockDirectory", reason: "PermissionDenied" })
)

const withoutFlock = refusing(new Errors.SystemError({ module: "Command", method: "spawn", reason: "NotFound" }))

describe("a name that leads to another disk when its lock was waited for", () => {
  test("is that of the other disk, which is locked then", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const [first, second] = [yield* scripted("1.15", () => undefined), yield* scripted("1.15", () => undefined)]
      const link = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-links-" })}/disk`
      yield* fs.symlink(first.directory, link)
      const locked: Array<string> = []
      const files: HostFiles = {
        ...nodeHostFiles,
        lockDirectory: (path) =>
          Effect.suspend(() => {
            if (locked.push(path) === 1) {
              unlinkSync(link)
              symlinkSync(second.directory, link)
            }
            return nodeHostFiles.lockDirectory(path)
          })
      }
      yield* Effect.provide(snapshot(Disk.inDirectory(link)), yield* over(first.executor, files))
      assert.deepStrictEqual(locked, [first.directory, second.directory])
    }))
})

describe("a disk that cannot be locked", () => {
  test("is changed where the tool's own lock holds, and refused on generation 9, whose lock is none", () =>
    Effect.gen(function*() {
      for (const generation of ["1.15", "7", "9"] as const) {
        const host = yield* scripted(generation, () => undefined)
        const exit = yield* Effect.either(Effect.provide(snapshot(host.disk), yield* over(host.executor, denied)))
        assert.strictEqual(
          exit._tag === "Left" ? exit.left._tag : "done",
          generation === "9" ? "PermissionDenied" : "done"
        )
      }
    }))

  test("is refused with the name of the program, where the host has no flock", () =>
    Effect.gen(function*() {
      const host = yield* scripted("9", () => undefined)
      const error = yield* Effect.flip(Effect.provide(snapshot(host.disk), yield* over(host.executor, withoutFlock)))
      assert.strictEqual(error._tag === "PrerequisiteMissing" ? error.what : error._tag, "the program flock")
    }))
})

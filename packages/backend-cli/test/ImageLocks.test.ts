/** The locks of images that are elsewhere than their names say, or than their disks. */
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { renameSync, symlinkSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, scripted } from "./utils/host.js"
import { image } from "./utils/image.js"

describe("an image that is named by a link", () => {
  it.scoped("is locked where the link leads when the wait for the lock is over", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const one = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-one-" })
      const other = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" })
      for (const home of [one, other]) yield* fs.writeFile(`${home}/root.hdd`, image())
      const link = `${yield* fs.makeTempDirectoryScoped()}/link`
      symlinkSync(`${one}/root.hdd`, link)
      const held: Array<string> = []
      const lockDirectory = (path: string) =>
        nodeHostFiles.lockDirectory(path).pipe(
          Effect.tap(() =>
            Effect.acquireRelease(
              Effect.sync(() => held.push(path)),
              () => Effect.sync(() => held.splice(held.indexOf(path), 1))
            )
          ),
          // The link is another one when the first wait is over.
          Effect.tap(() =>
            Effect.sync(() => {
              if (path !== one) return
              symlinkSync(`${other}/root.hdd`, `${link}-new`)
              renameSync(`${link}-new`, link)
            })
          )
        )
      const during: Array<ReadonlyArray<string>> = []
      const host = yield* Effect.provideService(
        scripted("1.15", ([command]) => {
          if (command === "check") during.push([...held])
          return undefined
        }),
        CurrentHostFiles,
        { ...nodeHostFiles, lockDirectory }
      )
      yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.check({ image: link })), host.context)
      assert.deepStrictEqual(during, [[other]])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("an image that is replaced by one of another directory", () => {
  it.scoped("is replaced while both directories are locked", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const other = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" })
      yield* fs.writeFile(`${other}/root.hdd`, image())
      const held = new Set<string>()
      const lockDirectory = (path: string) =>
        Effect.tap(nodeHostFiles.lockDirectory(path), () =>
          Effect.acquireRelease(
            Effect.sync(() => held.add(path)),
            () => Effect.sync(() => held.delete(path))
          ))
      let during: ReadonlyArray<string> = []
      const host = yield* Effect.provideService(
        scripted("1.15", ([command]) => {
          if (command === "replace") during = [...held].sort()
          return undefined
        }),
        CurrentHostFiles,
        { ...nodeHostFiles, lockDirectory }
      )
      const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
      yield* ploop.replace({ disk: host.disk, snapshot: A, with: `${other}/root.hdd`, keepName: true })
      assert.deepStrictEqual(during, [host.directory, other].sort())
    }).pipe(Effect.provide(NodeContext.layer)))
})

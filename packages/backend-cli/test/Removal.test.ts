import { DiskClone, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option } from "effect"
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { A, scripted } from "./utils/host.js"
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

/** The same on a host whose removals of names are changed. */
const withUnlink = (
  change: (path: string, unlink: ReturnType<HostFiles["unlink"]>) => ReturnType<HostFiles["unlink"]>
) =>
  Effect.provideService(removal, CurrentHostFiles, {
    ...nodeHostFiles,
    unlink: (path, identity) => change(path, nodeHostFiles.unlink(path, identity))
  })

/** The requests to the host's files that a removal makes while it holds the lock of the disk. */
const requests = ["find", "names", "resolve", "stamp", "whole", "unlink"] as const

describe("a disk whose directory is renamed while it is removed", () => {
  for (const name of requests) {
    it.scoped(`costs nobody the disk that comes in its place, at any request: ${name}`, () =>
      Effect.gen(function*() {
        for (let at = 1, isReached = true; isReached; at++) {
          isReached = false
          let count = 0
          const next = { swap: () => undefined as void }
          const swapping = Effect.sync(() => {
            if (++count !== at) return
            isReached = true
            next.swap()
          })
          const request = nodeHostFiles[name] as (...args: ReadonlyArray<unknown>) => Effect.Effect<unknown>
          const { directory, fs, names, removed } = yield* Effect.provideService(removal, CurrentHostFiles, {
            ...nodeHostFiles,
            [name]: (...args: ReadonlyArray<unknown>) => Effect.zipRight(swapping, request(...args))
          })
          const other = yield* removal
          count = 0
          next.swap = () => {
            renameSync(directory, `${directory}-renamed`)
            renameSync(other.directory, directory)
            mkdirSync(other.directory)
          }
          yield* Effect.exit(removed)
          if (!isReached) break
          assert.deepStrictEqual((yield* fs.readDirectory(directory)).sort(), ["DiskDescriptor.xml", ...names])
          yield* fs.remove(`${directory}-renamed`, { recursive: true })
        }
      }).pipe(Effect.provide(NodeContext.layer)))
  }
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

  it.scoped("and what else is beside it is named and stays, whatever its name", () =>
    Effect.gen(function*() {
      const { context, directory, disk, fs, left, names } = yield* removal
      const home = Buffer.from(`${directory}/`)
      const undecodable = Buffer.concat([home, Buffer.from([0x62, 0xff])])
      for (const name of [Buffer.from(`${directory}/line\nbreak`), undecodable]) writeFileSync(name, "")
      const remove = (keepOthers: boolean) =>
        Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.remove({ disk, keepOthers })), context)
      const error = yield* Effect.flip(remove(false))
      assert.strictEqual(error._tag, "ConsentRequired")
      assert.include(error.message, "b\uFFFD, line\\u000abreak")
      assert.sameMembers(yield* left, ["DiskDescriptor.xml", ...names, "line\nbreak", "b\uFFFD"])
      const { kept } = yield* remove(true)
      assert.deepStrictEqual<ReadonlyArray<string>>(kept, [`${directory}/line\\u000abreak`, `${directory}/b\uFFFD`])
      assert.sameMembers(yield* left, ["line\nbreak", "b\uFFFD"])
      unlinkSync(undecodable)
      yield* fs.remove(`${directory}/line\nbreak`)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("but not while another disk has one of its images by a hard link", () =>
    Effect.gen(function*() {
      const { directory, fs, left, names, removed } = yield* removal
      const other = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" })
      yield* fs.link(`${directory}/root.hdd`, `${other}/root.hdd`)
      assert.strictEqual((yield* Effect.flip(removed))._tag, "ImageShared")
      assert.deepStrictEqual(yield* left, ["DiskDescriptor.xml", ...names])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("but not while the in-use flag of one of its images is set", () =>
    Effect.gen(function*() {
      const { directory, fs, left, names, removed } = yield* removal
      yield* fs.writeFile(`${directory}/root.hdd.2`, image({ inUse: 0x71_2b_fc_f6 }))
      assert.strictEqual((yield* Effect.flip(removed))._tag, "ImageDirty")
      assert.deepStrictEqual(yield* left, ["DiskDescriptor.xml", ...names])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("but not while it is a volume of which another one is a child", () =>
    Effect.gen(function*() {
      const { directory, disk, fs, left, names, removed } = yield* removal
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("<StorageData>", "<StorageData><Volume><ReadOnly/></Volume>"))
      yield* fs.makeDirectory(`${directory}/children`)
      yield* fs.symlink(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" }), `${directory}/children/b`)
      assert.strictEqual((yield* Effect.flip(removed))._tag, "VolumeHasChildren")
      assert.deepStrictEqual(yield* left, ["DiskDescriptor.xml", "children", ...names])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("but not while a directory has the name of one of its files", () =>
    Effect.gen(function*() {
      const { directory, fs, left, names, removed } = yield* removal
      yield* fs.makeDirectory(`${directory}/.statfs`)
      const error = yield* Effect.flip(removed)
      assert.include(error._tag === "Unsupported" ? error.reason : error._tag, ".statfs is neither a file nor a")
      assert.deepStrictEqual(yield* left, [".statfs", "DiskDescriptor.xml", ...names])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("also while other disks have those of its images that it shares as a linked clone, and no others", () =>
    Effect.gen(function*() {
      for (const shared of ["root.hdd", "root.hdd.1"]) {
        const { directory, disk, fs, names, removed } = yield* removal
        const other = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" })
        yield* fs.link(`${directory}/${shared}`, `${other}/${shared}`)
        const record = DiskClone.formatRecord({ disk, snapshot: A, images: ["root.hdd"] })
        yield* fs.writeFileString(`${directory}/${DiskClone.recordName}`, record)
        const isRemoved = shared === "root.hdd"
        assert.strictEqual((yield* Effect.exit(removed))._tag, isRemoved ? "Success" : "Failure")
        const all = [DiskClone.recordName, "DiskDescriptor.xml", ...names]
        assert.sameMembers(yield* fs.readDirectory(directory), isRemoved ? [] : all)
        assert.isTrue(yield* fs.exists(`${other}/${shared}`))
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("and an image in another directory stays, and so does a file beside the descriptor that has its name", () =>
    Effect.gen(function*() {
      const { context, directory, disk, fs, left } = yield* removal
      const other = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-other-" })
      yield* fs.copyFile(`${directory}/root.hdd`, `${other}/root.hdd`)
      yield* fs.writeFileString(disk, (yield* fs.readFileString(disk)).replace(">root.hdd<", `>${other}/root.hdd<`))
      const { kept } = yield* Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.remove({ disk, keepOthers: true })),
        context
      )
      assert.sameMembers<string>([...kept], [`${directory}/root.hdd`, `${other}/root.hdd`])
      assert.deepStrictEqual(yield* left, ["root.hdd"])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("and a file that comes to one of its names meanwhile stays, and is reported", () =>
    Effect.gen(function*() {
      const { left, removed } = yield* withUnlink((path, unlink) =>
        Effect.tap(unlink, () => path.endsWith("root.hdd.1") ? writeFileSync(path, "another's") : undefined)
      )
      assert.include((yield* Effect.flip(removed)).message, "another file has come to the name root.hdd.1 meanwhile")
      assert.include(yield* left, "root.hdd.1")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("as a whole, when it is interrupted after the first file", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const { left, removed } = yield* withUnlink((_, unlink) =>
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.zipLeft(unlink, Effect.yieldNow()))
      )
      const fiber = yield* Effect.fork(removed)
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* left, [])
    }).pipe(Effect.provide(NodeContext.layer)))
})

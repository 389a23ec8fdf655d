import type { PloopError } from "@effect-ploop/core"
import { DiskDescriptor, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SystemError } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { unlinkSync, writeFileSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { scripted } from "./utils/host.js"
import { image } from "./utils/image.js"

const newId = "{dddddddd-0000-4000-8000-00000000000d}"

const failedMerge = [
  "Error in open_delta (delta_read.c:168): Image is in use /vz/root.hdd",
  "Error in merge_image (merge.c:432): open_delta: Device or resource busy"
].join("\n")

const parse = (text: string) => Either.getOrThrow(DiskDescriptor.parse(text))

/** A tool that drops the second of three images from the descriptor, and exits with 0. */
const dropping = (stderr: string, stdout: (directory: string) => string, ...taken: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = { path: "", text: "" }
    const host = yield* scripted("9", (command, disk) => {
      if (command[0] !== "snapshot") return undefined
      const before = parse(directory.text)
      const left = before.images.filter(({ file }) => file !== "root.hdd.1")
      const ids = left.map(({ id }) => id)
      writeFileSync(
        disk,
        DiskDescriptor.format(
          new DiskDescriptor.DiskDescriptor({
            ...before,
            images: left,
            snapshots: before.snapshots
              .filter(({ id }) => ids.includes(id))
              .map((shot, index) => ({ ...shot, ...(index > 0 && { parent: ids[index - 1]! }) }))
          })
        )
      )
      return { stderr: `${stderr}\n`, stdout: stdout(directory.path) }
    })
    directory.path = host.directory
    directory.text = yield* fs.readFileString(host.disk)
    for (const name of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
      yield* fs.writeFile(`${host.directory}/${name}`, image())
    }
    for (const name of taken) yield* fs.writeFileString(`${host.directory}/${name}`, "an older one")
    const result = yield* Effect.either(
      Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk: host.disk, id: newId })),
        host.context
      )
    )
    return { fs, host, former: directory.text, result: result as Either.Either<string, PloopError.PloopError> }
  })

describe("a snapshot of generation 9 that exits with 0", () => {
  it.scoped("fails when an image left the chain although nothing said so, and keeps the former descriptor", () =>
    Effect.gen(function*() {
      const { former, fs, host, result } = yield* dropping(failedMerge, () => "")
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag, "ImagesDropped")
      if (error._tag !== "ImagesDropped") return
      assert.deepStrictEqual(error.images, [`${host.directory}/root.hdd.1`])
      assert.strictEqual(error.former, `${host.disk}.former-1`)
      assert.strictEqual(yield* fs.readFileString(`${error.former}`), former)
      assert.strictEqual(error.exitCode, 0)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("fails so whatever form the error has that the tool printed", () =>
    Effect.gen(function*() {
      for (
        const line of ["Error in ioctl(PLOOP_IOC_MERGE): Read-only file system", "pread off=0: Input/output error"]
      ) {
        const { result } = yield* dropping(`load ddxml\n${line}`, () => "")
        assert.strictEqual(Either.getOrThrow(Either.flip(result))._tag, "ImagesDropped", line)
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("keeps the former descriptor beside those of earlier failures", () =>
    Effect.gen(function*() {
      const older = ["DiskDescriptor.xml.former-1", "DiskDescriptor.xml.former-2"]
      const { former, fs, host, result } = yield* dropping(failedMerge, () => "", ...older)
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag === "ImagesDropped" ? error.former : error._tag, `${host.disk}.former-3`)
      assert.strictEqual(yield* fs.readFileString(`${host.disk}.former-3`), former)
      for (const name of older) {
        assert.strictEqual(yield* fs.readFileString(`${host.directory}/${name}`), "an older one")
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("names no former descriptor when none could be written, and does not try again", () =>
    Effect.gen(function*() {
      const tried: Array<string> = []
      const files: HostFiles = {
        ...nodeHostFiles,
        writeNew: (path) =>
          Effect.suspend(() => {
            tried.push(path)
            return Effect.fail(new SystemError({ module: "FileSystem", method: "writeNew", reason: "Unknown" }))
          })
      }
      const { host, result } = yield* Effect.provideService(dropping(failedMerge, () => ""), CurrentHostFiles, files)
      const error = Either.getOrThrow(Either.flip(result))
      assert.strictEqual(error._tag === "ImagesDropped" ? error.former : error._tag, undefined)
      assert.notInclude(error.remedy, host.disk)
      assert.deepStrictEqual(tried, [`${host.disk}.former-1`])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("succeeds when the tool said that it removed the image", () =>
    Effect.gen(function*() {
      const { result } = yield* dropping("Error in x (y.c:1): z", (directory) => `Removing ${directory}/root.hdd.1\n`)
      assert.isTrue(Either.isRight(result))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("succeeds when the file of the image is gone: the tool has removed it without a word", () =>
    Effect.gen(function*() {
      const { result } = yield* dropping(failedMerge, (directory) => (unlinkSync(`${directory}/root.hdd.1`), ""))
      assert.isTrue(Either.isRight(result))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("succeeds when nothing is printed but what says nothing of a merge", () =>
    Effect.gen(function*() {
      const { result } = yield* dropping("load ddxml\nsh: 1: restorecon: not found", () => "")
      assert.isTrue(Either.isRight(result))
    }).pipe(Effect.provide(NodeContext.layer)))
})

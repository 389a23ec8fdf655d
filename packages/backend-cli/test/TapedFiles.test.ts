/** What a tape holds of the files of a host. */
import { SystemError, type SystemErrorReason } from "@effect/platform/Error"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import type { Found, HostFiles, Resolved } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import * as tapedFiles from "../src/internal/tapedFiles.js"

const failed = (reason: SystemErrorReason) => new SystemError({ reason, module: "FileSystem", method: "find" })

/** What a host replays of a tape that holds this; all else fails for the reason. */
const replayed = (tape: ReadonlyMap<string, Uint8Array>, reason: SystemErrorReason = "NotFound") =>
  tapedFiles.replay((method, path, decode) =>
    Effect.suspend(() => {
      const bytes = tape.get(`${method} ${path}`)
      return bytes === undefined ? Effect.fail(failed(reason)) : Effect.succeed(decode(bytes))
    })
  )

/** What is asked of such files, and what their replay returns then. */
const again = <A, E>(files: Partial<HostFiles>, ask: (files: HostFiles) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const tape = new Map<string, Uint8Array>()
    const recorded = tapedFiles.record(
      { ...nodeHostFiles, ...files },
      (method, path, effect, encode) =>
        Effect.tap(effect, (value) => Effect.sync(() => tape.set(`${method} ${path}`, encode(value))))
    )
    const expected = yield* ask(recorded)
    assert.deepStrictEqual(yield* ask(replayed(tape)), expected)
    return expected
  })

const stamp = { device: 1n, inode: 2n, size: 3n, modified: 4n, changed: 5n }

describe("a tape of files", () => {
  const file: Found = { kind: "File", device: 1n, inode: 2n, isPrivate: false, links: 1 }
  const all: ReadonlyArray<Found> = [file, { ...file, links: 3 }, { ...file, isPrivate: true }, {
    ...file,
    kind: "Directory",
    isPrivate: true,
    links: 2
  }]
  for (const found of all) {
    it.effect(`has who may use a file, and how many names it has: ${found.isPrivate}, ${found.links}`, () =>
      again({ find: () => Effect.succeedSome(found) }, (files) => files.find("/vz/a")))
  }

  for (const path of ["/vz/a", "/vz/a b", "/vz/a\nb", "/vz/1 2"]) {
    it.effect(`has the path of a file whole: ${JSON.stringify(path)}`, () => {
      const resolved: Resolved = { path, stamp }
      return again({ resolve: () => Effect.succeed(resolved) }, (files) => files.resolve("/vz/link"))
    })
  }

  it.effect("has an empty text of the kernel, and a directory without names, as other than none", () =>
    Effect.gen(function*() {
      for (const text of [Option.none(), Option.some(""), Option.some("a b\n")]) {
        yield* again({ kernelText: () => Effect.succeed(text) }, (files) => files.kernelText("/sys/a"))
      }
      for (const names of [Option.none(), Option.some([]), Option.some(["a", "b"])]) {
        yield* again({ kernelNames: () => Effect.succeed(names) }, (files) => files.kernelNames("/sys/a"))
      }
      for (const names of [[], ["a", "b"]]) {
        yield* again({ names: () => Effect.succeed(names) }, (files) => files.names("/vz"))
      }
    }))

  it.effect("has the outcome of a copy by its new name", () =>
    again({ copy: () => Effect.void }, (files) => files.copy("/vz/a", "/vz/b", () => Effect.void)))
})

describe("a replay of files", () => {
  it.effect("has nothing at a path that the tape does not know, and fails as the host did", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* replayed(new Map()).find("/vz/a"), Option.none())
      const error = yield* Effect.flip(replayed(new Map(), "PermissionDenied").find("/vz/a"))
      assert.strictEqual(error._tag === "SystemError" && error.reason, "PermissionDenied")
    }))

  it.effect("has the node of a device that an older tape has as a file", () =>
    Effect.gen(function*() {
      const older = replayed(new Map([["find /dev/ploop1", new TextEncoder().encode("BlockDevice 1 2")]]))
      assert.isTrue(yield* older.hasNode("/dev/ploop1"))
      assert.isFalse(yield* older.hasNode("/dev/ploop2"))
    }))
})

import type { PloopError } from "@effect-ploop/core"
import { Error as Errors, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Exit, Fiber, type Scope } from "effect"
import { rmSync } from "node:fs"
import type { HostFiles } from "../src/internal/hostFiles.js"
import * as newFiles from "../src/internal/newFiles.js"
import { fromNode } from "../src/internal/nodeFiles.js"
import { nodeHostFiles as files } from "../src/internal/nodeHostFiles.js"

const test = <A, E>(
  title: string,
  body: (directory: string, fs: FileSystem.FileSystem) => Effect.Effect<A, E, Scope.Scope>
) =>
  it.scopedLive(title, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      return yield* body(yield* fs.makeTempDirectoryScoped({ prefix: "ploop-new-files-" }), fs)
    }).pipe(Effect.provide(NodeContext.layer)))

const about = { operation: "create", subject: "/vz/a/root.hdd" } as const

const names = (fs: FileSystem.FileSystem, directory: string) =>
  Effect.map(fs.readDirectory(directory), (found) => found.slice().sort())

/** Makes an image and a descriptor with this content, and gives both their names in the directory. */
const create = (fs: FileSystem.FileSystem, directory: string, content: string, on: HostFiles = files) =>
  newFiles.inPrivateDirectory(on, about, directory, (own) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${own}/root.hdd`, content)
      yield* fs.writeFileString(`${own}/DiskDescriptor.xml`, content)
      yield* newFiles.publish(files, about, [
        { from: `${own}/root.hdd`, to: `${directory}/root.hdd` },
        { from: `${own}/DiskDescriptor.xml`, to: `${directory}/DiskDescriptor.xml` }
      ])
    }))

describe("new files", () => {
  test("get their names, and nothing else is left", (directory, fs) =>
    Effect.gen(function*() {
      yield* create(fs, directory, "new")
      assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
      assert.strictEqual(yield* fs.readFileString(`${directory}/root.hdd`), "new")
    }))

  test("of many at once are those of one, and the others fail", (directory, fs) =>
    Effect.gen(function*() {
      const contents = Array.from({ length: 20 }, (_, index) => `${index}`)
      const results = yield* Effect.forEach(contents, (content) => Effect.either(create(fs, directory, content)), {
        concurrency: "unbounded"
      })
      const winners = contents.filter((_, index) => Either.isRight(results[index]!))
      assert.strictEqual(winners.length, 1)
      for (const result of results) {
        if (Either.isLeft(result)) assert.strictEqual(result.left._tag, "AlreadyExists")
      }
      assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
      for (const name of yield* names(fs, directory)) {
        assert.strictEqual(yield* fs.readFileString(`${directory}/${name}`), winners[0])
      }
    }))

  for (const name of ["root.hdd", "DiskDescriptor.xml"]) {
    for (const kind of ["a file", "a link that leads nowhere"]) {
      test(
        `are none when ${kind} has come to be ${name} meanwhile, which stays as it is`,
        (directory, fs) =>
          Effect.gen(function*() {
            const path = `${directory}/${name}`
            if (kind === "a file") yield* fs.writeFileString(path, "another's")
            else yield* fs.symlink(`${directory}/nowhere`, path)
            const error = yield* Effect.flip(create(fs, directory, "new"))
            assert.strictEqual(error._tag === "AlreadyExists" ? error.path : error._tag, path)
            assert.deepStrictEqual(yield* names(fs, directory), [name])
            if (kind === "a file") assert.strictEqual(yield* fs.readFileString(path), "another's")
          })
      )
    }
  }

  for (const when of ["before it is locked", "before it is inspected"]) {
    test(
      `are made in another directory when a process has taken theirs for abandoned ${when}`,
      (directory, fs) =>
        Effect.gen(function*() {
          const state = { isTaken: false }
          /** The other process removes the first directory at this step. */
          const taking = (path: string, step: string) => {
            if (!path.startsWith(`${directory}/.ploop-new-`) || step !== when || state.isTaken) return
            state.isTaken = true
            rmSync(path, { recursive: true })
          }
          yield* create(fs, directory, "new", {
            ...files,
            find: (path) =>
              Effect.zipRight(Effect.sync(() => taking(path, "before it is inspected")), files.find(path)),
            tryLock: (path) =>
              Effect.zipRight(Effect.sync(() => taking(path, "before it is locked")), files.tryLock(path))
          })
          assert.isTrue(state.isTaken)
          assert.deepStrictEqual(yield* names(fs, directory), ["DiskDescriptor.xml", "root.hdd"])
        })
    )
  }

  for (const request of ["find", "tryLock"] as const) {
    test(`leave no directory when it cannot be taken: ${request}`, (directory, fs) =>
      Effect.gen(function*() {
        let isFirst = true
        const failing = (path: string) =>
          Effect.suspend(() => {
            const error = new Errors.SystemError({
              module: "FileSystem",
              method: request,
              pathOrDescriptor: path,
              reason: "Unknown"
            })
            const isRefused = isFirst
            isFirst = false
            return isRefused ? Effect.fail(error) : Effect.void
          })
        const error = yield* Effect.flip(newFiles.inPrivateDirectory(
          {
            ...files,
            [request]: (path: string) => Effect.zipRight(failing(path), Effect.suspend(() => files[request](path)))
          },
          about,
          directory,
          () => Effect.void
        ))
        assert.strictEqual(error._tag, "InputOutputFailed")
        assert.deepStrictEqual(yield* names(fs, directory), [])
      }))
  }

  test("leave nothing when making them fails or is interrupted", (directory, fs) =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const make = <A, E>(end: Effect.Effect<A, E>) =>
        newFiles.inPrivateDirectory(files, about, directory, (own) =>
          fs.writeFileString(`${own}/root.hdd`, "half").pipe(
            Effect.zipRight(Deferred.succeed(begun, undefined)),
            Effect.zipRight(end)
          ))
      yield* Effect.exit(make(Effect.fail("no")))
      assert.deepStrictEqual(yield* names(fs, directory), [])
      const fiber = yield* Effect.fork(make(Effect.never))
      yield* Deferred.await(begun)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* names(fs, directory), [])
    }))
})

describe("a path is free", () => {
  const answering = (reason: Errors.SystemErrorReason): HostFiles => ({
    ...files,
    find: (path) =>
      Effect.fail(new Errors.SystemError({ module: "FileSystem", method: "find", pathOrDescriptor: path, reason }))
  })

  test("when it was seen that nothing is there", (directory) =>
    newFiles.refuseExisting(files, about, `${directory}/missing`, `${directory}/other`))

  test("but not when a link is there that leads nowhere", (directory, fs) =>
    Effect.gen(function*() {
      yield* fs.symlink(`${directory}/nowhere`, `${directory}/link`)
      const error = yield* Effect.flip(newFiles.refuseExisting(files, about, `${directory}/link`))
      assert.strictEqual(error._tag, "AlreadyExists")
    }))

  const unknown: ReadonlyArray<readonly [Errors.SystemErrorReason, PloopError.Tag]> = [
    ["PermissionDenied", "PermissionDenied"],
    ["Unknown", "InputOutputFailed"],
    ["TimedOut", "InputOutputFailed"]
  ]
  for (const [reason, tag] of unknown) {
    test(`but not when that cannot be seen: ${reason}`, (directory) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(newFiles.refuseExisting(answering(reason), about, `${directory}/missing`))
        assert.strictEqual(error._tag, tag)
      }))
  }
})

describe("the error of a file that could not be made", () => {
  const path = "/vz/a/DiskDescriptor.xml"

  for (
    const [code, tag] of [
      ["EEXIST", "AlreadyExists"],
      ["EACCES", "PermissionDenied"],
      ["EPERM", "PermissionDenied"],
      ["EROFS", "PermissionDenied"],
      ["ENOSPC", "NoSpace"],
      ["EDQUOT", "NoSpace"],
      ["EIO", "InputOutputFailed"],
      ["ENOENT", "InputOutputFailed"],
      ["EBUSY", "InputOutputFailed"]
    ] as const
  ) {
    it(`is ${tag} after ${code}`, () => {
      const error = newFiles.fileError(about, path)(fromNode("link", path)(Object.assign(new Error(), { code })))
      assert.strictEqual(error._tag, tag)
      if (error._tag === "AlreadyExists") assert.strictEqual(error.path, path)
    })
  }

  for (const parent of ["missing", "file"]) {
    test(`is DirectoryNotFound where its directory is ${parent}`, (directory, fs) =>
      Effect.gen(function*() {
        yield* fs.writeFileString(`${directory}/file`, "")
        const error = yield* Effect.flip(create(fs, `${directory}/${parent}`, "new"))
        assert.strictEqual(error._tag === "DirectoryNotFound" ? error.directory : error._tag, `${directory}/${parent}`)
      }))
  }
})

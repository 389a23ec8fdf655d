import { PloopCli, Recording } from "@effect-ploop/backend-cli"
import { Ploop } from "@effect-ploop/core"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Exit, Layer, Option, Schema, Stream } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { errnoOf } from "../src/internal/process/failures.js"

type Work = Effect.Effect<unknown, unknown, Recording.Host | Path.Path>

/** Records the work on this host, and returns the recording as a file holds it. */
const record = (work: Work, options?: Recording.RecordOptions) =>
  Effect.gen(function*() {
    const { layer, recording } = yield* Recording.record(options)
    const result = yield* Effect.exit(Effect.provide(work, layer))
    const text = JSON.stringify(Schema.encodeSync(Recording.Recording)(yield* recording))
    const decoded = Schema.decodeUnknownSync(Schema.parseJson(Recording.Recording))(text)
    return { result, text, recording: decoded }
  })

const replay = (work: Work, recording: Recording.Recording) =>
  Effect.gen(function*() {
    const replay = yield* Recording.replay(recording)
    const result = yield* Effect.exit(Effect.provide(work, Layer.merge(replay.layer, Path.layer)))
    return {
      result,
      mismatch: Option.getOrUndefined(yield* replay.mismatch),
      unused: Option.getOrUndefined(yield* replay.unused)
    }
  })

const rule = (name: string, body: Effect.Effect<void, unknown, NodeContext.NodeContext>) =>
  it.live(name, () => Effect.provide(body, NodeContext.layer))

const bytes = new Uint8Array(10_000).fill(7)

const files = Effect.scoped(Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-" })
  const path = `${directory}/file`
  yield* fs.writeFile(path, bytes)
  yield* fs.symlink(path, `${directory}/link`)
  const opened = yield* Effect.scoped(Effect.gen(function*() {
    const file = yield* fs.open(path)
    yield* file.seek(FileSystem.Size(9_990), "start")
    const buffer = new Uint8Array(100)
    return [yield* file.read(buffer), Array.from(buffer.subarray(0, 10)), yield* file.readAlloc(5)]
  }))
  const info = yield* fs.stat(path)
  return {
    opened,
    info: [info.type, info.size, info.mtime],
    read: Array.from(yield* fs.readFile(path)),
    names: yield* fs.readDirectory(directory),
    link: (yield* fs.readLink(`${directory}/link`)).endsWith("/file"),
    missing: yield* Effect.flip(fs.readFile(`${directory}/none`)).pipe(Effect.map(String)),
    there: [yield* fs.exists(path), yield* fs.exists(`${directory}/none`)],
    gone: yield* fs.remove(path)
  }
}))

describe("a recording", () => {
  rule(
    "replays every request to the file system, with its errors, and touches nothing",
    Effect.gen(function*() {
      const { recording, result } = yield* record(files)
      const again = yield* replay(files, recording)
      const renamed = (value: unknown) =>
        JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? `${inner}` : inner)
          .replaceAll(/ploop-conformance-[A-Za-z0-9]{6}/g, "")
      assert.strictEqual(again.mismatch, undefined)
      assert.isTrue(renamed(again.result) === renamed(result))
      assert.include(renamed(result), "NotFound")
    })
  )

  rule(
    "is the same each time, in spite of random names",
    Effect.gen(function*() {
      const fs = Effect.flatMap(FileSystem.FileSystem, (fs) =>
        Effect.scoped(Effect.flatMap(
          fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-" }),
          (directory) => fs.readDirectory(directory)
        )))
      assert.strictEqual((yield* record(fs)).text, (yield* record(fs)).text)
    })
  )

  rule(
    "has no content of a file in a request, and a large output compressed",
    Effect.gen(function*() {
      const { text } = yield* record(
        Effect.zipRight(files, Command.string(Command.make("head", "-c1000000", "/dev/zero")))
      )
      assert.isBelow(text.length, 100_000)
    })
  )

  rule(
    "replaces the names that it is given, the longest first",
    Effect.gen(function*() {
      const { text } = yield* record(Command.string(Command.make("echo", "/opt/tools/ploop", "/opt/tools")), {
        names: [["/opt/tools", "/T"], ["/opt/tools/ploop", "ploop"]]
      })
      assert.include(text, `"ploop /T`)
    })
  )

  rule(
    "replaces them also in what a process prints as an error",
    Effect.gen(function*() {
      const errors = Effect.scoped(
        Effect.flatMap(
          Command.start(Command.make("sh", "-c", "echo $0 >&2", "/opt/none")),
          ({ stderr }) => Stream.runDrain(stderr)
        )
      )
      const { text } = yield* record(errors, { names: [["/opt/none", "/T"]] })
      assert.include(text, `"stderr":"/T`)
      assert.notInclude(text, "/opt/none")
    })
  )

  rule(
    "has no mounts but those of ploop",
    Effect.gen(function*() {
      const mounts = "/dev/sda1 / ext4 rw 0 0\n/dev/ploop1p1 /vz ext4 rw 0 0\n"
      const { text } = yield* record(Effect.flatMap(CurrentHostFiles, (files) => files.kernelText("/proc/mounts")))
        .pipe(
          Effect.provideService(CurrentHostFiles, { ...nodeHostFiles, kernelText: () => Effect.succeedSome(mounts) })
        )
      assert.include(text, "/dev/ploop1p1 /vz")
      assert.notInclude(text, "/dev/sda1")
    })
  )
})

describe("a replay", () => {
  const echo = (...words: ReadonlyArray<string>) => Command.string(Command.make("echo", ...words))

  rule(
    "fails a process with other arguments, and names what was recorded and what was asked for",
    Effect.gen(function*() {
      const { recording } = yield* record(echo("a", "b c"))
      const { mismatch, result } = yield* replay(echo("a"), recording)
      assert.strictEqual(result._tag, "Failure")
      assert.deepInclude(mismatch, { operation: "none", expected: `echo a "b c"`, actual: "echo a" })
    })
  )

  rule(
    "fails a process with another directory in an argument, also one that ends like the program",
    Effect.gen(function*() {
      for (const name of ["root.hdd", "echo"]) {
        const { recording } = yield* record(echo(`/vz/a/${name}`))
        assert.strictEqual((yield* replay(echo(`/vz/b/${name}`), recording)).mismatch?.actual, `echo /vz/b/${name}`)
      }
    })
  )

  rule(
    "names the first difference, also when others follow",
    Effect.gen(function*() {
      const { mismatch } = yield* replay(Effect.zipRight(Effect.ignore(echo("a")), echo("b")), [])
      assert.strictEqual(mismatch?.actual, "echo a")
    })
  )

  rule(
    "has the code of an error",
    Effect.gen(function*() {
      const code = Effect.flatMap(
        FileSystem.FileSystem,
        (fs) => Effect.map(Effect.flip(fs.readFile("/etc/hostname/none")), errnoOf)
      )
      const { recording } = yield* record(code)
      assert.deepStrictEqual((yield* replay(code, recording)).result, Exit.succeed("ENOTDIR"))
    })
  )

  rule(
    "names the operation that differs",
    Effect.gen(function*() {
      const create = Effect.flatMap(
        Ploop.Ploop,
        (ploop) => ploop.create({ image: "/none/a", size: "1M", fileSystem: "none" })
      )
      const { mismatch } = yield* replay(Effect.provide(create, PloopCli.layer()), [])
      assert.strictEqual(mismatch?.operation, "create")
    })
  )

  rule(
    "reports a process that was recorded and is no longer run",
    Effect.gen(function*() {
      const { recording } = yield* record(Effect.zipRight(echo("a"), echo("b")))
      const { mismatch, unused } = yield* replay(echo("a"), recording)
      assert.strictEqual(mismatch, undefined)
      assert.strictEqual(unused?.expected, "echo b")
    })
  )

  rule(
    "fails a request that was not recorded",
    Effect.gen(function*() {
      const { mismatch, result } = yield* replay(
        Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile("/etc/hostname")),
        []
      )
      assert.strictEqual(result._tag, "Failure")
      assert.include(mismatch?.actual, "/etc/hostname")
    })
  )

  rule(
    "a request more or less does not shift the results of later ones",
    Effect.gen(function*() {
      const work = (reads: number) =>
        Effect.scoped(Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const path = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-" })}/file`
          const before = yield* Effect.forEach(Arr.range(1, reads), () => fs.exists(path))
          yield* fs.writeFile(path, bytes)
          return [before.includes(true), yield* fs.exists(path)]
        }))
      const { recording } = yield* record(work(2))
      for (const reads of [1, 2, 3]) {
        const { mismatch, result } = yield* replay(work(reads), recording)
        assert.strictEqual(mismatch, undefined)
        assert.deepStrictEqual(result, Exit.succeed([false, true]))
      }
    })
  )

  rule(
    "a read more or less of an opened file does not shift what is read when it is opened again",
    Effect.gen(function*() {
      const work = (reads: number) =>
        Effect.scoped(Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const path = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-" })}/file`
          yield* fs.writeFileString(path, "abc")
          const first = yield* fs.open(path)
          const again = yield* fs.open(path)
          for (let read = 0; read < reads; read++) yield* first.readAlloc(1)
          return Option.map(yield* again.readAlloc(1), Array.from<number>)
        }))
      const { recording } = yield* record(work(2))
      for (const reads of [1, 2, 3]) {
        const { mismatch, result } = yield* replay(work(reads), recording)
        assert.strictEqual(mismatch, undefined)
        assert.deepStrictEqual(result, Exit.succeed(Option.some([97])))
      }
    })
  )

  rule(
    "a read at the end of a file has only what was there",
    Effect.gen(function*() {
      const work = Effect.scoped(Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-conformance-" })}/file`
        yield* fs.writeFileString(path, "abc")
        return yield* Effect.flatMap(fs.open(path), (file) => file.read(new Uint8Array(10)))
      }))
      const { recording } = yield* record(work)
      assert.deepStrictEqual((yield* replay(work, recording)).result, Exit.succeed(FileSystem.Size(3)))
    })
  )
})

import { PloopCli, Tape } from "@effect-ploop/backend-cli"
import type { PloopError } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import type { CommandExecutor } from "@effect/platform"
import { FileSystem } from "@effect/platform"
import { NodeCommandExecutor, NodeContext, NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Duration, Effect, Either, FastCheck as fc, Fiber, Layer, Option, Schedule } from "effect"
import * as Process from "../src/internal/process.js"
import { missing, title, uuid } from "./utils/realTool.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"
import { text, topics } from "./utils/transcripts.js"

const entries = Arbitrary.make(Tape.Entry)

/** What a program reads of a disk, its failures included. */
const program = (directory: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const disk = `${directory}/DiskDescriptor.xml`
    const attempt = <A>(effect: Effect.Effect<A, PloopError.PloopError>) =>
      Effect.map(Effect.either(effect), Either.mapLeft((error) => ({ ...error, message: error.message })))
    return [
      yield* attempt(ploop.create({ image: `${directory}/root.hdd`, size: "4M", fileSystem: "none" })),
      yield* attempt(ploop.createSnapshot({ disk, id: uuid("a") })),
      yield* attempt(ploop.createSnapshot({ disk, id: uuid("a") })),
      yield* attempt(ploop.imageInfo({ disk })),
      yield* attempt(ploop.isMounted({ disk })),
      yield* attempt(ploop.fileSystemInfo({ disk })),
      yield* attempt(ploop.listSnapshots({ disk })),
      yield* attempt(ploop.deleteSnapshot({ disk, id: uuid("a") })),
      yield* attempt(ploop.mount({ disk, target: directory })),
      yield* attempt(ploop.listSnapshots({ disk }))
    ] as const
  })

describe.skipIf(missing !== undefined)(title("recording the real tool"), () => {
  it.scoped("gives a tape from which the same program learns the same, with nothing there", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-tape-" })}/tape.jsonl`

      const recorded = yield* program(directory).pipe(
        Effect.provide(PloopCli.layer().pipe(Layer.provide(Tape.record(file)), Layer.provide(NodeContext.layer)))
      )
      yield* fs.remove(directory, { recursive: true })
      yield* fs.makeDirectory(directory)
      const replayed = yield* program(directory).pipe(
        Effect.provide(PloopCli.layer().pipe(Layer.provide(Tape.replayFile(file)), Layer.provide(NodeContext.layer)))
      )

      assert.deepStrictEqual(replayed, recorded)
      assert.deepStrictEqual(recorded.map((either) => Either.isRight<unknown, unknown>(either)), [
        true,
        true,
        false,
        true,
        true,
        false,
        true,
        true,
        false,
        true
      ])
      assert.deepStrictEqual(yield* fs.readDirectory(directory), [])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("holds the tool's arguments, and nothing of its environment", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = `${yield* fs.makeTempDirectoryScoped({ prefix: "ploop-tape-" })}/tape.jsonl`
      yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
        Effect.provide(
          PloopCli.layer({ prefix: ["env", "SECRET=1"], queries: "tool" }).pipe(
            Layer.provide(Tape.record(file)),
            Layer.provide(NodeContext.layer)
          )
        )
      )
      const runs = (yield* Tape.read(file)).filter((entry) => entry._tag === "Run")
      assert.deepStrictEqual(runs.map((run) => run.argv), [["ploop"], ["ploop", "-v-1", "list"]])
      assert.notInclude(yield* fs.readFileString(file), "SECRET")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a tape", () => {
  it("is read back from its text, whatever was printed", () => {
    fc.assert(fc.property(fc.array(entries), (tape) => {
      // JSON knows no negative zero.
      const plain = JSON.parse(JSON.stringify(tape)) as typeof tape
      assert.deepStrictEqual(Effect.runSync(Tape.parse(Tape.format(plain))), plain)
    }))
  })

  for (const [folder, topic] of topics) {
    it(`of a real tool is one: ${folder}/${topic}`, () => {
      const tape = Effect.runSync(Tape.parse(text(folder, topic)))
      assert.isNotEmpty(tape)
      assert.deepStrictEqual(Effect.runSync(Tape.parse(Tape.format(tape))), tape)
    })
  }

  const replay = (tape: Tape.Tape) =>
    PloopCli.layer().pipe(Layer.provide(Tape.replay(tape)), Layer.provide(NodePath.layer))

  const usage: Tape.Run = {
    _tag: "Run",
    argv: ["ploop"],
    stdout: "",
    stderr: "Usage: ploop init -s SIZE\n",
    exitCode: 38,
    duration: 1
  }

  it.effect("that does not hold a run says which was asked for, and what it has next", () =>
    Effect.gen(function*() {
      const other: Tape.Run = { ...usage, argv: ["ploop", "-v-1", "getdev"] }
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
        Effect.flip,
        Effect.provide(replay([usage, other]))
      )
      assert.strictEqual(error._tag, "Unclassified")
      assert.include(error.text, "[\"ploop\",\"-v-1\",\"list\"]")
      assert.include(error.text, "[\"ploop\",\"-v-1\",\"getdev\"]")
    }))

  it.effect("of a tool that could not be started replays that", () =>
    Effect.gen(function*() {
      const tape: Tape.Tape = [{
        _tag: "Run",
        argv: ["ploop"],
        stdout: "",
        stderr: "",
        notStarted: { reason: "NotFound", description: "spawn ploop ENOENT" },
        duration: 0
      }]
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
        Effect.flip,
        Effect.provide(replay(tape))
      )
      assert.strictEqual(error._tag, "ToolNotFound")
    }))

  it.effect("of a tool that was killed replays that", () =>
    Effect.gen(function*() {
      const tape: Tape.Tape = [usage, {
        _tag: "Run",
        argv: ["ploop", "-v-1", "list"],
        stdout: "",
        stderr: "",
        signal: "SIGKILL",
        duration: 0
      }]
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
        Effect.flip,
        Effect.provide(replay(tape))
      )
      assert.strictEqual(error._tag, "ToolAborted")
      assert.strictEqual(error.signal, "SIGKILL")
    }))

  it.effect("keeps bytes that are no UTF-8", () =>
    Effect.gen(function*() {
      const tape: Tape.Tape = [usage, {
        _tag: "Run",
        argv: ["ploop", "-v-1", "list"],
        stdout: { base64: "cGxvb3AwIP8=" },
        stderr: "",
        exitCode: 0,
        duration: 0
      }]
      const error = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices).pipe(
        Effect.flip,
        Effect.provide(
          PloopCli.layer().pipe(
            Layer.provide(Tape.replay(tape, { match: (recorded, asked) => recorded[2] === asked[2] })),
            Layer.provide(NodePath.layer)
          )
        )
      )
      assert.notStrictEqual(error._tag, "ToolNotFound")
    }))
})

describe("a recording", () => {
  const about = { operation: "imageInfo", subject: "/vz/a/DiskDescriptor.xml", kind: "query" } as const

  const runner = (tool: string) =>
    Process.make({
      tool,
      prefix: [],
      limits: { query: Duration.minutes(3), change: Duration.infinity },
      grace: Duration.seconds(5),
      maxProcesses: 8,
      maxOutput: 1024 * 1024
    })

  const tapeFile = Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.makeTempDirectoryScoped({ prefix: "ploop-tape-" }), (directory) => `${directory}/tape.jsonl`)
  )

  /** What a program meets on a tape that was made while it ran, and the tape. */
  const again = <A, E>(
    executor: Layer.Layer<CommandExecutor.CommandExecutor>,
    program: Effect.Effect<A, E, CommandExecutor.CommandExecutor | FileSystem.FileSystem>,
    options?: Tape.RecordOptions
  ) =>
    Effect.gen(function*() {
      const file = yield* tapeFile
      const recorded = yield* Effect.provide(
        Effect.either(program),
        Layer.provide(Tape.record(file, options), Layer.merge(executor, NodeFileSystem.layer))
      )
      const tape = yield* Tape.read(file)
      return { recorded, tape, replayed: yield* Effect.provide(Effect.either(program), Tape.replay(tape)) }
    }).pipe(Effect.provide(NodeContext.layer))

  const executor = Layer.provide(NodeCommandExecutor.layer, NodeFileSystem.layer)

  const shell = (text: string) =>
    Effect.map(
      Effect.flatMap(runner("/bin/sh"), (runner) => runner.run({ ...about, args: ["-c", text] })),
      ({ duration: _, ...result }) => result
    )

  it.scopedLive("says how a run ended that was interrupted", () =>
    Effect.gen(function*() {
      const file = yield* tapeFile
      const fs = yield* FileSystem.FileSystem
      const begun = `${file}.begun`
      const fiber = yield* shell(`trap 'echo cleaned; exit 29' TERM; : > ${begun}; sleep 60 & wait`).pipe(
        Effect.provide(Layer.provide(Tape.record(file), NodeContext.layer)),
        Effect.fork
      )
      yield* fs.access(begun).pipe(Effect.retry(Schedule.spaced("10 millis")))
      yield* Fiber.interrupt(fiber)
      const [run] = yield* Tape.read(file)
      assert.deepInclude(run, { exitCode: 29, stdout: "cleaned\n" })
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("gives the same result again, whatever the bytes and the end", () =>
    Effect.gen(function*() {
      for (const text of ["printf 'a\\377\\n'; echo e >&2; exit 39", "echo half; kill -s KILL $$", ":"]) {
        const { recorded, replayed } = yield* again(executor, shell(text))
        assert.isTrue(Either.isRight(recorded))
        assert.deepStrictEqual(replayed, recorded)
      }
    }))

  for (
    const answer of [{ spawnError: "ENOENT" }, { spawnError: "EPERM" }, {
      throws: Object.assign(new Error("spawn E2BIG"), { code: "E2BIG" })
    }]
  ) {
    it.scoped(`gives the same error again when the tool could not be started: ${answer.spawnError ?? "E2BIG"}`, () =>
      Effect.gen(function*() {
        const program = Effect.flatMap(runner("ploop"), (runner) => runner.run({ ...about, args: ["list"] }))
        const { recorded, replayed } = yield* again(ScriptedExecutor.make([answer]).layer, program)
        assert.isTrue(Either.isLeft(recorded))
        assert.deepStrictEqual(replayed, recorded)
      }))
  }

  it.scoped("keeps the beginning of an output that is too long, and says so", () =>
    Effect.gen(function*() {
      const { layer } = ScriptedExecutor.make([{ stdout: ["0123456", "789abc", "def"], stderr: "short" }])
      const program = Effect.flatMap(runner("ploop"), (runner) => runner.run({ ...about, args: ["list"] }))
      const { tape } = yield* again(layer, program, { maxOutput: 10 })
      assert.deepInclude(tape[0], { stdout: "0123456789", stderr: "short", truncated: true })
    }))

  it.scoped("says nothing of an output that has just the length that is kept", () =>
    Effect.gen(function*() {
      const { layer } = ScriptedExecutor.make([{ stdout: ["0123456", "789"] }])
      const program = Effect.flatMap(runner("ploop"), (runner) => runner.run({ ...about, args: ["list"] }))
      const { tape } = yield* again(layer, program, { maxOutput: 10 })
      assert.notProperty(tape[0], "truncated")
    }))

  it.scoped("is added to the one that the file has", () =>
    Effect.gen(function*() {
      const file = yield* tapeFile
      const record = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(file)).pipe(
        Effect.provide(Layer.provide(Tape.record(file), NodeContext.layer))
      )
      yield* Effect.zipRight(record, record)
      assert.strictEqual((yield* Tape.read(file)).length, 2)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("that cannot be written lets the program go on", () =>
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists("/")).pipe(
      // Every write to it fails for want of space.
      Effect.provide(Layer.provide(Tape.record("/dev/full"), NodeContext.layer)),
      Effect.map((exists) => assert.isTrue(exists))
    ))

  it.scoped("holds what was read of files, and that they were missing", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* tapeFile}.data`
      yield* fs.writeFile(path, new Uint8Array([0, 1, 254, 255]))
      const program = Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const start = Effect.scoped(
          Effect.flatMap(fs.open(path), (file) => Effect.all([file.readAlloc(3), file.readAlloc(3), file.readAlloc(3)]))
        )
        return {
          whole: Array.from(yield* fs.readFile(path)),
          pieces: (yield* start).map((piece) => Array.from(Option.getOrElse(piece, () => new Uint8Array()))),
          text: yield* Effect.flip(fs.readFileString(`${path}.none`)).pipe(Effect.map((error) => error._tag)),
          open: yield* Effect.scoped(Effect.flip(fs.open(`${path}.none`))).pipe(Effect.map((error) => error._tag)),
          exists: [yield* fs.exists(path), yield* fs.exists(`${path}.none`)],
          real: yield* fs.realPath(path),
          type: (yield* fs.stat(path)).type
        }
      })
      const { recorded, replayed } = yield* again(executor, program)
      assert.deepStrictEqual(replayed, recorded)
      const found = Either.getOrThrow(recorded)
      assert.deepStrictEqual(found.pieces, [[0, 1, 254], [255], []])
      assert.deepStrictEqual(found.exists, [true, false])
    }).pipe(Effect.provide(NodeContext.layer)))

  it("that was cut off in the middle of a line is read up to there", () => {
    const run = JSON.stringify({ _tag: "Run", argv: ["ploop"], stdout: "", stderr: "", exitCode: 38, duration: 1 })
    assert.strictEqual(Effect.runSync(Tape.parse(`${run}\n${run.slice(0, 30)}`)).length, 1)
    assert.strictEqual(Effect.runSync(Tape.parse(`${run}\n${run}`)).length, 2)
    assert.strictEqual(Effect.runSync(Effect.flip(Tape.parse(`${run.slice(0, 30)}\n${run}\n`)))._tag, "ParseError")
  })
})

import { PloopCli, Tape } from "@effect-ploop/backend-cli"
import type { PloopError } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Either, FastCheck as fc, Layer } from "effect"
import { missing, title, uuid } from "./utils/realTool.js"
import { text, topics } from "./utils/transcripts.js"

const entries = Arbitrary.make(Tape.Entry)

/** What a program finds out about a disk, its failures included. */
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
          PloopCli.layer({ prefix: ["env", "SECRET=1"] }).pipe(
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

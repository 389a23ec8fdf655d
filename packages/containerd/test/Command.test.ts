import { PloopFake } from "@effect-ploop/backend-fake"
import { codeOf } from "@effect-ploop/command-line/Ended"
import { FileSystem, Terminal } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, TestClock } from "effect"
import { onHost } from "../src/internal/cli/launch.js"
import * as metrics from "../src/internal/cli/metrics.js"
import { program } from "../src/internal/cli/snapshotter.js"
import * as instance from "../src/internal/instance.js"
import { onFake, start } from "./utils.js"

const terminal = Terminal.Terminal.of({
  columns: Effect.succeed(80),
  rows: Effect.succeed(25),
  isTTY: Effect.succeed(false),
  readInput: Effect.die("no input is expected"),
  readLine: Effect.die("no input is expected"),
  display: () => Effect.void
})

/** The exit code of the command, and what it printed as errors. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const stderr: Array<string> = []
    const console = yield* Effect.console
    const exit = yield* Effect.exit(
      program.run(["node", "ploop-snapshotter", ...args]).pipe(
        Effect.provideService(Terminal.Terminal, terminal),
        Effect.withConsole({
          ...console,
          error: (...words) => Effect.sync(() => void stderr.push(`${words.join(" ")}\n`))
        }),
        Effect.provide(PloopFake.layer())
      )
    )
    return { code: codeOf(0)(exit), stderr: stderr.join("") }
  })

const inDirectory = (
  title: string,
  test: (directory: string) => Effect.Effect<void, unknown, NodeContext.NodeContext>
) =>
  it.scopedLive(
    title,
    () =>
      Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.makeTempDirectoryScoped(), test)).pipe(
        Effect.provide(NodeContext.layer)
      )
  )

describe("the file of the metrics", () => {
  onFake(
    "has the calls, is written at the start, and again every 15 seconds",
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = "/vz/ploop.prom"
      yield* metrics.writing(file)
      const before = yield* fs.readFileString(file)
      const snapshotter = yield* start()
      yield* snapshotter.prepare({ key: "of metrics" })
      yield* Effect.flip(snapshotter.stat("unknown"))
      assert.strictEqual(yield* fs.readFileString(file), before)
      yield* TestClock.adjust("15 seconds")
      const after = yield* fs.readFileString(file)
      assert.match(after, /^ploop_snapshotter_calls_total\{call="prepare",outcome="success"\} [1-9]/m)
      assert.match(after, /^ploop_snapshotter_calls_total\{call="stat",outcome="SnapshotNotFound"\} [1-9]/m)
      assert.match(after, /^ploop_snapshotter_call_duration_seconds_count\{call="prepare"\} [1-9]/m)
    }))
  )

  inDirectory("ends the command with 2 when it cannot be written", (directory) =>
    Effect.gen(function*() {
      const { code, stderr } = yield* run("--root", directory, "--metrics", "/nowhere/ploop.prom")
      assert.strictEqual(code, 2)
      assert.include(
        stderr,
        "could not write the metrics to /nowhere/ploop.prom: /nowhere/ploop.prom.new: no such file"
      )
    }))
})

describe("ploop-snapshotter", () => {
  inDirectory("ends with 2 and names the option that breaks a rule", (directory) =>
    Effect.gen(function*() {
      const { code, stderr } = yield* run("--root", directory, "--size", "large")
      assert.strictEqual(code, 2)
      assert.include(stderr, "size is \"large\", but it ")
    }))

  inDirectory(
    "ends with 2 when another process uses the directory",
    (directory) =>
      Effect.scoped(Effect.gen(function*() {
        yield* instance.own(directory)
        const { code, stderr } = yield* run("--root", directory)
        assert.strictEqual(code, 2)
        assert.include(stderr, `could not use ${directory}: another process uses it`)
      }))
  )

  inDirectory("gives the directory back when its use ends", (directory) =>
    Effect.gen(function*() {
      yield* Effect.scoped(instance.own(directory))
      yield* Effect.scoped(instance.own(directory))
    }))

  it.effect("ends with 2 when a variable breaks its rule, and names it", () =>
    Effect.gen(function*() {
      const stderr: Array<string> = []
      const exit = yield* Effect.exit(onHost(program, ["node", "ploop-snapshotter"])).pipe(
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["PLOOP_GRACE", "soon"]]), { pathDelim: "_" })),
        Effect.withConsole({ ...yield* Effect.console, error: (text) => Effect.sync(() => void stderr.push(text)) })
      )
      assert.strictEqual(codeOf(0)(exit), 2)
      assert.deepStrictEqual(stderr, [
        "ploop-snapshotter: PLOOP_GRACE is soon, but it must be a duration with its unit, as in 30 seconds"
      ])
    }))
})

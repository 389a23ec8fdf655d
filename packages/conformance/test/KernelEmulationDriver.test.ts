import { KernelEmulation } from "@effect-ploop/conformance"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Config, Effect, Option, Schedule, Stream } from "effect"
import { fileURLToPath } from "node:url"
import { generationOf } from "../src/internal/kernelEmulation/generation.js"
import { missing, title } from "./kernelEmulation/namespaces.js"

const here = fileURLToPath(new URL("kernelEmulation", import.meta.url))

const text = <E, R>(output: Stream.Stream<Uint8Array, E, R>) => Stream.mkString(Stream.decodeText(output))

/** Runs a script in the namespaces of the emulation, with the driver of a generation, in a directory of its own. */
const start = (script: string, driver: "7" | "9", environment: Record<string, string> = {}) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-driver-" })
    const [program, ...args] = yield* KernelEmulation.enter("/usr/bin/env", [
      `PLOOP_EMULATION_GENERATION=${driver}`,
      "PLOOP_EMULATION_STATE=/dev/ploop-emulation/driver",
      "bash",
      path.join(here, script)
    ])
    const library = path.join(path.dirname(program), "ploop-emulation.so")
    const child = yield* Command.make(program, ...args).pipe(
      Command.workingDirectory(directory),
      Command.env({ LC_ALL: "C", LD_PRELOAD: library, ...environment }),
      Command.start
    )
    return { child, directory }
  })

/** What a script prints, with its directory under a name that is always the same. */
const printed = (script: string, driver: "7" | "9", environment: Record<string, string> = {}) =>
  Effect.gen(function*() {
    const { child, directory } = yield* start(script, driver, environment)
    const [output, errors] = yield* Effect.all([text(child.stdout), text(child.stderr)], { concurrency: 2 })
    assert.strictEqual(errors, "")
    return output.replaceAll(directory, "/vz/K")
  })

const lines = (output: string) => output.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "")

/** A recorded line without what the kernel logged. */
const withoutLog = (line: string) =>
  line.replace(/ *\| kernel:.*$/, "").replace(/ \| (ploop-msg|device-mapper: ploop).*$/, "").replace(/ \| *$/, "")

const recorded = (name: string) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${here}/transcripts/${name}`)),
    (transcript) => lines(lines(transcript).map(withoutLog).join("\n"))
  )

const hasDmsetup = await Effect.runPromise(
  Command.exitCode(Command.make("dmsetup", "--help")).pipe(
    Effect.match({ onFailure: () => false, onSuccess: () => true }),
    Effect.provide(NodeContext.layer)
  )
)

if (!hasDmsetup && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error("the tests of the emulated device mapper are required here, but dmsetup is missing: install it")
}

const withoutMapper = missing ?? (hasDmsetup ? undefined : "dmsetup is missing: install it")

const mapperTitle = (words: string) => withoutMapper === undefined ? words : `${words} (skipped: ${withoutMapper})`

describe.skipIf(withoutMapper !== undefined)(mapperTitle("the emulated target \"ploop\" of device mapper"), () => {
  for (
    const [name, rule] of [
      ["start", "accepts the tables that the real driver accepts, and refuses the others with the same errors"],
      ["messages", "replies to each message as the real driver does"]
    ] as const
  ) {
    it.scopedLive(rule, () =>
      Effect.gen(function*() {
        const expected = yield* recorded(`09-driver-${name}.txt`)
        assert.isAbove(expected.length, 40)
        assert.deepStrictEqual(lines(yield* printed(`driver-${name}.bash`, "9")), expected)
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scopedLive("reads, writes, discards, merges, grows, suspends and tracks", () =>
    Effect.gen(function*() {
      const expected = yield* Effect.flatMap(
        FileSystem.FileSystem,
        (fs) => fs.readFileString(`${here}/driver-data.txt`)
      )
      assert.deepStrictEqual(lines(yield* printed("driver-data.bash", "9")), lines(expected))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("keeps devices apart that have hundreds of images together", () =>
    Effect.gen(function*() {
      const output = lines(yield* printed("driver-many.bash", "9"))
      assert.deepStrictEqual(output, ["data of one", "data of two"])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe.skipIf(withoutMapper !== undefined)(
  mapperTitle("of mapped devices whose run was killed, nothing is left"),
  () => {
    for (
      const [who, victim] of [
        ["the process that waits for it", (pid: number) => `${pid}`],
        ["its whole group", (pid: number) => `-${pid}`]
      ] as const
    ) {
      it.scopedLive(
        `when ${who} is killed, though a file system is frozen and both devices are suspended`,
        () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const { child, directory } = yield* start("driver-forever.bash", "9")
            const printed = yield* child.stdout.pipe(
              Stream.decodeText(),
              Stream.splitLines,
              Stream.takeUntil((line) => line === "ready"),
              Stream.runCollect
            )
            const loops = [...printed].filter((line) => /^\d+$/.test(line))
            assert.lengthOf(loops, 2)
            yield* Command.exitCode(Command.make("kill", "-KILL", "--", victim(child.pid)))
            yield* Effect.ignore(child.exitCode)
            const ours = Effect.filter(loops, (loop) =>
              Effect.match(fs.readFileString(`/sys/block/loop${loop}/loop/backing_file`), {
                onFailure: () =>
                  false,
                // The path of a file whose mount is gone is a mere slash.
                onSuccess: (file) => file.trim() === "/" || file.includes("/ploop-emulation/driver/")
              }))
            const left = yield* ours.pipe(
              Effect.repeat({
                until: (found) =>
                  found.length === 0,
                schedule: Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(1200))
              }),
              Effect.zipRight(ours)
            )
            assert.deepStrictEqual(left, [])
            assert.include(yield* fs.readDirectory(directory), "root.hdd")
          }).pipe(Effect.provide(NodeContext.layer))
      )
    }
  }
)

const tool = await Effect.runPromise(Effect.provide(
  Effect.gen(function*() {
    const program = yield* Effect.option(Config.string("PLOOP_TOOL"))
    const generation = yield* Option.match(program, {
      onNone: () => Effect.succeedNone,
      onSome: generationOf
    })
    return {
      program: Option.getOrElse(program, () => ""),
      generation: Option.getOrElse(generation, () => "1.15" as const)
    }
  }),
  NodeContext.layer
))

const noTool = missing ?? (tool.generation === "1.15" ? "PLOOP_TOOL names no tool of generation 7 or 9" : undefined)

describe.skipIf(noTool !== undefined)(
  noTool === undefined
    ? `the real tool of generation ${tool.generation} on its emulated driver`
    : title(`the real tools of 7 and 9 (skipped: ${noTool})`),
  () => {
    it.scopedLive(
      "runs a disk from its creation to its end, and keeps the contents all along",
      () =>
        Effect.gen(function*() {
          if (tool.generation === "1.15") return
          const expected = yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${here}/tool.txt`))
          const output = yield* printed("tool.bash", tool.generation, { PLOOP_TOOL: tool.program })
          assert.deepStrictEqual(lines(output), lines(expected))
        }).pipe(Effect.provide(NodeContext.layer)),
      300_000
    )
  }
)

/** Jobs whose process is killed, on the real tool and the emulated kernel. */
import { KernelEmulation } from "@effect-ploop/conformance"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"

const program = new URL("emulatedJobs.ts", import.meta.url).pathname

const lacks = (await Effect.runPromise(Effect.provide(KernelEmulation.requirements(), NodeContext.layer)))
  .filter(({ status }) => status === "missing")
  .map(({ name }) => name)

if (lacks.length > 0 && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(
    `the tests of jobs on the emulated kernel are required here, but these are missing: ${lacks.join(", ")}`
  )
}

interface Line {
  readonly title: string
  readonly expected: { readonly left: ReadonlyArray<string> }
  readonly found: { readonly wasKilled: boolean }
}

/** What the program writes in the namespaces of the emulation, line by line. */
const lines = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const scratch = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
  const [enter, ...args] = yield* KernelEmulation.enter(process.execPath, [
    ...["--import=tsx", "--conditions=@effect-ploop/source", program, scratch]
  ])
  const written = yield* Command.streamLines(Command.stderr(Command.make(enter, ...args), "inherit")).pipe(
    Stream.runCollect
  )
  // The program writes these lines alone.
  return Chunk.toReadonlyArray(written).filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Line)
})

describe.skipIf(lacks.length > 0)(
  `a job whose process is killed${lacks.length > 0 ? ` (skipped: ${lacks.join(", ")} missing)` : ""}`,
  () => {
    it.scopedLive(
      "ends, when it is run again, as one that was not disturbed, with every file and no leftovers",
      () =>
        Effect.gen(function*() {
          const all = yield* lines
          assert.strictEqual(all.length, 7)
          for (const { expected, found, title } of all) {
            assert.deepStrictEqual(expected.left, [], title)
            assert.deepStrictEqual<object>(found, { wasKilled: true, ...expected }, title)
          }
        }).pipe(Effect.provide(NodeContext.layer)),
      600_000
    )
  }
)

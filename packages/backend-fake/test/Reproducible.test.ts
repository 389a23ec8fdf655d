import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, TestClock } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { generations, makeDisk, makeMounted } from "./utils/host.js"

/** Everything that the `FileSystem` of a host shows: names, times, inodes and contents. */
const dump = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const files: Record<string, unknown> = {}
  for (const name of ["", ...(yield* fs.readDirectory("/", { recursive: true }))]) {
    const info = yield* fs.stat(`/${name}`)
    const content = info.type === "File" && info.size < 4_000_000n ? yield* fs.readFileString(`/${name}`) : ""
    files[`/${name}`] = { ...info, content }
  }
  return files
})

/** Uses everything that is random or read from the clock: identifiers, file names, devices, times. */
const story = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const host = yield* FakeHost.FakeHost
  const disk = yield* makeDisk("idle")
  const first = yield* ploop.createSnapshot({ disk })
  yield* TestClock.adjust("1 hour")
  const kept = yield* ploop.snapshotAndSwitch({ disk, id: first })
  yield* ploop.deleteSnapshot({ disk, id: kept })
  const mounted = yield* makeMounted("ct", { clusterSize: "64K" })
  yield* fs.writeFileString(`${mounted.target}/motd`, "welcome")
  const second = yield* ploop.createSnapshot({ disk: mounted.disk })
  const backup = yield* ploop.createTemporarySnapshot({ disk: mounted.disk, component: "backup" })
  const temporary = yield* fs.makeTempDirectory()
  yield* fs.writeFileString(`${temporary}/${yield* ploop.topDelta({ disk }).pipe(Effect.map((p) => p.length))}`, "")
  yield* fs.makeTempFile({ directory: "/vz" })
  return {
    answers: [first, kept, mounted, second, backup, temporary, yield* ploop.listDevices],
    files: yield* dump,
    state: yield* host.state
  }
})

const told = (options: PloopFake.Options) => Effect.provide(story, PloopFake.layer(options))

describe("a run on the host in memory", () => {
  it.effect.prop(
    "is the same to the byte with the same seed and the same clock",
    { seed: fc.integer(), generation: fc.constantFrom(...generations), start: fc.nat({ max: 2 ** 40 }) },
    ({ generation, seed, start }) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(start)
        const one = yield* told({ seed, generation })
        yield* TestClock.setTime(start)
        const other = yield* told({ seed, generation })
        assert.deepStrictEqual(other.answers, one.answers)
        assert.deepStrictEqual(other.files, one.files)
        assert.isTrue(isDeepStrictEqual(other.state, one.state))
      }),
    { fastCheck: { numRuns: 8 } }
  )

  it.effect("has other identifiers and names with another seed, and the default seed is 0", () =>
    Effect.gen(function*() {
      const all = yield* Effect.forEach(
        [{}, { seed: 0 }, { seed: 1 }, { seed: 2 }, { seed: -1 }],
        (options) => Effect.zipRight(TestClock.setTime(0), told(options))
      )
      const firsts = all.map(({ answers }) => JSON.stringify(answers))
      assert.strictEqual(firsts[0], firsts[1])
      assert.strictEqual(new Set(firsts).size, 4)
      assert.deepStrictEqual(all[0]?.files, all[1]?.files)
      assert.notDeepEqual(Object.keys(all[0]!.files), Object.keys(all[2]!.files))
    }))

  it.effect("reads every time from the clock", () =>
    Effect.gen(function*() {
      const at = (start: number) => Effect.zipRight(TestClock.setTime(start), told({}))
      const early = yield* at(0)
      const late = yield* at(Duration.toMillis("1 day"))
      assert.deepStrictEqual(Object.keys(late.files), Object.keys(early.files))
      assert.deepStrictEqual(late.answers, early.answers)
      const times = (files: Record<string, unknown>) =>
        Object.values(files).map((info) => (info as FileSystem.File.Info).mtime).map((time) =>
          time._tag === "Some" ? time.value.getTime() : NaN
        )
      assert.deepStrictEqual(times(late.files), times(early.files).map((time) => time + Duration.toMillis("1 day")))
      assert.deepStrictEqual([...new Set(times(early.files))].sort(), [0, Duration.toMillis("1 hour")])
    }))
})

/** The sources of the package by path, without their docstrings. */
const sources = ["src", "src/internal", "src/internal/operations"].flatMap((directory) => {
  const path = join(import.meta.dirname, "..", directory)
  return readdirSync(path)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({
      name: `${directory}/${name}`,
      code: readFileSync(join(path, name), "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "")
    }))
})

describe("the package", () => {
  it("imports Effect, the services of its platform, core and pure libraries, and nothing of Node", () => {
    assert.isAbove(sources.length, 30)
    for (const { code, name } of sources) {
      for (const [, module] of code.matchAll(/(?:from|import\() ?"([^"]+)"/g)) {
        assert.match(
          module!,
          /^(?:effect\/|@effect\/platform\/|@effect-ploop\/core\/|uint8array-extras$|\.\.?\/)/,
          name
        )
      }
    }
  })

  it("uses neither the clock nor the random values nor the processes of the real host", () => {
    const forbidden =
      /\b(?:Math\.random|Date\.now|new Date\b|performance\.|process\.|crypto\.|console\.|setTimeout|setInterval)/
    for (const { code, name } of sources) assert.notMatch(code, forbidden, name)
  })
})

/**
 * Nothing that a file or the tool can say ends in a defect: it is a result or an
 * error. `npm run fuzz` tries a million inputs; a failure names its seed.
 */
import type { Generation, PloopError } from "@effect-ploop/core"
import { Classification, type Disk, DiskDescriptor, Operation, Ploop, SnapshotTree } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, FastCheck as fc, Logger } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import type { HostFiles } from "../src/internal/hostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import * as parse from "../src/internal/parse.js"
import * as statfsCache from "../src/internal/statfsCache.js"
import * as superblock from "../src/internal/superblock.js"
import { A, scripted } from "./utils/host.js"
import { runs, topics } from "./utils/transcripts.js"

/** How many inputs there are in all. */
const inputs = Number(process.env["FUZZ_RUNS"] ?? 8000)

/** How many of them are for each of the four properties. */
const numRuns = Math.ceil(inputs / 4)

const seed = Number(process.env["FUZZ_SEED"] ?? 20)
const timeout = 180_000 + inputs * 10

/** In pieces, between which the runner of the tests is heard. */
const many = async <Inputs>(property: fc.IProperty<Inputs>) => {
  const size = 500
  for (let at = 0; at < numRuns; at += size) {
    fc.assert(property, { numRuns: Math.min(size, numRuns - at), seed: seed + at, endOnFailure: true })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const fixtures = new URL("../../core/test/fixtures/descriptors/", import.meta.url)

const descriptors = readdirSync(fixtures).flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, fixtures)).map((name) =>
    readFileSync(new URL(`${folder}/${name}`, fixtures), "utf8")
  )
)

const outputs = topics.flatMap(([folder, topic]) => runs(folder, topic).flatMap((run) => [run.stdout, run.stderr]))
  .filter((text) => text !== "")

/** What is known to have been trouble somewhere, and what is near a limit. */
const oddities = fc.oneof(
  fc.constantFrom(
    "&#0;",
    "&#xD800;",
    "&#x110000;",
    "&amp;lt;",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "]]>",
    "<!--",
    "\0",
    "\ud800",
    "\ufffd",
    "\r\n",
    "\t",
    " ",
    "../",
    "/",
    "999999999999999999",
    "9007199254740993",
    "18446744073709551616",
    "-1",
    "0x10",
    "1e9",
    "NaN",
    "__proto__",
    "constructor",
    "{00000000-0000-0000-0000-000000000000}",
    "{5fbaabe3-6958-40ff-92a7-860e329aab41}"
  ),
  fc.integer({ min: 1, max: 40 }).map((digits) => "9".repeat(digits)),
  fc.integer({ min: 4000, max: 4200 }).map((length) => "x".repeat(length)),
  fc.string({ unit: "binary", maxLength: 8 })
)

/** A text with some pieces replaced by others. */
const mutated = (texts: ReadonlyArray<string>) =>
  fc.tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), oddities), { minLength: 1, maxLength: 6 })
  ).map(([text, edits]) =>
    edits.reduce((edited, [at, length, piece]) => {
      const start = at % (edited.length + 1)
      return edited.slice(0, start) + piece + edited.slice(start + length)
    }, text)
  )

/** A text in which a number has become another one. */
const renumbered = (texts: ReadonlyArray<string>) =>
  fc.tuple(fc.constantFrom(...texts.filter((text) => /\d/.test(text))), fc.nat(), oddities).map(
    ([text, which, piece]) => {
      const numbers = [...text.matchAll(/\d+/g)]
      const found = numbers[which % numbers.length]!
      return text.slice(0, found.index) + piece + text.slice(found.index + found[0].length)
    }
  )

const descriptor = fc.oneof(
  mutated(descriptors),
  renumbered(descriptors),
  fc.string({ unit: "binary", maxLength: 200 })
)

const output = fc.oneof(mutated(outputs), renumbered(outputs), fc.string({ unit: "binary", maxLength: 200 }))

const generations: ReadonlyArray<Generation.Generation> = ["1.15", "7", "9"]

const parsers: ReadonlyArray<(text: string) => unknown> = [
  parse.generation,
  parse.imageInfo,
  parse.device,
  parse.fileSystemTable,
  parse.mountpoints,
  parse.attachedDevice,
  parse.statistics,
  parse.nextMinor,
  parse.balloonSize,
  parse.maintenance,
  parse.balloonChanged,
  parse.discarded,
  parse.discardStatus,
  ...generations.map((generation) => (text: string) => parse.devices(text, text, generation)),
  (text) => parse.checked({ exitCode: 0, stdout: text, stderr: text })
]

const inspect = (error: PloopError.PloopError) => {
  assert.isAbove(error.message.length, 0)
  assert.isAtMost(error.message.length, 4000)
  assert.notMatch(
    error.message,
    /[\u0000-\u0008\n\r\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/
  )
  assert.isAtMost(error.text.length, 20_000)
  return [error.remedy, error.isRetryable, JSON.stringify(error)]
}

describe("a file", () => {
  it("that is a descriptor, or nearly one, is read or refused", { timeout }, () =>
    many(
      fc.property(descriptor, (text) => {
        const parsed = DiskDescriptor.parse(text)
        if (Either.isLeft(parsed)) return void parsed.left.message
        const tree = SnapshotTree.fromDescriptor(parsed.right)
        if (Either.isRight(tree)) void [SnapshotTree.render(tree.right), SnapshotTree.base(tree.right)]
        const again = DiskDescriptor.parse(DiskDescriptor.format(parsed.right))
        assert.isTrue(Either.isRight(again), "what was written cannot be read")
      })
    ))

  it("that should hold the numbers of a file system does, or does not", { timeout }, () =>
    many(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        superblock.blockSize(bytes)
        statfsCache.read(bytes)
        statfsCache.read(bytes.slice(0, statfsCache.length))
      })
    ))
})

describe("the output of the tool", () => {
  it(
    "is read, or is not what it should be",
    { timeout },
    () => many(fc.property(output, (text) => parsers.forEach((read) => void read(text))))
  )

  it("of a failure is an error with a message of one line", { timeout }, () =>
    many(
      fc.property(
        output,
        output,
        fc.constantFrom(...Operation.names),
        fc.constantFrom(...generations),
        fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constant(undefined)),
        (stdout, stderr, operation, generation, exitCode) => {
          const outcome = {
            operation,
            subject: stdout.slice(0, 5000),
            generation,
            exitCode,
            signal: undefined,
            stdout,
            stderr
          }
          inspect(Classification.classify(outcome))
          Classification.hiddenFailure(outcome)
        }
      )
    ))
})

/** No process is started for a lock, and no other one works in these directories. */
const files: HostFiles = { ...nodeHostFiles, lockDirectory: () => Effect.succeedNone }

/** As many samples as there are operations to try on each, in pieces that memory can hold. */
function* samples<Inputs>(arbitrary: fc.Arbitrary<Inputs>, count: number): Generator<Inputs> {
  const size = 500
  for (let at = 0; at < count; at += size) {
    yield* fc.sample(arbitrary, { numRuns: Math.min(size, count - at), seed: seed + at })
  }
}

const everyOperation = (
  ploop: Ploop.Ploop,
  disk: Disk.Disk
): ReadonlyArray<Effect.Effect<unknown, PloopError.PloopError>> => [
  ploop.topDelta({ disk }),
  ploop.listSnapshots({ disk }),
  ploop.listDevices,
  ploop.imageInfo({ disk }),
  ploop.fileSystemInfo({ disk, mayMount: true }),
  ploop.deviceOf({ disk, component: "a" }),
  ploop.convert({ disk, version: 2 }),
  ploop.mount({ disk, snapshot: A }),
  ploop.createTemporarySnapshot({ disk, component: "a" }),
  ploop.deleteSnapshot({ disk, id: A }),
  ploop.mergeSnapshots({ disk, all: true }),
  ploop.balloonStatus({ device: "/dev/ploop0" }),
  ploop.balloonChange({ device: "/dev/ploop0", size: 0 }),
  ploop.discard({ device: "/dev/ploop0" }),
  ploop.discardStatus({ device: "/dev/ploop0" }),
  ploop.deviceStatistics({ device: "/dev/ploop0" })
]

const tryAll = (text: string, answer: string, generation: Generation.Generation) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted(
      generation,
      (words) => words[0] === "info" && words[1] === "-d" ? undefined : { stdout: answer }
    )
    yield* fs.writeFileString(host.disk, text)
    const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
    for (const operation of everyOperation(ploop, host.disk)) {
      const exit = yield* Effect.exit(operation)
      if (Exit.isFailure(exit)) {
        assert.deepStrictEqual([...Cause.defects(exit.cause)], [])
        for (const error of Cause.failures(exit.cause)) inspect(error)
      }
    }
  }).pipe(Effect.scoped)

describe("an operation", () => {
  it.live("ends with a result or an error, whatever its descriptor and the tool say", () => {
    const hosts = fc.tuple(descriptor, output, fc.constantFrom(...generations))
    return Effect.forEach(
      samples(hosts, Math.ceil(inputs / 200)),
      ([text, answer, generation]) => tryAll(text, answer, generation),
      { discard: true }
    ).pipe(
      Effect.provideService(CurrentHostFiles, files),
      // What is logged is made, and printed nowhere.
      Effect.provide([NodeContext.layer, Logger.remove(Logger.defaultLogger)])
    )
  }, { timeout })
})

import { PloopCli } from "@effect-ploop/backend-cli"
import { PloopFake } from "@effect-ploop/backend-fake"
import { LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, FastCheck as fc, Layer, ManagedRuntime, Option } from "effect"
import { accessSync, constants } from "node:fs"

const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const installed = (process.env["PATH"] ?? "").split(":").some((directory) => executable(`${directory}/ploop`))

/** Why the real tool cannot run here; undefined when it can. */
const missing = !installed
  ? "ploop is not installed: apt-get install ploop"
  : process.getuid?.() !== 0
  ? "the tool's locks need root"
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of the real tool are required here, but ${missing}`)
}

const title = (text: string): string => missing === undefined ? text : `${text} (skipped: ${missing})`

type Host = Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem | Path.Path

/** What a step of a sequence does, in a directory of its own. */
interface Step {
  readonly name: string
  readonly run: (directory: string) => Effect.Effect<unknown, unknown, Host>
}

const ids = ["a", "b", "c", "d"].map((digit) =>
  SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)
)

const id = fc.constantFrom(...ids)
const idOrTop = fc.constantFrom(...ids, SnapshotId.top)
const unknown = SnapshotId.make("ffffffff-0000-4000-8000-ffffffffffff")

const disk = (directory: string) => `${directory}/DiskDescriptor.xml`

const on = (
  name: string,
  operation: (ploop: Ploop.Ploop, disk: string, directory: string) => Effect.Effect<unknown, unknown, Host>
): Step => ({
  name,
  run: (directory) => Effect.flatMap(Ploop.Ploop, (ploop) => operation(ploop, disk(directory), directory))
})

const files = (
  name: string,
  change: (fs: FileSystem.FileSystem, directory: string) => Effect.Effect<unknown, unknown, Host>
): Step => ({ name, run: (directory) => Effect.flatMap(FileSystem.FileSystem, (fs) => change(fs, directory)) })

/** The image file of a snapshot, as the descriptor has it now. */
const fileOf = (directory: string, wanted: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const tree = yield* ploop.listSnapshots({ disk: disk(directory) })
    const path = yield* Path.Path
    const node = tree.nodes.find((node) => node.id === wanted) ?? tree.nodes[0]!
    return path.resolve(directory, node.file)
  })

const poke = (fs: FileSystem.FileSystem, file: string, position: number, bytes: ReadonlyArray<number>) =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* fs.open(file, { flag: "r+" })
    yield* handle.seek(position, "start")
    yield* handle.writeAll(new Uint8Array(bytes))
  }))

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: id.map((id) => on(`createSnapshot ${id}`, (p, disk) => p.createSnapshot({ disk, id }))) },
  { weight: 3, arbitrary: idOrTop.map((id) => on(`delete ${id}`, (p, disk) => p.deleteSnapshot({ disk, id }))) },
  { weight: 4, arbitrary: idOrTop.map((id) => on(`switch ${id}`, (p, disk) => p.switchSnapshot({ disk, id }))) },
  fc.tuple(id, id).map(([id, keepAs]) =>
    on(`snapshotAndSwitch ${id} ${keepAs}`, (p, disk) => p.snapshotAndSwitch({ disk, id, keepAs }))
  ),
  idOrTop.map((id) => on(`switchAndDelete ${id}`, (p, disk) => p.switchAndDelete({ disk, id }))),
  fc.constant(on("merge top", (p, disk) => p.mergeSnapshots({ disk }))),
  idOrTop.map((snapshot) => on(`merge ${snapshot}`, (p, disk) => p.mergeSnapshots({ disk, snapshot }))),
  fc.tuple(idOrTop, id).map(([snapshot, downTo]) =>
    on(`merge ${snapshot} to ${downTo}`, (p, disk) => p.mergeSnapshots({ disk, snapshot, downTo }))
  ),
  fc.constant(on("merge all", (p, disk) => p.mergeSnapshots({ disk, all: true }))),
  fc.constant(
    on("merge all into", (p, disk, directory) => p.mergeSnapshots({ disk, all: true, into: `${directory}/merged` }))
  ),
  idOrTop.map((snapshot) =>
    on(
      `merge ${snapshot} into`,
      (p, disk, directory) => p.mergeSnapshots({ disk, snapshot, into: `${directory}/sub/merged` })
    )
  ),
  fc.constantFrom("raw" as const, "expanded" as const, "preallocated" as const).map((format) =>
    on(`convert ${format}`, (p, disk) => p.convert({ disk, format }))
  ),
  fc.constant(on("convert version", (p, disk) => p.convert({ disk, version: 1 }))),
  fc.constant(on("check", (p, disk) => p.check({ disk }))),
  idOrTop.map((snapshot) => on(`check ${snapshot}`, (p, disk) => p.check({ disk, snapshot }))),
  fc.tuple(idOrTop, fc.record({ force: fc.boolean(), dropInUse: fc.boolean(), readOnly: fc.boolean() })).map((
    [id, switches]
  ) =>
    on(
      `check image ${id} ${JSON.stringify(switches)}`,
      (p, _, directory) => Effect.flatMap(fileOf(directory, id), (image) => p.check({ image, ...switches }))
    )
  ),
  fc.constant(on("imageInfo", (p, disk) => p.imageInfo({ disk }))),
  fc.constant(on("topDelta", (p, disk) => p.topDelta({ disk }))),
  fc.constant(on("isMounted", (p, disk) => p.isMounted({ disk }))),
  fc.constant(on("deviceOf", (p, disk) => p.deviceOf({ disk, component: "x" }))),
  fc.constant(on("fileSystemInfo", (p, disk) => p.fileSystemInfo({ disk }))),
  fc.constant(on("umount", (p, disk) => p.umount({ disk }))),
  fc.constant(on("unknown snapshot", (p, disk) => p.deleteSnapshot({ disk, id: unknown }))),
  fc.tuple(idOrTop, fc.boolean()).map(([snapshot, keepName]) =>
    on(`replace ${snapshot} ${keepName}`, (p, disk, directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const copy = `${directory}/copy`
        yield* fs.copyFile(yield* fileOf(directory, snapshot), copy)
        yield* p.replace({ disk, snapshot, with: copy, keepName })
      }))
  ),
  fc.constantFrom("12M", "16M", "4M", "12345s").map((size): Step => ({
    name: `grow ${size}`,
    run: (directory) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk: disk(directory), size }))
  })),
  fc.constant({
    name: "restoreDescriptor",
    run: (directory: string) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const ploop = yield* Ploop.Ploop
        yield* fs.remove(disk(directory))
        yield* ploop.restoreDescriptor({ image: `${directory}/root.hdd` })
      })
  }),
  idOrTop.map((id) =>
    files(`remove image ${id}`, (fs, directory) => Effect.flatMap(fileOf(directory, id), (file) => fs.remove(file)))
  ),
  idOrTop.map((id) =>
    files(
      `mark image ${id} in use`,
      (fs, directory) => Effect.flatMap(fileOf(directory, id), (file) => poke(fs, file, 44, [0x59, 0x6e, 0x6f, 0x74]))
    )
  ),
  idOrTop.map((id) =>
    files(
      `break image ${id}`,
      (fs, directory) => Effect.flatMap(fileOf(directory, id), (file) => poke(fs, file, 0, [1, 2, 3]))
    )
  ),
  idOrTop.map((id) =>
    files(`copy image ${id} byte by byte`, (fs, directory) =>
      Effect.gen(function*() {
        const file = yield* fileOf(directory, id)
        const bytes = yield* fs.readFile(file)
        yield* fs.remove(file)
        yield* fs.writeFile(file, bytes)
      }))
  )
)

interface Creation {
  readonly size: string
  readonly format: "raw" | "expanded" | "preallocated"
  readonly clusterSize: string
}

const creation: fc.Arbitrary<Creation> = fc.record({
  size: fc.constantFrom("8M", "10M", "3000K"),
  format: fc.oneof(
    { weight: 4, arbitrary: fc.constant("expanded" as const) },
    fc.constantFrom("raw" as const, "preallocated" as const)
  ),
  clusterSize: fc.constantFrom("1M", "256K")
})

/** Random parts of names, by the order in which they appear. */
const normalizer = () => {
  const known = new Map<string, string>()
  return (text: string): string =>
    text.replace(/Error in \w+ \([\w-]+\.c:\d+\): /g, "").replace(/\.\{[0-9a-f-]{36}\}/g, (suffix) => {
      const name = known.get(suffix) ?? `.{${known.size}}`
      known.set(suffix, name)
      return name
    })
}

const fields = ["field", "rule", "id", "children", "limit", "ancestor", "option", "what", "path", "image"] as const

/** What is the same for every backend about an answer. */
const told = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.match(exit, {
    onSuccess: (value) => Option.isOption(value) ? Option.getOrUndefined(value) ?? "none" : value,
    onFailure: (cause) => {
      const error = Cause.squash(cause)
      if (typeof error !== "object" || error === null || !("_tag" in error)) return String(error)
      const about = Object.fromEntries(fields.map((name) => [name, Reflect.get(error, name)]))
      return {
        _tag: error._tag,
        exitCode: Reflect.get(error, "exitCode"),
        reason: Reflect.get(error, "reason"),
        ...about
      }
    }
  })

/** What can be seen of a disk: its descriptor and the files beside it, with their sizes. */
const visible = (directory: string, normalized: (text: string) => string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const descriptor = Option.map(yield* Effect.option(fs.readFileString(disk(directory))), normalized)
    const tree = yield* Effect.exit(ploop.listSnapshots({ disk: disk(directory) }))
    const names = yield* fs.readDirectory(directory, { recursive: true })
    const files = yield* Effect.forEach(names, (name) =>
      Effect.map(
        fs.stat(`${directory}/${name}`),
        (info) => `${normalized(name)}: ${info.type === "File" ? info.size : "a directory"}`
      ))
    return {
      descriptor: Option.getOrElse(descriptor, () => "none"),
      tree: Exit.isSuccess(tree) ? tree.value.nodes.map((node) => ({ ...node })) : told(tree),
      files: files.sort()
    }
  })

const plain = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => typeof inner === "bigint" ? `${inner}n` : inner, 1)

/** Runs a sequence, and says what was seen after every step. */
const observe = (directory: string, made: Creation, steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const normalized = normalizer()
    yield* fs.makeDirectory(`${directory}/sub`, { recursive: true })
    const seen: Array<string> = []
    const create = ploop.create({ image: `${directory}/root.hdd`, fileSystem: "none", version: 1, ...made })
    for (const { name, run } of [{ name: "create", run: () => create }, ...steps]) {
      const result = told(yield* Effect.exit(run(directory)))
      seen.push(normalized(plain({ name, result, ...(yield* visible(directory, normalized)) })).replaceAll("\\n", "\n"))
    }
    return seen
  })

const fake = ManagedRuntime.make(Layer.merge(PloopFake.layer({ largeDisks: false }), Path.layer))
const real = ManagedRuntime.make(PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer)))

const difference = (made: Creation, steps: ReadonlyArray<Step>, index: number, real: string, fake: string): string => {
  const [expected, actual] = [real.split("\n"), fake.split("\n")]
  const first = expected.findIndex((line, index) => line !== actual[index])
  const from = (lines: ReadonlyArray<string>) => lines.slice(Math.max(first - 3, 0), first + 6).join("\n    ")
  return [
    `create ${JSON.stringify(made)}`,
    ...steps.slice(0, index).map(({ name }) => name),
    `  the real tool: ${from(expected)}`,
    `  in memory: ${from(actual)}`
  ].join("\n")
}

const runs = Number(process.env["PLOOP_TEST_SEQUENCES"] ?? 40)

const compare = (made: Creation, steps: ReadonlyArray<Step>): Promise<void> =>
  real.runPromise(Effect.scoped(Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-agreement-" })
    const expected = yield* observe(directory, made, steps)
    const actual = yield* Effect.promise(() => fake.runPromise(observe(directory, made, steps)))
    for (const [index, seen] of expected.entries()) {
      if (actual[index] !== seen) assert.fail(difference(made, steps, index, seen, actual[index] ?? ""))
    }
  })))

describe.skipIf(missing !== undefined)(title("the host in memory and the real tool"), () => {
  it("agree after every step of any sequence of operations that needs no kernel driver", async () => {
    await fc.assert(
      fc.asyncProperty(
        creation,
        fc.array(step, { minLength: 1, maxLength: 12 }),
        (made, steps) => compare(made, steps)
      ),
      {
        numRuns: runs,
        endOnFailure: process.env["PLOOP_TEST_SHRINK"] !== "1",
        ...(process.env["PLOOP_TEST_SEED"] !== undefined && { seed: Number(process.env["PLOOP_TEST_SEED"]) })
      }
    )
  }, 600_000)
})

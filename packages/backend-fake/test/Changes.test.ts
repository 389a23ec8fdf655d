import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import { DiskChanges, Ploop, PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, FastCheck as fc, Ref, Stream } from "effect"

const a = "{aaaaaaaa-0000-4000-8000-00000000000a}"

/** What is at a path, by its name: the text of a file, or what is in a directory. */
interface Tree {
  readonly [name: string]: string | Tree
}

const write = (directory: string, tree: Tree): Effect.Effect<void, unknown, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    for (const [name, value] of Object.entries(tree)) {
      const path = `${directory}/${name}`
      if (typeof value === "string") yield* fs.writeFileString(path, value)
      else {
        yield* fs.makeDirectory(path)
        yield* write(path, value)
      }
    }
  })

/** A disk that has one tree in its snapshot, and another one in its top delta. */
const disk = (before: Tree, after: Tree) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "1G" })
    yield* ploop.mount({ disk, target: "/mnt" })
    yield* write("/mnt", before)
    yield* ploop.createSnapshot({ disk, id: a })
    for (const name of Object.keys(before)) yield* fs.remove(`/mnt/${name}`, { recursive: true })
    yield* write("/mnt", after)
    yield* ploop.umount({ disk })
    return disk
  })

const isText = (value: unknown): value is string => typeof value === "string"

/** The paths of a tree, with the text of a file, and undefined for a directory. */
const paths = (tree: Tree, above = ""): ReadonlyArray<readonly [string, string | undefined]> =>
  Object.entries(tree).flatMap(([name, value]) => {
    const path = `${above}/${name}`
    return isText(value) ? [[path, value] as const] : [[path, undefined] as const, ...paths(value, path)]
  })

/** The changes between two trees by their definition. */
const expected = (before: Tree, after: Tree): ReadonlyArray<string> => {
  const [old, now] = [new Map(paths(before)), new Map(paths(after))]
  const isSameType = (path: string) => isText(old.get(path)) === isText(now.get(path))
  return [
    ...[...old.keys()].filter((path) => !now.has(path) || !isSameType(path)).map((path) => `Removed ${path}`),
    ...[...now.keys()].filter((path) => !old.has(path) || !isSameType(path)).map((path) => `Added ${path}`),
    ...[...now].filter(([path, text]) => old.has(path) && isSameType(path) && old.get(path) !== text)
      .map(([path]) => `Changed ${path}`)
  ].sort()
}

const name = fc.constantFrom("a", "b", "c", "aa", "a.b")

const tree = fc.letrec<{ readonly tree: Tree; readonly node: string | Tree }>((tie) => ({
  tree: fc.dictionary(name, tie("node"), { maxKeys: 4 }),
  node: fc.oneof({ maxDepth: 3 }, fc.constantFrom("", "1", "2", "12"), tie("tree"))
})).tree

const left = Effect.gen(function*() {
  const state = yield* Effect.flatMap(FakeHost.FakeHost, (host) => host.state)
  return HostState.devices(state).length
})

const failing = new PloopError.UmountFailed({ operation: "umount", subject: "a device", text: "" })

const failsNext = Effect.flatMap(FakeHost.FakeHost, (host) => host.fail("umount", failing))

const hook = Effect.map(Ref.make<ReadonlyArray<string>>([]), (seen) => ({
  seen,
  options: {
    onReleaseFailure: ({ _tag }: { readonly _tag: string }) => Ref.update(seen, (tags) => [...tags, _tag])
  }
}))

describe("the changes between two points", () => {
  it.effect.prop(
    "are the paths of one tree only, and those with other content",
    { before: tree, after: tree },
    ({ after, before }) =>
      Effect.gen(function*() {
        const found = yield* Stream.runCollect(
          DiskChanges.between({ disk: yield* disk(before, after), from: a, maximumRenames: 0 })
        )
        const own = Chunk.toReadonlyArray(found)
          // A file that was written again has a time of its own.
          .filter((change) => change._tag !== "Changed" || change.aspects.includes("content"))
          .map(({ _tag, path }) => `${_tag} ${path}`)
        assert.deepStrictEqual(own.sort(), expected(before, after))
        assert.strictEqual(yield* left, 0)
      }).pipe(Effect.provide(PloopFake.layer())),
    { fastCheck: { numRuns: 10 } }
  )

  it.effect("fail with the error of an unmount at their end, and both points are released nevertheless", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const made = yield* disk({}, { new: "1" })
      const changes = DiskChanges.between({ disk: made, from: a, directory: "/vz" })
      yield* failsNext
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(changes)))._tag, "UmountFailed")
      assert.strictEqual(yield* left, 1)
      const [own] = (yield* fs.readDirectory("/vz")).filter((name) => name.startsWith("ploop-changes-"))
      assert.isDefined(own, "the directory in which something is still mounted stays")
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("hand the failure of an unmount to the hook when no more are wanted, and when their consumer fails", () =>
    Effect.gen(function*() {
      const made = yield* disk({}, { one: "1", two: "2" })
      for (const goesOn of [Effect.succeed(false), Effect.fail("enough")]) {
        const { options, seen } = yield* hook
        yield* failsNext
        yield* Effect.ignore(
          Stream.runForEachWhile(DiskChanges.between({ disk: made, from: a }, options), () => goesOn)
        )
        assert.deepStrictEqual(yield* Ref.get(seen), ["UmountFailed"])
      }
      assert.strictEqual(yield* left, 2)
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("fail with the failure of the second mount, and hand that of the unmount of the first to the hook", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const made = yield* disk({}, { new: "1" })
      const { seen, options } = yield* hook
      yield* failsNext
      let mounts = 0
      const mount: typeof ploop.mount = (options) =>
        Effect.zipRight(++mounts === 2 ? host.fail("mount", "MountFailed") : Effect.void, ploop.mount(options))
      const changes = Stream.provideService(
        DiskChanges.between({ disk: made, from: a }, options),
        Ploop.Ploop,
        { ...ploop, mount }
      )
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(changes)))._tag, "MountFailed")
      assert.deepStrictEqual(yield* Ref.get(seen), ["UmountFailed"])
    }).pipe(Effect.provide(PloopFake.layer())))

  it.effect("mount nothing of an idle disk that has written nothing", () =>
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const ploop = yield* Ploop.Ploop
      const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "1G" })
      yield* ploop.createSnapshot({ disk, id: a })
      assert.strictEqual(yield* Stream.runCount(DiskChanges.between({ disk, from: a })), 0)
      assert.notInclude((yield* host.calls).map(({ operation }) => operation), "mount")
    }).pipe(Effect.provide(PloopFake.layer())))
})

import { FakeHost, HostState, PloopFake } from "@effect-ploop/backend-fake"
import type { Operation } from "@effect-ploop/core"
import { Disk, Ploop, PloopError } from "@effect-ploop/core"
import { Error as PlatformError, FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FastCheck as fc, Fiber, identity, Layer, Option, Ref, TestClock } from "effect"
import * as ImageStore from "./ImageStore.js"

const { LayerName } = ImageStore

const directory = "/vz/images"
const debian = LayerName.make("debian")
const nginx = LayerName.make("nginx")
const redis = LayerName.make("redis")
const site = LayerName.make("site")

/** A store on a host in memory. Only this line differs from production. */
const storeOn = (options?: PloopFake.Options) =>
  ImageStore.layer({ directory }).pipe(Layer.provideMerge(PloopFake.layer(options)))

type Services = Layer.Layer.Success<ReturnType<typeof storeOn>>

/** A test with its own host. */
const rule = <E>(title: string, body: Effect.Effect<void, E, Services>) =>
  it.effect(title, () => Effect.provide(body, storeOn()))

/** Runs an effect in another program that opens the store on the same host, after the first program ended. */
const afterRestart = <A, E>(effect: Effect.Effect<A, E, Services>) =>
  Effect.flatMap(hostState, (state) => Effect.provide(effect, storeOn({ state })))

const hostState = Effect.flatMap(FakeHost.FakeHost, (host) => host.state)
const store = ImageStore.ImageStore
const status = (layer: ImageStore.LayerName) => Effect.flatMap(store, (images) => images.status(layer))

const createBase = (layer: ImageStore.LayerName) =>
  Effect.flatMap(store, (images) => images.createBase({ layer, size: "1G" }))

const createChild = (layer: ImageStore.LayerName, parent: ImageStore.LayerName) =>
  Effect.flatMap(store, (images) => images.createChild({ layer, parent }))

const use = <A, E, R>(layer: ImageStore.LayerName, body: (rootfs: string) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(store, (images) => images.use(layer, body))

/** Writes a file to a layer. */
const write = (layer: ImageStore.LayerName, name: string, text = name) =>
  use(layer, (rootfs) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(`${rootfs}/${name}`, text)))

/** Whether a name is in every file system that ploop makes. */
const isBuiltIn = (name: string) => name === "lost+found" || name.startsWith(".balloon-")

/** The files of a layer, with their contents. */
const contents = (layer: ImageStore.LayerName) =>
  use(layer, (rootfs) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const names = (yield* fs.readDirectory(rootfs)).filter((name) => !isBuiltIn(name)).sort()
      return yield* Effect.forEach(
        names,
        (name) => Effect.map(fs.readFileString(`${rootfs}/${name}`), (text) => [name, text] as const)
      )
    })).pipe(Effect.map((files) => Object.fromEntries(files)))

/** Everything that a store leaves on a host: its files, and what is attached and mounted. */
const traces = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const state = yield* hostState
  const files = (yield* fs.readDirectory(directory, { recursive: true }))
    // The tool always leaves its lock file behind.
    .filter((name) => !name.endsWith(".lck"))
    .sort()
  return { files, devices: HostState.devices(state), mountPoints: HostState.mountPoints(state) }
})

/** Asserts that an effect changes nothing visible, whatever its outcome. */
const leavesNoTrace = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* traces
    const exit = yield* Effect.exit(effect)
    assert.deepStrictEqual(yield* traces, before)
    return exit
  })

/** The outcome of an effect: "done", or the tag of its error. */
const outcome = <R>(effect: Effect.Effect<unknown, { readonly _tag: string }, R>) =>
  Effect.match(effect, { onFailure: ({ _tag }) => _tag, onSuccess: () => "done" })

const failsWith = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>, tag: E["_tag"]) =>
  Effect.map(outcome(effect), (ended) => assert.strictEqual(ended, tag))

/** A base layer with one file. */
const prepared = Effect.gen(function*() {
  yield* createBase(debian)
  yield* write(debian, "passwd")
})

type Failing = "mount" | "umount" | "attachments" | "createSnapshot" | "clone" | "deleteSnapshot"

/** Makes the next call of an operation fail, as when another process holds the lock too long. */
const failNext = (operation: Failing) =>
  Effect.flatMap(
    FakeHost.FakeHost,
    (host) => host.fail(operation, new PloopError.Locked({ operation, subject: "a disk", text: "" }))
  )

/** Runs an effect while these operations take a minute each. */
const inSlowMotion = <A, E, R>(operations: ReadonlyArray<Operation.Name>, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    FakeHost.FakeHost,
    (host) =>
      Effect.forEach(operations, (operation) => host.delay(operation, "1 minute", "always")).pipe(
        Effect.zipRight(effect),
        Effect.ensuring(host.reset)
      )
  )

/** Advances the clock until an effect has ended. */
const whileTimePasses = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

type Call = Effect.Effect<unknown, { readonly _tag: string }, Services>

/** Runs effects concurrently while these operations take a minute each, and returns their outcomes. */
const atOnce = (
  effects: ReadonlyArray<Call>,
  slow: ReadonlyArray<Operation.Name>
) => inSlowMotion(slow, whileTimePasses(Effect.all(effects.map(outcome), { concurrency: "unbounded" })))

/** Interrupts an effect after half a minute, and returns its exit. */
const interrupted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("30 seconds")
    yield* Fiber.interruptFork(fiber)
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.await(fiber)
  })

/** A call to the store: its action, its start, and the time after which it is interrupted. */
const call = fc.record({
  action: fc.constantFrom("createChild", "use", "use two", "remove"),
  layer: fc.constantFrom(debian, nginx, redis, site),
  other: fc.constantFrom(debian, nginx, redis, site),
  begin: fc.nat(8).map((minutes) => `${minutes} minutes` as const),
  end: fc.option(fc.nat(240).map((seconds) => `${seconds} seconds` as const), { nil: undefined })
})

type Made = typeof call extends fc.Arbitrary<infer A> ? A : never

const action = ({ action, layer, other }: Made): Call => {
  switch (action) {
    case "createChild":
      return createChild(layer, other)
    case "use":
      return write(layer, layer)
    case "use two":
      return use(layer, () => use(other, () => Effect.void))
    default:
      return Effect.flatMap(store, (images) => images.remove(layer))
  }
}

const run = (made: Made): Call =>
  action(made).pipe(made.end === undefined ? identity : Effect.timeout(made.end), Effect.delay(made.begin))

/** A layer and its ancestors. */
const lineageOf = (layer: ImageStore.LayerName): Effect.Effect<
  ReadonlyArray<ImageStore.LayerName>,
  ImageStore.StatusError,
  Services
> =>
  Effect.flatMap(status(layer), ({ parent }) =>
    Option.match(parent, {
      onNone: () => Effect.succeed([layer]),
      onSome: (parent) => Effect.map(lineageOf(parent), (lineage) => [layer, ...lineage])
    }))

/** Leaves a layer like a program that ends between the two steps of a mount. */
const attachOnly = (layer: ImageStore.LayerName) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) => ploop.mount({ disk: Disk.inDirectory(`${directory}/layers/${layer}`), component: layer })
  )

/** A store on a host whose file system fails in one method as long as `failing` names it. */
const brittleStore = Effect.map(Ref.make(Option.none<keyof FileSystem.FileSystem>()), (failing) => {
  const guard = (method: keyof FileSystem.FileSystem) =>
    Effect.flatMap(Ref.get(failing), (call) =>
      Option.contains(call, method)
        ? new PlatformError.SystemError({ module: "FileSystem", method, reason: "WriteZero", description: "ENOSPC" })
        : Effect.void)
  const brittle = Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => ({
      ...fs,
      makeDirectory: (path, options) => Effect.zipRight(guard("makeDirectory"), fs.makeDirectory(path, options)),
      makeTempDirectoryScoped: (options) =>
        Effect.zipRight(guard("makeTempDirectoryScoped"), fs.makeTempDirectoryScoped(options)),
      remove: (path, options) => Effect.zipRight(guard("remove"), fs.remove(path, options)),
      rename: (from, to) => Effect.zipRight(guard("rename"), fs.rename(from, to)),
      writeFileString: (path, text, options) =>
        Effect.zipRight(guard("writeFileString"), fs.writeFileString(path, text, options))
    }))
  )
  const host = PloopFake.layer()
  return {
    failing,
    layer: ImageStore.layer({ directory }).pipe(Layer.provideMerge(brittle), Layer.provideMerge(host))
  }
})

describe("ImageStore", () => {
  describe("layers", () => {
    rule(
      "a base layer is empty and not mounted",
      Effect.gen(function*() {
        yield* createBase(debian)
        assert.deepStrictEqual(yield* contents(debian), {})
        const { size, ...rest } = yield* status(debian)
        assert.isAbove(Number(size), 0)
        assert.deepStrictEqual(rest, { parent: Option.none(), children: [], mountedAt: Option.none(), holders: 0 })
      })
    )

    rule(
      "a child has what its parent had, but not what the parent writes later",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(debian, "passwd", "changed")
        yield* write(debian, "later")
        assert.deepStrictEqual(yield* contents(nginx), { passwd: "passwd" })
        assert.deepStrictEqual(yield* contents(debian), { later: "later", passwd: "changed" })
      })
    )

    rule(
      "what a child writes is in neither its parent nor its siblings",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* createChild(redis, debian)
        yield* write(nginx, "passwd", "nginx")
        yield* write(redis, "redis.conf")
        assert.deepStrictEqual(yield* contents(debian), { passwd: "passwd" })
        assert.deepStrictEqual(yield* contents(nginx), { passwd: "nginx" })
        assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd", "redis.conf": "redis.conf" })
      })
    )

    rule(
      "a child of a child has the files of both",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(nginx, "nginx.conf")
        yield* createChild(site, nginx)
        yield* write(site, "index.html")
        assert.deepStrictEqual(yield* contents(site), {
          "index.html": "index.html",
          "nginx.conf": "nginx.conf",
          passwd: "passwd"
        })
        assert.deepStrictEqual((yield* status(nginx)).parent, Option.some(debian))
        assert.deepStrictEqual((yield* status(nginx)).children, [site])
      })
    )

    rule(
      "all children start from what the parent held when the first was created",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(debian, "later")
        yield* createChild(redis, debian)
        assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
      })
    )

    rule(
      "once all children are removed, the next one starts from what the parent holds then",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(debian, "later")
        yield* images.remove(nginx)
        yield* createChild(redis, debian)
        assert.deepStrictEqual(yield* contents(redis), { later: "later", passwd: "passwd" })
        assert.deepStrictEqual(yield* contents(debian), { later: "later", passwd: "passwd" })
      })
    )

    rule(
      "the changes of a child are the files in which it differs from what it started from",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(debian, "later")
        yield* write(nginx, "passwd", "changed")
        yield* write(nginx, "nginx.conf")
        yield* createChild(site, nginx)
        yield* write(nginx, "later still")
        const found = yield* Ref.make<ReadonlyArray<string>>([])
        yield* leavesNoTrace(
          images.changes(nginx, ({ _tag, path }) => Ref.update(found, (all) => [...all, `${_tag} ${path}`]))
        )
        assert.deepStrictEqual([...yield* Ref.get(found)].sort(), [
          "Added /later still",
          "Added /nginx.conf",
          "Changed /passwd"
        ])
        yield* failsWith(images.changes(debian, () => Effect.void), "LayerHasNoParent")
        yield* use(nginx, () => failsWith(images.changes(nginx, () => Effect.void), "LayerInUse"))
      })
    )

    rule(
      "a delta is stored once, however many layers are built on it",
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* prepared
        yield* createChild(nginx, debian)
        yield* createChild(site, nginx)
        const [base, ...others] = yield* Effect.forEach(
          [debian, nginx, site],
          (layer) => fs.stat(`${directory}/layers/${layer}/root.hdd`)
        )
        for (const other of others) assert.deepStrictEqual(other.ino, base!.ino)
      })
    )

    rule(
      "a descriptor with absolute paths does not lead a child into the parent's directory",
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const home = `${directory}/layers/${debian}`
        yield* prepared
        const descriptor = `${home}/DiskDescriptor.xml`
        const text = yield* fs.readFileString(descriptor)
        yield* fs.writeFileString(descriptor, text.replace("<File>root.hdd", `<File>${home}/root.hdd`))
        yield* createChild(nginx, debian)
        const between = yield* fs.readDirectory(home)
        yield* createChild(redis, debian)
        assert.deepStrictEqual(yield* fs.readDirectory(home), between)
        yield* write(nginx, "nginx.conf")
        assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
        assert.deepStrictEqual(yield* contents(debian), { passwd: "passwd" })
      })
    )

    rule(
      "layers are listed by name",
      Effect.gen(function*() {
        const images = yield* store
        yield* createBase(redis)
        yield* createBase(debian)
        yield* createChild(nginx, debian)
        assert.deepStrictEqual(yield* images.list, [debian, nginx, redis])
      })
    )

    rule(
      "a layer cannot replace another or have a missing parent",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* leavesNoTrace(Effect.gen(function*() {
          yield* failsWith(createBase(nginx), "LayerExists")
          yield* failsWith(createChild(nginx, debian), "LayerExists")
          yield* failsWith(createChild(debian, debian), "LayerExists")
          yield* failsWith(createChild(site, redis), "LayerNotFound")
          yield* failsWith(createChild(site, site), "LayerNotFound")
        }))
      })
    )

    rule(
      "a damaged layer is reported with its file",
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const images = yield* store
        yield* createBase(debian)
        const file = `${directory}/layers/${debian}/layer.json`
        yield* fs.writeFileString(file, "{}")
        const error = yield* Effect.flip(images.get(debian))
        assert(error._tag === "LayerDamaged")
        assert.strictEqual(error.file, file)
        assert.include(error.message, "snapshot")
      })
    )

    it("a name must be that of one directory, and short enough for a device", () => {
      for (const name of ["a", "debian-12.5", "9f86d081", "x".repeat(60)]) {
        assert.strictEqual(LayerName.make(name), name)
      }
      for (const name of ["", ".", "..", "../etc", "a/b", ".hidden", "a b", "x".repeat(61)]) {
        assert.throws(() => LayerName.make(name), /must be 1 to 60/)
      }
    })
  })

  describe("mounts", () => {
    rule(
      "the first get mounts a layer, and the last put unmounts it",
      Effect.gen(function*() {
        const images = yield* store
        yield* createBase(debian)
        const rootfs = yield* images.get(debian)
        assert.strictEqual(yield* images.get(debian), rootfs)
        assert.deepStrictEqual(HostState.mountPoints(yield* hostState), [rootfs])
        assert.strictEqual((yield* status(debian)).holders, 2)
        yield* images.put(debian)
        assert.deepStrictEqual((yield* status(debian)).mountedAt, Option.some(rootfs))
        yield* images.put(debian)
        assert.deepStrictEqual((yield* status(debian)).mountedAt, Option.none())
        assert.deepStrictEqual(HostState.devices(yield* hostState), [])
      })
    )

    rule(
      "layers of one base can be mounted at the same time, each with its own device",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* createChild(redis, debian)
        yield* use(debian, () =>
          use(nginx, () =>
            use(redis, () =>
              Effect.gen(function*() {
                assert.lengthOf(HostState.devices(yield* hostState), 3)
                yield* write(nginx, "nginx.conf")
                assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
              }))))
        assert.deepStrictEqual(HostState.devices(yield* hostState), [])
      })
    )

    rule(
      "a layer that is not mounted cannot be put, and a missing one cannot be got",
      Effect.gen(function*() {
        const images = yield* store
        yield* createBase(debian)
        yield* failsWith(images.put(debian), "LayerNotMounted")
        yield* failsWith(images.put(nginx), "LayerNotFound")
        yield* failsWith(images.get(nginx), "LayerNotFound")
        yield* failsWith(images.status(nginx), "LayerNotFound")
        yield* failsWith(images.remove(nginx), "LayerNotFound")
      })
    )

    rule(
      "use puts the layer back after success, failure and interruption",
      Effect.gen(function*() {
        yield* createBase(debian)
        yield* Effect.gen(function*() {
          yield* use(debian, () => Effect.void)
          yield* failsWith(use(debian, () => Effect.fail({ _tag: "Mine" })), "Mine")
          const started = yield* Deferred.make<void>()
          const fiber = yield* Effect.fork(
            use(debian, () => Effect.zipRight(Deferred.succeed(started, undefined), Effect.never))
          )
          yield* Deferred.await(started)
          assert.strictEqual((yield* status(debian)).holders, 1)
          yield* Fiber.interrupt(fiber)
          assert.strictEqual((yield* status(debian)).holders, 0)
        }).pipe(leavesNoTrace, Effect.flatten)
      })
    )

    rule(
      "a mount that fails adds no holder, and can be repeated",
      Effect.gen(function*() {
        const images = yield* store
        yield* createBase(debian)
        yield* failNext("mount")
        yield* failsWith(images.get(debian), "Locked")
        assert.strictEqual((yield* status(debian)).holders, 0)
        assert.deepStrictEqual(yield* contents(debian), {})
      })
    )

    rule(
      "an unmount is repeated while the layer is busy",
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const images = yield* store
        yield* prepared
        const rootfs = yield* images.get(debian)
        yield* Effect.scoped(Effect.gen(function*() {
          yield* fs.open(`${rootfs}/passwd`)
          yield* Effect.fork(images.put(debian))
          yield* TestClock.adjust("300 millis")
          assert.lengthOf(HostState.devices(yield* hostState), 1)
        }))
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(HostState.devices(yield* hostState), [])
      })
    )

    rule(
      "when an unmount keeps failing, the layer has no holder, and the next put repeats the unmount",
      Effect.gen(function*() {
        const images = yield* store
        yield* createBase(debian)
        yield* images.get(debian)
        yield* failNext("umount")
        yield* failsWith(images.put(debian), "Locked")
        assert.strictEqual((yield* status(debian)).holders, 0)
        yield* failsWith(images.remove(debian), "LayerInUse")
        yield* images.put(debian)
        assert.deepStrictEqual(HostState.devices(yield* hostState), [])
      })
    )
  })

  describe("removal", () => {
    rule(
      "a layer is removed with its directory, and what others share with it stays",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* createChild(nginx, debian)
        yield* createChild(redis, debian)
        yield* images.remove(nginx)
        assert.deepStrictEqual(yield* images.list, [debian, redis])
        assert.isFalse((yield* traces).files.some((name) => name.includes(nginx)))
        assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
        assert.deepStrictEqual(yield* contents(debian), { passwd: "passwd" })
      })
    )

    rule(
      "a layer with children is not removed, and the error names them",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* createChild(redis, debian)
        yield* createChild(nginx, debian)
        const error = yield* Effect.flip(images.remove(debian))
        assert(error._tag === "LayerHasChildren")
        assert.deepStrictEqual(error.children, [nginx, redis])
        yield* images.remove(nginx)
        yield* images.remove(redis)
        yield* images.remove(debian)
        assert.deepStrictEqual((yield* traces).files, ["layers", "staging"])
      })
    )

    rule(
      "a directory without a layer in it, as left by a concurrent removal, is ignored",
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const images = yield* store
        yield* createBase(debian)
        yield* fs.makeDirectory(`${directory}/layers/${nginx}`)
        assert.deepStrictEqual((yield* status(debian)).children, [])
        yield* images.remove(debian)
      })
    )

    rule(
      "a mounted layer is not removed",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* use(debian, () => leavesNoTrace(failsWith(images.remove(debian), "LayerInUse"))).pipe(
          Effect.flatten
        )
        assert.deepStrictEqual(yield* contents(debian), { passwd: "passwd" })
      })
    )

    rule(
      "a layer with the name of a removed one shares nothing with it",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* images.remove(debian)
        yield* createBase(debian)
        assert.deepStrictEqual(yield* contents(debian), {})
      })
    )
  })

  describe("the first child of a mounted parent", () => {
    rule(
      "is refused, because the device would continue to write to the shared delta",
      Effect.gen(function*() {
        yield* prepared
        yield* use(debian, () => leavesNoTrace(failsWith(createChild(nginx, debian), "LayerInUse"))).pipe(
          Effect.flatten
        )
      })
    )

    rule(
      "differs from later ones, which only need links to the deltas of the parent",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* use(debian, () => createChild(redis, debian))
        assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
      })
    )
  })

  describe("many fibers at once", () => {
    rule(
      "a layer with many users is mounted once, and stays mounted until the last is done",
      Effect.gen(function*() {
        yield* prepared
        const results = yield* atOnce(
          Array.from({ length: 30 }, (_, index) =>
            use(debian, (rootfs) =>
              Effect.gen(function*() {
                yield* Effect.sleep(`${index % 7} seconds`)
                const state = yield* hostState
                assert.deepStrictEqual(HostState.mountPoints(state), [rootfs])
                assert.lengthOf(HostState.devices(state), 1)
              })).pipe(Effect.delay(`${index % 5 * 50} seconds`))),
          ["mount", "umount"]
        )
        assert.deepStrictEqual([...new Set(results)], ["done"])
        assert.deepStrictEqual(HostState.devices(yield* hostState), [])
        assert.strictEqual((yield* status(debian)).holders, 0)
      })
    )

    rule(
      "of many that create the same layer one succeeds, and the others fail with LayerExists",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        yield* createBase(nginx)
        const results = yield* atOnce(
          [createChild(site, debian), createChild(site, nginx), createBase(site), createChild(site, debian)],
          ["create", "createSnapshot", "clone"]
        )
        assert.deepStrictEqual(results.sort(), ["LayerExists", "LayerExists", "LayerExists", "done"])
        assert.deepStrictEqual(yield* images.list, [debian, nginx, site])
      })
    )

    rule(
      "many children that are created at once share one snapshot of their parent",
      Effect.gen(function*() {
        yield* prepared
        const names = Array.from({ length: 10 }, (_, index) => LayerName.make(`child-${index}`))
        const results = yield* atOnce(
          names.map((name) => createChild(name, debian)),
          ["createSnapshot", "clone"]
        )
        assert.deepStrictEqual([...new Set(results)], ["done"])
        const { files } = yield* traces
        assert.lengthOf(files.filter((name) => name.startsWith(`layers/${debian}/root.hdd`)), 2)
        for (const name of names) assert.deepStrictEqual(yield* contents(name), { passwd: "passwd" })
      })
    )

    for (const first of ["createChild", "remove"] as const) {
      rule(
        `a layer is either removed or a parent, never both: ${first} comes first`,
        Effect.gen(function*() {
          const images = yield* store
          yield* prepared
          const calls = [createChild(nginx, debian), images.remove(debian)]
          const results = yield* atOnce(first === "remove" ? calls.reverse() : calls, ["attachments", "clone"])
          assert.deepStrictEqual(results, ["done", first === "remove" ? "LayerNotFound" : "LayerHasChildren"])
          assert.deepStrictEqual(yield* images.list, first === "remove" ? [] : [debian, nginx])
          for (const layer of yield* images.list) assert.deepStrictEqual(yield* contents(layer), { passwd: "passwd" })
        })
      )
    }

    rule(
      "a layer is not removed while a get is running",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        const results = yield* atOnce([images.get(debian), images.remove(debian)], ["attachments", "mount"])
        assert.deepStrictEqual(results, ["done", "LayerInUse"])
      })
    )

    rule(
      "a snapshot for children is not taken while a get of the parent is running",
      Effect.gen(function*() {
        const images = yield* store
        yield* prepared
        const results = yield* atOnce([images.get(debian), createChild(nginx, debian)], ["attachments", "mount"])
        assert.deepStrictEqual(results, ["done", "LayerInUse"])
      })
    )

    rule(
      "two that need each other's lock do not wait forever",
      Effect.gen(function*() {
        yield* prepared
        yield* createBase(nginx)
        // The first call holds the lock that both others need until they wait for it.
        const results = yield* atOnce(
          [use(debian, () => Effect.void), createChild(debian, nginx), createChild(nginx, debian)],
          ["attachments"]
        )
        assert.deepStrictEqual(results, ["done", "LayerExists", "LayerExists"])
      })
    )

    it.effect.prop(
      "leave every layer complete and nothing else behind, whatever they do and whenever they are interrupted",
      [fc.array(call, { minLength: 5, maxLength: 20 })],
      ([calls]) =>
        Effect.gen(function*() {
          const images = yield* store
          yield* prepared
          yield* createChild(nginx, debian)
          yield* atOnce(
            calls.map(run),
            ["attachments", "mount", "umount", "createSnapshot", "clone", "deleteSnapshot"]
          )
          const { devices, files, mountPoints } = yield* traces
          assert.deepStrictEqual({ devices, mountPoints }, { devices: [], mountPoints: [] })
          assert.deepStrictEqual(files.filter((name) => name.startsWith("staging/")), [])
          for (const layer of yield* images.list) {
            assert.strictEqual((yield* status(layer)).holders, 0)
            const lineage = yield* lineageOf(layer)
            assert.includeMembers(["passwd", ...lineage], Object.keys(yield* contents(layer)))
            assert.strictEqual(lineage.at(-1), debian)
          }
        }).pipe(Effect.provide(storeOn())),
      { fastCheck: { numRuns: 10 } }
    )
  })

  describe("a step that fails", () => {
    for (const operation of ["attachments", "createSnapshot", "clone"] as const) {
      rule(
        `${operation}: nothing of the child is left, and the next try succeeds`,
        Effect.gen(function*() {
          yield* prepared
          yield* failNext(operation)
          yield* leavesNoTrace(failsWith(createChild(nginx, debian), "Locked"))
          yield* write(debian, "later")
          yield* createChild(nginx, debian)
          assert.deepStrictEqual(yield* contents(nginx), { later: "later", passwd: "passwd" })
        })
      )
    }

    rule(
      "create: nothing of the base is left",
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        yield* host.fail("create", new PloopError.NoSpace({ operation: "create", subject: "root.hdd", text: "" }))
        yield* leavesNoTrace(failsWith(createBase(debian), "NoSpace"))
        yield* createBase(debian)
      })
    )

    for (const call of ["makeTempDirectoryScoped", "makeDirectory", "writeFileString", "rename"] as const) {
      it.effect(`${call} of the host's file system: nothing of the child is left`, () =>
        Effect.gen(function*() {
          const { failing, layer } = yield* brittleStore
          yield* Effect.gen(function*() {
            yield* prepared
            yield* Ref.set(failing, Option.some(call))
            yield* leavesNoTrace(failsWith(createChild(nginx, debian), "SystemError"))
            yield* Ref.set(failing, Option.none())
            yield* createChild(nginx, debian)
            assert.deepStrictEqual(yield* contents(nginx), { passwd: "passwd" })
          }).pipe(Effect.provide(layer))
        }))
    }

    it.effect("a removal that fails half-way is finished by the next one", () =>
      Effect.gen(function*() {
        const { failing, layer } = yield* brittleStore
        yield* Effect.gen(function*() {
          yield* prepared
          yield* createChild(nginx, debian)
          const remove = Effect.flatMap(store, (images) => images.remove(nginx))
          yield* Ref.set(failing, Option.some("remove"))
          yield* failsWith(remove, "SystemError")
          yield* Ref.set(failing, Option.none())
          yield* remove
          yield* Effect.flatMap(store, (images) => images.remove(debian))
          assert.deepStrictEqual(yield* Effect.flatMap(store, (images) => images.list), [])
        }).pipe(Effect.provide(layer))
      }))

    rule(
      "a rollback that fails does not hide the first error, and is repeated later",
      Effect.gen(function*() {
        yield* prepared
        yield* failNext("clone")
        yield* failNext("deleteSnapshot")
        yield* failsWith(createChild(nginx, debian), "Locked")
        yield* write(debian, "later")
        yield* createChild(nginx, debian)
        assert.deepStrictEqual(yield* contents(nginx), { later: "later", passwd: "passwd" })
      })
    )
  })

  describe("an interruption", () => {
    for (const operation of ["attachments", "createSnapshot", "clone"] as const) {
      rule(
        `during ${operation}: nothing of the child is left, and the next try succeeds`,
        Effect.gen(function*() {
          yield* prepared
          const exit = yield* leavesNoTrace(inSlowMotion([operation], interrupted(createChild(nginx, debian))))
          assert.isTrue(Exit.isInterrupted(yield* exit))
          yield* write(debian, "later")
          yield* createChild(nginx, debian)
          assert.deepStrictEqual(yield* contents(nginx), { later: "later", passwd: "passwd" })
        })
      )
    }

    rule(
      "during create: nothing of the base is left",
      Effect.gen(function*() {
        const exit = yield* leavesNoTrace(inSlowMotion(["create"], interrupted(createBase(debian))))
        assert.isTrue(Exit.isInterrupted(yield* exit))
      })
    )

    rule(
      "during the mount of a use: nothing is mounted, and the layer has no holder",
      Effect.gen(function*() {
        yield* createBase(debian)
        const used = use(debian, () => Effect.dieMessage("the body was run"))
        const exit = yield* leavesNoTrace(inSlowMotion(["mount"], interrupted(used)))
        assert.isTrue(Exit.isInterrupted(yield* exit))
        assert.strictEqual((yield* status(debian)).holders, 0)
      })
    )
  })

  describe("a program that starts again", () => {
    rule(
      "finds the layers, their contents and their parents",
      Effect.gen(function*() {
        yield* prepared
        yield* createChild(nginx, debian)
        yield* write(debian, "later")
        yield* afterRestart(Effect.gen(function*() {
          yield* createChild(redis, debian)
          assert.deepStrictEqual((yield* status(debian)).children, [nginx, redis])
          assert.deepStrictEqual(yield* contents(nginx), { passwd: "passwd" })
          assert.deepStrictEqual(yield* contents(redis), { passwd: "passwd" })
        }))
      })
    )

    rule(
      "finds a mounted layer, which the next get takes over and the last put unmounts",
      Effect.gen(function*() {
        const rootfs = yield* Effect.flatMap(Effect.zipRight(prepared, store), (images) => images.get(debian))
        yield* afterRestart(Effect.gen(function*() {
          const images = yield* store
          assert.deepStrictEqual((yield* status(debian)).mountedAt, Option.some(rootfs))
          assert.strictEqual((yield* status(debian)).holders, 0)
          yield* failsWith(images.remove(debian), "LayerInUse")
          yield* failsWith(createChild(nginx, debian), "LayerInUse")
          assert.strictEqual(yield* images.get(debian), rootfs)
          assert.lengthOf(HostState.devices(yield* hostState), 1)
          yield* images.put(debian)
          assert.deepStrictEqual(HostState.devices(yield* hostState), [])
        }))
      })
    )

    rule(
      "can put what the earlier program got",
      Effect.gen(function*() {
        yield* Effect.flatMap(Effect.zipRight(prepared, store), (images) => images.get(debian))
        yield* afterRestart(Effect.gen(function*() {
          yield* Effect.flatMap(store, (images) => images.put(debian))
          assert.deepStrictEqual(HostState.devices(yield* hostState), [])
        }))
      })
    )

    for (const operation of ["attachments", "createSnapshot", "clone"] as const) {
      rule(
        `finds nothing of a child when the earlier program ended during ${operation}`,
        Effect.gen(function*() {
          yield* prepared
          // The first program continues, but on a host that the second one does not see.
          yield* inSlowMotion(
            [operation],
            Effect.zipRight(Effect.forkDaemon(createChild(nginx, debian)), TestClock.adjust("30 seconds"))
          )
          yield* afterRestart(Effect.gen(function*() {
            const images = yield* store
            assert.deepStrictEqual(yield* images.list, [debian])
            assert.isFalse((yield* traces).files.some((name) => name.includes(nginx)))
            yield* write(debian, "later")
            yield* createChild(nginx, debian)
            assert.deepStrictEqual(yield* contents(nginx), { later: "later", passwd: "passwd" })
            assert.deepStrictEqual(yield* contents(debian), { later: "later", passwd: "passwd" })
          }))
        })
      )
    }

    rule(
      "mounts a layer whose device is attached but not mounted",
      Effect.gen(function*() {
        yield* prepared
        yield* attachOnly(debian)
        yield* afterRestart(Effect.gen(function*() {
          assert.deepStrictEqual((yield* status(debian)).mountedAt, Option.none())
          assert.deepStrictEqual(yield* contents(debian), { passwd: "passwd" })
          assert.deepStrictEqual(HostState.devices(yield* hostState), [])
        }))
      })
    )

    rule(
      "finds the layers, and nothing mounted, after a power cut",
      Effect.gen(function*() {
        const host = yield* FakeHost.FakeHost
        yield* prepared
        yield* createChild(nginx, debian)
        yield* use(nginx, () => host.cutPower).pipe(Effect.exit)
        yield* afterRestart(Effect.gen(function*() {
          assert.deepStrictEqual((yield* status(nginx)).mountedAt, Option.none())
          assert.deepStrictEqual(yield* contents(nginx), { passwd: "passwd" })
        }))
      })
    )
  })
})

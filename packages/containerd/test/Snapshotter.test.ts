import { FakeHost } from "@effect-ploop/backend-fake"
import { Snapshot } from "@effect-ploop/containerd"
import { Disk, Ploop, PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert, describe } from "@effect/vitest"
import { Effect, Either, Fiber, Option, TestClock, Tracer } from "effect"
import {
  contentOf,
  diskOf,
  files,
  layer,
  leftovers,
  mount,
  nothing,
  onFake,
  root,
  start,
  withMounted,
  write
} from "./utils.js"

const tagOf = <A, E extends { readonly _tag: string }>(result: Either.Either<A, E>) =>
  Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: () => "success" })

const failure = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.either(effect), tagOf)

describe("prepare and view", () => {
  onFake(
    "give a device with an empty file system, which a view is read-only of",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const active = yield* snapshotter.prepare({ key: "a" })
      const view = yield* snapshotter.view({ key: "v" })
      assert.deepStrictEqual(active.map(({ options, type }) => [type, options]), [["ext4", ["rw", "noinit_itable"]]])
      assert.deepStrictEqual(view.map(({ options, type }) => [type, options]), [["ext4", ["ro"]]])
      assert.deepStrictEqual(yield* withMounted(active, files), {})
    })
  )

  onFake(
    "begin with the files of the parent, and write to none of its files",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      yield* layer(snapshotter, "two", "one")
      yield* layer(snapshotter, "other", "one")
      assert.deepStrictEqual(yield* contentOf(snapshotter, "one"), { one: "of one" })
      assert.deepStrictEqual(yield* contentOf(snapshotter, "two"), { one: "of one", two: "of two" })
      assert.deepStrictEqual(yield* contentOf(snapshotter, "other"), { one: "of one", other: "of other" })
    })
  )

  onFake(
    "take keys with slashes, blanks and letters of any script",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const keys = ["k8s.io/12/extract-345 sha256:0f", "../../etc", "söderström/名前", "__proto__"]
      yield* Effect.forEach(keys, (key) => snapshotter.prepare({ key }))
      const infos = yield* snapshotter.list()
      assert.sameMembers(infos.map(({ name }) => name), keys)
      yield* Effect.forEach(keys, (key) => snapshotter.remove(key))
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )

  onFake(
    "give a disk the size of its label",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const snapshotter = yield* start()
      const [{ source } = { source: "" }] = yield* snapshotter.prepare({
        key: "a",
        labels: { [Snapshot.sizeLabel]: "3G" }
      })
      assert.strictEqual((yield* ploop.imageInfo({ disk: yield* diskOf(source) })).size, 3n << 30n)
    })
  )

  onFake(
    "refuse what containerd expects to be refused, and leave nothing of it",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      yield* snapshotter.prepare({ key: "active" })
      const before = yield* leftovers
      const refused = yield* Effect.forEach([
        { key: "" },
        { key: "a\0b" },
        { key: "x", parent: "unknown" },
        { key: "x", parent: "active" },
        { key: "active" },
        { key: "x", labels: { [Snapshot.sizeLabel]: "large" } },
        { key: "x", labels: { [Snapshot.sizeLabel]: "299M" } },
        { key: "x", labels: { [Snapshot.sizeLabel]: "1000000T" } },
        { key: "x", parent: "one", labels: { [Snapshot.sizeLabel]: "-1G" } },
        { key: "x", labels: { long: "l".repeat(5000) } }
      ], (options) => failure(snapshotter.prepare(options)))
      assert.deepStrictEqual(refused, [
        "ArgumentInvalid",
        "ArgumentInvalid",
        "SnapshotNotFound",
        "ParentNotCommitted",
        "SnapshotExists",
        "ArgumentInvalid",
        "ArgumentInvalid",
        "ArgumentInvalid",
        "ArgumentInvalid",
        "ArgumentInvalid"
      ])
      assert.deepStrictEqual(yield* leftovers, before)
    })
  )

  onFake(
    "make one snapshot when the same key is asked for several times at once",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const results = yield* Effect.all(
        Array.from({ length: 5 }, () => failure(snapshotter.prepare({ key: "a" }))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(results.toSorted(), [...Array.from({ length: 4 }, () => "SnapshotExists"), "success"])
      assert.deepStrictEqual(yield* leftovers, { ...nothing, devices: 1, snapshots: 1 })
    })
  )

  onFake(
    "leave nothing when the disk cannot be made or attached",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      const before = yield* leftovers
      yield* host.fail("createSnapshot", new PloopError.NoSpace({ operation: "createSnapshot", subject: "", text: "" }))
      assert.strictEqual(yield* failure(snapshotter.prepare({ key: "a", parent: "one" })), "StorageFull")
      yield* host.fail(
        "mount",
        new PloopError.PrerequisiteMissing({ operation: "mount", subject: "", text: "", what: "the driver" })
      )
      assert.strictEqual(yield* failure(snapshotter.prepare({ key: "a", parent: "one" })), "HostUnready")
      assert.deepStrictEqual(yield* leftovers, before)
      assert.strictEqual(yield* failure(snapshotter.prepare({ key: "a", parent: "one" })), "success")
    })
  )

  onFake(
    "leave nothing when they are interrupted",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      const before = yield* leftovers
      yield* host.delay("topDelta", "1 hour", 1)
      const fiber = yield* Effect.fork(snapshotter.prepare({ key: "a", parent: "one" }))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* leftovers, before)
      assert.strictEqual(yield* failure(snapshotter.prepare({ key: "a", parent: "one" })), "success")
    })
  )

  onFake(
    "merge the lower deltas before the chain is too long for ploop",
    Effect.gen(function*() {
      const snapshotter = yield* start({ maxChain: 8 })
      const names = Array.from({ length: 20 }, (_, index) => `layer ${index}`)
      yield* Effect.forEach(names, (name, index) => layer(snapshotter, name, names[index - 1]))
      const ploop = yield* Ploop.Ploop
      const mounts = yield* snapshotter.prepare({ key: "a", parent: "layer 19" })
      const tree = yield* ploop.listSnapshots({ disk: yield* diskOf(mounts[0]!.source) })
      assert.isAtMost(tree.nodes.length, 8)
      assert.deepStrictEqual(
        yield* withMounted(mounts, files),
        Object.fromEntries(names.map((name) => [name, `of ${name}`]))
      )
      assert.deepStrictEqual(Object.keys(yield* contentOf(snapshotter, "layer 3")), names.slice(0, 4))
    })
  )
})

describe("commit", () => {
  onFake(
    "frees the key, detaches the disk, and gives the snapshot its own labels",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* snapshotter.prepare({ key: "a", labels: { of: "active" } })
      yield* TestClock.adjust("1 minute")
      yield* snapshotter.commit({ key: "a", name: "one", labels: { of: "commit" } })
      assert.deepStrictEqual(yield* snapshotter.list(), [
        {
          name: "one",
          kind: "committed",
          createdAt: 60_000_000_000n,
          updatedAt: 60_000_000_000n,
          labels: { of: "commit" }
        }
      ])
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )

  onFake(
    "of a mounted snapshot has what was written until then, and nothing that is written later",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const snapshotter = yield* start()
      const disk = yield* mount(yield* snapshotter.prepare({ key: "a" }))
      yield* write("early", "1")
      yield* snapshotter.commit({ key: "a", name: "one" })
      yield* write("late", "2")
      const other = yield* snapshotter.prepare({ key: "b", parent: "one" })
      yield* ploop.umount({ disk })
      assert.deepStrictEqual(yield* withMounted(other, files), { early: "1" })
      assert.deepStrictEqual(yield* contentOf(yield* start(), "one"), { early: "1" })
    })
  )

  onFake(
    "refuses names that exist, keys that do not, and snapshots that are not active",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      yield* snapshotter.prepare({ key: "a" })
      yield* snapshotter.view({ key: "v" })
      const refused = yield* Effect.forEach([
        { key: "a", name: "one" },
        { key: "a", name: "v" },
        { key: "a", name: "" },
        { key: "unknown", name: "two" },
        { key: "unknown", name: "one" },
        { key: "v", name: "two" },
        { key: "one", name: "two" }
      ], (options) => failure(snapshotter.commit(options)))
      assert.deepStrictEqual(refused, [
        "SnapshotExists",
        "SnapshotExists",
        "ArgumentInvalid",
        "SnapshotNotFound",
        "SnapshotNotFound",
        "KindWrong",
        "KindWrong"
      ])
      yield* snapshotter.commit({ key: "a", name: "two" })
    })
  )
})

describe("remove", () => {
  onFake(
    "refuses a snapshot with children, and removes it without",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      yield* snapshotter.prepare({ key: "a", parent: "one" })
      assert.strictEqual(yield* failure(snapshotter.remove("one")), "NotRemovable")
      yield* snapshotter.remove("a")
      yield* snapshotter.remove("one")
      assert.strictEqual(yield* failure(snapshotter.remove("one")), "SnapshotNotFound")
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )

  onFake(
    "refuses a snapshot that is mounted, and leaves the mount alone",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const snapshotter = yield* start()
      const disk = yield* mount(yield* snapshotter.prepare({ key: "a" }))
      yield* write("file", "1")
      assert.strictEqual(yield* failure(snapshotter.remove("a")), "NotRemovable")
      assert.deepStrictEqual(yield* files, { file: "1" })
      yield* ploop.umount({ disk })
      yield* snapshotter.remove("a")
      assert.deepStrictEqual(yield* leftovers, nothing)
    })
  )

  onFake(
    "fails as one that can be repeated when the disk cannot be detached",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const snapshotter = yield* start()
      yield* snapshotter.prepare({ key: "a" })
      yield* host.fail("umount", new PloopError.DeviceFailed({ operation: "umount", subject: "", text: "" }))
      assert.strictEqual(yield* failure(snapshotter.remove("a")), "NotRemovable")
      assert.strictEqual((yield* snapshotter.stat("a")).kind, "active")
      yield* snapshotter.remove("a")
    })
  )
})

describe("mounts", () => {
  onFake(
    "attach the disk again after a reboot",
    Effect.gen(function*() {
      const host = yield* FakeHost.FakeHost
      const first = yield* start()
      yield* layer(first, "one")
      yield* first.prepare({ key: "a", parent: "one" })
      yield* host.cutPower
      const snapshotter = yield* start()
      assert.deepStrictEqual(yield* withMounted(yield* snapshotter.mounts("a"), files), { one: "of one" })
    })
  )

  onFake(
    "give the same device to everybody who asks",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const mounts = yield* snapshotter.prepare({ key: "a" })
      assert.deepStrictEqual(yield* snapshotter.mounts("a"), mounts)
      assert.deepStrictEqual(yield* (yield* start()).mounts("a"), mounts)
    })
  )

  onFake(
    "refuse committed and unknown snapshots",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      assert.strictEqual(yield* failure(snapshotter.mounts("one")), "KindWrong")
      assert.strictEqual(yield* failure(snapshotter.mounts("unknown")), "SnapshotNotFound")
    })
  )
})

describe("update", () => {
  onFake(
    "changes all labels, or those that are named, and the time",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* snapshotter.prepare({ key: "a", labels: { one: "1", two: "2" } })
      yield* TestClock.adjust("1 minute")
      const updated = yield* snapshotter.update({
        name: "a",
        labels: { one: "3", four: "4" },
        paths: ["labels.one", "labels.two"]
      })
      assert.deepStrictEqual(updated, {
        name: "a",
        kind: "active",
        createdAt: 0n,
        updatedAt: 60_000_000_000n,
        labels: { one: "3" }
      })
      assert.deepStrictEqual((yield* snapshotter.update({ name: "a", labels: { x: "y" } })).labels, { x: "y" })
      assert.deepStrictEqual((yield* (yield* start()).stat("a")).labels, { x: "y" })
    })
  )

  onFake(
    "and every other call keep no label with an empty value, as containerd does",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const labels = { none: "", one: "1" }
      yield* snapshotter.prepare({ key: "a", labels })
      assert.deepStrictEqual((yield* snapshotter.stat("a")).labels, { one: "1" })
      assert.deepStrictEqual((yield* snapshotter.update({ name: "a", labels })).labels, { one: "1" })
      yield* snapshotter.commit({ key: "a", name: "b", labels })
      assert.deepStrictEqual((yield* snapshotter.stat("b")).labels, { one: "1" })
    })
  )

  onFake(
    "refuses other fields and unknown snapshots, and changes nothing",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* snapshotter.prepare({ key: "a", labels: { one: "1" } })
      const update = { labels: { one: "2" }, paths: ["labels", "parent"] }
      assert.strictEqual(yield* failure(snapshotter.update({ name: "a", ...update })), "ArgumentInvalid")
      assert.strictEqual(yield* failure(snapshotter.update({ name: "unknown", labels: {} })), "SnapshotNotFound")
      assert.deepStrictEqual((yield* snapshotter.stat("a")).labels, { one: "1" })
    })
  )
})

describe("usage", () => {
  onFake(
    "counts what a snapshot does not share",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      yield* layer(snapshotter, "one")
      const mounts = yield* snapshotter.prepare({ key: "a", parent: "one" })
      const before = yield* snapshotter.usage("a")
      yield* withMounted(mounts, write("large", "x".repeat(5_000_000)))
      const { size } = yield* snapshotter.usage("a")
      assert.isAtLeast(Number(size - before.size), 5_000_000)
      assert.strictEqual(yield* failure(snapshotter.usage("unknown")), "SnapshotNotFound")
    })
  )
})

describe("a start", () => {
  onFake(
    "finds every snapshot as it was",
    Effect.gen(function*() {
      const first = yield* start()
      yield* layer(first, "one")
      yield* first.prepare({ key: "a", parent: "one", labels: { l: "1" } })
      yield* first.view({ key: "v", parent: "one" })
      const before = yield* first.list()
      assert.sameDeepMembers([...(yield* (yield* start()).list())], [...before])
    })
  )

  onFake(
    "takes down devices and files that belong to no snapshot",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const first = yield* start()
      const [{ source } = { source: "" }] = yield* first.prepare({ key: "a" })
      const home = Disk.directory(yield* diskOf(source))
      yield* fs.remove(`${home}/snapshot.json`)
      yield* fs.makeDirectory(`${root}/new/half`)
      yield* fs.makeDirectory(`${root}/removed/half`)
      yield* start()
      assert.deepStrictEqual(yield* ploop.listDevices, [])
      assert.deepStrictEqual(yield* leftovers, { ...nothing, snapshots: 1 })
    })
  )

  onFake(
    "keeps the disk of a record that cannot be read, and serves the others",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const first = yield* start()
      yield* layer(first, "one")
      yield* layer(first, "two", "one")
      const ids = yield* fs.readDirectory(`${root}/snapshots`)
      const records = yield* Effect.forEach(
        ids,
        (id) => Effect.map(fs.readFileString(`${root}/snapshots/${id}/snapshot.json`), (text) => ({ id, text }))
      )
      const one = Option.getOrThrow(Option.fromNullable(records.find(({ text }) => text.includes("\"name\":\"one\""))))
      yield* fs.writeFileString(`${root}/snapshots/${one.id}/snapshot.json`, one.text.slice(0, 20))
      const snapshotter = yield* start()
      assert.deepStrictEqual(yield* contentOf(snapshotter, "two"), { one: "of one", two: "of two" })
      assert.strictEqual(yield* failure(snapshotter.stat("one")), "SnapshotNotFound")
      assert.isTrue(yield* fs.exists(`${root}/snapshots/${one.id}/DiskDescriptor.xml`))
    })
  )

  onFake(
    "refuses options that break a rule",
    Effect.gen(function*() {
      const refused = yield* Effect.forEach([
        { root: "relative" },
        { root: "/slash/" },
        { size: "large" },
        { size: "299M" },
        { maxChain: 7 },
        { maxChain: 121 },
        { concurrency: 0 }
      ], (options) => Effect.flip(start(options)))
      assert.deepStrictEqual(
        refused.map((error) => error._tag === "ArgumentInvalid" ? error.argument : error._tag),
        ["root", "root", "size", "size", "maxChain", "maxChain", "concurrency"]
      )
    })
  )
})

const onFiles = (use: (fs: FileSystem.FileSystem) => Effect.Effect<void, unknown>) =>
  Effect.flatMap(FileSystem.FileSystem, use)

/** What somebody may do to the directory of a disk. */
const damages: Record<string, (home: string) => Effect.Effect<void, unknown, FileSystem.FileSystem>> = {
  "is removed": (home) => onFiles((fs) => fs.remove(home, { recursive: true })),
  "has no descriptor": (home) => onFiles((fs) => fs.remove(`${home}/DiskDescriptor.xml`)),
  "has a descriptor that is none": (home) => onFiles((fs) => fs.writeFileString(`${home}/DiskDescriptor.xml`, "<x>")),
  "has no image": (home) => onFiles((fs) => fs.remove(`${home}/root.hdd`))
}

const homeOf = (mounts: ReadonlyArray<Snapshot.Mount>) => Effect.map(diskOf(mounts[0]!.source), Disk.directory)

describe("a disk whose directory", () => {
  for (const [damage, doing] of Object.entries(damages)) {
    onFake(
      `${damage} is reported as damaged, becomes no layer, and can be removed`,
      Effect.gen(function*() {
        const snapshotter = yield* start()
        const parent = yield* homeOf(yield* snapshotter.prepare({ key: "unpack" }))
        yield* snapshotter.commit({ key: "unpack", name: "one" })
        const active = yield* homeOf(yield* snapshotter.prepare({ key: "a" }))
        yield* Effect.forEach([parent, active], doing)
        assert.strictEqual(yield* failure(snapshotter.prepare({ key: "b", parent: "one" })), "DiskDamaged")
        assert.strictEqual(yield* failure(snapshotter.commit({ key: "a", name: "two" })), "DiskDamaged")
        yield* Effect.forEach(["a", "one"], (key) => snapshotter.remove(key))
        assert.deepStrictEqual(yield* leftovers, nothing)
      })
    )

    onFake(
      `${damage} is not removed while it is mounted`,
      Effect.gen(function*() {
        const ploop = yield* Ploop.Ploop
        const snapshotter = yield* start()
        const disk = yield* mount(yield* snapshotter.prepare({ key: "a" }))
        yield* doing(Disk.directory(disk))
        assert.strictEqual(yield* failure(snapshotter.remove("a")), "NotRemovable")
        assert.strictEqual((yield* snapshotter.stat("a")).kind, "active")
        yield* ploop.umount({ target: "/mnt" })
        yield* snapshotter.remove("a")
        assert.deepStrictEqual(yield* leftovers, nothing)
      })
    )
  }
})

describe("every call", () => {
  onFake(
    "that changes disks waits while as many as are allowed run",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const running = { now: 0, most: 0 }
      const counting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.acquireUseRelease(
          Effect.sync(() => void (running.most = Math.max(running.most, ++running.now))),
          () => Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 20), effect),
          () => Effect.sync(() => void running.now--)
        )
      const snapshotter = yield* start({ concurrency: 2 }).pipe(
        Effect.provideService(Ploop.Ploop, {
          ...ploop,
          createSnapshot: (options) => counting(ploop.createSnapshot(options))
        })
      )
      const keys = Array.from({ length: 6 }, (_, index) => `${index}`)
      yield* Effect.forEach(keys, (key) => snapshotter.prepare({ key }), { concurrency: "unbounded" })
      assert.strictEqual(running.most, 2)
    })
  )

  onFake(
    "has a span with its name and its key",
    Effect.gen(function*() {
      const snapshotter = yield* start()
      const spans: Array<Tracer.Span> = []
      const tracer = yield* Effect.tracer
      yield* snapshotter.prepare({ key: "a" }).pipe(
        Effect.zipRight(snapshotter.commit({ key: "a", name: "one" })),
        Effect.withTracer(Tracer.make({
          ...tracer,
          span: (...parts) => {
            const span = tracer.span(...parts)
            spans.push(span)
            return span
          },
          context: (...parts) => tracer.context(...parts)
        }))
      )
      const own = spans.filter(({ name }) => name.startsWith("Snapshotter."))
      assert.deepStrictEqual(
        own.map(({ attributes, name }) => [name, Object.fromEntries(attributes)]),
        [
          ["Snapshotter.prepare", { key: "a" }],
          ["Snapshotter.commit", { key: "a", name: "one" }]
        ]
      )
      assert.isAbove(spans.length, own.length)
    })
  )
})

describe("cleanup", () => {
  onFake(
    "detaches a committed snapshot once it is not mounted any more",
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const snapshotter = yield* start()
      const disk = yield* mount(yield* snapshotter.prepare({ key: "a" }))
      yield* snapshotter.commit({ key: "a", name: "one" })
      yield* snapshotter.cleanup
      assert.strictEqual((yield* leftovers).devices, 1)
      yield* ploop.umount({ disk })
      yield* ploop.mount({ disk })
      yield* snapshotter.cleanup
      assert.strictEqual((yield* leftovers).devices, 0)
    })
  )
})

import type { Change } from "@effect-ploop/core/DiskChange"
import * as DiskChanges from "@effect-ploop/core/DiskChanges"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as FileTree from "../../../FileTree.js"
import * as snapshots from "../snapshotUtils.js"

const { a, b, unknown } = Conformance.ids
const { top } = SnapshotId

const service = Case.service("DiskChanges.between")
const needs = ["mount"] as const

type Options = Partial<Omit<DiskChanges.Options, "disk">>

/** The changes of a disk since the snapshot `a`, in a scratch directory of the case. */
const between = (disk: string, options: Options = {}) =>
  Stream.unwrap(Effect.map(
    Conformance.directory("points"),
    (directory) => DiskChanges.between({ disk, from: a, directory, ...options })
  ))

/** One line for a change. Times depend on the clock of the host, and are left out. */
const line = (change: Change): string => {
  const aspects = "aspects" in change ? change.aspects.filter((aspect) => aspect !== "modified") : []
  const from = change._tag === "Renamed" ? `${change.previous} -> ` : ""
  return [change._tag, `${from}${change.path}`, ...aspects].join(" ")
}

const lines = <E, R>(changes: Stream.Stream<Change, E, R>) =>
  Effect.map(Stream.runCollect(changes), (found) => Chunk.toReadonlyArray(found).map(line).sort())

/** Checks that the case has left no device but these, and no mount point. */
const nothingLeft = (made: Conformance.TestDisk, devices: number = 0) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* Check.equal((yield* ploop.attachments({ disk: made.disk })).length, devices, "the devices of the disk")
    yield* Check.equal(yield* fs.readDirectory(yield* Conformance.directory("points")), [], "the mount points")
    yield* Check.equal(yield* snapshots.temporary(made), [], "the temporary snapshots")
    yield* snapshots.onlyNamedImages(made)
  })

const checked = (made: Conformance.TestDisk, expected: ReadonlyArray<string>, options: Options = {}) =>
  Effect.gen(function*() {
    yield* Check.equal(yield* lines(between(made.disk, options)), [...expected].sort(), "the changes")
    yield* nothingLeft(made)
  })

type Edit = (target: string, fs: FileSystem.FileSystem) => Effect.Effect<unknown, Case.Failure, Case.Services>

/** An idle disk with files in the snapshot `a`, and an edit of them in the top delta. */
const edited = (before: FileTree.FileTree, edit: Edit) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const made = yield* Conformance.formatted()
    const { target } = yield* Conformance.mounted(made.disk)
    yield* FileTree.write(target, before)
    yield* ploop.createSnapshot({ disk: made.disk, id: a })
    yield* edit(target, fs)
    yield* ploop.umount({ disk: made.disk })
    return made
  })

interface Rule {
  readonly id: string
  readonly title: string
  readonly before: FileTree.FileTree
  readonly edit: Edit
  readonly changes: ReadonlyArray<string>
  readonly options?: Options
}

/** What the changes of an edit are. A case has several edits, because a disk with a file system takes its time. */
const edits: ReadonlyArray<Rule> = [
  {
    id: "added-and-removed",
    title: "MUST report each file that is new or gone, and each one in a directory that is new or gone",
    before: { kept: "1", "old/motd": "2", "old/deep/x": "3" },
    edit: (target, fs) =>
      Effect.zipRight(
        fs.remove(`${target}/old`, { recursive: true }),
        FileTree.write(target, { "etc/motd": "2", "größe 大": "3", "void/": "" })
      ),
    changes: [
      "Added /etc",
      "Added /etc/motd",
      "Added /größe 大",
      "Added /void",
      "Removed /old",
      "Removed /old/deep",
      "Removed /old/deep/x",
      "Removed /old/motd"
    ]
  },
  {
    id: "content",
    title: "MUST report a file with other content, also of the same size, and none that has been written and removed",
    before: {
      size: "1",
      same: "one",
      large: `${"x".repeat(600_000)}1`,
      full: "1",
      empty: "",
      "kept/large": "y".repeat(600_000),
      "kept/empty": ""
    },
    edit: (target, fs) =>
      Effect.zipRight(
        FileTree.write(target, {
          size: "12",
          same: "two",
          large: `${"x".repeat(600_000)}2`,
          full: "",
          empty: "1",
          "kept/new": "1"
        }),
        fs.remove(`${target}/kept/new`)
      ),
    changes: ["size", "same", "large", "full", "empty"].map((name) => `Changed /${name} content`)
  },
  {
    id: "metadata",
    title: "MUST report other permissions, owners and targets of links, and not follow a link",
    before: { script: "1", mine: "1", ours: "1", "etc/": "", link: "-> etc", broken: "-> nowhere", kept: "-> etc" },
    edit: (target, fs) =>
      Effect.gen(function*() {
        yield* fs.chmod(`${target}/script`, 0o654)
        yield* fs.chmod(`${target}/etc`, 0o700)
        yield* fs.chown(`${target}/mine`, 7, 0)
        yield* fs.chown(`${target}/ours`, 0, 7)
        for (const name of ["link", "broken"]) {
          yield* fs.remove(`${target}/${name}`)
          yield* fs.symlink(`other-${name}`, `${target}/${name}`)
        }
      }),
    changes: [
      "Changed /script mode",
      "Changed /etc mode",
      "Changed /mine owner",
      "Changed /ours owner",
      "Changed /link target",
      "Changed /broken target"
    ]
  },
  {
    id: "type",
    title: "MUST report a path that has a file of another type as removed and added",
    before: { "one/x": "1", two: "2", three: "3" },
    edit: (target, fs) =>
      Effect.gen(function*() {
        for (const name of ["one", "two", "three"]) yield* fs.remove(`${target}/${name}`, { recursive: true })
        yield* FileTree.write(target, { one: "1", "two/y": "2", three: "-> one" })
      }),
    changes: [
      "Removed /one",
      "Removed /one/x",
      "Added /one",
      "Removed /two",
      "Added /two",
      "Added /two/y",
      "Removed /three",
      "Added /three"
    ]
  },
  {
    id: "renamed",
    title:
      "MUST report a renamed file once, with what else differs, unless another file has its path or it has both names",
    before: { one: "1", "a/two": "2", "z/": "", three: "3", x: "1", y: "22", linked: "1" },
    edit: (target, fs) =>
      Effect.gen(function*() {
        yield* fs.rename(`${target}/one`, `${target}/eins`)
        yield* fs.rename(`${target}/a/two`, `${target}/z/two`)
        yield* fs.rename(`${target}/three`, `${target}/drei`)
        yield* fs.writeFileString(`${target}/drei`, "33", { flag: "a" })
        yield* fs.chmod(`${target}/drei`, 0o600)
        yield* fs.rename(`${target}/x`, `${target}/away`)
        yield* fs.rename(`${target}/y`, `${target}/x`)
        yield* fs.rename(`${target}/away`, `${target}/y`)
        yield* fs.link(`${target}/linked`, `${target}/link`)
      }),
    changes: [
      "Renamed /one -> /eins",
      "Renamed /a/two -> /z/two",
      "Renamed /three -> /drei content mode",
      "Changed /x content",
      "Changed /y content",
      "Added /link"
    ]
  },
  {
    id: "renamed-directories",
    title: "MUST report a renamed directory once, what differs in it, and what was moved out of one that is gone",
    before: { "old/kept": "1", "old/sub/changed": "1", "old/gone": "1", "gone/x": "1", "gone/y": "2", z: "3" },
    edit: (target, fs) =>
      Effect.gen(function*() {
        yield* fs.rename(`${target}/old`, `${target}/renamed`)
        yield* fs.remove(`${target}/renamed/gone`)
        yield* FileTree.write(target, { "renamed/sub/changed": "2" })
        yield* fs.rename(`${target}/gone/x`, `${target}/x`)
        yield* fs.remove(`${target}/gone`, { recursive: true })
        yield* fs.makeDirectory(`${target}/new`)
        yield* fs.rename(`${target}/z`, `${target}/new/z`)
      }),
    changes: [
      "Renamed /old -> /renamed",
      "Changed /renamed/sub/changed content",
      "Removed /old/gone",
      "Removed /gone",
      "Removed /gone/y",
      "Renamed /gone/x -> /x",
      "Added /new",
      "Renamed /z -> /new/z"
    ]
  },
  {
    id: "without-renames",
    title:
      "MUST report a renamed file as removed and added when no file may be kept in memory, among hundreds of names",
    before: { one: "1", ...Object.fromEntries(Array.from({ length: 150 }, (_, name) => [`d/${name}`, `${name}`])) },
    edit: (target, fs) =>
      Effect.gen(function*() {
        yield* fs.rename(`${target}/one`, `${target}/d/one`)
        yield* fs.remove(`${target}/d/77`)
        yield* FileTree.write(target, { "d/149": "other", "d/77a": "" })
      }),
    changes: ["Removed /one", "Added /d/one", "Changed /d/149 content", "Removed /d/77", "Added /d/77a"],
    options: { maximumRenames: 0 }
  },
  {
    id: "too-many-renames",
    title: "MUST report the earliest renamed files as removed and added when there are more than may be kept in memory",
    before: { "old-a": "a", "old-b": "b", "old-c": "c", "old-d": "d" },
    edit: (target, fs) =>
      Effect.zipRight(
        fs.makeDirectory(`${target}/zz`),
        // The last one is found first.
        Effect.forEach(
          [["a", "4"], ["b", "3"], ["c", "2"], ["d", "1"]],
          ([old, name]) => fs.rename(`${target}/old-${old}`, `${target}/zz/${name}`)
        )
      ),
    changes: [
      "Removed /old-a",
      "Removed /old-b",
      "Removed /old-c",
      "Added /zz",
      "Added /zz/2",
      "Added /zz/3",
      "Added /zz/4",
      "Renamed /old-d -> /zz/1"
    ],
    options: { maximumRenames: 2 }
  }
]

/** A snapshot `b` that is not an ancestor of the top delta, which goes back to `a`. */
const branches = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const made = yield* edited({ common: "1" }, (target) => FileTree.write(target, { inB: "2" }))
  yield* ploop.createSnapshot({ disk: made.disk, id: b })
  yield* ploop.switchSnapshot({ disk: made.disk, id: a })
  yield* snapshots.put(made, { inTop: "3" })
  return made
})

const points: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/changes-back-in-time",
    title: "MUST report the reverse when the first point is the later one",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const made = yield* edited(
        { old: "1", both: "1" },
        (target, fs) => Effect.zipRight(fs.remove(`${target}/old`), FileTree.write(target, { new: "1", both: "2" }))
      )
      const options = { maximumRenames: 0 }
      yield* checked(made, ["Removed /old", "Added /new", "Changed /both content"], options)
      yield* checked(made, ["Added /old", "Removed /new", "Changed /both content"], { ...options, from: top, to: a })
    })
  }),
  Case.make({
    id: "scenario/changes-of-branches",
    title: "MUST compare points of which none is an ancestor of the other",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const made = yield* branches
      yield* checked(made, ["Removed /inB", "Added /inTop"], { from: b, maximumRenames: 0 })
    })
  }),
  Case.make({
    id: "scenario/changes-of-a-running-disk",
    title: "MUST compare one moment of a running disk, which goes on running, and keep its snapshots",
    source: service,
    needs: [...needs, "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(made.disk)
      yield* FileTree.write(target, { motd: "before" })
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* FileTree.write(target, { motd: "after", new: "1" })
      const tree = yield* Conformance.parents(made.disk)
      yield* Check.equal(yield* lines(between(made.disk)), ["Added /new", "Changed /motd content"], "the changes")
      yield* Check.equal(yield* Conformance.parents(made.disk), tree, "the tree")
      yield* nothingLeft(made, 1)
      yield* FileTree.write(target, { new: "2" })
      yield* Check.equal(yield* FileTree.read(target), { motd: "after", new: "2" }, "the disk")
    })
  }),
  Case.make({
    id: "scenario/changes-between-snapshots",
    title: "MUST compare two snapshots of a running disk without what it has written since, and take no other snapshot",
    source: service,
    needs: [...needs, "snapshotBesideDisk"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(made.disk)
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* FileTree.write(target, { inB: "1" })
      yield* ploop.createSnapshot({ disk: made.disk, id: b })
      yield* FileTree.write(target, { later: "1" })
      const found = yield* snapshots.untouched(
        { ...made, directory: yield* Conformance.directory("points") },
        lines(between(made.disk, { to: b }))
      )
      yield* Check.equal(found, ["Added /inB"], "the changes")
      yield* nothingLeft(made, 1)
    })
  }),
  Case.make({
    id: "scenario/changes-of-a-clone",
    title: "MUST report what a linked clone has written since the snapshot that it was made from",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* edited({ common: "1" }, (target) => FileTree.write(target, { ofTheDisk: "2" }))
      const directory = yield* Conformance.directory("clone")
      const { disk } = yield* ploop.clone({ disk: made.disk, snapshot: a, directory })
      const { target } = yield* Conformance.mounted(disk, { component: "clone" })
      yield* FileTree.write(target, { ofTheClone: "3" })
      yield* ploop.umount({ disk, component: "clone" })
      yield* Check.equal(yield* lines(between(disk)), ["Added /ofTheClone"], "the changes")
      yield* ploop.remove({ disk })
    })
  }),
  Case.make({
    id: "scenario/changes-of-a-modification",
    title: "MUST report a time of modification that alone has changed, and skip the bytes where times are trusted",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const made = yield* edited({ touched: "1", back: "one", kept: "1" }, (target, fs) =>
        Effect.gen(function*() {
          const { mtime } = yield* fs.stat(`${target}/back`)
          yield* fs.utimes(`${target}/touched`, 1_000_000, 1_000_000)
          yield* fs.writeFileString(`${target}/back`, "two")
          // Back to the time of before, as a program that wants to hide a change would do it.
          const time = mtime._tag === "Some" ? mtime.value : 0
          yield* fs.utimes(`${target}/back`, time, time)
        }))
      const touched = yield* Stream.runCollect(
        Stream.filter(between(made.disk), ({ path }) => path === "/touched")
      )
      yield* Check.equal(
        Chunk.toReadonlyArray(touched).map((change) => "aspects" in change ? change.aspects : change._tag),
        [["modified"]],
        "the change of the time"
      )
      yield* Check.equal(
        yield* lines(between(made.disk)),
        ["Changed /back content", "Changed /touched"],
        "by the bytes"
      )
      yield* Check.equal(yield* lines(between(made.disk, { trustTimes: true })), ["Changed /touched"], "by the times")
      yield* nothingLeft(made)
    })
  })
]

const nothing: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/changes-of-the-same-point",
    title: "MUST report nothing between a point and itself, whatever the disk has written, and mount nothing",
    source: service,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a])
      yield* snapshots.occupy(yield* Conformance.fileOf(made, top), 0)
      for (const point of [a, top]) {
        yield* Check.equal(yield* lines(between(made.disk, { from: point, to: point })), [], `the changes of ${point}`)
      }
    })
  }),
  Case.make({
    id: "scenario/changes-of-empty-deltas",
    title:
      "MUST report nothing when the deltas between the points have no cluster, also without a file system to mount",
    source: service,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a, b])
      yield* snapshots.occupy(made.image, 0)
      yield* snapshots.untouched(
        made,
        Effect.gen(function*() {
          yield* Check.equal(yield* lines(between(made.disk)), [], "the changes since a")
          yield* Check.equal(yield* lines(between(made.disk, { from: b, to: a })), [], "the changes from b to a")
        })
      )
    })
  }),
  Case.make({
    id: "scenario/changes-of-an-empty-branch",
    title:
      "MUST mount the points when a delta of a branch between them has a cluster, and leave nothing when that fails",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const made = yield* snapshots.branched()
      yield* Check.equal(yield* lines(between(made.disk, { from: b })), [], "the changes")
      yield* snapshots.occupy(yield* Conformance.fileOf(made, b), 3)
      yield* Check.fails(Stream.runDrain(between(made.disk, { from: b })), "MountFailed")
      yield* nothingLeft(made)
    })
  })
]

const endings: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/changes-are-enough",
    title: "MUST unmount both points when no more changes are wanted",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const made = yield* edited({}, (target) => FileTree.write(target, { "1": "", "2": "", "3": "" }))
      yield* Check.equal(yield* lines(Stream.take(between(made.disk), 1)), ["Added /1"], "the first change")
      yield* nothingLeft(made)
    })
  }),
  Case.make({
    id: "scenario/changes-interrupted",
    title: "MUST unmount both points before an interruption completes, and delete the temporary snapshot",
    source: service,
    needs: [...needs, "temporarySnapshot"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(made.disk)
      yield* ploop.createSnapshot({ disk: made.disk, id: a })
      yield* FileTree.write(target, { new: "1" })
      const tree = yield* Conformance.parents(made.disk)
      const begun = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(Stream.runForEach(
        between(made.disk),
        () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never)
      ))
      yield* Deferred.await(begun)
      yield* Check.equal((yield* ploop.attachments({ disk: made.disk })).length, 3, "the devices meanwhile")
      yield* Check.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)), "whether it was interrupted")
      yield* Check.equal(yield* Conformance.parents(made.disk), tree, "the tree")
      yield* nothingLeft(made, 1)
    })
  }),
  Case.make({
    id: "scenario/changes-while-somebody-writes",
    title: "MUST fail when a device begins to write to the top delta while it is compared",
    source: service,
    needs: [...needs, "snapshotBesideDisk"],
    generations: ["1.15", "7"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* edited({}, (target) => FileTree.write(target, { new: "1" }))
      const writing = Stream.tap(between(made.disk), () => ploop.mount({ disk: made.disk }))
      yield* Check.fails(Stream.runDrain(writing), "ImageInUse")
      yield* nothingLeft(made, 1)
      yield* ploop.umount({ disk: made.disk })
    })
  })
]

const refusals: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/changes-of-an-unknown-snapshot",
    title: "MUST refuse a snapshot that the disk does not have, as one of another disk, and name it",
    source: service,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a])
      yield* snapshots.chained([b], { name: "other" })
      for (
        const [options, id] of [[{ from: unknown }, unknown], [{ to: unknown }, unknown], [{ from: b }, b]] as const
      ) {
        yield* Check.fails(Stream.runDrain(between(made.disk, options)), "SnapshotNotFound", { id })
      }
    })
  }),
  Case.make({
    id: "scenario/changes-refuse-what-is-no-point",
    title: "MUST refuse options that break a rule, and name the option, its value and the rule",
    source: service,
    run: Effect.gen(function*() {
      const made = yield* snapshots.chained([a])
      const broken = [
        [{ from: "yesterday" }, "from", /UUID/],
        [{ to: SnapshotId.none }, "to", /nil UUID/],
        [{ maximumRenames: -1 }, "maximumRenames", /from 0 to 1000000/],
        [{ directory: "" }, "directory", /./]
      ] as const
      for (const [options, field, rule] of broken) {
        const refused = yield* Check.fails(
          Stream.runDrain(between(made.disk, options)),
          "InvalidArgument",
          { field }
        )
        yield* Check.isTrue(rule.test(refused.rule), `the rule says ${rule}`, refused.rule)
      }
    })
  }),
  Case.make({
    id: "scenario/changes-of-a-missing-disk",
    title: "MUST report a missing descriptor, and a directory for the mount points that is missing",
    source: service,
    needs,
    run: Effect.gen(function*() {
      const path = yield* Path.Path
      const made = yield* edited({}, (target) => FileTree.write(target, { new: "1" }))
      const missing = path.join(made.directory, "missing")
      yield* Check.fails(Stream.runDrain(between(`${missing}/DiskDescriptor.xml`)), "DiskNotFound")
      yield* Check.fails(Stream.runDrain(between(made.disk, { directory: missing })), "SystemError", {
        reason: "NotFound"
      })
      yield* nothingLeft(made)
    })
  })
]

export const changes: ReadonlyArray<Case.Case> = [
  ...edits.map(({ before, changes, edit, id, options, title }) =>
    Case.make({
      id: `scenario/changes-${id}`,
      title,
      source: service,
      needs,
      run: Effect.flatMap(edited(before, edit), (made) => checked(made, changes, options))
    })
  ),
  ...points,
  ...nothing,
  ...endings,
  ...refusals
]

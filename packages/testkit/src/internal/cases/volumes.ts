import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as HostPath from "@effect-ploop/core/HostPath"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as ImageFile from "../../ImageFile.js"
import { fingerprint } from "../bytes.js"
import * as disks from "./disks.js"
import * as snapshots from "./snapshotUtils.js"

const services = Effect.all({
  fs: FileSystem.FileSystem,
  path: Path.Path,
  ploop: Ploop.Ploop
})

const size = "64M"

/** A directory for volumes, and the path of one in it. */
const place = Effect.gen(function*() {
  const { path } = yield* services
  const home = yield* Conformance.directory("volumes")
  return { home, at: (name: string) => path.join(home, name) }
})

/** A blank volume. */
const blank = (directory: string) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createVolume({ directory, size, fileSystem: "none" }))

/** The parsed descriptor of a volume. */
const descriptorOf = (directory: string) =>
  Effect.gen(function*() {
    const { fs, path } = yield* services
    const text = yield* fs.readFileString(path.join(directory, "DiskDescriptor.xml"))
    return yield* Either.match(DiskDescriptor.parse(text), {
      onLeft: (error) => Effect.die(error),
      onRight: Effect.succeed
    })
  })

/** The path of the top delta of a volume. */
const topOf = (directory: string) =>
  Effect.gen(function*() {
    const { path } = yield* services
    const { images } = yield* descriptorOf(directory)
    return path.resolve(directory, images.at(-1)!.file)
  })

/** The clusters that a volume has, whatever image they are in: those of its chain. */
const clustersOf = (directory: string): Effect.Effect<ReadonlyArray<number>, PlatformError, Case.Services> =>
  Effect.gen(function*() {
    const { path } = yield* services
    const { images, volume } = yield* descriptorOf(directory)
    const own = yield* Effect.forEach(images, ({ file }) => snapshots.occupied(path.resolve(directory, file)))
    const below = volume?.parent === undefined ? [] : yield* clustersOf(path.resolve(directory, volume.parent))
    return [...new Set([...own.flat(), ...below])].sort((a, b) => a - b)
  })

/** Everything below a directory, with digests; lock files of the tool do not count. */
const everything = (home: string) =>
  Effect.gen(function*() {
    const { fs, path } = yield* services
    const names = (yield* fs.readDirectory(home, { recursive: true })).filter((name) => !name.endsWith(".lck")).sort()
    return yield* Effect.forEach(names, (name) =>
      Effect.gen(function*() {
        const link = yield* Effect.either(fs.readLink(path.join(home, name)))
        if (Either.isRight(link)) return `${name} -> ${link.right}`
        const { type } = yield* fs.stat(path.join(home, name))
        return type === "File" ? `${name}: ${fingerprint(yield* fs.readFile(path.join(home, name)))}` : `${name}/`
      }))
  })

/** Runs an effect that must leave every file below a directory as it is. */
const untouched = <A, E, R>(home: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = yield* everything(home)
    const result = yield* effect
    yield* Check.equal(yield* everything(home), before, "the files of the volumes")
    return result
  })

const generations = ["7", "9"] as const

const tool = (command: string) => Case.observed(`ploop-volume ${command}`)

/** A volume with a snapshot, and a cluster in each. */
const pair = Effect.gen(function*() {
  const { ploop } = yield* services
  const { at, home } = yield* place
  const [volume, snapshot] = [at("a"), at("s")]
  yield* blank(volume)
  yield* snapshots.occupy(yield* topOf(volume), 1)
  yield* ploop.snapshotVolume({ volume, directory: snapshot })
  yield* snapshots.occupy(yield* topOf(volume), 2)
  return { at, home, snapshot, volume }
})

/** A volume with two snapshots, the first of which is the parent of the second. */
const chain = Effect.gen(function*() {
  const { ploop } = yield* services
  const made = yield* pair
  const second = made.at("s2")
  yield* ploop.snapshotVolume({ volume: made.volume, directory: second })
  yield* snapshots.occupy(yield* topOf(made.volume), 3)
  return { ...made, second }
})

const creations: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createVolume/makes-a-volume",
    title: "MUST make a directory with a disk, and without children",
    source: tool("create"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      const directory = at("a")
      const made = yield* blank(directory)
      const { deltaSize, ...rest } = yield* ploop.volumeInfo({ volume: directory })
      yield* Check.equal(
        rest,
        { directory: HostPath.make(directory), disk: Disk.inDirectory(directory), readOnly: false, children: [] },
        "the volume"
      )
      yield* Check.equal(made.deltaSize, deltaSize, "the length of its image")
      const names = (yield* everything(home)).map((line) => line.replace(/:.*/, ""))
      yield* Check.equal(names, ["a/", "a/DiskDescriptor.xml", "a/children/", "a/image.hds"], "the files")
      yield* Check.equal((yield* descriptorOf(directory)).volume, { readOnly: false }, "the element Volume")
    })
  }),
  Case.make({
    id: "createVolume/is-a-disk",
    title: "MUST make a disk that takes snapshots, as long as it has no parent",
    source: tool("create"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at } = yield* place
      const { disk } = yield* blank(at("a"))
      const id = yield* ploop.createSnapshot({ disk })
      yield* ploop.deleteSnapshot({ disk, id })
      yield* Check.equal((yield* ploop.check({ disk })).outcome, "clean", "the outcome of a check")
      yield* Check.equal((yield* descriptorOf(at("a"))).volume, { readOnly: false }, "the element Volume")
    })
  }),
  Case.make({
    id: "createVolume/with-a-file-system",
    title: "MUST make a file system in it, which keeps files",
    source: tool("create -t ext4"),
    needs: ["mount"],
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at } = yield* place
      const { disk } = yield* ploop.createVolume({ directory: at("a"), size: Conformance.formattedSize })
      yield* disks.write(disk, { file: "in the volume" })
      yield* disks.holds(disk, { file: "in the volume" }, "the files of the volume")
    })
  }),
  Case.make({
    id: "createVolume/refuses-what-exists",
    title: "MUST refuse a directory that exists, and one in a directory that does not, and leave what is there",
    source: Case.source("tools/ploop-volume.c create, lib/volume.c create_layout, destroy_layout"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at, home } = yield* place
      yield* fs.makeDirectory(at("a"))
      yield* fs.writeFileString(at("a/precious"), "mine")
      yield* fs.writeFileString(at("file"), "mine")
      yield* untouched(
        home,
        Effect.gen(function*() {
          yield* Check.fails(blank(at("a")), "AlreadyExists", { path: at("a") })
          yield* Check.fails(blank(at("file")), "AlreadyExists", { path: at("file") })
          yield* Check.fails(blank(at("no/a")), "DirectoryNotFound", { directory: at("no") })
        })
      )
      yield* Check.fails(ploop.volumeInfo({ volume: at("a") }), "DiskNotFound", { operation: "volumeInfo" })
    })
  }),
  Case.make({
    id: "createVolume/refuses-wrong-options",
    title: "MUST refuse a size of zero, an odd cluster size and an unknown file system, and make nothing",
    source: Case.service("Ploop.createVolume"),
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      const directory = at("a")
      const refused = (options: object, field: string) =>
        // A caller in JavaScript may write anything.
        Check.fails(
          ploop.createVolume({ directory, size, ...options } as unknown as Request.CreateVolumeOptions),
          "InvalidArgument",
          { field }
        )
      yield* refused({ size: 0 }, "size")
      yield* refused({ clusterSize: "3M" }, "clusterSize")
      yield* refused({ fileSystem: "ntfs" }, "fileSystem")
      yield* refused({ directory: "" }, "directory")
      yield* Check.equal(yield* everything(home), [], "the files")
    })
  })
]

const absences: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "createVolume/in-7-and-9",
    title: "MUST refuse every operation on volumes where there is no ploop-volume, and say which generations have one",
    source: Case.service("Ploop.createVolume"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      const [volume, directory] = [at("a"), at("b")]
      const calls: ReadonlyArray<Effect.Effect<unknown, PloopError>> = [
        ploop.createVolume({ directory: volume, size }),
        ploop.snapshotVolume({ volume, directory }),
        ploop.cloneVolume({ volume, directory }),
        ploop.switchVolume({ volume, to: directory }),
        ploop.deleteVolume({ volume }),
        ploop.volumeInfo({ volume }),
        ploop.volumeTree({ volume })
      ]
      for (const call of calls) yield* Check.fails(call, "Unsupported")
      yield* Check.equal(yield* everything(home), [], "the files")
    })
  }),
  Case.make({
    id: "scenario/remedy-volumes-elsewhere",
    title: "The remedy for a clone of a volume where there are none works: clone",
    source: Case.service("Remedy.texts"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const made = yield* Conformance.disk()
      const directory = yield* Conformance.directory("clone")
      yield* Check.fails(ploop.cloneVolume({ volume: made.directory, directory }), "Unsupported")
      const snapshot = yield* ploop.createSnapshot({ disk: made.disk })
      yield* ploop.clone({ disk: made.disk, snapshot, directory })
    })
  })
]

const snapshotsOfVolumes: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "snapshotVolume/is-the-parent",
    title: "MUST make a read-only volume of the images, which is the parent of the other one with its new delta",
    source: tool("snapshot"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { snapshot, volume } = yield* pair
      const below = yield* ploop.volumeInfo({ volume: snapshot })
      const above = yield* ploop.volumeInfo({ volume })
      yield* Check.equal([below.readOnly, above.readOnly], [true, false], "whether they are read-only")
      yield* Check.equal(below.children as ReadonlyArray<string>, [volume], "the children of the snapshot")
      yield* Check.equal(above.parent as string | undefined, snapshot, "the parent of the volume")
      yield* Check.equal(yield* clustersOf(snapshot), [1], "the clusters of the snapshot")
      yield* Check.equal(yield* clustersOf(volume), [1, 2], "the clusters of the volume")
      yield* Check.equal(
        yield* ploop.volumeTree({ volume: snapshot }),
        {
          directory: below.directory,
          readOnly: true,
          children: [{ directory: above.directory, readOnly: false, children: [] }]
        },
        "the tree"
      )
    })
  }),
  Case.make({
    id: "snapshotVolume/makes-a-chain",
    title: "MUST put a second snapshot between the first one and the volume",
    source: tool("snapshot"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { second, snapshot, volume } = yield* chain
      const [first, middle, last] = yield* Effect.forEach(
        [snapshot, second, volume],
        (volume) => ploop.volumeInfo({ volume })
      )
      yield* Check.equal(first?.children as ReadonlyArray<string> | undefined, [second], "the children of the first")
      yield* Check.equal([middle?.parent, last?.parent] as ReadonlyArray<unknown>, [snapshot, second], "the parents")
      yield* Check.equal(yield* clustersOf(second), [1, 2], "the clusters of the second")
      yield* Check.equal(yield* clustersOf(volume), [1, 2, 3], "the clusters of the volume")
    })
  }),
  Case.make({
    id: "snapshotVolume/refuses-others",
    title: "MUST refuse a disk that is not a volume, a snapshot, and a directory that exists, and change nothing",
    source: tool("snapshot: Creating a snapshot from snapshot is prohibited"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot, volume } = yield* pair
      const plain = yield* Conformance.disk({ name: "volumes/plain" })
      const directory = at("b")
      yield* untouched(
        home,
        Effect.gen(function*() {
          for (const other of [plain.directory, snapshot]) {
            yield* Check.fails(ploop.snapshotVolume({ volume: other, directory }), "InvalidArgument", {
              field: "volume"
            })
          }
          yield* Check.fails(ploop.snapshotVolume({ volume, directory: snapshot }), "AlreadyExists", {
            path: snapshot
          })
          yield* Check.fails(ploop.snapshotVolume({ volume: at("no"), directory }), "DiskNotFound")
        })
      )
    })
  }),
  Case.make({
    id: "snapshotVolume/running",
    title: "MUST refuse to snapshot, clone, switch and delete a volume that is running, and change nothing",
    source: Case.service("Refusal.snapshotVolume"),
    needs: ["device"],
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at } = yield* place
      const { snapshot } = yield* pair
      const [volume, directory] = [at("b"), at("c")]
      const { disk } = yield* blank(volume)
      const device = yield* disks.attached(disk)
      yield* Check.fails(ploop.snapshotVolume({ volume, directory }), "ImageInUse", { device })
      yield* Check.fails(ploop.cloneVolume({ volume, directory }), "ImageInUse", { device })
      yield* Check.fails(ploop.switchVolume({ volume, to: snapshot }), "ImageInUse", { device })
      yield* Check.fails(ploop.deleteVolume({ volume }), "ImageInUse", { device })
    })
  })
]

const clones: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "cloneVolume/of-a-snapshot",
    title: "MUST make a further child of the snapshot, which begins with its state",
    source: tool("clone"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, snapshot, volume } = yield* pair
      const clone = at("c")
      const made = yield* ploop.cloneVolume({ volume: snapshot, directory: clone })
      yield* Check.equal([made.parent, made.readOnly] as ReadonlyArray<unknown>, [snapshot, false], "the clone")
      yield* Check.equal(yield* clustersOf(clone), [1], "the clusters of the clone")
      yield* Check.equal(yield* clustersOf(volume), [1, 2], "the clusters of the volume")
      const { children } = yield* ploop.volumeInfo({ volume: snapshot })
      yield* Check.equal(children as ReadonlyArray<string>, [volume, clone], "the children of the snapshot")
    })
  }),
  Case.make({
    id: "cloneVolume/of-a-volume",
    title: "MUST begin with the present state of a volume that is written to, which gets a snapshot of its own",
    source: tool("clone"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at } = yield* place
      const [volume, clone] = [at("a"), at("c")]
      const { disk } = yield* blank(volume)
      yield* snapshots.occupy(yield* topOf(volume), 1)
      const { parent, snapshot } = yield* ploop.cloneVolume({ volume, directory: clone })
      yield* Check.equal(parent as string | undefined, volume, "the parent of the clone")
      const tree = yield* ploop.listSnapshots({ disk })
      yield* Check.isTrue(tree.nodes.some(({ id }) => id === snapshot), "whether the volume has the snapshot", tree)
      yield* snapshots.occupy(yield* topOf(volume), 2)
      yield* Check.equal(yield* snapshots.occupied(yield* topOf(clone)), [], "the clusters of its own")
    })
  }),
  Case.make({
    id: "cloneVolume/same-names",
    title: "MUST refuse a clone whose name another volume on the same one has in another directory, and change nothing",
    source: Case.source("lib/volume.c register_sibling, which links by the last part of the path"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at, home, snapshot } = yield* pair
      yield* fs.makeDirectory(at("x"))
      yield* fs.makeDirectory(at("y"))
      yield* ploop.cloneVolume({ volume: snapshot, directory: at("x/c") })
      yield* untouched(
        home,
        Check.fails(ploop.cloneVolume({ volume: snapshot, directory: at("y/c") }), "AlreadyExists", {
          path: `${snapshot}/children/c`
        })
      )
    })
  }),
  Case.make({
    id: "snapshotVolume/stays-as-it-is",
    title: "MUST refuse every change of the disk of a snapshot that has children, and change nothing",
    source: Case.source("lib/snapshot.c do_create_snapshot, which gives the top delta another identifier"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { home, snapshot, volume } = yield* pair
      const { disk } = yield* ploop.volumeInfo({ volume: snapshot })
      const calls: ReadonlyArray<Effect.Effect<unknown, PloopError>> = [
        ploop.createSnapshot({ disk }),
        ploop.createTemporarySnapshot({ disk, component: "bk" }),
        ploop.convert({ disk, format: "preallocated" }),
        ploop.resize({ disk, size: "80M" }),
        ploop.dropTracking({ disk }),
        ploop.remove({ disk, keepOthers: true })
      ]
      yield* untouched(
        home,
        Effect.forEach(calls, (call) => Check.fails(call, "VolumeHasChildren", { children: [volume] }))
      )
    })
  }),
  Case.make({
    id: "cloneVolume/keeps-what-it-begins-with",
    title:
      "MUST refuse to merge, delete, convert or remove the images of a volume that has a clone, and change nothing",
    source: Case.service("Refusal.volumeChildren"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      const [volume, clone] = [at("a"), at("c")]
      const { disk } = yield* blank(volume)
      const first = yield* ploop.createSnapshot({ disk })
      const { snapshot } = yield* ploop.cloneVolume({ volume, directory: clone })
      yield* ploop.switchSnapshot({ disk, id: first })
      const id = snapshot ?? first
      const calls: ReadonlyArray<Effect.Effect<unknown, PloopError>> = [
        // It has no children in this descriptor.
        ploop.deleteSnapshot({ disk, id }),
        ploop.switchAndDelete({ disk, id }),
        ploop.mergeSnapshots({ disk }),
        ploop.convert({ disk, format: "preallocated" }),
        ploop.remove({ disk, keepOthers: true })
      ]
      yield* untouched(
        home,
        Effect.forEach(calls, (call) => Check.fails(call, "VolumeHasChildren", { children: [clone] }))
      )
      yield* ploop.deleteVolume({ volume: clone })
      yield* ploop.deleteSnapshot({ disk, id })
    })
  }),
  Case.make({
    id: "cloneVolume/refuses-a-chain",
    title: "MUST refuse a snapshot that has a parent: the tool would clone the state of that one",
    source: tool("clone of the second of two snapshots, which names the first in SnapshotGUID"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, second } = yield* chain
      yield* untouched(
        home,
        Check.fails(ploop.cloneVolume({ volume: second, directory: at("c") }), "Unsupported", {
          operation: "cloneVolume"
        })
      )
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-clone",
    title: "The remedy for a clone of the second snapshot works: clone the first, and switch that",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, second, snapshot } = yield* chain
      const clone = at("c")
      yield* Check.fails(ploop.cloneVolume({ volume: second, directory: clone }), "Unsupported")
      yield* ploop.cloneVolume({ volume: snapshot, directory: clone })
      yield* ploop.switchVolume({ volume: clone, to: second })
      yield* Check.equal(yield* clustersOf(clone), [1, 2], "the clusters of the clone")
      yield* ploop.deleteVolume({ volume: clone })
      yield* Check.equal(yield* clustersOf(second), [1, 2], "the clusters of the second snapshot")
    })
  })
]

const switches: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "switchVolume/drops-what-was-written",
    title: "MUST give a volume the state of a snapshot, and drop what was written to it since",
    source: tool("switch"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { second, snapshot, volume } = yield* chain
      const old = yield* topOf(volume)
      const { parent } = yield* ploop.switchVolume({ volume, to: snapshot })
      yield* Check.equal(parent as string | undefined, snapshot, "its parent")
      yield* Check.equal(yield* clustersOf(volume), [1], "the clusters of the volume")
      yield* Check.equal(yield* clustersOf(second), [1, 2], "the clusters of the second snapshot")
      yield* Check.equal(yield* fs.exists(old), false, "whether the old delta is there")
      const tree = yield* ploop.volumeTree({ volume: snapshot })
      yield* Check.equal(
        tree.children.map(({ directory }) => directory as string),
        [volume, second],
        "the children of the snapshot"
      )
    })
  }),
  Case.make({
    id: "switchVolume/refuses-others",
    title: "MUST refuse a snapshot, a volume that has children, and the state of a volume, and change nothing",
    source: tool("switch: Switching from snapshot is prohibited"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot, volume } = yield* pair
      const other = at("b")
      yield* blank(other)
      yield* ploop.cloneVolume({ volume: other, directory: at("c") })
      yield* untouched(
        home,
        Effect.gen(function*() {
          const refused = (volume: string, to: string, field: string) =>
            Check.fails(ploop.switchVolume({ volume, to }), "InvalidArgument", { field })
          yield* refused(snapshot, snapshot, "volume")
          yield* refused(volume, other, "to")
          yield* refused(volume, volume, "to")
          yield* Check.fails(ploop.switchVolume({ volume: other, to: snapshot }), "VolumeHasChildren")
        })
      )
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-switch",
    title: "The remedy for a switch of a volume with snapshots of its own works: clone to a new directory",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot } = yield* pair
      const volume = at("b")
      const { disk } = yield* blank(volume)
      yield* ploop.createSnapshot({ disk })
      yield* untouched(home, Check.fails(ploop.switchVolume({ volume, to: snapshot }), "Unsupported"))
      yield* ploop.cloneVolume({ volume: snapshot, directory: at("c") })
      yield* Check.equal(yield* clustersOf(at("c")), [1], "the clusters of the clone")
      yield* ploop.deleteVolume({ volume })
    })
  })
]

const deletions: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "deleteVolume/removes-it",
    title: "MUST remove a volume without a parent with all of its images and its directory, and nothing else",
    source: tool("delete"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      yield* blank(at("a"))
      yield* untouched(
        home,
        Effect.gen(function*() {
          const { disk } = yield* blank(at("b"))
          yield* ploop.createSnapshot({ disk })
          yield* ploop.deleteVolume({ volume: at("b") })
        })
      )
      yield* Check.fails(ploop.deleteVolume({ volume: at("b") }), "DiskNotFound")
    })
  }),
  Case.make({
    id: "deleteVolume/leaves-the-snapshot",
    title: "MUST remove a clone, and leave the snapshot that is its parent",
    source: tool("delete"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot } = yield* pair
      yield* untouched(
        home,
        Effect.gen(function*() {
          yield* ploop.cloneVolume({ volume: snapshot, directory: at("c") })
          yield* ploop.deleteVolume({ volume: at("c") })
        })
      )
    })
  }),
  Case.make({
    id: "deleteVolume/merges-a-snapshot",
    title: "MUST merge a snapshot into its only child, which keeps the clusters of both",
    source: tool("delete of a volume with one child"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { second, snapshot, volume } = yield* chain
      yield* ploop.deleteVolume({ volume: second })
      yield* Check.equal(yield* fs.exists(second), false, "whether the second snapshot is there")
      yield* Check.equal(yield* clustersOf(volume), [1, 2, 3], "the clusters of the volume")
      yield* Check.equal(yield* clustersOf(snapshot), [1], "the clusters of the first snapshot")
      const { children } = yield* ploop.volumeInfo({ volume: snapshot })
      yield* Check.equal(children as ReadonlyArray<string>, [volume], "the children of the first snapshot")
      yield* ploop.deleteVolume({ volume: snapshot })
      yield* Check.equal(yield* clustersOf(volume), [1, 2, 3], "the clusters of the volume")
      const { parent } = yield* ploop.volumeInfo({ volume })
      yield* Check.equal(parent, undefined, "the parent of the volume")
    })
  }),
  Case.make({
    id: "deleteVolume/keeps-images-of-others",
    title:
      "MUST refuse to remove a directory with the images of a snapshot: the tool would remove them, and report success",
    source: tool("delete of a volume after a snapshot of it, exit code 0: the image of the snapshot is gone"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot, volume } = yield* pair
      yield* ploop.cloneVolume({ volume: snapshot, directory: at("c") })
      yield* untouched(
        home,
        Check.fails(ploop.deleteVolume({ volume }), "ImageShared", { image: `${volume}/image.hds` })
      )
    })
  }),
  Case.make({
    id: "deleteVolume/keeps-what-a-clone-begins-with",
    title: "MUST refuse to remove a volume that has a clone: the tool would remove the images that both have",
    source: tool("delete of a volume after a clone of it, exit code 0: the base image of the clone is gone"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home } = yield* place
      const [volume, clone] = [at("a"), at("c")]
      yield* blank(volume)
      yield* ploop.cloneVolume({ volume, directory: clone })
      yield* untouched(
        home,
        Check.fails(ploop.deleteVolume({ volume }), "VolumeHasChildren", { children: [clone] })
      )
    })
  }),
  Case.make({
    id: "deleteVolume/merges-clean-images",
    title: "MUST refuse to merge images of which one has its in-use flag set, and change nothing",
    source: Case.source("lib/merge.c, whose failure after the loss of a descriptor's image has exit code 0"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { home, snapshot, volume } = yield* pair
      const image = yield* topOf(volume)
      yield* ImageFile.markInUse(image)
      yield* untouched(home, Check.fails(ploop.deleteVolume({ volume: snapshot }), "ImageDirty", { image }))
    })
  }),
  Case.make({
    id: "deleteVolume/keeps-hard-links",
    title: "MUST refuse to merge into an image that has another name, and change nothing",
    source: Case.service("Refusal.unshared"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at, home, snapshot } = yield* pair
      const image = yield* topOf(snapshot)
      yield* fs.makeDirectory(at("other"))
      yield* fs.link(image, at("other/image"))
      yield* untouched(home, Check.fails(ploop.deleteVolume({ volume: snapshot }), "ImageShared"))
    })
  }),
  Case.make({
    id: "deleteVolume/needs-its-link",
    title:
      "MUST refuse to delete, switch, clone and snapshot a volume to which the one below has no link, and change nothing",
    source: Case.service("Ploop.deleteVolume"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at, home, snapshot, volume } = yield* pair
      const clone = at("c")
      yield* ploop.cloneVolume({ volume: snapshot, directory: clone })
      yield* fs.remove(`${snapshot}/children/c`)
      const calls: ReadonlyArray<Effect.Effect<unknown, PloopError>> = [
        ploop.deleteVolume({ volume: clone }),
        ploop.switchVolume({ volume: clone, to: snapshot }),
        ploop.cloneVolume({ volume: clone, directory: at("d") }),
        ploop.snapshotVolume({ volume: clone, directory: at("d") })
      ]
      yield* untouched(home, Effect.forEach(calls, (call) => Check.fails(call, "DescriptorInvalid")))
      yield* Check.equal(yield* clustersOf(volume), [1, 2], "the clusters of the volume")
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-snapshots",
    title: "The remedy for the deletion of a clone with a snapshot of its own works: it stays as it is",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot } = yield* pair
      const [clone, second] = [at("c"), at("d")]
      yield* ploop.cloneVolume({ volume: snapshot, directory: clone })
      yield* ploop.cloneVolume({ volume: clone, directory: second })
      yield* ploop.deleteVolume({ volume: second })
      yield* untouched(home, Check.fails(ploop.deleteVolume({ volume: clone }), "Unsupported"))
      yield* Check.equal(yield* clustersOf(clone), [1], "the clusters of the clone")
    })
  }),
  Case.make({
    id: "deleteVolume/refuses-a-disk",
    title: "MUST refuse a disk that is not a volume, and leave it",
    source: tool("delete: Volume management is prohibited on non volume layout"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const made = yield* Conformance.disk()
      yield* snapshots.untouched(
        made,
        Check.fails(ploop.deleteVolume({ volume: made.directory }), "InvalidArgument", { field: "volume" })
      )
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-has-children",
    title: "The remedy for a volume that has children works: delete those first",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at, snapshot } = yield* pair
      const clone = at("c")
      yield* ploop.cloneVolume({ volume: snapshot, directory: clone })
      yield* Check.fails(ploop.deleteVolume({ volume: snapshot }), "VolumeHasChildren")
      yield* ploop.deleteVolume({ volume: clone })
      yield* ploop.deleteVolume({ volume: snapshot })
      yield* Check.equal(yield* fs.exists(snapshot), false, "whether the snapshot is there")
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-files",
    title: "The remedy for a volume with a file of nobody in its directory works: move it elsewhere",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { fs, path, ploop } = yield* services
      const { at, home } = yield* place
      const volume = at("a")
      yield* blank(volume)
      yield* fs.writeFileString(path.join(volume, "note"), "mine")
      yield* untouched(home, Check.fails(ploop.deleteVolume({ volume }), "Unsupported"))
      yield* fs.rename(path.join(volume, "note"), at("note"))
      yield* ploop.deleteVolume({ volume })
      yield* Check.equal(yield* fs.readFileString(at("note")), "mine", "the file")
    })
  })
]

const queries: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "volumeInfo/other-directories",
    title: "MUST refuse a disk that is not a volume, a directory without a disk, and one that is not there",
    source: Case.service("Ploop.volumeInfo"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { at } = yield* place
      const made = yield* Conformance.disk()
      yield* fs.makeDirectory(at("empty"))
      type Query = (options: Request.OfVolumeOptions) => Effect.Effect<unknown, PloopError>
      const queries: ReadonlyArray<Query> = [ploop.volumeInfo, ploop.volumeTree]
      for (const ask of queries) {
        yield* Check.fails(ask({ volume: made.directory }), "InvalidArgument", { field: "volume" })
        yield* Check.fails(ask({ volume: at("empty") }), "DiskNotFound")
        yield* Check.fails(ask({ volume: at("no") }), "DiskNotFound")
      }
    })
  }),
  Case.make({
    id: "scenario/remedy-volume-with-parent",
    title: "The remedy for an operation on a volume that has a parent works: those on volumes; nothing is changed",
    source: Case.service("Remedy.texts"),
    generations,
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { at, home, snapshot, volume } = yield* pair
      const { disk } = yield* ploop.volumeInfo({ volume })
      yield* untouched(
        home,
        Effect.gen(function*() {
          yield* Check.fails(ploop.listSnapshots({ disk }), "Unsupported")
          yield* Check.fails(ploop.createSnapshot({ disk }), "Unsupported")
          yield* Check.fails(ploop.mergeSnapshots({ disk }), "Unsupported")
          yield* Check.fails(ploop.mount({ disk }), "Unsupported")
        })
      )
      yield* ploop.switchVolume({ volume, to: snapshot })
      yield* ploop.snapshotVolume({ volume, directory: at("s2") })
    })
  }),
  Case.make({
    id: "volumeTree/circle",
    title: "MUST refuse volumes that are ancestors of each other in a circle, and not read for ever",
    source: Case.service("Ploop.volumeTree"),
    generations,
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { snapshot, volume } = yield* pair
      yield* fs.symlink(snapshot, `${volume}/children/s`)
      yield* Check.fails(ploop.volumeTree({ volume: snapshot }), "DescriptorInvalid")
    })
  })
]

export const volumes: ReadonlyArray<Case.Case> = [
  ...creations,
  ...absences,
  ...snapshotsOfVolumes,
  ...clones,
  ...switches,
  ...deletions,
  ...queries
]

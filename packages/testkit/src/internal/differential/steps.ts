import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { ids } from "../../Conformance.js"
import type { Model, Place, Step } from "./step.js"
import { besideTarget, component, snapshots, target } from "./step.js"

const id = FastCheck.constantFrom(...snapshots)
const idOrTop = FastCheck.constantFrom(...snapshots, SnapshotId.top)

type Work = Effect.Effect<unknown, unknown, Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem | Path.Path>

const always = () => true
const idle = (model: Model) => !model.mounted && !model.beside
const isMounted = (model: Model) => model.mounted
const hasSnapshots = (model: Model) => model.snapshots > 0

const on = (
  name: string,
  operation: (ploop: Ploop.Ploop, disk: string, place: Place) => Work,
  when: Step["when"] = always,
  leads?: Step["leads"]
): Step => ({
  name,
  when,
  leads,
  run: (place) => Effect.flatMap(Ploop.Ploop, (ploop) => operation(ploop, place.disk, place))
})

const files = (
  name: string,
  change: (fs: FileSystem.FileSystem, place: Place) => Work,
  when: Step["when"] = always
): Step => ({ name, when, run: (place) => Effect.flatMap(FileSystem.FileSystem, (fs) => change(fs, place)) })

/** The image file of a snapshot, as the descriptor has it now; that of the first where there is no such snapshot. */
const fileOf = ({ directory, disk }: Place, wanted: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const nodes = SnapshotTree.nodes(yield* (yield* Ploop.Ploop).listSnapshots({ disk }))
    const node = nodes.find((node) => node.id === wanted) ?? nodes[0]
    return path.resolve(directory, node?.file ?? "")
  })

const poke = (fs: FileSystem.FileSystem, file: string, position: number, bytes: ReadonlyArray<number>) =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* fs.open(file, { flag: "r+" })
    yield* handle.seek(position, "start")
    yield* handle.writeAll(new Uint8Array(bytes))
  }))

type Weighted = FastCheck.WeightedArbitrary<Step>

const weighted = (weight: number, arbitrary: FastCheck.Arbitrary<Step>): Weighted => ({ weight, arbitrary })

const one = (step: Step): Weighted => weighted(1, FastCheck.constant(step))

/** What changes the tree of snapshots. */
const tree: ReadonlyArray<Weighted> = [
  weighted(6, id.map((id) => on(`createSnapshot ${id}`, (p, disk) => p.createSnapshot({ disk, id })))),
  weighted(3, idOrTop.map((id) => on(`deleteSnapshot ${id}`, (p, disk) => p.deleteSnapshot({ disk, id })))),
  weighted(
    4,
    idOrTop.map((id) => on(`switchSnapshot ${id}`, (p, disk) => p.switchSnapshot({ disk, id }), hasSnapshots))
  ),
  weighted(
    1,
    FastCheck.tuple(id, id).map(([id, keepAs]) =>
      on(`snapshotAndSwitch ${id} ${keepAs}`, (p, disk) => p.snapshotAndSwitch({ disk, id, keepAs }), hasSnapshots)
    )
  ),
  weighted(
    1,
    idOrTop.map((id) => on(`switchAndDelete ${id}`, (p, disk) => p.switchAndDelete({ disk, id }), hasSnapshots))
  ),
  one(on("mergeSnapshots top", (p, disk) => p.mergeSnapshots({ disk }))),
  weighted(
    1,
    idOrTop.map((snapshot) =>
      on(`mergeSnapshots ${snapshot}`, (p, disk) => p.mergeSnapshots({ disk, snapshot }), hasSnapshots)
    )
  ),
  weighted(
    1,
    FastCheck.tuple(idOrTop, id).map(([snapshot, downTo]) =>
      on(
        `mergeSnapshots ${snapshot} down to ${downTo}`,
        (p, disk) => p.mergeSnapshots({ disk, snapshot, downTo }),
        hasSnapshots
      )
    )
  ),
  one(on("mergeSnapshots all", (p, disk) => p.mergeSnapshots({ disk, all: true }))),
  one(on("deleteSnapshot of an unknown id", (p, disk) => p.deleteSnapshot({ disk, id: ids.unknown })))
]

const merges: ReadonlyArray<Weighted> = [
  one(
    on(
      "mergeSnapshots all into a file",
      (p, disk, { directory }) => p.mergeSnapshots({ disk, all: true, into: `${directory}/merged` })
    )
  ),
  weighted(
    1,
    idOrTop.map((snapshot) =>
      on(
        `mergeSnapshots ${snapshot} into a file`,
        (p, disk, { directory }) => p.mergeSnapshots({ disk, snapshot, into: `${directory}/sub/merged` }),
        hasSnapshots
      )
    )
  )
]

/** What asks and changes nothing. */
const questions: ReadonlyArray<Weighted> = [
  one(on("check", (p, disk) => p.check({ disk }))),
  weighted(1, idOrTop.map((snapshot) => on(`check ${snapshot}`, (p, disk) => p.check({ disk, snapshot })))),
  one(on("imageInfo", (p, disk) => p.imageInfo({ disk }))),
  one(on("topDelta", (p, disk) => p.topDelta({ disk }))),
  one(on("isMounted", (p, disk) => p.isMounted({ disk }))),
  one(on("deviceOf a component", (p, disk) => p.deviceOf({ disk, component: "x" })))
]

const copyOf = (place: Place, snapshot: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const copy = `${place.directory}/copy`
    yield* fs.copyFile(yield* fileOf(place, snapshot), copy)
    return copy
  })

const replaces: ReadonlyArray<Weighted> = [
  weighted(
    1,
    FastCheck.tuple(idOrTop, FastCheck.boolean()).map(([snapshot, keepName]) =>
      on(
        `replace ${snapshot}${keepName ? ", keeping its name" : ""}`,
        (p, disk, place) =>
          Effect.flatMap(copyOf(place, snapshot), (copy) => p.replace({ disk, snapshot, with: copy, keepName })),
        idle
      )
    )
  )
]

/** What works on images without a file system, and what is done to their files behind the tool's back. */
const images: ReadonlyArray<Weighted> = [
  weighted(
    1,
    FastCheck.constantFrom("raw" as const, "expanded" as const, "preallocated" as const).map((format) =>
      on(`convert to ${format}`, (p, disk) => p.convert({ disk, format }))
    )
  ),
  one(on("convert to version 1", (p, disk) => p.convert({ disk, version: 1 }))),
  one(on("fileSystemInfo", (p, disk) => p.fileSystemInfo({ disk }))),
  one(on("umount", (p, disk) => p.umount({ disk }))),
  weighted(
    1,
    FastCheck.tuple(
      idOrTop,
      FastCheck.record({ force: FastCheck.boolean(), dropInUse: FastCheck.boolean(), readOnly: FastCheck.boolean() })
    ).map(([id, switches]) =>
      on(
        `check the image of ${id} ${JSON.stringify(switches)}`,
        (p, _, place) => Effect.flatMap(fileOf(place, id), (image) => p.check({ image, ...switches }))
      )
    )
  ),
  weighted(
    1,
    FastCheck.constantFrom("12M", "16M", "4M", "12345s").map((size): Step => ({
      name: `grow to ${size}`,
      when: always,
      run: ({ disk }) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk, size }))
    }))
  ),
  one({
    name: "restoreDescriptor",
    when: always,
    run: ({ directory, disk }) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        yield* fs.remove(disk)
        yield* (yield* Ploop.Ploop).restoreDescriptor({ image: `${directory}/root.hdd` })
      })
  }),
  weighted(
    1,
    idOrTop.map((id) =>
      files(`remove the image of ${id}`, (fs, place) => Effect.flatMap(fileOf(place, id), (file) => fs.remove(file)))
    )
  ),
  weighted(
    1,
    idOrTop.map((id) =>
      files(
        `mark the image of ${id} as in use`,
        (fs, place) => Effect.flatMap(fileOf(place, id), (file) => poke(fs, file, 44, [0x59, 0x6e, 0x6f, 0x74]))
      )
    )
  ),
  weighted(
    1,
    idOrTop.map((id) =>
      files(
        `break the image of ${id}`,
        (fs, place) => Effect.flatMap(fileOf(place, id), (file) => poke(fs, file, 0, [1, 2, 3]))
      )
    )
  ),
  weighted(
    1,
    idOrTop.map((id) =>
      files(`copy the image of ${id} byte by byte`, (fs, place) =>
        Effect.gen(function*() {
          const file = yield* fileOf(place, id)
          const bytes = yield* fs.readFile(file)
          yield* fs.remove(file)
          yield* fs.writeFile(file, bytes)
        }))
    )
  )
]

const names = FastCheck.constantFrom("motd", "etc/hosts", "var/log/deep/messages")
const texts = FastCheck.constantFrom("one", "two", "a longer text, to be told apart", "")

const parent = (file: string): string => file.slice(0, file.lastIndexOf("/"))

const written = (place: Place, name: string) => `${target(place)}/${name}`

const mountedNow = { mounted: true }

/** What takes devices and mounts. */
const mounts: ReadonlyArray<Weighted> = [
  weighted(
    8,
    FastCheck.constant(on("mount", (p, disk, place) => p.mount({ disk, target: target(place) }), always, mountedNow))
  ),
  one(
    on(
      "mount read-only",
      (p, disk, place) => p.mount({ disk, target: target(place), readOnly: true }),
      always,
      mountedNow
    )
  ),
  one(
    on(
      "mount with a file system check",
      (p, disk, place) => p.mount({ disk, target: target(place), fsck: true }),
      always,
      mountedNow
    )
  ),
  one(on("mount without a target", (p, disk) => p.mount({ disk }))),
  one(
    on("mount at a missing directory", (p, disk, { directory }) => p.mount({ disk, target: `${directory}/nowhere` }))
  ),
  weighted(
    3,
    idOrTop.map((snapshot) =>
      on(
        `mount ${snapshot} beside the disk`,
        (p, disk, place) => p.mount({ disk, snapshot, component, target: besideTarget(place), readOnly: true }),
        always,
        { beside: true }
      )
    )
  ),
  weighted(
    1,
    id.map((snapshot) =>
      on(
        `mount ${snapshot}`,
        (p, disk, place) => p.mount({ disk, snapshot, target: target(place) }),
        hasSnapshots,
        mountedNow
      )
    )
  ),
  weighted(4, FastCheck.constant(on("umount", (p, disk) => p.umount({ disk }), always, { mounted: false }))),
  one(on("umount the target", (p, _, place) => p.umount({ target: target(place) }), always, { mounted: false })),
  weighted(
    2,
    FastCheck.constant(
      on("umount beside the disk", (p, disk) => p.umount({ disk, component }), always, { beside: false })
    )
  ),
  weighted(
    10,
    FastCheck.tuple(names, texts).map(([name, text]) =>
      files(`write ${JSON.stringify(text)} to ${name}`, (fs, place) =>
        Effect.gen(function*() {
          const file = written(place, name)
          yield* fs.makeDirectory(parent(file), { recursive: true })
          yield* fs.writeFileString(file, text)
        }), isMounted)
    )
  ),
  weighted(
    2,
    names.map((name) => files(`remove ${name}`, (fs, place) => fs.remove(written(place, name)), isMounted))
  ),
  weighted(
    1,
    FastCheck.tuple(names, names).map(([from, to]) =>
      files(
        `rename ${from} to ${to}`,
        (fs, place) => fs.rename(written(place, from), written(place, to)),
        isMounted
      )
    )
  ),
  one(
    files(
      "write beside the disk",
      (fs, place) => fs.writeFileString(`${besideTarget(place)}/motd`, "no"),
      (model) => model.beside
    )
  ),
  one(
    on(
      "createTemporarySnapshot",
      (p, disk, place) =>
        p.createTemporarySnapshot({ disk, id: ids.e, component: "backup", target: besideTarget(place) }),
      (model) => model.mounted && !model.beside,
      { beside: true }
    )
  ),
  one(
    on("end of the temporary snapshot", (p, disk) => p.umount({ disk, component: "~backup" }), always, {
      beside: false
    })
  ),
  weighted(
    1,
    FastCheck.constantFrom("400M", "320M", "20M").map((size) =>
      on(`resize to ${size}`, (p, disk) => p.resize({ disk, size, mode: "offline" }), idle)
    )
  ),
  one(on("discard", (p, disk) => Effect.asVoid(p.discard({ disk })), isMounted)),
  one(on("balloonStatus", (p, disk) => Effect.asVoid(p.balloonStatus({ disk })))),
  one(on("fileSystemInfo", (p, disk) => Effect.asVoid(p.fileSystemInfo({ disk, mayMount: true }))))
]

/** Steps that need no kernel driver. */
export const withoutDevices: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  ...tree,
  ...merges,
  ...questions,
  ...replaces,
  ...images
)

/** Steps on a disk with a file system, which is mounted and written to. */
export const withMounts: FastCheck.Arbitrary<Step> = FastCheck.oneof(...tree, ...questions, ...replaces, ...mounts)

import type { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { CreateOptions } from "@effect-ploop/core/Request"
import { ids } from "@effect-ploop/testkit/Conformance"
import * as ImageFile from "@effect-ploop/testkit/ImageFile"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Named, Place } from "../step.js"
import { further, top } from "../step.js"
import type { Weighted } from "./build.js"
import {
  always,
  anyOf,
  both,
  exists,
  fileOf,
  files,
  idle,
  isRaw,
  isReadable,
  just,
  on,
  snapshotOrTop,
  some
} from "./build.js"

/** Options for a disk without a file system. */
export const creation: FastCheck.Arbitrary<Omit<CreateOptions, "image">> = FastCheck.record({
  size: FastCheck.constantFrom("8M", "10M", "3000K"),
  format: FastCheck.oneof(
    { weight: 4, arbitrary: FastCheck.constant("expanded" as const) },
    FastCheck.constantFrom("raw" as const, "preallocated" as const)
  ),
  clusterSize: FastCheck.constantFrom("1M", "256K"),
  fileSystem: FastCheck.constant("none" as const),
  version: FastCheck.constant(1 as const)
})

/** The disks with which sequences with mounts begin, by what is said of them. */
export const disks = {
  "ext4": {},
  "ext3": { fileSystem: "ext3" },
  "ext4 on a raw image": { format: "raw" },
  "ext4 on a preallocated image": { format: "preallocated" },
  "no file system": { fileSystem: "none" }
} as const satisfies Readonly<Record<string, Partial<CreateOptions>>>

export type Kind = keyof typeof disks

export const kinds: ReadonlyArray<Kind> = [
  "ext4",
  "ext3",
  "ext4 on a raw image",
  "ext4 on a preallocated image",
  "no file system"
]

/** The disks that a generation does not make. */
const notMade = (generation: Generation): ReadonlyArray<Kind> => [
  ...GenerationTraits.makesXfsForExt3[generation] ? ["ext3" as const] : [],
  ...GenerationTraits.attachesVersion2Only[generation] ? ["ext4 on a raw image" as const] : []
]

/** The disks that a generation makes. */
export const kindsOf = (generation: Generation): ReadonlyArray<Kind> =>
  kinds.filter((kind) => !notMade(generation).includes(kind))

/** Most sequences begin with the usual disk. */
export const kindOf = (generation: Generation): FastCheck.Arbitrary<Kind> =>
  FastCheck.oneof(
    { weight: 3, arbitrary: FastCheck.constant<Kind>("ext4") },
    FastCheck.constantFrom(...kindsOf(generation))
  )

/** Queries. */
export const questions: Weighted = anyOf(
  3,
  on("imageInfo", (p, disk) => p.imageInfo({ disk }), { when: isReadable }),
  on("topDelta", (p, disk) => p.topDelta({ disk })),
  on("isMounted", (p, disk) => p.isMounted({ disk })),
  on("deviceOf a component", (p, disk) => p.deviceOf({ disk, component: "x" }))
)

/** Checks for damage, with and without repairs. */
export const checks: ReadonlyArray<Weighted> = [
  some(3, snapshotOrTop, (it) =>
    on(
      `check ${it.name}`,
      (p, disk) => p.check({ disk, ...(it !== top && { snapshot: it.id }) }),
      { when: exists(it) }
    )),
  just(1, on("check an unknown one", (p, disk) => p.check({ disk, snapshot: ids.unknown }))),
  some(
    3,
    FastCheck.tuple(
      snapshotOrTop,
      FastCheck.record({ force: FastCheck.boolean(), dropInUse: FastCheck.boolean(), readOnly: FastCheck.boolean() })
    ),
    ([it, given]) => {
      const switches = Object.entries(given).flatMap(([name, isGiven]) => isGiven ? [name] : [])
      return on(
        `check the image of ${it.name}${switches.length === 0 ? "" : ` with ${switches.join(", ")}`}`,
        (p, _, place) => Effect.flatMap(fileOf(place, it.id), (image) => p.check({ image, ...given })),
        { when: both(exists(it), idle) }
      )
    }
  )
]

/** Exports the disk, and imports what was exported, in a directory beside it. */
export const exchanges: ReadonlyArray<Weighted> = [
  some(2, snapshotOrTop, (it) =>
    on(`exportImage ${it.name}`, (p, disk, place) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const file = `${place.directory}/exported`
        const home = `${place.directory}/imported`
        const made = yield* p.exportImage({ disk, snapshot: it.id, file })
        yield* fs.makeDirectory(home)
        const back = yield* p.importImage({ file, image: `${home}/root.hdd`, version: 1 })
        const checked = yield* p.check({ image: back.image, force: true })
        yield* fs.remove(file)
        yield* fs.remove(home, { recursive: true })
        return { size: made.size, imported: back.size, outcome: checked.outcome }
      }), { when: exists(it) }))
]

const sizes = FastCheck.constantFrom("12M", "16M", "4M", "12345s", "10244K")

/** Steps that change the format or the size of images. */
export const forms: ReadonlyArray<Weighted> = [
  some(
    2,
    FastCheck.constantFrom("raw" as const, "expanded" as const, "preallocated" as const),
    (format) => on(`convert to ${format}`, (p, disk) => p.convert({ disk, format }))
  ),
  just(1, on("convert to version 1", (p, disk) => p.convert({ disk, version: 1 }))),
  some(3, sizes, (size) => ({
    name: `grow to ${size}`,
    when: always,
    needs: "idleGrow",
    run: ({ disk }) => Effect.flatMap(LowLevel.LowLevel, (low) => low.grow({ disk, size }))
  })),
  some(1, FastCheck.tuple(snapshotOrTop, sizes), ([it, size]) => ({
    name: `grow the image of ${it.name} to ${size}`,
    when: exists(it),
    run: (place) =>
      Effect.gen(function*() {
        const low = yield* LowLevel.LowLevel
        const image = yield* fileOf(place, it.id)
        // A ploop image that is taken for a raw one gets a tail, which the host in memory cannot represent.
        yield* low.grow({ image, size, ...((yield* isRaw(place, image)) && { raw: true }) })
      })
  })),
  just(1, {
    name: "restoreDescriptor",
    when: (model) => model.snapshots.size < 2,
    run: (place) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const image = `${place.directory}/root.hdd`
        const raw = yield* isRaw(place, image)
        yield* fs.remove(place.disk)
        yield* (yield* Ploop.Ploop).restoreDescriptor({ image, ...(raw && { format: "raw" }) })
      })
  }),
  some(1, creation, (made) =>
    on(
      `create another disk, ${JSON.stringify(made)}`,
      (p, _, place) => p.create({ image: `${further(place)}/root.hdd`, ...made })
    )),
  some(1, FastCheck.boolean(), (keepOthers) =>
    on(
      `remove another disk${keepOthers ? ", keeping other files" : ""}`,
      (p, _, place) => p.remove({ disk: `${further(place)}/DiskDescriptor.xml`, keepOthers })
    )),
  just(
    1,
    on(
      "create the disk again",
      (p, _, { directory }) => p.create({ image: `${directory}/other.hdd`, size: "8M", fileSystem: "none", version: 1 })
    )
  )
]

/** Steps that need a running device and a file system, and are refused without them. */
export const refusals: Weighted = anyOf(
  2,
  on("fileSystemInfo", (p, disk) => p.fileSystemInfo({ disk }), { when: isReadable }),
  on("umount", (p, disk) => p.umount({ disk }), { when: isReadable }),
  on("umount the image", (p, _, { directory }) => p.umount({ image: `${directory}/root.hdd` })),
  on("balloonStatus", (p, disk) => p.balloonStatus({ disk }), { when: isReadable }),
  on("discard", (p, disk) => p.discard({ disk }), { when: isReadable }),
  on("resize online", (p, disk) => p.resize({ disk, size: "16M", mode: "online" }), { when: isReadable })
)

type Change = (fs: FileSystem.FileSystem, file: string, place: Place) => ReturnType<Parameters<typeof files>[1]>

const toImage = (weight: number, verb: string, how: string, change: Change, when: (it: Named) => typeof always) =>
  some(weight, snapshotOrTop, (it) =>
    files(
      `${verb} the image of ${it.name}${how}`,
      (fs, place) => Effect.flatMap(fileOf(place, it.id), (file) => change(fs, file, place)),
      { when: when(it) }
    ))

const idleImage = (it: Named) => both(exists(it), idle)

/** Changes to image files without the tool that do not damage them. */
export const copies: ReadonlyArray<Weighted> = [
  toImage(2, "mark", " as in use", (_, file) => ImageFile.markInUse(file), idleImage),
  toImage(1, "copy", " byte by byte", (fs, file) =>
    Effect.gen(function*() {
      const bytes = yield* fs.readFile(file)
      yield* fs.remove(file)
      yield* fs.writeFile(file, bytes)
    }), idleImage)
]

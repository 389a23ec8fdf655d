import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { CreateOptions, DiscardOptions } from "@effect-ploop/core/Request"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Place, Step } from "../step.js"
import { further } from "../step.js"
import type { Weighted, When } from "./build.js"
import { anyOf, both, exists, fileOf, idle, isWritable, just, on, snapshotOrTop, some } from "./build.js"
import { basics } from "./mounts.js"
import { tree } from "./snapshots.js"

/** Encryption as far as it needs no key of the host: what is refused, and what is not encrypted. */
const encryption: Weighted = anyOf(
  1,
  on("encrypt, removing the key", (p, disk) => p.encrypt({ disk, remove: true })),
  on("encrypt a disk with snapshots", (p, disk) => p.encrypt({ disk, keyId: "a/1" }), {
    // The top delta is among them.
    when: ({ snapshots }) => snapshots.size > 1
  })
)

/** A merge of two images by their files. */
const merged = (place: Place, upper: SnapshotId.SnapshotId, lower: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const low = yield* LowLevel.LowLevel
    const delta = yield* fileOf(place, upper)
    yield* low.mergeDelta({ delta, image: yield* fileOf(place, lower) })
  })

const parentOf = ({ disk }: Place, id: SnapshotId.SnapshotId) =>
  Effect.map(
    Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listSnapshots({ disk })),
    (tree) => SnapshotTree.nodes(tree).find((node) => node.id === id)?.parent ?? id
  )

const bareMerges: ReadonlyArray<Weighted> = [
  some(3, snapshotOrTop, (upper) => ({
    name: `mergeDelta, the image of ${upper.name} into the one below it`,
    when: both(exists(upper), idle),
    run: (place) => Effect.flatMap(parentOf(place, upper.id), (lower) => merged(place, upper.id, lower))
  })),
  some(1, FastCheck.tuple(snapshotOrTop, snapshotOrTop), ([upper, lower]) => ({
    name: `mergeDelta, the image of ${upper.name} into that of ${lower.name}`,
    when: both(exists(upper), exists(lower), idle),
    run: (place) => merged(place, upper.id, lower.id)
  }))
]

const home = (place: Place) => `${further(place)}/shaped`

/** Makes a disk, uses it, and removes it. */
const shaped = (place: Place, options: Omit<CreateOptions, "image">, use: (made: Made) => Used) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`${home(place)}/mnt`, { recursive: true })
    const { disk, image } = yield* ploop.create({ image: `${home(place)}/root.hdd`, ...options })
    return yield* use({ disk, image, ploop, fs, target: `${home(place)}/mnt` })
  }).pipe(Effect.ensuring(clear(place)))

interface Made {
  readonly disk: string
  readonly image: string
  readonly target: string
  readonly ploop: Ploop.Ploop
  readonly fs: FileSystem.FileSystem
}

type Used = Effect.Effect<unknown, unknown>

const clear = (place: Place) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    yield* Effect.ignore(ploop.umount({ disk: `${home(place)}/DiskDescriptor.xml` }))
    yield* Effect.ignore(fs.remove(home(place), { recursive: true }))
  })

const sparse: Weighted = just(
  1,
  on(
    "create a sparse disk",
    (_, __, place) =>
      shaped(
        place,
        { size: "8M", format: "raw", sparse: true, fileSystem: "none" },
        ({ fs, image }) => Effect.map(fs.stat(image), ({ size }) => size)
      )
  )
)

/** The class of a failure. */
const outcome = <A>(call: Effect.Effect<A, PloopError>) =>
  Effect.match(call, { onFailure: ({ _tag }) => _tag, onSuccess: () => "success" })

const shapes: Readonly<Record<string, Omit<CreateOptions, "image">>> = {
  "a label": { size: "300M", label: "data" },
  "a small journal": { size: "40M", journalSize: "4M" },
  "no balloon": { size: "300M", balloon: false },
  "no partition table": { size: "300M", partition: false },
  "tables for little": { size: "300M", growsTo: "1G" },
  "XFS": { size: "400M", fileSystem: "xfs" }
}

/** Whether a disk mounts, keeps a file, and can be resized both ways while it is idle. */
const shapesOf: Weighted = some(
  3,
  FastCheck.constantFrom(...Object.entries(shapes)),
  ([shape, options]) =>
    on(
      `create a disk with ${shape}, and use it`,
      (_, __, place) =>
        shaped(place, options, ({ disk, fs, ploop, target }) =>
          Effect.gen(function*() {
            const mounted = yield* outcome(ploop.mount({ disk, target }))
            const file = `${target}/motd`
            if (mounted === "success") yield* fs.writeFileString(file, "kept")
            const unmounted = yield* outcome(ploop.umount({ disk }))
            const resized = yield* Effect.forEach(["500M", "420M"], (size) => outcome(ploop.resize({ disk, size })))
            const again = yield* outcome(ploop.mount({ disk, target }))
            const text = again === "success" && mounted === "success" ? yield* fs.readFileString(file) : ""
            return { mounted, unmounted, resized, again, text }
          }))
    )
)

const byBalloon = (size: string, needs: "balloon" | "onlineGrow"): Step =>
  on(`resize to ${size} by the balloon`, (p, disk) =>
    Effect.tapError(
      p.resize({ disk, size, balloon: true }),
      () => Effect.ignore(p.balloonClear({ disk }))
    ), {
    when: ({ attached, beside, writable }) => !beside && attached === writable,
    needs
  })

/**
 * Sizes by the balloon. One that cannot grow leaves the device in maintenance, in which it does not stop: the tool of
 * generation 7 tries for a minute.
 */
const balloons: Weighted = anyOf(
  1,
  byBalloon("400M", "onlineGrow"),
  ...["280M", "200M", "3M"].map((size) => byBalloon(size, "balloon"))
)

const defragmentations: Readonly<Record<string, Omit<DiscardOptions, "disk" | "device" | "target">>> = {
  "defragmenting": { defrag: true },
  "defragmenting from a threshold": { defrag: true, defragThreshold: 5 },
  "only defragmenting": { defragOnly: true }
}

/** Few hosts have the program that defragments alone. */
const isPossible = (options: Pick<DiscardOptions, "defragOnly">): When => ({ generation }) =>
  options.defragOnly !== true || !GenerationTraits.defragsOnly[generation]

const defragmenting: Weighted = some(
  1,
  FastCheck.constantFrom(...Object.entries(defragmentations)),
  ([how, options]) =>
    on(`discard, ${how}`, (p, disk) => Effect.asVoid(p.discard({ disk, ...options })), {
      when: both(isWritable, isPossible(options)),
      needs: "balloon"
    })
)

/** What the usual sequences leave out and needs no kernel driver, among snapshots. */
export const withoutDevices: ReadonlyArray<Weighted> = [...tree, encryption, ...bareMerges, sparse]

/** The same among snapshots, mounts and changes of files. */
export const withMounts: ReadonlyArray<Weighted> = [
  ...tree,
  ...basics,
  encryption,
  ...bareMerges,
  shapesOf,
  balloons,
  defragmenting
]

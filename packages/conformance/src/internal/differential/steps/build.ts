import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Named, Place, Step, Work } from "../step.js"
import { named, top } from "../step.js"

/** Steps with the weight by which they are chosen. */
export type Weighted = FastCheck.WeightedArbitrary<Step>

/** When a step applies. */
export type When = Step["when"]

export const always: When = () => true

/** The disk has no device. */
export const idle: When = (model) => !model.attached && !model.beside

/** The descriptor can be read. Of one that cannot, the tool may still find the base image, or more. */
export const isReadable: When = (model) => model.readable

export const isAttached: When = (model) => model.attached

export const isMounted: When = (model) => model.mounted

export const isWritable: When = (model) => model.writable

export const hasSnapshots: When = (model) => model.snapshots.size > 0

export const exists = ({ id }: Named): When => (model) => id === top.id || model.snapshots.has(id)

export const isNew = ({ id }: Named): When => (model) => !model.snapshots.has(id)

export const both = (...conditions: ReadonlyArray<When>): When => (model) =>
  conditions.every((condition) => condition(model))

export const snapshot: FastCheck.Arbitrary<Named> = FastCheck.constantFrom(...named)

/** A snapshot, or the top delta, which always exists. */
export const snapshotOrTop: FastCheck.Arbitrary<Named> = FastCheck.oneof(
  { weight: 3, arbitrary: snapshot },
  FastCheck.constant(top)
)

type Details = Partial<Pick<Step, "when" | "leads" | "needs">>

/** The name of a step that calls an operation: the operation, then its arguments. */
type Call = Operation.Name | `${Operation.Name}${" " | ", "}${string}`

/** A step that calls an operation of the service. */
export const on = (
  name: Call,
  operation: (ploop: Ploop.Ploop, disk: string, place: Place) => Work,
  details: Details = {}
): Step => ({
  when: always,
  ...details,
  name,
  run: (place) => Effect.flatMap(Ploop.Ploop, (ploop) => operation(ploop, place.disk, place))
})

/** A step that changes files. */
export const files = (
  name: string,
  change: (fs: FileSystem.FileSystem, place: Place) => Work,
  details: Details = {}
): Step => ({
  when: always,
  ...details,
  name,
  run: (place) => Effect.flatMap(FileSystem.FileSystem, (fs) => change(fs, place))
})

/** Steps with one argument, and the weight of all of them. */
export const some = <A>(weight: number, of: FastCheck.Arbitrary<A>, step: (a: A) => Step): Weighted => ({
  weight,
  arbitrary: of.map(step)
})

/** Several steps, and the weight of all of them. */
export const anyOf = (weight: number, ...steps: ReadonlyArray<Step>): Weighted => ({
  weight,
  arbitrary: FastCheck.constantFrom(...steps)
})

/** One step and its weight. */
export const just = (weight: number, step: Step): Weighted => ({ weight, arbitrary: FastCheck.constant(step) })

/** The image file of a snapshot in the current descriptor; that of the first image if there is no such snapshot. */
export const fileOf = ({ directory, disk }: Place, wanted: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    const nodes = SnapshotTree.nodes(yield* (yield* Ploop.Ploop).listSnapshots({ disk }))
    const node = nodes.find((node) => node.id === wanted) ?? nodes[0]
    return path.resolve(directory, node?.file ?? "")
  })

/** Copies the image file of a snapshot to a name that no image of the disk has. */
export const copyOf = ({ id }: Named) => (place: Place) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* fileOf(place, id)
    const copy = `${file}.copy`
    yield* fs.copyFile(file, copy)
    return copy
  })

/** Whether an image file is the base of a raw disk. */
export const isRaw = ({ directory, disk }: Place, image: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { images } = yield* DiskDescriptor.parse(yield* fs.readFileString(disk))
    const [base] = images
    return base?.type === "Plain" && image.startsWith(directory) && image.endsWith(`/${base.file}`)
  })

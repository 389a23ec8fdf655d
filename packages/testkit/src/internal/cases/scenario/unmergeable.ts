import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../../Case.js"
import * as Check from "../../../Check.js"
import * as Conformance from "../../../Conformance.js"
import * as ImageFile from "../../../ImageFile.js"
import * as snapshots from "../snapshotUtils.js"

const { a, b, c } = Conformance.ids

/** A disk with the chain a, b, top, of which `a` is temporary and cannot be merged with `b`. */
interface Cause {
  readonly name: string
  readonly title: string
  readonly error: "ImageDirty" | "ImageNotFound" | "ImageCorrupt" | "DescriptorInvalid" | "Unsupported"
  /** Default: 7 and 9. */
  readonly generations?: Case.Case["generations"]
  readonly options?: Conformance.DiskOptions
  /** What becomes of the image of `b`. */
  readonly damage: (
    image: string,
    made: Conformance.TestDisk
  ) => Effect.Effect<
    void,
    PlatformError | OperationError.ListSnapshotsError,
    FileSystem.FileSystem | Path.Path | Ploop.Ploop
  >
}

const clusterPosition = 28

const causes: ReadonlyArray<Cause> = [
  {
    name: "an-in-use-flag",
    title: "whose child has its in-use flag set",
    error: "ImageDirty",
    damage: (image) => ImageFile.markInUse(image)
  },
  {
    name: "an-in-use-flag-of-its-own",
    title: "that has its in-use flag set",
    error: "ImageDirty",
    damage: (_, made) => Effect.flatMap(Conformance.fileOf(made, a), ImageFile.markInUse)
  },
  {
    name: "a-missing-image",
    title: "whose child has no image",
    error: "ImageNotFound",
    damage: (image) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.remove(image))
  },
  {
    name: "a-broken-image",
    title: "whose child has an image without a signature",
    error: "ImageCorrupt",
    damage: (image) => ImageFile.breakSignature(image)
  },
  {
    name: "a-raw-base",
    title: "whose image is raw",
    error: "Unsupported",
    generations: ["9"],
    options: { format: "raw", version: undefined },
    damage: () => Effect.void
  },
  {
    name: "another-cluster-size",
    title: "whose child has clusters of another size",
    error: "DescriptorInvalid",
    // 32 clusters of 256 KiB in place of 8 of 1 MiB.
    damage: (image) => ImageFile.poke(image, clusterPosition, [0, 2, 0, 0, 32, 0, 0, 0])
  }
]

/** Marks the snapshot with this parent as temporary. */
const mark = (disk: string, parent: SnapshotId.SnapshotId) =>
  snapshots.rewrite(
    disk,
    (text) => text.replace(`<ParentGUID>${parent}</ParentGUID>`, (found) => `${found}<Temporary/>`)
  )

/** The operations that would merge it on their way. */
const operations = (ploop: typeof Ploop.Ploop.Service, disk: Conformance.TestDisk["disk"]) => {
  const calls: Readonly<Record<string, Effect.Effect<unknown, PloopError.PloopError>>> = {
    createSnapshot: ploop.createSnapshot({ disk, id: c }),
    createTemporarySnapshot: ploop.createTemporarySnapshot({ disk, id: c, component: "backup" }),
    snapshotAndSwitch: ploop.snapshotAndSwitch({ disk, id: b, keepAs: c }),
    switchAndDelete: ploop.switchAndDelete({ disk, id: b }),
    "deleteSnapshot of a": ploop.deleteSnapshot({ disk, id: a }),
    "deleteSnapshot of b": ploop.deleteSnapshot({ disk, id: b }),
    mergeSnapshots: ploop.mergeSnapshots({ disk, all: true })
  }
  return Object.entries(calls)
}

const readOnly = Case.make({
  id: "scenario/unmergeable-with-a-read-only-device",
  title:
    "MUST refuse every operation that merges the top delta of a read-only device automatically, and change nothing",
  source: Case.observed(
    "snapshot of generations 7 and 9 while mounted -r, after a failed snapshot-delete: a delta leaves the chain, exit code 0"
  ),
  needs: ["device"],
  generations: ["7", "9"],
  run: Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const made = yield* snapshots.chained([a, b])
    const { disk } = made
    yield* mark(disk, a)
    yield* ploop.mount({ disk, readOnly: true })
    const calls: ReadonlyArray<Effect.Effect<unknown, PloopError.PloopError>> = [
      ploop.createSnapshot({ disk, id: c }),
      ploop.createTemporarySnapshot({ disk, id: c, component: "backup" }),
      ploop.deleteSnapshot({ disk, id: a })
    ]
    for (const call of calls) yield* snapshots.untouched(made, Check.fails(call, "Unsupported"))
  })
})

const ofImages = causes.map((cause) =>
  Case.make({
    id: `scenario/unmergeable-with-${cause.name}`,
    title: `MUST refuse every operation that merges a temporary snapshot ${cause.title}, and change nothing`,
    source: Case.observed(
      "snapshot of generations 7 and 9 after a failed snapshot-delete: a delta leaves the chain, exit code 0"
    ),
    generations: cause.generations ?? ["7", "9"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* snapshots.chained([a, b], cause.options)
      yield* cause.damage(yield* Conformance.fileOf(made, b), made)
      yield* mark(made.disk, SnapshotId.none)
      for (const [name, operation] of operations(ploop, made.disk)) {
        yield* snapshots.untouched(made, Check.fails(operation, cause.error)).pipe(
          Effect.catchTag("CheckFailed", (error) =>
            Effect.fail(new Check.CheckFailed({ ...error, what: `${error.what}, ${name}` })))
        )
      }
    })
  })
)

export const unmergeable: ReadonlyArray<Case.Case> = [...ofImages, readOnly]

import { PloopFake } from "@effect-ploop/backend-fake"
import type { Disk } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { SnapshotTime } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { it } from "@effect/vitest"
import type { Duration } from "effect"
import { Effect, TestClock } from "effect"

/** A new disk in a directory of its own, with a file in it. */
export const diskOf = (name: string, size = "1G") =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    yield* fs.makeDirectory(`/vz/${name}`, { recursive: true })
    yield* fs.makeDirectory(`/mnt/${name}`, { recursive: true })
    const { disk } = yield* ploop.create({ image: `/vz/${name}/root.hdd`, size })
    return disk
  })

/** Writes a file into a disk, which is mounted for it. */
export const write = (disk: Disk.Disk, name: string, content: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Ploop.withMount({ disk, target: "/mnt" }, () => fs.writeFileString(`/mnt/${name}`, content))
  )

/** The files of a disk, or of one of its snapshots, with their contents. */
export const contents = (disk: Disk.Disk, snapshot?: SnapshotId.SnapshotId) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* Ploop.withMount(
      { disk, target: "/mnt", readOnly: true, ...(snapshot !== undefined && { snapshot }) },
      () =>
        Effect.gen(function*() {
          const names = (yield* fs.readDirectory("/mnt")).filter((name) => name.endsWith(".txt")).toSorted()
          return yield* Effect.forEach(
            names,
            (name) => Effect.map(fs.readFileString(`/mnt/${name}`), (text) => [name, text])
          )
        })
    )
  })

/** Takes a snapshot whose identifier has the time of the clock, after a file that is named after it. */
export const takeDated = (disk: Disk.Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const id = yield* SnapshotTime.identifier
    yield* write(disk, `${id.slice(1, -1)}.txt`, "before the snapshot")
    return yield* ploop.createSnapshot({ disk, id })
  })

/** Snapshots at these distances of time, in this order. */
export const history = (disk: Disk.Disk, waits: ReadonlyArray<Duration.DurationInput>) =>
  Effect.forEach(waits, (wait) => Effect.zipRight(TestClock.adjust(wait), takeDated(disk)))

export const idsOf = (disk: Disk.Disk) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) =>
      Effect.map(ploop.listSnapshots({ disk }), ({ nodes }) =>
        nodes.map(({ id }) => id).filter((id) => id !== SnapshotId.top))
  )

export const onFake = (
  title: string,
  run: Effect.Effect<void, unknown, PloopFake.Services>,
  options?: PloopFake.Options
) => it.effect(title, () => Effect.provide(run, PloopFake.layer(options)))

/** Shows what does not depend on the number of snapshots and operations. */
import { PloopFake } from "@effect-ploop/backend-fake"
import { DiskDescriptor, Ploop, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { Effect } from "effect"
import { alternate, rate, speed } from "./measure.js"
import { held } from "./memory.js"
import type { Report, Row } from "./report.js"
import { atMost, bytes, perSecond } from "./report.js"

/** The text of a disk with this many snapshots, each the child of the one before. */
const chainOf = (length: number): string => {
  const ids = Array.from({ length }, (_, index) =>
    index === length - 1
      ? SnapshotId.top
      : SnapshotId.make(`{11111111-2222-4333-8444-${index.toString(16).padStart(12, "0")}}`))
  return DiskDescriptor.format(DiskDescriptor.make({
    size: "10G",
    images: ids.map((id, index) => ({ id, type: "Compressed", file: `root.hdd.${index}` })),
    snapshots: ids.map((id, index) => ({ id, parent: ids[index - 1] ?? SnapshotId.none, temporary: false }))
  }))
}

/** Lists and renders the snapshots of a short and of a long chain, each from a descriptor that was just written. */
const bySnapshots = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const fs = yield* FileSystem.FileSystem
  const disk = "/vz/DiskDescriptor.xml"
  const contender = (text: string) => ({
    prepare: fs.writeFileString(disk, text),
    run: Effect.map(ploop.listSnapshots({ disk }), (tree) => SnapshotTree.render(tree))
  })
  const times = yield* alternate(
    { long: contender(chainOf(10_000)), short: contender(chainOf(1000)) },
    { rounds: 15, warmUp: 5 }
  )
  const row: Row = {
    name: "list and render 10,000 snapshots: times as long",
    figure: perSecond(rate(times.long, 1)),
    reference: `1,000 snapshots, ${perSecond(rate(times.short, 1))}`,
    ...speed(times.short, times.long),
    expectation: atMost(12)
  }
  return [row]
})

const operationsOfLoop = 4

/** As many as fill the list of calls that a test can read, which is kept up to a limit. */
const warmUp = 5000

/** What operations leave in memory: the heap after many of them, beside the heap after a few. */
const leftBehind = (operations: number) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const target = "/mnt/busy"
    yield* fs.makeDirectory(target)
    const { disk } = yield* ploop.create({ image: "/vz/root.hdd", size: "10G" })
    const loop = Effect.gen(function*() {
      const id = yield* ploop.createSnapshot({ disk })
      yield* ploop.deleteSnapshot({ disk, id })
      yield* ploop.mount({ disk, target })
      yield* ploop.umount({ disk })
    })
    yield* Effect.repeatN(loop, warmUp)
    const before = yield* held
    yield* Effect.repeatN(loop, operations / operationsOfLoop - 1)
    const after = yield* held
    const row: Row = {
      name: `memory after ${operations.toLocaleString("en")} operations: times as much`,
      figure: bytes(after),
      reference: `before them, ${bytes(before)}`,
      ratio: after / before,
      expectation: atMost(1.1)
    }
    return [row]
  })

const reported = (
  parts: ReadonlyArray<Effect.Effect<ReadonlyArray<Row>, unknown, PloopFake.Services>>
): Effect.Effect<Report> =>
  Effect.map(
    Effect.forEach(parts, (part) => Effect.provide(part, PloopFake.layer())),
    (rows) => ({ rows: rows.flat() })
  ).pipe(Effect.orDie)

export const scale: Effect.Effect<Report> = reported([bySnapshots, leftBehind(20_000)])

/** The same for so many operations that it takes minutes. */
export const endurance: Effect.Effect<Report> = reported([leftBehind(1_000_000)])

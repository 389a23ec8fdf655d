import type { Disk } from "@effect-ploop/core"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { Backup, Leftovers, Plan, Reclaim, Retention, SnapshotSet, SnapshotTime } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { layerWithFileSystem } from "./utils/hosts.js"

const diskOf = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    yield* fs.makeDirectory(`/vz/${name}`, { recursive: true })
    yield* fs.makeDirectory("/mnt/a", { recursive: true })
    return (yield* ploop.create({ image: `/vz/${name}/root.hdd`, size: "1G" })).disk
  })

const within = <A, E, R>(disk: Disk.Disk, use: (fs: FileSystem.FileSystem) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Ploop.withMount({ disk, target: "/mnt/a" }, () => use(fs)))

const snapshotsOf = (disk: Disk.Disk) =>
  Effect.flatMap(
    Ploop.Ploop,
    (ploop) =>
      Effect.map(ploop.listSnapshots({ disk }), ({ nodes }) =>
        nodes.map(({ id }) => id).filter((id) => id !== SnapshotId.top))
  )

describe("maintenance of the disks of a host elsewhere", () => {
  it.live("saves and restores a disk, keeps the newest snapshots, removes leftovers, and takes a set", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const ploop = yield* Ploop.Ploop
      const [disk, other] = [yield* diskOf("a"), yield* diskOf("b")]
      yield* within(disk, (fs) => fs.writeFileString("/mnt/a/one.txt", "1"))

      yield* Backup.create({ disk, to: "/vz/backup" })
      const restored = yield* Backup.restore({ from: ["/vz/backup"], to: "/vz/restored" })
      assert.strictEqual(yield* within(restored, (fs) => fs.readFileString("/mnt/a/one.txt")), "1")

      const taken = Effect.flatMap(SnapshotTime.identifier, (id) => ploop.createSnapshot({ disk, id }))
      const [, newest] = [yield* taken, yield* taken]
      yield* Plan.apply(yield* Retention.plan({ disk, policy: { last: 1 } }))
      assert.deepStrictEqual(yield* snapshotsOf(disk), [newest])

      yield* fs.writeFileString("/vz/a/DiskDescriptor.xml.tmp", "")
      const leftovers = yield* Leftovers.plan({ disk, olderThan: 0 })
      assert.strictEqual(leftovers.steps.length, 1)
      yield* Plan.apply(leftovers)
      assert.isFalse(yield* fs.exists("/vz/a/DiskDescriptor.xml.tmp"))

      const reclaim = yield* Reclaim.plan({ disks: [disk], policy: { atLeast: 0, mayMount: true } })
      assert.isAbove(reclaim.steps.length, 0)
      yield* Plan.apply(reclaim)
      const set = yield* SnapshotSet.plan({ disks: [disk, other] })
      yield* SnapshotSet.apply(set)
      assert.deepStrictEqual(yield* snapshotsOf(other), [SnapshotSet.idOf(set)])
      assert.strictEqual(yield* within(disk, (fs) => fs.readFileString("/mnt/a/one.txt")), "1")
    }).pipe(Effect.provide(layerWithFileSystem())))
})

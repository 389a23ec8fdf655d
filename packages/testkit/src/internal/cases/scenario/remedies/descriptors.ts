import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Remedy from "@effect-ploop/core/Remedy"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Case } from "../../../../Case.js"
import * as Conformance from "../../../../Conformance.js"
import * as files from "../../diskFiles.js"
import * as snapshots from "../../snapshotUtils.js"
import { remedy } from "./remedy.js"

const { a, b } = Conformance.ids
const { texts } = Remedy

const services = Effect.all({ fs: FileSystem.FileSystem, path: Path.Path, ploop: Ploop.Ploop })

/** A disk with the snapshot `a`, and what its images hold. */
const chained = Effect.gen(function*() {
  const made = yield* snapshots.chained([a])
  yield* snapshots.occupy(made.image, 0)
  return { ...made, kept: snapshots.occupied(made.image) }
})

const replaced = (disk: string, pattern: RegExp | string, by: string) =>
  snapshots.rewrite(disk, (text) => text.replace(pattern, by))

export const ofDescriptors: ReadonlyArray<Case> = [
  remedy("disk-not-found", {
    when: "the descriptor is missing",
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, kept } = yield* chained
      const backup = yield* fs.readFile(disk)
      yield* fs.remove(disk)
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DiskNotFound",
        remedy: texts["disk-not-found"](),
        follow: fs.writeFile(disk, backup),
        kept
      }
    })
  }),
  remedy("descriptor-from-backup", {
    when: "the descriptor of a disk with snapshots is damaged",
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, kept } = yield* chained
      const backup = yield* fs.readFile(disk)
      yield* replaced(disk, `<ParentGUID>${a}`, `<ParentGUID>${b}`)
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DescriptorInvalid",
        remedy: texts["descriptor-from-backup"](),
        follow: fs.writeFile(disk, backup),
        kept
      }
    })
  }),
  remedy("descriptor-old", {
    when: "the identifier of the top delta is that of an old descriptor",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk } = yield* chained
      yield* snapshots.rewrite(
        disk,
        (text) => text.replaceAll(SnapshotId.top, "{12345678-0000-4000-8000-000000000001}")
      )
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DescriptorInvalid",
        remedy: texts["descriptor-old"](),
        follow: ploop.convert({ disk, format: "expanded" }),
        kept: Effect.map(Conformance.parents(disk), (all) => all.filter(([id]) => id === a))
      }
    })
  }),
  remedy("descriptor-from-image", {
    when: "the descriptor of a disk with one image is damaged",
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, image } = yield* Conformance.disk()
      yield* snapshots.occupy(image, 0)
      yield* replaced(disk, /<Disk_size>.*<\/Disk_size>/, "<Disk_size>none</Disk_size>")
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DescriptorInvalid",
        remedy: texts["descriptor-from-image"]({ image, format: "expanded" }),
        follow: Effect.zipRight(
          fs.rename(disk, `${disk}.old`),
          ploop.restoreDescriptor({ image, format: "expanded" })
        ),
        kept: snapshots.occupied(image)
      }
    })
  }),
  remedy("descriptor-clusters", {
    when: "the size of the clusters in the descriptor is not that of the images",
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk, kept } = yield* chained
      yield* replaced(disk, "<Blocksize>2048", "<Blocksize>1024")
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DescriptorInvalid",
        remedy: texts["descriptor-clusters"]({ sectors: 2048n }),
        follow: replaced(disk, "<Blocksize>1024", "<Blocksize>2048"),
        kept
      }
    })
  }),
  remedy("descriptor-geometry", {
    when: "the geometry is zero, by which the tool divides",
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const { ploop } = yield* services
      const { disk, kept } = yield* chained
      const { diskSize } = yield* files.descriptor(disk)
      const usual = DiskDescriptor.geometry(diskSize)
      yield* replaced(disk, /<(Cylinders|Heads|Sectors)>\d+/g, "<$1>0")
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "DescriptorInvalid",
        remedy: texts["descriptor-geometry"](usual),
        follow: snapshots.rewrite(
          disk,
          (text) =>
            text.replace("<Cylinders>0", `<Cylinders>${usual.cylinders}`).replace("<Heads>0", `<Heads>${usual.heads}`)
              .replace("<Sectors>0", `<Sectors>${usual.sectors}`)
        ),
        kept
      }
    })
  }),
  remedy("kept-by-none", {
    when: "the descriptor has an element of another program, which no generation keeps",
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, kept } = yield* chained
      const element = "<Name>only copy</Name>"
      yield* replaced(disk, "</Disk_Parameters>", `${element}</Disk_Parameters>`)
      return {
        call: ploop.createSnapshot({ disk, id: b }),
        fails: "Unsupported",
        remedy: texts["kept-by-none"]({ what: "an element", path: "/Disk_Parameters/Name" }),
        follow: Effect.zipRight(fs.copyFile(disk, `${disk}.copy`), replaced(disk, element, "")),
        kept
      }
    })
  }),
  remedy("descriptor-name", {
    when: "the descriptor has a name by which the tool does not recognize it",
    generations: ["9"],
    run: Effect.gen(function*() {
      const { fs, path, ploop } = yield* services
      const { directory, disk } = yield* chained
      const other = path.join(directory, "other.xml")
      yield* fs.rename(disk, other)
      return {
        call: ploop.createSnapshot({ disk: Disk.make(other), id: b }),
        fails: "Unsupported",
        remedy: texts["descriptor-name"](),
        follow: fs.rename(other, disk),
        then: ploop.createSnapshot({ disk, id: b })
      }
    })
  }),
  remedy("orphaned-deltas", {
    when: "a descriptor is to be restored for one image beside others of the disk",
    run: Effect.gen(function*() {
      const { fs, ploop } = yield* services
      const { disk, image, kept } = yield* chained
      const backup = yield* fs.readFile(disk)
      yield* fs.remove(disk)
      return {
        call: ploop.restoreDescriptor({ image }),
        fails: "Unsupported",
        remedy: texts["orphaned-deltas"](),
        follow: fs.writeFile(disk, backup),
        then: ploop.createSnapshot({ disk, id: b }),
        kept
      }
    })
  })
]

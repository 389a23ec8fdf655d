import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as FileTree from "../../FileTree.js"
import * as ImageFile from "../../ImageFile.js"
import * as files from "./diskFiles.js"

const { MiB } = ByteSize

/** A disk that has lost its descriptor. */
const lost = (options?: Conformance.DiskOptions) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const made = yield* Conformance.disk(options)
    const descriptor = yield* files.descriptor(made.disk)
    yield* fs.remove(made.disk)
    return { ...made, descriptor }
  })

const rawCluster = (
  id: Case.Case["id"],
  title: string,
  given: string | undefined,
  expected: Readonly<Record<string, string>>
) =>
  Case.make({
    id,
    title,
    source: Case.observed(
      "restore-descriptor -f raw of sizes whose largest divisors are 256 KiB, 1 MiB and 32 KiB"
    ),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const [size, cluster] of Object.entries(expected)) {
        const { image } = yield* lost({ name: size, format: "raw", version: undefined, size, clusterSize: "32K" })
        const disk = yield* ploop.restoreDescriptor({ image, format: "raw", clusterSize: given })
        const { clusterSize, diskSize, images } = yield* files.descriptor(disk)
        yield* Check.equal(
          { clusterSize: ByteSize.make(clusterSize), diskSize, types: images.map(({ type }) => type) },
          { clusterSize: ByteSize.make(cluster), diskSize: ByteSize.make(size), types: ["Plain"] },
          `the descriptor of a raw image of ${size}`
        )
      }
    })
  })

/** An image in which the tool finds no sector, and crashes. */
const withoutSector = (format: "expanded" | "raw") =>
  Case.make({
    id: `restoreDescriptor/without-a-sector-${format}`,
    title: format === "raw"
      ? "MUST fail with ImageCorrupt for a raw image that ends within its first sector, and write nothing"
      : "MUST fail with ImageCorrupt for an image whose header has a size of 0, and write nothing",
    source: Case.observed("restore-descriptor of such an image: the tool crashes after it has begun the descriptor"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, image } = yield* lost(format === "raw" ? { format, version: undefined } : {})
      yield* format === "raw" ? fs.truncate(image, 100) : ImageFile.poke(image, 36, new Uint8Array(8))
      yield* files.untouched(directory, Check.fails(ploop.restoreDescriptor({ image, format }), "ImageCorrupt"))
    })
  })

export const restoreDescriptor: ReadonlyArray<Case.Case> = [
  withoutSector("expanded"),
  withoutSector("raw"),
  Case.make({
    id: "restoreDescriptor/of-a-directory",
    title: "MUST fail with ImageCorrupt where a directory has the name of the image, and write nothing",
    source: Case.observed("restore-descriptor of a directory"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, image } = yield* lost()
      yield* fs.remove(image)
      yield* fs.makeDirectory(image)
      for (const format of ["expanded", "raw"] as const) {
        yield* Check.fails(ploop.restoreDescriptor({ image, format }), "ImageCorrupt")
        yield* Check.equal(yield* files.names(directory), ["root.hdd"], "the files")
      }
    })
  }),
  Case.make({
    id: "restoreDescriptor/raw-cluster-that-does-not-divide",
    title: "MUST fail with Unsupported for a raw image that is not a whole number of the given clusters",
    source: Case.observed("restore-descriptor -f raw -b 2048: Image size must be aligned to the blocksize specified"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const made = yield* lost({ format: "raw", version: undefined, size: "8224K", clusterSize: "32K" })
      const { directory, image } = made
      const call = ploop.restoreDescriptor({ image, format: "raw", clusterSize: "1M" })
      yield* files.untouched(directory, Check.fails(call, "Unsupported"))
    })
  }),
  Case.make({
    id: "restoreDescriptor/brings-back-what-create-wrote",
    title: "MUST write the descriptor that the disk had when it was new, and return its path",
    source: Case.manual("restore-descriptor"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      for (const clusterSize of ["1M", "128K"]) {
        const { descriptor, disk, image } = yield* lost({ name: `of-${clusterSize}`, clusterSize })
        yield* Check.equal(yield* ploop.restoreDescriptor({ image }), disk, "the result")
        const restored = yield* files.descriptor(disk)
        yield* Check.equal(DiskDescriptor.format(restored), DiskDescriptor.format(descriptor), "the descriptor")
        yield* ploop.createSnapshot({ disk })
      }
    })
  }),
  Case.make({
    id: "restoreDescriptor/writes-where-it-is-told",
    title:
      "MUST write the descriptor to the given directory, with the absolute path of the image on generation 1.15, and a relative one on the others",
    source: Case.manual("restore-descriptor"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* lost()
      const other = yield* Conformance.directory("other")
      const disk = yield* ploop.restoreDescriptor({ image, directory: other })
      yield* Check.equal(disk, Disk.inDirectory(other), "the result")
      yield* Check.equal(yield* files.names(directory), ["root.hdd"], "the files beside the image")
      yield* Check.equal(yield* ploop.topDelta({ disk }), image, "the image")
      const { images } = yield* files.descriptor(disk)
      const relative = "../disk/root.hdd"
      const named = yield* Conformance.ofGeneration({ "1.15": image, "7": relative, "9": relative })
      yield* Check.equal(images.map(({ file }) => file), [named], "the name of the image in the descriptor")
      yield* Check.equal((yield* ploop.imageInfo({ disk })).size, MiB(8), "the size of the disk")
    })
  }),
  rawCluster(
    "restoreDescriptor/finds-a-cluster-for-raw-images",
    "MUST use the largest cluster up to 1 MiB that divides the size of a raw image",
    undefined,
    { "8448K": "256K", "9M": "1M", "8224K": "32K" }
  ),
  rawCluster(
    "restoreDescriptor/takes-the-cluster-of-raw-images",
    "MUST use the given cluster size for a raw image",
    "64K",
    { "8448K": "64K" }
  ),
  Case.make({
    id: "restoreDescriptor/refuses-a-size-without-a-cluster",
    title: "MUST refuse a raw image whose size is not a multiple of any cluster size, and write nothing",
    source: Case.observed("restore-descriptor -f raw of 8193 KiB: Incorrect blocksize specified, exit code 38"),
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { directory, image } = yield* lost({ format: "raw", version: undefined })
      yield* fs.truncate(image, ByteSize.KiB(8193))
      yield* files.untouched(
        directory,
        Check.fails(ploop.restoreDescriptor({ image, format: "raw" }), "Unsupported", { exitCode: 38 })
      )
    })
  }),
  Case.make({
    id: "restoreDescriptor/sees-through-links",
    title: "MUST write the real path of the image when it, or the directory, is given through a link",
    source: Case.observed("restore-descriptor with links to the directory and to the image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { directory, disk, image } = yield* lost()
      const link = yield* Conformance.path("link")
      yield* fs.symlink(directory, link)
      const alias = yield* Conformance.path("alias.hdd")
      yield* fs.symlink(image, alias)
      for (const home of [directory, link]) {
        for (const name of [image, path.join(link, path.basename(image)), alias]) {
          yield* ploop.restoreDescriptor({ image: name, directory: home })
          const { images } = yield* files.descriptor(disk)
          yield* Check.equal(images.map(({ file }) => file), ["root.hdd"], `the name of ${name} in ${home}`)
          yield* fs.remove(disk)
        }
      }
    })
  }),
  Case.make({
    id: "restoreDescriptor/does-not-mind-the-mark",
    title: "MUST restore the descriptor of an image that was not closed cleanly, and keep its in-use flag",
    source: Case.observed("restore-descriptor of a dirty image"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { image } = yield* lost()
      yield* ImageFile.markInUse(image)
      yield* ploop.restoreDescriptor({ image })
      yield* Check.fails(ploop.check({ image }), "ImageDirty")
    })
  }),
  Case.make({
    id: "restoreDescriptor/refuses-an-existing-descriptor",
    title: "MUST refuse when a descriptor already exists, and not touch it",
    source: Case.observed("restore-descriptor: Can't create DiskDescriptor.xml: File exists"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk })
      yield* files.untouched(
        directory,
        Check.fails(ploop.restoreDescriptor({ image }), "AlreadyExists", { path: disk })
      )
    })
  }),
  Case.make({
    id: "restoreDescriptor/refuses-a-missing-image",
    title: "MUST refuse a missing image, and write nothing",
    source: Case.observed("restore-descriptor of a missing image, exit code 4"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const path = yield* Path.Path
      const home = yield* Conformance.directory("disk")
      const image = path.join(home, "root.hdd")
      yield* Check.fails(ploop.restoreDescriptor({ image }), "ImageNotFound", { image, exitCode: 4 })
      yield* Check.equal(yield* files.names(home), [], "the files of the directory")
    })
  }),
  Case.make({
    id: "restoreDescriptor/refuses-a-disk-with-other-images",
    title: "MUST refuse to describe one image of a disk whose other images are beside it, and work once they are away",
    source: Case.observed("restore-descriptor of a base whose deltas are left: a write to it makes them useless"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const { directory, disk, image } = yield* Conformance.disk()
      yield* ploop.createSnapshot({ disk, id: Conformance.ids.a })
      const top = yield* ploop.topDelta({ disk })
      yield* fs.remove(disk)
      for (const one of [image, top]) {
        const { remedy } = yield* files.untouched(
          directory,
          Check.fails(ploop.restoreDescriptor({ image: one }), "Unsupported")
        )
        yield* Check.isTrue(/move them to another directory/.test(remedy), "the remedy", remedy)
      }
      yield* fs.rename(top, path.join(yield* Conformance.directory("away"), path.basename(top)))
      yield* ploop.restoreDescriptor({ image })
      yield* Check.equal(yield* ploop.topDelta({ disk }), image, "the top delta")
    })
  }),
  Case.make({
    id: "restoreDescriptor/refuses-a-missing-directory",
    title: "MUST refuse a missing directory, and not create it",
    source: Case.observed("restore-descriptor into a missing directory, exit code 255"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { image } = yield* lost()
      const nowhere = yield* Conformance.path("nowhere")
      yield* Check.fails(ploop.restoreDescriptor({ image, directory: nowhere }), "DirectoryNotFound", {
        directory: nowhere
      })
      yield* Check.equal(yield* fs.exists(nowhere), false, "whether the directory was created")
    })
  }),
  Case.make({
    id: "restoreDescriptor/refuses-what-is-no-image",
    title: "MUST refuse a file that is not an image, and write nothing",
    source: Case.observed("restore-descriptor of a file without signature"),
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const { directory, image } = yield* lost()
      yield* ImageFile.breakSignature(image)
      yield* files.untouched(directory, Check.fails(ploop.restoreDescriptor({ image }), "ImageCorrupt", { image }))
    })
  }),
  Case.make({
    id: "restoreDescriptor/keeps-the-file-system",
    title: "MUST keep the files of the disk",
    source: Case.manual("restore-descriptor"),
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const fs = yield* FileSystem.FileSystem
      const { disk, image } = yield* Conformance.formatted()
      const { target } = yield* Conformance.mounted(disk)
      yield* FileTree.write(target, { "etc/motd": "kept" })
      yield* ploop.umount({ disk })
      yield* fs.remove(disk)
      yield* ploop.restoreDescriptor({ image })
      yield* Conformance.mounted(disk)
      yield* Check.equal(yield* FileTree.read(target), { "etc/": "", "etc/motd": "kept" }, "the files of the disk")
    })
  })
]

import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ImageStream from "@effect-ploop/core/ImageStream"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"
import * as files from "./diskFiles.js"
import * as disks from "./disks.js"
import { digest, disk, exported, paint, withQemu } from "./exchange.js"

const { a, unknown } = Conformance.ids

const source = Case.service("ImageStream")

/** A disk with the snapshot `a`, and other bytes above it. */
const layered = Effect.gen(function*() {
  const ploop = yield* Ploop.Ploop
  const of = yield* disk()
  yield* paint(of.image, 2, 0x12)
  yield* ploop.createSnapshot({ disk: of.disk, id: a })
  yield* paint(yield* ploop.topDelta({ disk: of.disk }), 7, 0x27)
  return of
})

/** An image in a directory of its own. */
const target = Effect.gen(function*() {
  const directory = yield* Conformance.directory("streamed")
  return { directory, image: yield* Conformance.path("streamed", "root.hdd") }
})

const nothingLeft = (directory: string) =>
  Effect.flatMap(files.names(directory), (names) => Check.equal(names, [], "what is left"))

const throughQcow2 = Effect.gen(function*() {
  const of = yield* layered
  const { image } = yield* target
  const made = yield* Stream.run(
    ImageStream.exported({ disk: of.disk, format: "qcow2" }),
    ImageStream.imported({ image, format: "qcow2" })
  )
  const [before, after] = [yield* exported(of.disk, {}, "before"), yield* exported(made.disk, {}, "after")]
  yield* Check.equal(yield* digest(after.file), yield* digest(before.file), "the bytes")
})

export const imageStreams: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "scenario/streams-a-disk",
    title: "MUST send the bytes of a disk and of a snapshot as exportImage writes them, and leave no file",
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const of = yield* layered
      for (const snapshot of [undefined, a]) {
        const { file } = yield* exported(of.disk, snapshot === undefined ? {} : { snapshot }, `${snapshot}.raw`)
        const streamed = `${file}.streamed`
        yield* files.untouched(
          of.directory,
          Stream.run(ImageStream.exported({ disk: of.disk, snapshot }), fs.sink(streamed))
        )
        yield* Check.equal(yield* digest(streamed), yield* digest(file), `the bytes of ${snapshot}`)
      }
    })
  }),
  Case.make({
    id: "scenario/receives-a-disk",
    title:
      "MUST make a disk of the bytes that arrive, with the bytes of the disk that they come from, and leave no other file",
    source,
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const of = yield* layered
      const { directory, image } = yield* target
      const made = yield* Stream.run(ImageStream.exported({ disk: of.disk }), ImageStream.imported({ image }))
      yield* Check.equal(made.size, ByteSize.MiB(8), "the size in the result")
      yield* Check.equal((yield* files.names(directory)).filter((name) => !name.endsWith(".lck")), [
        "DiskDescriptor.xml",
        "root.hdd"
      ], "the files of the disk")
      const [before, after] = [yield* exported(of.disk, {}, "before"), yield* exported(made.disk, {}, "after")]
      yield* Check.equal(yield* digest(after.file), yield* digest(before.file), "the bytes")
      yield* Check.equal((yield* ploop.check({ image, force: true })).outcome, "clean", "a check")
    })
  }),
  Case.make({
    id: "scenario/streams-files",
    title: "MUST move a file system with its files over a stream, from a snapshot of a running disk",
    source,
    needs: ["mount"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const tree = { "etc/": "", "etc/motd": "kept" }
      const { disk } = yield* Conformance.formatted()
      yield* disks.write(disk, tree)
      yield* Conformance.mounted(disk)
      yield* ploop.createSnapshot({ disk, id: a })
      const { image } = yield* target
      const made = yield* Stream.run(
        ImageStream.exported({ disk, snapshot: a }),
        ImageStream.imported({ image, version: 2 })
      )
      yield* disks.holds(made.disk, tree, "the files of the new disk")
    })
  }),
  Case.make({
    id: "scenario/streams-qcow2",
    title: "MUST send and receive qcow2",
    source,
    run: withQemu(throughQcow2)
  }),
  Case.make({
    id: "scenario/stream-that-is-given-up",
    title: "MUST leave nothing of a stream that is given up half-way, on either side",
    source,
    run: Effect.gen(function*() {
      const of = yield* layered
      yield* files.untouched(of.directory, Stream.runDrain(Stream.take(ImageStream.exported({ disk: of.disk }), 1)))
      const { directory, image } = yield* target
      const broken = Stream.concat(
        Stream.take(ImageStream.exported({ disk: of.disk }), 2),
        Stream.fail("the sender is gone" as const)
      )
      const ended = yield* Effect.either(Stream.run(broken, ImageStream.imported({ image })))
      yield* Check.equal<unknown>(ended, Either.left("the sender is gone"), "how it ended")
      yield* nothingLeft(directory)
    })
  }),
  Case.make({
    id: "scenario/stream-that-is-refused",
    title:
      "MUST refuse a stream as exportImage and importImage refuse a file, before the first byte, and touch nothing",
    source,
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const of = yield* layered
      const sends = (options: Partial<ImageStream.ExportOptions>) =>
        Stream.runDrain(ImageStream.exported({ disk: of.disk, ...options }))
      yield* files.untouched(
        of.directory,
        Effect.gen(function*() {
          yield* Check.fails(sends({ snapshot: unknown }), "SnapshotNotFound", { id: unknown })
          yield* Check.fails(sends({ snapshot: "yesterday" }), "InvalidArgument", { field: "snapshot" })
          yield* Check.fails(sends({ disk: `${of.disk}.d/DiskDescriptor.xml` }), "DiskNotFound")
          yield* Check.fails(sends({ directory: `${of.directory}/missing` }), "DirectoryNotFound")
        })
      )
      const { directory, image } = yield* target
      let isAsked = false
      const bytes = Stream.fromEffect(Effect.sync(() => {
        isAsked = true
        return new Uint8Array(1024)
      }))
      const receives = (options: ImageStream.ImportOptions) => Stream.run(bytes, ImageStream.imported(options))
      yield* fs.writeFileString(image, "somebody else's")
      yield* Check.fails(receives({ image }), "AlreadyExists", { path: image })
      yield* Check.equal(yield* fs.readFileString(image), "somebody else's", "the file")
      yield* fs.remove(image)
      yield* Check.fails(receives({ image: `${directory}/missing/root.hdd` }), "DirectoryNotFound")
      yield* Check.fails(receives({ image, clusterSize: "3K" }), "InvalidArgument", { field: "clusterSize" })
      yield* Check.equal(isAsked, false, "whether bytes were taken")
      yield* Check.fails(
        Stream.run(Stream.make(new Uint8Array(1000)), ImageStream.imported({ image })),
        "InvalidArgument"
      )
      yield* nothingLeft(directory)
    })
  })
]

import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Case from "../../Case.js"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"

const marker = 0x4cc0ac3d

/** One record of the stream: data and its position. A record without data is the last one. */
const record = (position: number, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(16 + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, marker, true)
  view.setUint32(4, data.length, true)
  view.setBigUint64(8, BigInt(position), true)
  bytes.set(data, 16)
  return bytes
}

const data = (length: number, value: number) => new Uint8Array(length).fill(value)

const end = record(0, data(0, 0))

/** A record with a wrong magic number. */
const unmarked = (record: Uint8Array): Uint8Array => joined(data(4, 0x41), record.subarray(4))

const joined = (...parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

const received = (image: string, chunks: ReadonlyArray<Uint8Array>) =>
  Effect.flatMap(Ploop.Ploop, (ploop) => Stream.run(Stream.fromIterable(chunks), ploop.copyReceive({ image })))

const isAbsent = (file: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.flatMap(fs.exists(file), (found) => Check.equal(found, false, "whether the file is there"))
  )

export const copyReceive: ReadonlyArray<Case.Case> = [
  Case.make({
    id: "copyReceive/puts-records-in-their-places",
    title: "MUST write each record at its position, in any order of records and with any chunk boundaries",
    source: Case.source("lib/pcopy.c ploop_copy_receive"),
    needs: ["copy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const image = yield* Conformance.path("copy")
      const stream = joined(record(8192, data(4096, 2)), record(0, data(4096, 1)), end)
      const cut = [0, 7, 16, 5000, stream.length]
      yield* received(image, cut.slice(1).map((to, index) => stream.slice(cut[index], to)))
      yield* Check.equal(
        yield* fs.readFile(image),
        joined(data(4096, 1), data(4096, 0), data(4096, 2)),
        "the bytes of the file"
      )
      yield* Check.equal((yield* fs.stat(image)).mode & 0o777, 0o600, "the mode of the file")
    })
  }),
  Case.make({
    id: "copyReceive/refuses-an-existing-file",
    title: "MUST refuse to write to an existing file, name it, and not touch it",
    source: Case.service("Ploop.copyReceive"),
    needs: ["copy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const image = yield* Conformance.path("copy")
      yield* fs.writeFileString(image, "precious")
      yield* Check.fails(received(image, [record(0, data(512, 1)), end]), "AlreadyExists", { path: image })
      yield* Check.equal(yield* fs.readFileString(image), "precious", "the file")
    })
  }),
  ...[
    { name: "empty", of: "that is empty", chunks: [], exitCode: 6 },
    { name: "without-an-end", of: "that ends before its last record", chunks: [record(0, data(4096, 1))], exitCode: 6 },
    {
      name: "cut-short",
      of: "that ends within a record",
      chunks: [record(0, data(4096, 1)).slice(0, 3000)],
      exitCode: 6
    },
    { name: "no-copy", of: "of other bytes", chunks: [data(64, 0x41)], exitCode: 13 },
    {
      name: "unmarked",
      of: "with a wrong magic number",
      chunks: [unmarked(record(0, data(512, 1))), end],
      exitCode: 13
    }
  ].map(({ chunks, exitCode, name, of }) =>
    Case.make({
      id: `copyReceive/stream-${name}`,
      title: `MUST report a stream ${of} as broken, and leave no file`,
      source: Case.observed("copy -d from a broken stream"),
      needs: ["copy"],
      generations: ["1.15"],
      run: Effect.gen(function*() {
        const image = yield* Conformance.path("copy")
        yield* Check.fails(received(image, chunks), "CopyProtocolBroken", {
          operation: "copyReceive",
          subject: image,
          exitCode
        })
        yield* isAbsent(image)
      })
    })
  ),
  Case.make({
    id: "copyReceive/sender-fails",
    title: "MUST leave no file when the stream fails, and fail with the error of the stream",
    source: Case.service("Ploop.copyReceive"),
    needs: ["copy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const image = yield* Conformance.path("copy")
      const broken = new Check.CheckFailed({ what: "the line", expected: "up", actual: "down" })
      const stream = Stream.concat(Stream.make(record(0, data(4096, 1))), Stream.fail(broken))
      const error = yield* Check.fails(Stream.run(stream, ploop.copyReceive({ image })), "CheckFailed")
      yield* Check.equal(error.what, "the line", "what failed")
      yield* isAbsent(image)
    })
  }),
  Case.make({
    id: "copyReceive/missing-directory",
    title: "MUST fail when the directory of the file is missing",
    source: Case.source("lib/pcopy.c ploop_copy_receive"),
    needs: ["copy"],
    generations: ["1.15"],
    run: Effect.gen(function*() {
      const image = yield* Conformance.path("missing", "copy")
      yield* Check.fails(received(image, [end]), "DirectoryNotFound", { operation: "copyReceive", subject: image })
    })
  })
]

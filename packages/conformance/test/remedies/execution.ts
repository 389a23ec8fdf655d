import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import type { Operation, PloopError, Remedy } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Effect, Option } from "effect"

export const [a, b] = ["a", "b"].map((digit) =>
  SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)
) as [
  SnapshotId.SnapshotId,
  SnapshotId.SnapshotId
]

export const disk = "/vz/DiskDescriptor.xml"
export const image = "/vz/root.hdd"

export const services = Effect.all({ fs: FileSystem.FileSystem, host: FakeHost.FakeHost, ploop: Ploop.Ploop })

export type Failing = Effect.Effect<unknown, PloopError.PloopError>

/** The call fails with this remedy; if the error says so, it can be repeated, which changes nothing. */
export const remedied = (call: Failing, remedy: Remedy.Text) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(call)
    assert.strictEqual(error.remedy, remedy)
    return error
  })

/** A disk with two snapshots, the file system of which holds a file. */
export const made = Effect.gen(function*() {
  const { fs, ploop } = yield* services
  yield* ploop.create({ image, size: "300M" })
  yield* Ploop.withMount({ disk, target: "/mnt" }, () => fs.writeFileString("/mnt/motd", "kept"))
  yield* ploop.createSnapshot({ disk, id: a })
})

export const motd = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Ploop.withMount({ disk, target: "/mnt" }, () => fs.readFileString("/mnt/motd"))
)

export type Test = Effect.Effect<void, unknown, PloopFake.Services>

/** Executions of remedies, and the host of each. */
export type Executions = Partial<Record<Remedy.Name, readonly [options: PloopFake.Options, test: Test]>>

/** What a remedy asks for before a call is repeated that may have happened in part. */
export const inspected = Effect.gen(function*() {
  const { ploop } = yield* services
  const { nodes } = yield* ploop.listSnapshots({ disk })
  assert.isTrue(Option.isNone(yield* ploop.deviceOf({ disk })))
  for (const { file } of nodes) {
    assert.strictEqual((yield* ploop.check({ image: `/vz/${file}`, readOnly: true })).outcome, "clean", file)
  }
})

export const about = <Name extends Operation.Name>(operation: Name) => ({ operation, subject: disk, text: "" })

export const snapshot = (ploop: Ploop.Ploop): Failing => ploop.createSnapshot({ disk, id: b })

/** A host of another generation with the same files, on which nothing but images is read. */
export const moved = <A, E>(use: Effect.Effect<A, E, Ploop.Ploop>, generation: "1.15" | "7") =>
  Effect.gen(function*() {
    const { fs } = yield* services
    const names = yield* fs.readDirectory("/vz")
    const files = yield* Effect.forEach(names, (name) =>
      Effect.map(fs.readFile(`/vz/${name}`), (bytes) => ({ bytes, name })))
    return yield* Effect.zipRight(
      Effect.flatMap(FileSystem.FileSystem, (other) =>
        Effect.forEach(files, ({ bytes, name }) =>
          other.writeFile(`/vz/${name}`, bytes))),
      use
    ).pipe(Effect.provide(PloopFake.layer({ generation, seed: 1 })))
  })

export const bare = (format: "expanded" | "raw") =>
  Effect.gen(function*() {
    const { ploop } = yield* services
    yield* ploop.create({ image, size: "8M", fileSystem: "none", format })
    yield* ploop.createSnapshot({ disk, id: a })
  })

export const inserted = (text: string) =>
  Effect.gen(function*() {
    const { fs } = yield* services
    const before = yield* fs.readFileString(disk)
    yield* fs.writeFileString(disk, before.replace("</Disk_Parameters>", `${text}</Disk_Parameters>`))
  })

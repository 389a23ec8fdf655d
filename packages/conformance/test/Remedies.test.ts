import { FakeHost, PloopFake } from "@effect-ploop/backend-fake"
import { Ploop, PloopError, Remedy, SnapshotId } from "@effect-ploop/core"
import type { Operation, OperationError } from "@effect-ploop/core"
import { Suite } from "@effect-ploop/testkit"
import { FileSystem } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"

const { texts } = Remedy

const [a, b] = ["a", "b"].map((digit) => SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)) as [
  SnapshotId.SnapshotId,
  SnapshotId.SnapshotId
]

const disk = "/vz/DiskDescriptor.xml"
const image = "/vz/root.hdd"

const services = Effect.all({ fs: FileSystem.FileSystem, host: FakeHost.FakeHost, ploop: Ploop.Ploop })

type Failing = Effect.Effect<unknown, PloopError.PloopError>

/** The call fails with this remedy; if the error says so, it can be repeated, which changes nothing. */
const remedied = (call: Failing, remedy: Remedy.Text) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(call)
    assert.strictEqual(error.remedy, remedy)
    return error
  })

/** A disk with two snapshots, the file system of which holds a file. */
const made = Effect.gen(function*() {
  const { fs, ploop } = yield* services
  yield* ploop.create({ image, size: "300M" })
  yield* Ploop.withMount({ disk, target: "/mnt" }, () => fs.writeFileString("/mnt/motd", "kept"))
  yield* ploop.createSnapshot({ disk, id: a })
})

const motd = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => Ploop.withMount({ disk, target: "/mnt" }, () => fs.readFileString("/mnt/motd"))
)

type Test = Effect.Effect<void, unknown, PloopFake.Services>

/** A failure of the host that passes: it hits one call, and leaves the disk as it is. */
const passing = <Name extends Operation.Name>(
  name: Name,
  error: OperationError.Of<Name>,
  call: (ploop: Ploop.Ploop) => Failing,
  remedy: Remedy.Text
): Test =>
  Effect.gen(function*() {
    const { host, ploop } = yield* services
    yield* made
    yield* host.fail(name, error, 1)
    const { isRetryable } = yield* remedied(call(ploop), remedy)
    // Where a repeated call is not safe, the remedy asks to inspect the disk first.
    if (!isRetryable) {
      yield* ploop.listSnapshots({ disk })
      yield* ploop.deviceOf({ disk })
      yield* ploop.check({ disk, readOnly: true }).pipe(Effect.catchTag("Unsupported", () => ploop.check({ disk })))
    }
    yield* call(ploop)
    assert.strictEqual(yield* motd, "kept")
  })

const about = <Name extends Operation.Name>(operation: Name) => ({ operation, subject: disk, text: "" })

const limit = Duration.seconds(1)

const snapshot = (ploop: Ploop.Ploop): Failing => ploop.createSnapshot({ disk, id: b })
const info = (ploop: Ploop.Ploop): Failing => ploop.imageInfo({ disk })
const convert = (ploop: Ploop.Ploop): Failing => ploop.convert({ disk, format: "preallocated" })

/** A host of another generation with the same files, on which nothing but images is read. */
const moved = <A, E>(use: Effect.Effect<A, E, Ploop.Ploop>, generation: "1.15" | "7") =>
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

const bare = (format: "expanded" | "raw") =>
  Effect.gen(function*() {
    const { ploop } = yield* services
    yield* ploop.create({ image, size: "8M", fileSystem: "none", format })
    yield* ploop.createSnapshot({ disk, id: a })
  })

const inserted = (text: string) =>
  Effect.gen(function*() {
    const { fs } = yield* services
    const before = yield* fs.readFileString(disk)
    yield* fs.writeFileString(disk, before.replace("</Disk_Parameters>", `${text}</Disk_Parameters>`))
  })

/** The executions beside those of the suite: the state needs a host that a test controls. */
const executions: Partial<Record<Remedy.Name, readonly [options: PloopFake.Options, test: Test]>> = {
  "locked": [{}, passing("createSnapshot", new PloopError.Locked(about("createSnapshot")), snapshot, texts.locked())],
  "tool-aborted": [
    {},
    passing("createSnapshot", new PloopError.ToolAborted(about("createSnapshot")), snapshot, texts["tool-aborted"]())
  ],
  "tool-aborted-query": [
    {},
    passing("imageInfo", new PloopError.ToolAborted(about("imageInfo")), info, texts["tool-aborted-query"]())
  ],
  "timed-out": [
    {},
    passing("convert", new PloopError.TimedOut({ ...about("convert"), limit }), convert, texts["timed-out"]())
  ],
  "timed-out-query": [
    {},
    passing("imageInfo", new PloopError.TimedOut({ ...about("imageInfo"), limit }), info, texts["timed-out-query"]())
  ],
  "out-of-memory": [
    {},
    passing("imageInfo", new PloopError.OutOfMemory(about("imageInfo")), info, texts["out-of-memory"]())
  ],
  "out-of-memory-half-way": [
    {},
    passing("convert", new PloopError.OutOfMemory(about("convert")), convert, texts["out-of-memory-half-way"]())
  ],
  "connection-lost": [
    {},
    passing(
      "createSnapshot",
      new PloopError.ConnectionLost({ ...about("createSnapshot"), reason: "closed", mayHaveHappened: true }),
      snapshot,
      texts["connection-lost"]()
    )
  ],
  "connection-lost-before": [
    {},
    passing(
      "createSnapshot",
      new PloopError.ConnectionLost({ ...about("createSnapshot"), reason: "refused", mayHaveHappened: false }),
      snapshot,
      texts["connection-lost-before"]()
    )
  ],
  "limit-exceeded": [
    {},
    passing(
      "createSnapshot",
      new PloopError.LimitExceeded({ ...about("createSnapshot"), limit: "requests", value: 1 }),
      snapshot,
      texts["limit-exceeded"]()
    )
  ],
  "operation-not-provided": [
    {},
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* remedied(
        Effect.flatMap(Ploop.Ploop, (none) => none.listDevices).pipe(Effect.provide(Ploop.layerNoop({}))),
        texts["operation-not-provided"]({ operation: "listDevices" })
      )
      yield* Effect.flatMap(Ploop.Ploop, (given) => given.listDevices).pipe(
        Effect.provide(Ploop.layerNoop({ listDevices: ploop.listDevices }))
      )
    })
  ],
  "encrypted": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("expanded")
      yield* inserted("<Encryption><KeyId>only copy</KeyId></Encryption>")
      yield* remedied(snapshot(ploop), texts.encrypted())
      yield* moved(Effect.flatMap(Ploop.Ploop, snapshot), "7")
    })
  ],
  "kept-by-others": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* bare("expanded")
      const text = yield* fs.readFileString(disk)
      yield* fs.writeFileString(disk, text.replace("<StorageData>", "<StorageData><Volume><ReadOnly/></Volume>"))
      yield* remedied(snapshot(ploop), texts["kept-by-others"]({ generations: ["7", "9"] }))
      yield* moved(Effect.flatMap(Ploop.Ploop, snapshot), "7")
    })
  ],
  "merge-elsewhere": [
    { generation: "9" },
    Effect.gen(function*() {
      const { ploop } = yield* services
      yield* bare("raw")
      yield* remedied(ploop.mergeSnapshots({ disk }), texts["merge-elsewhere"]())
      yield* moved(Effect.flatMap(Ploop.Ploop, (other) => other.mergeSnapshots({ disk })), "7")
    })
  ],
  "busy": [
    {},
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      yield* ploop.mount({ disk, target: "/mnt" })
      yield* Effect.scoped(Effect.zipRight(fs.open("/mnt/motd"), remedied(ploop.umount({ disk }), texts.busy())))
      yield* ploop.umount({ disk })
      assert.strictEqual(yield* motd, "kept")
    })
  ],
  "no-space-snapshots": [
    { capacity: "20M" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* bare("expanded")
      yield* fs.writeFile("/tmp/ballast", new Uint8Array(20 << 20)).pipe(
        Effect.catchAll(() => fs.writeFile("/tmp/ballast", new Uint8Array(17 << 20)))
      )
      yield* remedied(Effect.forever(ploop.createSnapshot({ disk })), texts["no-space-snapshots"]())
      yield* fs.remove("/tmp/ballast")
      const { nodes } = yield* ploop.listSnapshots({ disk })
      assert.include(nodes.map(({ id }) => id), a)
      yield* snapshot(ploop)
    })
  ],
  "copy-protocol-broken": [
    { generation: "1.15" },
    Effect.gen(function*() {
      const { fs, ploop } = yield* services
      yield* made
      const { device } = yield* ploop.mount({ disk, target: "/mnt" })
      const receive = (stream: Stream.Stream<Uint8Array, PloopError.PloopError>) =>
        Stream.run(stream, ploop.copyReceive({ image: "/vz/copy.hdd" }))
      yield* remedied(receive(Stream.make(new Uint8Array(100).fill(1))), texts["copy-protocol-broken"]())
      yield* fs.remove("/vz/copy.hdd", { force: true })
      yield* receive(ploop.copySend({ device }))
      assert.strictEqual(yield* fs.readFileString("/mnt/motd"), "kept")
    })
  ]
}

/** Why no test executes a remedy: it asks a person to read, or for something that no test can bring. */
const unexecuted: Partial<Record<Remedy.Name, string>> = {
  "unsupported": "it is that of a foreign backend which gives none of its own",
  "split-disk": "it needs the software that made the disk",
  "image-outside": "the backend over the tool has it; its tests move the image, and allow what is outside",
  "mount-failed": "it asks for the tool's output; the option noload is tried with a kernel",
  "mount-failed-create": "it asks for the kernel log",
  "mount-failed-other": "it leads to the operation mount, whose options depend on the file system",
  "umount-failed": "it asks for the tool's output",
  "busy-holders": "only a host with processes names them; the tests of the backend over the tool end one",
  "busy-balloon": "the command kill executes it, on the emulated kernel",
  "busy-mounts-and-holders": "it has the parts of two others",
  "file-system-unsupported": "it needs another file system of the host",
  "file-system-corrupt": "it is for a person with e2fsck; it begins with a copy",
  "file-system-make-failed": "it asks for the tool's output",
  "file-system-resize-failed": "it asks for the tool's output",
  "snapshot-has-children": "no operation without a remedy of its own is known to report it",
  "size-refused": "the limits depend on the disk; cases of resize and create use them",
  "no-space": "as that for snapshots, but for a test on a full host",
  "no-space-half-way": "as that for snapshots, with another inspection",
  "prerequisite-missing": "it changes the host",
  "permission-denied": "it changes the user",
  "permission-denied-read-only": "it changes the host",
  "tool-not-found": "it changes the host",
  "tool-not-executable": "it changes the host",
  "not-ploop": "it changes the host",
  "unexpected-output": "it asks for a report",
  "input-output-failed": "it asks for the tool's output",
  "not-tracked": "no operation tracks changes",
  "encryption-failed": "it needs a key",
  "rolled-back": "the tool does it in a way that is refused beforehand",
  "images-dropped": "the tests of the backend over the tool drop images, and put the former descriptor back",
  "access-refused": "it changes the host of a remote backend; the tests of that backend use a token that allows it",
  "limit-exceeded-bytes": "it changes the host of a remote backend",
  "protocol-mismatch": "it changes the installed version",
  "unclassified": "it asks for the tool's output"
}

describe("a remedy, followed to the letter, works and loses nothing", () => {
  for (const [name, [options, test]] of Object.entries(executions)) {
    it.effect(name, () => Effect.provide(test, PloopFake.layer(options)))
  }
})

describe("the remedies", () => {
  it("are each executed, here or by a case of the suite, or cannot be", () => {
    const ofSuite = Suite.all.flatMap(({ id }) => {
      const [, name] = /^scenario\/remedy-(.*)$/.exec(id) ?? []
      return name === undefined ? [] : [name]
    })
    const covered = [...ofSuite, ...Object.keys(executions), ...Object.keys(unexecuted)]
    assert.deepStrictEqual(covered.sort(), [...Remedy.names].sort())
  })
})

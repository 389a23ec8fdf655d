import { ByteSize, Ploop, PloopError, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Metric, Option, Sink, Stream, Tracer } from "effect"

const A = "{aaaaaaaa-0000-4000-8000-00000000000a}"
const disk = "/vz/DiskDescriptor.xml"

/** A service whose every operation does the same. */
const uniform = (run: (request: unknown) => Effect.Effect<unknown, PloopError.PloopError>): Ploop.Ploop =>
  Ploop.make(
    new Proxy({}, {
      get: (_, name) => name === "listDevices" || name === "tool" || name === "prerequisites" ? run(undefined) : run
    }) as Ploop.Backend
  )

/** A backend that must not be reached. */
const Unreachable = Layer.succeed(Ploop.Ploop, uniform(() => Effect.die("the backend was reached")))

const refused = (operation: (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>) =>
  Effect.flatMap(Ploop.Ploop, operation).pipe(
    Effect.flip,
    Effect.flatMap((error) =>
      error._tag === "InvalidArgument"
        ? Effect.succeed([error.field, error.value, error.rule] as const)
        : Effect.die(error)
    ),
    Effect.provide(Unreachable)
  )

describe("a backend that leaves operations out", () => {
  const ploop = Ploop.makePartial({ isMounted: () => Effect.succeed(true) })

  it.effect("has the checks of the options before the operations that there are", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* ploop.isMounted({ disk }))
      assert.strictEqual((yield* Effect.flip(ploop.isMounted({ disk: "relative.xml\0" })))._tag, "InvalidArgument")
    }))

  it.effect("fails with Unsupported for the others, of every shape", () =>
    Effect.gen(function*() {
      const errors = yield* Effect.all([
        Effect.flip(ploop.listDevices),
        Effect.flip(ploop.remove({ disk })),
        Effect.flip(Stream.runDrain(ploop.copySend({ device: "/dev/ploop1" }))),
        Effect.flip(Stream.run(Stream.empty, ploop.copyReceive({ image: "/vz/copy" })))
      ])
      assert.deepStrictEqual(
        errors.map(({ _tag, operation }) => [_tag, operation]),
        ["listDevices", "remove", "copySend", "copyReceive"].map((name) => ["Unsupported", name])
      )
    }))
})

describe("a backend that fails with something else than an error of PloopError", () => {
  /** As a program without types can do. */
  const failing = (error: unknown): Ploop.Ploop => {
    const failure = Effect.fail(error) as Effect.Effect<never>
    return Ploop.makePartial({
      isMounted: () => failure,
      listDevices: failure,
      copySend: () => Stream.fromEffect(failure),
      copyReceive: () => Sink.fromEffect(failure)
    })
  }

  it.effect("has failed for a reason that is not known, and the error says with what, and what the rule is", () =>
    Effect.gen(function*() {
      const ploop = failing(new TypeError("boom"))
      const device = "/dev/ploop1"
      const errors: ReadonlyArray<PloopError.PloopError> = yield* Effect.all([
        Effect.flip(ploop.isMounted({ disk })),
        Effect.flip(ploop.listDevices),
        Effect.flip(Stream.runDrain(ploop.copySend({ device }))),
        Effect.flip(Stream.run(Stream.make(new Uint8Array(1)), ploop.copyReceive({ image: "/vz/copy" })))
      ])
      assert.deepStrictEqual(errors.map(({ _tag, operation, subject }) => [_tag, operation, subject]), [
        ["Unclassified", "isMounted", disk],
        ["Unclassified", "listDevices", "host"],
        ["Unclassified", "copySend", device],
        ["Unclassified", "copyReceive", "/vz/copy"]
      ])
      for (const { message } of errors) {
        assert.include(message, "the backend failed with TypeError: boom, but it must fail with an error of PloopError")
      }
      for (
        const [failure, shown] of [
          [{ _tag: "Busy" }, "{\"_tag\":\"Busy\"}"],
          [new Error("gone"), "Error: gone"],
          ["no words", "no words"]
        ] as const
      ) {
        const { message } = yield* Effect.flip(failing(failure).isMounted({ disk }))
        assert.include(message, `the backend failed with ${shown}, but`)
      }
    }))
})

describe("options are checked before a backend sees them, and the error names the option, the value and the rule", () => {
  const cases: ReadonlyArray<
    readonly [
      string,
      (ploop: Ploop.Ploop) => Effect.Effect<unknown, PloopError.PloopError>,
      field: string,
      value: string,
      rule: RegExp
    ]
  > = [
    ["a malformed UUID", (p) => p.createSnapshot({ disk, id: "123" }), "id", "\"123\"", /must be a UUID/],
    [
      "a UUID with one brace",
      (p) => p.createSnapshot({ disk, id: A.slice(1) }),
      "id",
      `"${A.slice(1)}"`,
      /must be a UUID/
    ],
    [
      "the top's identifier for a new snapshot",
      (p) => p.createSnapshot({ disk, id: SnapshotId.top }),
      "id",
      `"${SnapshotId.top}"`,
      /reserved/
    ],
    ["the nil UUID", (p) => p.switchSnapshot({ disk, id: SnapshotId.none }), "id", `"${SnapshotId.none}"`, /nil UUID/],
    ["a size of zero", (p) => p.create({ image: "/x", size: 0 }), "size", "0", /larger than zero/],
    ["a negative size", (p) => p.create({ image: "/x", size: "-1G" }), "size", "\"-1G\"", /negative/],
    ["a negative number", (p) => p.create({ image: "/x", size: -512 }), "size", "-512", /non-negative/],
    ["a negative bigint", (p) => p.create({ image: "/x", size: -512n }), "size", "-512", /non-negative/],
    ["a fractional size", (p) => p.create({ image: "/x", size: "1.5G" }), "size", "\"1.5G\"", /fractional/],
    ["a fractional number", (p) => p.create({ image: "/x", size: 512.5 }), "size", "512.5", /whole/],
    ["a size without a unit", (p) => p.create({ image: "/x", size: "1024" }), "size", "\"1024\"", /unit/],
    [
      "a size that is not a whole number of sectors",
      (p) => p.create({ image: "/x", size: "513B" }),
      "size",
      "\"513B\"",
      /multiple of 512/
    ],
    [
      "a size that no version can have",
      (p) => p.create({ image: "/x", size: "4P" }),
      "size",
      "\"4P\"",
      /smaller than 4 PiB/
    ],
    [
      "a size that version 1 cannot have",
      (p) => p.create({ image: "/x", size: "2T", version: 1 }),
      "size",
      "\"2T\"",
      /version 1/
    ],
    ["an infinite size", (p) => p.create({ image: "/x", size: Infinity }), "size", "null", /whole/],
    [
      "a cluster that is not a power of two",
      (p) => p.create({ image: "/x", size: "1G", clusterSize: "96K" }),
      "clusterSize",
      "\"96K\"",
      /power of two/
    ],
    [
      "a cluster that is too small",
      (p) => p.create({ image: "/x", size: "1G", clusterSize: "16K" }),
      "clusterSize",
      "\"16K\"",
      /32K to 64M/
    ],
    [
      "a cluster that is too large",
      (p) => p.create({ image: "/x", size: "1G", clusterSize: "128M" }),
      "clusterSize",
      "\"128M\"",
      /32K to 64M/
    ],
    [
      "a file system's block size that is none",
      (p) => p.create({ image: "/x", size: "1G", fileSystemBlockSize: 512 }),
      "fileSystemBlockSize",
      "512",
      /1K, 2K or 4K/
    ],
    [
      "a block size without a file system",
      (p) => p.create({ image: "/x", size: "1G", fileSystem: "none", fileSystemBlockSize: "4K" }),
      "fileSystemBlockSize",
      "\"4K\"",
      /fileSystem is none/
    ],
    [
      "an image that would be taken for a descriptor",
      (p) => p.create({ image: "/x.xml", size: "1G" }),
      "image",
      "\"/x.xml\"",
      /must not end in .xml/
    ],
    [
      "a bigint inside of something else",
      (p) => p.imageInfo({ disk: [1n] as never }),
      "disk",
      "[\"1\"]",
      /must be/
    ],
    [
      "a path with a bidirectional mark",
      (p) => p.imageInfo({ disk: "/vz/\u202egdh" }),
      "disk",
      "\"/vz/\\u202egdh\"",
      /ends in .xml/
    ],
    ["a path with a NUL byte", (p) => p.create({ image: "/x\0y", size: "1G" }), "image", "\"/x\\u0000y\"", /NUL/],
    ["an empty path", (p) => p.create({ image: "", size: "1G" }), "image", "\"\"", /must not be empty/],
    [
      "a path with half of a surrogate pair",
      (p) => p.create({ image: "/\ud800", size: "1G" }),
      "image",
      "\"/\\ud800\"",
      /surrogate/
    ],
    ["a path that is too long", (p) => p.check({ image: "/".repeat(4096) }), "image", `"${"/".repeat(199)}…`, /4095/],
    [
      "a disk that is not a descriptor",
      (p) => p.imageInfo({ disk: "/vz/root.hdd" }),
      "disk",
      "\"/vz/root.hdd\"",
      /ends in .xml/
    ],
    [
      "an unknown format",
      (p) => p.convert({ disk, format: "qcow2" as never }),
      "format",
      "\"qcow2\"",
      /"expanded" or "preallocated" or "raw"/
    ],
    ["an unknown version", (p) => p.convert({ disk, version: 3 as never }), "version", "3", /1 or 2/],
    [
      "a format and a version",
      (p) => p.convert({ disk, format: "raw", version: 2 } as never),
      "version",
      "2",
      /together with format/
    ],
    [
      "neither a format nor a version",
      (p) => p.convert({ disk } as never),
      "format",
      "missing",
      /exactly one of format, version/
    ],
    [
      "two names for what to unmount",
      (p) => p.umount({ disk, target: "/mnt" } as never),
      "target",
      "\"/mnt\"",
      /together with disk/
    ],
    [
      "a component beside a device",
      (p) => p.umount({ device: "/dev/ploop1", component: "x" }),
      "component",
      "\"x\"",
      /together with device/
    ],
    ["a component with a slash", (p) => p.mount({ disk, component: "a/b" }), "component", "\"a/b\"", /letters, digits/],
    [
      "a device that is none of ploop's",
      (p) => p.umount({ device: "/dev/sda" }),
      "device",
      "\"/dev/sda\"",
      /must be a ploop device/
    ],
    [
      "a mount option with a comma",
      (p) => p.mount({ disk, target: "/mnt", data: ["a,b"] }),
      "data.0",
      "\"a,b\"",
      /without commas/
    ],
    [
      "mount options without a target",
      (p) => p.mount({ disk, data: ["noatime"] }),
      "data",
      "[\"noatime\"]",
      /needs target/
    ],
    [
      "merging all and one",
      (p) => p.mergeSnapshots({ disk, all: true, snapshot: A }),
      "all",
      "true",
      /together with snapshot/
    ],
    [
      "a raw check without a cluster size",
      (p) => p.check({ image: "/x", raw: true }),
      "raw",
      "true",
      /needs clusterSize/
    ],
    ["a level that is out of range", (p) => p.replace({ disk, level: 128, with: "/x" }), "level", "128", /0 .*to 127/],
    [
      "an option that does not exist",
      (p) => p.imageInfo({ disk, verbose: true } as never),
      "verbose",
      "true",
      /not an option/
    ],
    ["an option that is missing", (p) => p.imageInfo({} as never), "disk", "missing", /must be given/]
  ]
  for (const [title, operation, field, value, rule] of cases) {
    it.effect(title, () =>
      Effect.map(refused(operation), ([actualField, actualValue, actualRule]) => {
        assert.strictEqual(actualField, field)
        assert.strictEqual(actualValue, value)
        assert.match(actualRule, rule)
      }))
  }

  it.effect("every other option of a discard that only defragments", () =>
    Effect.gen(function*() {
      const others = {
        automount: true,
        defrag: true,
        defragThreshold: 5,
        toFree: "1M",
        minBlock: "1M"
      } as const
      for (const [name, value] of Object.entries(others)) {
        const [field, , rule] = yield* refused((p) => p.discard({ disk, defragOnly: true, [name]: value }))
        assert.deepStrictEqual([field, rule], ["defragOnly", `cannot be given together with ${name}`])
      }
    }))

  it.effect("the message is a sentence with all three", () =>
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(ploop.create({ image: "/vz/root.hdd", size: "1.5G" }))
      assert.match(error.message, /^create \(\/vz\/root\.hdd\): size is "1\.5G", but it must be a whole number/)
    }).pipe(Effect.provide(Unreachable)))
})

describe("what a caller may write", () => {
  const Echo = uniform(Effect.succeed)
  const echo = (effect: Effect.Effect<unknown, unknown>) => effect

  it.effect("sizes as text, numbers and bigints come out as bytes", () =>
    Effect.gen(function*() {
      for (const size of ["10M", "10MiB", "10mb", "20480s", "10485760B", 10485760, 10485760n, ByteSize.MiB(10)]) {
        const request = yield* echo(Echo.create({ image: "/x", size }))
        assert.deepInclude(request, { image: "/x", size: 10485760n })
      }
    }))

  it.effect("options that are left out come out with their defaults", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* echo(Echo.create({ image: "/x", size: "1G" })), {
        image: "/x",
        size: ByteSize.GiB(1),
        format: "expanded",
        clusterSize: ByteSize.MiB(1),
        fileSystem: "ext4",
        lazy: true,
        partition: true,
        balloon: true,
        sparse: false
      })
      assert.deepInclude(yield* echo(Echo.resize({ disk, size: "1G" })), { mode: "auto" })
      assert.deepInclude(yield* echo(Echo.mount({ disk })), { fileSystem: "ext4", fsck: false })
      assert.deepInclude(yield* echo(Echo.fileSystemInfo({ disk, mayMount: undefined })), { mayMount: false })
    }))

  it.effect("identifiers with or without braces, in any case, come out in one form", () =>
    Effect.gen(function*() {
      for (const id of [A, A.slice(1, -1), A.toUpperCase()]) {
        assert.deepStrictEqual(yield* echo(Echo.switchSnapshot({ disk, id })), { disk, id: A })
      }
    }))

  it.effect("paths that begin with a dash, and with any character that is not for control, are paths", () =>
    Effect.gen(function*() {
      for (const image of ["-rf", "--", "a b", "a\tb", "'\"`$(id)", "*?[x]", "Üñí—ço∂é", "\\", "💾"]) {
        assert.deepInclude(yield* echo(Echo.create({ image, size: 512 })), { image, size: 512n })
      }
    }))

  it.effect("a path that the tool would cut or lose is none", () =>
    Effect.gen(function*() {
      for (const image of ["a\nb", "\n", "a\u0001b", "a\u001b", "\ufffe"]) {
        const error = yield* Effect.flip(Echo.create({ image, size: 512 }))
        assert.deepInclude(error, { _tag: "InvalidArgument", field: "image" })
      }
    }))
})

describe("every operation", () => {
  const failing = uniform(() =>
    Effect.fail(new PloopError.ImageDirty({ operation: "imageInfo", subject: disk, text: "" }))
  )

  it.effect("is a span with its name and subject", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, startTime, kind) => {
          const attributes = new Map<string, unknown>()
          const span: Tracer.Span = {
            _tag: "Span",
            spanId: `${spans.length}`,
            traceId: "0",
            name,
            parent,
            context,
            links,
            kind,
            sampled: true,
            status: { _tag: "Started", startTime },
            attributes,
            attribute: (key, value) => void attributes.set(key, value),
            end: () => {},
            event: () => {},
            addLinks: () => {}
          }
          spans.push(span)
          return span
        }
      })
      yield* Effect.exit(Effect.withTracer(failing.imageInfo({ disk }), tracer))
      yield* Effect.exit(Effect.withTracer(failing.tool, tracer))
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.attributes.get("ploop.subject")]),
        [["Ploop.imageInfo", disk], ["Ploop.tool", "host"]]
      )
    }))

  it.effect("is counted by operation and outcome", () =>
    Effect.gen(function*() {
      const counted = Metric.value(
        Ploop.operations.pipe(Metric.tagged("operation", "imageInfo"), Metric.tagged("outcome", "ImageDirty"))
      )
      const before = yield* counted
      yield* Effect.exit(failing.imageInfo({ disk }))
      assert.strictEqual((yield* counted).count - before.count, 1)
    }))

  it.effect("fails in a typed way when the options are not an object", () =>
    Effect.gen(function*() {
      for (const options of [undefined, null, 1, "x", []]) {
        const exit = yield* Effect.exit(Effect.suspend(() => failing.imageInfo(options as never)))
        const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
        assert.strictEqual(Option.getOrUndefined(failure)?._tag, "InvalidArgument", `${Array.isArray(options)}`)
      }
    }))
})

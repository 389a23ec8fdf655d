/** What an operation leaves in logs, metrics and traces. */
import type { Operation } from "@effect-ploop/core"
import { Ploop, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import type { Tracer } from "effect"
import {
  Cause,
  Effect,
  Exit,
  Fiber,
  FiberId,
  FiberRef,
  HashMap,
  Logger,
  Metric,
  Option,
  Sink,
  Stream,
  TestClock
} from "effect"

const image = "/vz/a/copy.hdd"
const device = "/dev/ploop7"

/** A backend of which a test uses one operation. */
const ploop = (backend: Partial<Ploop.Backend>) => Ploop.make(backend as Ploop.Backend)

const failure = new PloopError.PermissionDenied({ operation: "copySend", subject: device, text: "" })

/** None of the operations here has this error. */
const foreign = new PloopError.SnapshotExists({ operation: "copySend", subject: device, text: "" })

/** How often an operation has ended in this way. */
const count = (operation: Operation.Name, outcome: string) =>
  Effect.map(
    Metric.value(Ploop.operations.pipe(Metric.tagged("operation", operation), Metric.tagged("outcome", outcome))),
    ({ count }) => Number(count)
  )

const endings = [
  ["success", Effect.void],
  ["PermissionDenied", Effect.fail(failure)],
  ["Unclassified", Effect.fail(foreign)],
  ["defect", Effect.die("a defect")],
  ["interrupted", Effect.interrupt]
] as const

describe("an operation is counted by how it ends", () => {
  const shapes: ReadonlyArray<
    readonly [
      name: Operation.Name,
      run: (ending: Effect.Effect<void, PloopError.PloopError>) => Effect.Effect<unknown, unknown>
    ]
  > = [
    [
      "imageInfo",
      (ending) => ploop({ imageInfo: () => ending as never }).imageInfo({ disk: "/vz/a/DiskDescriptor.xml" })
    ],
    ["listDevices", (ending) => ploop({ listDevices: Effect.as(ending, []) }).listDevices],
    ["copySend", (ending) => Stream.runDrain(ploop({ copySend: () => Stream.execute(ending) }).copySend({ device }))],
    [
      "copyReceive",
      (ending) => Stream.run(Stream.empty, ploop({ copyReceive: () => Sink.fromEffect(ending) }).copyReceive({ image }))
    ]
  ]
  for (const [name, run] of shapes) {
    for (const [outcome, ending] of endings) {
      it.effect(`${name}: ${outcome}`, () =>
        Effect.gen(function*() {
          const before = yield* count(name, outcome)
          yield* Fiber.await(yield* Effect.fork(run(ending)))
          assert.strictEqual((yield* count(name, outcome)) - before, 1)
        }))
    }
  }
})

it.effect("a failure beside an interruption is counted as the failure", () =>
  Effect.gen(function*() {
    const before = yield* count("listDevices", "PermissionDenied")
    const both = Effect.failCause(Cause.parallel(Cause.interrupt(FiberId.none), Cause.fail(failure)))
    yield* Effect.exit(ploop({ listDevices: both }).listDevices)
    assert.strictEqual((yield* count("listDevices", "PermissionDenied")) - before, 1)
  }))

describe("a subject", () => {
  it.effect("cannot forge a line of a log, an annotation or a message", () =>
    Effect.gen(function*() {
      const forged = "/vz/a\rlevel=ERROR \u202e\u0085\u2028/DiskDescriptor.xml"
      const annotations: Array<unknown> = []
      const logger = Logger.make((entry) => void annotations.push(...HashMap.values(entry.annotations)))
      const log = Effect.zipRight(Effect.logError("something"), Effect.fail(failure))
      const error = yield* Effect.flip(
        ploop({ imageInfo: () => log, topDelta: () => log }).imageInfo({ disk: forged }).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
      )
      assert.isNotEmpty(annotations)
      for (const text of [...annotations, error.message]) {
        assert.notMatch(`${text}`, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/)
      }
    }))
})

describe("a call", () => {
  const disk = "/vz/a/DiskDescriptor.xml"

  /** Ends calls in a way, and returns the spans that they had. */
  const traced = (ending: Effect.Effect<never, PloopError.PloopError>) =>
    Effect.gen(function*() {
      const spans: Array<Tracer.Span> = []
      const seen = Effect.map(Effect.currentSpan, (span) => void spans.push(span))
      const called = ploop({ imageInfo: () => Effect.orDie(Effect.zipRight(seen, Effect.never)) as never })
      const failed = ploop({ imageInfo: () => Effect.zipRight(Effect.orDie(seen), ending) })
      const exit = yield* Effect.exit(Effect.withSpan(failed.imageInfo({ disk }), "caller"))
      const fiber = yield* Effect.fork(called.imageInfo({ disk }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(fiber)
      return { exit, failed: spans[0]!, interrupted: spans[1]! }
    })

  it.effect("has a span below that of the caller, with its operation and its subject", () =>
    Effect.gen(function*() {
      const { failed } = yield* traced(Effect.fail(failure))
      assert.strictEqual(failed.name, "Ploop.imageInfo")
      assert.deepStrictEqual(Object.fromEntries(failed.attributes), {
        "ploop.operation": "imageInfo",
        "ploop.subject": disk
      })
      const parent = Option.getOrThrow(failed.parent)
      assert.strictEqual(parent._tag === "Span" ? parent.name : undefined, "caller")
    }))

  it.effect("ends its span with what the caller gets, at the time of the clock, also when it is interrupted", () =>
    Effect.gen(function*() {
      const { exit, failed, interrupted } = yield* traced(Effect.fail(failure))
      assert.isTrue(failed.status._tag === "Ended" && Exit.isFailure(failed.status.exit))
      assert.deepStrictEqual(failed.status._tag === "Ended" ? failed.status.exit : undefined, exit)
      assert.isTrue(
        interrupted.status._tag === "Ended" && Exit.isInterrupted(interrupted.status.exit) &&
          interrupted.status.endTime - interrupted.status.startTime === 2_000_000_000n
      )
    }))

  it.effect("logs with the annotations of the caller and its own", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ annotations }) => void logged.push(Object.fromEntries(annotations)))
      const log = Effect.zipRight(Effect.log("something"), Effect.fail(failure))
      yield* ploop({ imageInfo: () => log }).imageInfo({ disk }).pipe(
        Effect.annotateLogs("tenant", "101"),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger)),
        Effect.exit
      )
      assert.deepStrictEqual(logged, [{ tenant: "101", "ploop.operation": "imageInfo", "ploop.subject": disk }])
    }))

  for (const [outcome, ending] of endings) {
    it.effect(`leaves the annotations and the services of the caller as they were: ${outcome}`, () =>
      Effect.gen(function*() {
        const state = Effect.all([FiberRef.get(FiberRef.currentContext), FiberRef.get(FiberRef.currentLogAnnotations)])
        const before = yield* state
        yield* Effect.exit(ploop({ imageInfo: () => ending as never }).imageInfo({ disk }))
        const [context, annotations] = yield* state
        assert.strictEqual(context, before[0])
        assert.isTrue(HashMap.isEmpty(annotations))
      }))
  }
})

describe("an unknown option is refused", () => {
  for (
    const [of, options] of [
      ["of any kind", { disk: "/vz/a/DiskDescriptor.xml", other: 1 }],
      ["that is a symbol", { disk: "/vz/a/DiskDescriptor.xml", [Symbol.for("other")]: 1 }],
      ["that is undefined", { disk: "/vz/a/DiskDescriptor.xml", other: undefined }]
    ] as const
  ) {
    it.effect(of, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ploop({ imageInfo: () => Effect.die("called") }).imageInfo(options as never))
        assert.strictEqual(error._tag, "InvalidArgument")
      }))
  }
})

/** What an operation leaves in logs, metrics and traces. */
import type { Operation } from "@effect-ploop/core"
import { Ploop, PloopError } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, HashMap, Logger, Metric, Sink, Stream } from "effect"

const image = "/vz/a/copy.hdd"
const device = "/dev/ploop7"

/** A backend of which a test uses one operation. */
const ploop = (backend: Partial<Ploop.Backend>) => Ploop.make(backend as Ploop.Backend)

const failure = new PloopError.PermissionDenied({ operation: "copySend", subject: device, text: "" })

/** How often an operation has ended in this way. */
const count = (operation: Operation.Name, outcome: string) =>
  Effect.map(
    Metric.value(Ploop.operations.pipe(Metric.tagged("operation", operation), Metric.tagged("outcome", outcome))),
    ({ count }) => Number(count)
  )

const endings = [
  ["success", Effect.void],
  ["PermissionDenied", Effect.fail(failure)],
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

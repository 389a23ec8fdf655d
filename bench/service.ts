/** Measures what the service costs over a backend that does almost nothing. */
import { Disk, Ploop, SnapshotId } from "@effect-ploop/core"
import { Effect, Metric, Ref } from "effect"
import { alternate, rate, speed } from "./measure.js"
import type { Report } from "./report.js"
import { atLeast, perSecond } from "./report.js"

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

type Called = "create" | "createSnapshot" | "deleteSnapshot" | "switchSnapshot"

type Trivial = Pick<Ploop.Backend, Called | "listDevices" | "prerequisites" | "tool">

/** A backend that only updates a `Ref`. */
const trivial = Effect.map(Ref.make(0), (ref): Trivial => {
  const count = <A>(result: A) => () => Effect.as(Ref.update(ref, (calls) => calls + 1), result)
  return {
    listDevices: Effect.succeed([]),
    prerequisites: Effect.succeed([]),
    tool: Effect.never,
    create: ({ image }) => count({ disk: Disk.inDirectory(image), image })(),
    createSnapshot: count(id),
    switchSnapshot: count(undefined),
    deleteSnapshot: count({ _tag: "Deleted", id } as const)
  }
})

const serviceOf = (backend: Trivial): Ploop.Ploop =>
  // No other operation is called.
  Ploop.make(backend as Ploop.Backend)

/** The service over a backend that does almost nothing, for `create` and the changes of snapshots. */
export const overTrivial = Effect.map(trivial, serviceOf)

const calls = Metric.counter("bench_calls")

const batch = 200

export const service: Effect.Effect<Report> = Effect.gen(function*() {
  const backend = yield* trivial
  const ploop = serviceOf(backend)
  const request = { disk: Disk.make("/vz/DiskDescriptor.xml"), id }
  const bare = Effect.withSpan(
    Effect.zipLeft(Effect.suspend(() => backend.switchSnapshot(request)), Metric.increment(calls)),
    "Ploop.switchSnapshot",
    { captureStackTrace: false }
  )
  const times = yield* alternate({
    service: { run: Effect.repeatN(Effect.suspend(() => ploop.switchSnapshot(request)), batch - 1) },
    bare: { run: Effect.repeatN(bare, batch - 1) }
  }, { rounds: 200, warmUp: 100 })
  return {
    rows: [{
      name: "a call of the service over a trivial backend",
      figure: perSecond(rate(times.service, batch)),
      reference: `the same backend with a span and one metric, ${perSecond(rate(times.bare, batch))}`,
      ...speed(times.service, times.bare),
      expectation: atLeast(0.6)
    }]
  }
}).pipe(Effect.orDie)

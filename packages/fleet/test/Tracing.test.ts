import { Workflows } from "@effect-ploop/fleet"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Tracer } from "effect"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/101/DiskDescriptor.xml"

it.scopedLive("a workflow is in the trace of its caller, down to the operations of the hosts", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1")
    yield* fleets.makeSmallDisk(hosts["node-1"], disk)
    const native = yield* Effect.tracer
    const spans: Array<Tracer.Span> = []
    const tracer = Layer.setTracer(Tracer.make({
      context: (run, fiber) => native.context(run, fiber),
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      }
    }))
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* workflows.start({ _tag: "SnapshotSet", disks: [{ host: "node-1", disk }] }, { key: "nightly" })
      yield* workflows.ended(id)
    })
    yield* Effect.withSpan(program, "caller").pipe(
      Effect.provide(Layer.provideMerge(fleets.withoutRetries(hosts), tracer))
    )
    const traceIds = spans.flatMap((span) => span.name === "caller" ? [span.traceId] : [])
    const onHost = spans.filter(({ attributes, name }) => name === "Ploop.createSnapshot" && attributes.has("host"))
    assert.isNotEmpty(onHost)
    for (const { attributes, traceId } of onHost) {
      assert.deepStrictEqual([traceId], traceIds)
      assert.deepInclude(Object.fromEntries(attributes), { host: "node-1", disk })
      assert.isTrue(attributes.has("request"))
    }
  }))

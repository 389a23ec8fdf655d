import { RemotePloop } from "@effect-ploop/backend-remote"
import { Ploop, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schedule, Tracer } from "effect"
import * as hosts from "./utils/hosts.js"

const disk = "/vz/101/DiskDescriptor.xml"

const id = SnapshotId.make("{11111111-2222-4333-8444-555555555555}")

const deletion = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.deleteSnapshot({ disk, id }))

const deleted = Effect.succeed({ _tag: "Deleted", id } as const)

/** A tracer that keeps its spans. */
const recorder = Effect.map(Effect.tracer, (tracer) => {
  const spans: Array<Tracer.Span> = []
  const span: Tracer.Tracer["span"] = (...args) => {
    const made = tracer.span(...args)
    spans.push(made)
    return made
  }
  return {
    layer: Layer.setTracer(Tracer.make({ span, context: (run, fiber) => tracer.context(run, fiber) })),
    spans,
    find: (name: string) => Option.getOrThrow(Option.fromNullable(spans.find((one) => one.name === name)))
  }
})

const parentOf = ({ parent }: Tracer.Span) => Option.getOrUndefined(Option.map(parent, ({ spanId }) => spanId))

describe("a call", () => {
  it.scopedLive("is one trace: the span of the host is below that of the client, with the caller, the disk and the key", () =>
    Effect.gen(function*() {
      const { find, layer } = yield* recorder
      const host = hosts.serving({ deleteSnapshot: () => Effect.withSpan(deleted, "on the host") })
      yield* deletion.pipe(
        RemotePloop.withKey("a key"),
        Effect.withSpan("caller"),
        Effect.provide(Layer.provideMerge(host, layer))
      )
      const [caller, client, server, inner] = [
        find("caller"),
        find("RemotePloop.deleteSnapshot"),
        find("RemoteServer.deleteSnapshot"),
        find("on the host")
      ]
      assert.strictEqual(parentOf(server), client.spanId)
      for (const span of [client, server, inner]) assert.strictEqual(span.traceId, caller.traceId)
      for (const span of [server, inner]) {
        assert.deepInclude(Object.fromEntries(span.attributes), { disk, request: "a key" })
        assert.isTrue(span.attributes.has("caller"))
      }
    }))
})

describe("a heartbeat", () => {
  it.scopedLive("does not belong to the trace of the call that has made the connection, and is not sampled", () =>
    Effect.gen(function*() {
      const { find, layer, spans } = yield* recorder
      const host = hosts.serving({ deleteSnapshot: () => deleted }, {}, { heartbeat: "1 second" })
      const isSeen = Effect.sync(() => spans.some(({ name }) => name === "RemoteServer.heartbeat"))
      yield* Effect.withSpan(deletion, "caller").pipe(
        Effect.zipRight(Effect.repeat(isSeen, { until: (seen) => seen, schedule: Schedule.spaced("20 millis") })),
        Effect.provide(Layer.provideMerge(host, layer))
      )
      const heartbeat = find("RemoteServer.heartbeat")
      assert.notStrictEqual(heartbeat.traceId, find("caller").traceId)
      assert.isTrue(Option.exists(heartbeat.parent, ({ sampled }) => !sampled))
      assert.isFalse(spans.some(({ name }) => name === "RemotePloop.heartbeat"))
    }))
})

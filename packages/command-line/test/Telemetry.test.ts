import { Telemetry } from "@effect-ploop/command-line"
import { assert, describe, it, vi } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Exit, Fiber, Layer, Logger, Metric, Tracer } from "effect"
import type { ServerResponse } from "node:http"
import { collector, valuesOf } from "./collector.js"

const counter = Metric.counter("telemetry_test_total", { description: "A metric of this test." })

/** What a program does that is to be exported. */
const work = Effect.logInfo("a log").pipe(
  Effect.annotateLogs("disk", "/vz/101"),
  Effect.zipRight(Metric.increment(counter)),
  Effect.withSpan("a span", { attributes: { disk: "/vz/101" } })
)

const environment = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

/** Runs an effect under the layer, with these variables of the environment, and returns what is logged of the export. */
const exporting = <A, E>(effect: Effect.Effect<A, E>, variables: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const logged: Array<string> = []
    yield* effect.pipe(
      Effect.provide(Telemetry.layer({ name: "my-command", version: "1.2.3" })),
      Effect.provide(
        Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logged.push(`${message}`)))
      ),
      environment(variables)
    )
    return logged.filter((line) => line.includes("collector"))
  })

const json = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })

const all = ["/v1/logs", "/v1/metrics", "/v1/traces"]

describe("with OTEL_EXPORTER_OTLP_ENDPOINT", () => {
  it.scopedLive("the collector has gotten the spans, the metrics and the logs when the program has ended", () =>
    Effect.gen(function*() {
      const { paths, received, url } = yield* collector()
      assert.deepStrictEqual(yield* exporting(work, json(url)), [])
      assert.deepStrictEqual(paths(), all)
      const { logs: [log], metrics, resources, spans: [span] } = received()
      assert.strictEqual(span?.name, "a span")
      assert.deepStrictEqual(valuesOf(span?.attributes ?? [])["disk"], "/vz/101")
      assert.deepInclude(log, { severityText: "INFO", body: { stringValue: "a log" }, spanId: span?.spanId })
      assert.deepInclude(valuesOf(log?.attributes ?? []), { disk: "/vz/101" })
      assert.include(metrics.map(({ name }) => name), "telemetry_test_total")
      for (const resource of resources) {
        assert.deepInclude(resource, { "service.name": "my-command", "service.version": "1.2.3" })
        assert.containsAllKeys(resource, ["host.name", "service.instance.id"])
      }
    }))

  it.scopedLive("the paths of the signals follow that of the URL", () =>
    Effect.gen(function*() {
      const { paths, url } = yield* collector()
      yield* exporting(work, json(`${url}/otlp/`))
      assert.deepStrictEqual(paths(), all.map((path) => `/otlp${path}`))
    }))

  it.scopedLive("requests are protobuf, unless OTEL_EXPORTER_OTLP_PROTOCOL says http/json", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* collector()
      yield* exporting(work, { OTEL_EXPORTER_OTLP_ENDPOINT: url })
      yield* exporting(work, json(url))
      const types = requests.map(({ headers }) => headers["content-type"])
      assert.deepStrictEqual(types, [
        ...Array.from(all, () => "application/x-protobuf"),
        ...Array.from(all, () => "application/json")
      ])
    }))

  it.scopedLive("requests have the headers of OTEL_EXPORTER_OTLP_HEADERS, decoded", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* collector()
      yield* exporting(work, {
        ...json(url),
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20dXNlcjpwYXNz==, X-Tenant = a%2Cb"
      })
      assert.strictEqual(requests.length, 3)
      for (const { headers } of requests) {
        assert.deepInclude(headers, { authorization: "Basic dXNlcjpwYXNz==", "x-tenant": "a,b" })
      }
    }))

  for (
    const [title, variables, expected] of [
      [
        "OTEL_RESOURCE_ATTRIBUTES adds attributes, and replaces those that there are",
        { OTEL_RESOURCE_ATTRIBUTES: "rack=7%3D1,host.name=other,service.name=named,service.version=9" },
        { rack: "7=1", "host.name": "other", "service.name": "named", "service.version": "9" }
      ],
      [
        "OTEL_SERVICE_NAME goes before OTEL_RESOURCE_ATTRIBUTES",
        { OTEL_SERVICE_NAME: "chosen", OTEL_RESOURCE_ATTRIBUTES: "service.name=named" },
        { "service.name": "chosen" }
      ],
      ["a variable that is empty is as one that is not there", { OTEL_SERVICE_NAME: "" }, {
        "service.name": "my-command"
      }]
    ] as const
  ) {
    it.scopedLive(title, () =>
      Effect.gen(function*() {
        const { received, url } = yield* collector()
        yield* exporting(work, { ...json(url), ...variables })
        const { resources } = received()
        assert.strictEqual(resources.length, 3)
        for (const resource of resources) assert.deepInclude(resource, expected)
      }))
  }

  for (const [signal, path] of [["TRACES", "/v1/traces"], ["METRICS", "/v1/metrics"], ["LOGS", "/v1/logs"]] as const) {
    it.scopedLive(`OTEL_${signal}_EXPORTER=none leaves out ${path}`, () =>
      Effect.gen(function*() {
        const { paths, url } = yield* collector()
        yield* exporting(work, { ...json(url), [`OTEL_${signal}_EXPORTER`]: "none" })
        assert.deepStrictEqual(paths(), all.filter((one) => one !== path))
      }))
  }

  it.scopedLive("a span below one that is not sampled is not exported, nor are those below it", () =>
    Effect.gen(function*() {
      const { received, url } = yield* collector()
      const ids = { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1" }
      const below = (sampled: boolean) =>
        Effect.withSpan(work, "below", { parent: Tracer.externalSpan({ ...ids, sampled }) })
      yield* exporting(Effect.zipRight(below(false), Effect.withSpan(Effect.void, "other")), json(url))
      assert.deepStrictEqual(received().spans.map(({ name }) => name), ["other"])
      yield* exporting(below(true), json(url))
      assert.deepInclude(received().spans.at(-1), { name: "below", traceId: ids.traceId, parentSpanId: ids.spanId })
    }))

  it.scopedLive("OTEL_SDK_DISABLED=true exports nothing", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* collector()
      yield* exporting(work, { ...json(url), OTEL_SDK_DISABLED: "TRUE" })
      assert.deepStrictEqual(requests, [])
    }))
})

describe("a collector that is away", () => {
  it.scopedLive("is one warning that says why, and the program ends as without it", () =>
    Effect.gen(function*() {
      const { close, url } = yield* collector()
      yield* close
      const warned = yield* exporting(work, json(url))
      assert.strictEqual(warned.length, 1)
      assert.match(`${warned}`, new RegExp(`^the OpenTelemetry collector at ${url} gets nothing: .*ECONNREFUSED`))
      const failed = yield* Effect.exit(exporting(Effect.fail("own failure"), json(url)))
      assert.deepStrictEqual(failed, Exit.fail("own failure"))
    }))

  it.scopedLive("gets no second request when the program ends", () =>
    Effect.gen(function*() {
      const { paths, url } = yield* collector((response) => response.writeHead(503).end())
      const warned = yield* exporting(work, json(url))
      assert.deepStrictEqual(paths(), all)
      assert.deepStrictEqual(warned, [
        `the OpenTelemetry collector at ${url} gets nothing: it responds with the status 503`
      ])
    }))

  it.scopedLive("is given up when it has not responded for OTEL_EXPORTER_OTLP_TIMEOUT", () =>
    Effect.gen(function*() {
      const { url } = yield* collector(() => {})
      const warned = yield* exporting(work, { ...json(url), OTEL_EXPORTER_OTLP_TIMEOUT: "10" })
      assert.deepStrictEqual(warned, [
        `the OpenTelemetry collector at ${url} gets nothing: it has not responded for 10 ms`
      ])
    }))
})

describe("a request that is under way when the program ends", () => {
  it.scopedLive("is completed", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<() => void>()
      const ending = yield* Deferred.make<void>()
      const isComplete = yield* Deferred.make<boolean>()
      const hold = (response: ServerResponse) => {
        response.on("close", () => Deferred.unsafeDone(isComplete, Effect.succeed(response.writableFinished)))
        Deferred.unsafeDone(begun, Effect.succeed(() => void response.end("{}")))
      }
      const { requests, url } = yield* collector((response) => {
        if (requests.length === 1) return hold(response)
        Deferred.unsafeDone(ending, Effect.void)
        response.end("{}")
      })
      const logged = Effect.zipRight(Effect.logInfo("a log"), Deferred.await(begun))
      const fiber = yield* Effect.fork(exporting(logged, json(url)))
      const respond = yield* Deferred.await(begun)
      // The metrics are sent at the end.
      yield* Deferred.await(ending)
      respond()
      assert.isTrue(yield* Deferred.await(isComplete))
      assert.deepStrictEqual(yield* Fiber.join(fiber), [])
    }))
})

describe("metrics are exported", () => {
  for (
    const [variables, expected] of [
      [{}, false],
      [json("http://127.0.0.1:1"), true],
      [{ ...json("http://127.0.0.1:1"), OTEL_METRICS_EXPORTER: "none" }, false],
      [{ ...json("http://127.0.0.1:1"), OTEL_SDK_DISABLED: "true" }, false]
    ] as const
  ) {
    it.effect(`${expected}: ${JSON.stringify(variables)}`, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* environment(variables)(Telemetry.exportsMetrics), expected)
      }))
  }
})

describe("without OTEL_EXPORTER_OTLP_ENDPOINT", () => {
  for (const variables of [{}, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }]) {
    it.scopedLive(`nothing of what exports is loaded: ${JSON.stringify(variables)}`, () =>
      Effect.gen(function*() {
        let loads = 0
        vi.resetModules()
        vi.doMock("../src/internal/telemetry/exporting.js", () => {
          loads += 1
          return { layer: () => Layer.empty }
        })
        yield* Effect.addFinalizer(() => Effect.sync(() => vi.doUnmock("../src/internal/telemetry/exporting.js")))
        const again = yield* Effect.promise(() => import("../src/Telemetry.js"))
        const layer = Layer.merge(
          again.layer({ name: "my-command", version: "1.2.3" }),
          Logger.remove(Logger.defaultLogger)
        )
        yield* work.pipe(Effect.provide(layer), environment(variables))
        assert.strictEqual(loads, 0)
        yield* work.pipe(Effect.provide(layer), environment(json("http://127.0.0.1:1")))
        assert.strictEqual(loads, 1)
      }))
  }

  it.effect("the other variables are not read", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* exporting(Effect.void, { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }), [])
    }))
})

describe("a variable that breaks its rule fails the layer before anything is sent", () => {
  const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
  for (
    const [name, value, shown] of [
      [endpoint, "collector:4318", "is collector:4318, but"],
      [endpoint, "ftp://collector", "is ftp://collector, but"],
      [endpoint, "http://collector?key=1", "is http://collector?key=1, but"],
      [endpoint, "http://me:pass/word@collector", "is http://...@collector, but"],
      ["OTEL_EXPORTER_OTLP_HEADERS", "pass-word", ", whose value is not shown,"],
      ["OTEL_EXPORTER_OTLP_HEADERS", "key=pass%0Aword", ", whose value is not shown,"],
      ["OTEL_EXPORTER_OTLP_HEADERS", "a:key=pass", ", whose value is not shown,"],
      ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "is grpc, but"],
      ["OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "is 10s, but"],
      ["OTEL_RESOURCE_ATTRIBUTES", "rack", "is rack, but"],
      ["OTEL_RESOURCE_ATTRIBUTES", "rack=%", "is rack=%, but"],
      ["OTEL_LOGS_EXPORTER", "console", "is console, but"],
      ["OTEL_SDK_DISABLED", "yes", "is yes, but"]
    ] as const
  ) {
    it.scopedLive(`${name}=${value}`, () =>
      Effect.gen(function*() {
        const { requests, url } = yield* collector()
        const error = yield* Effect.flip(exporting(Effect.dieMessage("it ran"), { ...json(url), [name]: value }))
        const rule = Telemetry.variables.find((variable) => variable.name === name)?.rule
        assert.strictEqual(error._tag, "VariableInvalid")
        assert.match(error.message, /must be/)
        assert.include(error.message, `${name}${shown.startsWith(",") ? "" : " "}${shown}`)
        assert.include(error.message, `must be ${rule}`)
        assert.notMatch(error.message, /pass|word/)
        assert.deepStrictEqual(requests, [])
      }))
  }

  it.scopedLive("and names each such variable", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(exporting(Effect.void, {
        ...json("http://127.0.0.1:1"),
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_TRACES_EXPORTER: "zipkin"
      }))
      assert.deepStrictEqual(error.message.split("\n").map((line) => line.split(" ")[0]), [
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_TRACES_EXPORTER"
      ])
    }))
})

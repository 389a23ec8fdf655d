import { Effect, Option, Schema } from "effect"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

const Attribute = Schema.Struct({
  key: Schema.String,
  value: Schema.Struct({ stringValue: Schema.optional(Schema.String) })
})
const Attributes = Schema.Array(Attribute)
const Resource = Schema.Struct({ attributes: Attributes })

const Span = Schema.Struct({
  name: Schema.String,
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  attributes: Attributes
})

const Log = Schema.Struct({
  severityText: Schema.String,
  body: Schema.Struct({ stringValue: Schema.optional(Schema.String) }),
  spanId: Schema.optional(Schema.String),
  attributes: Attributes
})

const Metric = Schema.Struct({ name: Schema.String, unit: Schema.String })

/** What is sent to one of the paths. */
const Body = Schema.parseJson(Schema.Union(
  Schema.Struct({
    resourceSpans: Schema.Array(
      Schema.Struct({ resource: Resource, scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) })
    )
  }),
  Schema.Struct({
    resourceMetrics: Schema.Array(
      Schema.Struct({
        resource: Resource,
        scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) }))
      })
    )
  }),
  Schema.Struct({
    resourceLogs: Schema.Array(
      Schema.Struct({ resource: Resource, scopeLogs: Schema.Array(Schema.Struct({ logRecords: Schema.Array(Log) })) })
    )
  })
))

interface Request {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The values of attributes that are texts, by their keys. */
export const valuesOf = (attributes: typeof Attributes.Type): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))

const readAll = (requests: ReadonlyArray<Request>) => {
  const bodies = requests.flatMap(({ body }) => Option.toArray(Schema.decodeOption(Body)(body)))
  const spans = bodies.flatMap((body) => "resourceSpans" in body ? body.resourceSpans : [])
  const metrics = bodies.flatMap((body) => "resourceMetrics" in body ? body.resourceMetrics : [])
  const logs = bodies.flatMap((body) => "resourceLogs" in body ? body.resourceLogs : [])
  return {
    resources: [...spans, ...metrics, ...logs].map(({ resource }) => valuesOf(resource.attributes)),
    spans: spans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
    metrics: metrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
    logs: logs.flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords))
  }
}

/** A collector on the loopback interface that keeps what it gets. */
export const collector = (respond: (response: ServerResponse) => void = (response) => response.end("{}")) =>
  Effect.acquireRelease(
    Effect.async<{ readonly close: Effect.Effect<void>; readonly url: string; readonly requests: Array<Request> }>(
      (resume) => {
        const requests: Array<Request> = []
        const server = createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => void chunks.push(chunk))
          request.on("end", () => {
            requests.push({
              path: request.url ?? "",
              headers: request.headers,
              body: Buffer.concat(chunks).toString()
            })
            respond(response)
          })
        })
        const close = Effect.async<void>((done) => {
          server.close(() => done(Effect.void))
          server.closeAllConnections()
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          resume(Effect.succeed({ close, url: `http://127.0.0.1:${port}`, requests }))
        })
      }
    ),
    ({ close }) => close
  ).pipe(Effect.map(({ close, requests, url }) => ({
    close,
    url,
    requests,
    paths: () => requests.map(({ path }) => path).toSorted(),
    received: () => readAll(requests)
  })))

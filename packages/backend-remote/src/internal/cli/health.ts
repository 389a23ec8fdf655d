import * as HostPort from "@effect-ploop/command-line/HostPort"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as Prometheus from "@effect-ploop/maintenance/Prometheus"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import { ListenFailed } from "../../ListenFailed.js"
import * as http from "../server/http.js"
import * as tls from "../server/tls.js"
import { type Options, tlsFiles } from "./address.js"

/** How long an answer about the tool is true: requests start no more processes than that. */
const fresh = "5 seconds"

/** How long the tool may take. */
const patience = "5 seconds"

/** How long connections may take to close at the end, in milliseconds. */
const closing = 1000

const json = (status: number, body: unknown): http.Answer => ({
  status,
  text: JSON.stringify(body),
  headers: { "content-type": "application/json" }
})

const failing = (reason: string) => json(503, { status: "failing", reason })

/** Whether the tool of the host can be used. */
const checking = Effect.flatMap(Ploop.Ploop, ({ tool }) =>
  Effect.cachedWithTTL(
    tool.pipe(
      Effect.map(({ generation }) => json(200, { status: "ok", generation })),
      Effect.timeoutTo({
        duration: patience,
        onSuccess: (answer) => answer,
        onTimeout: () => failing(`the tool took longer than ${patience}`)
      }),
      Effect.catchAll(({ message }) => Effect.succeed(failing(message)))
    ),
    fresh
  ))

const metrics = Effect.map(Prometheus.text, (text): http.Answer => ({
  status: 200,
  text,
  headers: { "content-type": Prometheus.contentType }
}))

const answering =
  (health: Effect.Effect<http.Answer>) => ({ method, url }: http.Request): Effect.Effect<http.Answer> => {
    const path = (url ?? "").replace(/\?.*/, "")
    if (path !== "/health" && path !== "/metrics") {
      return Effect.succeed({ status: 404, text: "There are /health and /metrics." })
    }
    if (method !== "GET" && method !== "HEAD") return Effect.succeed({ status: 405, text: "Use GET." })
    return path === "/health" ? health : metrics
  }

const parse = (text: string) => {
  const [, scheme, rest = ""] = /^(https?):\/\/([^/]*)\/?$/.exec(text) ?? []
  return Option.map(HostPort.parse(rest), (port) => ({ ...port, isEncrypted: scheme === "https" }))
}

const credentialsOf = (host: string, isEncrypted: boolean, options: Options) => {
  if (!isEncrypted) {
    return HostPort.isLoopback(host)
      ? Effect.succeed(undefined)
      : Effect.fail("without https:// it must be on loopback")
  }
  return tlsFiles(options).pipe(
    Effect.mapError(() => "--tls-cert and --tls-key must be given with https://"),
    Effect.flatMap(tls.load)
  )
}

/** Serves `/health` and `/metrics` for the time of the scope, and returns the address. */
export const serve = (text: string, options: Options) =>
  Effect.gen(function*() {
    const found = parse(text)
    if (Option.isNone(found)) {
      return yield* Effect.fail("--health must be http://HOST:PORT or https://HOST:PORT, as in http://127.0.0.1:9464")
    }
    const { host, isEncrypted, port } = found.value
    const credentials = yield* credentialsOf(host, isEncrypted, options)
    const answer = answering(yield* checking)
    const run = Runtime.runPromise(yield* Effect.runtime())
    const address = yield* http.listen({
      host,
      port,
      credentials,
      maximumConnections: 16,
      closing,
      answer: (request) => run(answer(request))
    })
    return `${isEncrypted ? "https" : "http"}://${HostPort.format({ host: address.address, port: address.port })}`
  }).pipe(Effect.mapError((reason) => new ListenFailed({ address: text, reason })))

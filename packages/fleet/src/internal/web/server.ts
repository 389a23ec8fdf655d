import { isLoopback } from "@effect-ploop/command-line/HostPort"
// @effect-diagnostics nodeBuiltinImport:off
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { HttpServer } from "@effect/platform/HttpServer"
import { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import * as Api from "../../Api.js"
import type { Fleet } from "../../Fleet.js"
import { InvalidFleet } from "../../FleetError.js"
import type { Workflows } from "../../Workflows.js"
import { view } from "../view.js"
import { guarded } from "./guard.js"
import { api, routes } from "./routes.js"

interface Options {
  readonly host?: string | undefined
  readonly port: number
  readonly token?: Redacted.Redacted | undefined
}

const invalid = (value: string, rule: string) => new InvalidFleet({ field: "web", value, rule })

const listening = (host: string, port: number) =>
  NodeHttpServer.layer(() => createServer(), { host, port }).pipe(
    Layer.mapError(({ cause }) =>
      invalid(`${host}:${port}`, `it cannot be listened at: ${cause instanceof Error ? cause.message : String(cause)}`)
    )
  )

const serving = (token: Redacted.Redacted | undefined) =>
  HttpApiBuilder.serve((app) => Effect.flatMap(HttpServerRequest, (request) => guarded(app, request, token)))

export const layer = (
  { host = "127.0.0.1", port, token }: Options
): Layer.Layer<HttpServer, InvalidFleet, Fleet | Workflows> => {
  if (token === undefined && !isLoopback(host)) {
    return Layer.fail(invalid(`${host}:${port}`, "off the loopback interface it needs a token"))
  }
  return Layer.unwrapEffect(Effect.map(view, (shown) =>
    serving(token).pipe(
      Layer.provide(routes(shown)),
      Layer.provide(Layer.provide(HttpApiBuilder.api(Api.Api), api(shown))),
      Layer.provideMerge(listening(host, port))
    )))
}

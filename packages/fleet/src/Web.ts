/**
 * The web page of a fleet, its API, its health and its metrics. It shows, and changes nothing.
 *
 * | path | what it has |
 * | --- | --- |
 * | `/` | the hosts, the disks and the workflows, with a search |
 * | `/api` | the same as JSON: see `Api` |
 * | `/health` | status 200 while the storage responds, and 503 otherwise; it needs no token |
 * | `/metrics` | the metrics of the process, for Prometheus |
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { Runner, Storage, Web } from "@effect-ploop/fleet"
 * import { Layer } from "effect"
 *
 * export const main = Web.layer({ port: 7180 }).pipe(
 *   Layer.provide(Runner.layer({ hosts: { "node-1": PloopFake.layer() } })),
 *   Layer.provide(Storage.layerEmbedded({ path: "/var/lib/ploop/fleet.db" }))
 * )
 *
 * @since 0.2.0
 */
import type { HttpServer } from "@effect/platform/HttpServer"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Fleet } from "./Fleet.js"
import type { InvalidFleet } from "./FleetError.js"
import * as internal from "./internal/web/server.js"
import type { Workflows } from "./Workflows.js"

/**
 * Where the page is, and who may see it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /** The name or the address to listen at. Default: `127.0.0.1`. Any that is not of the loopback interface needs a token. */
  readonly host?: string | undefined
  /** The port to listen at; 0 for one that is free. */
  readonly port: number
  /**
   * What a caller has to know: a program sends it as a bearer token, and a browser asks for it as a password, for any user. The
   * connection is not encrypted. Default: none; then only callers of this machine are served, who use a name of it.
   */
  readonly token?: Redacted.Redacted | undefined
}

/**
 * Serves the page. It fails with `InvalidFleet` when it cannot listen, or when it needs a token.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer: (options: Options) => Layer.Layer<HttpServer, InvalidFleet, Fleet | Workflows> = internal.layer

import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Api from "../../Api.js"
import type { View } from "../view.js"
import { health, metrics } from "./metrics.js"
import * as pages from "./pages.js"

/** Above this number, hosts are not asked for their disks unless somebody searches. */
const few = 32

/** How many disks a page shows. */
const limit = 200

const page = (text: string, status = 200) =>
  HttpServerResponse.text(text, { status, contentType: "text/html; charset=utf-8" })

type Failure = Api.NotFound | Api.Unavailable

const orProblem = <R>(effect: Effect.Effect<HttpServerResponse.HttpServerResponse, Failure, R>) =>
  Effect.catchAll(effect, (error) =>
    Effect.succeed(
      error._tag === "NotFound"
        ? page(pages.problem("Not found", error.reason), 404)
        : page(pages.problem("Not available", error.reason), 503)
    ))

/** The parameters of a page; an empty one is none. */
const parameters = Effect.map(HttpServerRequest.HttpServerRequest, ({ url }) => {
  const given = new URL(url, "http://localhost").searchParams
  return (name: string): string | undefined => given.get(name)?.trim() || undefined
})

const overview = (view: View) =>
  Effect.gen(function*() {
    const given = yield* parameters
    const [host, search] = [given("host"), given("search")]
    const hosts = yield* view.hosts
    const asked = search !== undefined || host !== undefined || hosts.length <= few
    const ended = given("ended") === "yes"
    return page(pages.overview({
      search: search ?? "",
      host,
      ended,
      hosts: search === undefined ? hosts : hosts.filter(({ name }) => name.includes(search.toLowerCase())),
      disks: asked ? yield* view.disks({ host, search, limit }) : undefined,
      workflows: yield* view.workflows({ search: search ?? host, ended: ended ? "yes" : "no" })
    }))
  })

const disk = (view: View) =>
  Effect.gen(function*() {
    const given = yield* parameters
    const [host = "", path = ""] = [given("host"), given("disk")]
    const snapshots = yield* Effect.merge(view.snapshots({ host, disk: path }))
    const workflows = yield* view.workflows({ search: `${host}:${path}`, ended: "yes" })
    const isMissing = "_tag" in snapshots && snapshots._tag === "NotFound" && workflows.length === 0
    return page(pages.disk({ host, disk: path, snapshots, workflows }), isMissing ? 404 : 200)
  })

const workflow = (view: View) =>
  Effect.gen(function*() {
    const given = yield* parameters
    return page(pages.workflow(yield* view.workflow(given("id") ?? "")))
  })

const none = page(pages.problem("Not found", "The fleet has no such page."), 404)

/** The pages, and what programs ask beside the API. */
export const routes = (view: View) =>
  HttpApiBuilder.Router.use((router) =>
    Effect.gen(function*() {
      yield* router.get("/", orProblem(overview(view)))
      yield* router.get("/disk", orProblem(disk(view)))
      yield* router.get("/workflow", orProblem(workflow(view)))
      yield* router.get("/health", health(view))
      yield* router.get("/metrics", metrics(view))
      yield* router.get("/*", Effect.succeed(none))
    })
  )

/** The API. */
export const api = (view: View) =>
  HttpApiBuilder.group(Api.Api, "fleet", (handlers) =>
    handlers
      .handle("hosts", () => view.hosts)
      .handle("disks", ({ urlParams }) => view.disks(urlParams))
      .handle("snapshots", ({ urlParams }) => view.snapshots(urlParams))
      .handle("workflows", ({ urlParams }) => view.workflows(urlParams))
      .handle("workflow", ({ path }) => view.workflow(path.id)))

import { Api, FleetError, Workflows } from "@effect-ploop/fleet"
import { FetchHttpClient, HttpApiClient } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Redacted } from "effect"
import * as fleets from "./utils/fleets.js"
import { disk, markup, prepare, serve, strange } from "./utils/web.js"

it.scopedLive("the page lists and searches hosts, disks and workflows, and escapes what they are called", () =>
  Effect.gen(function*() {
    const { fleet, id } = yield* prepare
    const { get } = yield* serve(fleet)
    const first = yield* get("/")
    expect(first.status).toBe(200)
    expect(first.headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /)
    for (const text of [disk, "node-2", "host node-3 is unreachable", "name=\"search\""]) {
      expect(first.text).toContain(text)
    }
    expect(first.text).not.toContain("snapshot node-1")

    const all = yield* get("/?ended=yes")
    expect(all.text).toContain("snapshot node-1")
    const one = yield* get("/?ended=yes&search=VZ%2F101%2F")
    expect(one.text).toContain(disk)
    expect(one.text).not.toContain("<td data-name=\"Host\">node-2</td>")
    const other = yield* get(`/disk?host=node-2&disk=${encodeURIComponent(strange)}`)
    expect(other.text).toContain(fleets.snapshot)
    const history = yield* get(`/workflow?id=${id}`)
    expect(history.text).toContain("has succeeded")

    for (const { text } of [all, other, history, yield* get(`/?search=${encodeURIComponent(markup)}`)]) {
      expect(text).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;")
      expect(text).not.toContain("<script")
      expect(text).not.toMatch(/(?:src|href)="(?!\/)|url\(|@import/)
    }
    for (
      const path of ["/workflow?id=none", "/disk?host=node-1&disk=/vz/none.xml", "/disk?host=node-9&disk=/a", "/none"]
    ) {
      const { headers, status } = yield* get(path)
      expect(status, path).toBe(404)
      expect(headers["content-security-policy"]).toBeDefined()
    }
  }))

it.scopedLive("a program gets the same from the API, by its types", () =>
  Effect.gen(function*() {
    const { fleet, id } = yield* prepare
    const { port } = yield* serve(fleet)
    const client = yield* HttpApiClient.make(Api.Api, { baseUrl: `http://127.0.0.1:${port}` })
    expect(yield* client.hosts()).toContainEqual({ name: "node-3", isManaged: false })
    const found = yield* client.disks({ urlParams: { search: "NODE-1" } })
    expect(found).toMatchObject({
      disks: [{ host: "node-1", disk }],
      unanswered: [{ host: "node-3" }],
      isComplete: true
    })
    expect(yield* client.disks({ urlParams: { host: "node-2", limit: 1 } })).toMatchObject({ unanswered: [] })
    expect((yield* client.disks({ urlParams: { limit: 1 } })).isComplete).toBe(false)
    expect(yield* client.snapshots({ urlParams: { host: "node-1", disk } })).toHaveLength(3)
    expect(yield* client.workflows({ urlParams: {} })).toEqual([])
    const [workflow] = yield* client.workflows({ urlParams: { ended: "yes", search: "done" } })
    expect(workflow).toMatchObject({ id, state: "done", key: markup })
    expect((yield* client.workflow({ path: { id } })).history.length).toBeGreaterThan(2)
    expect(yield* Effect.flip(client.workflow({ path: { id: "none" } }))).toMatchObject({
      _tag: "NotFound",
      tag: "UnknownWorkflow"
    })
    const gone = client.snapshots({ urlParams: { host: "node-1", disk: "/vz/none.xml" } })
    expect(yield* Effect.flip(gone)).toMatchObject({ _tag: "NotFound", tag: "DiskNotFound" })
  }).pipe(Effect.provide(FetchHttpClient.layer)))

it.scopedLive("the health and the metrics say whether the storage responds", () =>
  Effect.gen(function*() {
    const { fleet } = yield* prepare
    const { get } = yield* serve(fleet)
    expect(yield* get("/health")).toMatchObject({ status: 200, text: "{\"status\":\"ok\"}" })
    const metrics = yield* get("/metrics")
    expect(metrics.headers["content-type"]).toContain("text/plain")
    for (const line of ["ploop_fleet_hosts{managed=\"no\"} 1", "ploop_fleet_hosts{managed=\"yes\"} 2"]) {
      expect(metrics.text).toContain(line)
    }
    expect(metrics.text).toContain("ploop_fleet_storage_up 1")

    const failed = new FleetError.StorageFailed({ reason: "it is away", isRecorded: false })
    const without = Context.add(fleet, Workflows.Workflows, {
      ...Context.get(fleet, Workflows.Workflows),
      get: () => failed,
      list: () => failed
    })
    const { get: getWithout } = yield* serve(without)
    expect(yield* getWithout("/health")).toMatchObject({ status: 503, text: "{\"status\":\"unavailable\"}" })
    expect((yield* getWithout("/metrics")).text).toContain("ploop_fleet_storage_up 0")
    const page = yield* getWithout("/")
    expect(page.status).toBe(503)
    expect(page.text).toContain("the storage of the fleet failed: it is away")
  }))

it.scopedLive("off the loopback interface a token is needed, and without one only names of this machine are served", () =>
  Effect.gen(function*() {
    const { fleet } = yield* prepare
    const open = yield* Effect.flip(serve(fleet, { host: "0.0.0.0" }))
    expect(open).toMatchObject({ _tag: "InvalidFleet", field: "web", value: "0.0.0.0:0" })

    const { get } = yield* serve(fleet)
    expect((yield* get("/", { host: "evil.example.org" })).status).toBe(403)
    expect((yield* get("/api/hosts", { host: "evil.example.org:80" })).status).toBe(403)
    expect((yield* get("/", { host: "localhost:1" })).status).toBe(200)

    const { get: guarded, port } = yield* serve(fleet, { host: "0.0.0.0", token: Redacted.make("s:ecret") })
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })
    const allowed = [{ authorization: "Bearer s:ecret" }, basic("anybody:s:ecret")]
    const refused = [{}, { authorization: "Bearer secret" }, basic("s:ecret:"), basic("none"), {
      authorization: "Basic %"
    }]
    for (const path of ["/", "/api/hosts", "/metrics", "/none"]) {
      for (const headers of refused) expect((yield* guarded(path, headers)).status, path).toBe(401)
    }
    for (const headers of allowed) expect((yield* guarded("/", headers)).status).toBe(200)
    expect((yield* guarded("/health")).status).toBe(200)
    expect(yield* Effect.flip(serve(fleet, { port }))).toMatchObject({ _tag: "InvalidFleet", field: "web" })
  }))

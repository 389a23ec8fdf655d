/** What the commands of the other packages export, as processes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { collector, valuesOf } from "./collector.js"

const command = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const maintenance = command("maintenance/bin/ploop-maintenance.js")
const agent = command("backend-remote/bin/ploop-agent.js")
const fleet = command("fleet/bin/ploop-fleet.js")

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "telemetry-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** The environment of this process without what may steer an export. */
const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OTEL_")))

/** Runs a command to its end, or until it is told to stop because of what it has logged or exported. */
const run = (
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>>,
  isEnough: (stderr: string) => boolean = () => false
) =>
  Effect.async<{ readonly code: number | null; readonly stderr: string; readonly stdout: string }>((resume) => {
    const child = spawn(process.execPath, args, { env: { ...own, ...variables }, stdio: ["ignore", "pipe", "pipe"] })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => void (stderr += chunk.toString()))
    const timer = setInterval(() => {
      if (!isEnough(stderr)) return
      clearInterval(timer)
      child.kill("SIGTERM")
    }, 20)
    child.on("close", (code) => {
      clearInterval(timer)
      resume(Effect.succeed({ code, stdout, stderr }))
    })
    return Effect.sync(() => child.kill("SIGTERM"))
  })

const to = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })

/** A command that calls an operation on a disk that is not there. */
const leftovers = [maintenance, "leftovers", "/nowhere/DiskDescriptor.xml"]

describe("a command that does work", () => {
  it.scopedLive("exports its operations as one trace, and their metrics", () =>
    Effect.gen(function*() {
      const { received, url } = yield* collector()
      yield* run(leftovers, to(url))
      const { metrics, resources, spans } = received()
      assert.deepStrictEqual(
        new Set(resources.map((resource) => resource["service.name"])),
        new Set(["ploop-maintenance"])
      )
      const root = spans.find(({ parentSpanId }) => parentSpanId === undefined)
      assert.strictEqual(root?.name, "ploop-maintenance")
      const operation = spans.find(({ name }) => name === "Ploop.listSnapshots")
      assert.strictEqual(operation?.traceId, root?.traceId)
      assert.deepInclude(valuesOf(operation?.attributes ?? []), { "ploop.subject": "/nowhere/DiskDescriptor.xml" })
      assert.include(metrics.map(({ name }) => name), "ploop_operations_total")
    }))

  it.scopedLive("has the same exit code and output when the collector is away, and one warning more", () =>
    Effect.gen(function*() {
      const { close, url } = yield* collector()
      yield* close
      const usual = yield* run(leftovers, {})
      const { stderr, ...rest } = yield* run(leftovers, to(url))
      const lines = stderr.split("\n")
      const isWarning = (line: string) =>
        line.startsWith(`ploop-maintenance: the OpenTelemetry collector at ${url} gets`)
      assert.strictEqual(lines.filter(isWarning).length, 1)
      assert.deepStrictEqual({ ...rest, stderr: lines.filter((line) => !isWarning(line)).join("\n") }, usual)
    }))

  it.scopedLive("does nothing when a variable breaks its rule, and ends with 2", () =>
    Effect.gen(function*() {
      const path = yield* directory
      const { requests, url } = yield* collector()
      const token = [agent, "token", "--tokens", join(path, "tokens.json"), "backups"]
      const wrong = yield* run(token, { ...to(url), OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })
      assert.deepStrictEqual(wrong, {
        code: 2,
        stdout: "",
        stderr: "ploop-agent: OTEL_EXPORTER_OTLP_PROTOCOL is grpc, but it must be http/protobuf or http/json\n"
      })
      assert.deepStrictEqual(requests, [])
      assert.strictEqual((yield* run(token, to(url))).code, 0)
    }))
})

describe("a service", () => {
  it.scopedLive("has exported its logs with their annotations when it was told to stop", () =>
    Effect.gen(function*() {
      const path = yield* directory
      const { received, url } = yield* collector()
      const serve = [agent, "serve", "--socket", join(path, "agent.sock")]
      const { code } = yield* run(serve, { ...to(url), OTEL_SERVICE_NAME: "agents" }, (stderr) =>
        stderr.includes("serving the ploops"))
      assert.strictEqual(code, 0)
      const { logs, resources } = received()
      assert.deepStrictEqual(
        new Set(resources.map((resource) =>
          resource["service.name"]
        )),
        new Set(["agents"])
      )
      const serving = logs.find(({ body }) => body.stringValue?.startsWith("serving the ploops of this host at"))
      assert.containsAllKeys(valuesOf(serving?.attributes ?? []), ["host"])
    }))

  it.scopedLive("exports the metrics of a fleet too, which its page computes when Prometheus asks for them", () =>
    Effect.gen(function*() {
      const path = yield* directory
      const config = join(path, "fleet.json")
      const settings = { hosts: { "node-1": { path: join(path, "agent.sock") } }, storage: join(path, "fleet.db") }
      writeFileSync(config, JSON.stringify(settings))
      const { received, url } = yield* collector()
      const serve = [fleet, "serve", "--config", config, "--socket", join(path, "fleet.sock")]
      const names = () => received().metrics.map(({ name }) => name)
      const { code } = yield* run(serve, to(url), () => names().includes("ploop_fleet_hosts"))
      assert.strictEqual(code, 0)
      assert.includeMembers(names(), ["ploop_fleet_storage_up", "ploop_fleet_hosts", "ploop_fleet_workflows"])
    }))
})

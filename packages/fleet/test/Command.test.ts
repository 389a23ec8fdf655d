import { Access, RemoteServer } from "@effect-ploop/backend-remote"
import { codeOf } from "@effect-ploop/command-line/Ended"
import { FileSystem, Terminal } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { execFileSync } from "node:child_process"
import { type AddressInfo, createServer } from "node:net"
import { main } from "../src/internal/cli/main.js"
import * as fleets from "./utils/fleets.js"

const terminal = Terminal.Terminal.of({
  columns: Effect.succeed(80),
  rows: Effect.succeed(25),
  isTTY: Effect.succeed(false),
  readInput: Effect.die("no input is expected"),
  readLine: Effect.die("no input is expected"),
  display: () => Effect.void
})

/** The exit code of the command, and what it printed. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const [stdout, stderr]: [Array<string>, Array<string>] = [[], []]
    const to = (lines: Array<string>) => (...words: ReadonlyArray<unknown>) =>
      Effect.sync(() => void lines.push(words.join(" ")))
    const exit = yield* Effect.exit(
      main(["node", "ploop-fleet", ...args]).pipe(
        Effect.provideService(Terminal.Terminal, terminal),
        Effect.withConsole({ ...yield* Effect.console, log: to(stdout), error: to(stderr) }),
        Effect.provide(NodeContext.layer)
      )
    )
    return { code: codeOf(0)(exit), stdout: stdout.join("\n"), stderr: stderr.join("\n") }
  })

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-fleet-" }))
  .pipe(
    Effect.provide(NodeContext.layer)
  )

const write = (path: string, content: unknown) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(path, JSON.stringify(content))).pipe(
    Effect.provide(NodeContext.layer)
  )

const freePort = Effect.async<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** A fleet of two hosts, each behind its agent, that the command serves. */
const serve = Effect.gen(function*() {
  const directory = yield* temporary
  const hosts = yield* fleets.hosts("node-1", "node-2")
  yield* fleets.makeSmallDisk(hosts["node-1"], "/vz/101/DiskDescriptor.xml")
  yield* fleets.makeSmallDisk(hosts["node-2"], "/vz/102/DiskDescriptor.xml")
  const agents = Object.entries(hosts).map(([name, host]) =>
    RemoteServer.layer({ listen: { path: `${directory}/${name}.sock` }, files: ["/vz"] }).pipe(
      Layer.provide(Layer.merge(NodeContext.layer, Layer.succeedContext(host)))
    )
  )
  yield* Effect.forEach(agents, (agent) => Layer.build(agent))
  const config = `${directory}/settings.json`
  yield* write(config, {
    hosts: { "node-1": { path: `${directory}/node-1.sock` }, "node-2": { path: `${directory}/node-2.sock` } },
    storage: `${directory}/fleet.db`,
    retries: []
  })
  const socket = `${directory}/fleet.sock`
  const web = yield* freePort
  yield* Effect.forkScoped(run("serve", "--config", config, "--socket", socket, "--web", String(web)))
  const on = (command: string, ...args: ReadonlyArray<string>) => run(command, "--socket", socket, ...args)
  yield* Effect.retry(
    Effect.filterOrFail(on("hosts"), ({ code }) => code === 0),
    Schedule.spaced("50 millis")
  )
  return { on, web }
})

it.scopedLive("an operator lists, searches and moves disks, and reads what has happened", () =>
  Effect.gen(function*() {
    const { on, web } = yield* serve
    expect((yield* Effect.promise(() => fetch(`http://127.0.0.1:${web}/health`))).status).toBe(200)
    expect((yield* on("hosts")).stdout).toBe("HOST    MANAGED\nnode-1  yes\nnode-2  yes")
    expect((yield* on("disks", "NODE-1")).stdout).toBe("HOST    DISK\nnode-1  /vz/101/DiskDescriptor.xml")
    expect((yield* on("snapshots", "node-1:/vz/101")).stdout).toContain(fleets.snapshot)

    const moved = yield* on("move", "--wait", "--key", "first", "node-1:/vz/101", "node-2")
    expect(moved).toMatchObject({ code: 0, stderr: "" })
    expect(moved.stdout).toContain("publish the new disk has succeeded")
    expect((yield* on("disks")).stdout).toBe(
      "HOST    DISK\nnode-2  /vz/101/DiskDescriptor.xml\nnode-2  /vz/102/DiskDescriptor.xml"
    )

    const [workflow] = JSON.parse((yield* on("workflows", "--all", "--json")).stdout) as [{ readonly id: string }]
    expect(workflow).toMatchObject({ key: "first", state: { name: "done" }, request: { _tag: "Move" } })
    expect((yield* on("show", workflow.id)).stdout).toMatch(/^move node-1:.*: done\n.* hold the source has begun\n/)
    expect((yield* on("workflows")).stdout).toBe("ID  STATE  KEY  STARTED  WHAT  STEP  PROBLEM")
    expect(yield* on("resume", workflow.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("it has ended") })
  }))

it.scopedLive("a host can be reached over TLS, by a certificate that its settings name", () =>
  Effect.gen(function*() {
    const directory = yield* temporary
    const [certificate, key] = [`${directory}/certificate.pem`, `${directory}/key.pem`]
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost"
    const names = ["-addext", "subjectAltName=DNS:localhost"]
    execFileSync("openssl", [...request.split(" "), ...names, "-keyout", key, "-out", certificate], { stdio: "ignore" })
    const { entry, token } = yield* Access.issue({ name: "fleet" })
    const hosts = yield* fleets.hosts("node-1")
    yield* fleets.makeSmallDisk(hosts["node-1"], "/vz/101/DiskDescriptor.xml")
    const server = RemoteServer.layer({
      listen: { webSocket: { host: "127.0.0.1", port: 0, tls: { certificate, key } } },
      tokens: [entry],
      files: ["/vz"]
    }).pipe(Layer.provide(Layer.merge(NodeContext.layer, Layer.succeedContext(hosts["node-1"]))))
    const { address } = Context.get(yield* Layer.build(server), RemoteServer.RemoteServer)
    const port = address._tag === "TcpAddress" ? address.port : 0
    const tokenFile = `${directory}/token`
    yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(tokenFile, Redacted.value(token))).pipe(
      Effect.provide(NodeContext.layer)
    )
    const config = `${directory}/settings.json`
    yield* write(config, {
      hosts: { "node-1": { url: `wss://localhost:${port}`, tls: { caFile: certificate }, tokenFile } },
      storage: `${directory}/fleet.db`
    })
    const socket = `${directory}/fleet.sock`
    yield* Effect.forkScoped(run("serve", "--config", config, "--socket", socket))
    const disks = yield* Effect.retry(
      Effect.filterOrFail(run("disks", "--socket", socket), ({ code }) => code === 0),
      Schedule.spaced("50 millis")
    )
    expect(disks.stdout).toBe("HOST    DISK\nnode-1  /vz/101/DiskDescriptor.xml")
  }))

it.scopedLive("an operator takes snapshots of a set and rolls them back, and drains a host", () =>
  Effect.gen(function*() {
    const { on } = yield* serve
    const set = yield* on("snapshot", "--wait", "nightly", "node-1:/vz/101", "node-2:/vz/102")
    expect(set).toMatchObject({ code: 0, stderr: "" })
    expect(yield* on("roll-back", "--wait", "nightly")).toMatchObject({ code: 0, stderr: "" })
    expect(yield* on("roll-back", "unknown")).toMatchObject({
      code: 1,
      stderr: "ploop-fleet: the fleet has no set unknown"
    })
    expect(yield* on("drain", "--wait", "node-1", "node-2")).toMatchObject({ code: 0, stderr: "" })
    expect((yield* on("disks", "node-1")).stdout).toBe("HOST  DISK")
  }))

it.scopedLive("what the fleet refuses has the exit code 1 and names the rule", () =>
  Effect.gen(function*() {
    const { on } = yield* serve
    const unknown = yield* on("move", "node-1:/vz/101", "node-9")
    expect(unknown).toMatchObject({
      code: 1,
      stderr: "ploop-fleet: to.host is node-9, but the fleet has the hosts node-1, node-2"
    })
    const failed = yield* on("move", "--wait", "node-1:/vz/999", "node-2")
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("has failed: DiskNotFound") })
  }))

it.live("a wrong argument, and a socket where no fleet is served, have the exit code 2", () =>
  Effect.gen(function*() {
    expect(yield* run("move", "--socket", "/nowhere", "101", "node-2")).toMatchObject({ code: 2 })
    expect(yield* run("serve", "--config", "/nowhere", "--web", "here")).toMatchObject({ code: 2 })
    const none = yield* run("hosts", "--socket", "/nowhere/fleet.sock")
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no fleet is served at /nowhere/fleet.sock")
    })
  }))

it.scopedLive("a wrong file of settings has every rule that it breaks, and nothing is served", () =>
  Effect.gen(function*() {
    const config = `${yield* temporary}/settings.json`
    yield* write(config, {
      hosts: {
        "Node 1": { path: "/a" },
        "node-2": {},
        "node-3": { path: "a.sock" },
        "node-4": { url: "https://a" },
        "node-5": { url: "ws://localhost:1", tls: {} },
        "node-6": { url: "wss://localhost:1", tls: { keyFile: "/key" } }
      },
      storage: "fleet.db",
      colour: "blue"
    })
    const { code, stderr } = yield* run("serve", "--config", config, "--socket", "/nowhere/fleet.sock")
    expect(code).toBe(2)
    expect(stderr).not.toContain("undefined")
    for (
      const rule of [
        "node-3.path is \"a.sock\", but it must be an absolute path",
        "Node 1",
        "node-2 must have one of path, address and url",
        "node-4.url is \"https://a\", but it must be wss://HOST:PORT",
        "node-5 must have a wss:// url, because it has tls",
        "node-6.tls must have both certificateFile and keyFile, or none",
        "storage is \"fleet.db\", but it must be an absolute path",
        "colour does not exist: the settings here are hosts, storage, address, fleet, directories and retries"
      ]
    ) {
      expect(stderr).toContain(rule)
    }
  }))

it.scopedLive("a PostgreSQL that is away has the exit code 2, and so has one without an address for the process", () =>
  Effect.gen(function*() {
    const directory = yield* temporary
    const [config, urlFile] = [`${directory}/settings.json`, `${directory}/url`]
    const settings = { hosts: { "node-1": { path: `${directory}/agent.sock` } }, storage: { urlFile } }
    yield* Effect.provide(
      Effect.flatMap(
        FileSystem.FileSystem,
        (fs) => fs.writeFileString(urlFile, "postgresql://fleet:secret@127.0.0.1:1/fleet\n")
      ),
      NodeContext.layer
    )
    const serving = ["serve", "--config", config, "--socket", `${directory}/run/fleet.sock`]
    yield* write(config, settings)
    expect(yield* run(...serving)).toMatchObject({ code: 2, stderr: expect.stringContaining("must have an address") })
    yield* write(config, { ...settings, address: "127.0.0.1:7100" })
    const { code, stderr } = yield* run(...serving)
    expect(code).toBe(2)
    expect(stderr).toContain("the storage of the fleet failed: connect ECONNREFUSED")
    expect(stderr).not.toContain("secret")
  }))

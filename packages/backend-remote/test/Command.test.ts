import { PloopFake } from "@effect-ploop/backend-fake"
import { Access, RemotePloop } from "@effect-ploop/backend-remote"
import { codeOf } from "@effect-ploop/command-line/Ended"
import { Ploop } from "@effect-ploop/core"
import { FileSystem, Terminal } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, Redacted, Schedule, Schema, type Scope } from "effect"
import * as https from "node:https"
import { main } from "../src/internal/cli/main.js"
import { pair } from "./utils/tls.js"

const terminal = Terminal.Terminal.of({
  columns: Effect.succeed(80),
  rows: Effect.succeed(25),
  isTTY: Effect.succeed(false),
  readInput: Effect.die("no input is expected"),
  readLine: Effect.die("no input is expected"),
  display: () => Effect.void
})

/** The exit code of the command, and what it printed. Its ploops are in memory, and its files on this host. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const [stdout, stderr]: [Array<string>, Array<string>] = [[], []]
    const to = (lines: Array<string>) => (...words: ReadonlyArray<unknown>) =>
      Effect.sync(() => void lines.push(words.join(" ")))
    const exit = yield* Effect.exit(
      main(["node", "ploop-agent", ...args]).pipe(
        Effect.provideService(Terminal.Terminal, terminal),
        Effect.withConsole({ ...yield* Effect.console, log: to(stdout), error: to(stderr) }),
        Effect.provide(Layer.merge(PloopFake.layer(), NodeContext.layer))
      )
    )
    return { code: codeOf(0)(exit), stdout: stdout.join("\n"), stderr: stderr.join("\n") }
  })

const inDirectory = (
  title: string,
  test: (directory: string) => Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) =>
  it.scopedLive(
    title,
    () =>
      Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.makeTempDirectoryScoped(), test)).pipe(
        Effect.provide(NodeContext.layer)
      )
  )

/** A logger that passes on the first match in what is logged. */
const logging = (pattern: RegExp, found: Deferred.Deferred<string>) =>
  Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => {
      const match = pattern.exec(String(message))?.[0]
      if (match !== undefined) Deferred.unsafeDone(found, Effect.succeed(match))
    })
  )

const Entries = Schema.parseJson(Schema.Array(Access.Entry))

describe("ploop-agent token", () => {
  inDirectory(
    "prints a token once, and keeps its digest in a file that only its owner can read",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const tokens = `${directory}/agent/tokens.json`
        const made = yield* run("token", "--tokens", tokens, "--operation", "tool", "--directory", "/vz", "backups")
        assert.strictEqual(made.code, 0)
        assert.match(made.stdout, /^[\w-]{43}$/)
        const text = yield* fs.readFileString(tokens)
        assert.notInclude(text, made.stdout)
        assert.strictEqual((yield* fs.stat(tokens)).mode & 0o777, 0o600)
        const [entry] = yield* Schema.decode(Entries)(text)
        assert.deepInclude(entry, { name: "backups", operations: ["tool"], directories: ["/vz"] })
      })
  )

  inDirectory(
    "adds to the tokens that there are, and refuses a name that one of them has",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const tokens = `${directory}/tokens.json`
        yield* run("token", "--tokens", tokens, "one")
        yield* run("token", "--tokens", tokens, "two")
        const text = yield* fs.readFileString(tokens)
        assert.deepStrictEqual((yield* Schema.decode(Entries)(text)).map(({ name }) => name), ["one", "two"])
        const again = yield* run("token", "--tokens", tokens, "two")
        assert.deepStrictEqual([again.code, again.stdout], [2, ""])
        assert.include(again.stderr, `${tokens} has a token for two: choose another name`)
        assert.strictEqual(yield* fs.readFileString(tokens), text)
      })
  )

  inDirectory(
    "refuses a path that is not absolute, and a file that has no tokens, and changes nothing",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const tokens = `${directory}/tokens.json`
        const relative = yield* run("token", "--tokens", tokens, "--directory", "vz", "one")
        assert.strictEqual(relative.code, 2)
        assert.include(relative.stderr, "directories[0] must be an absolute path")
        assert.isFalse(yield* fs.exists(tokens))
        yield* fs.writeFileString(tokens, "{}")
        const other = yield* run("token", "--tokens", tokens, "one")
        assert.strictEqual(other.code, 2)
        assert.include(other.stderr, `${tokens} is not a file of tokens: Expected`)
        assert.strictEqual(yield* fs.readFileString(tokens), "{}")
      })
  )

  inDirectory(
    "does not read a file that another one is changing, and leaves nothing when it fails",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const tokens = `${directory}/tokens.json`
        yield* fs.writeFileString(tokens, "to be replaced")
        yield* fs.writeFileString(`${tokens}.new`, "of another")
        assert.include((yield* run("token", "--tokens", tokens, "one")).stderr, `${tokens}.new exists`)
        yield* fs.remove(`${tokens}.new`)
        assert.include((yield* run("token", "--tokens", tokens, "one")).stderr, "is not a file of tokens")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      })
  )

  inDirectory("is not taken from a file that other users can write", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tokens = `${directory}/tokens.json`
      yield* run("token", "--tokens", tokens, "one")
      yield* fs.chmod(tokens, 0o666)
      const { code, stderr } = yield* run("serve", "--socket", `${directory}/socket`, "--tokens", tokens)
      assert.strictEqual(code, 2)
      assert.include(stderr, `${tokens} can be written by other users: use chmod 600`)
    }))

  inDirectory("refuses to write while another one does", (directory) =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const tokens = `${directory}/tokens.json`
      yield* fs.writeFileString(`${tokens}.new`, "of another")
      const { code, stderr } = yield* run("token", "--tokens", tokens, "one")
      assert.strictEqual(code, 2)
      assert.include(stderr, `${tokens}.new exists: another ploop-agent is making a token`)
      assert.strictEqual(yield* fs.readFileString(`${tokens}.new`), "of another")
      assert.isFalse(yield* fs.exists(tokens))
    }))
})

describe("ploop-agent serve", () => {
  inDirectory(
    "serves the ploops of its host at a socket until it is interrupted, to callers with a token",
    (directory) =>
      Effect.gen(function*() {
        const tokens = `${directory}/tokens.json`
        const path = `${directory}/run/agent.sock`
        const token = (yield* run("token", "--tokens", tokens, "--operation", "tool", "one")).stdout
        const server = yield* Effect.fork(run("serve", "--socket", path, "--tokens", tokens))
        const asked = (token: string) =>
          Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool).pipe(
            Effect.provide(RemotePloop.layer({
              address: { path },
              token: Redacted.make(token),
              reconnect: Schedule.spaced("20 millis")
            }))
          )
        assert.strictEqual((yield* asked(token)).generation, "1.15")
        assert.strictEqual((yield* Effect.flip(asked("guess")))._tag, "AccessRefused")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(server)))
      })
  )

  inDirectory("ends with 2 and the reason when it cannot listen", (directory) =>
    Effect.gen(function*() {
      const missing = yield* run("serve", "--tcp", "127.0.0.1:0", "--tokens", `${directory}/none`)
      assert.strictEqual(missing.code, 2)
      assert.include(missing.stderr, `${directory}/none`)
      for (const address of ["7000", "127.0.0.1:", "127.0.0.1:70000"]) {
        const { code, stderr } = yield* run("serve", "--tcp", address, "--tokens", `${directory}/none`)
        assert.strictEqual(code, 2)
        assert.include(stderr, `cannot listen at ${address}: --tcp must be HOST:PORT`)
      }
      const addresses: ReadonlyArray<readonly [options: string, reason: string]> = [
        ["--listen 10.0.0.7:7443", "--listen must be wss://HOST:PORT"],
        ["--listen wss://10.0.0.7:7443", "--tls-cert must be given with wss://"],
        ["--listen wss://10.0.0.7:7443 --tls-cert /c.pem", "--tls-key must be given with wss://"],
        ["--listen ws://127.0.0.1:0 --tls-key /k.pem", "--tls-cert, --tls-key and --tls-client-ca need wss://"],
        ["--tls-key /k.pem", "need --listen wss://HOST:PORT"],
        ["--listen ws://127.0.0.1:0 --tcp 127.0.0.1:0", "--listen and --tcp cannot be given together"]
      ]
      for (const [given, reason] of addresses) {
        const { code, stderr } = yield* run("serve", "--tokens", `${directory}/none`, ...given.split(" "))
        assert.strictEqual(code, 2, given)
        assert.include(stderr, reason)
      }
    }))

  inDirectory(
    "serves an encrypted address with its own certificate, and names a file that it cannot use",
    (directory) =>
      Effect.gen(function*() {
        const { certificate, key, text } = yield* pair
        const tokens = `${directory}/tokens.json`
        const token = Redacted.make((yield* run("token", "--tokens", tokens, "one")).stdout)
        const at = (...args: ReadonlyArray<string>) =>
          run("serve", "--tokens", tokens, "--listen", "wss://127.0.0.1:0", "--tls-cert", certificate, ...args)
        assert.include((yield* at("--tls-key", `${key}.none`)).stderr, `the key ${key}.none does not exist`)
        const listening = yield* Deferred.make<string>()
        const server = yield* Effect.fork(
          Effect.provide(at("--tls-key", key), logging(/wss:\S+/, listening))
        )
        const address = { url: yield* Deferred.await(listening), tls: { ca: text } }
        const { generation } = yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool).pipe(
          Effect.provide(RemotePloop.layer({ address, token }))
        )
        assert.strictEqual(generation, "1.15")
        yield* Fiber.interrupt(server)
      })
  )
})

describe("ploop-agent doctor", () => {
  inDirectory(
    "says what a host has, what the token allows, and why it cannot be used",
    (directory) =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const [tokens, path] = [`${directory}/tokens.json`, `${directory}/run/agent.sock`]
        const token = `${directory}/token`
        const given = ["--operation", "tool", "--operation", "listSnapshots", "--directory", directory, "one"]
        yield* fs.writeFileString(token, (yield* run("token", "--tokens", tokens, ...given)).stdout)
        const listening = yield* Deferred.make<string>()
        const server = yield* Effect.fork(
          Effect.provide(run("serve", "--socket", path, "--tokens", tokens), logging(/serving/, listening))
        )
        yield* Deferred.await(listening)
        const usable = yield* run("doctor", "--connect", path, "--token-file", token)
        assert.strictEqual(usable.code, 0)
        assert.match(usable.stdout, /^ok +connection +\/.*\n/)
        assert.match(usable.stdout, /\nok +caller +one\n/)
        assert.match(usable.stdout, /\nok +operations +tool, listSnapshots\n/)
        assert.match(usable.stdout, /\nok +tool +.*generation 1\.15\n/)
        assert.match(usable.stdout, /\nunknown +prerequisites .*does not allow the operation prerequisites/)
        const json = yield* run("doctor", "--json", "--connect", path, "--token-file", token)
        assert.deepInclude(JSON.parse(json.stdout), { status: "ok", what: "connection", text: path })
        const elsewhere = yield* run("doctor", "--connect", path, "--token-file", token, "--disk", "/other/root.xml")
        assert.strictEqual(elsewhere.code, 2)
        assert.match(elsewhere.stdout, /\nFAILED +disk +listSnapshots \(\/other\/root\.xml\)/)
        const unknown = yield* run("doctor", "--connect", path)
        assert.strictEqual(unknown.code, 2)
        assert.match(unknown.stdout, /^FAILED +connection .*requires a token/)
        yield* Fiber.interrupt(server)
        assert.match((yield* run("doctor", "--connect", path)).stdout, /^FAILED +connection .*ENOENT/)
        const none = yield* run("doctor", "--connect", path, "--token-file", `${token}.none`)
        assert.include(none.stderr, `${token}.none cannot be read`)
        assert.include((yield* run("doctor", "--connect", "nowhere")).stderr, "nowhere is not an address")
      })
  )
})

describe("ploop-agent serve --health", () => {
  const get = (url: string) =>
    Effect.promise(async () => {
      const response = await fetch(url)
      return `${response.status} ${response.headers.get("content-type")} ${await response.text()}`
    })

  const getEncrypted = (url: string, ca: string) =>
    Effect.async<string>((resume) => {
      https.get(url, { ca }, (response) => {
        let text = `${response.statusCode} `
        response.on("data", (part) => (text += String(part)))
        response.on("end", () => resume(Effect.succeed(text)))
      })
    })

  inDirectory(
    "serves the state of the tool, and the metrics of the process for Prometheus",
    (directory) =>
      Effect.gen(function*() {
        const path = `${directory}/agent.sock`
        const listening = yield* Deferred.make<string>()
        const server = yield* Effect.fork(
          Effect.provide(
            run("serve", "--socket", path, "--health", "http://127.0.0.1:0"),
            logging(/http:\S+/, listening)
          )
        )
        const url = yield* Deferred.await(listening)
        assert.match(yield* get(`${url}/health`), /^200 application\/json \{"status":"ok","generation":"1\.15"\}/)
        yield* Effect.flatMap(Ploop.Ploop, (ploop) => ploop.tool).pipe(
          Effect.provide(RemotePloop.layer({ address: { path } }))
        )
        const metrics = yield* get(`${url}/metrics`)
        assert.match(metrics, /^200 text\/plain; version=0\.0\.4/)
        assert.match(metrics, /\n# TYPE ploop_remote_connections gauge\n/)
        assert.match(yield* get(`${url}/`), /^404 /)
        yield* Fiber.interrupt(server)
        const { certificate, key, text } = yield* pair
        const secure = yield* Deferred.make<string>()
        const tls = ["--tls-cert", certificate, "--tls-key", key]
        const encrypted = yield* Effect.fork(
          Effect.provide(
            run("serve", "--socket", path, "--health", "https://127.0.0.1:0", ...tls),
            logging(/https:\S+/, secure)
          )
        )
        assert.match(yield* getEncrypted(`${yield* Deferred.await(secure)}/health`, text), /^200 \{"status":"ok"/)
        yield* Fiber.interrupt(encrypted)
        const reason = (address: string) =>
          Effect.map(run("serve", "--socket", path, "--health", address), ({ stderr }) => stderr)
        assert.include(yield* reason("http://0.0.0.0:0"), "without https:// it must be on loopback")
        assert.include(yield* reason("https://127.0.0.1:0"), "--tls-cert and --tls-key must be given with https://")
        assert.include(yield* reason("9464"), "--health must be http://HOST:PORT")
      })
  )
})

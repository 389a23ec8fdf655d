/** A PostgreSQL of the test's own: in a directory of its own, at a Unix socket there. */
import { Effect, Redacted, Schedule } from "effect"
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"

const versions = "/usr/lib/postgresql"

const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []

const bin = `${versions}/${installed[0]}/bin`

/** Why tests of PostgreSQL cannot run here; undefined when they can. */
export const missing: string | undefined = installed.length === 0
  ? "postgresql is not installed: apt-get install postgresql"
  : process.getuid?.() !== 0
  ? "the user of the server can be changed to by root only"
  : undefined

if (missing !== undefined && process.env["PLOOP_TEST_REQUIRE_TOOL"] === "1") {
  throw new Error(`the tests of PostgreSQL are required here, but ${missing}`)
}

/** The server refuses to be run by root. */
const asServer = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]

/** Nothing of the server has to survive the machine, but what it has acknowledged survives its own end. */
const settings = {
  listen_addresses: "",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "16MB",
  autovacuum: "off"
}

const ended = (child: ChildProcess) =>
  Effect.async<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) resume(Effect.void)
    else child.once("exit", () => resume(Effect.void))
  })

export interface Postgres {
  /** The URL of a new database. */
  readonly database: Effect.Effect<Redacted.Redacted>
  readonly start: Effect.Effect<void>
  /** Ends it at once, as a kill does: its clients lose their connections. */
  readonly stop: Effect.Effect<void>
}

const run = (directory: string) => {
  const options = Object.entries({ ...settings, unix_socket_directories: directory })
    .flatMap(([name, value]) => ["-c", `${name}=${value}`])
  return spawn("setpriv", [...asServer, `${bin}/postgres`, "-D", `${directory}/data`, ...options], {
    cwd: directory,
    stdio: "ignore"
  })
}

const prepare = () => {
  const directory = mkdtempSync("/tmp/ploop-fleet-postgres-")
  execFileSync("chown", ["postgres:postgres", directory])
  const initdb = ["-D", `${directory}/data`, "-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"]
  execFileSync("setpriv", [...asServer, `${bin}/initdb`, ...initdb], { cwd: directory, stdio: "ignore" })
  return directory
}

const serverIn = (directory: string): Postgres => {
  let child: ChildProcess | undefined
  let databases = 0
  const client = ["-h", directory, "-U", "postgres"]
  const isReady = Effect.try(() => execFileSync(`${bin}/pg_isready`, ["-q", ...client]))
  return {
    database: Effect.sync(() => {
      const name = `fleet_${++databases}`
      execFileSync(`${bin}/createdb`, [...client, name])
      return Redacted.make(`postgresql:///${name}?host=${directory}&user=postgres`)
    }),
    start: Effect.sync(() => void (child = run(directory))).pipe(
      Effect.zipRight(Effect.retry(isReady, { schedule: Schedule.spaced("50 millis"), times: 600 })),
      Effect.orDie,
      Effect.asVoid
    ),
    stop: Effect.suspend(() => {
      if (child === undefined) return Effect.void
      const stopped = child
      child = undefined
      stopped.kill("SIGQUIT")
      return ended(stopped)
    })
  }
}

/** A server, which is not started yet. */
export const make = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = prepare()
      return { directory, server: serverIn(directory) }
    }),
    ({ directory, server }) =>
      Effect.zipRight(server.stop, Effect.sync(() => rmSync(directory, { recursive: true, force: true })))
  ),
  ({ server }) => server
)

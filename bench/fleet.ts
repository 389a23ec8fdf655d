/**
 * Measures the workflows of a fleet on its storages, and counts what an operation costs the storage. PLOOP_BENCH_POSTGRES is the
 * URL of an empty database.
 */
import { PloopFake } from "@effect-ploop/backend-fake"
import { Disk, Ploop } from "@effect-ploop/core"
import { Fleet, Runner, Storage, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { LibsqlClient } from "@effect/sql-libsql"
import { PgClient } from "@effect/sql-pg"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { Config, Context, Effect, Layer, Option } from "effect"
import { alternate, rate, speed } from "./measure.js"
import type { Report } from "./report.js"
import { perSecond } from "./report.js"

const disks = Array.from({ length: 10 }, (_, index) => Disk.make(`/vz/${index}/DiskDescriptor.xml`))

const host = Effect.gen(function*() {
  const made = yield* PloopFake.make()
  const fs = Context.get(made, FileSystem.FileSystem)
  for (const disk of disks) {
    yield* fs.makeDirectory(Disk.directory(disk), { recursive: true })
    yield* Context.get(made, Ploop.Ploop).create({
      image: `${Disk.directory(disk)}/root.hdd`,
      size: "8M",
      clusterSize: "32K",
      fileSystem: "none"
    })
  }
  return made
})

/** What a storage has been asked. */
class Counter {
  statements = 0

  readonly layer = Statement.setTransformer((statement) =>
    Effect.sync(() => {
      this.statements++
      return statement
    })
  )
}

const tables = [
  "cluster_messages",
  "cluster_replies",
  "ploop_fleet_begun",
  "ploop_fleet_events",
  "ploop_fleet_workflows"
]

/** A fleet of two hosts, whose database is counted. */
const fleetIn = (database: Layer.Layer<SqlClient.SqlClient, unknown>) =>
  Effect.gen(function*() {
    const counter = new Counter()
    const client = yield* Layer.build(database)
    const sql = Context.get(client, SqlClient.SqlClient)
    const hosts = { "node-1": Layer.succeedContext(yield* host), "node-2": Layer.succeedContext(yield* host) }
    const fleet = yield* Layer.build(
      Layer.fresh(Runner.layer({ hosts })).pipe(
        Layer.provide(Layer.fresh(Storage.layerSql)),
        Layer.provide(Layer.succeedContext(client)),
        Layer.provide(counter.layer)
      )
    )
    const rows = Effect.map(
      Effect.forEach(tables, (table) =>
        Effect.map(
          sql<{ readonly count: unknown }>`SELECT COUNT(*) AS count FROM ${sql(table)}`,
          ([row]) => Number(row?.count)
        )),
      (counts) => counts.reduce((sum, count) => sum + count, 0)
    )
    return { fleet, counter, rows, sql }
  })

type Counted = Effect.Effect.Success<ReturnType<typeof fleetIn>>

let number = 0

const key = () => `bench ${++number}`

const snapshot = ({ fleet }: Counted) =>
  Context.get(fleet, Fleet.Fleet).change("node-1", "createSnapshot", { disk: disks[number % disks.length]! }, {
    key: key()
  })

const carryOut = ({ fleet }: Counted, request: Parameters<Workflows.Workflows["start"]>[0]) =>
  Effect.gen(function*() {
    const workflows = Context.get(fleet, Workflows.Workflows)
    const id = yield* workflows.start(request, { key: key() })
    // Asking whether it has ended is not what is counted.
    yield* Effect.sleep("3 seconds")
    return yield* workflows.get(id)
  })

/** A set of snapshots has a step for each disk. */
const set = (counted: Counted, size: number) =>
  Effect.gen(function*() {
    const workflows = Context.get(counted.fleet, Workflows.Workflows)
    const [first, ...others] = disks.slice(0, size).map((disk) => ({ host: "node-1", disk }))
    yield* workflows.ended(yield* workflows.start({ _tag: "SnapshotSet", disks: [first!, ...others] }, { key: key() }))
  })

/** What it costs, without what an idle fleet costs in the same time. */
const costOf = (counted: Counted, what: string, run: Effect.Effect<unknown, unknown>, times: number) =>
  Effect.gen(function*() {
    const { counter, rows } = counted
    const before = { rows: yield* rows, statements: counter.statements }
    yield* Effect.repeatN(run, times - 1)
    const after = { rows: yield* rows, statements: counter.statements }
    const per = (name: "rows" | "statements") => ((after[name] - before[name]) / times).toFixed(1)
    return `${what}: ${per("statements")} statements, ${per("rows")} new rows`
  })

const payloads = ({ sql }: Counted) =>
  Effect.map(
    sql<{ readonly bytes: unknown; readonly count: unknown }>`
      SELECT SUM(LENGTH(payload) + LENGTH(headers) + LENGTH(entity_id) + LENGTH(message_id)) AS bytes, COUNT(*) AS count FROM cluster_messages`,
    ([row]) => `a message: ${Math.round(Number(row?.bytes) / Number(row?.count))} bytes of text`
  )

const libsql = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-bench-" }))
  .pipe(
    Effect.map((path) => LibsqlClient.layer({ url: `file:${path}/fleet.db`, intMode: "bigint" })),
    Effect.provide(NodeContext.layer)
  )

const postgres = Effect.map(
  Config.option(Config.redacted("PLOOP_BENCH_POSTGRES")),
  Option.map((url) => PgClient.layer({ url, maxConnections: 10 }))
)

const move = (from: string, to: string) => ({
  _tag: "Move" as const,
  from: { host: from, disk: disks[0]! },
  to: { host: to, disk: disks[0]! }
})

const steps = 10

export const fleet: Effect.Effect<Report> = Effect.gen(function*() {
  const embedded = yield* fleetIn(yield* libsql)
  yield* snapshot(embedded)
  const notes = [
    yield* costOf(embedded, "an idle process with two hosts, in 20 seconds", Effect.sleep("20 seconds"), 1),
    yield* costOf(embedded, "a change", Effect.suspend(() => snapshot(embedded)), 20),
    yield* costOf(
      embedded,
      "a move of six steps, with three idle seconds",
      carryOut(embedded, move("node-1", "node-2")),
      1
    ),
    yield* payloads(embedded)
  ]
  const server = yield* postgres
  if (Option.isNone(server)) return { rows: [], notes: [...notes, "Skipped: PLOOP_BENCH_POSTGRES is not set."] }
  const shared = yield* fleetIn(server.value)
  const times = yield* alternate(
    { postgres: { run: set(shared, steps) }, libsql: { run: set(embedded, steps) } },
    { rounds: 5, warmUp: 1 }
  )
  return {
    rows: [{
      name: "steps of a workflow on PostgreSQL",
      figure: perSecond(rate(times.postgres, steps)),
      reference: `on libsql, ${perSecond(rate(times.libsql, steps))}`,
      ...speed(times.postgres, times.libsql)
    }],
    notes
  }
}).pipe(Effect.scoped, Effect.orDie)

import { Ploop, SnapshotTree } from "@effect-ploop/core"
import { Fleet, Runner, Storage, Workflows } from "@effect-ploop/fleet"
import { LibsqlClient } from "@effect/sql-libsql"
import { expect, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Layer, Redacted } from "effect"
import { describe } from "vitest"
import * as fleets from "./utils/fleets.js"
import * as killable from "./utils/killable.js"
import * as postgres from "./utils/postgres.js"

const disk = "/vz/101/DiskDescriptor.xml"

class Server extends Context.Tag("Server")<Server, postgres.Postgres>() {}

const Running = Layer.scoped(Server, Effect.tap(postgres.make, ({ start }) => start))

const inPostgres = Effect.map(
  Effect.flatMap(Server, ({ database }) => database),
  (url) => Storage.layerPostgres({ url })
)

const inLibsql = Effect.map(
  fleets.storagePath,
  (path) => Layer.provide(Layer.fresh(Storage.layerSql), LibsqlClient.layer({ url: `file:${path}`, intMode: "bigint" }))
)

const databases = [["libsql", inLibsql], ["PostgreSQL", inPostgres]] as const

/** One name is as long as a name may be, and one path is longer than any that is usual. */
const long = { host: `node-2.${"x".repeat(53)}`, disk: `/vz/${"long/".repeat(60)}DiskDescriptor.xml` }

const snapshot = (key: string) =>
  Effect.flatMap(Fleet.Fleet, (fleet) => fleet.change("node-1", "createSnapshot", { disk }, { key }))

const title = postgres.missing === undefined ? "a database" : `a database (skipped: ${postgres.missing})`

describe.skipIf(postgres.missing !== undefined)(title, () => {
  layer(Running, { excludeTestServices: true })((it) => {
    for (const [name, storage] of databases) {
      it.scoped(`${name}: the same change with the same key happens once, and over a restart`, () =>
        Effect.gen(function*() {
          const hosts = yield* fleets.hosts("node-1")
          yield* fleets.makeSmallDisk(hosts["node-1"], disk)
          const process = Layer.provide(Runner.layer({ hosts: fleets.layersOf(hosts) }), yield* storage)
          const once = Effect.all([snapshot("nightly"), snapshot("nightly")], { concurrency: "unbounded" })
          const ids = [...yield* Effect.provide(once, process), yield* Effect.provide(snapshot("nightly"), process)]
          expect(new Set(ids).size).toBe(1)
          const tree = yield* Context.get(hosts["node-1"], Ploop.Ploop).listSnapshots({ disk })
          expect(SnapshotTree.nodes(tree)).toHaveLength(3)
        }))

      it.scoped(`${name}: a move ends as it should when its process is killed`, () =>
        Effect.gen(function*() {
          const hosts = yield* fleets.hosts("node-1", long.host)
          yield* fleets.makeSmallDisk(hosts["node-1"]!, disk)
          const before = yield* fleets.everything(hosts["node-1"]!)
          const stored = yield* Layer.build(yield* storage)
          const program = Effect.gen(function*() {
            const workflows = yield* Workflows.Workflows
            const [from, to] = [{ host: "node-1", disk }, { host: long.host, disk: long.disk }]
            const id = yield* workflows.start({ _tag: "Move", from, to }, { key: "once" })
            return { outcome: yield* workflows.ended(id), history: (yield* workflows.get(id)).history }
          })
          expect((yield* killable.run({ stored, hosts, program, killAfter: 40 })).result).toBeUndefined()
          const { result } = yield* killable.run({ stored, hosts, program })
          expect(result?.outcome).toEqual({ _tag: "Done", left: [] })
          expect(yield* fleets.everything(hosts["node-1"]!)).toEqual({ "101": "directory" })
          const images = (all: Readonly<Record<string, string>>) =>
            Object.values(all).filter((digest) => digest !== "directory").sort()
          expect(images(yield* fleets.everything(hosts[long.host]!))).toEqual(images(before))
        }))
    }

    it.scoped("while a PostgreSQL is away, calls are StorageFailed; a change that was running happens once", () =>
      Effect.gen(function*() {
        const server = yield* Server
        const hosts = yield* fleets.hosts("node-1")
        yield* fleets.makeSmallDisk(hosts["node-1"], disk)
        const [begun, away] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const ploop = Context.get(hosts["node-1"], Ploop.Ploop)
        const slow = Context.add(hosts["node-1"], Ploop.Ploop, {
          ...ploop,
          createSnapshot: (options) =>
            Deferred.succeed(begun, undefined).pipe(
              Effect.zipRight(Deferred.await(away)),
              Effect.zipRight(ploop.createSnapshot(options))
            )
        })
        const process = Layer.provide(Runner.layer({ hosts: fleets.layersOf({ "node-1": slow }) }), yield* inPostgres)
        const whileAway = Effect.gen(function*() {
          yield* Deferred.succeed(away, undefined)
          const error = yield* Effect.flip(snapshot("nightly"))
          expect(error).toMatchObject({ _tag: "StorageFailed", isRecorded: true })
          const { hosts } = yield* Fleet.Fleet
          const { list } = yield* Workflows.Workflows
          expect(yield* Effect.flip(hosts)).toMatchObject({ _tag: "StorageFailed" })
          expect(yield* Effect.flip(list())).toMatchObject({ _tag: "StorageFailed" })
        })
        const program = Effect.gen(function*() {
          const running = yield* Effect.fork(snapshot("before"))
          yield* Deferred.await(begun)
          yield* Effect.acquireUseRelease(server.stop, () => whileAway, () => server.start)
          const ids = [yield* running, yield* snapshot("before"), yield* snapshot("nightly")]
          expect(new Set(ids).size).toBe(2)
        })
        yield* Effect.provide(program, process)
        expect(SnapshotTree.nodes(yield* ploop.listSnapshots({ disk }))).toHaveLength(4)
      }))

    it.scoped("a PostgreSQL that is away at the start is StorageFailed, without its password", () =>
      Effect.gen(function*() {
        const url = Redacted.make("postgresql://fleet:secret@localhost:1/fleet")
        const error = yield* Effect.flip(Layer.build(Storage.layerPostgres({ url })))
        expect(error).toMatchObject({ _tag: "StorageFailed", reason: expect.stringContaining("ECONNREFUSED") })
        expect(JSON.stringify(error)).not.toContain("secret")
        const none = yield* Effect.flip(Layer.build(Storage.layerPostgres({ url: Redacted.make("fleet:secret@") })))
        expect(none._tag).toBe("StorageFailed")
        expect(JSON.stringify(none)).not.toContain("secret")
      }))
  })
})

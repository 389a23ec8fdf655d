import { FakeHost } from "@effect-ploop/backend-fake"
import { LowLevel, Ploop, SnapshotId } from "@effect-ploop/core"
import { Fleet, Workflow, Workflows } from "@effect-ploop/fleet"
import { FileSystem } from "@effect/platform"
import { SystemError } from "@effect/platform/Error"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Option } from "effect"
import { handlersOf } from "../src/internal/disk.js"
import { Journal } from "../src/internal/journal.js"
import * as memory from "../src/internal/storage/memory.js"
import * as frozen from "../src/internal/transfer/frozen.js"
import * as manifests from "../src/internal/transfer/manifest.js"
import type { Place } from "../src/internal/transfer/place.js"
import * as source from "../src/internal/transfer/source.js"
import * as target from "../src/internal/transfer/target.js"
import * as fleets from "./utils/fleets.js"

const disk = "/vz/101/DiskDescriptor.xml"

const from = { host: "node-1", disk }

const to = { host: "node-2", disk }

const start = Effect.flatMap(
  Workflows.Workflows,
  (workflows) => workflows.start({ _tag: "Move", from, to }, { key: "move 101" })
)

const prepare = Effect.gen(function*() {
  const hosts = yield* fleets.hosts("node-1", "node-2")
  yield* fleets.makeDisk(hosts["node-1"], disk, { "one.txt": "one", "two.txt": "two" })
  return hosts
})

it.live("a disk that is moved has its files and its snapshots on the other host, and is gone from the first", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const snapshots = Context.get(hosts["node-1"], Ploop.Ploop).listSnapshots({ disk })
    const before = yield* snapshots
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
      expect(yield* start).toBe(id)
      const steps = (yield* workflows.get(id)).history.flatMap((event) =>
        event._tag === "Succeeded" ? [event.step] : []
      )
      expect(steps).toEqual([
        "hold the source",
        "receive the files",
        "confirm the source",
        "publish the new disk",
        "purge the source",
        "finish the new disk"
      ])
      expect(yield* workflows.list()).toEqual([])
      expect((yield* workflows.list({ ended: true })).map(({ id }) => id)).toEqual([id])
    })
    yield* Effect.provide(program, fleets.single(hosts))
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
    expect(yield* Context.get(hosts["node-2"], Ploop.Ploop).listSnapshots({ disk })).toEqual(before)
    expect((yield* Effect.flip(snapshots))._tag).toBe("DiskNotFound")
  }))

it.live("a disk that runs is not moved, and nothing happens to it", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    yield* Context.get(hosts["node-1"], Ploop.Ploop).mount({ disk, target: "/mnt" })
    const outcome = yield* Effect.flatMap(start, (id) =>
      Effect.flatMap(Workflows.Workflows, (workflows) => workflows.ended(id))).pipe(
        Effect.provide(fleets.withoutRetries(hosts))
      )
    expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "DiskInUse", kind: "refused" }, left: [] })
    yield* Context.get(hosts["node-1"], Ploop.Ploop).umount({ disk })
    expect(yield* fleets.filesOf(hosts["node-1"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
  }))

it.live("a disk that is not there is refused, and nothing stays held", () =>
  Effect.gen(function*() {
    const hosts = yield* fleets.hosts("node-1", "node-2")
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const outcome = yield* workflows.ended(yield* start)
      expect(outcome).toMatchObject({ _tag: "Failed", problem: { tag: "DiskNotFound" }, left: [] })
      const fleet = yield* Fleet.Fleet
      yield* Context.get(hosts["node-1"], FileSystem.FileSystem).makeDirectory("/vz/101")
      yield* fleet.change("node-1", "create", { image: "/vz/101/root.hdd", size: "1G" }, { key: "make" })
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
  }))

/** The target cannot use what it has received, so that the move waits for a person. */
const stuck = Effect.gen(function*() {
  const hosts = yield* prepare
  yield* Context.get(hosts["node-2"], FakeHost.FakeHost).fail("imageInfo", "InputOutputFailed")
  return hosts
})

it.live("while a move waits for a person, the disk is held; resumed, the move ends", () =>
  Effect.gen(function*() {
    const hosts = yield* stuck
    const program = Effect.gen(function*() {
      const fleet = yield* Fleet.Fleet
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      expect(yield* fleets.until(id, "waiting")).toMatchObject({ step: "receive the files", canGiveUp: true })

      const change = fleet.change("node-1", "createSnapshot", { disk }, { key: "nightly" })
      expect(yield* Effect.flip(change)).toMatchObject({ _tag: "DiskHeld", workflow: id })
      const query = fleet.query("node-1", "listSnapshots", { disk })
      expect(yield* Effect.flip(query)).toMatchObject({ _tag: "DiskHeld", workflow: id })
      const create = fleet.change("node-2", "create", { image: "/vz/101/root.hdd", size: "1G" }, { key: "there" })
      expect(yield* Effect.flip(create)).toMatchObject({ _tag: "DiskHeld", workflow: id })
      const tool = Context.get(hosts["node-1"], Ploop.Ploop).mount({ disk, target: "/mnt" })
      expect((yield* Effect.flip(tool))._tag).toBe("DiskNotFound")

      yield* workflows.resume(id)
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
      expect(yield* Effect.flip(workflows.resume(id))).toMatchObject({ _tag: "CannotDecide", decision: "resume" })
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
  }))

it.live("a move that a person gives up is undone", () =>
  Effect.gen(function*() {
    const hosts = yield* stuck
    const before = yield* fleets.everything(hosts["node-1"])
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      yield* fleets.until(id, "waiting")
      yield* workflows.giveUp(id)
      expect(yield* workflows.ended(id)).toMatchObject({ _tag: "Failed", problem: { kind: "givenUp" }, left: [] })
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect(yield* fleets.everything(hosts["node-1"])).toEqual(before)
    expect(yield* fleets.everything(hosts["node-2"])).toEqual({})
  }))

it.live("a move waits for a host that no process manages, and a person need not wait", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const before = yield* fleets.everything(hosts["node-1"])
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      expect(yield* fleets.until(id, "unreachable")).toMatchObject({ step: "receive the files", canGiveUp: true })
      yield* workflows.giveUp(id)
      yield* fleets.until(id, "unreachable")
      expect(yield* fleets.everything(hosts["node-1"])).toEqual(before)
      yield* workflows.giveUp(id)
      const left = [expect.stringContaining(`.receiving-${id} may still be beside that of node-2:${disk}`)]
      expect(yield* workflows.ended(id)).toMatchObject({ _tag: "Failed", problem: { kind: "givenUp" }, left })
    })
    yield* Effect.provide(program, fleets.withoutRetries({ "node-1": hosts["node-1"] }, ["node-1", "node-2"]))
  }))

/** The host publishes the new disk, and from then on it does not respond until somebody repairs the connection. */
const losing = (host: fleets.Host) => {
  const fs = Context.get(host, FileSystem.FileSystem)
  const connection = { isLost: false }
  const lost = new SystemError({
    module: "FileSystem",
    method: "rename",
    reason: "Unknown",
    pathOrDescriptor: disk,
    description: "the connection was lost"
  })
  const changed = Context.add(host, FileSystem.FileSystem, {
    ...fs,
    exists: (path) => connection.isLost ? lost : fs.exists(path),
    rename: (from, to) =>
      Effect.zipRight(
        fs.rename(from, to),
        Effect.suspend(() => {
          connection.isLost = from.includes(".receiving-") && to === "/vz/101"
          return connection.isLost ? lost : Effect.void
        })
      )
  })
  return { connection, host: changed }
}

it.live("while the new disk may have been published, the source stays held, whatever a person decides", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const { connection, host } = losing(hosts["node-2"])
    const canRun = Effect.map(fleets.everything(hosts["node-1"]), (all) => "101/DiskDescriptor.xml" in all)
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      expect(yield* fleets.until(id, "waiting")).toMatchObject({ step: "publish the new disk" })
      yield* workflows.giveUp(id)
      expect(yield* fleets.until(id, "waiting")).toMatchObject({ step: "withdraw the new disk", canGiveUp: false })
      expect(yield* Effect.flip(workflows.giveUp(id))).toMatchObject({ _tag: "CannotDecide", decision: "giveUp" })
      expect(yield* canRun).toBe(false)
      connection.isLost = false
      yield* workflows.resume(id)
      expect(yield* workflows.ended(id)).toEqual({ _tag: "Done", left: [] })
    })
    yield* Effect.provide(program, fleets.withoutRetries({ "node-1": hosts["node-1"], "node-2": host }))
    expect(yield* fleets.everything(hosts["node-1"])).toEqual({ "101": "directory" })
    expect(yield* fleets.filesOf(hosts["node-2"], disk)).toEqual({ "one.txt": "one", "two.txt": "two" })
  }))

it.live("a source that somebody changes while it is held is not published", () =>
  Effect.gen(function*() {
    const hosts = yield* stuck
    const image = "/vz/101/root.hdd"
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      yield* fleets.until(id, "waiting")
      const fs = Context.get(hosts["node-1"], FileSystem.FileSystem)
      yield* fs.writeFile(image, Buffer.concat([yield* fs.readFile(image), Buffer.alloc(4096, 1)]))
      const changed = yield* fleets.everything(hosts["node-1"])
      yield* workflows.resume(id)
      const state = yield* fleets.until(id, "waiting")
      expect(state).toMatchObject({ step: "confirm the source", problem: { tag: "SourceChanged" }, canGiveUp: true })
      yield* workflows.giveUp(id)
      expect(yield* workflows.ended(id)).toMatchObject({ _tag: "Failed", left: [] })
      const after = yield* fleets.everything(hosts["node-1"])
      expect(after["101/root.hdd"]).toBe(changed["101/root.hdd"])
      expect("101/DiskDescriptor.xml" in after).toBe(true)
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
    expect(yield* fleets.everything(hosts["node-2"])).toEqual({})
  }))

it.live("a change that a killed process has begun is OutcomeUnknown, not DiskHeld, once a workflow holds the disk", () =>
  Effect.gen(function*() {
    const { "node-1": host } = yield* prepare
    const journal = Context.get(yield* Layer.build(memory.layer), Journal)
    const { "change/createSnapshot": change } = handlersOf({
      directories: [],
      fs: Context.get(host, FileSystem.FileSystem),
      services: { ...Context.get(host, Ploop.Ploop), ...Context.get(host, LowLevel.LowLevel) },
      send: () => ({}),
      id: `node-1:${disk}`,
      changes: yield* Effect.makeSemaphore(1),
      journal
    }) as Record<string, (message: unknown) => Effect.Effect<unknown, unknown>>
    const outcomeOf = (requestId: string, of = disk) =>
      change!({ requestId, payload: { key: requestId, request: { disk: of, id: fleets.snapshot } } })
    yield* journal.begin("begun")
    yield* journal.hold(`node-1:${disk}`, "a move")
    expect(yield* outcomeOf("begun")).toMatchObject({ _tag: "Failed", error: { _tag: "OutcomeUnknown" } })
    expect(yield* outcomeOf("new")).toMatchObject({ _tag: "Failed", error: { _tag: "DiskHeld" } })
    yield* journal.release(`node-1:${disk}`, "a move")
    expect(yield* outcomeOf("begun", "/vz/moved.xml")).toMatchObject({ error: { _tag: "OutcomeUnknown" } })
    expect(yield* outcomeOf("begun")).toMatchObject({ _tag: "Done", result: fleets.snapshot })
  }).pipe(Effect.scoped))

const refusals: ReadonlyArray<{ readonly what: string; readonly request: unknown; readonly field: string }> = [
  { what: "to the same host", request: { _tag: "Move", from, to: from }, field: "to.host" },
  {
    what: "to a host that the fleet does not have",
    request: { _tag: "Move", from, to: { host: "node-9", disk } },
    field: "to.host"
  },
  {
    what: "of a path with ..",
    request: { _tag: "Move", from: { host: "node-1", disk: "/vz/../DiskDescriptor.xml" }, to },
    field: "from.disk"
  },
  {
    what: "of a disk without a directory",
    request: { _tag: "Move", from: { host: "node-1", disk: "/DiskDescriptor.xml" }, to },
    field: "from.disk"
  },
  {
    what: "to another name",
    request: { _tag: "Move", from, to: { host: "node-2", disk: "/vz/101/other.xml" } },
    field: "to.disk"
  }
]

for (const { field, request, what } of refusals) {
  it.live(`a move ${what} is InvalidRequest`, () =>
    Effect.gen(function*() {
      const hosts = yield* fleets.hosts("node-1", "node-2")
      // What the types refuse, a caller can still send.
      const error = yield* Effect.flatMap(Workflows.Workflows, (workflows) =>
        workflows.start(request as typeof Workflow.Request.Encoded, { key: "move" })).pipe(
          Effect.flip,
          Effect.provide(fleets.withoutRetries(hosts))
        )
      expect(error).toMatchObject({ _tag: "InvalidRequest", field })
    }))
}

it.live("a key that was used for another move is KeyTaken", () =>
  Effect.gen(function*() {
    const hosts = yield* prepare
    const program = Effect.gen(function*() {
      const workflows = yield* Workflows.Workflows
      const id = yield* start
      const other = workflows.start({ _tag: "Move", from: to, to: from }, { key: "move 101" })
      expect(yield* Effect.flip(other)).toMatchObject({ _tag: "KeyTaken", id })
      yield* workflows.ended(id)
    })
    yield* Effect.provide(program, fleets.withoutRetries(hosts))
  }))

describe("at the source of a move", () => {
  /** A host with a small disk, and what a workflow knows of it. */
  const placeOf = (
    changes: {
      readonly ploop?: Partial<Place["ploop"]>
      readonly stat?: (info: FileSystem.File.Info) => FileSystem.File.Info
    } = {}
  ) =>
    Effect.gen(function*() {
      const host = (yield* fleets.hosts("node-1"))["node-1"]
      yield* fleets.makeSmallDisk(host, disk)
      const fs = Context.get(host, FileSystem.FileSystem)
      const begun = new Set<string>()
      let holder = Option.none<string>()
      const journal: Place["journal"] = {
        begin: (id) => Effect.sync(() => !begun.has(id) && begun.add(id).has(id)),
        hasBegun: (id) => Effect.sync(() => begun.has(id)),
        holder: () => Effect.sync(() => holder),
        hold: (_, workflow) => Effect.sync(() => Option.getOrThrow(holder = Option.some(workflow))),
        release: () => Effect.sync(() => void (holder = Option.none()))
      }
      const ploop = { ...Context.get(host, Ploop.Ploop), ...Context.get(host, LowLevel.LowLevel), ...changes.ploop }
      const stat = (path: string) => Effect.map(fs.stat(path), changes.stat ?? ((info) => info))
      const place: Place = { fs: { ...fs, stat }, ploop, journal, id: "node-1:disk", disk, workflow: "w" }
      return { host, place }
    })

  it.live("a hold that arrives after the purge takes no disk that was made there since", () =>
    Effect.gen(function*() {
      const { host, place } = yield* placeOf()
      const { manifest } = yield* source.hold(place, false)
      yield* source.purge(place, manifest!)
      expect(yield* place.fs.exists(disk)).toBe(false)
      yield* fleets.makeSmallDisk(host, disk)
      expect(yield* Effect.flip(source.hold(place, false))).toMatchObject({ tag: "Undone" })
      expect(yield* place.fs.exists(disk)).toBe(true)
    }))

  it.live("a disk that runs by another name of its directory is not held", () =>
    Effect.gen(function*() {
      const device = { device: "/dev/ploop1", image: "/vz/link/root.hdd" } as never
      const { place } = yield* placeOf({
        ploop: { attachments: () => Effect.succeed([]), listDevices: Effect.succeed([device]) }
      })
      yield* place.fs.symlink("/vz/101", "/vz/link")
      expect(yield* Effect.flip(source.hold(place, false))).toMatchObject({ tag: "DiskInUse", kind: "refused" })
      expect(yield* place.fs.exists(disk)).toBe(true)
    }))

  it.live("what cannot be copied ahead is left for the time when the disk is held", () =>
    Effect.gen(function*() {
      const { place } = yield* placeOf()
      const { manifest } = yield* frozen.freeze(place, fleets.snapshot)
      const gone = new Workflow.Problem({ tag: "SystemError", reason: "NotFound", kind: "person" })
      const there = { ...place, disk: "/vz/102/DiskDescriptor.xml" }
      expect(yield* target.receiveAhead(there, manifest!, () => gone)).toEqual({})
      const lost = new Workflow.Problem({ tag: "HostUnreachable", reason: "it is away", kind: "transient" })
      expect(yield* Effect.flip(target.receiveAhead(there, manifest!, () => lost))).toMatchObject({ kind: "transient" })
    }))

  it.live("what was copied ahead is stale once its snapshot is gone, although all of its files seem to be as they were", () =>
    Effect.gen(function*() {
      const { place } = yield* placeOf()
      const id = SnapshotId.make(crypto.randomUUID())
      const ahead = (yield* frozen.freeze(place, id)).manifest!
      const read = Effect.map(manifests.readBelowTop(place, "/vz/101"), (now) => ({ ...now, files: ahead.files }))
      yield* place.ploop.createSnapshot({ disk })
      expect(manifests.isPartOf(ahead, yield* read)).toBe(true)
      yield* place.ploop.deleteSnapshot({ disk, id })
      expect(manifests.isPartOf(ahead, yield* read)).toBe(false)
    }))

  it.live("a disk that another workflow holds gets no snapshot of a live move", () =>
    Effect.gen(function*() {
      const { place } = yield* placeOf()
      yield* source.hold({ ...place, workflow: "other" }, false)
      expect(yield* Effect.flip(frozen.freeze(place, fleets.snapshot))).toMatchObject({ tag: "DiskHeld" })
    }))

  it.live("two descriptors are not taken for one on a host that does not number its files", () =>
    Effect.gen(function*() {
      const { place } = yield* placeOf({ stat: (info) => ({ ...info, ino: Option.none() }) })
      yield* source.hold(place, false)
      yield* place.fs.writeFileString(disk, "of another")
      expect(yield* Effect.flip(source.release(place))).toMatchObject({ tag: "AlreadyExists", kind: "person" })
      expect(yield* place.fs.readFileString(disk)).toBe("of another")
      expect(yield* place.fs.exists(`${disk}.held-w`)).toBe(true)
    }))
})

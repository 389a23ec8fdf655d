import type { Disk } from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Filter from "../Filter.js"
import type { CommitOptions, NewOptions, Options, UpdateOptions } from "../Request.js"
import type * as Snapshot from "../Snapshot.js"
import * as SnapshotterError from "../SnapshotterError.js"
import * as bases from "./bases.js"
import * as catalogs from "./catalog.js"
import * as checks from "./checks.js"
import * as clone from "./clone.js"
import * as devices from "./devices.js"
import * as durable from "./durable.js"
import { during, type Underlying } from "./failures.js"
import * as layouts from "./layout.js"
import * as leftovers from "./leftovers.js"
import * as locks from "./locks.js"
import * as measure from "./measure.js"
import * as records from "./record.js"
import * as timestamps from "./timestamps.js"
import { usageOf } from "./usage.js"

const metrics = measure.metrics("ploop_snapshotter", "snapshotter")

export const { calls, durations } = metrics

const measured: measure.Measured = { service: "Snapshotter", ...metrics }

type Services = Ploop | FileSystem.FileSystem | Path.Path

const optionsOf: Record<"active" | "view", ReadonlyArray<string>> = {
  // Without it, the kernel would fill the inode tables of each snapshot in the background, and its delta with them.
  active: ["rw", "noinit_itable"],
  view: ["ro"]
}

export const make = (
  options: Options
) =>
  Effect.gen(function*() {
    const checked = yield* checks.options(options)
    const services = yield* Effect.context<Services>()
    const layout = layouts.make(checked.root)
    yield* during("make the directory of the snapshots")(layouts.prepare(layout))
    const found = yield* during("read the records")(records.readAll(layout))
    const catalog = yield* catalogs.make(found)
    const now = yield* timestamps.make
    const { exclusively } = yield* locks.make
    const ofBase = yield* locks.make
    const changes = yield* Effect.makeSemaphore(checked.concurrency)
    const fs = yield* FileSystem.FileSystem

    /** The disk that a new snapshot is cloned from, and where. */
    const sourceOf = (parent: Option.Option<records.Record>, labels: Snapshot.Labels) =>
      Option.match(parent, {
        onNone: () =>
          Effect.gen(function*() {
            const size = yield* checks.sizeOf(labels, checked.size)
            const from = yield* during("make an empty disk")(bases.ensure(layout, size)).pipe(
              ofBase.exclusively(`${size}`)
            )
            return { from, at: undefined }
          }),
        onSome: ({ id, point }) => Effect.succeed({ from: layout.diskOf(id), at: point })
      })

    const attach = ({ id, info }: records.Record) =>
      Effect.map(
        during("attach the disk")(devices.attach(layout.diskOf(id), info.kind === "view")),
        (source): ReadonlyArray<Snapshot.Mount> => [
          { type: "ext4", source, options: optionsOf[info.kind === "view" ? "view" : "active"] }
        ]
      )

    /** Moves a directory out of the way at once. What cannot be removed then is removed later. */
    const discard = (id: string) =>
      Effect.zipRight(
        durable.moveDirectory(layout.homeOf(id), `${layout.removed}/${id}`),
        Effect.ignoreLogged(fs.remove(`${layout.removed}/${id}`, { recursive: true }))
      )

    /** Builds a disk and its record aside, and moves them to their place at once. */
    const publish = (record: records.Record, build: (directory: string) => Effect.Effect<void, Underlying, Services>) =>
      Effect.scoped(Effect.gen(function*() {
        const aside = yield* fs.makeTempDirectoryScoped({ directory: layout.building, prefix: "snapshot-" })
        const directory = `${aside}/${record.id}`
        yield* fs.makeDirectory(directory)
        yield* build(directory)
        yield* records.write(directory, record)
        yield* durable.moveDirectory(directory, layout.homeOf(record.id))
      }))

    const newRecord = (kind: "active" | "view", { key, labels = {}, parent }: NewOptions) =>
      Effect.gen(function*() {
        const id = (yield* SnapshotId.random).slice(1, -1)
        const time = yield* now
        const info = {
          name: key,
          ...(parent !== undefined && { parent }),
          kind,
          createdAt: time,
          updatedAt: time,
          labels
        }
        return { version: 1, id, info } satisfies records.Record
      })

    /** Only what takes long can be interrupted: the snapshot is there, attached and known, or it is not. */
    const create = (kind: "active" | "view", options: NewOptions) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const { key, labels = {}, parent } = options
          yield* checks.key("key", key)
          yield* checks.labels(labels)
          const below = yield* catalog.reserve(key, parent)
          const source = yield* restore(sourceOf(below, labels))
          const record = yield* newRecord(kind, options)
          yield* during("make the disk of a snapshot")(
            publish(record, (directory) => restore(clone.make({ ...source, directory, maxChain: checked.maxChain })))
          )
          const mounts = yield* Effect.tapError(attach(record), () => Effect.ignoreLogged(discard(record.id)))
          yield* catalog.put(record)
          return mounts
        })
      ).pipe(Effect.scoped, changes.withPermits(1), exclusively(options.key))

    const of = <A, E>(key: string, use: (record: records.Record) => Effect.Effect<A, E, Services>) =>
      Effect.flatMap(catalog.get(key), use).pipe(exclusively(key))

    const requireKind = (record: records.Record, needs: ReadonlyArray<Snapshot.Kind>) =>
      needs.includes(record.info.kind)
        ? Effect.void
        : Effect.fail(new SnapshotterError.KindWrong({ key: record.info.name, needs: needs.join(" or ") }))

    /** Freezes a disk: detached, or by a snapshot of it while it is mounted, whose identifier it returns. */
    const freeze = (disk: Disk) =>
      Effect.gen(function*() {
        const ploop = yield* Ploop
        const target = yield* devices.detach(disk).pipe(
          // It is mounted where this process does not see it.
          Effect.catchTags({ Busy: () => Effect.succeedSome(""), UmountFailed: () => Effect.succeedSome("") })
        )
        return Option.isNone(target) ? undefined : yield* ploop.createSnapshot({ disk })
      })

    const commit = ({ key, labels = {}, name }: CommitOptions) =>
      Effect.gen(function*() {
        yield* checks.key("name", name)
        yield* checks.labels(labels)
        yield* catalog.reserve(name, undefined)
        const record = yield* catalog.get(key)
        yield* requireKind(record, ["active"])
        const point = yield* during("freeze the disk")(freeze(layout.diskOf(record.id)))
        const time = yield* now
        const committed: records.Record = {
          ...record,
          info: { ...record.info, name, kind: "committed", createdAt: time, updatedAt: time, labels },
          ...(point !== undefined && { point })
        }
        yield* during("write the record")(records.replace(layout, committed))
        yield* catalog.remove(key)
        yield* catalog.put(committed)
      }).pipe(Effect.uninterruptible, Effect.scoped, changes.withPermits(1), exclusively(key, name))

    const refuse = (key: string, reason: string) => Effect.fail(new SnapshotterError.NotRemovable({ key, reason }))

    const remove = (key: string) =>
      Effect.gen(function*() {
        const { id } = yield* catalog.get(key)
        const children = yield* catalog.childrenOf(key)
        if (children.length > 0) return yield* refuse(key, `${children.length} snapshots are built on it`)
        const target = yield* Effect.catchAll(devices.detach(layout.diskOf(id)), ({ message }) => refuse(key, message))
        if (Option.isSome(target)) return yield* refuse(key, `it is mounted at ${target.value}`)
        yield* Effect.catchAll(discard(id), ({ message }) => refuse(key, message))
        yield* catalog.remove(key)
      }).pipe(Effect.uninterruptible, changes.withPermits(1), exclusively(key))

    const update = ({ labels, name, paths }: UpdateOptions) =>
      of(name, (record) =>
        Effect.gen(function*() {
          const next = yield* checks.updated(record.info.labels, labels, paths ?? [])
          const updated = { ...record, info: { ...record.info, labels: next, updatedAt: yield* now } }
          yield* during("write the record")(records.replace(layout, updated))
          yield* catalog.put(updated)
          return updated.info
        }).pipe(Effect.uninterruptible))

    const mounts = (key: string) =>
      of(key, (record) =>
        Effect.zipRight(requireKind(record, ["active", "view"]), Effect.uninterruptible(attach(record))))

    const list = (filters: ReadonlyArray<string>) =>
      Effect.gen(function*() {
        const matches = yield* Filter.parseAny(filters)
        return (yield* catalog.all).map(({ info }) =>
          info
        ).filter(matches)
      })

    const cleanup = leftovers.takeDown(layout, catalog.all, exclusively)

    const call = <A, E extends { readonly _tag: string }>(
      name: string,
      attributes: Record<string, string>,
      effect: Effect.Effect<A, E, Services>
    ): Effect.Effect<A, E> => Effect.provide(measure.call(measured, name, attributes)(effect), services)

    yield* leftovers.takeDownAtStart(layout, found)
    yield* cleanup
    return {
      prepare: (options: NewOptions) => call("prepare", { key: options.key }, create("active", options)),
      view: (options: NewOptions) => call("view", { key: options.key }, create("view", options)),
      mounts: (key: string) => call("mounts", { key }, mounts(key)),
      commit: (options: CommitOptions) => call("commit", { key: options.key, name: options.name }, commit(options)),
      remove: (key: string) => call("remove", { key }, remove(key)),
      stat: (key: string) => call("stat", { key }, Effect.map(catalog.get(key), ({ info }) => info)),
      update: (options: UpdateOptions) => call("update", { name: options.name }, update(options)),
      list: (filters: ReadonlyArray<string> = []) => call("list", {}, list(filters)),
      usage: (key: string) =>
        call("usage", { key }, of(key, ({ id }) => during("measure the disk")(usageOf(layout.homeOf(id))))),
      cleanup: call("cleanup", {}, cleanup)
    }
  })

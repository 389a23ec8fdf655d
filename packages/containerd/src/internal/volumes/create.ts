import * as Disk from "@effect-ploop/core/Disk"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { CreateOptions } from "../../Volume.js"
import * as VolumeError from "../../VolumeError.js"
import * as clone from "../clone.js"
import { during } from "../failures.js"
import * as homes from "../homes.js"
import * as checks from "./checks.js"
import * as records from "./record.js"
import * as sources from "./source.js"
import { find, type Store } from "./store.js"

/** Docker repeats a call whose response it did not get. */
const requireSame = (existing: records.Record, { from, name, size }: checks.Checked) =>
  (size === undefined || size === existing.size) && (from === undefined || from === existing.from)
    ? Effect.void
    : Effect.fail(
      new VolumeError.VolumeExists({
        name,
        reason: `its size is ${existing.size} bytes, and it ${
          existing.from === undefined ? "began empty" : `is a clone of ${existing.from}`
        }`
      })
    )

/**
 * Mounts a new disk for writing once. A clone of a disk that was running may have to replay its journal, which a mount
 * for reading cannot.
 */
const replayJournal = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const target = `${directory}.mount`
    yield* fs.makeDirectory(target)
    yield* Ploop.withMount({ disk: Disk.inDirectory(directory), target }, () => Effect.void)
  })

const sourceOf = (store: Store, { from, size = store.options.size }: checks.Checked) =>
  Effect.gen(function*() {
    if (from === undefined) return { source: { from: yield* sources.empty(store, size) }, size }
    const { snapshot, volume } = yield* sources.resolve(store, from)
    return { source: yield* Effect.uninterruptible(sources.ofVolume(store, volume, snapshot)), size: volume.size }
  })

const build = (store: Store, checked: checks.Checked) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const { source, size } = yield* restore(sourceOf(store, checked))
      const record: records.Record = {
        version: 1,
        id: (yield* SnapshotId.random).slice(1, -1),
        name: checked.name,
        size,
        ...(checked.from !== undefined && { from: checked.from }),
        readOnly: checked.readOnly,
        createdAt: yield* DateTime.now,
        users: [],
        points: []
      }
      const make = (directory: string) =>
        Effect.gen(function*() {
          yield* restore(clone.make({ ...source, directory, maxChain: store.options.maxChain }))
          if (record.readOnly) yield* replayJournal(directory)
          yield* records.write(store.layout, directory, record)
        })
      yield* during("make the disk of a volume")(homes.publish(store.layout, record.id, make))
      yield* Ref.update(store.records, HashMap.set(record.name, record))
    })
  )

/** Only what takes long can be interrupted: the volume is there and known, or it is not. */
export const create = (store: Store, options: CreateOptions) =>
  Effect.gen(function*() {
    const checked = yield* checks.create(options)
    const involved = checked.from === undefined ? [] : [checked.from, checks.splitAt(checked.from).volume]
    yield* Effect.gen(function*() {
      const existing = yield* find(store, checked.name)
      yield* Option.isSome(existing) ? requireSame(existing.value, checked) : build(store, checked)
    }).pipe(store.changes.withPermits(1), store.names.exclusively(checked.name, ...involved))
  })

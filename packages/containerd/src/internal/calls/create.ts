import type { ByteSize } from "@effect-ploop/core/ByteSize"
import type { Disk } from "@effect-ploop/core/Disk"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { NewOptions } from "../../Request.js"
import * as bases from "../bases.js"
import * as checks from "../checks.js"
import * as clone from "../clone.js"
import { during } from "../failures.js"
import * as homes from "../homes.js"
import * as records from "../record.js"
import type { Store } from "../store.js"
import { attach } from "./attach.js"

/** What mkfs and the tool put into a new file system. containerd expects an empty one. */
const isOwn = (name: string) => name === "lost+found" || name.startsWith(".balloon-")

const removeOwnFiles = (target: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* fs.readDirectory(target)
    yield* Effect.forEach(names.filter(isOwn), (name) => fs.remove(`${target}/${name}`, { recursive: true }), {
      discard: true
    })
  })

interface Source {
  readonly from: Disk
  readonly at?: SnapshotId.SnapshotId | undefined
}

/** The disk that a new snapshot is cloned from: that of its parent, or an empty one. */
const sourceOf = (store: Store, parent: Option.Option<records.Record>, size: ByteSize) =>
  Effect.gen(function*() {
    if (Option.isSome(parent)) {
      return { from: store.layout.diskOf(parent.value.id), at: parent.value.point } satisfies Source
    }
    const from = yield* store.bases.exclusively(`${size}`)(
      during("make an empty disk")(bases.ensure(store.layout, size, removeOwnFiles))
    )
    return { from } satisfies Source
  })

/** A child has the size of its parent, but a label that is not a size is a mistake of its client too. */
const check = (store: Store, { key, labels = {}, parent }: NewOptions) =>
  Effect.gen(function*() {
    yield* checks.key("key", key)
    return { key, parent, labels: yield* checks.labels(labels), size: yield* checks.sizeOf(labels, store.options.size) }
  })

type Checked = Effect.Effect.Success<ReturnType<typeof check>>

const newRecord = ({ now }: Store, kind: "active" | "view", { key, labels, parent }: Checked) =>
  Effect.gen(function*() {
    const id = (yield* SnapshotId.random).slice(1, -1)
    const time = yield* now
    const info = { name: key, ...(parent !== undefined && { parent }), kind, createdAt: time, updatedAt: time, labels }
    return { version: 1, id, info } satisfies records.Record
  })

/** Only what takes long can be interrupted: the snapshot is there, attached and known, or it is not. */
export const create = (store: Store, kind: "active" | "view", options: NewOptions) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const checked = yield* check(store, options)
      const below = yield* store.catalog.reserve(checked.key, checked.parent)
      const source = yield* restore(sourceOf(store, below, checked.size))
      const record = yield* newRecord(store, kind, checked)
      const build = (directory: string) =>
        Effect.zipRight(
          restore(clone.make({ ...source, directory, maxChain: store.options.maxChain })),
          records.write(store.layout, directory, record)
        )
      yield* during("make the disk of a snapshot")(homes.publish(store.layout, record.id, build))
      const mounts = yield* Effect.tapError(
        attach(store, record),
        () => Effect.ignoreLogged(homes.discard(store.layout, record.id))
      )
      yield* store.catalog.put(record)
      return mounts
    })
  ).pipe(Effect.scoped, store.changes.withPermits(1), store.keys.exclusively(options.key))

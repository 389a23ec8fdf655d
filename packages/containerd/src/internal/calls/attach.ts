import * as Effect from "effect/Effect"
import type * as Snapshot from "../../Snapshot.js"
import * as SnapshotterError from "../../SnapshotterError.js"
import * as devices from "../devices.js"
import { during } from "../failures.js"
import type { Record } from "../record.js"
import { type Store, withRecord } from "../store.js"

// Without noinit_itable, the kernel would fill the inode tables in the background, and the delta with them.
const writable = ["rw", "noinit_itable"]

const readOnly = ["ro"]

/** Attaches the disk of a snapshot unless it is attached, and returns how it is mounted. */
export const attach = ({ layout }: Store, { id, info }: Record) => {
  const isView = info.kind === "view"
  return Effect.map(
    during("attach the disk")(devices.attach(layout.diskOf(id), isView)),
    (source): ReadonlyArray<Snapshot.Mount> => [{ type: "ext4", source, options: isView ? readOnly : writable }]
  )
}

export const requireKind = ({ info }: Record, ...kinds: ReadonlyArray<Snapshot.Kind>) =>
  kinds.includes(info.kind)
    ? Effect.void
    : Effect.fail(new SnapshotterError.KindWrong({ key: info.name, needs: kinds.join(" or ") }))

export const mounts = (store: Store, key: string) =>
  withRecord(
    store,
    key,
    (record) => Effect.zipRight(requireKind(record, "active", "view"), Effect.uninterruptible(attach(store, record)))
  )

import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as StorageError from "../../StorageError.js"
import type { UseOptions } from "../../Volume.js"
import * as VolumeError from "../../VolumeError.js"
import * as devices from "../devices.js"
import { during } from "../failures.js"
import * as checks from "./checks.js"
import type { Record } from "./record.js"
import { changing, replace, type Store } from "./store.js"

/** Without it, the kernel would fill the inode tables in the background, and the delta with them. */
const data = ["noinit_itable"]

const inUse = (name: string) => (reason: string) => new VolumeError.VolumeInUse({ name, reason })

/** Unmounts the disk of a volume that nobody uses. Only the mount of this driver is unmounted. */
export const release = ({ layout, mounts }: Store, { id, name }: Record) =>
  Effect.gen(function*() {
    const elsewhere = yield* devices.release(layout.diskOf(id), mounts.pointOf(id))
    if (Option.isSome(elsewhere)) return yield* inUse(name)(`its disk is mounted at ${elsewhere.value}`)
  }).pipe(
    Effect.catchIf(
      (error) => error._tag === "Busy" || error._tag === "UmountFailed",
      ({ message }) => Effect.fail(inUse(name)(message))
    ),
    Effect.catchIf(
      (error) => error._tag !== "VolumeInUse",
      (error) => during("unmount the disk")(Effect.fail(error))
    )
  )

/** Somebody may have removed the directory from the disk. Docker would make another one, on the host. */
const requireFiles = (store: Store, record: Record) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const directory = store.mounts.filesOf(record.id)
    if (yield* during("find the files of the volume")(fs.exists(directory))) return directory
    yield* Effect.ignoreLogged(release(store, record))
    return yield* new StorageError.DiskDamaged({ step: "mount the disk", reason: `${directory} does not exist` })
  })

const mountDisk = ({ layout, mounts }: Store, { id, readOnly }: Record) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const target = mounts.pointOf(id)
    yield* fs.makeDirectory(target, { recursive: true })
    yield* ploop.mount({ disk: layout.diskOf(id), target, readOnly, ...(!readOnly && { data }) })
  }).pipe(during("mount the disk"))

/** Mounts the disk unless it is mounted. A device that is attached alone was left by a mount that was killed. */
const ensureMounted = (store: Store, record: Record) =>
  Effect.gen(function*() {
    const { layout, mounts } = store
    const running = yield* during("find the device")(devices.running(layout.diskOf(record.id)))
    if (Option.isNone(running) || running.value.target !== mounts.pointOf(record.id)) {
      if (Option.isSome(running)) yield* release(store, record)
      yield* mountDisk(store, record)
    }
    return yield* requireFiles(store, record)
  })

/** Mounts, and then records the use, so that a recorded use always has the disk mounted. */
export const mount = (store: Store, { id, name }: UseOptions) =>
  Effect.zipRight(
    checks.id(id),
    changing(store, name, (record) =>
      Effect.gen(function*() {
        const directory = yield* ensureMounted(store, record)
        if (record.users.includes(id)) return directory
        yield* Effect.tapError(
          replace(store, { ...record, users: [...record.users, id] }),
          () => record.users.length === 0 ? Effect.ignoreLogged(release(store, record)) : Effect.void
        )
        return directory
      }))
  )

/** Ends the use in the record, and then unmounts after the last one. */
export const unmount = (store: Store, { id, name }: UseOptions) =>
  Effect.zipRight(
    checks.id(id),
    changing(store, name, (record) =>
      Effect.gen(function*() {
        const users = record.users.filter((user) => user !== id)
        const after = { ...record, users }
        if (users.length < record.users.length) yield* replace(store, after)
        if (users.length === 0) yield* release(store, after)
      }))
  )

import * as Disk from "@effect-ploop/core/Disk"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import { create, finish, hasSnapshot } from "../backup/create.js"
import { isFree, stageOf } from "../backup/making.js"
import { read } from "../backup/manifest.js"
import { prepare, restore } from "../backup/restore.js"
import { Done, type Handler, Outdated, Pending, type Status } from "./handler.js"

const taken = (): Status => Outdated({ planned: "nothing there", found: "something else" })

/** Whether the directory has the backup of this snapshot. */
const isSaved = ({ snapshot, to }: Action.SaveBackup) =>
  read(to).pipe(
    Effect.map((manifest) => manifest.snapshot === snapshot),
    Effect.catchTag("BackupInvalid", () => Effect.succeed(false))
  )

/** Whether a snapshot has to be deleted after the backup is complete. */
const isUnfinished = ({ disk, drops, keepSnapshot }: Action.SaveBackup, isThere: boolean) =>
  Effect.gen(function*() {
    if (!keepSnapshot && isThere) return true
    return drops !== undefined && (yield* hasSnapshot(disk, drops))
  })

export const saveBackup: Handler<Action.SaveBackup> = {
  status: (action) =>
    Effect.gen(function*() {
      if (yield* isFree(action.to, stageOf(action.to, action.snapshot))) return Pending()
      if (!(yield* isSaved(action))) return taken()
      const isThere = yield* hasSnapshot(action.disk, action.snapshot)
      if (action.keepSnapshot && !isThere) {
        return Outdated({ planned: `the snapshot ${action.snapshot}`, found: "no such snapshot" })
      }
      return (yield* isUnfinished(action, isThere)) ? Pending() : Done()
    }),
  run: (action) =>
    Effect.gen(function*() {
      const before = action.after === undefined ? undefined : yield* read(action.after)
      return (yield* isFree(action.to, stageOf(action.to, action.snapshot)))
        ? yield* create(action, before, action.snapshot)
        : yield* finish(action, action.snapshot)
    }),
  loads: ({ disk, to }) => [disk, to]
}

export const restoreBackup: Handler<Action.RestoreBackup> = {
  status: ({ from, id, to }) =>
    Effect.gen(function*() {
      if (yield* isFree(to, stageOf(to, id))) return Pending()
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path
      const { descriptor } = yield* prepare(from)
      const found = yield* Effect.option(fs.readFileString(path.join(to, Disk.descriptorName)))
      return Option.contains(found, descriptor) ? Done() : taken()
    }),
  run: ({ from, id, to }) => restore(from, to, id),
  loads: ({ to }) => [to]
}

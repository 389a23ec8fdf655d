import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { headerOf } from "../header.js"
import { isRemoving } from "../removing.js"
import { type Around, entriesOf, type Entry, isOld, judgeEach } from "./entries.js"
import { type Found, kept, nothing } from "./found.js"
import { isStage, reasonOf } from "./making.js"
import { ofRemoval } from "./removals.js"
import { ofStage } from "./stages.js"

/** The lock of a descriptor. */
const lockEnding = ".xml.lck"

/** The tool locks a descriptor by an empty file, and never removes that. Somebody may hold it at any time. */
const ofLock = ({ path }: Entry) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) =>
      Effect.map(fs.exists(path.slice(0, -".lck".length)), (isThere): Found =>
        isThere ? nothing : kept(path, "it is the lock of a descriptor that is gone: remove it once nobody uses it"))
  )

/** What can be left in any directory, whether it has a disk or not. */
export const ofEveryDirectory = (entry: Entry, around: Around) =>
  Effect.gen(function*() {
    const { info, name, path } = entry
    if (isRemoving(name) && info.type === "Directory") return Option.some(yield* ofRemoval(entry))
    const reason = reasonOf(entry)
    // A lock is asked for the end of its maker, and must not come before that of a maker that has just begun.
    if (reason !== undefined && isStage(entry) && isOld(info, around.before)) {
      return Option.some(yield* ofStage(entry, around, reason))
    }
    if (reason !== undefined) return Option.some(kept(path, reason))
    if (name.endsWith(lockEnding) && info.type === "File" && info.size === 0n) return Option.some(yield* ofLock(entry))
    return Option.none<Found>()
  })

/** An image where no descriptor is. */
const ofImage = (entry: Entry, { running }: Around) =>
  Effect.map(
    entry.info.type === "File" ? headerOf(entry.path) : Effect.succeedNone,
    Option.match({
      onNone: () => nothing,
      onSome: () =>
        running.some(({ image }) => image === entry.path)
          ? nothing
          : kept(entry.path, "it is an image without a descriptor: restoreDescriptor makes one from a base image")
    })
  )

/** Judges the files of a directory in which no disk is, such as one of backups or of a disk that was never complete. */
export const judge = (directory: string, around: Around) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const entries = yield* entriesOf(yield* fs.realPath(directory))
    const hasDescriptor = entries.some(({ name }) => name.endsWith(".xml"))
    return yield* judgeEach(entries, around, (entry) =>
      Effect.flatMap(
        ofEveryDirectory(entry, around),
        Option.match({
          onNone: () => hasDescriptor ? Effect.succeed(nothing) : ofImage(entry, around),
          onSome: Effect.succeed
        })
      ))
  })

import * as Disk from "@effect-ploop/core/Disk"
import * as HostPath from "@effect-ploop/core/HostPath"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotTree } from "@effect-ploop/core/SnapshotTree"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Action from "../../Action.js"
import { headerOf } from "../header.js"
import * as identity from "../identity.js"
import { isPromised, isRemoving } from "../removing.js"
import { all, type Found, kept, nothing, step } from "./found.js"

/** What is known about the disk when its files are judged. */
export interface Known {
  readonly running: ReadonlyArray<Result.RunningDevice>
  readonly orphanedImages: boolean
  /** A file that was modified later may belong to an operation that is running. */
  readonly before: DateTime.Utc
}

export interface Entry {
  readonly path: string
  readonly name: string
  readonly info: FileSystem.File.Info
}

const removal = ({ info, path }: Entry, reason: string, frees = info.size): Found => {
  const kind = info.type === "Directory" ? "directory" : "file"
  return step(
    new Action.Remove({ path: HostPath.make(path), kind, identity: identity.of(info) }),
    reason,
    kind === "directory" ? 0n : frees
  )
}

const isOld = (info: FileSystem.File.Info, before: DateTime.Utc): boolean =>
  Option.exists(info.mtime, (time) => time.getTime() <= before.epochMillis)

/** The directory on which the tool mounts a disk by itself, which it leaves when that fails. */
const ofMount = (entry: Entry, { running }: Known) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.map(fs.readDirectory(entry.path), (names): Found => {
      if (running.some(({ target }) => target === entry.path)) return nothing
      return names.length === 0
        ? removal(entry, "The tool made it for a mount, and nothing is mounted on it.")
        : kept(entry.path, "it is a directory of a mount, but it has files in it")
    }))

const ofUnknown = (entry: Entry, { orphanedImages, running }: Known) =>
  Effect.map(headerOf(entry.path), (header): Found => {
    if (Option.isNone(header) || running.some((shown) => shown.image === entry.path)) return nothing
    return orphanedImages
      ? removal(entry, "It is an image that the descriptor does not name.")
      : kept(entry.path, "it is an image that the descriptor does not name: it may be the only copy of something")
  })

const cutShort = "A removal was cut short."

/** What waits in the directory of a removal: it goes if it is what the directory was made for. */
const inRemoval = (directory: Entry, name: string, path: string) =>
  Effect.map(
    identity.at(path),
    Option.match({
      onNone: () => nothing,
      onSome: (info) => {
        const kind = info.type === "Directory" ? "directory" : "file"
        return isPromised(directory.name, kind, identity.of(info))
          ? removal({ path, name, info }, cutShort)
          : kept(path, "a removal was cut short, but this is not the file that was to be removed: put it back by hand")
      }
    })
  )

export const ofRemoval = (entry: Entry) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = yield* fs.readDirectory(entry.path)
    const inside = yield* Effect.forEach(names, (name) => inRemoval(entry, name, path.join(entry.path, name)))
    return all([...inside, ...(inside.some(({ kept }) => kept.length > 0) ? [] : [removal(entry, cutShort)])])
  })

/** What a name and the kind of a file say about it, in the order in which they are asked. */
const judgeEntry = (entry: Entry, descriptor: string, known: Known) => {
  const { info, name, path } = entry
  const isFile = info.type === "File"
  if (isRemoving(name) && info.type === "Directory") return ofRemoval(entry)
  // The tool writes a new descriptor under the longer name first.
  if ((name === `${descriptor}.tmp` || name === `${descriptor}.tmp.tmp`) && isFile) {
    return Effect.succeed(removal(entry, "It is a descriptor whose change was not committed."))
  }
  if (name.endsWith(".idx") && isFile) {
    return Effect.succeed(
      kept(path, "it is the copy of an index from a conversion that was cut short: check the disk first")
    )
  }
  if (name.endsWith(".mnt") && info.type === "Directory") return ofMount(entry, known)
  return isFile ? ofUnknown(entry, known) : Effect.succeed(nothing)
}

/** The files of the directory that are neither the descriptor nor an image of the disk. Links are followed by nobody. */
const others = (disk: Disk.Disk, tree: SnapshotTree) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const directory = Disk.directory(disk)
    const own = new Set([path.resolve(disk), ...tree.nodes.map(({ file }) => path.resolve(directory, file))])
    const files = (yield* fs.readDirectory(directory)).toSorted().map((name) => ({
      name,
      path: path.resolve(directory, name)
    }))
    const entries = yield* Effect.forEach(
      files.filter((file) => !own.has(file.path)),
      (file) =>
        Effect.gen(function*() {
          if (Option.isSome(yield* Effect.option(fs.readLink(file.path)))) return []
          return Option.match(yield* identity.at(file.path), {
            onNone: () => [],
            onSome: (info): ReadonlyArray<Entry> => [{ ...file, info }]
          })
        })
    )
    return entries.flat()
  })

export const judge = (disk: Disk.Disk, tree: SnapshotTree, known: Known) =>
  Effect.gen(function*() {
    const path = yield* Path
    const entries = yield* others(disk, tree)
    return all(
      yield* Effect.forEach(
        entries.filter(({ info }) => isOld(info, known.before)),
        (entry) => judgeEntry(entry, path.basename(disk), known)
      )
    )
  })

import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Aspect, FileType } from "../../DiskChange.js"

/** What is compared of a file. A symbolic link has a target alone: the service has no lstat(2). */
export interface Entry {
  readonly type: FileType
  readonly target?: string
  readonly info?: FileSystem.File.Info
}

/** The file at a path, without following a link. */
export const read = (fs: FileSystem.FileSystem, path: string): Effect.Effect<Entry, PlatformError> =>
  Effect.flatMap(Effect.either(fs.readLink(path)), (link): Effect.Effect<Entry, PlatformError> =>
    Either.isRight(link)
      ? Effect.succeed({ type: "SymbolicLink", target: link.right })
      : Effect.map(fs.stat(path), (info) => ({ type: info.type, info })))

const time = (date: Option.Option<Date>): number | undefined =>
  Option.getOrUndefined(Option.map(date, (date) => date.getTime()))

/**
 * What says that two paths are of one file: the inode number, and because those are used again, the time when the file was
 * made. Undefined where a file has none.
 */
export const identity = ({ info, type }: Entry): string | undefined =>
  info === undefined || Option.isNone(info.ino) || Option.isNone(info.birthtime)
    ? undefined
    : `${type}:${info.ino.value}:${time(info.birthtime)}`

const same = (a: Option.Option<number>, b: Option.Option<number>): boolean =>
  Option.getOrUndefined(a) === Option.getOrUndefined(b)

/** What differs in the metadata of two files of one type. */
export const metadata = (from: Entry, to: Entry): ReadonlyArray<Aspect> => {
  if (from.info === undefined || to.info === undefined) return from.target === to.target ? [] : ["target"]
  const { info } = from
  const other = to.info
  const found: Array<Aspect> = []
  if (((info.mode ^ other.mode) & 0o7777) !== 0) found.push("mode")
  if (!same(info.uid, other.uid) || !same(info.gid, other.gid)) found.push("owner")
  if (from.type !== "Directory" && time(info.mtime) !== time(other.mtime)) found.push("modified")
  const isDevice = from.type === "BlockDevice" || from.type === "CharacterDevice"
  if (isDevice && !same(info.rdev, other.rdev)) found.push("device")
  return found
}

/** Whether the inode number, the size and the time of the last modification are the same. */
export const looksUnchanged = (from: FileSystem.File.Info, to: FileSystem.File.Info): boolean =>
  from.size === to.size && same(from.ino, to.ino) && Option.isSome(from.ino) && time(from.mtime) === time(to.mtime)

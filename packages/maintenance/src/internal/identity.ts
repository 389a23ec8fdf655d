import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Action from "../Action.js"

/** Which file that is. Two files of a host never have the same device and inode at one time. */
export const of = (info: FileSystem.File.Info): Action.Identity =>
  new Action.Identity({
    device: info.dev,
    inode: Option.getOrElse(info.ino, () => 0),
    size: info.size,
    ...Option.match(info.mtime, {
      onNone: () => ({}),
      onSome: (time) => ({ modified: DateTime.toEpochMillis(DateTime.unsafeFromDate(time)) })
    })
  })

interface Numbers<A> {
  readonly inode: A
  readonly size: A
  readonly modified: A
}

/** The size of a directory and its time change when a name in it does, so its identity is its inode. */
export const sameNumbers = <A>(kind: "file" | "directory", one: Numbers<A | undefined>, other: Numbers<A>): boolean =>
  one.inode === other.inode && (kind === "directory" || (one.size === other.size && one.modified === other.modified))

/** Whether it is the same file, unchanged. */
export const same = (kind: "file" | "directory", one: Action.Identity, other: Action.Identity): boolean =>
  one.device === other.device &&
  sameNumbers<number | bigint | undefined>(
    kind,
    { inode: one.inode, size: one.size, modified: one.modified },
    { inode: other.inode, size: other.size, modified: other.modified }
  )

export const render = ({ inode, modified, size }: Action.Identity): string =>
  `inode ${inode}, ${size} bytes${
    modified === undefined ? "" : `, modified ${DateTime.formatIso(DateTime.unsafeMake(modified))}`
  }`

/** What a path leads to; none when nothing is there. Any other failure does not prove that. */
export const at = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.stat(path).pipe(
      Effect.map(Option.some),
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () => Effect.succeed(Option.none<FileSystem.File.Info>())
      )
    ))

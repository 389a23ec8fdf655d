import * as HostPath from "@effect-ploop/core/HostPath"
import type * as Result from "@effect-ploop/core/Result"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Action from "../../Action.js"
import * as identity from "../identity.js"
import { all, type Found, kept, nothing, step, unread } from "./found.js"

/** A name in a directory, and what it leads to. */
export interface Entry {
  readonly path: string
  readonly name: string
  readonly info: FileSystem.File.Info
}

/** What is known about the host when files are judged. */
export interface Around {
  readonly running: ReadonlyArray<Result.RunningDevice>
  /** A file that was modified later may belong to an operation that is running. */
  readonly before: DateTime.Utc
  /** How old a file must be. */
  readonly olderThan: Duration.Duration
}

/** What is in a directory. Symbolic links are left out. */
export const entriesOf = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const names = (yield* fs.readDirectory(directory)).toSorted()
    const entries = yield* Effect.forEach(names, (name) =>
      Effect.gen(function*() {
        const own = path.resolve(directory, name)
        if (Option.isSome(yield* Effect.option(fs.readLink(own)))) return []
        return Option.match(yield* identity.at(own), {
          onNone: () => [],
          onSome: (info): ReadonlyArray<Entry> => [{ name, path: own, info }]
        })
      }))
    return entries.flat()
  })

/** Whether nobody has changed it since. What has no time may have been changed just now. */
export const isOld = (info: FileSystem.File.Info, before: DateTime.Utc): boolean =>
  Option.exists(info.mtime, (time) => time.getTime() <= before.epochMillis)

/** What the removal of a file gives back: nothing while it has another name, and nothing for its holes. */
const freedBy = ({ blocks, nlink, size, type }: FileSystem.File.Info): bigint => {
  if (type === "Directory" || Option.exists(nlink, (names) => names > 1)) return 0n
  const allocated = Option.match(blocks, { onNone: () => size, onSome: (sectors) => BigInt(sectors) * 512n })
  return allocated < size ? allocated : size
}

/** The removal of one file, or of one empty directory. */
export const removal = ({ info, path }: Entry, reason: string): Found =>
  step(
    new Action.Remove({
      path: HostPath.make(path),
      kind: info.type === "Directory" ? "directory" : "file",
      identity: identity.of(info)
    }),
    reason,
    freedBy(info)
  )

/** What is found of a file that somebody may be working with: nothing is removed, and one that is gone is passed over. */
const ofYoung = <R>({ path }: Entry, { olderThan }: Around, judged: Effect.Effect<Found, PlatformError, R>) =>
  judged.pipe(
    Effect.map(({ kept: stays, steps }): Found =>
      stays.length + steps.length === 0
        ? nothing
        : kept(path, `it is too young: it was written less than ${Duration.format(olderThan)} ago`)
    ),
    Effect.orElseSucceed(() => nothing)
  )

/** What is found of a file that cannot be read is that it stays. One that is gone is passed over. */
const ofOld = <R>({ path }: Entry, judged: Effect.Effect<Found, PlatformError, R>) =>
  Effect.catchAll(
    judged,
    (error) =>
      Effect.succeed(
        error._tag === "SystemError" && error.reason === "NotFound" ? nothing : unread(path, error.message)
      )
  )

/** What is found of all entries. One that is too young, or cannot be read, is named, and stays. */
export const judgeEach = <R>(
  entries: ReadonlyArray<Entry>,
  around: Around,
  judge: (entry: Entry) => Effect.Effect<Found, PlatformError, R>
): Effect.Effect<Found, never, R> =>
  Effect.map(
    Effect.forEach(entries, (entry) =>
      isOld(entry.info, around.before) ? ofOld(entry, judge(entry)) : ofYoung(entry, around, judge(entry))),
    all
  )

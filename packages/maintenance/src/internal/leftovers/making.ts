import type * as Result from "@effect-ploop/core/Result"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { entriesOf, type Entry, isOld, removal } from "./entries.js"
import { all, type Found, kept, nothing } from "./found.js"

/** The directory in which the CLI backend makes files until they are complete: its own, with six random characters. */
const privateName = /^\.ploop-new-[A-Za-z0-9]{6}$/

/** The directory of a backup or of a restored disk until it is complete. */
const stageName = /\.partial-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Why the directory of something incomplete was made; undefined of any other directory. */
export const reasonOf = ({ info, name }: Entry): string | undefined => {
  if (info.type !== "Directory") return undefined
  if (privateName.test(name) && (info.mode & 0o777) === 0o700) {
    return "An operation that was killed has left it. Nothing in it was complete."
  }
  return stageName.test(name)
    ? "A backup or a restoration was cut short. Another application of its plan would finish it instead."
    : undefined
}

/** The files of something incomplete, and then their directory. Nothing goes while any of it may be in use. */
export const ofMaking = (
  directory: Entry,
  reason: string,
  { before, running }: { readonly before: DateTime.Utc; readonly running: ReadonlyArray<Result.RunningDevice> }
) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const user = running.find(({ image }) => path.dirname(image) === directory.path)
    if (user !== undefined) return kept(directory.path, `${user.device} runs from an image in it: stop it first`)
    const inside = yield* entriesOf(directory.path)
    if (!inside.every(({ info }) => isOld(info, before))) return nothing
    const isKnown = inside.length === (yield* fs.readDirectory(directory.path)).length &&
      inside.every(({ info }) => info.type === "File")
    return isKnown
      ? all([...inside, directory].map((entry): Found => removal(entry, reason)))
      : kept(directory.path, "it looks like what an operation leaves that is killed, but it has more than files in it")
  })

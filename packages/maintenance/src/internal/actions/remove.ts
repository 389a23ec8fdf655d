import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Action from "../../Action.js"
import * as identity from "../identity.js"
import { isAside, isEmpty, removingPrefix } from "../removing.js"
import { Done, type Handler, Outdated, Pending, type Status } from "./handler.js"

const status = ({ identity: planned, kind, path }: Action.Remove) =>
  Effect.map(
    identity.at(path),
    Option.match({
      onNone: (): Status => Done(),
      onSome: (info): Status => {
        const found = identity.of(info)
        return identity.same(kind, planned, found)
          ? Pending()
          : Outdated({ planned: identity.render(planned), found: identity.render(found) })
      }
    })
  )

/** What is removed, at any path. */
interface Removal extends Pick<Action.Remove, "kind" | "identity"> {
  readonly path: string
}

const changed = (path: string, where: string) =>
  new PlatformError.SystemError({
    module: "FileSystem",
    method: "remove",
    reason: "Busy",
    pathOrDescriptor: path,
    description: `another file had taken its place, or it had files in it. It is ${where} now`
  })

/** Neither form replaces a file that is there already. */
const putBack = (fs: FileSystem.FileSystem, { kind, path }: Removal, aside: string) =>
  (kind === "directory" ? fs.rename(aside, path) : Effect.zipRight(fs.link(aside, path), fs.remove(aside))).pipe(
    Effect.mapError(() => changed(path, aside))
  )

/** Whether the file that was moved aside is the planned one, and empty when it is a directory. */
const isPlanned = (fs: FileSystem.FileSystem, { identity: planned, kind }: Removal, aside: string) =>
  Effect.gen(function*() {
    const found = yield* identity.at(aside)
    if (!Option.exists(found, (info) => identity.same(kind, planned, identity.of(info)))) return false
    return kind === "file" || isEmpty(yield* fs.readDirectory(aside))
  })

/**
 * Takes the file off its name first, into a directory of its own, so that nobody
 * opens it by that name any more and no mount can appear on it. If it then is
 * another one than planned, it is put back.
 */
export const moveAsideAndRemove = (action: Removal) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const directory = yield* fs.makeTempDirectory({
      directory: path.dirname(action.path),
      prefix: removingPrefix(action)
    })
    const aside = path.join(directory, action.kind)
    const moved = yield* Effect.exit(fs.rename(action.path, aside))
    const isSame = Exit.isSuccess(moved) && (yield* isPlanned(fs, action, aside))
    if (Exit.isSuccess(moved) && !isSame) yield* putBack(fs, action, aside)
    // A move that is reported to have failed may have moved it all the same.
    if (isSame || (yield* fs.readDirectory(directory)).length === 0) yield* fs.remove(directory, { recursive: true })
    yield* moved
    if (!isSame) return yield* changed(action.path, action.path)
  }).pipe(Effect.uninterruptible)

/** What is aside already was moved there by an earlier removal, which may not have seen what is in a directory. */
const removeAside = ({ kind, path }: Action.Remove) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (kind === "directory" && !isEmpty(yield* fs.readDirectory(path))) return yield* changed(path, path)
    yield* fs.remove(path, { recursive: kind === "directory" })
  })

const run = (action: Action.Remove) =>
  Effect.flatMap(Path, (path) => isAside(path, action.path) ? removeAside(action) : moveAsideAndRemove(action))

export const remove: Handler<Action.Remove> = { status, run }

import * as FileSystem from "@effect/platform/FileSystem"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Change } from "./host.js"
import type { FileRef, Inode, State } from "./state.js"

const inodeOf = (state: State, ref: FileRef): Inode | undefined =>
  Option.getOrUndefined(Option.flatMap(
    HashMap.get(state.volumes, ref.volume),
    ({ inodes }) => HashMap.get(inodes, ref.ino)
  ))

const noEntries: HashMap.HashMap<string, number> = HashMap.empty()

const entriesOf = (inode: Inode | undefined): HashMap.HashMap<string, number> =>
  inode?.body._tag === "Directory" ? inode.body.entries : noEntries

/** Whether a file itself changed. A file added to or removed from a directory is reported by its own name instead. */
const isUpdated = (was: Inode, is: Inode): boolean =>
  was !== is && (is.body._tag !== "Directory" || was.body === is.body)

/** The events of a change below a directory, with paths relative to it. */
const eventsBelow = (
  change: Change,
  directory: FileRef,
  recursive: boolean,
  prefix: string
): ReadonlyArray<FileSystem.WatchEvent> => {
  const { after, before } = change
  const old = entriesOf(inodeOf(before, directory))
  const now = entriesOf(inodeOf(after, directory))
  const events: Array<FileSystem.WatchEvent> = []
  for (const [name, ino] of old) {
    const path = `${prefix}${name}`
    if (!HashMap.has(now, name)) events.push(FileSystem.WatchEventRemove({ path }))
    if (!Option.contains(HashMap.get(now, name), ino)) continue
    const file = { volume: directory.volume, ino }
    const [was, is] = [inodeOf(before, file), inodeOf(after, file)]
    if (was === undefined || is === undefined) continue
    if (isUpdated(was, is)) events.push(FileSystem.WatchEventUpdate({ path }))
    if (recursive) events.push(...eventsBelow(change, file, recursive, `${path}/`))
  }
  for (const [name, ino] of now) {
    if (!Option.contains(HashMap.get(old, name), ino)) {
      events.push(FileSystem.WatchEventCreate({ path: `${prefix}${name}` }))
    }
  }
  return events
}

/** A watched file, and the last name of the path that was watched. */
export interface Watched {
  readonly file: FileRef
  readonly name: string
  readonly recursive: boolean
}

/** The events of a change for a watched file. */
export const eventsOf = (change: Change, { file, name, recursive }: Watched): ReadonlyArray<FileSystem.WatchEvent> => {
  const [was, is] = [inodeOf(change.before, file), inodeOf(change.after, file)]
  if (was === undefined || was.links === 0) return []
  if (is === undefined || is.links === 0) return [FileSystem.WatchEventRemove({ path: name })]
  const own = isUpdated(was, is) ? [FileSystem.WatchEventUpdate({ path: name })] : []
  return [...own, ...eventsBelow(change, file, recursive, "")]
}

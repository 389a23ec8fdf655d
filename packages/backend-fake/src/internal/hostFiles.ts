import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Directory, Inode, Volume } from "./state.js"
import { withContents, withEntries } from "./state.js"

/** Changes of names in a directory: the numbers of files, undefined for a name that was removed. */
type Names = Map<string, number | undefined>

/**
 * A map with changes; undefined is what was removed. `HashMap.mutate` does the same, but counts how often it was called,
 * by which two states would differ that are equal otherwise.
 */
const withChanges = <Key, Value>(
  map: HashMap.HashMap<Key, Value>,
  changes: Iterable<readonly [Key, Value | undefined]>
): HashMap.HashMap<Key, Value> => {
  let next = map
  for (const [key, value] of changes) {
    next = value === undefined ? HashMap.remove(next, key) : HashMap.set(next, key, value)
  }
  return next
}

/**
 * The files of the host's own file system during a transition. It changes some files and names several times, and the
 * persistent maps of all of them once, at its end.
 */
export class HostFiles {
  /** The files that were read, as they are now: to look for one here takes less than in the persistent map. */
  private readonly known = new Map<number, Inode>()
  /** The files that were changed; undefined when removed. */
  private readonly changed = new Map<number, Inode | undefined>()
  /** The changes of names by the numbers of directories. */
  private readonly names = new Map<number, Names>()

  constructor(private inodes: Volume["inodes"]) {}

  /** The file with this number. The names in a directory are those of {@link entriesOf}. */
  get(ino: number): Inode | undefined {
    const known = this.known.get(ino)
    if (known !== undefined || this.changed.has(ino)) return known
    const found = Option.getOrUndefined(HashMap.get(this.inodes, ino))
    if (found !== undefined) this.known.set(ino, found)
    return found
  }

  set(inode: Inode): void {
    this.known.set(inode.ino, inode)
    this.changed.set(inode.ino, inode)
  }

  remove(ino: number): void {
    this.known.delete(ino)
    this.changed.set(ino, undefined)
    this.names.delete(ino)
  }

  /** The number of the file with a name in a directory. */
  entry(directory: number, name: string): number | undefined {
    const names = this.names.get(directory)
    if (names?.has(name) === true) return names.get(name)
    const body = this.get(directory)?.body
    return body?._tag === "Directory" ? Option.getOrUndefined(HashMap.get(body.entries, name)) : undefined
  }

  /** Adds, changes or removes a name in a directory. */
  setEntry(directory: number, name: string, ino: number | undefined): void {
    const names = this.names.get(directory) ?? new Map<string, number | undefined>()
    this.names.set(directory, names.set(name, ino))
  }

  /** The names in a directory. */
  entriesOf(directory: number): Directory["entries"] | undefined {
    this.storeNames(directory)
    const body = this.get(directory)?.body
    return body?._tag === "Directory" ? body.entries : undefined
  }

  private storeNames(directory: number): void {
    const names = this.names.get(directory)
    const inode = this.get(directory)
    this.names.delete(directory)
    if (names === undefined || inode?.body._tag !== "Directory") return
    this.set(withContents(inode, withEntries(inode.body, withChanges(inode.body.entries, names))))
  }

  /** All files, with the changes so far. */
  store(): Volume["inodes"] {
    for (const directory of this.names.keys()) this.storeNames(directory)
    this.inodes = withChanges(this.inodes, this.changed)
    this.changed.clear()
    return this.inodes
  }

  /** The same files, for a checkpoint: what changes later does not change them. */
  copy(): HostFiles {
    const copy = new HostFiles(this.inodes)
    for (const [ino, inode] of this.changed) {
      if (inode === undefined) copy.remove(ino)
      else copy.set(inode)
    }
    for (const [directory, names] of this.names) copy.names.set(directory, new Map(names))
    return copy
  }
}

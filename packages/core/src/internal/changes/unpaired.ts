import type { Entry } from "./entry.js"
import { identity } from "./entry.js"

/** A file that one of the two points has by this path, and the other has not. */
export interface Unpaired {
  readonly side: "from" | "to"
  readonly path: string
  readonly entry: Entry
}

const other = { from: "to", to: "from" } as const

/** Files that wait for their counterpart by another path, up to a limit. */
export class Waiting {
  private readonly directories = new Map<string, Unpaired>()
  private readonly files = new Map<string, Unpaired>()

  constructor(private readonly limit: number) {}

  private of({ entry }: Unpaired): Map<string, Unpaired> {
    return entry.type === "Directory" ? this.directories : this.files
  }

  /** The file by its path in the other point, which waits no longer. */
  match(one: Unpaired): Unpaired | undefined {
    const key = `${other[one.side]}:${identity(one.entry)}`
    const waiting = this.of(one)
    const found = waiting.get(key)
    waiting.delete(key)
    return found
  }

  /** Lets a file wait. The result is one that cannot: itself, or the earliest one where there are too many. */
  add(one: Unpaired): Unpaired | undefined {
    const id = identity(one.entry)
    const waiting = this.of(one)
    const key = `${one.side}:${id}`
    if (this.limit === 0 || id === undefined || waiting.has(key)) return one
    waiting.set(key, one)
    return this.directories.size + this.files.size <= this.limit ? undefined : this.take(this.files, this.directories)
  }

  /** The next one for which no counterpart is left; directories first, since what is in them may have one. */
  next(): Unpaired | undefined {
    return this.take(this.directories, this.files)
  }

  private take(...maps: ReadonlyArray<Map<string, Unpaired>>): Unpaired | undefined {
    for (const map of maps) {
      for (const [key, value] of map) {
        map.delete(key)
        return value
      }
    }
    return undefined
  }
}

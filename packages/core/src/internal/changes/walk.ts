import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Change } from "../../DiskChange.js"
import { Added, Changed, Removed, Renamed } from "../../DiskChange.js"
import * as content from "./content.js"
import * as entry from "./entry.js"
import { type Unpaired, Waiting } from "./unpaired.js"

interface Options {
  readonly trustTimes: boolean
  readonly maximumRenames: number
}

/** Two directories that are compared, or one without a counterpart. Their paths begin at the root of the file system. */
interface Directories {
  readonly from?: string
  readonly to?: string
}

/** The names of two directories, merged. */
interface Listing extends Directories {
  readonly names: ReadonlyArray<string>
  readonly inFrom: ReadonlySet<string>
  readonly inTo: ReadonlySet<string>
  at: number
}

/** How many names are read at once. */
const batchSize = 64

/** What is read here has its type. */
const unchecked = { disableValidation: true }

const isBalloon = (directory: string | undefined, name: string): boolean =>
  directory === "" && name.startsWith(".balloon-")

/** The differences of two directories of the host, each the root of a file system. */
export const walk = (
  fs: FileSystem.FileSystem,
  roots: { readonly from: string; readonly to: string },
  options: Options
): Stream.Stream<Change, PlatformError> =>
  Stream.suspend(() => {
    const waiting = new Waiting(options.maximumRenames)
    /** The directories that are not finished, the present one last. One is listed when its turn comes. */
    const unfinished: Array<Directories | Listing> = [{ from: "", to: "" }]
    let changes: Array<Change> = []

    const namesOf = (root: string, directory: string | undefined) =>
      directory === undefined
        ? Effect.succeed<ReadonlyArray<string>>([])
        : Effect.map(
          fs.readDirectory(`${root}${directory}`),
          (names) => names.filter((name) => !isBalloon(directory, name))
        )

    const list = (directories: Directories) =>
      Effect.gen(function*() {
        const from = yield* namesOf(roots.from, directories.from)
        const to = yield* namesOf(roots.to, directories.to)
        const inFrom = new Set(from)
        const names = [...from, ...to.filter((name) => !inFrom.has(name))].sort()
        unfinished.push({ ...directories, names, inFrom, inTo: new Set(to), at: 0 })
      })

    const report = ({ entry: { type }, path, side }: Unpaired) => {
      changes.push(side === "from" ? new Removed({ path, type }, unchecked) : new Added({ path, type }, unchecked))
      if (type === "Directory") unfinished.push(side === "from" ? { from: path } : { to: path })
    }

    const aspects = (from: Unpaired, to: Unpaired) =>
      Effect.gen(function*() {
        const found = entry.metadata(from.entry, to.entry)
        const [a, b] = [from.entry.info, to.entry.info]
        if (from.entry.type !== "File" || a === undefined || b === undefined) return found
        const same = a.size === b.size &&
          (options.trustTimes && entry.looksUnchanged(a, b) ||
            (yield* content.same(fs, `${roots.from}${from.path}`, `${roots.to}${to.path}`)))
        return same ? found : ["content" as const, ...found]
      })

    const descend = (from: Unpaired, to: Unpaired) => {
      if (to.entry.type === "Directory") unfinished.push({ from: from.path, to: to.path })
    }

    const pair = (from: Unpaired, to: Unpaired) =>
      Effect.map(aspects(from, to), ([first, ...rest]) => {
        const { entry: { type }, path } = to
        if (first !== undefined) changes.push(new Changed({ path, type, aspects: [first, ...rest] }, unchecked))
        descend(from, to)
      })

    const unpaired = (one: Unpaired) =>
      Effect.gen(function*() {
        const found = waiting.match(one)
        if (found === undefined) {
          const rejected = waiting.add(one)
          return rejected === undefined ? undefined : report(rejected)
        }
        const [from, to] = one.side === "from" ? [one, found] : [found, one]
        const { entry: { type }, path } = to
        changes.push(new Renamed({ path, type, previous: from.path, aspects: yield* aspects(from, to) }, unchecked))
        descend(from, to)
      })

    const readOne = (side: Unpaired["side"], root: string, directory: string | undefined, name: string) =>
      Effect.map(entry.read(fs, `${root}${directory}/${name}`), (entry): Unpaired => ({
        side,
        path: `${directory}/${name}`,
        entry
      }))

    const readBoth = (listing: Listing) => (name: string) =>
      Effect.all({
        from: listing.inFrom.has(name) ? readOne("from", roots.from, listing.from, name) : Effect.succeed(undefined),
        to: listing.inTo.has(name) ? readOne("to", roots.to, listing.to, name) : Effect.succeed(undefined)
      })

    const compare = ({ from, to }: { readonly from: Unpaired | undefined; readonly to: Unpaired | undefined }) =>
      from !== undefined && to !== undefined && from.entry.type === to.entry.type
        ? pair(from, to)
        : Effect.forEach([from, to], (one) => one === undefined ? Effect.void : unpaired(one), { discard: true })

    const batch = (listing: Listing) =>
      Effect.gen(function*() {
        const names = listing.names.slice(listing.at, listing.at + batchSize)
        listing.at += names.length
        if (listing.at < listing.names.length) unfinished.push(listing)
        const read = yield* Effect.forEach(names, readBoth(listing), { concurrency: 8 })
        yield* Effect.forEach(read, compare, { discard: true })
      })

    /** Does a part of the work; the result is whether any was left. */
    const step: Effect.Effect<boolean, PlatformError> = Effect.suspend(() => {
      const next = unfinished.pop()
      if (next !== undefined) return Effect.as("names" in next ? batch(next) : list(next), true)
      const left = waiting.next()
      if (left === undefined) return Effect.succeed(false)
      report(left)
      return Effect.succeed(true)
    })

    return Stream.repeatEffectChunkOption(
      Effect.flatMap(Effect.mapError(step, Option.some), (isLeft) => {
        const found = changes
        changes = []
        return isLeft || found.length > 0 ? Effect.succeed(Chunk.unsafeFromArray(found)) : Effect.fail(Option.none())
      })
    )
  })

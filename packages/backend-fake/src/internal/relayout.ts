import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as content from "./content.js"
import * as layouts from "./layout.js"
import * as space from "./space.js"
import type { Body, Volume } from "./state.js"

const runsOf = (body: Body): ReadonlyArray<space.Run> =>
  body._tag === "Bytes" ? content.runs(body) : body._tag === "Directory" ? body.runs : []

const countOf = (runs: ReadonlyArray<space.Run>): number => runs.reduce((sum, run) => sum + run.length, 0)

const moved = (body: Body, from: ReadonlySet<space.Run>, take: (count: number) => ReadonlyArray<space.Run>): Body => {
  const change = (runs: ReadonlyArray<space.Run>): ReadonlyArray<space.Run> =>
    runs.some((run) => from.has(run)) ? runs.flatMap((run) => from.has(run) ? take(run.length) : [run]) : runs
  if (body._tag === "Bytes") {
    return {
      ...body,
      pieces: HashMap.map(body.pieces, (piece) => {
        const runs = change(piece.runs)
        return runs === piece.runs ? piece : { ...piece, runs }
      })
    }
  }
  return body._tag === "Directory" ? { ...body, runs: change(body.runs) } : body
}

/** The blocks for files: those after the file system's own. */
const data = (layout: layouts.Layout): { readonly start: number; readonly end: number } => ({
  start: layouts.overhead(layout),
  end: layout.blocks
})

/**
 * Resizes a file system as resize2fs does, and moves what lies in the blocks
 * that it loses. None when it does not fit.
 */
export const relayout = (
  volume: Volume,
  layout: layouts.Layout
): Option.Option<{ readonly volume: Volume; readonly touched: ReadonlyArray<space.Run> }> => {
  const { end, start } = data(layout)
  const all = [...HashMap.values(volume.inodes)].flatMap((inode) => runsOf(inode.body))
  const kept = all.filter((run) => run.start >= start && run.start + run.length <= end)
  const lost = new Set(all.filter((run) => run.start < start || run.start + run.length > end))
  if (countOf(all) > end - start) return Option.none()
  let free = space.make(0, 0)
  let at = start
  for (const run of [...kept].sort((a, b) => a.start - b.start)) {
    free = space.extend(free, at, run.start)
    at = run.start + run.length
  }
  free = space.extend(free, at, end)
  const touched: Array<space.Run> = []
  const take = (count: number): ReadonlyArray<space.Run> => {
    const taken = Option.getOrThrow(space.allocate(free, count))
    free = taken.space
    touched.push(...taken.runs)
    return taken.runs
  }
  const inodes = lost.size === 0 ? volume.inodes : HashMap.map(volume.inodes, (inode) => {
    const body = moved(inode.body, lost, take)
    return body === inode.body ? inode : { ...inode, body }
  })
  return Option.some({ volume: { ...volume, inodes, layout, space: free }, touched })
}

import type { FileRef, Mount } from "./state.js"
import { rootInode } from "./state.js"

type Mounts = ReadonlyArray<Mount>

/** Mounts by a number: their places in the order in which they were made. */
type Index = ReadonlyMap<number, ReadonlyArray<number>>

const key = ({ ino, volume }: FileRef): number => volume * 2 ** 32 + ino

/** Every step of every path asks for an index, which changes only with a mount. */
const indexed = (by: (mount: Mount) => number): (mounts: Mounts) => Index => {
  const known = new WeakMap<Mounts, Index>()
  return (mounts) => {
    const found = known.get(mounts)
    if (found !== undefined) return found
    const index = new Map<number, Array<number>>()
    for (const [place, mount] of mounts.entries()) {
      const places = index.get(by(mount))
      if (places === undefined) index.set(by(mount), [place])
      else places.push(place)
    }
    known.set(mounts, index)
    return index
  }
}

const byCovered = indexed(({ covers }) => key(covers))

const byShown = indexed(({ volume }) => volume)

/** What is seen at a place: the root of what is mounted over it, or the place itself. */
export const onto = (mounts: Mounts, ref: FileRef): FileRef => {
  if (mounts.length === 0) return ref
  const covered = byCovered(mounts)
  let at = ref
  for (let last = -1;;) {
    const place = covered.get(key(at))?.find((place) => place > last)
    if (place === undefined) return at
    at = { volume: mounts[place]!.volume, ino: rootInode }
    last = place
  }
}

/** The place that a mounted root hides; the place itself where it is none. */
export const below = (mounts: Mounts, ref: FileRef): FileRef => {
  if (mounts.length === 0 || ref.ino !== rootInode) return ref
  const shown = byShown(mounts)
  let at = ref
  for (let last = mounts.length; at.ino === rootInode;) {
    const place = shown.get(at.volume)?.findLast((place) => place < last)
    if (place === undefined) return at
    at = mounts[place]!.covers
    last = place
  }
  return at
}

/** Whether something is mounted there. */
export const isMountPoint = (mounts: Mounts, ref: FileRef): boolean =>
  mounts.length > 0 && ref.ino === rootInode && byShown(mounts).has(ref.volume)

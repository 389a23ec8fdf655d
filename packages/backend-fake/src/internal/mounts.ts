import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { FileRef, Mount } from "./state.js"
import { rootInode } from "./state.js"

type Mounts = ReadonlyArray<Mount>

/** The positions of mounts in the list of mounts, oldest first, by a key. */
type Index<Key> = ReadonlyMap<Key, ReadonlyArray<number>>

const key = ({ ino, volume }: FileRef): number => volume * 2 ** 32 + ino

/** The index is cached: every path lookup needs it, and it changes only with a mount. */
const indexed = <Key>(by: (mount: Mount) => Key): (mounts: Mounts) => Index<Key> => {
  const known = new WeakMap<Mounts, Index<Key>>()
  return (mounts) => {
    const found = known.get(mounts)
    if (found !== undefined) return found
    const index = new Map<Key, Array<number>>()
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

const byDevice = indexed(({ device }) => device)

/** The mounts of a device, oldest first. */
export const ofDevice = (mounts: Mounts, device: DevicePath): ReadonlyArray<Mount> =>
  (byDevice(mounts).get(device) ?? []).map((place) => mounts[place]!)

/** The file that is visible at a location: the root of the topmost mount on it, or the file itself. */
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

/** The directory that a mounted root hides; the file itself when it is not a mounted root. */
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

/** Whether a file system is mounted there. */
export const isMountPoint = (mounts: Mounts, ref: FileRef): boolean =>
  mounts.length > 0 && ref.ino === rootInode && byShown(mounts).has(ref.volume)

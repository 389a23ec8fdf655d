import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { FileRef } from "./device.js"
import { hostVolume, rootInode } from "./device.js"

export interface Mount {
  /** The directory that the mount hides. */
  readonly covers: FileRef
  readonly volume: number
  readonly target: string
  readonly device: DevicePath
}

/** The numbers of mounts, oldest first, by a key. */
type Index<Key> = HashMap.HashMap<Key, ReadonlyArray<number>>

/**
 * The mounts of the host, each by a number larger than that of every mount before it. They are found by what a path, a
 * device or a file system asks for, whatever their number.
 */
export interface Mounts {
  readonly entries: HashMap.HashMap<number, Mount>
  readonly byCovered: Index<number>
  readonly byShown: Index<number>
  readonly byDevice: Index<DevicePath>
  readonly byTarget: Index<string>
  /** By the file system of a disk in which they are mounted. Those in the file system of the host are not here. */
  readonly byOuter: Index<number>
  readonly next: number
}

export const empty: Mounts = {
  entries: HashMap.empty(),
  byCovered: HashMap.empty(),
  byShown: HashMap.empty(),
  byDevice: HashMap.empty(),
  byTarget: HashMap.empty(),
  byOuter: HashMap.empty(),
  next: 0
}

const key = ({ ino, volume }: FileRef): number => volume * 2 ** 32 + ino

const none: ReadonlyArray<number> = []

const at = <Key>(index: Index<Key>, key: Key): ReadonlyArray<number> => {
  const found = HashMap.get(index, key)
  return Option.isSome(found) ? found.value : none
}

/** A change of the numbers of one key. */
type Edit = (numbers: ReadonlyArray<number>) => ReadonlyArray<number>

const edited = <Key>(index: Index<Key>, key: Key, edit: Edit): Index<Key> => {
  const numbers = edit(at(index, key))
  return numbers.length === 0 ? HashMap.remove(index, key) : HashMap.set(index, key, numbers)
}

/** The indexes after a change of the numbers of all keys of a mount. */
const indexed = (mounts: Mounts, { covers, device, target, volume }: Mount, edit: Edit) => ({
  byCovered: edited(mounts.byCovered, key(covers), edit),
  byShown: edited(mounts.byShown, volume, edit),
  byDevice: edited(mounts.byDevice, device, edit),
  byTarget: edited(mounts.byTarget, target, edit),
  byOuter: covers.volume === hostVolume ? mounts.byOuter : edited(mounts.byOuter, covers.volume, edit)
})

export const add = (mounts: Mounts, mount: Mount): Mounts => ({
  ...indexed(mounts, mount, (numbers) => [...numbers, mounts.next]),
  entries: HashMap.set(mounts.entries, mounts.next, mount),
  next: mounts.next + 1
})

/** Removes a mount that is there. */
export const remove = (mounts: Mounts, mount: Mount): Mounts => {
  const number = at(mounts.byDevice, mount.device).find((number) => get(mounts, number) === mount)
  return number === undefined ? mounts : {
    ...indexed(mounts, mount, (numbers) => numbers.filter((other) => other !== number)),
    entries: HashMap.remove(mounts.entries, number),
    next: mounts.next
  }
}

/** A mount that is there gets another mount point, because a directory above it was renamed. */
export const move = (mounts: Mounts, mount: Mount, target: string): Mounts => {
  const number = at(mounts.byDevice, mount.device).find((number) => get(mounts, number) === mount)
  if (number === undefined || mount.target === target) return mounts
  const without = edited(mounts.byTarget, mount.target, (numbers) => numbers.filter((other) => other !== number))
  return {
    ...mounts,
    entries: HashMap.set(mounts.entries, number, { ...mount, target }),
    byTarget: edited(without, target, (numbers) => [...numbers, number].sort((a, b) => a - b))
  }
}

/**
 * The mounts that came after one of a device at its mount point or above it: an
 * unmount by that path would take away one of them.
 */
export const covering = (mounts: Mounts, device: DevicePath): ReadonlyArray<Mount> => {
  const own = at(mounts.byDevice, device)
  if (own.length === 0 || HashMap.size(mounts.entries) === own.length) return []
  const targets = own.map((number) => [number, get(mounts, number).target] as const)
  const covers = (number: number, { target }: Mount): boolean =>
    targets.some(([mine, path]) =>
      number > mine && (target === path || target === "/" || path.startsWith(`${target}/`))
    )
  return [...HashMap.keys(mounts.entries)].sort((a, b) => a - b)
    .filter((number) => !own.includes(number) && covers(number, get(mounts, number)))
    .map((number) => get(mounts, number))
}

const get = ({ entries }: Mounts, number: number): Mount => HashMap.unsafeGet(entries, number)

/** All mounts, oldest first. */
export const all = (mounts: Mounts): ReadonlyArray<Mount> =>
  [...HashMap.keys(mounts.entries)].sort((a, b) => a - b).map((number) => get(mounts, number))

/** The mounts of a device, oldest first. */
export const ofDevice = (mounts: Mounts, device: DevicePath): ReadonlyArray<Mount> =>
  at(mounts.byDevice, device).map((number) => get(mounts, number))

/** The mounts in the file system of a disk, oldest first. */
export const inside = (mounts: Mounts, volume: number): ReadonlyArray<Mount> =>
  at(mounts.byOuter, volume).map((number) => get(mounts, number))

/** The latest mount with this mount point. */
export const ofTarget = (mounts: Mounts, target: string): Mount | undefined => {
  const number = at(mounts.byTarget, target).at(-1)
  return number === undefined ? undefined : get(mounts, number)
}

/** The file that is visible at a location: the root of the topmost mount on it, or the file itself. */
export const onto = (mounts: Mounts, ref: FileRef): FileRef => {
  if (HashMap.isEmpty(mounts.entries)) return ref
  let file = ref
  for (let last = -1;;) {
    const number = at(mounts.byCovered, key(file)).find((number) => number > last)
    if (number === undefined) return file
    file = { volume: get(mounts, number).volume, ino: rootInode }
    last = number
  }
}

/** The directory that a mounted root hides; the file itself when it is not a mounted root. */
export const below = (mounts: Mounts, ref: FileRef): FileRef => {
  if (ref.ino !== rootInode || HashMap.isEmpty(mounts.entries)) return ref
  let file = ref
  for (let last = mounts.next; file.ino === rootInode;) {
    const number = at(mounts.byShown, file.volume).findLast((number) => number < last)
    if (number === undefined) return file
    file = get(mounts, number).covers
    last = number
  }
  return file
}

/** Whether a file system is mounted there. */
export const isMountPoint = (mounts: Mounts, ref: FileRef): boolean =>
  ref.ino === rootInode && HashMap.has(mounts.byShown, ref.volume)

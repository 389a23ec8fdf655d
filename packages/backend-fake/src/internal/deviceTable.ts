import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { Device, FileRef } from "./device.js"
import { hostVolume } from "./device.js"

interface Entry {
  readonly device: Device
  /** Larger than that of every device that was attached before. */
  readonly order: number
}

/**
 * The attached devices. They are found by their names, and by what identifies a
 * disk, whatever their number.
 */
export interface DeviceTable {
  readonly entries: HashMap.HashMap<DevicePath, Entry>
  /** The names of devices by their keys, as {@link keysOf} returns them. */
  readonly names: HashMap.HashMap<string, ReadonlyArray<DevicePath>>
  readonly nextOrder: number
}

export const empty: DeviceTable = { entries: HashMap.empty(), names: HashMap.empty(), nextOrder: 0 }

const fileKey = ({ ino, volume }: FileRef): string => `file ${volume} ${ino}`

const volumeKey = (volume: number): string => `volume ${volume}`

/** Devices on files in the file system of a disk. */
const outerKey = (volume: number): string => `outer ${volume}`

const baseKey = (path: string): string => `base ${path}`

const keysOf = ({ levels, volume }: Device): ReadonlySet<string> =>
  new Set([
    ...levels.map(({ file }) => fileKey(file)),
    ...levels.slice(0, 1).map(({ path }) => baseKey(path)),
    ...levels.filter(({ file }) => file.volume !== hostVolume).map(({ file }) => outerKey(file.volume)),
    ...(volume === undefined ? [] : [volumeKey(volume)])
  ])

const withNames = (
  names: DeviceTable["names"],
  keys: Iterable<string>,
  change: (names: ReadonlyArray<DevicePath>) => ReadonlyArray<DevicePath>
): DeviceTable["names"] => {
  let next = names
  for (const key of keys) {
    const changed = change(Option.getOrElse(HashMap.get(next, key), () => []))
    next = changed.length === 0 ? HashMap.remove(next, key) : HashMap.set(next, key, changed)
  }
  return next
}

export const isEmpty = ({ entries }: DeviceTable): boolean => HashMap.isEmpty(entries)

const ordered = (entries: Iterable<Entry>): ReadonlyArray<Device> =>
  Array.from(entries).sort((a, b) => a.order - b.order).map(({ device }) => device)

/** All devices, in the order in which they were attached. */
export const all = ({ entries }: DeviceTable): ReadonlyArray<Device> => ordered(HashMap.values(entries))

export const get = ({ entries }: DeviceTable, name: DevicePath): Device | undefined =>
  Option.getOrUndefined(HashMap.get(entries, name))?.device

const byKey = ({ entries, names }: DeviceTable, key: string): ReadonlyArray<Device> => {
  const found = Option.getOrUndefined(HashMap.get(names, key))
  if (found === undefined) return none
  const [first, ...others] = found
  return others.length === 0 && first !== undefined
    ? [HashMap.unsafeGet(entries, first).device]
    : ordered(found.map((name) => HashMap.unsafeGet(entries, name)))
}

const none: ReadonlyArray<Device> = []

/** The devices that have this file as one of their levels. */
export const ofFile = (table: DeviceTable, file: FileRef): ReadonlyArray<Device> =>
  isEmpty(table) ? none : byKey(table, fileKey(file))

/** The devices whose base level has this path. */
export const ofBase = (table: DeviceTable, path: string): ReadonlyArray<Device> => byKey(table, baseKey(path))

/** The device that shows this file system. */
export const ofVolume = (table: DeviceTable, volume: number): Device | undefined =>
  isEmpty(table) ? undefined : byKey(table, volumeKey(volume))[0]

/** Whether a device runs on a file in the file system of this disk. */
export const isUsedBelow = ({ names }: DeviceTable, volume: number): boolean => HashMap.has(names, outerKey(volume))

export const remove = (table: DeviceTable, device: Device): DeviceTable => {
  const found = get(table, device.device)
  return found === undefined ? table : {
    entries: HashMap.remove(table.entries, device.device),
    names: withNames(table.names, keysOf(found), (names) => names.filter((name) => name !== device.device)),
    nextOrder: table.nextOrder
  }
}

/** Adds a device. */
export const add = ({ entries, names, nextOrder }: DeviceTable, device: Device): DeviceTable => ({
  entries: HashMap.set(entries, device.device, { device, order: nextOrder }),
  names: withNames(names, keysOf(device), (names) => [...names, device.device]),
  nextOrder: nextOrder + 1
})

/** Changes a device that is there: each write does, and changes none of its keys. */
export const set = (table: DeviceTable, device: Device): DeviceTable => {
  const found = Option.getOrUndefined(HashMap.get(table.entries, device.device))
  if (found === undefined) return table
  const { device: old, order } = found
  const entries = HashMap.set(table.entries, device.device, { device, order })
  if (old.levels === device.levels && old.volume === device.volume) return { ...table, entries }
  const without = withNames(table.names, keysOf(old), (names) => names.filter((name) => name !== device.device))
  return { ...table, entries, names: withNames(without, keysOf(device), (names) => [...names, device.device]) }
}

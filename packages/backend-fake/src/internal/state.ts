import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { FormatVersion } from "@effect-ploop/core/FormatVersion"
import type { Generation } from "@effect-ploop/core/Generation"
import * as HashMap from "effect/HashMap"
import type * as HashSet from "effect/HashSet"
import type { PCGRandomState } from "effect/Utils"
import type * as content from "./content.js"
import type { Device, FileRef } from "./device.js"
import { hostVolume, rootInode } from "./device.js"
import type { DeviceTable } from "./deviceTable.js"
import * as deviceTable from "./deviceTable.js"
import type { Layout } from "./layout.js"
import * as mounts from "./mounts.js"
import type * as space from "./space.js"
import type { Tracking } from "./tracking.js"
import { usesDeviceMapper } from "./traits.js"

export { hostVolume, rootInode } from "./device.js"
export type { Device, FileRef, Level } from "./device.js"

export interface Directory {
  readonly _tag: "Directory"
  readonly entries: HashMap.HashMap<string, number>
  /** The inode of the parent directory; its own at the root. */
  readonly parent: number
  /** Its name in the parent directory; empty at the root. */
  readonly name: string
  readonly runs: ReadonlyArray<space.Run>
}

export interface Link {
  readonly _tag: "Link"
  readonly target: string
}

export interface DeviceNode {
  readonly _tag: "Device"
  readonly device: DevicePath
  /** Whether it is the node of the partition. */
  readonly partition: boolean
}

/**
 * The contents of a delta: the clusters that it stores, and the whole tree of
 * the disk at the last write to the delta, shared with the deltas below it.
 * Without a tree, the delta below shows through.
 */
export interface Delta {
  readonly tree: Volume | "garbage" | undefined
  readonly clusters: HashSet.HashSet<number>
}

/** The deltas that several hosts have read as bytes. The marker of each is its position, from 1. */
export interface SharedDeltas {
  readonly deltas: Array<Delta>
}

/** An image file. Sizes are in bytes. */
export interface Image {
  readonly _tag: "Image"
  /** Whether it is raw, and so has no header. */
  readonly raw: boolean
  /** Whether a raw image has holes where nothing was written. */
  readonly sparse?: boolean | undefined
  /** The number of preallocated clusters, from the first on. */
  readonly preallocated: number
  readonly version: FormatVersion
  readonly clusterSize: number
  readonly size: number
  /** Whether the in-use flag is set. */
  readonly dirty: boolean
  /** Whether the file is shorter than its index says. */
  readonly truncated: boolean
  /** Whether the empty flag is set although the image is not empty, which a forced check detects. */
  readonly staleFlag: boolean
  readonly delta: Delta
  /** What has changed since a snapshot, if that is tracked and no device that writes has the image. */
  readonly tracking?: Tracking | undefined
  /** Whether entries of the index name the same cluster of the file. */
  readonly hasDuplicates?: boolean | undefined
  /** Identifies its delta when the file is read as bytes. */
  readonly token?: number | undefined
}

export type Body = content.Bytes | Image | Directory | Link | DeviceNode

export interface Inode {
  readonly ino: number
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly links: number
  readonly atime: number
  readonly mtime: number
  readonly ctime: number
  readonly birthtime: number
  readonly body: Body
}

/** A file system: that of the host, which has no layout and counts the bytes in use, or that of a disk. */
export interface Volume {
  readonly id: number
  readonly inodes: HashMap.HashMap<number, Inode>
  readonly nextInode: number
  readonly used: number
  readonly layout: Layout | undefined
  readonly space: space.Space | undefined
  readonly readOnly: boolean
  /** Whether its journal has to be replayed: from when it is mounted for writing until it is unmounted. */
  readonly isDirty?: boolean | undefined
}

export interface Handle {
  readonly file: FileRef
  readonly path: string
  readonly readable: boolean
  readonly writable: boolean
  readonly append: boolean
}

export interface State {
  readonly generation: Generation
  /** The capacity of the host's own file system, in bytes. */
  readonly capacity: number | undefined
  /** Whether the kernel supports format version 2. */
  readonly largeDisks: boolean
  readonly random: PCGRandomState
  readonly volumes: HashMap.HashMap<number, Volume>
  readonly nextVolume: number
  readonly mounts: mounts.Mounts
  readonly devices: DeviceTable
  readonly nextDevice: number
  readonly handles: HashMap.HashMap<number, Handle>
  readonly nextHandle: number
  /** The deltas whose image files have been read as bytes. */
  readonly deltas: HashMap.HashMap<number, Delta>
  /** In place of these, the deltas of several hosts. */
  readonly shared: SharedDeltas | undefined
}

// These copy field by field: every write calls them, and a spread is several times as slow.

/** The file with new contents, modified now. */
export const withBody = (inode: Inode, body: Body, now: number, links = inode.links): Inode => ({
  ino: inode.ino,
  mode: inode.mode,
  uid: inode.uid,
  gid: inode.gid,
  links,
  atime: inode.atime,
  mtime: now,
  ctime: now,
  birthtime: inode.birthtime,
  body
})

/** The file with other contents, and everything else as it is. */
export const withContents = (inode: Inode, body: Body): Inode => ({
  ino: inode.ino,
  mode: inode.mode,
  uid: inode.uid,
  gid: inode.gid,
  links: inode.links,
  atime: inode.atime,
  mtime: inode.mtime,
  ctime: inode.ctime,
  birthtime: inode.birthtime,
  body
})

/** The file with another number of names. */
export const withLinks = (inode: Inode, links: number, now: number): Inode => ({
  ino: inode.ino,
  mode: inode.mode,
  uid: inode.uid,
  gid: inode.gid,
  links,
  atime: inode.atime,
  mtime: inode.mtime,
  ctime: now,
  birthtime: inode.birthtime,
  body: inode.body
})

/** The directory with other entries. */
export const withEntries = (directory: Directory, entries: Directory["entries"]): Directory => ({
  _tag: "Directory",
  entries,
  parent: directory.parent,
  name: directory.name,
  runs: directory.runs
})

/** The file system with a changed file. */
export const withInode = (volume: Volume, inode: Inode, used: number, free: space.Space | undefined): Volume =>
  withInodes(volume, HashMap.set(volume.inodes, inode.ino, inode), used, free)

/** The file system with other files. */
export const withInodes = (
  volume: Volume,
  inodes: Volume["inodes"],
  used: number,
  free: space.Space | undefined,
  nextInode = volume.nextInode
): Volume => ({
  id: volume.id,
  inodes,
  nextInode,
  used,
  layout: volume.layout,
  space: free,
  readOnly: volume.readOnly,
  isDirty: volume.isDirty
})

const withParts = (
  state: State,
  volumes: State["volumes"],
  devices: State["devices"],
  random = state.random
): State => ({
  generation: state.generation,
  capacity: state.capacity,
  largeDisks: state.largeDisks,
  random,
  volumes,
  nextVolume: state.nextVolume,
  mounts: state.mounts,
  devices,
  nextDevice: state.nextDevice,
  handles: state.handles,
  nextHandle: state.nextHandle,
  deltas: state.deltas,
  shared: state.shared
})

/** The host with a changed file system. */
export const withVolume = (state: State, volume: Volume): State =>
  withParts(state, HashMap.set(state.volumes, volume.id, volume), state.devices)

/** The host with another state of its source of random values. */
export const withRandom = (state: State, random: State["random"]): State =>
  withParts(state, state.volumes, state.devices, random)

/** The host with a changed device. */
export const withDevice = (state: State, device: Device): State =>
  withParts(state, state.volumes, deviceTable.set(state.devices, device))

const directory = (
  ino: number,
  name: string,
  now: number,
  entries: Iterable<readonly [string, number]>,
  parent = rootInode
): Inode => ({
  ino,
  mode: 0o755,
  uid: 0,
  gid: 0,
  links: 2,
  atime: now,
  mtime: now,
  ctime: now,
  birthtime: now,
  body: { _tag: "Directory", entries: HashMap.fromIterable(entries), parent, name, runs: [] }
})

const standard = ["dev", "mnt", "tmp", "vz"]

/** The directories of a new host. */
const hostTree = (generation: Generation, now: number): Volume => {
  const first = 11
  const numbers = standard.map((name, index) => [name, first + index] as const)
  const mapper = first + standard.length
  const inMapper = usesDeviceMapper[generation]
  const inodes = [
    { ...directory(rootInode, "", now, numbers), links: 2 + standard.length },
    ...numbers.map(([name, ino]) => ({
      ...directory(ino, name, now, name === "dev" && inMapper ? [["mapper", mapper]] : []),
      ...(name === "tmp" && { mode: 0o1777 }),
      ...(name === "dev" && inMapper && { links: 3 })
    })),
    ...(inMapper ? [directory(mapper, "mapper", now, [], numbers[0]![1])] : [])
  ]
  return {
    id: hostVolume,
    inodes: HashMap.fromIterable(inodes.map((inode) => [inode.ino, inode] as const)),
    nextInode: mapper + 1,
    used: 0,
    layout: undefined,
    space: undefined,
    readOnly: false
  }
}

export const make = (options: {
  readonly generation: Generation
  readonly capacity: number | undefined
  readonly largeDisks: boolean
  readonly random: PCGRandomState
  readonly now: number
  readonly shared?: SharedDeltas | undefined
}): State => ({
  generation: options.generation,
  capacity: options.capacity,
  largeDisks: options.largeDisks,
  random: options.random,
  volumes: HashMap.make([hostVolume, hostTree(options.generation, options.now)]),
  nextVolume: hostVolume + 1,
  mounts: mounts.empty,
  devices: deviceTable.empty,
  nextDevice: 17_761,
  handles: HashMap.empty(),
  nextHandle: 3,
  deltas: HashMap.empty(),
  shared: options.shared
})

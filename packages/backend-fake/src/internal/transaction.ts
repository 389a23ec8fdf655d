import type { DevicePath } from "@effect-ploop/core/DevicePath"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import { PCGRandom } from "effect/Utils"
import * as content from "./content.js"
import * as deviceTable from "./deviceTable.js"
import type { Code } from "./errno.js"
import { HostFiles } from "./hostFiles.js"
import * as image from "./image.js"
import * as layouts from "./layout.js"
import * as mounts from "./mounts.js"
import * as space from "./space.js"
import * as state from "./state.js"
import * as tracking from "./tracking.js"

const sameFile = (a: state.FileRef, b: state.FileRef): boolean => a.ino === b.ino && a.volume === b.volume

/** The space that a file takes of the host, in bytes. */
const hostUse = (body: state.Body): number => {
  switch (body._tag) {
    case "Bytes":
      return content.allocated(body)
    case "Image":
      return image.allocated(body)
    case "Directory":
      return space.blockSize
    default:
      return 0
  }
}

/** One for all hosts, because each use begins and ends with the state of its host, and to make one takes longer. */
const generator = new PCGRandom(0)

/** What a checkpoint keeps. It becomes a state only where the transition fails. */
interface Saved {
  readonly state: state.State
  readonly host: state.Volume
  readonly files: HostFiles
}

/** The state of the host with its files. */
const withFiles = (of: state.State, host: state.Volume, files: HostFiles): state.State => {
  const inodes = files.store()
  return inodes === host.inodes
    ? of
    : state.withVolume(of, state.withInodes(host, inodes, host.used, host.space))
}

/**
 * A transition in progress. It starts from a state, and its changes become the
 * next state. When it fails, only the changes up to its last checkpoint do.
 */
export class Transaction {
  private saved: Saved | undefined
  private edits = 0
  private readonly written = new Map<number, Set<number>>()
  /** The directory that was found last: nearly all files of an operation are in one. */
  private directory: { readonly path: string; readonly ref: state.FileRef } | undefined
  /** Where paths were found to lead, after the change with this number. */
  private readonly found = new Map<string, Either.Either<state.FileRef, Code>>()
  private foundAfter = 0
  /** The file system of the host, whose map of files may not have the latest changes. */
  private host: state.Volume
  private files: HostFiles

  constructor(private current: state.State, readonly now: number) {
    this.host = HashMap.unsafeGet(current.volumes, state.hostVolume)
    this.files = new HostFiles(this.host.inodes)
  }

  get state(): state.State {
    this.storeChanges()
    return this.current
  }

  /** The state without its file systems, which takes less to read. */
  get rest(): Omit<state.State, "volumes"> {
    return this.current
  }

  /** Another number after each change. */
  get version(): number {
    return this.edits
  }

  private storeChanges(): void {
    const next = withFiles(this.current, this.host, this.files)
    if (next === this.current) return
    this.current = next
    this.host = HashMap.unsafeGet(next.volumes, state.hostVolume)
  }

  private reset(to: state.State): void {
    this.edits++
    this.current = to
    this.host = HashMap.unsafeGet(to.volumes, state.hostVolume)
    this.files = new HostFiles(this.host.inodes)
  }

  get generation(): state.State["generation"] {
    return this.current.generation
  }

  get mounts(): state.State["mounts"] {
    return this.current.mounts
  }

  get devices(): state.State["devices"] {
    return this.current.devices
  }

  update(change: Partial<state.State>): void {
    this.edits++
    if (change.mounts !== undefined) this.forgetDirectories()
    this.current = { ...this.current, ...change }
  }

  /** Keeps the changes so far when the transition fails later, as on a host. */
  checkpoint(): void {
    this.saved = { state: this.current, host: this.host, files: this.files.copy() }
  }

  /** The state at the last checkpoint, which a failure leaves; undefined when there was none. */
  get checkpointed(): state.State | undefined {
    return this.saved === undefined ? undefined : withFiles(this.saved.state, this.saved.host, this.saved.files)
  }

  /**
   * Runs work, including the growth of image files, or rolls it back and returns
   * false. It must come first in a transition.
   */
  attempt(work: () => Either.Either<void, Code>): boolean {
    const before = this.state
    if (Either.isRight(work()) && Either.isRight(this.settle())) return true
    this.reset(before)
    this.forgetDirectories()
    this.written.clear()
    return false
  }

  // Random values

  /** Random hexadecimal digits. */
  hex(digits: number): string {
    generator.setState(this.current.random)
    let text = ""
    while (text.length < digits) text += Math.floor(generator.number() * 2 ** 32).toString(16).padStart(8, "0")
    this.current = state.withRandom(this.current, generator.getState())
    return text.slice(0, digits)
  }

  uuid(): SnapshotId {
    const hex = this.hex(32)
    const variant = (8 + parseInt(hex[16]!, 16) % 4).toString(16)
    const text = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${
      hex.slice(20)
    }`
    // It is in the canonical form by construction: to test that takes longer than to make it.
    return `{${text}}` as SnapshotId
  }

  // Volumes and their inodes

  volume(id: number): state.Volume {
    if (id === state.hostVolume) this.storeChanges()
    return this.volumeWithoutChanges(id)
  }

  /** The file system, whose map of files may not have the latest changes. */
  private volumeWithoutChanges(id: number): state.Volume {
    return id === state.hostVolume ? this.host : HashMap.unsafeGet(this.current.volumes, id)
  }

  isReadOnly(id: number): boolean {
    return this.volumeWithoutChanges(id).readOnly
  }

  setVolume(volume: state.Volume): void {
    this.edits++
    if (volume.id === state.hostVolume) {
      this.host = volume
      this.files = new HostFiles(volume.inodes)
    }
    this.current = state.withVolume(this.current, volume)
  }

  removeVolume(id: number): void {
    this.update({ volumes: HashMap.remove(this.current.volumes, id) })
  }

  inode(ref: state.FileRef): state.Inode {
    const found = ref.volume === state.hostVolume ? this.files.get(ref.ino) : undefined
    return found ?? HashMap.unsafeGet(this.volumeWithoutChanges(ref.volume).inodes, ref.ino)
  }

  has(ref: state.FileRef): boolean {
    if (ref.volume === state.hostVolume) return this.files.get(ref.ino) !== undefined
    const volume = HashMap.get(this.current.volumes, ref.volume)
    return Option.isSome(volume) && HashMap.has(volume.value.inodes, ref.ino)
  }

  /** Keeps a changed file and the free space that it leaves. */
  private put(volume: state.Volume, inode: state.Inode, used: number, free: space.Space | undefined): void {
    if (volume.id !== state.hostVolume) return this.setVolume(state.withInode(volume, inode, used, free))
    this.edits++
    this.files.set(inode)
    if (used !== volume.used) this.host = state.withInodes(volume, volume.inodes, used, free)
  }

  // Names in directories

  /** The number of the file with a name in a directory. */
  entry(directory: state.FileRef, name: string): number | undefined {
    if (directory.volume === state.hostVolume) return this.files.entry(directory.ino, name)
    const { body } = this.inode(directory)
    return body._tag === "Directory" ? Option.getOrUndefined(HashMap.get(body.entries, name)) : undefined
  }

  /** The names in a directory, with the numbers of their files. */
  entriesOf(directory: state.FileRef): state.Directory["entries"] {
    if (directory.volume === state.hostVolume) return this.files.entriesOf(directory.ino) ?? noEntries
    const { body } = this.inode(directory)
    return body._tag === "Directory" ? body.entries : noEntries
  }

  /** Adds, changes or removes a name in a directory, which gains this number of links. */
  setEntry(directory: state.FileRef, name: string, ino: number | undefined, links: number): void {
    const inode = this.inode(directory)
    if (inode.body._tag !== "Directory") return
    if (directory.volume !== state.hostVolume) {
      const { entries } = inode.body
      const changed = ino === undefined ? HashMap.remove(entries, name) : HashMap.set(entries, name, ino)
      const body = state.withEntries(inode.body, changed)
      return this.setAttributes(directory.volume, state.withBody(inode, body, this.now, inode.links + links))
    }
    this.edits++
    this.files.setEntry(directory.ino, name, ino)
    if (links === 0 && inode.mtime === this.now && inode.ctime === this.now) return
    this.files.set(state.withBody(inode, inode.body, this.now, inode.links + links))
  }

  // Directories that were found

  /** The directory to which the path was found to lead up to here, if nothing that could change that has happened since. */
  directoryAt(path: string, end: number): state.FileRef | undefined {
    const { directory } = this
    return directory?.path.length === end && path.startsWith(directory.path) ? directory.ref : undefined
  }

  /** Keeps the directory to which a path leads without links. */
  keepDirectory(path: string, ref: state.FileRef): void {
    this.directory = { path, ref }
  }

  /** Where this path was found to lead, if nothing has changed since: an operation looks for a file several times. */
  fileAt(path: string): Either.Either<state.FileRef, Code> | undefined {
    return this.foundAfter === this.edits ? this.found.get(path) : undefined
  }

  /** Keeps where a path leads until something changes. */
  keepFile(path: string, file: Either.Either<state.FileRef, Code>): void {
    if (this.foundAfter !== this.edits) this.found.clear()
    this.foundAfter = this.edits
    this.found.set(path, file)
  }

  /** Forgets where paths lead, because a directory is removed, moved or mounted on. */
  forgetDirectories(): void {
    this.directory = undefined
  }

  /** Stores an inode and the free space that it leaves. Fails when the host lacks the space by which the file grew. */
  setInode(id: number, inode: state.Inode, free?: space.Space): Either.Either<void, Code> {
    const volume = this.volumeWithoutChanges(id)
    let used = volume.used
    if (volume.layout === undefined) {
      const ref = { volume: id, ino: inode.ino }
      const grown = hostUse(inode.body) - (this.has(ref) ? hostUse(this.inode(ref).body) : 0)
      used += grown
      const { capacity } = this.current
      if (grown > 0 && capacity !== undefined && used > capacity) return Either.left("ENOSPC")
    }
    this.put(volume, inode, used, free ?? volume.space)
    if (volume.layout !== undefined) this.touchTables(id)
    return Either.void
  }

  /** Stores an inode whose contents are unchanged. */
  setAttributes(id: number, inode: state.Inode): void {
    const volume = this.volumeWithoutChanges(id)
    this.put(volume, inode, volume.used, volume.space)
    if (volume.layout !== undefined) this.touchTables(id)
  }

  /** Makes an inode without a name. Fails when there is none left. */
  addInode(
    id: number,
    body: state.Body,
    mode: number,
    links: number
  ): Either.Either<state.FileRef, Code> {
    const volume = this.volumeWithoutChanges(id)
    const ino = volume.nextInode
    let free = volume.space
    let made = body
    if (free !== undefined && body._tag === "Directory") {
      const taken = space.allocate(free, 1)
      if (Option.isNone(taken)) return Either.left("ENOSPC")
      free = taken.value.space
      made = { ...body, runs: taken.value.runs }
      this.touch(id, taken.value.runs)
    }
    if (volume.layout !== undefined && !hasInode(volume)) return Either.left("ENOSPC")
    const next = state.withInodes(volume, volume.inodes, volume.used, free, ino + 1)
    // That of the host is stored with the new file, or not at all.
    if (id === state.hostVolume) this.host = next
    else this.setVolume(next)
    const { now } = this
    const inode: state.Inode = {
      ino,
      mode,
      uid: 0,
      gid: 0,
      links,
      atime: now,
      mtime: now,
      ctime: now,
      birthtime: now,
      body: made
    }
    const stored = this.setInode(id, inode)
    return Either.isRight(stored) ? Either.right({ volume: id, ino }) : Either.left(stored.left)
  }

  /** Frees a file that has no name, unless it is open or a device runs on it. */
  forget(ref: state.FileRef): void {
    if (!this.has(ref)) return
    const inode = this.inode(ref)
    if (inode.links > 0 || this.inUse(ref)) return
    const volume = this.volumeWithoutChanges(ref.volume)
    const { body } = inode
    const used = volume.layout === undefined ? volume.used - hostUse(body) : volume.used
    const free = volume.space === undefined ? undefined : space.release(volume.space, runsOf(body))
    if (ref.volume === state.hostVolume) {
      this.edits++
      this.files.remove(ref.ino)
      this.host = state.withInodes(volume, volume.inodes, used, free)
    } else {
      this.setVolume(state.withInodes(volume, HashMap.remove(volume.inodes, ref.ino), used, free))
    }
    if (volume.layout !== undefined) this.touchTables(ref.volume)
  }

  private inUse(ref: state.FileRef): boolean {
    const { handles } = this.current
    if (!HashMap.isEmpty(handles)) {
      for (const handle of HashMap.values(handles)) if (sameFile(handle.file, ref)) return true
    }
    return deviceTable.ofFile(this.current.devices, ref).length > 0
  }

  // Devices

  device(path: DevicePath): state.Device | undefined {
    return deviceTable.get(this.current.devices, path)
  }

  deviceOfVolume(volume: number): state.Device | undefined {
    return deviceTable.ofVolume(this.current.devices, volume)
  }

  setDevice(device: state.Device): void {
    this.edits++
    this.current = state.withDevice(this.current, device)
  }

  mountsOf(device: DevicePath): ReadonlyArray<mounts.Mount> {
    return mounts.ofDevice(this.current.mounts, device)
  }

  /** Records that blocks of a disk's file system were written to. */
  touch(volume: number, runs: ReadonlyArray<space.Run>): void {
    if (runs.length === 0) return
    const device = this.deviceOfVolume(volume)
    if (device === undefined) return
    const clusters = this.writtenTo(volume)
    for (const run of runs) {
      const first = partitionStart(device) + run.start * space.blockSize
      const last = first + run.length * space.blockSize - 1
      const end = Math.floor(last / device.clusterSize)
      for (let cluster = Math.floor(first / device.clusterSize); cluster <= end; cluster++) clusters.add(cluster)
    }
  }

  /**
   * Records a write to the tables at the start of the partition, and to the
   * journal behind them, which every change makes.
   */
  touchTables(volume: number): void {
    const device = this.deviceOfVolume(volume)
    if (device !== undefined) this.writtenTo(volume).add(Math.floor(partitionStart(device) / device.clusterSize))
  }

  /** Writes the kernel's cache of a device back to its top delta. */
  sync(device: state.Device): Either.Either<void, Code> {
    const settled = this.settle()
    const top = device.levels.at(-1)
    if (Either.isLeft(settled) || device.volume === undefined || device.readOnly || top === undefined) return settled
    const { bio_syncs, bio_writes } = (this.device(device.device) ?? device).statistics
    this.setDevice({
      ...(this.device(device.device) ?? device),
      statistics: { bio_writes, bio_syncs: bio_syncs + 1n }
    })
    const inode = this.inode(top.file)
    const volume = this.volume(device.volume)
    if (inode.body._tag !== "Image" || inode.body.delta.tree === volume) return settled
    return this.setInode(top.file.volume, {
      ...inode,
      body: { ...inode.body, token: undefined, delta: { ...inode.body.delta, tree: volume } }
    })
  }

  private writtenTo(volume: number): Set<number> {
    const found = this.written.get(volume) ?? new Set<number>()
    this.written.set(volume, found)
    return found
  }

  /** Grows the image files by the clusters that were written to for the first time. */
  settle(): Either.Either<void, Code> {
    for (const [volume, clusters] of this.written) {
      const device = this.deviceOfVolume(volume)
      const top = device?.levels.at(-1)
      if (device === undefined || top === undefined || device.readOnly) continue
      const { bio_syncs, bio_writes } = device.statistics
      this.setDevice({
        ...device,
        tracking: tracking.written(device.tracking, clusters, device),
        statistics: { bio_syncs, bio_writes: bio_writes + BigInt(clusters.size) }
      })
      const inode = this.inode(top.file)
      if (inode.body._tag !== "Image") continue
      const own = withAll(inode.body.delta.clusters, clusters)
      if (own === inode.body.delta.clusters) continue
      const body: image.Image = { ...inode.body, token: undefined, delta: { ...inode.body.delta, clusters: own } }
      const stored = this.setInode(top.file.volume, { ...inode, mtime: this.now, body })
      if (Either.isLeft(stored)) return stored
    }
    this.written.clear()
    return Either.void
  }
}

const noEntries: state.Directory["entries"] = HashMap.empty()

const runsOf = (body: state.Body): ReadonlyArray<space.Run> =>
  body._tag === "Bytes" ? content.runs(body) : body._tag === "Directory" ? body.runs : []

/** Returns the same set when nothing is new, because most writes go to existing clusters. */
const withAll = (set: HashSet.HashSet<number>, values: Iterable<number>): HashSet.HashSet<number> => {
  let all = set
  for (const value of values) if (!HashSet.has(all, value)) all = HashSet.add(all, value)
  return all
}

/** Where the file system begins on a device, in bytes: after the partition table, which takes one cluster. */
export const partitionStart = (device: state.Device): number => device.partitioned ? device.clusterSize : 0

const hasInode = (volume: state.Volume): boolean =>
  volume.layout === undefined ||
  HashMap.size(volume.inodes) + layouts.reservedInodes(volume.layout) < layouts.inodes(volume.layout)

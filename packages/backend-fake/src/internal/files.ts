import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as content from "./content.js"
import * as deviceTable from "./deviceTable.js"
import type { Code } from "./errno.js"
import * as image from "./image.js"
import * as mounts from "./mounts.js"
import * as space from "./space.js"
import type { Body, Delta, DeviceNode, Directory, FileRef, Handle, Inode } from "./state.js"
import { hostVolume, withBody, withLinks } from "./state.js"
import * as superblock from "./superblock.js"
import type { Transaction } from "./transaction.js"
import type { Found, Result } from "./walk.js"
import {
  directory,
  exists,
  failed,
  isLongPath,
  isMountPoint,
  isSpecial,
  lookup,
  pathOf,
  realFile,
  realPath,
  same,
  walk,
  walkToMake,
  walkToName
} from "./walk.js"

export { exists, isMountPoint, lookup, realFile, realPath, same }

const isReadOnly = (tx: Transaction, ref: FileRef): boolean => tx.isReadOnly(ref.volume)

const addEntry = (tx: Transaction, parent: FileRef, name: string, ino: number, links = 0): void =>
  tx.setEntry(parent, name, ino, links)

const removeEntry = (tx: Transaction, parent: FileRef, name: string, links = 0): void =>
  tx.setEntry(parent, name, undefined, links)

const link = (tx: Transaction, ref: FileRef, count: number): void => {
  const inode = tx.inode(ref)
  tx.setAttributes(ref.volume, withLinks(inode, inode.links + count, tx.now))
}

/** Removes a name, and the file with its last name. */
const unname = (tx: Transaction, parent: FileRef, name: string, node: FileRef): void => {
  const isDirectory = directory(tx, node) !== undefined
  if (isDirectory) tx.forgetDirectories()
  removeEntry(tx, parent, name, isDirectory ? -1 : 0)
  link(tx, node, isDirectory ? -2 : -1)
  tx.forget(node)
}

const umask = 0o022

const setUser = 0o4000

const setGroup = 0o2000

const sticky = 0o1000

/** Makes a file under a name. It gets the group of a directory that has the set-group-ID bit. */
const make = (tx: Transaction, { name, parent }: Found, body: Body, mode: number): Result<FileRef> => {
  const isDirectory = body._tag === "Directory"
  const made = tx.addInode(parent.volume, body, mode, isDirectory ? 2 : 1)
  if (Either.isLeft(made)) return made
  const above = tx.inode(parent)
  if ((above.mode & setGroup) !== 0) {
    const inode = tx.inode(made.right)
    tx.setAttributes(parent.volume, { ...inode, gid: above.gid, mode: isDirectory ? mode | setGroup : mode })
  }
  addEntry(tx, parent, name, made.right.ino, isDirectory ? 1 : 0)
  return made
}

/** Why a file cannot be made under a name. */
const refuseMaking = (tx: Transaction, found: Found, wants: Body["_tag"] | "name"): Code | undefined => {
  if (found.node !== undefined) return "EEXIST"
  if (found.slash && wants !== "Directory") return "ENOENT"
  return isReadOnly(tx, found.parent) ? "EROFS" : undefined
}

// Directories

export const makeDirectory = (tx: Transaction, path: string, mode: number): Result<FileRef> =>
  Either.flatMap(walkToName(tx, path), (found) => {
    const refused = refuseMaking(tx, found, "Directory")
    if (refused !== undefined) return failed(refused)
    const { name, parent } = found
    const body: Directory = { _tag: "Directory", entries: HashMap.empty(), parent: parent.ino, name, runs: [] }
    return make(tx, found, body, mode & ~umask & (0o777 | sticky))
  })

export const readDirectory = (tx: Transaction, path: string): Result<ReadonlyArray<string>> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    const found = directory(tx, ref)
    return found === undefined ? failed("ENOTDIR") : Either.right([...HashMap.keys(tx.entriesOf(ref))].sort())
  })

export const removeDirectory = (tx: Transaction, path: string): Result<void> =>
  Either.flatMap(walkToName(tx, path), ({ name, node, parent }) => {
    if (name === "..") return failed("ENOTEMPTY")
    if (name === ".") return failed("EINVAL")
    if (name === "") return failed("EBUSY")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    if (node === undefined) return failed("ENOENT")
    const found = directory(tx, node)
    if (found === undefined) return failed("ENOTDIR")
    if (isMountPoint(tx, node)) return failed("EBUSY")
    if (HashMap.size(tx.entriesOf(node)) > 0) return failed("ENOTEMPTY")
    unname(tx, parent, name, node)
    return Either.void
  })

// Names

export const unlink = (tx: Transaction, path: string): Result<void> =>
  Either.flatMap(walkToName(tx, path), (found) => {
    const { name, node, parent, slash } = found
    if (isSpecial(found)) return failed("EISDIR")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    if (node === undefined) return failed("ENOENT")
    if (directory(tx, node) !== undefined) return failed("EISDIR")
    if (slash) return failed("ENOTDIR")
    unname(tx, parent, name, node)
    return Either.void
  })

export const makeLink = (tx: Transaction, existing: string, path: string): Result<void> =>
  Either.flatMap(lookup(tx, existing, false), (ref) =>
    Either.flatMap(walkToName(tx, path), (found) => {
      const refused = refuseMaking(tx, found, "name")
      if (refused !== undefined) return failed(refused)
      if (found.parent.volume !== ref.volume) return failed("EXDEV")
      if (directory(tx, ref) !== undefined) return failed("EPERM")
      link(tx, ref, 1)
      addEntry(tx, found.parent, found.name, ref.ino)
      return Either.void
    }))

export const makeSymbolicLink = (tx: Transaction, target: string, path: string): Result<void> => {
  if (target === "") return failed("ENOENT")
  if (isLongPath(target)) return failed("ENAMETOOLONG")
  return Either.flatMap(walkToName(tx, path), (found) => {
    const refused = refuseMaking(tx, found, "Link")
    if (refused !== undefined) return failed(refused)
    return Either.map(make(tx, found, { _tag: "Link", target }, 0o777), () => undefined)
  })
}

/** Makes a block device node. */
export const makeNode = (tx: Transaction, path: string, device: DevicePath): void => {
  const found = walkToName(tx, path)
  const body: Body = { _tag: "Device", device, partition: path !== device }
  if (Either.isRight(found) && found.right.node === undefined) make(tx, found.right, body, 0o600)
}

export const readLink = (tx: Transaction, path: string): Result<string> =>
  Either.flatMap(lookup(tx, path, false), (ref) => {
    const { body } = tx.inode(ref)
    return body._tag === "Link" ? Either.right(body.target) : failed("EINVAL")
  })

const isBelow = (tx: Transaction, ref: FileRef, ancestor: FileRef): boolean => {
  for (let at = ref;;) {
    if (same(at, ancestor)) return true
    const { body } = tx.inode(at)
    if (body._tag !== "Directory" || body.parent === at.ino) return false
    at = { volume: at.volume, ino: body.parent }
  }
}

/** Why a file cannot replace another. */
const refuseReplacing = (tx: Transaction, from: FileRef, to: FileRef): Code | undefined => {
  const target = directory(tx, to)
  const moved = directory(tx, from)
  if (moved !== undefined && target === undefined) return "ENOTDIR"
  if (moved === undefined && target !== undefined) return "EISDIR"
  if (isMountPoint(tx, from) || isMountPoint(tx, to)) return "EBUSY"
  return target !== undefined && HashMap.size(tx.entriesOf(to)) > 0 ? "ENOTEMPTY" : undefined
}

const refuseRenaming = (tx: Transaction, old: Found, next: Found): Code | undefined => {
  if (old.parent.volume !== next.parent.volume) return "EXDEV"
  if (isSpecial(old) || isSpecial(next)) return "EBUSY"
  if (isReadOnly(tx, old.parent)) return "EROFS"
  if (old.node === undefined) return "ENOENT"
  const moved = directory(tx, old.node)
  if (moved === undefined && (old.slash || next.slash)) return "ENOTDIR"
  if (moved !== undefined && isBelow(tx, next.parent, old.node)) return "EINVAL"
  if (next.node === undefined) return isMountPoint(tx, old.node) ? "EBUSY" : undefined
  if (same(old.node, next.node)) return undefined
  return isBelow(tx, old.parent, next.node) ? "ENOTEMPTY" : refuseReplacing(tx, old.node, next.node)
}

/** The path by which the kernel knows a file, if a path leads to the file now. */
const isAt = (tx: Transaction, path: string, file: FileRef): boolean => {
  const found = lookup(tx, path)
  return Either.isRight(found) && same(found.right, file)
}

/** What follows a rename: the kernel reports the new paths of the images of running devices, and of mount points. */
const following = (tx: Transaction, old: string): (next: string) => void => {
  const isMoved = (path: string): boolean => path === old || path.startsWith(`${old}/`)
  const devices = deviceTable.all(tx.devices).filter(({ levels }) =>
    levels.some(({ file, path }) => isMoved(path) && isAt(tx, path, file))
  )
  return (next) => {
    for (const device of devices) {
      const levels = device.levels.map((level) => {
        const path = `${next}${level.path.slice(old.length)}`
        return isMoved(level.path) && isAt(tx, path, level.file) ? { ...level, path } : level
      })
      tx.setDevice({ ...device, levels })
    }
    for (const mount of mounts.all(tx.mounts).filter(({ target }) => isMoved(target))) {
      tx.update({ mounts: mounts.move(tx.mounts, mount, pathOf(tx, mount.covers)) })
    }
  }
}

const pathOfName = (tx: Transaction, { name, parent }: Found): string => {
  const above = pathOf(tx, parent)
  return above === "/" ? `/${name}` : `${above}/${name}`
}

export const rename = (tx: Transaction, from: string, to: string): Result<void> =>
  Either.flatMap(walkToName(tx, from), (old) =>
    Either.flatMap(walkToName(tx, to), (next) => {
      const { node } = old
      const refused = refuseRenaming(tx, old, next)
      if (refused !== undefined || node === undefined) return failed(refused ?? "ENOENT")
      if (next.node !== undefined) {
        if (same(node, next.node)) return Either.void
        unname(tx, next.parent, next.name, next.node)
      }
      const isDirectory = directory(tx, node) !== undefined
      const follow = deviceTable.isEmpty(tx.devices) ? undefined : following(tx, pathOfName(tx, old))
      if (isDirectory) tx.forgetDirectories()
      removeEntry(tx, old.parent, old.name, isDirectory ? -1 : 0)
      addEntry(tx, next.parent, next.name, node.ino, isDirectory ? 1 : 0)
      const inode = tx.inode(node)
      const { body, links } = inode
      const moved = body._tag === "Directory"
        ? { ...inode, body: { ...body, parent: next.parent.ino, name: next.name } }
        : inode
      tx.setAttributes(node.volume, withLinks(moved, links, tx.now))
      follow?.(pathOfName(tx, next))
      return Either.void
    }))

// Attributes

export const changeMode = (tx: Transaction, path: string, mode: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    tx.setAttributes(ref.volume, { ...tx.inode(ref), mode: mode & 0o7777, ctime: tx.now })
    return Either.void
  })

/** The mode of a file after a change of owner, which clears the set-ID bits. */
const withoutSetId = (inode: Inode): number => {
  if (inode.body._tag === "Directory") return inode.mode
  const isRunByGroup = (inode.mode & 0o010) !== 0
  return inode.mode & ~(isRunByGroup ? setUser | setGroup : setUser)
}

/** Changes owner and group; -1 keeps the current one. */
export const changeOwner = (tx: Transaction, path: string, uid: number, gid: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    const inode = tx.inode(ref)
    tx.setAttributes(ref.volume, {
      ...inode,
      uid: uid === -1 ? inode.uid : uid,
      gid: gid === -1 ? inode.gid : gid,
      mode: withoutSetId(inode),
      ctime: tx.now
    })
    return Either.void
  })

/** The earliest and the latest time that an inode can store, in milliseconds. */
const [earliest, latest] = [-(2 ** 31) * 1000, (2 ** 34 - 2 ** 31 - 1) * 1000]

const toTime = (milliseconds: number): number => Math.min(Math.max(milliseconds, earliest), latest)

export const changeTimes = (tx: Transaction, path: string, atime: number, mtime: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    if (Number.isNaN(atime) || Number.isNaN(mtime)) return failed("EINVAL")
    tx.setAttributes(ref.volume, { ...tx.inode(ref), atime: toTime(atime), mtime: toTime(mtime), ctime: tx.now })
    return Either.void
  })

export const access = (tx: Transaction, path: string, writable: boolean): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => writable && isReadOnly(tx, ref) ? failed("EROFS") : Either.void)

const encoder = new TextEncoder()

export const sizeOf = (inode: Inode): number => {
  switch (inode.body._tag) {
    case "Bytes":
      return inode.body.size
    case "Image":
      return image.fileSize(inode.body)
    case "Directory":
      return space.blockSize
    case "Link":
      return encoder.encode(inode.body.target).length
    case "Device":
      return 0
  }
}

/** The space that the file takes, in sectors. */
export const sectorsOf = (inode: Inode): number => {
  const { body } = inode
  const bytes = body._tag === "Bytes"
    ? content.allocated(body)
    : body._tag === "Image"
    ? image.allocated(body)
    : body._tag === "Directory"
    ? sizeOf(inode)
    : 0
  return Math.ceil(bytes / 512)
}

// Contents

const materialised = new WeakMap<image.Image, content.Bytes>()

/** The bytes of a regular file or an image. */
export const bytesOf = (tx: Transaction, ref: FileRef): content.Bytes | undefined => {
  const inode = tx.inode(ref)
  if (inode.body._tag === "Bytes") return inode.body
  if (inode.body._tag !== "Image") return undefined
  const known = materialised.get(inode.body)
  if (known !== undefined && inode.body.token !== undefined) return known
  const token = inode.body.token ?? remember(tx, inode.body.delta)
  const body: image.Image = { ...inode.body, token }
  const volume = tx.volume(ref.volume)
  tx.setVolume({ ...volume, inodes: HashMap.set(volume.inodes, ref.ino, { ...inode, body }) })
  const bytes = image.toBytes(body, token)
  materialised.set(body, bytes)
  return bytes
}

/** Remembers a delta, so that its marker in the bytes of an image means it. */
export const remember = (tx: Transaction, delta: Delta): number => {
  const { shared } = tx.rest
  if (shared !== undefined) return shared.deltas.push(delta)
  const token = HashMap.size(tx.rest.deltas) + 1
  tx.update({ deltas: HashMap.set(tx.rest.deltas, token, delta) })
  return token
}

/** The delta of a marker. */
export const remembered = (tx: Transaction, token: number): Option.Option<Delta> =>
  tx.rest.shared === undefined
    ? HashMap.get(tx.rest.deltas, token)
    : Option.fromNullable(tx.rest.shared.deltas[token - 1])

const store = (tx: Transaction, ref: FileRef, written: content.Written): Result<void> => {
  tx.touch(ref.volume, written.touched)
  return tx.setInode(ref.volume, withBody(tx.inode(ref), written.bytes, tx.now), written.space)
}

/** The maximum size of a file: block numbers have 32 bits. */
const largestFile = (2 ** 32 - 1) * space.blockSize

/** A device is read as far as its superblock: what is behind it is not modelled. */
const readNode = (tx: Transaction, { device, partition }: DeviceNode, position: number, length: number) => {
  const found = tx.device(device)
  if (found === undefined) return failed("EIO")
  const layout = found.volume === undefined || found.partitioned !== partition
    ? undefined
    : tx.volume(found.volume).layout
  const end = position + length
  return end <= superblock.length ? Either.right(superblock.make(layout).slice(position, end)) : failed("EIO")
}

export const readAt = (tx: Transaction, ref: FileRef, position: number, length: number): Result<Uint8Array> => {
  if (position < 0) return failed("EINVAL")
  const { body } = tx.inode(ref)
  if (body._tag === "Device") return readNode(tx, body, position, length)
  const bytes = bytesOf(tx, ref)
  if (bytes === undefined) return failed(directory(tx, ref) === undefined ? "EIO" : "EISDIR")
  return Either.right(content.read(bytes, position, length))
}

/** Writes bytes and returns how many: fewer than given at the maximum size of a file. */
export const writeAt = (tx: Transaction, ref: FileRef, position: number, data: Uint8Array): Result<number> => {
  if (isReadOnly(tx, ref)) return failed("EROFS")
  if (position < 0) return failed("EINVAL")
  if (data.length === 0) return Either.right(0)
  if (position >= largestFile) return failed("EFBIG")
  const bytes = bytesOf(tx, ref)
  if (bytes === undefined) return failed("EIO")
  const fitting = position + data.length > largestFile ? data.subarray(0, largestFile - position) : data
  const written = content.write(bytes, position, fitting, tx.volume(ref.volume).space)
  return Option.isNone(written)
    ? failed("ENOSPC")
    : Either.map(store(tx, ref, written.value), () => fitting.length)
}

export const truncateAt = (tx: Transaction, ref: FileRef, size: number): Result<void> => {
  if (isReadOnly(tx, ref)) return failed("EROFS")
  if (size > largestFile) return failed("EFBIG")
  const { body } = tx.inode(ref)
  // Emptying an image needs none of its bytes.
  const bytes = size === 0 && body._tag === "Image" ? content.empty : bytesOf(tx, ref)
  return bytes === undefined
    ? failed("EINVAL")
    : store(tx, ref, content.truncate(bytes, size, tx.volume(ref.volume).space))
}

/**
 * Replaces the contents of an existing file: the same as truncating and writing
 * it, at half the cost. Returns false, with nothing changed, when that is not
 * possible. It must come first in a transition.
 */
export const replaceContent = (tx: Transaction, path: string, data: Uint8Array): boolean => {
  const found = walkToMake(tx, path, true)
  if (Either.isLeft(found) || found.right.node === undefined || data.length === 0 || data.length > largestFile) {
    return false
  }
  const { node } = found.right
  const { body } = tx.inode(node)
  if (body._tag !== "Bytes" || isReadOnly(tx, node)) return false
  const emptied = content.truncate(body, 0, tx.volume(node.volume).space)
  const written = content.write(emptied.bytes, 0, data, emptied.space)
  return Option.isSome(written) && tx.attempt(() => store(tx, node, written.value))
}

/** The flags of open(2) that one of Node's flag names stands for. */
interface Flags {
  readonly readable: boolean
  readonly writable: boolean
  readonly append: boolean
  readonly create: boolean
  readonly exclusive: boolean
  readonly truncate: boolean
}

export const flags = (name: string): Flags => ({
  readable: name.startsWith("r") || name.includes("+"),
  writable: !name.startsWith("r") || name.includes("+"),
  append: name.startsWith("a"),
  create: !name.startsWith("r"),
  exclusive: name.includes("x"),
  truncate: name.startsWith("w")
})

/** Returns the file to open, and makes it when it is missing and the flags allow it. */
export const openFile = (tx: Transaction, path: string, flag: Flags, mode: number): Result<FileRef> => {
  const walked = flag.create ? walkToMake(tx, path, !flag.exclusive) : walk(tx, path, true)
  if (Either.isLeft(walked)) return Either.left(walked.left)
  const { node, parent } = walked.right
  if (node === undefined) {
    if (!flag.create) return failed("ENOENT")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    return make(tx, walked.right, content.empty, mode & ~umask & 0o7777)
  }
  if (flag.exclusive) return failed("EEXIST")
  const { _tag } = tx.inode(node).body
  if (_tag === "Directory") return flag.writable ? failed("EISDIR") : Either.right(node)
  if (flag.writable && isReadOnly(tx, node)) return failed("EROFS")
  return flag.truncate && _tag !== "Device"
    ? Either.map(truncateAt(tx, node, 0), () => node)
    : Either.right(node)
}

export const openHandle = (tx: Transaction, path: string, flag: Flags, mode: number): Result<number> =>
  Either.map(openFile(tx, path, flag, mode), (file) => {
    const fd = tx.rest.nextHandle
    const handle: Handle = {
      file,
      path,
      readable: flag.readable,
      writable: flag.writable,
      append: flag.append
    }
    tx.update({ nextHandle: fd + 1, handles: HashMap.set(tx.rest.handles, fd, handle) })
    return fd
  })

export const closeHandle = (tx: Transaction, fd: number): Result<void> => {
  const handle = HashMap.get(tx.rest.handles, fd)
  if (Option.isNone(handle)) return failed("EBADF")
  tx.update({ handles: HashMap.remove(tx.rest.handles, fd) })
  tx.forget(handle.value.file)
  return Either.void
}

export const handleOf = (tx: Transaction, fd: number): Result<Handle> =>
  Either.fromOption(HashMap.get(tx.rest.handles, fd), () => "EBADF" as const)

/** Copies the contents of a file into an empty one. It copies no bytes, whatever the size. */
export const copyContent = (tx: Transaction, from: FileRef, to: FileRef): Result<void> => {
  const { body } = tx.inode(from)
  const free = tx.volume(to.volume).space
  if (body._tag === "Image" && free === undefined) {
    return tx.setInode(to.volume, { ...tx.inode(to), body, mtime: tx.now, ctime: tx.now })
  }
  if (body._tag === "Device") return Either.void
  const bytes = bytesOf(tx, from)
  return bytes === undefined ? failed("EISDIR") : fill(tx, to, bytes)
}

/** Gives an empty file its contents. */
const fill = (tx: Transaction, to: FileRef, bytes: content.Bytes): Result<void> => {
  const free = tx.volume(to.volume).space
  const copy = content.unplaced(bytes)
  if (free === undefined) return store(tx, to, { bytes: copy, space: undefined, touched: [] })
  const placed = content.place(copy, free)
  return Option.isNone(placed) ? failed("ENOSPC") : store(tx, to, placed.value)
}

/** Makes a file that must not be there yet. */
export const writeNew = (tx: Transaction, path: string, bytes: content.Bytes): Result<void> =>
  Either.flatMap(openFile(tx, path, flags("wx"), 0o600), (ref) => fill(tx, ref, bytes))

/** The contents of a whole file. */
export const readWhole = (tx: Transaction, path: string): Result<Uint8Array> =>
  Either.flatMap(lookup(tx, path), (ref) => readAt(tx, ref, 0, sizeOf(tx.inode(ref))))

/** Makes or overwrites a file of the host's own file system with contents that are made when something reads them. */
export const writeDeferred = (tx: Transaction, path: string, bytes: content.Bytes): Result<FileRef> =>
  Either.flatMap(openFile(tx, path, flags("w"), 0o666), (ref) =>
    ref.volume === hostVolume
      ? Either.map(store(tx, ref, { bytes, space: undefined, touched: [] }), () => ref)
      : Either.map(writeAt(tx, ref, 0, content.read(bytes, 0, bytes.size)), () => ref))

/** Makes or overwrites a file. */
export const writeWhole = (
  tx: Transaction,
  path: string,
  data: Uint8Array,
  mode = 0o666
): Result<FileRef> =>
  Either.flatMap(openFile(tx, path, flags("w"), mode), (ref) => Either.map(writeAt(tx, ref, 0, data), () => ref))

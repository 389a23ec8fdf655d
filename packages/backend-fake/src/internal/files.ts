import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as content from "./content.js"
import type { Code, Failure } from "./errno.js"
import * as image from "./image.js"
import * as space from "./space.js"
import type { Directory, FileRef, Handle, Inode } from "./state.js"
import { hostVolume, rootInode } from "./state.js"
import type { Transaction } from "./transaction.js"

type Result<A> = Either.Either<A, Code>

const failed = (code: Code): Either.Either<never, Code> => Either.left(code)

/** A path that has been walked: the directory of its last name, and what is there. */
export interface Found {
  readonly parent: FileRef
  readonly name: string
  readonly node: FileRef | undefined
  /** Whether the path ended in a slash, and so must name a directory. */
  readonly slash: boolean
}

const mostLinks = 40

const encoder = new TextEncoder()

const longerThan = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && encoder.encode(text).length > bytes)

export const same = (a: FileRef, b: FileRef): boolean => a.ino === b.ino && a.volume === b.volume

const root: FileRef = { volume: hostVolume, ino: rootInode }

/** What is seen at a place: the root of what is mounted over it, or the place itself. */
const onto = (tx: Transaction, ref: FileRef): FileRef => {
  const { mounts } = tx.state
  let at = ref
  for (const mount of mounts) if (same(mount.covers, at)) at = { volume: mount.volume, ino: rootInode }
  return at
}

/** The place that a mounted root hides; the place itself where it is none. */
const below = (tx: Transaction, ref: FileRef): FileRef => {
  let at = ref
  for (let index = tx.state.mounts.length - 1; index >= 0; index--) {
    const mount = tx.state.mounts[index]!
    if (at.ino === rootInode && at.volume === mount.volume) at = mount.covers
  }
  return at
}

/** Whether something is mounted there. */
export const isMountPoint = (tx: Transaction, ref: FileRef): boolean =>
  ref.ino === rootInode && tx.state.mounts.some((mount) => mount.volume === ref.volume)

const above = (tx: Transaction, ref: FileRef): FileRef => {
  const at = below(tx, ref)
  const { body } = tx.inode(at)
  return onto(tx, { volume: at.volume, ino: body._tag === "Directory" ? body.parent : at.ino })
}

/** Finds what a path names. */
export const walk = (tx: Transaction, path: string, follow: boolean): Result<Found> => {
  if (path === "") return failed("ENOENT")
  if (longerThan(path, 4095)) return failed("ENAMETOOLONG")
  let at = onto(tx, root)
  let found: Found = { parent: at, name: "", node: at, slash: true }
  let links = 0
  const names = path.split("/").reverse()
  let slash = names[0] === ""
  while (names.length > 0) {
    const name = names.pop()!
    const last = names.every((rest) => rest === "")
    if (name === "" || name === ".") {
      if (name === "." && last) found = { parent: at, name: ".", node: at, slash: true }
      continue
    }
    const inode = tx.inode(at)
    if (inode.body._tag !== "Directory") return failed("ENOTDIR")
    if (name === "..") {
      at = above(tx, at)
      found = { parent: at, name: "..", node: at, slash: true }
      continue
    }
    if (longerThan(name, 255)) return failed("ENAMETOOLONG")
    const ino = HashMap.get(inode.body.entries, name)
    if (Option.isNone(ino)) {
      return last ? Either.right({ parent: at, name, node: undefined, slash }) : failed("ENOENT")
    }
    const node = onto(tx, { volume: at.volume, ino: ino.value })
    const { body } = tx.inode(node)
    if (body._tag === "Link" && (!last || follow || slash)) {
      if (++links > mostLinks) return failed("ELOOP")
      if (body.target === "") return failed("ENOENT")
      const target = body.target.split("/").reverse()
      if (target[0] === "" && last) slash = true
      names.push(...target)
      if (body.target.startsWith("/")) at = onto(tx, root)
      continue
    }
    found = { parent: at, name, node, slash }
    at = node
  }
  if (found.slash && found.node !== undefined && tx.inode(found.node).body._tag !== "Directory") {
    return failed("ENOTDIR")
  }
  return Either.right(found)
}

/** Finds what is there already. */
export const lookup = (tx: Transaction, path: string, follow = true): Result<FileRef> =>
  Either.flatMap(walk(tx, path, follow), ({ node }) => node === undefined ? failed("ENOENT") : Either.right(node))

const directory = (tx: Transaction, ref: FileRef): Directory | undefined => {
  const { body } = tx.inode(ref)
  return body._tag === "Directory" ? body : undefined
}

/** The absolute path of a directory, without links. */
export const pathOf = (tx: Transaction, ref: FileRef): string => {
  const names: Array<string> = []
  for (let at = below(tx, ref); !same(at, root);) {
    const parent = { volume: at.volume, ino: directory(tx, at)?.parent ?? rootInode }
    for (const [name, ino] of directory(tx, parent)?.entries ?? []) if (ino === at.ino) names.push(name)
    at = below(tx, parent)
  }
  return `/${names.reverse().join("/")}`
}

/** The absolute path of what a path names, without links. */
export const realPath = (tx: Transaction, path: string): Result<string> =>
  Either.flatMap(walk(tx, path, true), ({ name, node, parent }) => {
    if (node === undefined) return failed("ENOENT")
    if (name === "" || name === "." || name === "..") return Either.right(pathOf(tx, node))
    const up = pathOf(tx, parent)
    return Either.right(up === "/" ? `/${name}` : `${up}/${name}`)
  })

const isReadOnly = (tx: Transaction, ref: FileRef): boolean => tx.volume(ref.volume).readOnly

const withEntries = (tx: Transaction, inode: Inode, body: Directory, links: number): Inode => ({
  ...inode,
  links,
  mtime: tx.now,
  ctime: tx.now,
  body
})

const addEntry = (tx: Transaction, parent: FileRef, name: string, ino: number, links = 0): void => {
  const inode = tx.inode(parent)
  if (inode.body._tag !== "Directory") return
  const body = { ...inode.body, entries: HashMap.set(inode.body.entries, name, ino) }
  tx.setAttributes(parent.volume, withEntries(tx, inode, body, inode.links + links))
}

const removeEntry = (tx: Transaction, parent: FileRef, name: string, links = 0): void => {
  const inode = tx.inode(parent)
  if (inode.body._tag !== "Directory") return
  const body = { ...inode.body, entries: HashMap.remove(inode.body.entries, name) }
  tx.setAttributes(parent.volume, withEntries(tx, inode, body, inode.links + links))
}

const link = (tx: Transaction, ref: FileRef, count: number): void => {
  const inode = tx.inode(ref)
  tx.setAttributes(ref.volume, { ...inode, links: inode.links + count, ctime: tx.now })
}

/** Takes a name away, and the file with its last one. */
const unname = (tx: Transaction, parent: FileRef, name: string, node: FileRef): void => {
  const isDirectory = directory(tx, node) !== undefined
  removeEntry(tx, parent, name, isDirectory ? -1 : 0)
  link(tx, node, isDirectory ? -2 : -1)
  tx.forget(node)
}

const umask = 0o022

// Directories

export const makeDirectory = (tx: Transaction, path: string, mode: number): Result<FileRef> => {
  const walked = walk(tx, path, false)
  if (Either.isLeft(walked)) return Either.left(walked.left)
  const { name, node, parent } = walked.right
  if (node !== undefined) return failed("EEXIST")
  if (isReadOnly(tx, parent)) return failed("EROFS")
  const body: Directory = { _tag: "Directory", entries: HashMap.empty(), parent: parent.ino, runs: [] }
  const made = tx.addInode(parent.volume, body, mode & ~umask & 0o7777, 2)
  if (Either.isRight(made)) addEntry(tx, parent, name, made.right.ino, 1)
  return made
}

export const readDirectory = (tx: Transaction, path: string): Result<ReadonlyArray<string>> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    const found = directory(tx, ref)
    return found === undefined ? failed("ENOTDIR") : Either.right([...HashMap.keys(found.entries)].sort())
  })

export const removeDirectory = (tx: Transaction, path: string): Result<void> =>
  Either.flatMap(walk(tx, path, false), ({ name, node, parent }) => {
    if (node === undefined) return failed("ENOENT")
    const found = directory(tx, node)
    if (found === undefined) return failed("ENOTDIR")
    if (name === ".") return failed("EINVAL")
    if (name === ".." || HashMap.size(found.entries) > 0) return failed("ENOTEMPTY")
    if (name === "" || isMountPoint(tx, node)) return failed("EBUSY")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    unname(tx, parent, name, node)
    return Either.void
  })

// Names

export const unlink = (tx: Transaction, path: string): Result<void> =>
  Either.flatMap(walk(tx, path, false), ({ name, node, parent }) => {
    if (node === undefined) return failed("ENOENT")
    if (directory(tx, node) !== undefined) return failed("EISDIR")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    unname(tx, parent, name, node)
    return Either.void
  })

export const makeLink = (tx: Transaction, existing: string, path: string): Result<void> =>
  Either.flatMap(
    lookup(tx, existing, false),
    (ref) =>
      Either.flatMap(walk(tx, path, false), ({ name, node, parent, slash }) => {
        if (node !== undefined) return failed("EEXIST")
        if (slash) return failed("ENOENT")
        if (parent.volume !== ref.volume) return failed("EXDEV")
        if (directory(tx, ref) !== undefined) return failed("EPERM")
        if (isReadOnly(tx, parent)) return failed("EROFS")
        link(tx, ref, 1)
        addEntry(tx, parent, name, ref.ino)
        return Either.void
      })
  )

export const makeSymbolicLink = (tx: Transaction, target: string, path: string): Result<void> => {
  if (target === "") return failed("ENOENT")
  if (longerThan(target, 4095)) return failed("ENAMETOOLONG")
  return Either.flatMap(walk(tx, path, false), ({ name, node, parent, slash }) => {
    if (node !== undefined) return failed("EEXIST")
    if (slash) return failed("ENOENT")
    if (isReadOnly(tx, parent)) return failed("EROFS")
    return Either.map(
      tx.addInode(parent.volume, { _tag: "Link", target }, 0o777, 1),
      ({ ino }) => addEntry(tx, parent, name, ino)
    )
  })
}

/** Makes the node of a block device. */
export const makeNode = (tx: Transaction, path: string): void => {
  const walked = walk(tx, path, false)
  if (Either.isLeft(walked) || walked.right.node !== undefined) return
  const { name, parent } = walked.right
  const made = tx.addInode(parent.volume, { _tag: "Device" }, 0o600, 1)
  if (Either.isRight(made)) addEntry(tx, parent, name, made.right.ino)
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

const special = (name: string): boolean => name === "" || name === "." || name === ".."

/** Why a file cannot take the place of another. */
const refuseReplacing = (tx: Transaction, from: FileRef, to: FileRef): Code | undefined => {
  const target = directory(tx, to)
  const moved = directory(tx, from)
  if (moved !== undefined && target === undefined) return "ENOTDIR"
  if (moved === undefined && target !== undefined) return "EISDIR"
  if (target !== undefined && HashMap.size(target.entries) > 0) return "ENOTEMPTY"
  return isMountPoint(tx, to) ? "EBUSY" : undefined
}

export const rename = (tx: Transaction, from: string, to: string): Result<void> =>
  Either.flatMap(walk(tx, from, false), (old) =>
    Either.flatMap(walk(tx, to, false), (next) => {
      if (special(old.name) || special(next.name)) return failed("EBUSY")
      const { node } = old
      if (node === undefined) return failed("ENOENT")
      if (isMountPoint(tx, node)) return failed("EBUSY")
      if (old.parent.volume !== next.parent.volume) return failed("EXDEV")
      if (isReadOnly(tx, next.parent)) return failed("EROFS")
      const moved = directory(tx, node)
      if (next.node !== undefined && same(node, next.node)) return Either.void
      if (moved !== undefined && isBelow(tx, next.parent, node)) return failed("EINVAL")
      if (moved === undefined && next.slash) return failed("ENOTDIR")
      if (next.node !== undefined) {
        const refused = refuseReplacing(tx, node, next.node)
        if (refused !== undefined) return failed(refused)
        unname(tx, next.parent, next.name, next.node)
      }
      removeEntry(tx, old.parent, old.name, moved === undefined ? 0 : -1)
      addEntry(tx, next.parent, next.name, node.ino, moved === undefined ? 0 : 1)
      const inode = tx.inode(node)
      tx.setAttributes(node.volume, {
        ...inode,
        ctime: tx.now,
        body: inode.body._tag === "Directory" ? { ...inode.body, parent: next.parent.ino } : inode.body
      })
      return Either.void
    }))

// Attributes

export const changeMode = (tx: Transaction, path: string, mode: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    tx.setAttributes(ref.volume, { ...tx.inode(ref), mode: mode & 0o7777, ctime: tx.now })
    return Either.void
  })

export const changeOwner = (tx: Transaction, path: string, uid: number, gid: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    tx.setAttributes(ref.volume, { ...tx.inode(ref), uid, gid, ctime: tx.now })
    return Either.void
  })

export const changeTimes = (tx: Transaction, path: string, atime: number, mtime: number): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => {
    if (isReadOnly(tx, ref)) return failed("EROFS")
    tx.setAttributes(ref.volume, { ...tx.inode(ref), atime, mtime, ctime: tx.now })
    return Either.void
  })

export const access = (tx: Transaction, path: string, writable: boolean): Result<void> =>
  Either.flatMap(lookup(tx, path), (ref) => writable && isReadOnly(tx, ref) ? failed("EROFS") : Either.void)

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

/** Space that the file takes, in sectors. */
export const sectorsOf = (inode: Inode): number => {
  const { body } = inode
  const bytes = body._tag === "Bytes"
    ? content.allocated(body)
    : body._tag === "Image" || body._tag === "Directory"
    ? sizeOf(inode)
    : 0
  return Math.ceil(bytes / 512)
}

// Contents

const materialised = new WeakMap<image.Image, content.Bytes>()

/** The bytes of a plain file or an image. */
const bytesOf = (tx: Transaction, ref: FileRef): content.Bytes | undefined => {
  const inode = tx.inode(ref)
  if (inode.body._tag === "Bytes") return inode.body
  if (inode.body._tag !== "Image") return undefined
  const known = materialised.get(inode.body)
  if (known !== undefined && inode.body.token !== undefined) return known
  const token = inode.body.token ?? HashMap.size(tx.state.deltas) + 1
  const body: image.Image = { ...inode.body, token }
  tx.update({ deltas: HashMap.set(tx.state.deltas, token, body.delta) })
  const volume = tx.volume(ref.volume)
  tx.setVolume({ ...volume, inodes: HashMap.set(volume.inodes, ref.ino, { ...inode, body }) })
  const bytes = image.toBytes(body, token)
  materialised.set(body, bytes)
  return bytes
}

const store = (tx: Transaction, ref: FileRef, written: content.Written): Result<void> => {
  const volume = tx.volume(ref.volume)
  if (volume.space !== written.space) tx.setVolume({ ...volume, space: written.space })
  tx.touch(ref.volume, written.touched)
  return tx.setInode(ref.volume, { ...tx.inode(ref), body: written.bytes, mtime: tx.now, ctime: tx.now })
}

/** Larger files than the largest that the file system can address are refused. */
const largest = 16 * 2 ** 40

export const readAt = (tx: Transaction, ref: FileRef, position: number, length: number): Result<Uint8Array> => {
  const bytes = bytesOf(tx, ref)
  if (bytes === undefined) return failed(tx.inode(ref).body._tag === "Directory" ? "EISDIR" : "EIO")
  return Either.right(content.read(bytes, position, length))
}

export const writeAt = (tx: Transaction, ref: FileRef, position: number, data: Uint8Array): Result<void> => {
  if (isReadOnly(tx, ref)) return failed("EROFS")
  if (position + data.length > largest) return failed("EFBIG")
  const bytes = bytesOf(tx, ref)
  if (bytes === undefined) return failed("EIO")
  const written = content.write(bytes, position, data, tx.volume(ref.volume).space)
  return Option.isNone(written) ? failed("ENOSPC") : store(tx, ref, written.value)
}

export const truncateAt = (tx: Transaction, ref: FileRef, size: number): Result<void> => {
  if (isReadOnly(tx, ref)) return failed("EROFS")
  if (size < 0) return failed("EINVAL")
  if (size > largest) return failed("EFBIG")
  const bytes = bytesOf(tx, ref)
  return bytes === undefined
    ? failed("EINVAL")
    : store(tx, ref, content.truncate(bytes, size, tx.volume(ref.volume).space))
}

/** The flags of open(2) that the names of Node stand for. */
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

/** Finds the file to open, or makes it. */
export const openFile = (tx: Transaction, path: string, flag: Flags, mode: number): Result<FileRef> =>
  Either.flatMap(walk(tx, path, !flag.exclusive), ({ name, node, parent, slash }) => {
    if (node === undefined) {
      if (!flag.create) return failed("ENOENT")
      if (slash) return failed("EISDIR")
      if (isReadOnly(tx, parent)) return failed("EROFS")
      const made = tx.addInode(parent.volume, content.empty, mode & ~umask & 0o7777, 1)
      if (Either.isRight(made)) addEntry(tx, parent, name, made.right.ino)
      return made
    }
    if (flag.exclusive) return failed("EEXIST")
    if (directory(tx, node) !== undefined) {
      return flag.writable || flag.create ? failed("EISDIR") : Either.right(node)
    }
    if (flag.writable && isReadOnly(tx, node)) return failed("EROFS")
    return flag.truncate && tx.inode(node).body._tag !== "Device"
      ? Either.map(truncateAt(tx, node, 0), () => node)
      : Either.right(node)
  })

export const openHandle = (tx: Transaction, path: string, flag: Flags, mode: number): Result<number> =>
  Either.map(openFile(tx, path, flag, mode), (file) => {
    const fd = tx.state.nextHandle
    const handle: Handle = {
      file,
      path,
      readable: flag.readable,
      writable: flag.writable,
      append: flag.append
    }
    tx.update({ nextHandle: fd + 1, handles: HashMap.set(tx.state.handles, fd, handle) })
    return fd
  })

export const closeHandle = (tx: Transaction, fd: number): Result<void> => {
  const handle = HashMap.get(tx.state.handles, fd)
  if (Option.isNone(handle)) return failed("EBADF")
  tx.update({ handles: HashMap.remove(tx.state.handles, fd) })
  tx.forget(handle.value.file)
  return Either.void
}

export const handleOf = (tx: Transaction, fd: number): Result<Handle> =>
  Either.fromOption(HashMap.get(tx.state.handles, fd), () => "EBADF" as const)

/** Copies the content of a file, which costs nothing, whatever its size. */
export const copyContent = (tx: Transaction, from: FileRef, to: FileRef): Result<void> => {
  const source = tx.inode(from)
  const target = tx.volume(to.volume)
  const { body } = source
  if (body._tag === "Image" && target.space === undefined) {
    return tx.setInode(to.volume, { ...tx.inode(to), body, mtime: tx.now, ctime: tx.now })
  }
  const bytes = bytesOf(tx, from)
  if (bytes === undefined) return failed("EIO")
  const emptied = truncateAt(tx, to, 0)
  if (Either.isLeft(emptied)) return emptied
  const free = tx.volume(to.volume).space
  const copy = content.unplaced(bytes)
  if (free === undefined) return store(tx, to, { bytes: copy, space: undefined, touched: [] })
  const placed = content.place(copy, free)
  return Option.isNone(placed) ? failed("ENOSPC") : store(tx, to, placed.value)
}

/** What a whole file holds. */
export const readWhole = (tx: Transaction, path: string): Result<Uint8Array> =>
  Either.flatMap(lookup(tx, path), (ref) => readAt(tx, ref, 0, sizeOf(tx.inode(ref))))

/** Makes or overwrites a file. */
export const writeWhole = (
  tx: Transaction,
  path: string,
  data: Uint8Array,
  mode = 0o666
): Result<FileRef> =>
  Either.flatMap(openFile(tx, path, flags("w"), mode), (ref) => Either.map(writeAt(tx, ref, 0, data), () => ref))

/** Says which system call it was that failed. */
export const during = (syscall: string) => <A>(result: Result<A>): Either.Either<A, Failure> =>
  Either.mapLeft(result, (code) => ({ code, syscall }))

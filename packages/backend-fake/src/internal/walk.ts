import * as Either from "effect/Either"
import type { Code } from "./errno.js"
import * as mounts from "./mounts.js"
import type { Directory, FileRef } from "./state.js"
import { hostVolume, rootInode } from "./state.js"
import type { Transaction } from "./transaction.js"

export type Result<A> = Either.Either<A, Code>

export const failed = (code: Code): Either.Either<never, Code> => Either.left(code)

export const same = (a: FileRef, b: FileRef): boolean => a.ino === b.ino && a.volume === b.volume

export const directory = (tx: Transaction, ref: FileRef): Directory | undefined => {
  const { body } = tx.inode(ref)
  return body._tag === "Directory" ? body : undefined
}

// Mounts

const root: FileRef = { volume: hostVolume, ino: rootInode }

const onto = (tx: Transaction, ref: FileRef): FileRef => mounts.onto(tx.mounts, ref)

const below = (tx: Transaction, ref: FileRef): FileRef => mounts.below(tx.mounts, ref)

/** Whether a file system is mounted there. */
export const isMountPoint = (tx: Transaction, ref: FileRef): boolean => mounts.isMountPoint(tx.mounts, ref)

const above = (tx: Transaction, ref: FileRef): FileRef => {
  const at = below(tx, ref)
  return onto(tx, { volume: at.volume, ino: directory(tx, at)?.parent ?? at.ino })
}

// Paths

const encoder = new TextEncoder()

const longerThan = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && encoder.encode(text).length > bytes)

/** Whether a path, or the target of a link, exceeds the limit of 4095 bytes. */
export const isLongPath = (path: string): boolean => longerThan(path, 4095)

/** A path with all but its last name resolved. The name is empty at the root. */
interface Last {
  readonly parent: FileRef
  readonly name: string
  readonly slash: boolean
}

/** A resolved path: the directory of its last name, and the file of that name, if there is one. */
export interface Found extends Last {
  readonly node: FileRef | undefined
}

/** Whether the name is `.`, `..` or that of the root. */
export const isSpecial = ({ name }: Found): boolean => name === "" || name === "." || name === ".."

/**
 * What a slash after the last name means: it names a directory, also through a
 * link; it is refused where a file would be made; or the caller decides.
 */
type Slash = "directory" | "refused" | "kept"

interface Way {
  readonly tx: Transaction
  /** The number of links followed so far. */
  links: number
}

const mostLinks = 40

const slashCode = 47

const toLast = (way: Way, from: FileRef, path: string): Result<Last> => {
  let parent = path.charCodeAt(0) === slashCode ? onto(way.tx, root) : from
  let start = 0
  for (;;) {
    while (path.charCodeAt(start) === slashCode) start++
    const slash = path.indexOf("/", start)
    const end = slash < 0 ? path.length : slash
    const name = path.slice(start, end)
    start = end
    while (path.charCodeAt(start) === slashCode) start++
    if (start === path.length) return Either.right({ parent, name, slash: end < start })
    const entered = resolve(way, { parent, name, slash: true }, true, "directory")
    if (Either.isLeft(entered)) return Either.left(entered.left)
    if (entered.right.node === undefined) return failed("ENOENT")
    parent = entered.right.node
  }
}

const resolve = (way: Way, last: Last, follow: boolean, slash: Slash): Result<Found> => {
  const { tx } = way
  const { name, parent } = last
  if (name === "" || name === ".") return Either.right({ parent, name, slash: last.slash, node: parent })
  if (name === "..") return Either.right({ parent, name, slash: last.slash, node: above(tx, parent) })
  if (last.slash && slash === "refused") return failed("EISDIR")
  if (longerThan(name, 255)) return failed("ENAMETOOLONG")
  const ino = tx.entry(parent, name)
  if (ino === undefined) return Either.right({ parent, name, slash: last.slash, node: undefined })
  const node = onto(tx, { volume: parent.volume, ino })
  const { body } = tx.inode(node)
  const required = last.slash && slash === "directory"
  if (body._tag === "Link" && (follow || required)) {
    if (++way.links > mostLinks) return failed("ELOOP")
    const target = toLast(way, parent, body.target)
    if (Either.isLeft(target)) return Either.left(target.left)
    const found = resolve(way, target.right, true, slash)
    return required && Either.isRight(found) && isOther(tx, found.right.node) ? failed("ENOTDIR") : found
  }
  return required && body._tag !== "Directory"
    ? failed("ENOTDIR")
    : Either.right({ parent, name, slash: last.slash, node })
}

const isOther = (tx: Transaction, node: FileRef | undefined): boolean =>
  node !== undefined && directory(tx, node) === undefined

const walkWith = (tx: Transaction, path: string, follow: boolean, slash: Slash): Result<Found> => {
  if (path === "") return failed("ENOENT")
  if (isLongPath(path)) return failed("ENAMETOOLONG")
  const way: Way = { tx, links: 0 }
  const end = path.lastIndexOf("/")
  const isBelow = end > 0 && end < path.length - 1 && path.charCodeAt(0) === slashCode
  const known = isBelow ? tx.directoryAt(path, end) : undefined
  if (known !== undefined) {
    return resolve(way, { parent: known, name: path.slice(end + 1), slash: false }, follow, slash)
  }
  const last = toLast(way, onto(tx, root), path)
  if (Either.isLeft(last)) return Either.left(last.left)
  if (isBelow && way.links === 0) tx.keepDirectory(path.slice(0, end), last.right.parent)
  return resolve(way, last.right, follow, slash)
}

/** Resolves a path whose last name may be missing. */
export const walk = (tx: Transaction, path: string, follow: boolean): Result<Found> =>
  walkWith(tx, path, follow, "directory")

/** Resolves the path of a file to open, and to make if it is missing. */
export const walkToMake = (tx: Transaction, path: string, follow: boolean): Result<Found> =>
  walkWith(tx, path, follow, "refused")

/**
 * Resolves a path to a name to add, move or remove: a link of that name is not
 * followed, even with a slash after it.
 */
export const walkToName = (tx: Transaction, path: string): Result<Found> => walkWith(tx, path, false, "kept")

/** Resolves the path of an existing file. */
export const lookup = (tx: Transaction, path: string, follow = true): Result<FileRef> => {
  if (!follow) return find(tx, path, false)
  const known = tx.fileAt(path)
  if (known !== undefined) return known
  const found = find(tx, path, true)
  tx.keepFile(path, found)
  return found
}

const find = (tx: Transaction, path: string, follow: boolean): Result<FileRef> => {
  const found = walk(tx, path, follow)
  if (Either.isLeft(found)) return Either.left(found.left)
  return found.right.node === undefined ? failed("ENOENT") : Either.right(found.right.node)
}

export const exists = (tx: Transaction, path: string): boolean => Either.isRight(lookup(tx, path))

/** The absolute path of a directory, without links. */
export const pathOf = (tx: Transaction, ref: FileRef): string => {
  const names: Array<string> = []
  for (let at = below(tx, ref); !same(at, root);) {
    const { name, parent } = directory(tx, at)!
    names.push(name)
    at = below(tx, { volume: at.volume, ino: parent })
  }
  return `/${names.reverse().join("/")}`
}

/** The file at a path, and its absolute path without links. */
export const realFile = (
  tx: Transaction,
  path: string
): Result<{ readonly ref: FileRef; readonly path: string }> => {
  const walked = walk(tx, path, true)
  if (Either.isLeft(walked)) return Either.left(walked.left)
  const { name, node, parent } = walked.right
  if (node === undefined) return failed("ENOENT")
  if (isSpecial(walked.right)) return Either.right({ ref: node, path: pathOf(tx, node) })
  const up = pathOf(tx, parent)
  return Either.right({ ref: node, path: up === "/" ? `/${name}` : `${up}/${name}` })
}

/** The absolute path of the file at a path, without links. */
export const realPath = (tx: Transaction, path: string): Result<string> =>
  Either.map(realFile(tx, path), (found) => found.path)

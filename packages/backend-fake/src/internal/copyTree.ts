import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import { copyFile } from "./copyFile.js"
import { makeAll } from "./directoryTree.js"
import type { Code, Failure } from "./errno.js"
import * as errno from "./errno.js"
import { during } from "./errno.js"
import * as files from "./files.js"
import type { FileRef, Inode } from "./state.js"
import type { Outcome } from "./systemCalls.js"
import { step } from "./systemCalls.js"
import type { Transaction } from "./transaction.js"

interface Copying {
  readonly tx: Transaction
  readonly path: Path.Path
  readonly overwrite: boolean
  readonly preserveTimestamps: boolean
}

const absolute = ({ path }: Copying, name: string): string => path.resolve("/", name)

const isIn = (copying: Copying, path: string, directory: string): boolean => {
  const above = absolute(copying, directory)
  return above === "/" || `${absolute(copying, path)}/`.startsWith(`${above}/`)
}

const refuse = (code: errno.Objection["code"], as: Code, path: string, rule: string): Either.Either<never, Failure> =>
  errno.objection(code, "cp", { as, rule, path })

const refuseInto = (source: string, directory: string, path: string): Either.Either<never, Failure> =>
  refuse("ERR_FS_CP_EINVAL", "EINVAL", path, `cannot copy ${source} to a subdirectory of self ${directory}`)

/** The file at the path, or undefined when there is none. */
const existing = (tx: Transaction, syscall: "lstat" | "stat", path: string): Outcome<FileRef | undefined> => {
  const found = files.lookup(tx, path, syscall === "stat")
  return Either.isLeft(found) && found.left === "ENOENT"
    ? Either.right(undefined)
    : during(syscall, [path])(found)
}

const isDirectory = (inode: Inode): boolean => inode.body._tag === "Directory"

/** Checks both paths before anything is copied, and returns the file at the destination. */
const checkPaths = (copying: Copying, from: string, to: string): Outcome<FileRef | undefined> =>
  Either.gen(function*() {
    const { tx } = copying
    const source = yield* during("lstat", [from])(files.lookup(tx, from, false))
    const target = yield* existing(tx, "lstat", to)
    const takesDirectory = isDirectory(tx.inode(source))
    if (target !== undefined) {
      const isOntoDirectory = isDirectory(tx.inode(target))
      if (files.same(source, target)) {
        yield* refuse("ERR_FS_CP_EINVAL", "EINVAL", to, "src and dest cannot be the same")
      }
      if (takesDirectory && !isOntoDirectory) {
        const rule = `cannot overwrite non-directory ${to} with directory ${from}`
        yield* refuse("ERR_FS_CP_DIR_TO_NON_DIR", "EISDIR", to, rule)
      }
      if (!takesDirectory && isOntoDirectory) {
        const rule = `cannot overwrite directory ${to} with non-directory ${from}`
        yield* refuse("ERR_FS_CP_NON_DIR_TO_DIR", "ENOTDIR", to, rule)
      }
    }
    if (takesDirectory && isIn(copying, to, from)) yield* refuseInto(from, to, to)
    return target
  })

/** Refuses a destination below the source: compares the source with each directory above the destination, by inode. */
const checkParents = (copying: Copying, from: string, to: string): Outcome<void> =>
  Either.gen(function*() {
    const { path, tx } = copying
    const source = yield* during("lstat", [from])(files.lookup(tx, from, false))
    const end = absolute(copying, path.dirname(from))
    for (let at = to;;) {
      const parent = absolute(copying, path.dirname(at))
      if (parent === end || parent === "/") return
      const found = yield* existing(tx, "stat", parent)
      if (found === undefined) return
      if (files.same(source, found)) yield* refuseInto(from, at, at)
      at = parent
    }
  })

/** Copies a file, a link or a whole directory as Node's `cp` does. */
export const copy = (copying: Copying, from: string, to: string): Outcome<void> =>
  Either.gen(function*() {
    const { path, tx } = copying
    const target = yield* checkPaths(copying, from, to)
    yield* checkParents(copying, from, to)
    const parent = path.dirname(to)
    if ((yield* existing(tx, "stat", parent)) === undefined) yield* makeAll(tx, parent, 0o777)
    yield* copyTo(copying, from, to, target)
  })

const copyTo = (copying: Copying, from: string, to: string, target: FileRef | undefined): Outcome<void> =>
  Either.flatMap(during("lstat", [from])(files.lookup(copying.tx, from, false)), (source) => {
    const inode = copying.tx.inode(source)
    switch (inode.body._tag) {
      case "Directory":
        return copyDirectory(copying, from, to, target, inode.mode)
      case "Link":
        return copyLink(copying, from, to, target, inode.body.target)
      default:
        return target === undefined || copying.overwrite
          ? copyOver(copying, from, to, target, inode)
          : Either.void
    }
  })

const copyDirectory = (
  copying: Copying,
  from: string,
  to: string,
  target: FileRef | undefined,
  mode: number
): Outcome<void> =>
  Either.gen(function*() {
    const { path, tx } = copying
    if (target === undefined) yield* step(tx, during("mkdir", [to])(files.makeDirectory(tx, to, 0o777)))
    for (const name of yield* during("opendir", [from])(files.readDirectory(tx, from))) {
      const [inner, outer] = [path.join(from, name), path.join(to, name)]
      yield* copyTo(copying, inner, outer, yield* checkPaths(copying, inner, outer))
    }
    if (target === undefined) yield* changeMode(tx, to, mode)
  })

/** The target of a link as an absolute path, so that a copy of the link elsewhere has the same target. */
const targetOf = (copying: Copying, link: string, target: string): string =>
  copying.path.isAbsolute(target) ? target : absolute(copying, `${copying.path.dirname(link)}/${target}`)

const copyLink = (
  copying: Copying,
  from: string,
  to: string,
  target: FileRef | undefined,
  link: string
): Outcome<void> =>
  Either.gen(function*() {
    const { tx } = copying
    const source = targetOf(copying, from, link)
    const symlink = () => step(tx, during("symlink", [source, to])(files.makeSymbolicLink(tx, source, to)))
    const { body } = target === undefined ? { body: undefined } : tx.inode(target)
    if (body?._tag !== "Link") return yield* symlink()
    const destination = targetOf(copying, to, body.target)
    if (isIn(copying, destination, source)) yield* refuseInto(source, destination, to)
    const found = yield* during("stat", [from])(files.lookup(tx, from))
    if (isDirectory(tx.inode(found)) && isIn(copying, source, destination)) {
      const rule = `cannot overwrite ${destination} with ${source}`
      yield* refuse("ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY", "EINVAL", to, rule)
    }
    yield* step(tx, during("unlink", [to])(files.unlink(tx, to)))
    yield* symlink()
  })

const changeMode = (tx: Transaction, path: string, mode: number): Outcome<void> =>
  step(tx, during("chmod", [path])(files.changeMode(tx, path, mode)))

const copyOver = (
  { preserveTimestamps, tx }: Copying,
  from: string,
  to: string,
  target: FileRef | undefined,
  source: Inode
): Outcome<void> =>
  Either.gen(function*() {
    if (target !== undefined) yield* step(tx, during("unlink", [to])(files.unlink(tx, to)))
    yield* step(tx, during("copyfile", [from, to])(copyFile(tx, from, to)))
    if (preserveTimestamps) {
      yield* step(tx, during("utime", [to])(files.changeTimes(tx, to, source.atime, source.mtime)))
    }
    yield* changeMode(tx, to, source.mode)
  })

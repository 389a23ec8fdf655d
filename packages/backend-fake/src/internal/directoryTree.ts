import * as Either from "effect/Either"
import type { Code } from "./errno.js"
import { during, refusal } from "./errno.js"
import * as files from "./files.js"
import type { Outcome } from "./systemCalls.js"
import { checkpoint, step } from "./systemCalls.js"
import type { Transaction } from "./transaction.js"

const isDirectory = (tx: Transaction, path: string, follow = true): boolean =>
  Either.match(files.lookup(tx, path, follow), {
    onLeft: () => false,
    onRight: (ref) => tx.inode(ref).body._tag === "Directory"
  })

/** Why a directory cannot be made; undefined when it exists. */
const refuseMaking = (tx: Transaction, path: string, code: Code, isLast: boolean): Code | undefined => {
  if (code === "ENOSPC" || code === "ENOTDIR" || code === "EPERM") return code
  if (isDirectory(tx, path)) return undefined
  if (code === "EEXIST" && !isLast) return "ENOTDIR"
  return Either.match(files.lookup(tx, path), { onLeft: (code) => code, onRight: () => "EEXIST" as const })
}

/**
 * Makes a directory and its missing parents as Node does: it tries the whole
 * path first, then goes up, and down again.
 */
export const makeAll = (tx: Transaction, path: string, mode: number): Outcome<void> => {
  const left = [path]
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const made = files.makeDirectory(tx, at, mode)
    if (Either.isRight(made)) {
      const kept = checkpoint(tx)
      if (Either.isLeft(kept)) return kept
      continue
    }
    const slash = at.lastIndexOf("/")
    if (made.left === "ENOENT" && slash >= 0) {
      left.push(at, at.slice(0, slash))
      continue
    }
    const code = refuseMaking(tx, at, made.left, left.length === 0)
    if (code !== undefined) return refusal(code, "mkdir", [at])
  }
  return Either.void
}

/** Removes what is at a path, as Node's `rm` does. A failure does not keep its siblings from being removed. */
export const removeAll = (tx: Transaction, path: string): Outcome<void> => {
  const asDirectory = isDirectory(tx, path, false)
  const removed = asDirectory ? files.removeDirectory(tx, path) : files.unlink(tx, path)
  if (Either.isRight(removed)) return checkpoint(tx)
  if (removed.left === "ENOTEMPTY") return removeChildren(tx, path)
  // With a slash after it, a link to a directory is a directory for one system call and not for the next.
  return removed.left === "ENOENT" || (asDirectory && removed.left === "ENOTDIR")
    ? Either.void
    : refusal(removed.left, asDirectory ? "rmdir" : "unlink", [path])
}

const removeChildren = (tx: Transaction, path: string): Outcome<void> => {
  const names = during("scandir", [path])(files.readDirectory(tx, path))
  if (Either.isLeft(names)) return Either.left(names.left)
  const failure = names.right.map((name) => removeAll(tx, `${path}/${name}`)).find(Either.isLeft)
  if (failure !== undefined) return failure
  const removed = files.removeDirectory(tx, path)
  return Either.isLeft(removed) && removed.left === "ENOENT"
    ? Either.void
    : step(tx, during("rmdir", [path])(removed))
}

/** The names in a directory. */
export const list = (tx: Transaction, path: string): Outcome<Array<string>> =>
  Either.map(during("scandir")(files.readDirectory(tx, path)), (names) => [...names])

/** The paths of everything below a directory, including what links to directories lead to. */
export const listAll = (tx: Transaction, path: string): Outcome<Array<string>> => {
  const all: Array<string> = []
  const left = [""]
  for (let prefix = left.pop(); prefix !== undefined; prefix = left.pop()) {
    const at = prefix === "" ? path : `${path}/${prefix.slice(0, -1)}`
    const names = during("scandir", [at])(files.readDirectory(tx, at))
    if (Either.isLeft(names)) return Either.left(names.left)
    for (const name of names.right) {
      all.push(`${prefix}${name}`)
      if (isDirectory(tx, `${at}/${name}`)) left.push(`${prefix}${name}/`)
    }
  }
  return Either.right(all)
}

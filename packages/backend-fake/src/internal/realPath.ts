import type * as Path from "@effect/platform/Path"
import * as Either from "effect/Either"
import { during } from "./errno.js"
import * as files from "./files.js"
import type { Outcome } from "./systemCalls.js"
import type { Transaction } from "./transaction.js"

const namesOf = (path: string): ReadonlyArray<string> => path.split("/").filter((name) => name !== "")

/**
 * The path without links, as Node computes it: it removes dots before it reads
 * any name, and replaces each link with its target.
 */
export const realPath = (tx: Transaction, path: Path.Path, name: string): Outcome<string> => {
  let real = ""
  let left = namesOf(path.resolve("/", name))
  for (let [name] = left; name !== undefined; [name] = left) {
    left = left.slice(1)
    const next = `${real}/${name}`
    const found = during("lstat", [next])(files.lookup(tx, next, false))
    if (Either.isLeft(found)) return Either.left(found.left)
    const { body } = tx.inode(found.right)
    if (body._tag !== "Link") {
      real = next
      continue
    }
    const target = during("stat", [next])(files.lookup(tx, next))
    if (Either.isLeft(target)) return Either.left(target.left)
    left = namesOf(path.resolve(`${real}/`, body.target, ...left))
    real = ""
  }
  return Either.right(real === "" ? "/" : real)
}

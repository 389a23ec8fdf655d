import * as Either from "effect/Either"
import * as files from "./files.js"
import type { FileRef } from "./state.js"
import type { Transaction } from "./transaction.js"
import type { Result } from "./walk.js"

const reading = files.flags("r")

const writing = { ...files.flags("a"), append: false }

const overwrite = (tx: Transaction, from: FileRef, to: FileRef): Result<void> =>
  Either.flatMap(files.truncateAt(tx, to, 0), () => {
    tx.setAttributes(to.volume, { ...tx.inode(to), mode: tx.inode(from).mode })
    return files.copyContent(tx, from, to)
  })

/** Copies a file as libuv does: a failure halfway removes the destination, even if it existed before. */
export const copyFile = (tx: Transaction, from: string, to: string): Result<void> =>
  Either.flatMap(
    files.openFile(tx, from, reading, 0),
    (source) =>
      Either.flatMap(files.openFile(tx, to, writing, tx.inode(source).mode), (target) => {
        if (files.same(source, target)) return Either.void
        const copied = overwrite(tx, source, target)
        if (Either.isLeft(copied)) {
          files.unlink(tx, to)
          tx.checkpoint()
        }
        return copied
      })
  )

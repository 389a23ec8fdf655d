import * as FileSystem from "@effect/platform/FileSystem"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as files from "./files.js"
import * as space from "./space.js"
import type { FileRef } from "./state.js"
import type { Transaction } from "./transaction.js"

const typeBits = { Bytes: 0o100000, Image: 0o100000, Directory: 0o040000, Link: 0o120000, Device: 0o060000 } as const

const types = {
  Bytes: "File",
  Image: "File",
  Directory: "Directory",
  Link: "SymbolicLink",
  Device: "BlockDevice"
} as const

/** Node rounds times to the nearest millisecond. */
const date = (time: number): Option.Option<Date> => Option.some(DateTime.toDate(DateTime.unsafeMake(Math.round(time))))

/** The result of stat(2) for a file. */
export const fileInfo = (tx: Transaction, ref: FileRef): FileSystem.File.Info => {
  const inode = tx.inode(ref)
  return {
    type: types[inode.body._tag],
    mtime: date(inode.mtime),
    atime: date(inode.atime),
    birthtime: date(inode.birthtime),
    dev: ref.volume,
    ino: Option.some(inode.ino),
    mode: typeBits[inode.body._tag] | inode.mode,
    nlink: Option.some(inode.links),
    uid: Option.some(inode.uid),
    gid: Option.some(inode.gid),
    rdev: Option.some(0),
    size: FileSystem.Size(files.sizeOf(inode)),
    blksize: Option.some(FileSystem.Size(space.blockSize)),
    blocks: Option.some(files.sectorsOf(inode))
  }
}

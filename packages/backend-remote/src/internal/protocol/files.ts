import * as PlatformError from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Access } from "./access.js"

const path = Schema.String
const flag = Schema.optional(Schema.Boolean)
const mode = Schema.optional(Schema.Int)
const Bytes = Schema.Uint8ArrayFromSelf
const openFlag = Schema.optional(Schema.Literal("r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"))

const Size = Schema.BigIntFromSelf as unknown as Schema.Schema<FileSystem.Size>
const number = Schema.Option(Schema.Number)
const date = Schema.Option(Schema.DateFromSelf)

export const Info = Schema.Struct({
  type: Schema.Literal(
    "File",
    "Directory",
    "SymbolicLink",
    "BlockDevice",
    "CharacterDevice",
    "FIFO",
    "Socket",
    "Unknown"
  ),
  mtime: date,
  atime: date,
  birthtime: date,
  dev: Schema.Number,
  ino: number,
  mode: Schema.Number,
  nlink: number,
  uid: number,
  gid: number,
  rdev: number,
  size: Size,
  blksize: Schema.Option(Size),
  blocks: number
})

const Time = Schema.Union(Schema.DateFromSelf, Schema.Number)

const WatchEvent = Schema.Struct({ _tag: Schema.Literal("Create", "Update", "Remove"), path: Schema.String })

const error = PlatformError.PlatformError

const file = Schema.Int

/** The methods of `FileSystem` that have one result, by name: each takes its arguments by name. */
const access = Rpc.make("files/access", { payload: { path, ok: flag, readable: flag, writable: flag }, error })
const copy = Rpc.make("files/copy", {
  payload: { path, to: path, overwrite: flag, preserveTimestamps: flag },
  error
})
const copyFile = Rpc.make("files/copyFile", { payload: { path, to: path }, error })
const chmod = Rpc.make("files/chmod", { payload: { path, mode: Schema.Int }, error })
const chown = Rpc.make("files/chown", { payload: { path, uid: Schema.Int, gid: Schema.Int }, error })
const link = Rpc.make("files/link", { payload: { path, to: path }, error })
const makeDirectory = Rpc.make("files/makeDirectory", { payload: { path, recursive: flag, mode }, error })
const makeTemporary = Rpc.make("files/makeTemporary", {
  payload: {
    type: Schema.Literal("directory", "file"),
    path: Schema.optional(path),
    prefix: Schema.optional(Schema.String),
    suffix: Schema.optional(Schema.String)
  },
  success: Schema.String,
  error
})
const readDirectory = Rpc.make("files/readDirectory", {
  payload: { path, recursive: flag },
  success: Schema.mutable(Schema.Array(Schema.String)),
  error
})
const readLink = Rpc.make("files/readLink", { payload: { path }, success: Schema.String, error })
const realPath = Rpc.make("files/realPath", { payload: { path }, success: Schema.String, error })
const remove = Rpc.make("files/remove", { payload: { path, recursive: flag, force: flag }, error })
const rename = Rpc.make("files/rename", { payload: { path, to: path }, error })
const stat = Rpc.make("files/stat", { payload: { path }, success: Info, error })
const symlink = Rpc.make("files/symlink", { payload: { target: Schema.String, path }, error })
const truncate = Rpc.make("files/truncate", { payload: { path, length: Schema.optional(Size) }, error })
const utimes = Rpc.make("files/utimes", { payload: { path, atime: Time, mtime: Time }, error })
const watch = Rpc.make("files/watch", {
  payload: { path, recursive: flag },
  success: WatchEvent,
  error,
  stream: true
})

/** An open file: its only element is the number of the file, which is open until the stream ends. */
const open = Rpc.make("files/open", {
  payload: { path, flag: openFlag, mode },
  success: file,
  error,
  stream: true
})
/** Closes the file, and returns when that is done. */
const fileClose = Rpc.make("files/close", { payload: { file } })
const fileStat = Rpc.make("files/file/stat", { payload: { file }, success: Info, error })
const fileSeek = Rpc.make("files/file/seek", {
  payload: { file, offset: Size, from: Schema.Literal("start", "current") },
  error
})
const fileSync = Rpc.make("files/file/sync", { payload: { file }, error })
const fileRead = Rpc.make("files/file/read", {
  payload: { file, size: Schema.Int },
  success: Schema.Option(Bytes),
  error
})
const fileTruncate = Rpc.make("files/file/truncate", {
  payload: { file, length: Schema.optional(Size) },
  error
})
const fileWrite = Rpc.make("files/file/write", { payload: { file, bytes: Bytes }, error })

export const Files = RpcGroup.make(
  access,
  copy,
  copyFile,
  chmod,
  chown,
  link,
  makeDirectory,
  makeTemporary,
  readDirectory,
  readLink,
  realPath,
  remove,
  rename,
  stat,
  symlink,
  truncate,
  utimes,
  watch,
  open,
  fileClose,
  fileStat,
  fileSeek,
  fileSync,
  fileRead,
  fileTruncate,
  fileWrite
).middleware(Access)

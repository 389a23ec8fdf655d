// @effect-diagnostics nodeBuiltinImport:off
import * as ChangeTracking from "@effect-ploop/core/ChangeTracking"
import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as NFS from "node:fs"
import type { HostFiles } from "./hostFiles.js"
import { attempt, type FileHandle, readAll, withRegular, writeAll } from "./nodeFiles.js"

/** The largest cluster that an image can have, in bytes. */
const largestCluster = 64 * 1024 * 1024

const read = async (file: FileHandle, at: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, await readAll(file, buffer, at))
}

/** The first cluster of the extension, or what the file has of it. */
const blockAt = (file: FileHandle, start: Buffer, at: bigint, fileSize: number): Promise<Buffer> => {
  const clusterSize = Number(ImageExamination.readHeader(start).clusterSectors) * 512
  return at >= BigInt(fileSize) || clusterSize > largestCluster
    ? Promise.resolve(Buffer.alloc(0))
    : read(file, Number(at), clusterSize)
}

/** The header goes first: an image with a place for a map that is gone cannot have a snapshot. */
const drop = async (file: FileHandle): Promise<void> => {
  const { size } = await file.stat()
  const start = await read(file, 0, ImageExamination.headerLength)
  const at = ChangeTracking.position(start)
  if (at === undefined) return
  const next = ChangeTracking.withoutExtension(start, await blockAt(file, start, at, size), BigInt(size))
  if (next === undefined) return
  await writeAll(file, Buffer.from(next.start), 0)
  await file.sync()
  await file.truncate(Number(next.size))
  await file.sync()
}

export const dropMap: HostFiles["dropMap"] = (path) =>
  attempt("dropMap", path, () => withRegular(path, drop, NFS.constants.O_RDWR))

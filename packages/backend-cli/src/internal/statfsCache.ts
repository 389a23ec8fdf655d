import * as Option from "effect/Option"
import * as statistics from "./statistics.js"

/** The numbers of the file system that an unmount by descriptor leaves beside the base image. */
export const name = ".statfs"

/** Five numbers of 8 bytes. */
export const length = 40

/** None unless the bytes can be those of such a file. */
export const read = (bytes: Uint8Array): Option.Option<statistics.Statistics> => {
  if (bytes.byteLength !== length) return Option.none()
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const number = (index: number) => view.getBigUint64(8 * index, true)
  return statistics.make({
    blockSize: number(0),
    blocks: number(1),
    freeBlocks: number(2),
    inodes: number(3),
    freeInodes: number(4)
  })
}

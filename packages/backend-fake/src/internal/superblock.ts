import type { Layout } from "./layout.js"
import * as space from "./space.js"

/** How much of the start of a file system is modelled, in bytes. */
export const length = 2048

const at = 1024

const encoder = new TextEncoder()

/** The start of a file system with its superblock; zeros where there is none. */
export const make = (layout: Layout | undefined): Uint8Array => {
  const bytes = new Uint8Array(length)
  if (layout === undefined) return bytes
  const view = new DataView(bytes.buffer)
  const blocks = layout.blocks * (space.blockSize / layout.blockSize)
  if (layout.type === "xfs") {
    bytes.set(encoder.encode("XFSB"))
    view.setUint32(4, layout.blockSize)
    view.setBigUint64(8, BigInt(blocks))
    bytes.set(encoder.encode(layout.label), 108)
    return bytes
  }
  view.setUint32(at + 4, blocks, true)
  view.setUint32(at + 24, Math.log2(layout.blockSize / 1024), true)
  view.setUint16(at + 56, 0xef53, true)
  bytes.set(encoder.encode(layout.label), at + 120)
  view.setUint16(at + 206, layout.reservedBlocks, true)
  view.setUint32(at + 332, layout.journalBlocks * space.blockSize, true)
  return bytes
}

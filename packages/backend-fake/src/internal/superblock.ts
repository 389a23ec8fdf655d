import type { Layout } from "./ext4.js"
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
  view.setUint32(at + 4, layout.blocks * (space.blockSize / layout.blockSize), true)
  view.setUint32(at + 24, Math.log2(layout.blockSize / 1024), true)
  view.setUint16(at + 56, 0xef53, true)
  bytes.set(encoder.encode(layout.label), at + 120)
  return bytes
}

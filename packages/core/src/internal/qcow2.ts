/** What can be seen of a qcow2 image in its header: enough to refuse what is none, or would have other files read. */

/** How much of a file {@link read} needs, in bytes. */
export const headerLength = 104

/** The length of the header of version 2, which has no features. */
const shortLength = 72

const magic = 0x51_46_49_fb

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Whether a file begins as a qcow2 image does. */
export const isSigned = (start: Uint8Array): boolean => start.byteLength >= 4 && viewOf(start).getUint32(0) === magic

export interface Header {
  readonly version: number
  /** Whether the image continues another file. */
  readonly hasBackingFile: boolean
  readonly isEncrypted: boolean
  /** Whether the data is in another file. */
  readonly hasDataFile: boolean
  /** Whether a program has found it damaged. */
  readonly isCorrupt: boolean
  /** The size of the disk, in bytes. */
  readonly size: bigint
}

const corrupt = 1n << 1n

const externalData = 1n << 2n

/** Undefined unless the bytes are a header. */
export const read = (start: Uint8Array): Header | undefined => {
  if (!isSigned(start) || start.byteLength < shortLength) return undefined
  const view = viewOf(start)
  const version = view.getUint32(4)
  if (version >= 3 && start.byteLength < headerLength) return undefined
  const incompatible = version >= 3 ? view.getBigUint64(72) : 0n
  return {
    version,
    hasBackingFile: view.getBigUint64(8) !== 0n,
    isEncrypted: view.getUint32(32) !== 0,
    hasDataFile: (incompatible & externalData) !== 0n,
    isCorrupt: (incompatible & corrupt) !== 0n,
    size: view.getBigUint64(24)
  }
}

/** The header of an image without data, of version 3 and with clusters of 64 KiB. */
export const write = (size: bigint): Uint8Array => {
  const bytes = new Uint8Array(headerLength)
  const view = viewOf(bytes)
  view.setUint32(0, magic)
  view.setUint32(4, 3)
  view.setUint32(20, 16)
  view.setBigUint64(24, size)
  view.setUint32(96, 4)
  view.setUint32(100, headerLength)
  return bytes
}

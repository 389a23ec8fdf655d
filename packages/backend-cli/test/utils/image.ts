/** What the header of an image says; of the scripted disk, unless given. */
export interface Header {
  readonly signature?: string
  readonly type?: number
  /** In sectors. */
  readonly size?: bigint
  /** In sectors. */
  readonly cluster?: number
  readonly clusters?: number
  readonly inUse?: number
  /** Where the first cluster begins, in sectors. */
  readonly first?: number
}

/** The header of an image, of 64 bytes; the signature says the version. */
export const header = (given: Header = {}): Uint8Array => {
  const {
    cluster = 2048,
    clusters = 10,
    first = 2048,
    inUse = 0,
    signature = "WithouFreSpacExt",
    size = 20_480n,
    type = 2
  } = given
  const bytes = new Uint8Array(64)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(signature))
  view.setUint32(16, type, true)
  view.setUint32(28, cluster, true)
  view.setUint32(32, clusters, true)
  view.setBigUint64(36, size, true)
  view.setUint32(44, inUse, true)
  view.setUint32(48, first, true)
  return bytes
}

/** An image without data: the header and an index table of zeros. */
export const image = (given: Header = {}): Uint8Array => {
  const bytes = new Uint8Array(512 * (given.first ?? 2048))
  bytes.set(header(given))
  return bytes
}

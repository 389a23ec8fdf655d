/** Bytes of data in a message, where the other side accepts that many: larger ones are not faster. */
export const usual = 512 * 1024

/** What a message has beside its data, at most. */
const envelope = 4 * 1024

/** How many bytes of data a message can hold. */
export const sizeFor = (maximumBytes: number): number => Math.max(1, Math.min(usual, maximumBytes - envelope))

/** Cuts bytes into parts, each of which fits into a message. */
export const cut = (bytes: Uint8Array, maximumBytes = Infinity): ReadonlyArray<Uint8Array> => {
  const size = sizeFor(maximumBytes)
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, index) => bytes.subarray(index * size, (index + 1) * size)
  )
}

/** "v2.1": closed by software that knows extensions. Generations 7 and 9 take it for no in-use flag. */
export const closedWithExtension = 0x31_2e_32_76

/** Where a header has its mark, in bytes. */
export const inUsePosition = 44

/** Where a header says in which sector the extension begins, in bytes. */
export const extensionPosition = 56

/** The sector in which the extension begins; 0 when the header has none that counts. */
export const extensionSector = (start: Uint8Array): bigint => {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  return view.getUint32(inUsePosition, true) === closedWithExtension ? view.getBigUint64(extensionPosition, true) : 0n
}

/** A number that almost certainly differs for different bytes. */
export const fingerprint = (bytes: Uint8Array): number => {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const whole = bytes.length - bytes.length % 4
  let print = 7
  for (let at = 0; at < whole; at += 4) print = Math.imul(print ^ words.getUint32(at), 0x01000193)
  for (let at = whole; at < bytes.length; at++) print = Math.imul(print ^ bytes[at]!, 0x01000193)
  return print
}

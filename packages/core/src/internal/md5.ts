/** MD5, which the format of images has for its checksums: core has no cryptography of a platform. */

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

const constants = Uint32Array.from({ length: 64 }, (_, index) => Math.abs(Math.sin(index + 1)) * 2 ** 32)

const wordOf = (round: number, step: number): number =>
  round === 0 ? step : round === 1 ? (5 * step + 1) % 16 : round === 2 ? (3 * step + 5) % 16 : 7 * step % 16

const mixed = (round: number, b: number, c: number, d: number): number =>
  round === 0 ? (b & c) | (~b & d) : round === 1 ? (d & b) | (~d & c) : round === 2 ? b ^ c ^ d : c ^ (b | ~d)

const rotated = (value: number, by: number): number => (value << by) | (value >>> (32 - by))

const addBlock = (state: Uint32Array, view: DataView, at: number): void => {
  let [a, b, c, d] = state as unknown as [number, number, number, number]
  for (let step = 0; step < 64; step++) {
    const round = step >> 4
    const word = view.getUint32(at + 4 * wordOf(round, step), true)
    const sum = (a + mixed(round, b, c, d) + constants[step]! + word) | 0
    ;[a, d, c, b] = [d, c, b, (b + rotated(sum, shifts[4 * round + step % 4]!)) | 0]
  }
  for (const [index, value] of [a, b, c, d].entries()) state[index] = state[index]! + value
}

/** The last part of the bytes, with the length behind them. */
const tail = (bytes: Uint8Array): Uint8Array => {
  const rest = bytes.length % 64
  const last = new Uint8Array(rest < 56 ? 64 : 128)
  last.set(bytes.subarray(bytes.length - rest))
  last[rest] = 0x80
  new DataView(last.buffer).setBigUint64(last.length - 8, BigInt(bytes.length) * 8n, true)
  return last
}

/** The 16 bytes of the checksum. */
export const md5 = (bytes: Uint8Array): Uint8Array => {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 64 <= bytes.length; at += 64) addBlock(state, whole, at)
  const last = tail(bytes)
  const view = new DataView(last.buffer)
  for (let at = 0; at < last.length; at += 64) addBlock(state, view, at)
  const sum = new Uint8Array(16)
  const written = new DataView(sum.buffer)
  for (const [index, value] of state.entries()) written.setUint32(4 * index, value, true)
  return sum
}

import type * as RpcSerialization from "@effect/rpc/RpcSerialization"

/** Bytes of the length before each message. */
export const header = 4

/** Puts the length before a message. */
export const frame = (message: Uint8Array): Uint8Array => {
  const framed = new Uint8Array(header + message.length)
  new DataView(framed.buffer).setUint32(0, message.length)
  framed.set(message, header)
  return framed
}

/** The first bytes of the parts, and what is left of them. */
const take = (parts: ReadonlyArray<Uint8Array>, size: number): [taken: Uint8Array, rest: Array<Uint8Array>] => {
  const [first] = parts
  if (first !== undefined && first.length >= size) {
    return [first.subarray(0, size), [first.subarray(size), ...parts.slice(1)]]
  }
  const taken = new Uint8Array(size)
  const rest: Array<Uint8Array> = []
  let at = 0
  for (const part of parts) {
    const used = part.subarray(0, size - at)
    taken.set(used, at)
    at += used.length
    if (used.length < part.length) rest.push(part.subarray(used.length))
  }
  return [taken, rest]
}

/**
 * Reads messages from bytes as they arrive. A message is copied once, however many parts it comes in, and one that is
 * too large is refused by its length.
 */
export const reader = (maximumBytes: number, refuse: () => never) => {
  let parts: Array<Uint8Array> = []
  let buffered = 0
  let expected: number | undefined

  const next = (size: number): Uint8Array => {
    const [taken, rest] = take(parts, size)
    parts = rest
    buffered -= size
    return taken
  }

  return (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
    parts.push(bytes)
    buffered += bytes.length
    const messages: Array<Uint8Array> = []
    for (;;) {
      if (expected === undefined) {
        if (buffered < header) return messages
        const length = next(header)
        expected = new DataView(length.buffer, length.byteOffset, header).getUint32(0)
        if (expected > maximumBytes) refuse()
      }
      if (buffered < expected) return messages
      messages.push(next(expected))
      expected = undefined
    }
  }
}

type Parser = RpcSerialization.Parser

/** A parser of messages that each have their length before them. */
export const framed = (parser: Parser, maximumBytes: number, refuse: () => never): Parser => {
  const read = reader(maximumBytes, refuse)
  const encoder = new TextEncoder()
  const bytesOf = (text: Uint8Array | string) => typeof text === "string" ? encoder.encode(text) : text
  return {
    encode: (message) => {
      const encoded = parser.encode(message)
      return encoded === undefined ? undefined : frame(bytesOf(encoded))
    },
    decode: (bytes) =>
      read(bytesOf(bytes)).flatMap((message) => {
        const values = parser.decode(message)
        // The parser would wait for the rest of a value, which is not to come.
        return values.length === 1 ? values : refuse()
      })
  }
}

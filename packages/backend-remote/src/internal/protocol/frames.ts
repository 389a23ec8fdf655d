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

/**
 * Reads messages from bytes as they arrive. One that is too large is refused by its length, before it has come. One that
 * comes in many parts takes its own size in memory, however small the parts are.
 */
export const reader = (maximumBytes: number, refuse: () => never) => {
  const length = new Uint8Array(header)
  let known = 0
  let message: Uint8Array | undefined
  let filled = 0

  return (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
    const messages: Array<Uint8Array> = []
    let rest = bytes
    const take = (size: number): Uint8Array => {
      const taken = rest.subarray(0, size)
      rest = rest.subarray(taken.length)
      return taken
    }
    for (;;) {
      if (message === undefined) {
        const part = take(header - known)
        length.set(part, known)
        known += part.length
        if (known < header) return messages
        const expected = new DataView(length.buffer).getUint32(0)
        if (expected > maximumBytes) refuse()
        known = 0
        if (rest.length >= expected) {
          messages.push(take(expected))
          continue
        }
        message = new Uint8Array(expected)
        filled = 0
      }
      const part = take(message.length - filled)
      message.set(part, filled)
      filled += part.length
      if (filled < message.length) return messages
      messages.push(message)
      message = undefined
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

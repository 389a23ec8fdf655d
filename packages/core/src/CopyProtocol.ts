/**
 * What two tools say to each other while one copies a running device to the other: packets one way, and on generations 7
 * and 9 replies the other way. A backend does not need it to carry a copy, but to tell its rounds, and whether the
 * receiver has confirmed all of it.
 *
 * @since 0.2.0
 */
import type { Generation } from "./Generation.js"
import type { Row } from "./GenerationTraits.js"

/**
 * How packets are written: `oneWay`, as generation 1.15 does, or `dialogue`, with a type and replies.
 *
 * @since 0.2.0
 * @category models
 */
export type Form = "oneWay" | "dialogue"

/**
 * The form of each generation.
 *
 * @since 0.2.0
 * @category models
 */
export const form: Row<Form> = { "1.15": "oneWay", "7": "dialogue", "9": "dialogue" } satisfies Record<Generation, Form>

/**
 * The types of packets in a dialogue.
 *
 * @since 0.2.0
 * @category constants
 */
export const types = { data: 0, command: 1, unconfirmed: 2, device: 3, changes: 4 } as const

/**
 * The commands of a dialogue that both ends know on every generation: to write everything to the disk, which ends a
 * round and, with a position, begins the dialogue; and the end.
 *
 * @since 0.2.0
 * @category constants
 */
export const commands = { sync: 0, finish: 1 } as const

/**
 * A packet without its data.
 *
 * @since 0.2.0
 * @category models
 */
export interface Header {
  /** One of {@link types}; `data` where packets have none. */
  readonly type: number
  /** How many bytes of data follow. */
  readonly size: number
  /** Where the data belongs, in bytes; of the first command, the features of the sender. */
  readonly position: bigint
}

const layouts = {
  oneWay: { marker: 0x4cc0ac3d, length: 16, size: 4, position: 8 },
  dialogue: { marker: 0x4cc0ac3e, length: 24, size: 8, position: 16 }
} as const satisfies Record<Form, unknown>

/**
 * How long a header is, in bytes.
 *
 * @since 0.2.0
 * @category conversions
 */
export const headerLength = (form: Form): number => layouts[form].length

/**
 * A packet as it is sent.
 *
 * @since 0.2.0
 * @category conversions
 */
export const format = (form: Form, { position, type }: Omit<Header, "size">, data: Uint8Array): Uint8Array => {
  const layout = layouts[form]
  const bytes = new Uint8Array(layout.length + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, layout.marker, true)
  if (form === "dialogue") view.setUint32(4, type, true)
  view.setUint32(layout.size, data.length, true)
  view.setBigUint64(layout.position, position, true)
  bytes.set(data, layout.length)
  return bytes
}

/**
 * Reads a header; undefined where it has no mark of the form.
 *
 * @since 0.2.0
 * @category conversions
 */
export const parseHeader = (form: Form, bytes: Uint8Array): Header | undefined => {
  const layout = layouts[form]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== layout.marker) return undefined
  return {
    type: form === "dialogue" ? view.getUint32(4, true) : types.data,
    size: view.getUint32(layout.size, true),
    position: view.getBigUint64(layout.position, true)
  }
}

/**
 * The data of a command.
 *
 * @since 0.2.0
 * @category conversions
 */
export const command = (code: number): Uint8Array => integer(code)

/**
 * A reply: 0, an exit code, or to the first command the features of the receiver with a minus sign.
 *
 * @since 0.2.0
 * @category conversions
 */
export const reply = (code: number): Uint8Array => integer(code)

const integer = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setInt32(0, value, true)
  return bytes
}

/** Takes bytes in pieces of any size, and hands over parts of the length that is wanted. */
class Parts {
  private readonly held = new Uint8Array(headerLength("dialogue"))
  private length = 0

  /** The next `wanted` bytes, when they are there, and how many bytes of `from` were used for them. */
  take(from: Uint8Array, wanted: number): readonly [part: Uint8Array | undefined, used: number] {
    const used = Math.min(wanted - this.length, from.length)
    this.held.set(from.subarray(0, used), this.length)
    this.length += used
    if (this.length < wanted) return [undefined, used]
    this.length = 0
    return [this.held.slice(0, wanted), used]
  }
}

/** The length of a checksum that stands between a header and its data. */
const checksum = 16

const checksums = 1

/**
 * A round that is over.
 *
 * @since 0.2.0
 * @category models
 */
export interface Round {
  /** The number of the round, from 1. */
  readonly number: number
  /** How many bytes of data went over in it. */
  readonly bytes: bigint
}

/**
 * Follows a copy by the bytes that pass.
 *
 * @since 0.2.0
 * @category models
 */
export class Watch {
  private readonly headers = new Parts()
  private readonly codes = new Parts()
  private skipped = 0
  private hasChecksums = false
  private bytes = 0
  private reached = -1n
  private number = 0
  private awaited = 0
  private refused = false
  private ended = false
  private isFollowing = true

  constructor(private readonly form: Form) {}

  /** Takes what the sender has sent, and returns the rounds that are over with it. */
  sent(bytes: Uint8Array): ReadonlyArray<Round> {
    const rounds: Array<Round> = []
    for (let at = 0; at < bytes.length && this.isFollowing;) {
      if (this.skipped > 0) {
        const skipped = Math.min(this.skipped, bytes.length - at)
        this.skipped -= skipped
        at += skipped
        continue
      }
      const [part, used] = this.headers.take(bytes.subarray(at), headerLength(this.form))
      at += used
      const header = part === undefined ? undefined : parseHeader(this.form, part)
      if (header !== undefined) rounds.push(...this.packet(header))
      // The other end judges what is not a packet.
      else if (part !== undefined) this.isFollowing = false
    }
    return rounds
  }

  /** Takes what the receiver has replied. */
  replied(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const [part, used] = this.codes.take(bytes.subarray(at), 4)
      at += used
      if (part === undefined) return
      const code = new DataView(part.buffer).getInt32(0, true)
      this.awaited--
      if (code > 0) this.refused = true
      // Only the first reply names features, and the sender waits for it.
      if (code < 0) this.hasChecksums = (-code & checksums) !== 0
    }
  }

  /** Whether the sender has sent all, and the receiver has confirmed all of it, where it does so. */
  get isComplete(): boolean {
    return this.ended && (this.form === "oneWay" || (this.awaited === 0 && !this.refused))
  }

  /** Whether any data was sent. */
  get hasData(): boolean {
    return this.bytes > 0 || this.number > 0
  }

  private packet({ position, size, type }: Header): ReadonlyArray<Round> {
    const isFirst = type === types.command && position !== 0n && this.number === 0 && this.bytes === 0
    this.skipped = size + (this.hasChecksums ? checksum : 0)
    if (this.form === "dialogue" && type !== types.unconfirmed) this.awaited++
    if (size === 0) this.ended = true
    const over = this.form === "oneWay" ? size === 0 || position < this.reached : type === types.command && !isFirst
    const round = over && this.bytes > 0 ? [{ number: ++this.number, bytes: BigInt(this.bytes) }] : []
    if (over) this.bytes = 0
    if (type !== types.command) this.bytes += size
    this.reached = position
    return round
  }
}

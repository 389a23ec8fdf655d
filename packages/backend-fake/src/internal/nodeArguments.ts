const nul = "\0"

/** Why Node rejects an argument before it makes a system call. */
export type Problem = TypeError | RangeError

export const path = (name: string, value: string): Problem | undefined =>
  value.includes(nul)
    ? new TypeError(`The argument '${name}' must be a string without null bytes. Received ${JSON.stringify(value)}`)
    : undefined

const integer = (name: string, value: number, least: number, most: number): Problem | undefined =>
  Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : new RangeError(`The argument '${name}' must be an integer from ${least} to ${most}. Received ${value}`)

const most = 2 ** 32 - 1

/** Permission bits; any other bits of the 32 may be set as well. */
export const mode = (value: number): Problem | undefined => integer("mode", value, 0, most)

/** A user or group ID, or -1 to keep the current one. */
export const owner = (name: string, value: number): Problem | undefined => integer(name, value, -1, most)

export const length = (value: number): Problem | undefined =>
  integer("len", value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)

const mostBytes = 2 ** 32

/** The size of a buffer that Node is to make. Node throws, where it reports other arguments. */
export const bufferSize = (value: number): Problem | undefined =>
  value >= 0 && value <= mostBytes
    ? undefined
    : new RangeError(`The value of "size" must be from 0 to ${mostBytes}. Received ${value}`)

/** The largest position of a file that the system knows. */
export const lastPosition = 2n ** 63n - 1n

/** A position to read from. Node takes one below zero for none. */
export const position = (value: bigint): Problem | undefined =>
  value >= -lastPosition - 1n && value <= lastPosition
    ? undefined
    : new RangeError(`The argument 'position' must be a signed integer of 64 bits. Received ${value}`)

/** The position that Node writes to: none in place of one below zero, or of one that a number cannot hold. */
export const writePosition = (value: bigint): number | undefined =>
  value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined

export const time = (name: string, value: Date | number): Problem | undefined =>
  typeof value === "number" && !Number.isFinite(value)
    ? new TypeError(`The argument '${name}' must be a Date or a time in seconds. Received ${value}`)
    : undefined

const flags: ReadonlySet<string> = new Set(["r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+"])

export const flag = (value: string): Problem | undefined =>
  flags.has(value)
    ? undefined
    : new TypeError(`The argument 'flags' must be one of ${[...flags].join(", ")}. Received ${JSON.stringify(value)}`)

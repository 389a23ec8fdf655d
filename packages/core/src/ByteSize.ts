/**
 * Sizes, as a whole number of bytes that is never a float.
 *
 * Text needs a unit, because a bare number means sectors to ploop and bytes to
 * everybody else: `B`, `s` (512-byte sectors), `K`, `M`, `G`, `T`, `P`, with or
 * without `iB`, in either case; all are powers of 1024. Numbers and bigints are
 * bytes, as in `FileSystem.Size`.
 *
 * @example
 * import { ByteSize } from "@effect-ploop/core"
 *
 * console.log(ByteSize.make("10G") === ByteSize.GiB(10)) // true
 * console.log(ByteSize.format(ByteSize.fromSectors(20480))) // "10 MiB"
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/**
 * Bytes in a sector, the unit in which ploop counts.
 *
 * @since 0.1.0
 * @category constants
 */
export const sectorSize = 512n

/**
 * The size as it is held: a non-negative bigint, in bytes.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByteSizeFromSelf = Schema.BigIntFromSelf.pipe(
  Schema.filter((bytes) => bytes >= 0n, { message: () => "must be whole and non-negative" }),
  Schema.brand("@effect-ploop/core/ByteSize")
)

/**
 * @since 0.1.0
 * @category models
 */
export type ByteSize = typeof ByteSizeFromSelf.Type

const units: ReadonlyMap<string, bigint> = new Map([
  ["b", 1n],
  ["s", sectorSize],
  ["k", 1n << 10n],
  ["m", 1n << 20n],
  ["g", 1n << 30n],
  ["t", 1n << 40n],
  ["p", 1n << 50n]
])

const textRule =
  "must be a whole number with a unit, as in 10G, 512M, 2048s (sectors) or 4096B; it may not be negative or fractional"

const parse = (text: string): Option.Option<ByteSize> => {
  const match = /^\s*(\d{1,1000})\s*(?:([bs])|([kmgtp])(?:i?b)?)\s*$/i.exec(text)
  const unit = match === null ? undefined : units.get((match[2] ?? match[3] ?? "").toLowerCase())
  return unit === undefined ? Option.none() : Option.some(ByteSizeFromSelf.make(BigInt(match![1]!) * unit))
}

/**
 * Text such as `"10G"` or `"20480s"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByteSizeFromString = Schema.transformOrFail(Schema.String, ByteSizeFromSelf, {
  strict: true,
  decode: (text, _, ast) =>
    Option.match(parse(text), {
      onNone: () => ParseResult.fail(new ParseResult.Type(ast, text, textRule)),
      onSome: ParseResult.succeed
    }),
  encode: (bytes) => ParseResult.succeed(toText(ByteSizeFromSelf.make(bytes)))
})

const ByteSizeFromNumber = Schema.transform(
  Schema.Number.pipe(
    Schema.filter((bytes) => Number.isSafeInteger(bytes) && bytes >= 0, {
      message: () => "must be a whole, non-negative number of bytes"
    })
  ),
  ByteSizeFromSelf,
  { strict: true, decode: (bytes) => ByteSizeFromSelf.make(BigInt(bytes)), encode: Number }
)

/**
 * Whatever a caller may write for a size: text with a unit, or bytes as a
 * number or bigint. It encodes to text.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ByteSize = Schema.Union(ByteSizeFromString, ByteSizeFromNumber, ByteSizeFromSelf).annotations({
  identifier: "ByteSize"
})

/**
 * What is accepted where a size is asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type ByteSizeInput = typeof ByteSize.Encoded

/**
 * Makes a size, or throws with the rule that was broken. To have the failure as
 * a value, decode {@link ByteSize}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (input: ByteSizeInput) => ByteSize = Schema.decodeSync(ByteSize)

const scaled = (unit: bigint) => (count: number | bigint): ByteSize => ByteSizeFromSelf.make(BigInt(count) * unit)

/**
 * @since 0.1.0
 * @category constructors
 */
export const fromSectors: (count: number | bigint) => ByteSize = scaled(sectorSize)

/**
 * @since 0.1.0
 * @category constructors
 */
export const KiB: (count: number | bigint) => ByteSize = scaled(1n << 10n)

/**
 * @since 0.1.0
 * @category constructors
 */
export const MiB: (count: number | bigint) => ByteSize = scaled(1n << 20n)

/**
 * @since 0.1.0
 * @category constructors
 */
export const GiB: (count: number | bigint) => ByteSize = scaled(1n << 30n)

/**
 * @since 0.1.0
 * @category constructors
 */
export const TiB: (count: number | bigint) => ByteSize = scaled(1n << 40n)

/**
 * The number of sectors that hold the size; a part of a sector counts as one.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toSectors = (size: ByteSize): bigint => (size + sectorSize - 1n) / sectorSize

/**
 * The size in the largest unit that holds it exactly, as {@link ByteSize}
 * reads it: `"10G"`, `"513B"`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toText = (size: ByteSize): string => {
  for (const [letter, shift] of [["T", 40n], ["G", 30n], ["M", 20n], ["K", 10n]] as const) {
    if (size > 0n && size % (1n << shift) === 0n) return `${size >> shift}${letter}`
  }
  return `${size}B`
}

/**
 * The size for people, rounded to one decimal: `"1.5 GiB"`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (size: ByteSize): string => {
  for (const [name, shift] of [["TiB", 40n], ["GiB", 30n], ["MiB", 20n], ["KiB", 10n]] as const) {
    const unit = 1n << shift
    if (size >= unit) {
      const tenths = (size * 10n + unit / 2n) / unit
      return tenths % 10n === 0n ? `${tenths / 10n} ${name}` : `${tenths / 10n}.${tenths % 10n} ${name}`
    }
  }
  return `${size} B`
}

/**
 * How a snapshot is named: a UUID in braces and in lower case.
 *
 * Two identifiers are reserved by ploop: {@link top} names the delta that is
 * written to, {@link none} stands where the base delta names its parent.
 *
 * @example
 * import { SnapshotId } from "@effect-ploop/core"
 *
 * const id = SnapshotId.make("AAAAAAAA-0000-4000-8000-00000000000A")
 * // "{aaaaaaaa-0000-4000-8000-00000000000a}"
 * console.log(id, SnapshotId.isReserved(id))
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"

const pattern = /^(?:\{[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\}|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})$/i

const rule = "must be a UUID, with or without braces, as in {5fbaabe3-6958-40ff-92a7-860e329aab41}"

const canonical = (text: string): string => (text.startsWith("{") ? text : `{${text}}`).toLowerCase()

/**
 * An identifier in its one canonical form: braced, lower case.
 *
 * @since 0.1.0
 * @category models
 */
export type SnapshotIdFromSelf = typeof SnapshotIdFromSelf.Type

/**
 * Accepts only the canonical form.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotIdFromSelf = Schema.String.pipe(
  Schema.pattern(/^\{[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\}$/, { message: () => rule }),
  Schema.brand("@effect-ploop/core/SnapshotId")
)

const fromPattern = (allowed: (id: string) => string | undefined) =>
  Schema.transform(
    Schema.String.pipe(Schema.filter((text) => pattern.test(text) ? allowed(canonical(text)) : rule)),
    SnapshotIdFromSelf,
    { strict: true, decode: canonical, encode: (id) => id }
  )

/**
 * The identifier of the delta that is written to, in every disk.
 *
 * @since 0.1.0
 * @category constants
 */
export const top: SnapshotId = SnapshotIdFromSelf.make("{5fbaabe3-6958-40ff-92a7-860e329aab41}")

/**
 * What a descriptor writes where a base delta would name its parent. It names
 * no snapshot, so {@link SnapshotId} refuses it.
 *
 * @since 0.1.0
 * @category constants
 */
export const none: SnapshotId = SnapshotIdFromSelf.make("{00000000-0000-0000-0000-000000000000}")

/**
 * A reference to a snapshot, or to the {@link top} delta.
 *
 * Any case is accepted, with or without braces; it decodes to the canonical
 * form. {@link none} is refused.
 *
 * @since 0.1.0
 * @category schemas
 */
export const SnapshotId = fromPattern((id) =>
  id === none ? "must not be the nil UUID: it names no snapshot" : undefined
)

/**
 * @since 0.1.0
 * @category models
 */
export type SnapshotId = SnapshotIdFromSelf

/**
 * An identifier for a snapshot that is about to be made: neither {@link top}
 * nor {@link none}, both of which would damage the chain.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NewSnapshotId = fromPattern((id) =>
  id === none || id === top
    ? "must not be a reserved UUID (the nil UUID and the identifier of the top delta)"
    : undefined
)

/**
 * Any identifier, the reserved ones included: what a descriptor may hold.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AnySnapshotId = fromPattern(() => undefined)

/**
 * Brings a UUID to its canonical form; throws when it is none. To have the
 * failure as a value, decode {@link SnapshotId}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (uuid: string) => SnapshotId = Schema.decodeSync(SnapshotId)

/**
 * Whether the identifier is one that ploop keeps for itself.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isReserved = (id: SnapshotId): boolean => id === top || id === none

/**
 * A new random (version 4) identifier, drawn from the `Random` service, so that
 * a seeded test repeats it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const random: Effect.Effect<SnapshotId> = Effect.gen(function*() {
  const digits: Array<number> = []
  for (let index = 0; index < 32; index++) digits.push(yield* Random.nextIntBetween(0, 16))
  digits[12] = 4
  digits[16] = 8 + digits[16]! % 4
  const hex = digits.map((digit) => digit.toString(16)).join("")
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
  return SnapshotIdFromSelf.make(`{${uuid}}`)
})

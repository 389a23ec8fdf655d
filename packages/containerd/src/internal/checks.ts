import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import type { Options } from "../Request.js"
import { type Labels, sizeLabel } from "../Snapshot.js"
import { ArgumentInvalid } from "../StorageError.js"

const refuse = (argument: string, value: string, rule: string) => new ArgumentInvalid({ argument, value, rule })

/** Smaller disks have no room for the journal that the tool gives them. ext4 ends before the largest. */
const sizes = { least: ByteSize.MiB(300), most: ByteSize.TiB(15) }

const sizeRule = "must be from 300M to 15T, with a unit, as in 10G"

const isAllowed = (size: ByteSize.ByteSize) => size >= sizes.least && size <= sizes.most

const Size = ByteSize.ByteSize.pipe(Schema.filter((size) => isAllowed(size) || sizeRule))

const Options_ = Schema.Struct({
  root: Schema.String.pipe(
    Schema.filter((path) =>
      (/^\/[^\0\n]*[^/\0\n]$/.test(path)) || "must be an absolute path without a slash at its end"
    )
  ),
  size: Schema.optionalWith(Size, {
    default: () => ByteSize.GiB(10)
  }),
  maxChain: Schema.optionalWith(
    Schema.Int.pipe(Schema.between(8, 120, { message: () => "must be a whole number from 8 to 120" })),
    { default: () => 120 }
  ),
  concurrency: Schema.optionalWith(
    Schema.Int.pipe(Schema.between(1, 1024, { message: () => "must be a whole number from 1 to 1024" })),
    { default: () => 4 }
  )
})

export type Checked = typeof Options_.Type

/** The checked options, with their defaults. */
export const options = (given: Options): Either.Either<Checked, ArgumentInvalid> =>
  Either.mapLeft(Schema.decodeUnknownEither(Options_)(given), (error) => {
    const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
    const name = String(issue?.path[0] ?? "options")
    return refuse(name, String(given[name as keyof Options] ?? ""), issue?.message ?? "must be valid")
  })

/** The size of a disk. */
export const size = (given: ByteSize.ByteSizeInput): Either.Either<ByteSize.ByteSize, ArgumentInvalid> =>
  Either.mapLeft(Schema.decodeEither(Size)(given), () => refuse("size", String(given), sizeRule))

export const key = (argument: "key" | "name", value: string) =>
  value === "" || value.includes("\0")
    ? Effect.fail(refuse(argument, value, "must be a text that is not empty, without zero characters"))
    : Effect.void

/** The limit of containerd, for the key of a label together with its value. */
const labelLimit = 4096

const bytes = new TextEncoder()

/** The labels to keep. As in containerd, one with an empty value is none. */
export const labels = (given: Labels): Effect.Effect<Labels, ArgumentInvalid> => {
  const long = Object.entries(given).find(([name, value]) => bytes.encode(name + value).length > labelLimit)
  return long === undefined
    ? Effect.succeed(Record.filter(given, (value) => value !== ""))
    : Effect.fail(refuse("labels", long[0].slice(0, 64), `must not be longer than ${labelLimit} bytes with its value`))
}

/** The size of a new disk: that of its label, or the default one. */
export const sizeOf = (
  given: Labels,
  fallback: ByteSize.ByteSize
): Either.Either<ByteSize.ByteSize, ArgumentInvalid> => {
  const text = given[sizeLabel]
  if (text === undefined) return Either.right(fallback)
  return Either.mapLeft(size(text), ({ rule }) => refuse(sizeLabel, text, rule))
}

const prefix = "labels."

/** The labels after an update of some fields. */
export const updated = (before: Labels, given: Labels, paths: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let after = before
    for (const path of paths.length === 0 ? ["labels"] : paths) {
      if (path === "labels") after = given
      else if (path.startsWith(prefix)) {
        const name = path.slice(prefix.length)
        after = { ...after, [name]: Option.getOrElse(Record.get(given, name), () => "") }
      } else return yield* refuse("update_mask", path, "must be labels or labels.KEY: nothing else can be changed")
    }
    return yield* labels(after)
  })

// @effect-diagnostics nodeBuiltinImport:off
import { type PlatformError, SystemError, SystemErrorReason } from "@effect/platform/Error"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { errnoOf } from "../process/failures.js"

/** What can be written as JSON; anything else is an object with one key that begins with `$`. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isJson = (value: unknown): value is Json =>
  value === null ||
  Predicate.isString(value) ||
  Predicate.isBoolean(value) ||
  Predicate.isNumber(value) ||
  (Array.isArray(value) ? value.every(isJson) : Predicate.isObject(value) && Object.values(value).every(isJson))

/** One function, because a recording has many values, and a union of schemas takes ten times as long. */
export const Json: Schema.Schema<Json> = Schema.declare(isJson, { identifier: "Json" })

/** Replaces the names in a text. */
export type Rename = (text: string) => string

const decodeBase64 = (text: string): Uint8Array => Either.getOrElse(Encoding.decodeBase64(text), () => new Uint8Array())

export const deflate = (bytes: Uint8Array): string => Encoding.encodeBase64(new Uint8Array(deflateRawSync(bytes)))

/** A large result is made of few pieces, since zlib copies each of them once more. */
const pieceSize = (text: string): number => Math.min(Math.max(256 * text.length, 1 << 14), 1 << 22)

export const inflate = (text: string): Uint8Array => {
  const bytes = inflateRawSync(decodeBase64(text), { chunkSize: pieceSize(text) })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text that bytes are; none for other bytes, and for a text with a NUL or a byte order mark. */
const textOf = (bytes: Uint8Array): Option.Option<string> =>
  bytes.includes(0)
    ? Option.none()
    : Option.filter(Option.liftThrowable(() => decoder.decode(bytes))(), (text) => !text.startsWith("\uFEFF"))

/** Images are mostly zeros, so bytes are compressed one by one. */
const encodeBytes = (bytes: Uint8Array, rename: Rename): Json =>
  Option.match(textOf(bytes), {
    onNone: () => ({ $deflated: deflate(bytes) }),
    onSome: (text) => ({ $text: rename(text) })
  })

/** Undefined becomes null, so that an option that is left out and one that is undefined are the same. */
export const encode = (value: unknown, rename: Rename): Json => {
  if (value === undefined || value === null) return null
  if (Predicate.isString(value)) return rename(value)
  if (Predicate.isNumber(value) || Predicate.isBoolean(value)) return value
  if (Predicate.isBigInt(value)) return { $bigint: `${value}` }
  if (Predicate.isUint8Array(value)) return encodeBytes(value, rename)
  if (Predicate.isDate(value)) return { $date: value.getTime() }
  if (Option.isOption(value)) return { $option: Option.toArray(value).map((inner) => encode(inner, rename)) }
  if (Array.isArray(value)) return value.map((inner) => encode(inner, rename))
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => inner === undefined ? [] : [[key, encode(inner, rename)]])
  )
}

const decoders: Readonly<Record<string, (inner: Json) => unknown>> = {
  $bigint: (inner) => BigInt(String(inner)),
  $deflated: (inner) => inflate(String(inner)),
  $text: (inner) => new TextEncoder().encode(String(inner)),
  $date: (inner) => DateTime.toDateUtc(DateTime.unsafeMake(Number(inner))),
  $option: (inner) => Option.map(Option.fromIterable(Array.isArray(inner) ? inner : []), decode)
}

export const decode = (json: Json): unknown => {
  if (json === null) return undefined
  if (Array.isArray(json)) return json.map(decode)
  if (!Predicate.isRecord(json)) return json
  const entries = Object.entries(json)
  const [key = "", inner = null] = entries[0] ?? []
  return decoders[key]?.(inner) ?? Object.fromEntries(entries.map(([key, inner]) => [key, decode(inner)]))
}

/** The most characters of an argument that are kept; a longer one, such as a file's content, becomes its hash. */
const longest = 200

/** The name of a request, the same for the same request. */
export const request = (method: string, args: ReadonlyArray<unknown>, rename: Rename): string =>
  [
    method,
    ...args.map((arg) => {
      const text = JSON.stringify(encode(arg, rename))
      return text.length <= longest ? text : `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 32)}`
    })
  ].join(" ")

export const Failure = Schema.Struct({
  reason: SystemErrorReason,
  method: Schema.String,
  path: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  code: Schema.optional(Schema.String)
})

export type Failure = typeof Failure.Type

export const encodeError = (error: PlatformError, rename: Rename): Failure => ({
  reason: error._tag === "SystemError" ? error.reason : "InvalidData",
  method: error.method,
  path: error._tag === "SystemError" && Predicate.isString(error.pathOrDescriptor)
    ? rename(error.pathOrDescriptor)
    : undefined,
  description: error.description === undefined ? undefined : rename(error.description),
  code: errnoOf(error)
})

export const decodeError = ({ code, path, ...error }: Failure): PlatformError =>
  new SystemError({
    ...error,
    module: "FileSystem",
    pathOrDescriptor: path,
    ...(code === undefined ? {} : { cause: Object.assign(new Error(code), { code }) })
  })

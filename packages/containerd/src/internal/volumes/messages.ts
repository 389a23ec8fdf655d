import { ByteSizeFromString } from "@effect-ploop/core/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { ArgumentInvalid } from "../../StorageError.js"
import type { Info } from "../../Volume.js"

/** The options of `docker volume create --opt`. */
const Opts = Schema.Struct({ size: Schema.optional(Schema.String), from: Schema.optional(Schema.String) }).annotations({
  parseOptions: { onExcessProperty: "error" }
})

export const Create = Schema.Struct({ Name: Schema.String, Opts: Schema.NullishOr(Opts) })

export const Named = Schema.Struct({ Name: Schema.String })

export const Use = Schema.Struct({ Name: Schema.String, ID: Schema.String })

export const Nothing = Schema.Struct({})

const invalid = (error: ParseResult.ParseError) => {
  const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
  return new ArgumentInvalid({
    argument: issue?.path.join(".") || "the request",
    value: "",
    rule: issue?._tag === "Unexpected" ? "is not an option: they are size and from" : issue?.message ?? "must be valid"
  })
}

/** Docker sends no body with some requests. */
const parse = Schema.decodeUnknown(Schema.parseJson())

/** Reads the body of a request. An option that is not known is refused; another field is not, as Docker may add one. */
export const decode = <A, I>(schema: Schema.Schema<A, I>) => (body: string) =>
  parse(body.trim() === "" ? "{}" : body).pipe(
    Effect.map((value) => value ?? {}),
    Effect.flatMap(Schema.decodeUnknown(schema)),
    Effect.mapError(invalid)
  )

const toText = Schema.encodeSync(ByteSizeFromString)

const volumeOf = ({ mountpoint = "", name }: Info) => ({ Name: name, Mountpoint: mountpoint })

export const get = (info: Info) => ({
  Volume: {
    ...volumeOf(info),
    CreatedAt: DateTime.formatIso(info.createdAt),
    Status: {
      size: toText(info.size),
      ...(info.from !== undefined && { from: info.from }),
      readOnly: info.readOnly,
      mounts: info.users.length,
      directory: info.directory
    }
  }
})

export const list = (infos: ReadonlyArray<Info>) => ({ Volumes: infos.map(volumeOf) })

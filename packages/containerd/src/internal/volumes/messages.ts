import { ByteSizeFromString } from "@effect-ploop/core/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Info } from "../../Volume.js"
import { malformed, object, text } from "../malformed.js"

/** The options of `docker volume create --opt`. */
const Opts = Schema.Struct({ size: Schema.optional(text), from: Schema.optional(text) }).annotations({
  parseOptions: { onExcessProperty: "error" },
  ...object
})

export const Create = Schema.Struct({ Name: text, Opts: Schema.NullishOr(Opts) }).annotations(object)

export const Named = Schema.Struct({ Name: text }).annotations(object)

export const Use = Schema.Struct({ Name: text, ID: text }).annotations(object)

export const Nothing = Schema.Struct({})

const invalid = malformed("is not an option: they are size and from")

const parse = Schema.decodeUnknown(Schema.parseJson().annotations({ message: () => "must be JSON" }))

/** Reads the body of a request, which some of Docker's do not have. An option that is not known is refused; another field is not, as Docker may add one. */
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

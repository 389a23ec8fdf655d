import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** A port of an interface, or of a host. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

const decodePort = Schema.decodeOption(Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 65_535)))

/** `127.0.0.1:7000`, or `[::1]:7000`. */
export const parse = (text: string): Option.Option<HostPort> => {
  const colon = text.lastIndexOf(":")
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, "$1")
  return host === "" ? Option.none() : Option.map(decodePort(text.slice(colon + 1)), (port) => ({ host, port }))
}

/** The text of {@link parse}. */
export const format = ({ host, port }: HostPort): string => `${host.includes(":") ? `[${host}]` : host}:${port}`

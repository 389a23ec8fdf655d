/**
 * Addresses as a person writes them: `127.0.0.1:7000`, or `[::1]:7000`.
 *
 * @since 0.2.0
 */
import * as Option from "effect/Option"

/**
 * A port of an interface, or of a host.
 *
 * @since 0.2.0
 * @category models
 */
export interface HostPort {
  /** A name, or an address without brackets. */
  readonly host: string
  /** From 0 to 65535. */
  readonly port: number
}

/**
 * Reads HOST:PORT; or a PORT alone, when there is a host for it.
 *
 * @since 0.2.0
 * @category decoding
 */
export const parse = (text: string, ownHost = ""): Option.Option<HostPort> => {
  const [, host = ownHost, port = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  return host === "" || port === "" || Number(port) > 65_535
    ? Option.none()
    : Option.some({ host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) })
}

/**
 * The text of {@link parse}.
 *
 * @since 0.2.0
 * @category encoding
 */
export const format = ({ host, port }: HostPort): string => `${host.includes(":") ? `[${host}]` : host}:${port}`

/**
 * Whether only programs of this machine reach the address, or the name.
 *
 * @since 0.2.0
 * @category predicates
 */
export const isLoopback = (host: string): boolean => /^(?:localhost|::1|\[::1\]|127(?:\.\d{1,3}){3})$/.test(host)

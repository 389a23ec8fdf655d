/** A port of an interface, or of a host. */
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Reads HOST:PORT, or a PORT of this host; undefined for another text. An address of IPv6 stands in brackets. */
export const parse = (text: string, ownHost = ""): HostPort | undefined => {
  const [, host = ownHost, port = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? []
  return host === "" || port === "" || Number(port) > 65_535
    ? undefined
    : { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) }
}

/** The text of {@link parse}. */
export const format = ({ host, port }: HostPort): string => `${host.includes(":") ? `[${host}]` : host}:${port}`

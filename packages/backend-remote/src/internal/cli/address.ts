import * as HostPort from "@effect-ploop/command-line/HostPort"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ListenFailed } from "../../ListenFailed.js"
import type * as RemotePloop from "../../RemotePloop.js"
import type * as RemoteServer from "../../RemoteServer.js"

/** Text that is not an address of an agent. */
export class AddressInvalid extends Schema.TaggedError<AddressInvalid>()("AddressInvalid", { address: Schema.String }) {
  override get message(): string {
    return `${this.address} is not an address: it must be the path of a socket, HOST:PORT, ws://HOST:PORT or wss://HOST:PORT`
  }
}

/** The options that say where to listen. */
export interface Options {
  readonly health: Option.Option<string>
  readonly listen: Option.Option<string>
  readonly socket: string
  readonly tcp: Option.Option<string>
  readonly tlsCert: Option.Option<string>
  readonly tlsKey: Option.Option<string>
  readonly tlsClientCa: Option.Option<string>
}

const tcp = (text: string): Effect.Effect<RemoteServer.Listen, ListenFailed> =>
  Option.match(HostPort.parse(text), {
    onNone: () => new ListenFailed({ address: text, reason: "--tcp must be HOST:PORT, as in 127.0.0.1:7000" }),
    onSome: (port) => Effect.succeed(port)
  })

/** The files of TLS; fails with what is missing. */
export const tlsFiles = ({ tlsCert, tlsClientCa, tlsKey }: Options): Effect.Effect<RemoteServer.Tls, string> =>
  Option.match(Option.all({ certificate: tlsCert, key: tlsKey }), {
    onNone: () => Effect.fail(Option.isNone(tlsCert) ? "--tls-cert" : "--tls-key"),
    onSome: (files) => Effect.succeed({ ...files, clientCa: Option.getOrUndefined(tlsClientCa) })
  })

const tls = (address: string, options: Options) =>
  Effect.mapError(
    tlsFiles(options),
    (missing) => new ListenFailed({ address, reason: `${missing} must be given with wss://` })
  )

const usesTls = ({ health }: Options) => Option.exists(health, (address) => address.startsWith("https:"))

const hasTls = ({ tlsCert, tlsClientCa, tlsKey }: Options) => [tlsCert, tlsKey, tlsClientCa].some(Option.isSome)

const webSocket = (text: string, options: Options): Effect.Effect<RemoteServer.Listen, ListenFailed> =>
  Effect.gen(function*() {
    const [, scheme, rest = ""] = /^(wss?):\/\/([^/]*)\/?$/.exec(text) ?? []
    const port = HostPort.parse(rest)
    if (Option.isNone(port)) {
      return yield* new ListenFailed({
        address: text,
        reason: "--listen must be wss://HOST:PORT, as in wss://10.0.0.7:7443, or ws://HOST:PORT"
      })
    }
    if (scheme === "wss") return { webSocket: { ...port.value, tls: yield* tls(text, options) } }
    if (hasTls(options) && !usesTls(options)) {
      return yield* new ListenFailed({ address: text, reason: "--tls-cert, --tls-key and --tls-client-ca need wss://" })
    }
    return { webSocket: port.value }
  })

/** Where to listen; none for the socket. */
export const addressOf = (options: Options): Effect.Effect<Option.Option<RemoteServer.Listen>, ListenFailed> =>
  Effect.gen(function*() {
    const { listen } = options
    if (Option.isSome(listen) && Option.isSome(options.tcp)) {
      return yield* new ListenFailed({ address: listen.value, reason: "--listen and --tcp cannot be given together" })
    }
    if (Option.isNone(listen) && hasTls(options) && !usesTls(options)) {
      return yield* new ListenFailed({
        address: Option.getOrElse(options.tcp, () => options.socket),
        reason: "--tls-cert, --tls-key and --tls-client-ca need --listen wss://HOST:PORT"
      })
    }
    if (Option.isSome(listen)) return Option.some(yield* webSocket(listen.value, options))
    return yield* Effect.transposeOption(Option.map(options.tcp, tcp))
  })

/** Where an agent listens that a caller asks. */
export const remoteOf = (text: string, tls: RemotePloop.Tls): Effect.Effect<RemotePloop.Address, AddressInvalid> => {
  if (text.startsWith("/")) return Effect.succeed({ path: text })
  if (/^wss?:\/\//.test(text)) return Effect.succeed({ url: text, tls })
  return Option.match(HostPort.parse(text), {
    onNone: () => new AddressInvalid({ address: text }),
    onSome: (port) => Effect.succeed(port)
  })
}

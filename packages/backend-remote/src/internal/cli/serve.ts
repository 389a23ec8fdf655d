import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as SocketServer from "@effect/platform/SocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ListenFailed } from "../../ListenFailed.js"
import * as RemoteServer from "../../RemoteServer.js"
import * as options from "./options.js"
import * as tokenFile from "./tokenFile.js"

const portOf = Schema.decodeOption(Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 65_535)))

/** `127.0.0.1:7000`, or `[::1]:7000`. */
const addressOf = (text: string): Effect.Effect<RemoteServer.Listen, ListenFailed> => {
  const colon = text.lastIndexOf(":")
  const host = text.slice(0, Math.max(colon, 0)).replace(/^\[(.*)\]$/, "$1")
  const port = portOf(text.slice(colon + 1))
  return host === "" || Option.isNone(port)
    ? new ListenFailed({ address: text, reason: "--tcp must be HOST:PORT, as in 127.0.0.1:7000" })
    : Effect.succeed({ host, port: port.value })
}

/** The socket, whose directory is made for root alone when there is none. */
const atSocket = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path
    yield* fs.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
    return { path }
  })

const shown = (address: SocketServer.Address): string =>
  address._tag === "UnixAddress" ? address.path : `${address.hostname}:${address.port}`

export const serve = Command.make("serve", {
  socket: options.socket,
  tcp: options.tcp,
  tokens: options.tokens,
  files: options.files
}, ({ files, socket, tcp, tokens }) =>
  Effect.scoped(Effect.gen(function*() {
    const listen = Option.isSome(tcp) ? yield* addressOf(tcp.value) : yield* atSocket(socket)
    const path = Option.orElse(tokens, () => Option.as(tcp, options.defaultTokens))
    const entries = yield* Effect.transposeOption(Option.map(path, tokenFile.read))
    const server = yield* Layer.build(RemoteServer.layer({ listen, tokens: Option.getOrUndefined(entries), files }))
    const { address } = yield* Effect.provide(RemoteServer.RemoteServer, server)
    yield* Effect.logInfo(`serving the ploops of this host at ${shown(address)}`)
    return yield* Effect.never
  }))).pipe(
    Command.withDescription(
      "Serves the ploops of this host until it gets SIGTERM or SIGINT. Then it takes no more requests, interrupts those " +
        "that can be interrupted, and waits for the others."
    )
  )

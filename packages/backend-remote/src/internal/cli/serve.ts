// @effect-diagnostics nodeBuiltinImport:off
import * as HostPort from "@effect-ploop/command-line/HostPort"
import * as Command from "@effect/cli/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as SocketServer from "@effect/platform/SocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { hostname } from "node:os"
import * as RemoteServer from "../../RemoteServer.js"
import { addressOf } from "./address.js"
import * as health from "./health.js"
import * as options from "./options.js"
import * as tokenFile from "./tokenFile.js"

/** The socket, whose directory is made for root alone when there is none. */
const atSocket = (path: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { dirname } = yield* Path
    yield* fs.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
    return { path }
  })

const schemeOf = (listen: RemoteServer.Listen): string =>
  !("webSocket" in listen) ? "" : listen.webSocket.tls === undefined ? "ws://" : "wss://"

const shown = (listen: RemoteServer.Listen, address: SocketServer.Address): string => {
  if (address._tag === "UnixAddress") return address.path
  return `${schemeOf(listen)}${HostPort.format({ host: address.hostname, port: address.port })}`
}

export const serve = Command.make("serve", {
  socket: options.socket,
  tcp: options.tcp,
  health: options.health,
  listen: options.listen,
  tlsCert: options.tlsCert,
  tlsKey: options.tlsKey,
  tlsClientCa: options.tlsClientCa,
  tokens: options.tokens,
  files: options.files
}, ({ files, tokens, ...where }) =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* addressOf(where)
    const listen = Option.isSome(port) ? port.value : yield* atSocket(where.socket)
    const path = Option.orElse(tokens, () => Option.as(port, options.defaultTokens))
    const entries = yield* Effect.transposeOption(Option.map(path, tokenFile.read))
    const server = yield* Layer.build(RemoteServer.layer({ listen, tokens: Option.getOrUndefined(entries), files }))
    const { address } = yield* Effect.provide(RemoteServer.RemoteServer, server)
    yield* Effect.logInfo(`serving the ploops of this host at ${shown(listen, address)}`)
    const healthAddress = yield* Effect.transposeOption(Option.map(where.health, (at) => health.serve(at, where)))
    yield* Effect.transposeOption(
      Option.map(healthAddress, (at) => Effect.logInfo(`serving health and metrics at ${at}`))
    )
    return yield* Effect.never
  })).pipe(Effect.annotateLogs("host", hostname()))).pipe(
    Command.withDescription(
      "Serves the ploops of this host until it gets SIGTERM or SIGINT. Then it takes no more requests, interrupts those " +
        "that can be interrupted, and waits for the others. With --log-level debug it logs each request: the caller, the " +
        "operation, the disk and the outcome."
    )
  )

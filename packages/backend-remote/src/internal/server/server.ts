import type * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Entry } from "../../Access.js"
import { ListenFailed } from "../../ListenFailed.js"
import * as identifier from "../identifier.js"
import { All } from "../protocol/group.js"
import { ofServer } from "../protocol/serialization.js"
import * as access from "./access.js"
import * as control from "./control.js"
import * as files from "./files.js"
import * as guard from "./guard.js"
import * as listen from "./listen.js"
import * as operations from "./operations.js"
import * as registry from "./registry.js"
import type { Files } from "./tls.js"
import * as tokens from "./tokens.js"
import * as uploads from "./uploads.js"
import * as webSocket from "./webSocket.js"

interface Port {
  readonly host: string
  readonly port: number
}

type Listen =
  | { readonly path: string; readonly mode?: number | undefined }
  | Port
  | { readonly webSocket: Port & { readonly tls?: Files | undefined } }

/** The options of a server, with their defaults. */
export interface Settings {
  readonly listen: Listen
  readonly tokens: ReadonlyArray<Entry> | undefined
  readonly maximumRequests: number
  readonly maximumBytes: number
  readonly guard: guard.Settings
  readonly registry: registry.Settings
  readonly files: ReadonlyArray<string>
}

const shownOf = (where: Exclude<Listen, { readonly path: string }>) => {
  const { host, port } = "webSocket" in where ? where.webSocket : where
  return `${host}:${port}`
}

const listening = ({ guard: { maximumConnections }, listen: where, maximumBytes, tokens: entries }: Settings) => {
  if ("path" in where) return listen.unix(where.path, where.mode ?? 0o600)
  if (entries === undefined || entries.length === 0) {
    return Effect.fail(
      new ListenFailed({
        address: shownOf(where),
        reason:
          "tokens is empty, but it must have an entry: without one, every process that reaches the port acts as root on the host"
      })
    )
  }
  return "webSocket" in where
    ? webSocket.listen({
      host: where.webSocket.host,
      port: where.webSocket.port,
      tls: where.webSocket.tls,
      isKnown: (authorization) => authorization !== undefined && tokens.ofBearer(entries, authorization) !== undefined,
      maximumBytes,
      maximumConnections
    })
    : listen.tcp(where.host, where.port)
}

/** Serves for the time of the scope, and returns the address. */
export const serve = (
  settings: Settings
): Effect.Effect<
  SocketServer.Address,
  ListenFailed,
  Scope.Scope | Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem
> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const calls = yield* registry.make(settings.registry)
    const received = yield* uploads.make
    const incarnation = yield* identifier.make
    // The socket is always on the machine that runs this, whatever host it serves.
    const server = yield* Effect.provide(listening(settings), NodeContext.layer)
    const accepted: guard.Accepted = new WeakSet()
    const handlers = Layer.mergeAll(
      control.layer({ incarnation, maximumBytes: settings.maximumBytes }, calls, received),
      operations.layer(calls, received),
      files.layer(fs, settings.files),
      access.layer(fs, { entries: settings.tokens, maximumRequests: settings.maximumRequests }, accepted)
    )
    const protocol = RpcServer.layerProtocolSocketServer.pipe(
      Layer.provide(Layer.succeed(SocketServer.SocketServer, guard.guarded(server, settings.guard, accepted))),
      Layer.provide(Layer.succeed(RpcSerialization.RpcSerialization, ofServer(settings.maximumBytes)))
    )
    yield* Layer.build(
      RpcServer.layer(All, { spanPrefix: "RemoteServer", disableFatalDefects: true }).pipe(
        Layer.provide(handlers),
        Layer.provide(protocol)
      )
    )
    return server.address
  })

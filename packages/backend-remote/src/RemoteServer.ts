/**
 * Serves the operations of a host to {@link RemotePloop} on other hosts, or in other programs.
 *
 * It serves any backend. A process that can reach it may do on the host what root can do with
 * disks, so access is narrow by default: a Unix socket that only its owner can use. Over
 * TCP and WebSocket every caller needs a token. TCP is not encrypted; WebSocket is, with a certificate and a key.
 *
 * @example
 * import { PloopFake } from "@effect-ploop/backend-fake"
 * import { RemoteServer } from "@effect-ploop/backend-remote"
 * import { Layer } from "effect"
 *
 * // Any backend, with the file system of its host.
 * const Host = PloopFake.layer()
 *
 * export const Server = RemoteServer.layer({ listen: { path: "/run/ploop.sock" } }).pipe(Layer.provide(Host))
 *
 * @since 0.2.0
 */
import type * as LowLevel from "@effect-ploop/core/LowLevel"
import type * as Ploop from "@effect-ploop/core/Ploop"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as SocketServer from "@effect/platform/SocketServer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Entry } from "./Access.js"
import * as internal from "./internal/server/server.js"
import type { ListenFailed } from "./ListenFailed.js"

/**
 * The files of a server that encrypts, on the machine where it runs. They are read when it starts.
 *
 * @since 0.2.0
 * @category models
 */
export interface Tls {
  /** The path of its certificate in PEM, followed by those between it and the authority. */
  readonly certificate: string
  /** The path of the private key in PEM, without a passphrase. A key that every user can read is refused. */
  readonly key: string
  /**
   * The path of the certificates of authorities in PEM: a client needs a certificate of one
   * of them, in addition to its token. Default: clients need no certificate.
   */
  readonly clientCa?: string | undefined
}

/**
 * Where a server listens for WebSockets.
 *
 * @since 0.2.0
 * @category models
 */
export interface WebSocket {
  /** The address of an interface, as in `127.0.0.1`. */
  readonly host: string
  /** The port; 0 for any that is free. */
  readonly port: number
  /** Encrypts with these files. Default: not encrypted, which only loopback allows. */
  readonly tls?: Tls | undefined
}

/**
 * Where a server listens.
 *
 * @since 0.2.0
 * @category models
 */
export type Listen =
  | {
    /** The path of a Unix socket. One that a server left behind is replaced. */
    readonly path: string
    /** Its permissions. Default: `0o600`. */
    readonly mode?: number | undefined
  }
  | {
    /** The address of an interface, as in `127.0.0.1`. */
    readonly host: string
    /** The port; 0 for any that is free. */
    readonly port: number
  }
  | {
    /** Serves over WebSocket, with TLS or on loopback. */
    readonly webSocket: WebSocket
  }

/**
 * What a server accepts at most.
 *
 * @since 0.2.0
 * @category models
 */
export interface Limits {
  /** How many connections are open at the same time. Default: 64. */
  readonly connections?: number | undefined
  /** How many requests a connection has at the same time. Default: 64. */
  readonly requests?: number | undefined
  /** The size of a message from a client, in bytes. Default: 1 MiB. */
  readonly bytes?: number | undefined
  /**
   * After which time without a byte a connection is closed. It must be longer than the
   * interval of heartbeats of every client. Default: 60 seconds.
   */
  readonly idle?: Duration.DurationInput | undefined
}

/**
 * How to serve.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /** Where to listen. */
  readonly listen: Listen
  /** The grants, with the digests of their tokens. Default: no token is needed, which only a Unix socket allows. */
  readonly tokens?: ReadonlyArray<Entry> | undefined
  /** What it accepts at most. Default: the default of each. */
  readonly limits?: Limits | undefined
  /** How long a change runs on when no connection waits for it any more. Then it is interrupted. Default: 30 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /** How long the outcome of a change is kept for a client that asks again. Default: 10 minutes. */
  readonly retention?: Duration.DurationInput | undefined
  /**
   * The directories whose files clients may read and write by a `FileSystem` of the host.
   * Each must exist. Default: none, and no file can be read or written.
   */
  readonly files?: ReadonlyArray<string> | undefined
}

/**
 * A server that listens.
 *
 * @since 0.2.0
 * @category models
 */
export interface RemoteServer {
  /** Where it listens: with the port that it got. */
  readonly address: SocketServer.Address
}

/**
 * @since 0.2.0
 * @category tags
 */
export const RemoteServer: Context.Tag<RemoteServer, RemoteServer> = Context.GenericTag<RemoteServer>(
  "@effect-ploop/backend-remote/RemoteServer"
)

/**
 * Serves the `Ploop` and the `LowLevel` of its environment. The `FileSystem` is that of
 * the same host: it resolves the paths of requests, and is what `files` shares.
 *
 * At the end of the scope the server takes no more requests, interrupts those that can
 * be interrupted, and waits for the others.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<RemoteServer, ListenFailed, Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem> =>
  Layer.scoped(
    RemoteServer,
    Effect.gen(function*() {
      const { bytes, connections, idle, requests } = { ...options.limits }
      const address = yield* internal.serve({
        listen: options.listen,
        tokens: options.tokens,
        maximumRequests: requests ?? 64,
        maximumBytes: bytes ?? 1024 * 1024,
        guard: { maximumConnections: connections ?? 64, idle: Duration.decode(idle ?? "60 seconds") },
        registry: {
          grace: Duration.decode(options.grace ?? "30 seconds"),
          retention: Duration.decode(options.retention ?? "10 minutes")
        },
        files: options.files ?? []
      })
      return { address }
    })
  )

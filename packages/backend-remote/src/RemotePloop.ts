/**
 * A backend for another host: the operations of its ploop, over a socket to a
 * `RemoteServer` there.
 *
 * An error is the same as on the host: its class, its fields and the tool's output. The
 * connection adds `ConnectionLost`, which says whether the operation may have happened,
 * `AccessRefused`, `LimitExceeded` and `ProtocolMismatch`.
 *
 * The first operation connects. When the connection is lost, the client connects again by
 * a schedule. It repeats queries. It asks for the outcome of a change by its key, so that
 * no change happens twice; if the server was started again in the meantime, the outcome
 * is not known, and the change is not repeated.
 *
 * An interrupted call is interrupted on the host, by the rules of its kind, and its caller
 * waits until it has ended there.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { RemotePloop } from "@effect-ploop/backend-remote"
 * import { Console, Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const ploop = yield* Ploop.Ploop
 *   yield* Console.table(yield* ploop.listDevices)
 * }).pipe(
 *   Effect.catchTag("ConnectionLost", (error) => Console.error(error.reason, error.mayHaveHappened))
 * )
 *
 * export const main = Effect.provide(program, RemotePloop.layer({ address: { path: "/run/ploop.sock" } }))
 *
 * @since 0.2.0
 */
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type { Grant } from "./Access.js"
import { connected, givenKey } from "./internal/client/client.js"
import * as files from "./internal/client/files.js"
import * as managers from "./internal/client/manager.js"
import * as operations from "./internal/client/operations.js"
import * as webSocket from "./internal/client/webSocket.js"

/**
 * What a client of an encrypted address trusts, and what it is known by.
 *
 * @since 0.2.0
 * @category models
 */
export interface Tls {
  /** The certificates of the authorities of the host, in PEM. Default: those that Node.js knows. */
  readonly ca?: string | undefined
  /** The certificate of this client in PEM, where the host requires one. Default: none. */
  readonly certificate?: string | undefined
  /** The private key of this certificate, in PEM. Default: none. */
  readonly key?: Redacted.Redacted | undefined
  /** The name in the certificate of the host. Default: the name in the address. */
  readonly serverName?: string | undefined
}

/**
 * Where the server of the host listens.
 *
 * @since 0.2.0
 * @category models
 */
export type Address =
  | {
    /** The path of its Unix socket. */
    readonly path: string
  }
  | {
    /** The name or the address of the host. */
    readonly host: string
    /** Its port. */
    readonly port: number
  }
  | {
    /** The address of its WebSocket, as in `wss://host:7443`. */
    readonly url: string
    /** How to verify a host at a `wss://` address. Default: by the authorities that Node.js knows. */
    readonly tls?: Tls | undefined
  }

/**
 * How to reach a host.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /** Where its server listens. */
  readonly address: Address
  /** The token, as `Access.issue` makes it. Default: none. */
  readonly token?: Redacted.Redacted | undefined
  /** How long connecting may take, and the greeting that follows. Default: 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * How often the host is asked whether it is there, and how long it may take to respond:
   * after twice this time, a silent connection is lost. Default: 10 seconds.
   */
  readonly heartbeat?: Duration.DurationInput | undefined
  /**
   * When to connect again for a call. When it ends, the call fails with `ConnectionLost`.
   * It must end before the host forgets outcomes. Default: {@link reconnect}.
   */
  readonly reconnect?: Schedule.Schedule<unknown, unknown> | undefined
}

/**
 * The default schedule by which a client connects again: at growing intervals of 0.1 to
 * 5 seconds, for 30 seconds.
 *
 * @since 0.2.0
 * @category constants
 */
export const reconnect: Schedule.Schedule<unknown, unknown> = Schedule.exponential("100 millis").pipe(
  Schedule.modifyDelay((_, delay) => Duration.min(delay, Duration.seconds(5))),
  Schedule.intersect(Schedule.recurUpTo("30 seconds"))
)

const managerOf = (options: Options) => {
  const connectTimeout = Duration.decode(options.connectTimeout ?? "10 seconds")
  return managers.make({
    socket: "url" in options.address
      ? webSocket.make({ ...options.address, token: options.token, connectTimeout })
      : NodeSocket.makeNet({ ...options.address, openTimeout: connectTimeout }),
    token: options.token,
    connectTimeout,
    heartbeat: Duration.decode(options.heartbeat ?? "10 seconds")
  })
}

const make = (options: Options) =>
  Effect.gen(function*() {
    const manager = yield* managerOf(options)
    const methods = operations.make({ manager, reconnect: options.reconnect ?? reconnect })
    return Context.make(Ploop.Ploop, Ploop.make(methods)).pipe(
      Context.add(LowLevel.LowLevel, LowLevel.make(methods)),
      Context.add(FileSystem.FileSystem, files.make(manager))
    )
  })

/**
 * The operations of a host.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Ploop.Ploop | LowLevel.LowLevel> =>
  Layer.scopedContext(Effect.map(make(options), Context.pick(Ploop.Ploop, LowLevel.LowLevel)))

/**
 * The operations of a host, and its files in the directories that the server shares.
 * Where it shares none, every access to a file is a `SystemError` with the reason
 * `PermissionDenied`. When the connection is lost, no access to a file is repeated.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerWithFileSystem = (
  options: Options
): Layer.Layer<Ploop.Ploop | LowLevel.LowLevel | FileSystem.FileSystem> => Layer.scopedContext(make(options))

/**
 * Connects, and returns what the host allows to the token: its grant. A host without tokens allows everything. Its
 * errors are those of the connection, as an operation has them.
 *
 * @since 0.2.0
 * @category queries
 */
export const callerOf = (options: Options): Effect.Effect<Grant, PloopError> =>
  Effect.flatMap(
    managerOf(options),
    (manager) => connected({ manager, reconnect: options.reconnect ?? reconnect }, "tool", undefined)
  ).pipe(
    Effect.map(({ greeting }) => greeting.grant ?? { name: "a caller that an older host does not name" }),
    Effect.scoped
  )

/**
 * Gives changes a key: the host carries out a change once for each key, and returns the
 * same outcome to each caller that repeats it with the same options, for as long as it keeps
 * outcomes and is not started again. Without it, each call has a key of its own.
 *
 * Use one key for one change. The same key with another operation or other options is
 * `AccessRefused`.
 *
 * @example
 * import { Ploop } from "@effect-ploop/core"
 * import { RemotePloop } from "@effect-ploop/backend-remote"
 * import { Effect } from "effect"
 *
 * // Takes one snapshot, although it is called twice.
 * export const nightly = (disk: string, day: string) =>
 *   Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk })).pipe(
 *     RemotePloop.withKey(`nightly ${disk} ${day}`)
 *   )
 *
 * @since 0.2.0
 * @category combinators
 */
export const withKey = (key: string) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.locally(self, givenKey, Option.some(key))

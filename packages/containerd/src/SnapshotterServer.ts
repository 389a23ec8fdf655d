/**
 * Serves a snapshotter over gRPC on a Unix socket, as a proxy plugin of containerd,
 * together with the standard health check of gRPC.
 *
 * @since 0.2.0
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/grpc/server.js"
import { Snapshotter } from "./Snapshotter.js"
import { SocketRefused } from "./SocketRefused.js"

/**
 * Where to serve.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /**
   * The absolute path of the socket. A socket that nobody serves any more is replaced; another file
   * is not.
   */
  readonly socket: string
}

/**
 * Serves until the scope is closed. Then it takes no further call, and those that
 * run are finished.
 *
 * @since 0.2.0
 * @category constructors
 */
export const serve = (
  options: Options
): Effect.Effect<void, SocketRefused, FileSystem | Path | Scope.Scope | Snapshotter> =>
  Effect.mapError(
    Effect.flatMap(Snapshotter, (snapshotter) => internal.serve(options.socket, snapshotter)),
    (reason) => new SocketRefused({ socket: options.socket, reason })
  )

/**
 * {@link serve} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never, SocketRefused, FileSystem | Path | Snapshotter> =>
  Layer.scopedDiscard(serve(options))

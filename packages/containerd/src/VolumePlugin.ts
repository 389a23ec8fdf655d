/**
 * Serves a volume driver over HTTP on a Unix socket, as a volume plugin of Docker.
 *
 * @since 0.2.0
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/volumes/server.js"
import { SocketRefused } from "./SocketRefused.js"
import { VolumeDriver } from "./VolumeDriver.js"

/**
 * Where to serve.
 *
 * @since 0.2.0
 * @category models
 */
export interface Options {
  /**
   * The absolute path of the socket. Docker finds it in `/run/docker/plugins`, and its name without `.sock`
   * is the name of the driver. A socket that nobody serves any more is replaced; another file is not.
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
): Effect.Effect<void, SocketRefused, FileSystem | Path | Scope.Scope | VolumeDriver> =>
  Effect.mapError(
    Effect.flatMap(VolumeDriver, (driver) => internal.serve(options.socket, driver)),
    (reason) => new SocketRefused({ socket: options.socket, reason })
  )

/**
 * {@link serve} as a layer.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never, SocketRefused, FileSystem | Path | VolumeDriver> =>
  Layer.scopedDiscard(serve(options))

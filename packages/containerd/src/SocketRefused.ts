/**
 * A server that cannot serve its socket.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

/**
 * The socket cannot be served.
 *
 * - `socket`: its path
 * - `reason`: what is in the way, or the error of the system
 *
 * @since 0.2.0
 * @category errors
 */
export class SocketRefused extends Schema.TaggedError<SocketRefused>("@effect-ploop/containerd/SocketRefused")(
  "SocketRefused",
  { socket: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `cannot serve ${this.socket}: ${this.reason}`
  }
}

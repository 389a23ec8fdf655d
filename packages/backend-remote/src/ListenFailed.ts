/**
 * A server of operations cannot listen.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"

/**
 * The server cannot listen at its address, or must not.
 *
 * - `address`: the path of the socket, or host and port
 * - `reason`: the rule that the option breaks, or the error of the system
 *
 * @since 0.2.0
 * @category errors
 */
export class ListenFailed
  extends Schema.TaggedError<ListenFailed>("@effect-ploop/backend-remote/ListenFailed")("ListenFailed", {
    address: Schema.String,
    reason: Schema.String
  })
{
  override get message(): string {
    return `cannot listen at ${this.address}: ${this.reason}`
  }
}

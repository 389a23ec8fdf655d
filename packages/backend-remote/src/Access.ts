/**
 * What callers may do on a host: grants, and the tokens that name them.
 *
 * A host keeps only a digest of each token. {@link issue} makes a token, which is shown once.
 *
 * @example
 * import { Access } from "@effect-ploop/backend-remote"
 * import { Console, Effect, Redacted } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { entry, token } = yield* Access.issue({
 *     name: "backups",
 *     operations: ["listSnapshots", "createSnapshot", "deleteSnapshot"],
 *     directories: ["/vz/private"]
 *   })
 *   yield* Console.log("give this to the client:", Redacted.value(token))
 *   yield* Console.log("keep this on the host:", JSON.stringify(entry))
 * })
 *
 * @since 0.2.0
 */
import * as Operation from "@effect-ploop/core/Operation"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as tokens from "./internal/server/tokens.js"

const Directory = Schema.String.pipe(
  Schema.filter((path) => path.startsWith("/") || "must be an absolute path")
)

/**
 * What the bearer of a token may do.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Grant = Schema.Struct({
  name: Schema.NonEmptyString,
  operations: Schema.optional(Schema.Array(Operation.Name)),
  directories: Schema.optional(Schema.NonEmptyArray(Directory))
})

/**
 * What the bearer of a token may do.
 *
 * @since 0.2.0
 * @category models
 */
export interface Grant extends Schema.Schema.Type<typeof Grant> {
  /** Its name, for logs. Idempotency keys of one grant are unknown to others. */
  readonly name: string
  /** The operations that it allows. Default: all. */
  readonly operations?: ReadonlyArray<Operation.Name> | undefined
  /**
   * The directories that it allows: every path in a request must be in one of them,
   * after symbolic links are resolved. An option that names a device needs `/dev`.
   * Default: all paths.
   */
  readonly directories?: readonly [string, ...ReadonlyArray<string>] | undefined
}

/**
 * A grant, with the digest of its token: what a host keeps.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Entry = Schema.Struct({
  ...Grant.fields,
  sha256: Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/, { message: () => "must be 64 hexadecimal digits" }))
})

/**
 * A grant, with the digest of its token: what a host keeps.
 *
 * @since 0.2.0
 * @category models
 */
export interface Entry extends Grant {
  /** The SHA-256 of the token, as 64 hexadecimal digits. */
  readonly sha256: string
}

/**
 * Makes a token of 256 random bits for a grant.
 *
 * @since 0.2.0
 * @category constructors
 */
export const issue = (
  grant: Grant
): Effect.Effect<{ readonly token: Redacted.Redacted; readonly entry: Entry }> =>
  Effect.map(tokens.generate, (token) => ({ token, entry: { ...grant, sha256: tokens.digestOf(token) } }))

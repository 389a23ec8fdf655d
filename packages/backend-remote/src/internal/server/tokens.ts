// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"

export const generate: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(randomBytes(32).toString("base64url"))
)

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** The SHA-256 of a text, as hexadecimal digits. */
export const fingerprint = (text: string): string => digest(text).toString("hex")

export const digestOf = (token: Redacted.Redacted): string => fingerprint(Redacted.value(token))

/** The first entry whose digest is that of the token. The time that this takes depends on neither. */
export const find = <Entry extends { readonly sha256: string }>(
  entries: ReadonlyArray<Entry>,
  token: string
): Entry | undefined => {
  const given = digest(token)
  return entries.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), given))[0]
}

/** The entry of the token that a header of authorization has. */
export const ofBearer = <Entry extends { readonly sha256: string }>(
  entries: ReadonlyArray<Entry>,
  authorization: string
): Entry | undefined => find(entries, authorization.replace(/^Bearer /, ""))

import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** The SHA-256 of bytes, as 64 hexadecimal digits. */
export const sha256 = (bytes: Uint8Array<ArrayBuffer>): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", bytes)),
    (digest) => hex(new Uint8Array(digest))
  )

/** An identifier that is the same for the same text: a UUID of version 8. */
export const snapshotId = (text: string): Effect.Effect<SnapshotId.SnapshotId> =>
  Effect.map(sha256(new TextEncoder().encode(text)), (digits) =>
    SnapshotId.make([
      digits.slice(0, 8),
      digits.slice(8, 12),
      `8${digits.slice(13, 16)}`,
      `a${digits.slice(17, 20)}`,
      digits.slice(20, 32)
    ].join("-")))

// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as NodeStream from "node:stream"
import { pull } from "../process/nodeStreams.js"
import type { Marker } from "./commandText.js"

/** An output of one command, of a pipe that other commands use too. */
export interface Marked {
  /** What comes before the marker. */
  readonly stream: Stream.Stream<Uint8Array>
  /** Whether the marker was read, and nothing behind it. */
  readonly isOver: () => boolean
}

const nothing = new Uint8Array(0)

/** How many of the last bytes may be the beginning of the marker. */
const heldBack = (bytes: Buffer, marker: Buffer): number => {
  const from = bytes.lastIndexOf(marker[0] ?? 0)
  const length = bytes.length - from
  return from >= 0 && length < marker.length && bytes.subarray(from).equals(marker.subarray(0, length)) ? length : 0
}

export const make = (readable: NodeStream.Readable, text: Marker): Marked => {
  const marker = Buffer.from(text)
  let held: Uint8Array = nothing
  let state: "open" | "over" | "spoilt" = "open"

  /** What may go on to the reader. */
  const passed = (piece: Uint8Array): Uint8Array => {
    const bytes = Buffer.concat([held, piece])
    const end = bytes.indexOf(marker)
    if (end >= 0) {
      state = end + marker.length === bytes.length ? "over" : "spoilt"
      held = nothing
      return bytes.subarray(0, end)
    }
    const kept = heldBack(bytes, marker)
    held = bytes.subarray(bytes.length - kept)
    return bytes.subarray(0, bytes.length - kept)
  }

  /** The pipe ended without a marker: what was held back was none. */
  const rest: Effect.Effect<Uint8Array, Option.Option<never>> = Effect.suspend(() => {
    const bytes = held
    held = nothing
    return bytes.length === 0 ? Effect.fail(Option.none()) : Effect.succeed(bytes)
  })

  const next: Effect.Effect<Uint8Array, Option.Option<never>> = Effect.suspend(() =>
    state === "open"
      ? Effect.matchEffect(pull(readable), {
        onFailure: () => rest,
        onSuccess: (piece) => Effect.sync(() => passed(piece))
      })
      : Effect.fail(Option.none())
  )
  /** A command whose reader has gone learns it by the closed pipe: what waits to write reacts to no signal. */
  const close = Effect.sync(() => {
    if (state === "open") readable.destroy()
  })
  const stream = Stream.ensuring(
    Stream.filter(Stream.repeatEffectOption(next), (bytes) => bytes.length > 0),
    close
  )
  return { stream, isOver: () => state === "over" }
}

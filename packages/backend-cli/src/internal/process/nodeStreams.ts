// @effect-diagnostics nodeBuiltinImport:off
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as NodeStream from "node:stream"

/** The next piece; none at the end, which a failure is as well. */
export const pull = (readable: NodeStream.Readable): Effect.Effect<Uint8Array, Option.Option<never>> =>
  Effect.async((resume) => {
    const off = () => {
      readable.off("readable", attempt)
      readable.off("end", end)
      readable.off("close", end)
      readable.off("error", end)
    }
    const end = () => {
      off()
      resume(Effect.fail(Option.none()))
    }
    const attempt = () => {
      const bytes: Uint8Array | null = readable.read()
      if (bytes === null) return
      off()
      resume(Effect.succeed(bytes))
    }
    if (readable.readableEnded || readable.destroyed) return end()
    readable.on("readable", attempt)
    readable.on("end", end)
    readable.on("close", end)
    readable.on("error", end)
    attempt()
    return Effect.sync(off)
  })

/** What is read until the end. It reads no more than it is asked for. */
export const toStream = (readable: NodeStream.Readable): Stream.Stream<Uint8Array> =>
  Stream.repeatEffectOption(pull(readable))

/** Writes, and waits until the system has it. False when the other end takes nothing more. */
export const write = (writable: NodeStream.Writable, bytes: Uint8Array): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    if (writable.writableEnded || writable.destroyed) return resume(Effect.succeed(false))
    writable.write(bytes, (error) => resume(Effect.succeed(error === null || error === undefined)))
  })

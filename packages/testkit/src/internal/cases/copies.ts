import type { DevicePath } from "@effect-ploop/core/DevicePath"
import * as Duplex from "@effect-ploop/core/Duplex"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Check from "../../Check.js"
import * as Conformance from "../../Conformance.js"

/** The path of a new image in a directory of its own. */
export const newImage = Effect.zipRight(Conformance.directory("copy"), Conformance.path("copy", "root.hdd"))

/** Copies a running device within the process, and returns the rounds that each end has seen. */
export const copied = (device: DevicePath, image: string) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const [here, there] = yield* Duplex.pair
    return yield* Effect.all({
      sent: Stream.runCollect(ploop.copyTo({ device }, here)),
      received: Stream.runCollect(ploop.copyFrom({ image }, there))
    }, { concurrency: "unbounded" })
  })

/** An end that hears nothing, and takes nothing any more. */
export const gone: Duplex.Duplex = { incoming: Stream.empty, outgoing: Sink.succeed<void>(undefined) }

/** An end that sends the bytes and then nothing, and takes whatever comes. */
export const sending = (...bytes: ReadonlyArray<Uint8Array>): Duplex.Duplex => ({
  incoming: Stream.fromIterable(bytes),
  outgoing: Sink.drain
})

/** An end that says nothing for ever, and takes whatever comes. */
export const silent: Duplex.Duplex = { incoming: Stream.never, outgoing: Sink.drain }

/** Checks that a directory is empty: no image, and nothing that was made on the way to one. */
export const isEmpty = (directory: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.flatMap(fs.readDirectory(directory), (names) => Check.equal(names, [], "what is in the directory"))
  )

/** The directory that {@link newImage} makes. */
export const directoryOf = (image: string): string => image.slice(0, image.lastIndexOf("/"))

import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import type * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { HostLock } from "../HostLock.js"

/** The permit of each file system of the host, by the number of its device. One for the whole process. */
class Permits extends Context.Reference<Permits>()("@effect-ploop/maintenance/internal/heavy/Permits", {
  defaultValue: () => MutableHashMap.empty<number, Effect.Semaphore>()
}) {}

const permit = (permits: MutableHashMap.MutableHashMap<number, Effect.Semaphore>, device: number) =>
  Option.getOrElse(MutableHashMap.get(permits, device), () => {
    const semaphore = Effect.unsafeMakeSemaphore(1)
    MutableHashMap.set(permits, device, semaphore)
    return semaphore
  })

/** The number of the file system that a path is on, or would be on once it is there. */
export const fileSystemOf = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path
    const isThere = yield* Effect.isSuccess(fs.stat(file))
    return (yield* fs.stat(isThere ? file : path.dirname(path.resolve(file)))).dev
  })

/**
 * Runs an effect while no other one loads a file system of these paths. The order of the permits and the locks is
 * always the same.
 */
export const alone = <A, E, R>(paths: ReadonlyArray<string>, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const permits = yield* Permits
    const lock = yield* HostLock
    const devices = new Set(yield* Effect.forEach(paths, fileSystemOf))
    const keep = (device: number) => (inner: Effect.Effect<A, E | PlatformError, R>) =>
      permit(permits, device).withPermits(1)(
        Effect.scopedWith((scope) => Effect.zipRight(Scope.extend(lock.fileSystem(device), scope), inner))
      )
    return yield* Array.from(devices).sort((one, other) => one - other).reduceRight(
      (inner: Effect.Effect<A, E | PlatformError, R>, device) => keep(device)(inner),
      effect
    )
  })

/** How much of a stream is read or written before others have their turn, in bytes. */
export const turn = 16 << 20

/** A turn like {@link alone}. Of several, only the first says that it waits. */
export const aTurn = <A, E, R>(index: number, paths: ReadonlyArray<string>, effect: Effect.Effect<A, E, R>) =>
  index === 0 ? alone(paths, effect) : Logger.withMinimumLogLevel(alone(paths, effect), LogLevel.Warning)

/**
 * A stream that loads the file systems of these paths while it reads a number of elements, and lets others have their
 * turn before it reads more. It keeps nothing from them while somebody works with what it has read: who does may wait
 * for one of them.
 */
export const inTurns = <A, E, R>(paths: ReadonlyArray<string>, elements: number, stream: Stream.Stream<A, E, R>) =>
  Stream.unwrapScoped(
    Effect.map(Stream.toPull(Stream.rechunk(stream, elements)), (pull) => {
      let index = 0
      const waiting: Effect.Effect<
        Exit.Exit<Chunk.Chunk<A>, Option.Option<E | PlatformError>>,
        Option.Option<E | PlatformError>,
        R | FileSystem.FileSystem | Path
      > = Effect.mapError(Effect.suspend(() => aTurn(index++, paths, Effect.exit(pull))), Option.some)
      return Stream.repeatEffectChunkOption(Effect.flatten(waiting))
    })
  )

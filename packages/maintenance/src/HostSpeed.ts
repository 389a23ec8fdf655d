/**
 * How fast the steps of plans are on this host. Each step that copies much is a measurement, and a later plan
 * estimates from it how long a step of that kind takes on that file system.
 *
 * @since 0.2.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { Path } from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as HostLock from "./HostLock.js"

/**
 * What was copied, by what, and where.
 *
 * @since 0.2.0
 * @category models
 */
export interface Kind {
  /** The tag of the action, as in `DeleteSnapshot`. */
  readonly action: string
  /** The number of the file system of the host. */
  readonly fileSystem: number
}

/**
 * The speeds that were measured.
 *
 * @since 0.2.0
 * @category models
 */
export interface Speed {
  /** The last speed, in bytes per second; none when there was no measurement. */
  readonly of: (kind: Kind) => Effect.Effect<Option.Option<number>>
  /** Keeps a speed, in bytes per second, until there is another one of this kind. */
  readonly keep: (kind: Kind, speed: number) => Effect.Effect<void>
}

const inMemory = (): Speed => {
  const known = new Map<string, number>()
  const key = ({ action, fileSystem }: Kind) => `${fileSystem} ${action}`
  return {
    of: (kind) => Effect.sync(() => Option.fromNullable(known.get(key(kind)))),
    keep: (kind, speed) => Effect.sync(() => void known.set(key(kind), speed))
  }
}

/**
 * The speeds of this host. Without a layer, they are known until the process ends.
 *
 * @since 0.2.0
 * @category tags
 */
export class HostSpeed extends Context.Reference<HostSpeed>()("@effect-ploop/maintenance/HostSpeed", {
  defaultValue: inMemory
}) {}

/** A measurement is of no use when the copy was small or soon done: most of that time is not for the copy. */
const enough = { bytes: 16n << 20n, time: Duration.seconds(1) } as const

/**
 * The speed of a copy in bytes per second; none when it was too small or too short to say.
 *
 * @since 0.2.0
 * @category conversions
 */
export const measured = (bytes: bigint, took: Duration.Duration): Option.Option<number> =>
  bytes < enough.bytes || Duration.lessThan(took, enough.time)
    ? Option.none()
    : Option.some(Number(bytes) / Duration.toSeconds(took))

const Kept = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Positive }))

/**
 * Keeps the speeds in files, for all processes of the host: beside the locks of `HostLock.layer`, until the host
 * starts again. What cannot be read or written is not known.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer = (
  options: HostLock.Options = {}
): Layer.Layer<never, never, FileSystem.FileSystem | Path> =>
  Layer.effect(
    HostSpeed,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path
      const directory = yield* HostLock.directoryOf(options)
      if (Option.isNone(directory)) return inMemory()
      const fileOf = ({ fileSystem }: Kind) => path.join(directory.value, `speed-${fileSystem}.json`)
      const all = (kind: Kind) =>
        fs.readFileString(fileOf(kind)).pipe(
          Effect.flatMap(Schema.decode(Kept)),
          Effect.orElseSucceed((): typeof Kept.Type => ({}))
        )
      return {
        of: (kind) => Effect.map(all(kind), (known) => Option.fromNullable(known[kind.action])),
        keep: (kind, speed) =>
          Effect.gen(function*() {
            const text = yield* Schema.encode(Kept)({ ...yield* all(kind), [kind.action]: speed })
            yield* fs.makeDirectory(directory.value, { recursive: true, mode: 0o700 })
            yield* fs.writeFileString(fileOf(kind), text)
          }).pipe(Effect.catchAll((error) => Effect.logDebug(`the speed could not be kept: ${error.message}`)))
      }
    })
  )

import type * as Progress from "@effect-ploop/core/Progress"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import type { OnDone } from "../hostFiles.js"
import type { Session } from "../session.js"

const sum = (numbers: ReadonlyArray<bigint>): bigint => numbers.reduce((all, number) => all + number, 0n)

/** The space that files take on the host. One that is not there yet takes none. */
export const allocated = (session: Session, files: ReadonlyArray<string>): Effect.Effect<bigint> =>
  Effect.map(Effect.forEach(files, (file) => Effect.orElseSucceed(session.host.allocated(file), () => 0n)), sum)

/** Nobody knows how much there is to do. */
export const unknown: Effect.Effect<never, "unknown"> = Effect.fail("unknown")

/** By how much a size has changed since the work began. */
const following = (size: Effect.Effect<bigint, unknown>, total: Effect.Effect<bigint, unknown>): Progress.Tracked => {
  // The total is asked for once, at the beginning, and only if somebody listens.
  let before: bigint | undefined
  return {
    total: Effect.zipRight(
      Effect.ignore(Effect.map(size, (bytes) => {
        before = bytes
      })),
      total
    ),
    done: Effect.map(size, (now) => {
      const then = before ?? now
      return now > then ? now - then : then - now
    })
  }
}

/** By how much files have become larger, or smaller, since the work began. */
export const changed = (
  session: Session,
  files: ReadonlyArray<string>,
  total: Effect.Effect<bigint, unknown>
): Progress.Tracked => following(allocated(session, files), total)

/** The same for the images of a disk; nothing is known of one that is named by its device. */
export const changedDisk = (
  session: Session,
  about: About,
  disk: string | undefined,
  total: Effect.Effect<bigint, unknown>
): Progress.Tracked =>
  following(
    disk === undefined ? unknown : Effect.flatMap(
      session.host.descriptor(about, disk),
      ({ descriptor, image }) => allocated(session, descriptor.images.map(({ file }) => image(file)))
    ),
    total
  )

/** Work of this process on the bytes of a disk. */
export interface Counter {
  readonly onDone: OnDone
  /** How many bytes are done. */
  readonly done: Effect.Effect<bigint>
}

export const counter = (): Counter => {
  let bytes = 0
  return {
    onDone: (done) => {
      bytes = done
    },
    done: Effect.sync(() => BigInt(Math.floor(bytes)))
  }
}

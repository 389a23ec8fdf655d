import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import type { About } from "../host.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"

/**
 * The directories that the tool needs before it can attach a disk: the first one
 * that is there has to be a directory in which it can make files. Where none is,
 * it tries again for ever, or 65,535 times.
 */
const needed: Row<ReadonlyArray<ReadonlyArray<string>>> = {
  "1.15": [],
  "7": [],
  "9": [["/dev/mapper"], ["/var/lock/ploop", "/var/lock"]]
}

/** What is missing of one of the directories; undefined when it is there. */
const lacking = ({ host, ownsFiles }: Session, paths: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.gen(function*() {
    const found = yield* Effect.filter(paths, host.isDirectory)
    const path = found[0]
    if (path === undefined) return `the directory ${paths.at(-1)}`
    // The tool may run as another user, who has other rights.
    return ownsFiles && !(yield* host.isWritable(path)) ? `a writable directory ${path}` : undefined
  })

const requireOne = (session: Session, about: About, paths: ReadonlyArray<string>) =>
  Effect.flatMap(lacking(session, paths), (what) =>
    what === undefined
      ? Effect.void
      : Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what })))

/** The directories, as an inspection of the host reports them. */
export const directories = (
  session: Session,
  generation: Generation
): Effect.Effect<ReadonlyArray<Result.Prerequisite>> =>
  Effect.forEach(needed[generation], (paths) =>
    Effect.map(lacking(session, paths), (what): Result.Prerequisite => ({
      name: what ?? `the directory ${paths.at(-1)}`,
      status: what === undefined ? "present" : "missing",
      neededFor: "create with a file system, mount, resize, and everything else that attaches a disk",
      remedy: what === undefined ? "" : "make it, on a writable file system, and let the user of the tool write there"
    })))

/** Refuses to attach a disk where the tool would notice only half-way, or never, that it cannot. */
export const requireDevices = (
  session: Session,
  about: About,
  generation: Generation
): Effect.Effect<void, PloopError.PloopError> => {
  const places = needed[generation]
  return places.length === 0 ? Effect.void : Effect.zipRight(
    session.kernel.require(about, generation),
    Effect.forEach(places, (paths) => requireOne(session, about, paths), { discard: true })
  )
}

import type { Generation } from "@effect-ploop/core/Generation"
import type { Row } from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
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

const requireOne = (session: Session, about: About, paths: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { host, ownsFiles } = session
    const missing = (what: string) => new PloopError.PrerequisiteMissing({ ...context(about), what })
    const found = yield* Effect.filter(paths, host.isDirectory)
    const path = found[0]
    if (path === undefined) return yield* missing(`the directory ${paths.at(-1)}`)
    // The tool may run as another user, who has other rights.
    if (ownsFiles && !(yield* host.isWritable(path))) return yield* missing(`a writable directory ${path}`)
  })

/** Refuses to attach a disk where the tool would notice only half-way, or never, that it cannot. */
export const requireDevices = (
  session: Session,
  about: About,
  generation: Generation
): Effect.Effect<void, PloopError.PloopError> => {
  const directories = needed[generation]
  return directories.length === 0 ? Effect.void : Effect.zipRight(
    session.kernel.require(about, generation),
    Effect.forEach(directories, (paths) => requireOne(session, about, paths), { discard: true })
  )
}

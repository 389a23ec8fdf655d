import { baseName } from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { About } from "../host.js"
import { context } from "../outcome.js"
import type { Session } from "../session.js"
import { realImages, runningDevice } from "./devices.js"

/** What the tool runs on a mounted file system. Where it is missing, the tool does nothing and succeeds. */
const helper = "/usr/sbin/e4defrag2"

const requireHelper = (session: Session, about: About) =>
  Effect.flatMap(session.host.exists(helper), (exists) =>
    exists
      ? Effect.void
      : Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what: `the program ${helper}` })))

/** How the device of a disk reads and writes its images, where sysfs shows it. */
const ioOf = (session: Session, about: About, path: string) =>
  Effect.gen(function*() {
    const driver = session.drivers[yield* session.generation]
    const device = yield* runningDevice(session, about, path)
    if (Option.isNone(driver) || device === undefined) return undefined
    return Option.getOrUndefined(yield* driver.value.io(baseName(device)))
  })

/** Refuses paths that a shell would read as something else. The tool reports what is wrong with a descriptor. */
const requirePlainPaths = (session: Session, about: About, path: string) =>
  Effect.gen(function*() {
    const disk = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (disk === undefined) return
    yield* Refusal.defragPaths(about, yield* session.generation, [...yield* realImages(session, disk)])
  })

/** Refuses to defragment where the tool would do something else, or nothing. */
export const requireDefragmentable = (
  session: Session,
  about: About,
  request: Request.Discard,
  path: string | undefined
) =>
  Effect.gen(function*() {
    if (path === undefined || (!request.defrag && !request.defragOnly)) return
    const generation = yield* session.generation
    yield* requirePlainPaths(session, about, path)
    if (GenerationTraits.defragsByThreshold[generation] !== "kaio") return
    if (!request.defragOnly && request.defragThreshold === undefined) return
    yield* Refusal.defragDevice(about, generation, request, yield* ioOf(session, about, path))
    if (request.defragOnly) yield* requireHelper(session, about)
  })

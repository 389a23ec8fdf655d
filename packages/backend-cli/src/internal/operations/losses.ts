import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { About, Descriptor } from "../host.js"
import { descriptorLimit } from "../host.js"
import { context } from "../outcome.js"
import type { ProcessResult } from "../process.js"
import type { Session } from "../session.js"
import * as devices from "./devices.js"

/** Lines on standard error that say nothing of a merge: of the tool, and of the shells that it starts. */
const harmless = /^(?:load ddxml|sh: \d+: \w+: not found)?$/

/** Whether the tool printed an error, of which its exit code may say nothing. Errors have many forms. */
const printsError = ({ stderr }: ProcessResult): boolean => stderr.split("\n").some((line) => !harmless.test(line))

/** How many former descriptors may be beside one another. */
const mostCopies = 100

/** Writes the text beside the descriptor, under a name that nothing has; the log has it where that fails. */
const keepBeside = (session: Session, about: About, path: string, text: string) =>
  Effect.gen(function*() {
    for (let number = 1; number <= mostCopies; number++) {
      const name = `${path}.former-${number}`
      const written = yield* Effect.either(session.files.writeNew(name, text))
      if (Either.isRight(written)) return name
      if (written.left._tag === "BadArgument" || written.left.reason !== "AlreadyExists") break
    }
    const [subject, former] = [about.subject, text].map(PrintableText.escape)
    yield* Effect.logError(`the former descriptor of ${subject} could not be kept; it was: ${former}`)
    return undefined
  })

/**
 * The images that the former descriptor names and the present one does not, although
 * their files are there and the tool did not say that it removed them.
 */
const dropped = (session: Session, before: Descriptor, after: Descriptor, { stdout }: ProcessResult) => {
  const present = new Set(after.descriptor.images.map(({ file }) => after.image(file)))
  return Effect.filter(
    before.descriptor.images.map(({ file }) => before.image(file)).filter((image) =>
      !present.has(image) && !stdout.includes(`Removing ${image}\n`)
    ),
    (image) => session.host.exists(image)
  )
}

/** Fails when the tool may have taken a running disk for an idle one. After a mount, one device runs. */
const refuseCutShort = (session: Session, about: About, path: string, result: ProcessResult) =>
  Effect.gen(function*() {
    if (!devices.isCutShort(result) || reloads.test(result.stdout)) return
    const running = yield* devices.devicesOfDisk(session, about, path)
    const unnamed = running.filter(({ component }) => component === undefined).length
    if (unnamed <= (about.operation === "mount" ? 1 : 0)) return
    return yield* new PloopError.Unclassified({
      ...context(about, result),
      reason: "another device was removed while the tool read the list of devices, so it may have taken this " +
        "disk, which is running, for an idle one: compare its descriptor with the images of its device"
    })
  })

/** A line of the tool that shows that it knew the device of the disk. */
const reloads = /^(?:DM command: suspend |Running: dmsetup reload )/m

type Verify = (result: ProcessResult) => Effect.Effect<void, PloopError.PloopError>

/**
 * Remembers the descriptor, and returns a check for the command that follows: a
 * success with errors on the way must not have dropped an image from the disk.
 */
export const watch = (session: Session, about: About, path: string): Effect.Effect<Verify, PloopError.PloopError> =>
  Effect.gen(function*() {
    if (!GenerationTraits.losesFailedMerges[yield* session.generation]) return () => Effect.void
    const before = yield* Effect.option(Effect.all({
      disk: session.host.descriptor(about, path),
      bytes: session.files.whole(path, descriptorLimit)
    }))
    return (result) =>
      Effect.gen(function*() {
        yield* refuseCutShort(session, about, path, result)
        if (Option.isNone(before) || !printsError(result)) return
        const after = yield* session.host.descriptor(about, path)
        const images = yield* dropped(session, before.value.disk, after, result)
        if (images.length === 0) return
        const former = yield* keepBeside(session, about, path, new TextDecoder().decode(before.value.bytes))
        return yield* new PloopError.ImagesDropped({
          ...context(about, result),
          images,
          ...(former !== undefined && { former })
        })
      })
  })

/** Runs a command that may merge images, and checks that it dropped none. */
export const watched = (
  session: Session,
  about: About,
  path: string,
  run: Effect.Effect<ProcessResult, PloopError.PloopError>
): Effect.Effect<ProcessResult, PloopError.PloopError> =>
  Effect.flatMap(watch(session, about, path), (verify) => Effect.tap(run, verify))

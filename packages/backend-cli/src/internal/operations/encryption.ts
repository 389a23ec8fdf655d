import * as Operation from "@effect-ploop/core/Operation"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as newFiles from "../newFiles.js"
import { context, unexpected } from "../outcome.js"
import type { Session } from "../session.js"
import * as confinement from "./confinement.js"
import { devicesOfDisk } from "./devices.js"
import * as sharing from "./sharing.js"

/** What the tool runs for everything that has to do with keys. */
export const helper = "/usr/libexec/ploop/crypthelper"

/** Without it, the tool fails when it has made an image already. */
const requireHelper = (session: Session, about: About) =>
  Effect.flatMap(session.host.exists(helper), (exists) =>
    exists
      ? Effect.void
      : Effect.fail(new PloopError.PrerequisiteMissing({ ...context(about), what: `the program ${helper}` })))

/** What the tool leaves in the directory of the new image, which has been moved out of it. */
const isLeft = (name: string): boolean => name === "DiskDescriptor.xml.lck" || name === ".statfs" || name === ".statfs2"

/**
 * Removes the directory of the new image. It was not there before, and the tool leaves it with files that nothing needs;
 * with anything else in it, it stays.
 */
const tidied = ({ files, host }: Session, directory: string) =>
  Effect.gen(function*() {
    const found = yield* files.find(directory)
    if (!Option.exists(found, ({ kind }) => kind === "Directory")) return
    for (const name of (yield* files.names(directory)).filter(isLeft)) {
      const file = host.join(directory, name)
      yield* Effect.flatMap(
        files.find(file),
        Option.match({
          onNone: () => Effect.void,
          onSome: (identity) => files.unlink(file, identity)
        })
      )
    }
    yield* Effect.flatMap(found, (identity) => files.removeEmptyDirectory(directory, identity))
  }).pipe(
    Effect.catchAll((error) => Effect.logWarning(`the directory ${directory}, which the tool has made, is left`, error))
  )

/** The disk, if there is something to do. */
const requireEncryptable = (session: Session, about: About, path: string, request: Request.Encrypt) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    const disk = yield* session.descriptor(about, path)
    if (!(yield* Refusal.encrypt(about, generation, disk, request))) return undefined
    const image = yield* session.host.real(disk.image(SnapshotTree.top(disk.tree).file))
    yield* Refusal.missingImage(about, image, yield* session.host.exists(image))
    yield* Refusal.runningDisk(about, (yield* devicesOfDisk(session, about, path))[0]?.device)
    yield* confinement.requireInside(session, about, path, disk, confinement.all)
    yield* sharing.requireUnshared(session, about, disk, confinement.all)
    const fresh = Refusal.encryptionFiles(image, request)
    yield* newFiles.refuseExisting(session.files, about, ...fresh)
    yield* requireHelper(session, about)
    return fresh[0]
  })

/** The key that a descriptor names, after the tool has written it. */
const requireKey = (session: Session, about: About, path: string, { keyId }: Request.Encrypt) =>
  Effect.gen(function*() {
    const { descriptor } = yield* session.host.descriptor(about, path)
    if (descriptor.keyId === keyId) return
    const line = descriptor.keyId === undefined ? "no key in the descriptor" : `the key ${descriptor.keyId}`
    return yield* unexpected(about, undefined, { line, expected: keyId === undefined ? "no key" : `the key ${keyId}` })
  })

export const encrypt = (session: Session) => (request: Request.Encrypt) => {
  const about = { operation: "encrypt", subject: request.disk } as const
  return session.onSoundDisk(about, request.disk, (path) =>
    Effect.gen(function*() {
      const directory = yield* requireEncryptable(session, about, path, request)
      if (directory === undefined) return
      yield* session.execute({
        ...about,
        args: args.encrypt(session.verbosity, request, path),
        kind: Operation.table.encrypt.kind
      })
      yield* tidied(session, directory)
      yield* requireKey(session, about, path, request)
    }))
}

import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { requireAttachable } from "./attachable.js"
import * as confinement from "./confinement.js"
import { unnamedDevice } from "./devices.js"
import * as fromFiles from "./fromFiles.js"
import { attachingIdle } from "./teardown.js"

/** The code of a mount that the tool made on its way, and of which it says nothing. */
const silentMount = 255

const ofMount = (error: PloopError.PloopError): PloopError.PloopError =>
  error._tag === "Unclassified" && error.exitCode === silentMount
    ? new PloopError.MountFailed({
      operation: error.operation,
      subject: error.subject,
      text: error.text,
      exitCode: error.exitCode
    })
    : error

/** The code of the numbers of a device whose file system is not mounted. */
const unmounted = 15

const ofDevice = (about: About, error: PloopError.PloopError): PloopError.PloopError => {
  if (error._tag === "Unclassified" && error.text === "") return Refusal.unmountedFileSystem(about)
  return error._tag === "InputOutputFailed" && error.exitCode === unmounted
    ? new PloopError.NotMounted({ ...about, text: error.text, exitCode: error.exitCode })
    : error
}

/** Asks the tool, which mounts an idle disk read-write for the answer. */
const ask = (
  session: Session,
  about: About,
  path: string,
  request: Request.FileSystemInfo,
  device: Option.Option<Result.Attachment>
) =>
  Effect.gen(function*() {
    const asked = session.ask({
      ...about,
      args: args.fileSystemInfo(path),
      kind: Option.isNone(device) ? Operation.kindOf("fileSystemInfo", request) : "query"
    }, parse.fileSystemTable)
    if (Option.isNone(device)) {
      yield* confinement.requireInsideIfRead(session, about, path, confinement.top, confinement.temporary)
      yield* requireAttachable(session, about, path)
    }
    const table = yield* Option.isNone(device)
      ? Effect.mapError(attachingIdle(session, about, path, asked), ofMount)
      : Effect.mapError(asked, (error) => ofDevice(about, error))
    const blockSize = yield* Option.match(device, {
      // The unmount that followed has left it there.
      onNone: () => Effect.map(session.host.cachedStatistics(path), Option.map((cached) => cached.blockSize)),
      onSome: (attached) => session.host.deviceBlockSize(attached.partition ?? attached.device)
    })
    return {
      size: ByteSize.KiB(table.blocks),
      free: ByteSize.KiB(table.blocks - table.usedBlocks),
      inodes: table.inodes,
      freeInodes: table.inodes - table.usedInodes,
      ...Option.match(blockSize, { onNone: () => ({}), onSome: (blockSize) => ({ blockSize }) })
    }
  })

type Source = Result.FileSystemInfo["source"]

/**
 * Numbers that are beside the descriptor are read here: the tool would mount the
 * disk without consent when the file turns out to be of no use.
 */
const fromDisk = (session: Session, about: About, path: string, request: Request.FileSystemInfo) =>
  Effect.gen(function*() {
    yield* session.host.descriptor(about, path)
    const device = yield* unnamedDevice(session, about, path)
    const cached = yield* session.host.cachedStatistics(path)
    const source: Source = yield* Refusal.fileSystemInfo(about, request, {
      isCached: Option.isSome(cached),
      isRunning: Option.isSome(device)
    })
    if (source === "temporary-mount") yield* session.judge(about, path)
    const found = Option.isSome(cached) ? cached.value : yield* ask(session, about, path, request, device)
    return { ...found, source }
  })

/** Only a disk that has to be mounted for its numbers is locked. */
export const fileSystemInfo =
  (session: Session) => (request: Request.FileSystemInfo): ReturnType<Ploop.Backend["fileSystemInfo"]> => {
    const about = { operation: "fileSystemInfo", subject: request.disk } as const
    return Effect.flatMap(
      session.lookAt(about, request.disk, (path) => fromFiles.fileSystemInfo(session, about, path)),
      Option.match({
        onNone: () => session.onDisk(about, request.disk, (path) => fromDisk(session, about, path, request)),
        onSome: Effect.succeed
      })
    )
  }

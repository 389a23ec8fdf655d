import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as ClusterSize from "@effect-ploop/core/ClusterSize"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"
import * as fromFiles from "./fromFiles.js"

const version = (number: 0 | 1 | 2) => number === 0 ? {} : { version: number }

/** What the files tell, or else the answer of the tool. */
export const orAsked = <A, E>(
  fromFiles: Effect.Effect<Option.Option<A>, E>,
  asked: Effect.Effect<A, E>
): Effect.Effect<A, E> => Effect.flatMap(fromFiles, Option.match({ onNone: () => asked, onSome: Effect.succeed }))

/** The cause of a failure that the tool gives no reason for, from the files. */
const causeOf = (session: Session, about: About, path: string, error: PloopError.PloopError) =>
  Effect.gen(function*() {
    if (!GenerationTraits.queriesSilently[yield* session.generation] || error.text !== "") return error
    const { exitCode, operation, subject, text } = error
    const { descriptor, image, tree } = yield* session.host.descriptor(about, path).pipe(
      Effect.catchTag("DiskNotFound", () =>
        Effect.fail(new PloopError.DiskNotFound({ operation, subject, text, exitCode })))
    )
    const { file, parent } = SnapshotTree.top(tree)
    const isRawBase = parent === undefined && isRaw(descriptor)
    const top = image(file)
    const failed = { operation, subject, text, exitCode, image: top }
    if (!(yield* session.host.exists(top))) {
      return new PloopError.ImageNotFound(failed)
    }
    const hasHeader = Option.exists(yield* session.host.header(top), ({ isRegular }) =>
      isRegular)
    return !isRawBase && !hasHeader ? new PloopError.ImageCorrupt(failed) : error
  })

const askImageInfo = (session: Session, about: About, path: string) =>
  session.ask({ ...about, args: args.imageInfo(path), descriptor: path, kind: "query" }, parse.imageInfo).pipe(
    // Of a descriptor that only the tool can read, nobody knows what it has read.
    Effect.tap(() => session.host.descriptor(about, path)),
    Effect.catchAll((error) => Effect.flatMap(causeOf(session, about, path, error), Effect.fail))
  )

/** The size and the format of a disk. */
export const imageInfo = (session: Session, about: About, path: string) =>
  Effect.map(
    orAsked(
      fromFiles.imageInfo(session, about, path),
      askImageInfo(session, about, path)
    ),
    (info): Result.ImageInfo => ({
      size: ByteSize.fromSectors(info.sectors),
      clusterSize: ClusterSize.make(ByteSize.fromSectors(info.clusterSectors)),
      ...version(info.version)
    })
  )

import * as ImageExamination from "@effect-ploop/core/ImageExamination"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import type { PlatformError } from "@effect/platform/Error"
import * as Effect from "effect/Effect"
import type { About, Descriptor } from "../host.js"
import type { Session } from "../session.js"
import { isRaw } from "./attachable.js"

/** An image, and the size that its file must have at least where it is raw. */
interface Subject {
  readonly path: string
  readonly raw: false | { readonly diskSize: bigint | undefined }
}

const ofImage = ({ files }: Session, { path, raw }: Subject): Effect.Effect<ReadonlyArray<string>, PlatformError> =>
  Effect.gen(function*() {
    const { size } = yield* files.stamp(path)
    if (raw !== false) return ImageExamination.examineRaw(size, raw.diskSize)
    const header = yield* files.start(path, ImageExamination.headerLength)
    const length = ImageExamination.lengthToExamine(header)
    // A file that is shorter than its table is not read as far as a damaged header says.
    const start = yield* files.start(path, Number(length < size ? length : size))
    return ImageExamination.examine(start, size)
  })

/** The images from the base to a snapshot. */
const chainOf = ({ descriptor, image, tree }: Descriptor, id: SnapshotId.SnapshotId): ReadonlyArray<Subject> =>
  [...SnapshotTree.chain(tree, id)].reverse().map(({ file, parent }): Subject => ({
    path: image(file),
    raw: parent === undefined && isRaw(descriptor)
      ? { diskSize: descriptor.images.length === 1 ? descriptor.diskSize : undefined }
      : false
  }))

const subjects = (session: Session, about: About, request: Request.Check, path: string) =>
  request.disk === undefined
    ? Effect.succeed<ReadonlyArray<Subject>>([{ path, raw: request.raw && { diskSize: undefined } }])
    : Effect.map(
      session.host.descriptor(about, path),
      (disk) => chainOf(disk, request.snapshot ?? SnapshotId.top)
    )

/**
 * What the tool calls clean, examined: without `force` it reads no more of an image
 * than the in-use flag, and that of an image that was cut off is not set.
 */
export const examined = (session: Session, about: About, request: Request.Check, path: string) =>
  Effect.gen(function*() {
    for (const subject of yield* subjects(session, about, request, path)) {
      const findings = yield* Effect.mapError(
        ofImage(session, subject),
        (error) => new PloopError.InputOutputFailed({ ...about, text: error.message })
      )
      if (findings.length > 0) {
        const broken: Result.Checked = {
          outcome: "broken",
          findings: findings.map((finding) => `${subject.path}: ${finding}`)
        }
        return broken
      }
    }
    const clean: Result.Checked = { outcome: "clean", findings: [] }
    return clean
  })

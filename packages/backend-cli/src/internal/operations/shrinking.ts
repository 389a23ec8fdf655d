import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as PloopError from "@effect-ploop/core/PloopError"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { unnamedDevice } from "./devices.js"

/** The size of an inode of the file systems that the tool makes, in bytes. */
const inodeSize = 256n

/** What the file system of a device has; none while it is not mounted, and where its numbers cannot be read. */
export const measure = (session: Session, about: About, { device, partition }: Result.Attachment) =>
  Effect.gen(function*() {
    const mounts = Option.getOrElse(yield* session.host.mounts, () => [])
    const target = mounts.find(parse.isMountOf(device))?.target
    if (target === undefined) return Option.none<Refusal.MeasuredFileSystem>()
    const numbers = yield* Effect.option(session.files.numbers(target))
    const size = yield* session.host.fileSystemSize(partition ?? device)
    if (Option.isNone(numbers) || Option.isNone(size)) return Option.none<Refusal.MeasuredFileSystem>()
    const balloon = yield* session.ask(
      { ...about, args: args.balloonShow({ target }), kind: "query" },
      parse.balloonSize
    )
    const { blockSize, blocks, freeBlocks, inodes } = numbers.value
    return Option.some<Refusal.MeasuredFileSystem>({
      size: size.value,
      available: freeBlocks * blockSize + balloon,
      capacity: blocks * blockSize,
      balloon,
      tables: inodes * inodeSize
    })
  })

/** The tool names the smallest size of the file system; a caller gives the size of the disk. */
export const namingSmallest = <A>(
  session: Session,
  about: About,
  path: string,
  run: Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.catchTag(run, "SizeRefused", (error) =>
    Effect.flatMap(
      session.host.descriptor(about, path),
      ({ descriptor }) => Effect.fail(Refusal.smallestDisk(error, descriptor.clusterSize))
    ))

/**
 * Runs a resize. Where the tool shrinks a mounted file system by a share of what
 * is too much, less than possible is refused before, and what is left is read afterwards.
 */
export const measuring = <A>(
  session: Session,
  about: About,
  request: Request.Resize,
  path: string,
  run: Effect.Effect<A, PloopError.PloopError>
): Effect.Effect<A, PloopError.PloopError> =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (!GenerationTraits.shrinksByShare[generation]) return yield* run
    const device = yield* unnamedDevice(session, about, path)
    const before = Option.isNone(device) ? Option.none() : yield* measure(session, about, device.value)
    if (Option.isNone(device) || Option.isNone(before)) return yield* run
    const { descriptor } = yield* session.host.descriptor(about, path)
    yield* Refusal.shrinkMounted(about, generation, request, descriptor.clusterSize, before.value)
    const result = yield* run
    const after = yield* measure(session, about, device.value)
    if (Option.isSome(after)) yield* Refusal.shrunk(about, request, before.value, after.value)
    return result
  })

/** Reports that the balloon cannot take as much as was asked for. Of an idle disk, nobody could see it before. */
export const requireBallooned = (
  session: Session,
  about: About,
  request: Request.Resize,
  path: string,
  stdout: string
) =>
  Effect.gen(function*() {
    const found = request.balloon ? parse.ballooned(stdout) : Option.none()
    if (Option.isNone(found)) return
    const { descriptor } = yield* session.host.descriptor(about, path)
    const measured = { ...found.value, tables: 0n }
    yield* Refusal.shrinkMounted(about, yield* session.generation, request, descriptor.clusterSize, measured)
  })

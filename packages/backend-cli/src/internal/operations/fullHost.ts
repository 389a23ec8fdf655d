import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { FileSystemNumbers } from "../hostFiles.js"
import type { Session } from "../session.js"

/** The blocks that ext4 gives to no file: 2 %, and not more than 4096. They count as free. */
const heldBack = (blocks: bigint) => blocks / 50n < 4096n ? blocks / 50n : 4096n

/** A driver writes several small clusters at once. */
const least = 1n << 20n

/** Whether an image cannot grow. */
const isFull = (clusterSize: bigint) => ({ blockSize, blocks, freeBlocks }: FileSystemNumbers) =>
  (freeBlocks - heldBack(blocks)) * blockSize < (clusterSize > least ? clusterSize : least)

/** mkfs sees a device whose image cannot grow as one that fails, and does not say why. The host does, when it is full. */
export const explained =
  (session: Session, directory: string, clusterSize: bigint) =>
  <A>(effect: Effect.Effect<A, PloopError.PloopError>): Effect.Effect<A, PloopError.PloopError> =>
    Effect.catchTag(
      effect,
      "FileSystemMakeFailed",
      (error) =>
        Effect.flatMap(Effect.option(session.files.numbers(directory)), (numbers) =>
          Effect.fail(Option.exists(numbers, isFull(clusterSize)) ? new PloopError.NoSpace({ ...error }) : error))
    )

import type { Disk } from "@effect-ploop/core/Disk"
import { Ploop } from "@effect-ploop/core/Ploop"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { HostSpace } from "../../HostSpace.js"
import { fileSystemOf } from "../heavy.js"
import { sizesOf } from "../retention/sizes.js"

/** The numbers of the file system in a disk; none of a disk that would have to be mounted for them. */
const inside = (disk: Disk) =>
  Effect.flatMap(Ploop, (ploop) => ploop.fileSystemInfo({ disk })).pipe(
    Effect.asSome,
    Effect.catchTags({
      ConsentRequired: () => Effect.succeed(Option.none()),
      NotMounted: () => Effect.succeed(Option.none())
    })
  )

/** What a disk uses at one time, in bytes. */
export const sample = (disk: Disk) =>
  Effect.gen(function*() {
    const ploop = yield* Ploop
    const sizes = yield* sizesOf(disk, yield* ploop.listSnapshots({ disk }))
    const space = yield* HostSpace
    const { free, size } = yield* space.of(disk)
    return {
      disk,
      at: yield* DateTime.now,
      images: Array.from(sizes.values()).reduce((total, bytes) => total + bytes, 0n),
      inside: Option.getOrUndefined(
        Option.map(yield* inside(disk), ({ free, size }) => ({ used: size - free, size }))
      ),
      fileSystem: yield* fileSystemOf(disk),
      host: { used: size - free, size }
    }
  })

export type Sample = Effect.Effect.Success<ReturnType<typeof sample>>

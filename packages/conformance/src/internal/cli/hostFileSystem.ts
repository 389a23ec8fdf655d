import { type Ended, misused } from "@effect-ploop/command-line/Ended"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fileSystemOf, isTaken } from "../doctor.js"
import { words } from "./words.js"

/** The kernel driver accepts only images on ext4. Generations 1.15 and 7 of the tool check this. */
export const requireExt4 = (directory: string): Effect.Effect<void, Ended, CommandExecutor | Ploop.Ploop> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const prerequisites = yield* Effect.mapError(ploop.prerequisites, (error) => misused(words(error)))
    const driver = prerequisites.find(({ name }) => name === "ploop kernel driver")
    if (driver?.status !== "present") return
    const type = yield* fileSystemOf(directory)
    if (Option.isNone(type) || isTaken(type.value)) return
    return yield* misused(
      `--dir is ${directory}, which is on ${type.value}, but it must be on ext4: ploop refuses others`
    )
  })

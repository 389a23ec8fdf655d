import * as Ploop from "@effect-ploop/core/Ploop"
import type { CommandExecutor } from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fileSystemOf, isTaken } from "../doctor.js"
import type { Ended } from "./exit.js"
import { misused, words } from "./exit.js"

/** Where there is a kernel driver, it takes images on ext4 only, and a tool of generation 1.15 or 7 looks for that. */
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

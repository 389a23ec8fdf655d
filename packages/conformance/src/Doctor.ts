/**
 * Looks at a host, and says what is missing for what: the tool and its helpers,
 * the kernel driver, root, a directory to work in, leftovers of earlier runs.
 *
 * @since 0.1.0
 */
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { Prerequisite } from "@effect-ploop/core/Result"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as internal from "./internal/doctor.js"

/**
 * Something that was looked at: what it is, whether it is as ploop and the suite
 * need it, for what it is needed, and what to do when it is not.
 *
 * @since 0.1.0
 * @category models
 */
export type Finding = Prerequisite

/**
 * Whether nothing is missing without which the suite cannot run at all: the
 * tool, and a directory to work in.
 *
 * @since 0.1.0
 * @category queries
 */
export const canRun = (findings: ReadonlyArray<Finding>): boolean =>
  findings.every(({ neededFor, status }) => status === "present" || !neededFor.startsWith(internal.everything))

/**
 * Looks at the host of a backend, and at a directory for the cases to work in.
 * It changes nothing but a file of its own in that directory, which it removes.
 *
 * @since 0.1.0
 * @category queries
 */
export const examine = (
  scratch: string
): Effect.Effect<
  ReadonlyArray<Finding>,
  OperationError.PrerequisitesError,
  Ploop.Ploop | FileSystem.FileSystem | Path.Path | CommandExecutor.CommandExecutor
> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const prerequisites = yield* ploop.prerequisites
    const others = yield* Effect.all([
      internal.root,
      internal.directory(scratch),
      internal.hostFileSystem(scratch),
      internal.leftoverDevices(scratch),
      internal.leftoverDirectories(scratch)
    ])
    return [...prerequisites, ...others]
  })

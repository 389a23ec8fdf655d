/**
 * Inspects a host, and reports what is missing and what needs it: the tool and its
 * helpers, the kernel driver, root, a directory to work in; and leftovers of
 * earlier runs.
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
 * A result of the inspection: what was checked, whether it is present, what needs
 * it, and what to do if it is missing.
 *
 * @since 0.1.0
 * @category models
 */
export type Finding = Prerequisite

/**
 * Whether the suite can run: the tool and a directory to work in are present.
 *
 * @since 0.1.0
 * @category queries
 */
export const canRun = (findings: ReadonlyArray<Finding>): boolean =>
  findings.every(({ neededFor, status }) => status === "present" || !neededFor.startsWith(internal.everything))

/**
 * Inspects the host of a backend, and a directory for the cases to work in. It
 * writes one file to that directory and removes it, and changes nothing else.
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

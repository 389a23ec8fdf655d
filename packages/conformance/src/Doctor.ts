/**
 * Inspects a host, and reports what is missing and what needs it: the tool and its
 * helpers, the kernel driver, root, a directory to work in; and leftovers of
 * earlier runs.
 *
 * @since 0.1.0
 */
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { Prerequisite } from "@effect-ploop/core/Result"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as internal from "./internal/doctor.js"
import * as hostFacts from "./internal/hostFacts.js"

/**
 * A result of the inspection: what was checked, whether it is present, what needs
 * it, and what to do if it is missing.
 *
 * @since 0.1.0
 * @category models
 */
export type Finding = Prerequisite

/** What something is needed for without which the suite cannot run. */
const vital = [internal.everything, GenerationTraits.kernelPartUse["device mapper"]]

/**
 * Whether the suite can run: the tool, root, its locks, a directory to work in, and for generation 9 the device
 * mapper are present.
 *
 * @since 0.1.0
 * @category queries
 */
export const canRun = (findings: ReadonlyArray<Finding>): boolean =>
  findings.every(({ neededFor, status }) => status === "present" || !vital.some((use) => neededFor.startsWith(use)))

/**
 * Inspects the host of a backend, and a directory for the cases to work in. It
 * creates a file and a disk in that directory and removes them, and changes
 * nothing else. What depends on a missing tool or directory is not reported.
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
    const [tool, ...others] = yield* ploop.prerequisites
    const directory = yield* internal.directory(scratch)
    const hasTool = tool?.status === "present"
    const hasDirectory = directory.status === "present"
    const root = yield* internal.root
    const further: ReadonlyArray<internal.Look> = [
      ...hasDirectory ? [internal.hostFileSystem(scratch), internal.leftoverDirectories(scratch)] : [],
      // Without root, the locks are missing for the same cause.
      ...hasTool && hasDirectory && root.status === "present" ? [internal.locks(scratch)] : [],
      ...hasTool && hasDirectory ? [internal.leftoverDevices(scratch)] : []
    ]
    return [
      ...tool === undefined ? [] : [{ ...tool, name: `${tool.name} (PLOOP_TOOL)` }],
      // Without a tool, its generation is not known, nor what it needs.
      ...others.filter(({ status }) => hasTool || status !== "unknown"),
      directory,
      root,
      ...yield* Effect.all(further)
    ]
  })

/**
 * Something that is true of a host, for a person who asks what runs there.
 *
 * @since 0.2.0
 * @category models
 */
export interface Fact {
  /** What it is about. */
  readonly name: string
  /** What is true of it, in words. */
  readonly value: string
}

/**
 * What is true of the host of a backend: the package of the tool and its version,
 * the modules of the kernel driver, the version of the ploop target, and the format
 * versions of the images that mount. It changes nothing. Without a tool there are
 * none.
 *
 * - `findings`: the result of {@link examine} on the same host
 *
 * @since 0.2.0
 * @category queries
 */
export const facts = (
  findings: ReadonlyArray<Finding>
): Effect.Effect<
  ReadonlyArray<Fact>,
  never,
  Ploop.Ploop | FileSystem.FileSystem | CommandExecutor.CommandExecutor
> =>
  Effect.flatMap(Ploop.Ploop, ({ tool }) =>
    Effect.matchEffect(tool, {
      onFailure: () => Effect.succeed([]),
      onSuccess: (tool) => hostFacts.facts(tool, findings)
    }))

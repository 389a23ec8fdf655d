import type { Ploop } from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as PlatformError from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as BackupError from "../../BackupError.js"

export type Failure = PloopError.PloopError | PlatformError.PlatformError | BackupError.BackupError

type Attempt<A> = Effect.Effect<A, Failure, Ploop | FileSystem | Path>

/**
 * Where an action stands: its result is there, it can be applied, or the world is
 * not the one that it was planned for.
 */
export type Status = Data.TaggedEnum<{
  Done: {}
  Pending: {}
  Outdated: { readonly planned: string; readonly found: string }
}>

export const { Done, Outdated, Pending } = Data.taggedEnum<Status>()

/** How an action is applied. `undo` takes back one that is done. */
export interface Handler<A> {
  readonly status: (action: A) => Attempt<Status>
  readonly run: (action: A) => Attempt<unknown>
  readonly undo?: ((action: A) => Attempt<unknown>) | undefined
  /** Paths on the file systems that it loads so much that nothing else may do so meanwhile. */
  readonly loads?: ((action: A) => ReadonlyArray<string>) | undefined
  /** Whether no state shows that it was done. Another application of it does no harm. */
  readonly isRepeatable?: boolean | undefined
}

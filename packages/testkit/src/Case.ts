/**
 * A case of the conformance suite: one rule that every backend keeps, as data,
 * with an effect that finds out whether one does.
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import type { LowLevel } from "@effect-ploop/core/LowLevel"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Capability } from "./Capability.js"
import type { CheckFailed } from "./Check.js"
import type { Conformance } from "./Conformance.js"

/**
 * What a case works with, on whatever target.
 *
 * @since 0.1.0
 * @category models
 */
export type Services = Ploop | LowLevel | FileSystem | Path

/**
 * What a case can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure = CheckFailed | PloopError | PlatformError

/**
 * Where a rule comes from: the manual page, a function of the tool's sources
 * (as in `lib/snapshot.c do_create_snapshot`), what a real tool was seen to do, or the
 * contract of the service.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  readonly kind: "manual" | "source" | "observed" | "service"
  readonly where: string
}

/**
 * - `id`: the operation, a slash, and a name that never changes;
 * - `title`: the rule, with its force: `MUST refuse …`;
 * - `source`: where the rule comes from;
 * - `needs`: the capabilities without which it is skipped;
 * - `generations`: where it holds; everywhere unless given;
 * - `run`: finds out whether the rule is kept. It works below the directory of
 *   {@link Conformance}, and what it leaves there is cleared away after it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Case {
  readonly id: `${string}/${string}`
  readonly title: string
  readonly source: Source
  readonly needs: ReadonlyArray<Capability>
  readonly generations?: ReadonlyArray<Generation> | undefined
  readonly run: Effect.Effect<void, Failure, Services | Conformance | Scope.Scope>
}

/**
 * Defines a case.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Omit<Case, "needs"> & { readonly needs?: ReadonlyArray<Capability> | undefined }
): Case => ({ ...options, needs: options.needs ?? [] })

/**
 * A rule of the manual page.
 *
 * @since 0.1.0
 * @category constructors
 */
export const manual = (where: string): Source => ({ kind: "manual", where })

/**
 * A rule that the tool's sources show.
 *
 * @since 0.1.0
 * @category constructors
 */
export const source = (where: string): Source => ({ kind: "source", where })

/**
 * What a real tool was seen to do.
 *
 * @since 0.1.0
 * @category constructors
 */
export const observed = (where: string): Source => ({ kind: "observed", where })

/**
 * What the documentation of the service promises of every backend.
 *
 * @since 0.1.0
 * @category constructors
 */
export const service = (where: string): Source => ({ kind: "service", where })

/**
 * The operation that a case, or its result, is about: the first part of its
 * identifier.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operation = (self: { readonly id: string }): string => self.id.slice(0, self.id.indexOf("/"))

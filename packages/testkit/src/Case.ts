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
 * Where a rule comes from.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  /** The manual page, the tool's sources, an observation of a real tool, or the documentation of the service. */
  readonly kind: "manual" | "source" | "observed" | "service"
  /** The place, as in `lib/snapshot.c do_create_snapshot`, or what was observed. */
  readonly where: string
}

/**
 * A rule that every backend follows, and how to test it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Case {
  /** The operation, a slash, and a name. An identifier never changes. */
  readonly id: `${string}/${string}`
  /** The rule, with its force: `MUST refuse …`. */
  readonly title: string
  /** Where the rule comes from. */
  readonly source: Source
  /** The capabilities that the case needs. On a target that lacks one of them it is skipped. */
  readonly needs: ReadonlyArray<Capability>
  /** The generations for which the rule holds. Default: all. */
  readonly generations?: ReadonlyArray<Generation> | undefined
  /**
   * Tests the rule: it succeeds if the case passes. It works below the directory of {@link Conformance};
   * what it leaves there is removed afterwards.
   */
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
export const operation = (self: {
  /** The identifier of the case. */
  readonly id: string
}): string => self.id.slice(0, self.id.indexOf("/"))

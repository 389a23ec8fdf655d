/**
 * A case of the conformance suite: one rule for every backend, as data, with an
 * effect that tests it.
 *
 * @since 0.1.0
 */
import type { Generation } from "@effect-ploop/core/Generation"
import type { LowLevel } from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Capability } from "./Capability.js"
import { lackOf } from "./Capability.js"
import type { CheckFailed } from "./Check.js"
import type { Conformance } from "./Conformance.js"

/**
 * The services that a case uses, on any target.
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
 * What a case is about: an operation, or a scenario of several.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Topic = Schema.Literal(...Operation.names, "scenario")

/**
 * @since 0.2.0
 * @category models
 */
export type Topic = typeof Topic.Type

/**
 * The identifier of a case: its topic, a slash, and a name, as in
 * `umount/by-disk`. An identifier never changes.
 *
 * @since 0.2.0
 * @category schemas
 */
export const Id = Schema.TemplateLiteral(Topic, "/", Schema.String).annotations({ identifier: "CaseId" })

/**
 * @since 0.2.0
 * @category models
 */
export type Id = typeof Id.Type

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
 * A rule for every backend, and how to test it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Case {
  /** The identifier, which never changes. */
  readonly id: Id
  /** The rule, with its force: `MUST refuse …`. */
  readonly title: string
  /** Where the rule comes from. */
  readonly source: Source
  /**
   * The capabilities that the case needs. On a target that lacks one of them it is skipped. {@link make} adds
   * `lowLevel` to those of a case about an operation of `LowLevel`.
   */
  readonly needs: ReadonlyArray<Capability>
  /** The generations for which the rule holds. Default: all. */
  readonly generations?: ReadonlyArray<Generation> | undefined
  /**
   * Whether the case runs while no other case does, because it uses what all disks of the host share, such as the
   * name of a free device. Default: false.
   *
   * @since 0.2.0
   */
  readonly alone?: boolean | undefined
  /**
   * Tests the rule: it succeeds if the case passes. It works in the directory of {@link Conformance}, which
   * is removed afterwards.
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
): Case => {
  const needs = options.needs ?? []
  return { ...options, needs: isLowLevel(options) && !needs.includes("lowLevel") ? [...needs, "lowLevel"] : needs }
}

const isLowLevel = (self: Pick<Case, "id">): boolean => {
  const topic = operation(self)
  return topic !== "scenario" && Operation.isLowLevel(topic)
}

/**
 * A rule from the manual page.
 *
 * @since 0.1.0
 * @category constructors
 */
export const manual = (where: string): Source => ({ kind: "manual", where })

/**
 * A rule from the tool's sources.
 *
 * @since 0.1.0
 * @category constructors
 */
export const source = (where: string): Source => ({ kind: "source", where })

/**
 * A rule from an observation of a real tool.
 *
 * @since 0.1.0
 * @category constructors
 */
export const observed = (where: string): Source => ({ kind: "observed", where })

/**
 * A rule from the documentation of the service.
 *
 * @since 0.1.0
 * @category constructors
 */
export const service = (where: string): Source => ({ kind: "service", where })

const parts = Schema.decodeSync(Schema.TemplateLiteralParser(Topic, "/", Schema.String))

/**
 * The operation that a case, or its result, is about; `scenario` for a case about
 * several. It is the first part of the identifier.
 *
 * @since 0.1.0
 * @category accessors
 */
export const operation = (self: {
  /** The identifier of the case. */
  readonly id: Id
}): Topic => parts(self.id)[0]

/**
 * Whether a host of a generation can run the case: the rule holds for the
 * generation, and the generation has the capabilities that the case needs.
 *
 * @since 0.2.0
 * @category queries
 */
export const appliesTo = (self: Case, generation: Generation): boolean =>
  self.generations?.includes(generation) !== false &&
  self.needs.every((capability) => lackOf(capability, generation) === undefined)

/**
 * What the suite runs on: a backend as a layer, a directory to work in, and the
 * capabilities of the host.
 *
 * @example
 * import type { Case } from "@effect-ploop/testkit"
 * import { Capability, Target } from "@effect-ploop/testkit"
 * import type { Layer } from "effect"
 *
 * // A backend, with the file system of its host.
 * declare const layer: Layer.Layer<Case.Services>
 *
 * export const target = Target.make({
 *   name: "my backend",
 *   layer,
 *   scratch: "/vz/conformance",
 *   capabilities: Capability.ofGeneration("7")
 * })
 *
 * @since 0.1.0
 */
import type { Disk } from "@effect-ploop/core/Disk"
import { Generation } from "@effect-ploop/core/Generation"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import * as Operation from "@effect-ploop/core/Operation"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import type * as PloopError from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Capability from "./Capability.js"
import type * as Case from "./Case.js"
import * as Scratch from "./Scratch.js"

/**
 * A backend and its host.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target<out E = never> {
  /** Its name in reports. */
  readonly name: string
  /** The backend, and the file system in which its images and its mounts are visible. */
  readonly layer: Layer.Layer<Case.Services, E>
  /** An existing directory, in which each case gets one of its own. */
  readonly scratch: string
  /** Its capabilities. Default: those that {@link profile} detects. */
  readonly capabilities?: ReadonlyArray<Capability.Capability> | undefined
  /**
   * What the backend leaves out on every host: capabilities, such as `lowLevel` or `copy`, and single operations, such as
   * `clone`. A case that calls such an operation, and does not pass, is skipped. Default: none.
   */
  readonly leavesOut?: ReadonlyArray<Capability.Capability | Operation.Name> | undefined
  /** Why it lacks the other capabilities, or has no devices; absent when nothing is missing. */
  readonly reason?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(target: Target<E>): Target<E> => target

/**
 * A capability that is missing, why, and what to do about it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Lack = Schema.Struct({ capability: Capability.Capability, reason: Schema.String })

/**
 * @since 0.1.0
 * @category models
 */
export type Lack = typeof Lack.Type

/**
 * What a target is: its tool, its generation, and what it can and cannot do. `leavesOut` has the operations that its
 * backend leaves out; absent when there are none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Profile = Schema.Struct({
  name: Schema.String,
  tool: Schema.String,
  generation: Generation,
  capabilities: Schema.Array(Capability.Capability),
  lacks: Schema.Array(Lack),
  leavesOut: Schema.optional(Schema.Array(Operation.Name))
})

/**
 * @since 0.1.0
 * @category models
 */
export type Profile = typeof Profile.Type

/** What works without the kernel driver. */
const withoutDriver = (generation: Generation): ReadonlyArray<Capability.Capability> => [
  "locks",
  "version2",
  "copy",
  "duplexCopy",
  "lowLevel",
  ...GenerationTraits.growsThroughDevice[generation] ? [] : ["idleGrow" as const]
]

/** Uses a disk in the directory, which is removed then. The cases report the errors that `refusal` leaves, and defects. */
const tried = (
  scratch: string,
  use: (ploop: Ploop.Ploop, disk: Disk) => Effect.Effect<unknown, PloopError.PloopError>,
  refusal: (error: PloopError.PloopError | PlatformError) => string | undefined
) =>
  Effect.scoped(Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const directory = yield* fs.makeTempDirectoryScoped({ directory: scratch, prefix: Scratch.prefix })
    const image = path.join(directory, "root.hdd")
    const { disk } = yield* ploop.create({ image, size: "1M", fileSystem: "none", version: 1 })
    yield* use(ploop, disk)
  })).pipe(
    Effect.as(undefined),
    Effect.catchAll((error) => Effect.succeed(refusal(error))),
    Effect.catchAllDefect(() => Effect.succeed(undefined))
  )

/**
 * Why the tool cannot take its locks, which it does even for queries; undefined
 * when it can. It creates a disk in the directory, and removes it.
 *
 * @since 0.2.0
 * @category queries
 */
export const lockRefusal = (
  scratch: string
): Effect.Effect<string | undefined, never, Ploop.Ploop | FileSystem.FileSystem | Path.Path> =>
  tried(
    scratch,
    (ploop, disk) => ploop.imageInfo({ disk }),
    (error) => error._tag === "PermissionDenied" ? `${error.message}; run this as root` : undefined
  )

/** Why the tool of generation 9 can do nearly nothing where the device mapper is missing; undefined when it can. */
const mapperRefusal = (scratch: string, missing: Result.Prerequisite | undefined) =>
  missing === undefined ? Effect.succeed(undefined) : tried(
    scratch,
    (ploop, disk) => ploop.createSnapshot({ disk }),
    (error) => error._tag === "PrerequisiteMissing" ? `${missing.name} is missing: ${missing.remedy}` : undefined
  )

/** What the target lacks, by the prerequisites that the tool reports; anything else counts as present. */
const detect = (target: Pick<Target, "reason" | "scratch">, generation: Generation) =>
  Effect.gen(function*() {
    const prerequisites = yield* (yield* Ploop.Ploop).prerequisites
    const missing = (name: string) => prerequisites.find((found) => found.name === name && found.status !== "present")
    const driver = missing("ploop kernel driver") ?? missing("device mapper") ?? missing("ploop target")
    const large = missing("large disk support")
    const xfs = missing("mkfs.xfs")
    const keys = missing("crypthelper")
    const locks = (yield* lockRefusal(target.scratch)) ??
      (yield* mapperRefusal(target.scratch, missing("device mapper")))
    const why = (capability: Capability.Capability): string | undefined =>
      capability === "locks"
        ? locks
        : driver !== undefined && !withoutDriver(generation).includes(capability)
        ? target.reason ?? `${driver.name} is missing: ${driver.remedy}`
        : large !== undefined && capability === "version2"
        ? `${large.name} is missing: ${large.remedy}`
        : xfs !== undefined && capability === "xfs"
        ? `${xfs.name} is missing: ${xfs.remedy}`
        : keys !== undefined && capability === "encryption"
        ? keys.remedy
        : undefined
    return Capability.all.flatMap((capability): ReadonlyArray<Lack> => {
      const reason = Capability.lackOf(capability, generation) ?? why(capability)
      return reason === undefined ? [] : [{ capability, reason }]
    })
  })

const lacksOfHost = <E>(target: Target<E>, generation: Generation) =>
  target.capabilities === undefined
    ? detect(target, generation)
    : Effect.succeed<ReadonlyArray<Lack>>(
      Capability.all.filter((name) => target.capabilities?.includes(name) !== true).map((capability) => ({
        capability,
        reason: Capability.lackOf(capability, generation) ?? target.reason ?? "the target does not list it"
      }))
    )

/**
 * A target with a capability that does not exist, as a program without types can name one.
 *
 * - `field`: `capabilities` or `leavesOut`;
 * - `value`: what it names.
 *
 * @since 0.2.0
 * @category errors
 */
export class CapabilityUnknown
  extends Schema.TaggedError<CapabilityUnknown>("@effect-ploop/testkit/Target/CapabilityUnknown")(
    "CapabilityUnknown",
    { field: Schema.Literal("capabilities", "leavesOut"), value: Schema.String }
  )
{
  override get message(): string {
    const known = `must be one of ${Capability.all.join(", ")}`
    return this.field === "capabilities"
      ? `capabilities of the target has ${this.value}, but a capability ${known}`
      : `leavesOut of the target has ${this.value}, but what is left out must be an operation, or a capability, which ${known}`
  }
}

const isCapability = Schema.is(Capability.Capability)

const isOperation = Schema.is(Operation.Name)

/** A name such as `mount` is of a capability first, which has more. */
const leftOut = ({ leavesOut = [] }: Pick<Target<unknown>, "leavesOut">) => ({
  capabilities: leavesOut.filter(isCapability),
  operations: leavesOut.filter((name): name is Operation.Name => isOperation(name) && !isCapability(name))
})

const requireKnown = ({ capabilities = [], leavesOut = [] }: Pick<Target<unknown>, "capabilities" | "leavesOut">) => {
  const strange = (field: "capabilities" | "leavesOut", value: unknown) =>
    new CapabilityUnknown({ field, value: String(value) })
  const [capability] = capabilities.filter((name) => !isCapability(name))
  const [left] = leavesOut.filter((name) => !isCapability(name) && !isOperation(name))
  return capability !== undefined
    ? strange("capabilities", capability)
    : left !== undefined
    ? strange("leavesOut", left)
    : Effect.void
}

/**
 * Queries the backend for its tool and its host, and checks the scratch directory.
 *
 * @since 0.1.0
 * @category queries
 */
export const profile = <E>(
  target: Target<E>
): Effect.Effect<
  Profile,
  OperationError.ToolError | OperationError.PrerequisitesError | Scratch.ScratchUnusable | CapabilityUnknown,
  Case.Services
> =>
  Effect.gen(function*() {
    yield* requireKnown(target)
    const ploop = yield* Ploop.Ploop
    const { generation, path: tool } = yield* ploop.tool
    yield* Scratch.requireUsable(target.scratch)
    const { capabilities, operations } = leftOut(target)
    const lacks = [
      ...(yield* lacksOfHost(target, generation)).filter(({ capability }) => !capabilities.includes(capability)),
      ...capabilities.map((capability) => ({ capability, reason: "the backend leaves it out" }))
    ]
    return {
      name: target.name,
      tool,
      generation,
      capabilities: Capability.all.filter((name) => lacks.every(({ capability }) => capability !== name)),
      lacks,
      ...(operations.length > 0 && { leavesOut: operations })
    }
  })

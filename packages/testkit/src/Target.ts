/**
 * What the suite is run on: a backend as a layer, a directory to work in, and
 * what the host behind it can do.
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
import { Generation } from "@effect-ploop/core/Generation"
import type * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Capability from "./Capability.js"
import type * as Case from "./Case.js"
import * as Scratch from "./Scratch.js"

/**
 * A backend on a host, on which the suite runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target<out E = never> {
  /** Its name in reports. */
  readonly name: string
  /** The backend, and the file system that shows its images and its mounts. */
  readonly layer: Layer.Layer<Case.Services, E>
  /** A directory that exists, in which each case gets one of its own. */
  readonly scratch: string
  /** Its capabilities. Default: those that {@link profile} detects. */
  readonly capabilities?: ReadonlyArray<Capability.Capability> | undefined
  /** Why it has no capabilities but these, or no devices; absent where nothing is missing. */
  readonly reason?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(target: Target<E>): Target<E> => target

/**
 * Why a capability is not there, and what to do about it.
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
 * What a target turned out to be.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Profile = Schema.Struct({
  name: Schema.String,
  tool: Schema.String,
  generation: Generation,
  capabilities: Schema.Array(Capability.Capability),
  lacks: Schema.Array(Lack)
})

/**
 * @since 0.1.0
 * @category models
 */
export type Profile = typeof Profile.Type

/** What works without the kernel's driver. */
const withoutDriver: ReadonlyArray<Capability.Capability> = ["locks", "version2"]

/** Whether the tool may take its locks, which its questions do as well. */
const lockRefusal = (fs: FileSystem.FileSystem, path: Path.Path, scratch: string) =>
  Effect.scoped(Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const directory = yield* fs.makeTempDirectoryScoped({ directory: scratch, prefix: Scratch.prefix })
    const image = path.join(directory, "root.hdd")
    const { disk } = yield* ploop.create({ image, size: "1M", fileSystem: "none", version: 1 })
    yield* ploop.imageInfo({ disk })
  })).pipe(
    Effect.as(undefined),
    // What else goes wrong, the cases will tell.
    Effect.catchAll((error) =>
      Effect.succeed(error._tag === "PermissionDenied" ? `${error.message}; run this as root` : undefined)
    )
  )

/** What the tool says of its host decides; what it says nothing of is taken for granted. */
const detect = (target: Pick<Target, "reason" | "scratch">, generation: Generation) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const prerequisites = yield* (yield* Ploop.Ploop).prerequisites
    const missing = (name: string) => prerequisites.find((found) => found.name === name && found.status !== "present")
    const driver = missing("ploop kernel driver") ?? missing("device mapper")
    const large = missing("large disk support")
    const locks = yield* lockRefusal(fs, path, target.scratch)
    const why = (capability: Capability.Capability): string | undefined =>
      capability === "locks"
        ? locks
        : driver !== undefined && !withoutDriver.includes(capability)
        ? target.reason ?? `${driver.name} is missing: ${driver.remedy}`
        : large !== undefined && capability === "version2"
        ? `${large.name} is missing: ${large.remedy}`
        : undefined
    return Capability.all.flatMap((capability): ReadonlyArray<Lack> => {
      const reason = Capability.lackOf(capability, generation) ?? why(capability)
      return reason === undefined ? [] : [{ capability, reason }]
    })
  })

/**
 * Asks the backend what it runs on, and tries the scratch directory.
 *
 * @since 0.1.0
 * @category queries
 */
export const profile = <E>(
  target: Target<E>
): Effect.Effect<
  Profile,
  OperationError.ToolError | OperationError.PrerequisitesError | Scratch.ScratchUnusable,
  Case.Services
> =>
  Effect.gen(function*() {
    const ploop = yield* Ploop.Ploop
    const { generation, path: tool } = yield* ploop.tool
    yield* Scratch.requireUsable(target.scratch)
    const lacks = target.capabilities === undefined
      ? yield* detect(target, generation)
      : Capability.all.filter((name) => target.capabilities?.includes(name) !== true).map((capability) => ({
        capability,
        reason: Capability.lackOf(capability, generation) ?? target.reason ?? "the target says that it has none"
      }))
    return {
      name: target.name,
      tool,
      generation,
      capabilities: Capability.all.filter((name) => lacks.every(({ capability }) => capability !== name)),
      lacks
    }
  })

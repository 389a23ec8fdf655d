/**
 * The directory of a target in which the suite works: checks that it can be used,
 * and cleans it up.
 *
 * @since 0.2.0
 */
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type * as Result from "@effect-ploop/core/Result"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { areUint8ArraysEqual } from "uint8array-extras"
import type { Capability } from "./Capability.js"
import type * as Case from "./Case.js"

/**
 * The prefix of every directory that the suite creates, so that leftovers can be
 * recognized.
 *
 * @since 0.2.0
 * @category constants
 */
export const prefix = "ploop-conformance-"

/**
 * The scratch directory cannot be used: its path, the rule that it breaks, and
 * the error of the system.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScratchUnusable
  extends Schema.TaggedError<ScratchUnusable>("@effect-ploop/testkit/Scratch/ScratchUnusable")(
    "ScratchUnusable",
    { directory: Schema.String, rule: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `the scratch directory is ${this.directory}, but it ${this.rule}${
      this.reason === "" ? "" : `: ${this.reason}`
    }`
  }
}

const ruleFor = (error: PlatformError): string =>
  error._tag === "SystemError" && error.reason === "PermissionDenied"
    ? "must be writable"
    : "must be writable, with room for disks"

/**
 * Fails unless it is a directory in which a file can be written and read back.
 * Leaves nothing behind.
 *
 * @since 0.2.0
 * @category queries
 */
export const requireUsable = (
  directory: string
): Effect.Effect<void, ScratchUnusable, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const unusable = (rule: string, reason = "") => new ScratchUnusable({ directory, rule, reason })
    const info = yield* Effect.mapError(
      fs.stat(directory),
      (error) => unusable("must be a directory that exists", error.message)
    )
    if (info.type !== "Directory") {
      return yield* unusable("must be a directory", `it is of type ${info.type}`)
    }
    const probe = new Uint8Array(1024 * 1024).fill(0x5a)
    const read = yield* Effect.scoped(Effect.gen(function*() {
      const own = yield* fs.makeTempDirectoryScoped({ directory, prefix })
      const file = path.join(own, "probe")
      yield* fs.writeFile(file, probe)
      return yield* fs.readFile(file)
    })).pipe(Effect.mapError((error) => unusable(ruleFor(error), error.message)))
    if (!areUint8ArraysEqual(read, probe)) return yield* unusable("must return what was written to it")
  })

const isBelow = (path: string | undefined, directory: string | undefined): boolean =>
  path !== undefined && directory !== undefined && path.startsWith(`${directory}/`)

/** Disks that lie on the file systems of others, or are mounted in them, before those. */
const innerFirst = (devices: ReadonlyArray<Result.RunningDevice>): ReadonlyArray<Result.RunningDevice> => {
  const depth = ({ image, target }: Result.RunningDevice): number =>
    devices.filter((outer) => isBelow(image, outer.target) || isBelow(target, outer.target)).length
  return Array.sortBy(Order.reverse(Order.mapInput(Order.number, depth)))(devices)
}

/**
 * Unmounts the disks whose images are in a directory, and removes the directory.
 * It lists devices only on a host that has them.
 *
 * @since 0.2.0
 * @category changes
 */
export const clear = (
  host: {
    /** The capabilities of the host; without `device`, no disk can be attached. */
    readonly capabilities: ReadonlyArray<Capability>
  },
  directory: string
): Effect.Effect<void, PloopError | PlatformError, Case.Services> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (host.capabilities.includes("device")) {
      const ploop = yield* Ploop.Ploop
      const own = (yield* ploop.listDevices).filter(({ image }) => image.startsWith(`${directory}/`))
      for (const { device } of innerFirst(own.reverse())) {
        yield* ploop.umount({ device }).pipe(
          Effect.retry({ schedule: Ploop.whileBusy, while: (error) => error._tag === "Busy" }),
          Effect.catchTag("DeviceNotFound", "NotMounted", () => Effect.void)
        )
      }
    }
    yield* fs.remove(directory, { recursive: true, force: true })
  })

import type { PlatformError } from "@effect/platform/Error"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import { areUint8ArraysEqual } from "uint8array-extras"

/** What the directories of cases begin with, so that leftovers are known for what they are. */
export const prefix = "ploop-conformance-"

/** The rule that a scratch directory breaks, and the words of the system. */
export interface Problem {
  readonly rule: string
  readonly reason: string
}

const words = (error: PlatformError): string => error.message

const ruleFor = (error: PlatformError): string =>
  error._tag === "SystemError" && error.reason === "PermissionDenied"
    ? "must be one that may be written to"
    : "must be one that can be written to, with room for disks"

/** It is there, a directory, and a file can be written to it and read back. */
export const requireUsable = (fs: FileSystem, path: Path, directory: string): Effect.Effect<void, Problem> =>
  Effect.gen(function*() {
    const info = yield* Effect.mapError(
      fs.stat(directory),
      (error): Problem => ({ rule: "must be a directory that exists", reason: words(error) })
    )
    if (info.type !== "Directory") {
      return yield* Effect.fail<Problem>({ rule: "must be a directory", reason: `it is of type ${info.type}` })
    }
    const probe = new Uint8Array(1024 * 1024).fill(0x5a)
    const read = yield* Effect.scoped(Effect.gen(function*() {
      const own = yield* fs.makeTempDirectoryScoped({ directory, prefix })
      const file = path.join(own, "probe")
      yield* fs.writeFile(file, probe)
      return yield* fs.readFile(file)
    })).pipe(Effect.mapError((error): Problem => ({ rule: ruleFor(error), reason: words(error) })))
    if (!areUint8ArraysEqual(read, probe)) {
      return yield* Effect.fail<Problem>({ rule: "must give back what was written to it", reason: "" })
    }
  })

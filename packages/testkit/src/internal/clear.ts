import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { Capability } from "../Capability.js"
import type * as Case from "../Case.js"

/** Umounts what was left of the disks in a directory, and removes the directory. */
export const clear = (
  host: { readonly capabilities: ReadonlyArray<Capability> },
  directory: string
): Effect.Effect<void, PloopError | PlatformError, Case.Services> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    if (host.capabilities.includes("device")) {
      const ploop = yield* Ploop.Ploop
      const own = (yield* ploop.listDevices).filter(({ image }) => image.startsWith(`${directory}/`))
      // What lies in another mount goes first.
      for (const { device } of own.reverse()) {
        yield* ploop.umount({ device }).pipe(
          Effect.retry({ schedule: Ploop.whileBusy, while: (error) => error._tag === "Busy" }),
          Effect.catchTag("DeviceNotFound", "NotMounted", () => Effect.void)
        )
      }
    }
    yield* fs.remove(directory, { recursive: true, force: true })
  })

import * as Disk from "@effect-ploop/core/Disk"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { About } from "./host.js"
import { context } from "./outcome.js"

const isPath = Schema.is(HostPath)

/** A path that was made from an option, such as its absolute form, if the host can have it. */
export const require = (
  about: About,
  field: string,
  value: string,
  path: string
): Effect.Effect<HostPath, PloopError.InvalidArgument> =>
  isPath(path) ? Effect.succeed(path) : Effect.fail(
    new PloopError.InvalidArgument({
      ...context(about),
      field,
      value,
      rule: "must be shorter: the paths that are made from it are longer than 4095 bytes"
    })
  )

/** The disk whose descriptor is in a directory, if the host can have such a path. */
export const diskIn = (
  about: About,
  field: string,
  value: string,
  directory: string
): Effect.Effect<Disk.Disk, PloopError.InvalidArgument> =>
  Effect.map(
    require(about, field, value, `${directory}/${Disk.descriptorName}`),
    () => Disk.inDirectory(directory)
  )

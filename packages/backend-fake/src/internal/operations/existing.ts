import * as Refusal from "@effect-ploop/core/Refusal"
import * as Either from "effect/Either"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"

/** Refuses paths at which something is. */
export const refuseExisting = (tool: Tool, ...paths: ReadonlyArray<string>): Answer<void> =>
  Either.map(
    Either.all(paths.map((path) => Refusal.existingFile(tool, path, files.exists(tool.tx, path)))),
    () => undefined
  )

import * as Refusal from "@effect-ploop/core/Refusal"
import * as files from "../files.js"
import type { Answer, Tool } from "../tool.js"
import { checks } from "../tool.js"

/** Refuses paths at which something is. */
export const refuseExisting = (tool: Tool, ...paths: ReadonlyArray<string>): Answer<void> =>
  checks(...paths.map((path) => () => Refusal.existingFile(tool, path, files.exists(tool.tx, path))))

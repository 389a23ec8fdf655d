import { synopsis } from "../../packages/conformance/src/internal/cli/help.js"
import {
  common,
  exitCodes,
  pages,
  program,
  summary,
  variables
} from "../../packages/conformance/src/internal/cli/pages.js"
import * as version from "../../packages/conformance/src/internal/cli/version.js"
import type { Manual } from "./roff.js"

/** The manual of `ploop-conformance`, from its own definition. */
export const manual = (): Manual => ({
  name: program,
  version: version.command,
  summary: "tests how ploop behaves on a host",
  usage: "COMMAND [OPTION]... ARGUMENT...",
  description: summary,
  subcommands: pages.map((page) => ({ ...page, usage: synopsis(page) })),
  options: common,
  environment: variables,
  exitCodes
})

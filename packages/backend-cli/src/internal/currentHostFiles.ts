import * as Context from "effect/Context"
import type { HostFiles } from "./hostFiles.js"
import { nodeHostFiles } from "./nodeHostFiles.js"

/** The host's own files, unless a tape stands in for them. */
export class CurrentHostFiles extends Context.Reference<CurrentHostFiles>()(
  "@effect-ploop/backend-cli/HostFiles",
  { defaultValue: (): HostFiles => nodeHostFiles }
) {}

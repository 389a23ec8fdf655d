import { codes } from "../../packages/containerd/src/internal/cli/exit.js"
import * as snapshotter from "../../packages/containerd/src/internal/cli/snapshotter.js"
import { version } from "../../packages/containerd/src/internal/cli/version.js"
import * as volumePlugin from "../../packages/containerd/src/internal/cli/volumePlugin.js"
import { builtIn, environment, ofCommand } from "./help.js"
import type { Manual } from "./roff.js"

/** The manuals of `ploop-snapshotter` and `ploop-volume-plugin`, from their own definitions. */
export const manuals = (): ReadonlyArray<Manual> =>
  [
    { name: "ploop-snapshotter", summary: snapshotter.summary, ...ofCommand(snapshotter.command) },
    { name: "ploop-volume-plugin", summary: volumePlugin.summary, ...ofCommand(volumePlugin.command) }
  ].map(({ description, name, options, summary }) => ({
    name,
    version,
    summary,
    usage: "[OPTION]...",
    description,
    subcommands: [],
    options: [...options, ...builtIn],
    environment,
    exitCodes: codes.map(([term, text]) => ({ term, text }))
  }))

import { program as agent } from "../../packages/backend-remote/src/internal/cli/main.js"
import type { Book } from "../../packages/command-line/src/Book.js"
import { program as conformance } from "../../packages/conformance/src/internal/cli/main.js"
import { program as snapshotter } from "../../packages/containerd/src/internal/cli/snapshotter.js"
import { program as volumePlugin } from "../../packages/containerd/src/internal/cli/volumePlugin.js"
import { program as fleet } from "../../packages/fleet/src/internal/cli/main.js"
import { program as maintenance } from "../../packages/maintenance/src/internal/cli/main.js"
import { render } from "./roff.js"

/** Every command, and the directory of its package. */
export const programs: ReadonlyArray<readonly [directory: string, program: Book]> = [
  ["backend-remote", agent],
  ["conformance", conformance],
  ["fleet", fleet],
  ["maintenance", maintenance],
  ["containerd", snapshotter],
  ["containerd", volumePlugin]
]

/** The manual page of every command, by its path in the repository. */
export const pages = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    programs.map(([directory, program]) => [`packages/${directory}/man/${program.name}.8`, render(program)])
  )

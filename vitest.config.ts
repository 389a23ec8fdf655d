import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// One more than there are cores, since some wait for the tool most of the time.
const workers = availableParallelism() + 1

export default defineConfig({
  test: {
    // A process serves the files of a package in turn: loading Effect takes longer than most files do.
    isolate: false,
    maxWorkers: workers,
    // As many, since a pool that shrinks ends files that are still to run.
    minWorkers: workers,
    projects: ["packages/*", "examples", "scripts"],
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "./scripts/closingLine.ts"]
  }
})

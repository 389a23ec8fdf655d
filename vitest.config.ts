import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import LongestFirst from "./scripts/longestFirst.js"

export default defineConfig({
  test: {
    // One more than there are cores, since some wait for the tool most of the time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: ["packages/*", "examples", "scripts"],
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "./scripts/closingLine.ts"]
  }
})

import { availableParallelism } from "node:os"
import { mergeConfig } from "vitest/config"
import LongestFirst from "./scripts/longestFirst.js"
import shared from "./vitest.shared.js"

/** One more than there are cores, since some tests wait for the tool most of the time. */
const workers = availableParallelism() + 1

export default mergeConfig(shared, {
  test: {
    include: ["{packages/*,examples,scripts}/**/*.test.ts"],
    // Each process loads the libraries once. A quarter of the time went into that, when each file had a process.
    isolate: false,
    maxWorkers: workers,
    // A process that has nothing more to do stays: vitest 3 ends the whole run when one of several ends early.
    minWorkers: workers,
    sequence: { sequencer: LongestFirst },
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "./scripts/closingLine.ts"]
  }
})

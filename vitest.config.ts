import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // Vitest leaves one core to itself, which needs little of it.
    maxWorkers: "100%",
    projects: ["packages/*", "examples"],
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "./scripts/closingLine.ts"]
  }
})

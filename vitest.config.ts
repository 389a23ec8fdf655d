import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: ["packages/*", "examples"],
    reporters: process.env["CI"] === undefined ? ["default"] : ["default", "./scripts/closingLine.ts"]
  }
})

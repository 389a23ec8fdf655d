import { defineConfig } from "vitest/config"

const conditions = ["@effect-ploop/source"]

/** Packages see each other's sources, so no build comes before the tests. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: [new URL("vitest.setup.ts", import.meta.url).pathname],
    hookTimeout: 300_000,
    testTimeout: 300_000
  }
})

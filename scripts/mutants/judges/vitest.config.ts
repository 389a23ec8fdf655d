import { mergeConfig } from "vitest/config"
import shared from "../../../vitest.shared.js"

export default mergeConfig(shared, {
  test: {
    setupFiles: [new URL("vitest.setup.ts", import.meta.url).pathname],
    // A broken program may wait for ever.
    testTimeout: 30_000
  }
})

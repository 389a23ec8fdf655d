import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { lines, missing, title } from "./kernelEmulation/namespaces.js"

const program = fileURLToPath(new URL("kernelEmulation/minimumSizes.ts", import.meta.url))

interface Found {
  /** In MiB. */
  readonly minimum: number
  /** The error of a resize to a cluster less. */
  readonly below: string
}

interface Line {
  readonly disk: string
  /** In MiB. */
  readonly data: number
  readonly real: Found
  readonly fake: Found
}

describe.skipIf(missing !== undefined)(title("the smallest size of an idle disk"), () => {
  it.scopedLive(
    "is, on the host in memory, within 8 MiB and 1 % of what its files take of the one that the real tool accepts, " +
      "which refuses a cluster less",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const scratch = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
        // The program writes such lines.
        const all = (yield* lines(program, scratch)) as ReadonlyArray<Line>
        assert.lengthOf(all, 7)
        for (const { data, disk, fake, real } of all) {
          assert.strictEqual(real.below, "FileSystemResizeFailed", disk)
          assert.strictEqual(fake.below, real.below, disk)
          assert.isAtMost(Math.abs(fake.minimum - real.minimum), 8 + data / 100, disk)
        }
      }).pipe(Effect.provide(NodeContext.layer)),
    600_000
  )
})

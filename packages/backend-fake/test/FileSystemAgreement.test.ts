import { PloopFake } from "@effect-ploop/backend-fake"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import * as fileSystemTrace from "./utils/fileSystemTrace.js"

const commands = fc.array(fileSystemTrace.command, { minLength: 1, maxLength: 25, size: "max" })

describe("the FileSystem of the host in memory and that of Node", () => {
  it.effect.prop(
    "give the same results and errors for the same commands, and leave the same files",
    { commands },
    ({ commands }) =>
      Effect.gen(function*() {
        const trace = fileSystemTrace.trace(commands)
        const [real, fake] = yield* Effect.all([
          Effect.provide(trace, NodeFileSystem.layer),
          Effect.provide(trace, PloopFake.layer())
        ])
        assert.deepStrictEqual(fake, real)
      }),
    { fastCheck: { numRuns: 300 } }
  )
})

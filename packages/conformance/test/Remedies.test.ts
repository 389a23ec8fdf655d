import { PloopFake } from "@effect-ploop/backend-fake"
import { Remedy } from "@effect-ploop/core"
import { Suite } from "@effect-ploop/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Executions } from "./remedies/execution.js"
import { files } from "./remedies/files.js"
import { generations } from "./remedies/generations.js"
import { mounts } from "./remedies/mounts.js"
import { processes } from "./remedies/processes.js"
import { space } from "./remedies/space.js"

/** The executions beside those of the suite: the state needs a host that a test controls. */
const executions: Executions = { ...processes, ...generations, ...mounts, ...space, ...files }

/** Why no test executes a remedy: it asks a person to read, or for something that no test can bring. */
const unexecuted: Partial<Record<Remedy.Name, string>> = {
  "split-disk": "it needs the software that made the disk",
  "image-outside": "the backend over the tool has it; its tests move the image, and allow what is outside",
  "busy-balloon": "the command kill executes it, on the emulated kernel",
  "not-tracked": "no operation tracks changes",
  "encryption-failed": "it needs a key",
  "images-dropped": "the tests of the backend over the tool drop images, and put the former descriptor back",
  "access-refused": "it changes the host of a remote backend; the tests of that backend use a token that allows it",
  "limit-exceeded-bytes": "it changes the host of a remote backend",
  "protocol-mismatch": "it changes the installed version"
}

describe("a remedy, followed to the letter, works and loses nothing", () => {
  for (const [name, [options, test]] of Object.entries(executions)) {
    it.effect(name, () => Effect.provide(test, PloopFake.layer(options)))
  }
})

describe("the remedies", () => {
  it("are each executed, here or by a case of the suite, or cannot be", () => {
    const ofSuite = Suite.all.flatMap(({ id }) => {
      const [, name] = /^scenario\/remedy-(.*)$/.exec(id) ?? []
      return name === undefined ? [] : [name]
    })
    const covered = [...ofSuite, ...Object.keys(executions), ...Object.keys(unexecuted)]
    assert.deepStrictEqual(covered.sort(), [...Remedy.names].sort())
  })
})

import { PloopFake } from "@effect-ploop/backend-fake"
import { Remedy } from "@effect-ploop/core"
import type { Case } from "@effect-ploop/testkit"
import { Suite } from "@effect-ploop/testkit"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import * as namespaces from "./kernelEmulation/namespaces.js"
import type { Executions } from "./remedies/execution.js"
import { files } from "./remedies/files.js"
import { generations } from "./remedies/generations.js"
import { mounts } from "./remedies/mounts.js"
import { processes } from "./remedies/processes.js"
import { space } from "./remedies/space.js"
import { outside, uncommitted } from "./remedies/tool.js"
import { wrapped } from "./remedies/wrapped.js"
import { missing, title } from "./utils/realTool.js"
import { real } from "./utils/targets.js"

/** The executions beside those of the suite: the state needs a host that a test controls. */
const executions: Executions = { ...processes, ...generations, ...mounts, ...space, ...files }

/** The executions on the tool of this machine, or on one in its place, for states that no host in memory has. */
const onTool: Partial<Record<Remedy.Name, Effect.Effect<void, unknown, Case.Services | Scope.Scope>>> = {
  "image-outside": outside,
  "uncommitted-descriptor": uncommitted,
  ...wrapped
}

/** The executions that need a kernel and other processes: they run in the namespaces of the emulation. */
const onKernel = ["busy-holders", "busy-mounts-and-holders", "file-system-corrupt", "prerequisite-missing"]

/** The executions that need a server: the tests of backend-remote have them. */
const onServer = [
  "access-refused",
  "connection-lost",
  "connection-lost-before",
  "limit-exceeded",
  "limit-exceeded-bytes",
  "protocol-mismatch"
]

/** Why no test executes a remedy: it asks a person to read, or for something that no test can bring. */
const unexecuted: Partial<Record<Remedy.Name, string>> = {
  "split-disk": "it needs the software that made the disk",
  "export-encrypted": "it needs a key",
  "busy-balloon": "the command kill executes it, on the emulated kernel",
  "busy-namespaces": "a case of the emulated kernel executes it"
}

describe("a remedy, followed to the letter, works and loses nothing", () => {
  for (const [name, [options, test]] of Object.entries(executions)) {
    it.effect(name, () => Effect.provide(test, PloopFake.layer(options)))
  }
})

describe.skipIf(missing !== undefined)(title("a remedy, followed to the letter on the real tool"), () => {
  for (const [name, test] of Object.entries(onTool)) {
    it.scopedLive(name, () => Effect.provide(test, real.layer))
  }
})

const program = fileURLToPath(new URL("kernelEmulation/remedies.ts", import.meta.url))

describe.skipIf(namespaces.missing !== undefined)(
  namespaces.title("the remedies of a kernel and of processes, followed to the letter on the real tool"),
  () => {
    it.scopedLive("work and lose nothing", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const found = yield* namespaces.lines(program, yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" }))
        assert.deepStrictEqual(found, onKernel.map((name) => ({ name, failure: "" })))
      }).pipe(Effect.provide(NodeContext.layer)), 600_000)
  }
)

describe("the remedies", () => {
  it("are each executed, here or by a case of the suite, or cannot be", () => {
    const ofSuite = Suite.all.flatMap(({ id }) => {
      const [, name] = /^scenario\/remedy-(.*)$/.exec(id) ?? []
      return name === undefined ? [] : [name]
    })
    const tables = [executions, onTool, unexecuted].flatMap((table) => Object.keys(table))
    const covered = [...ofSuite, ...tables, ...onKernel, ...onServer]
    assert.deepStrictEqual(covered.sort(), [...Remedy.names].sort())
  })
})

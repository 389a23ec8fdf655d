import type { Generation } from "@effect-ploop/core"
import { Ploop } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { helper } from "../src/internal/operations/encryption.js"
import type { Directories } from "./utils/directories.js"
import { over, scripted } from "./utils/host.js"
import type { Answer } from "./utils/ScriptedExecutor.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

interface Host {
  /** A file that the host has beside its own. */
  readonly present?: string
  readonly dmsetup?: Answer
  readonly directories?: Directories
}

/** What an inspection of the host reports. */
const inspected = (generation: Generation.Generation, { directories, dmsetup, present }: Host = {}) =>
  Effect.scoped(Effect.gen(function*() {
    const answer = ([command]: ReadonlyArray<string>) => command === "targets" ? dmsetup : undefined
    const host = yield* Effect.provideService(scripted(generation, answer, undefined, directories), CurrentHostFiles, {
      ...nodeHostFiles,
      find: (path) => nodeHostFiles.find(path === present ? "/" : path)
    })
    return yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.prerequisites), host.context)
  }))

/** What it reports as missing, and what to do about it. */
const missingOn = (generation: Generation.Generation, on?: Host) =>
  Effect.map(
    inspected(generation, on),
    (all) => new Map(all.flatMap(({ name, remedy, status }) => status === "missing" ? [[name, remedy] as const] : []))
  )

const rule = (name: string, body: Effect.Effect<void, unknown, NodeContext.NodeContext>) =>
  it.effect(name, () => Effect.provide(body, NodeContext.layer))

const withoutTarget: Answer = { stdout: "linear           v1.4.0\n" }

describe("an inspection of a host of generation 9", () => {
  const places: ReadonlyArray<readonly [string, Directories]> = [
    ["the directory /dev/mapper", { missing: ["/dev/mapper"] }],
    ["the directory /var/lock", { missing: ["/var/lock/ploop", "/var/lock"] }],
    ["a writable directory /var/lock/ploop", { readOnly: ["/var/lock/ploop"] }]
  ]
  for (const [what, directories] of places) {
    rule(
      `reports that it lacks ${what}`,
      Effect.gen(function*() {
        assert.include([...(yield* missingOn("9", { directories })).keys()], what)
        assert.notInclude([...(yield* missingOn("9")).keys()], what)
      })
    )
  }
})

describe("an inspection of a host of generation 7 or 9", () => {
  rule(
    "cannot tell whether the crypt helper that it finds has the keys",
    Effect.gen(function*() {
      for (const generation of ["7", "9"] as const) {
        const all = yield* inspected(generation, { present: helper })
        assert.strictEqual(all.find(({ name }) => name === "crypthelper")?.status, "unknown")
      }
    })
  )
})

describe("an inspection of a host without the tool", () => {
  rule(
    "calls nothing of the kernel missing, because nobody knows which generation will need it",
    Effect.scoped(Effect.gen(function*() {
      const context = yield* over(ScriptedExecutor.make([{ spawnError: "ENOENT" }]).executor)
      const all = yield* Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.prerequisites), context)
      const status = new Map(all.map(({ name, status }) => [name, status]))
      assert.strictEqual(status.get("ploop"), "missing")
      for (const part of ["ploop kernel driver", "ploop target"]) {
        assert.include(["present", "unknown"], status.get(part))
      }
    }))
  )
})

describe("an inspection of a host of generation 9 with the node of the device mapper", () => {
  const withNode = (dmsetup: Answer) => missingOn("9", { present: "/dev/mapper/control", dmsetup })

  rule(
    "reports that the device mapper is missing where it does not respond",
    Effect.gen(function*() {
      const stderr = "/dev/mapper/control: open failed: No such device\n"
      assert.include([...(yield* withNode({ stderr, exitCode: 1 })).keys()], "device mapper")
      assert.notInclude([...(yield* withNode(withoutTarget)).keys()], "device mapper")
    })
  )

  rule(
    "goes by the node alone where there is no dmsetup",
    Effect.map(withNode({ spawnError: "ENOENT" }), (found) => assert.notInclude([...found.keys()], "device mapper"))
  )
})

describe("an inspection of a kernel that has the driver of another generation than the tool", () => {
  const generations = [["1.15", "9"], ["7", "9"], ["9", "1.15 or 7"]] as const
  for (const [tool, kernel] of generations) {
    rule(
      `reports that the tool is of ${tool} and the driver of ${kernel}, and which tool or kernel to use`,
      Effect.gen(function*() {
        const part = tool === "9" ? "ploop target" : "ploop kernel driver"
        const other: Host = tool === "9"
          ? { dmsetup: withoutTarget, present: "/proc/vz/ploop_minor" }
          : {}
        assert.include((yield* missingOn(tool, other)).get(part), `has the driver of generation ${kernel}`)
        assert.include((yield* missingOn(tool, other)).get(part), `install a tool of generation ${kernel}`)
        assert.notInclude((yield* missingOn(tool, { dmsetup: withoutTarget })).get(part), "has the driver of")
      })
    )
  }
})

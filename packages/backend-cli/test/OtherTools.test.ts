import { Ploop } from "@effect-ploop/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { changeOf } from "../src/internal/otherTools.js"
import { turn } from "./utils/clock.js"
import { scripted } from "./utils/host.js"

const disk = "/disks/a/DiskDescriptor.xml"

describe("a command line", () => {
  it("is a change by the tool, whatever starts it and wherever the tool is", () => {
    for (
      const before of [["ploop"], ["/usr/sbin/ploop"], ["sudo", "-n", "/opt/9/ploop"], [
        "/bin/bash",
        "/opt/9/ploop"
      ], [
        "mine"
      ]]
    ) {
      assert.deepStrictEqual(changeOf([...before, "-v3", "snapshot", disk], "mine"), ["-v3", "snapshot", disk])
    }
  })

  it("is also one by a program beside the tool", () => {
    assert.deepStrictEqual(changeOf(["/usr/sbin/ploop-cbt", "drop", disk], "ploop"), ["drop", disk])
  })

  it("is none when the tool only reads, or copies, for which it has a lock that holds", () => {
    for (const word of ["info", "list", "snapshot-list", "stat", "copy", "getdev"]) {
      assert.deepStrictEqual(changeOf(["ploop", "-v0", word, disk], "ploop"), [])
    }
  })

  it("is none of another program, whatever its arguments are", () => {
    for (
      const words of [
        ["vi", disk],
        ["cp", "-a", "/disks/ploop/a", disk],
        ["sploop", "snapshot", disk],
        ["sudo", "ploop-maintenance", "retention", "/vz/101"],
        ["node", "/usr/bin/ploop-agent.js", disk],
        [],
        ["ploop"]
      ]
    ) {
      assert.deepStrictEqual(changeOf(words, "ploop"), [])
    }
  })
})

/** How often an operation on a disk looks for the tool of another process, which works on this, before it goes on. */
const looks = (path: (directory: string) => string) =>
  Effect.gen(function*() {
    const state = { path: "", looks: 0 }
    const host = yield* scripted("9", () => undefined).pipe(Effect.provideService(CurrentHostFiles, {
      ...nodeHostFiles,
      processes: () => Effect.sync(() => ++state.looks <= 2 ? [{ pid: 4711, paths: [state.path] }] : [])
    }))
    state.path = path(host.directory)
    const taken = Effect.flatMap(Ploop.Ploop, (ploop) => ploop.createSnapshot({ disk: host.disk }))
    const fiber = yield* Effect.fork(Effect.provide(taken, host.context))
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* TestClock.adjust("100 millis")
      yield* turn
    }
    yield* Fiber.join(fiber)
    return state.looks
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("a tool of generation 9 that another process has started", () => {
  it.effect("is waited for when it works on a file in the directory of the disk, or on that directory", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* looks((directory) => `${directory}/root.hdd`), 3)
      assert.strictEqual(yield* looks((directory) => directory), 3)
    }))

  it.effect("is not waited for when it works elsewhere", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* looks((directory) => `${directory}/other/root.hdd`), 1)
      assert.strictEqual(yield* looks((directory) => `${directory}-other`), 1)
    }))
})

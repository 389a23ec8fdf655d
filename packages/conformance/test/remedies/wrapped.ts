import { PloopCli } from "@effect-ploop/backend-cli"
import { Ploop, Remedy } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import type { Case } from "@effect-ploop/testkit"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"

const { texts } = Remedy

type Test = Effect.Effect<void, unknown, Case.Services | Scope.Scope>

type Call = (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>

/** A tool in place of that of this machine: it does something else for one command, until it no longer should. */
interface Wrapped {
  /** The lines of a shell that run for the command. None if there is no tool. */
  readonly does?: string
  /** The word of the command. Every command unless given. */
  readonly command?: string
  readonly mode?: number
  readonly options?: Partial<PloopCli.Options>
  readonly call: Call
  readonly remedy: Remedy.Text
  /** Whether the call may have happened, so that the disk is inspected before it is repeated. */
  readonly isInspected?: boolean
}

const script = (command: string | undefined, does: string, isOver: string) =>
  `#!/bin/sh
if [ ! -e '${isOver}' ]; then case " $* " in *" ${command ?? ""}"*) ${does} ;; esac; fi
exec ploop "$@"
`

const images = (ploop: Ploop.Ploop, disk: string) =>
  Effect.gen(function*() {
    const { nodes } = yield* ploop.listSnapshots({ disk })
    assert.isNotEmpty(nodes)
    assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
  })

/** The call fails while the tool is what it is; the remedy is followed, and it works and has lost nothing. */
const followed = ({ call, command, does, isInspected = false, mode = 0o755, options = {}, remedy }: Wrapped): Test =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const home = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
    // A tool that runs as somebody else has to reach it.
    yield* fs.chmod(home, 0o755)
    const [tool, isOver, image] = [`${home}/tool`, `${home}/over`, `${home}/root.hdd`]
    const { disk } = yield* (yield* Ploop.Ploop).create({ image, size: "8M", fileSystem: "none" })
    if (does !== undefined) yield* fs.writeFileString(tool, script(command, does, isOver), { mode })
    const on = <A, E>(given: Partial<PloopCli.Options>, use: (ploop: Ploop.Ploop) => Effect.Effect<A, E>) =>
      Effect.flatMap(Ploop.Ploop, use).pipe(
        Effect.provide(PloopCli.layer({ tool, ...given }).pipe(Layer.provide(NodeContext.layer)))
      )
    const error = yield* Effect.flip(on(options, (ploop) => call(ploop, disk)))
    assert.strictEqual(error.remedy, remedy)
    yield* fs.writeFileString(isOver, "")
    if (does === undefined) yield* fs.writeFileString(tool, script(undefined, ":", isOver), { mode })
    yield* fs.chmod(tool, 0o755)
    // What was a limit is raised to the default.
    const { queries } = options
    yield* on({ queries }, (ploop) =>
      Effect.gen(function*() {
        if (isInspected) yield* images(ploop, disk)
        yield* call(ploop, disk)
        yield* images(ploop, disk)
      }))
  })

const info: Call = (ploop, disk) => ploop.imageInfo({ disk })
const convert: Call = (ploop, disk) => ploop.convert({ disk, format: "preallocated" })
const snapshot: Call = (ploop, disk) => ploop.createSnapshot({ disk })

const byTool = { queries: "tool" } as const

/** Executions with the real tool, or with one that fails once in its place. */
export const wrapped: Partial<Record<Remedy.Name, Test>> = {
  "tool-not-found": followed({ call: snapshot, remedy: texts["tool-not-found"]() }),
  "tool-not-executable": followed({
    does: ":",
    mode: 0o644,
    call: snapshot,
    remedy: texts["tool-not-executable"]()
  }),
  "not-ploop": followed({ does: "echo hello; exit 0", call: (ploop) => ploop.tool, remedy: texts["not-ploop"]() }),
  "unexpected-output": followed({
    does: "echo hello; exit 0",
    command: "info ",
    options: byTool,
    call: info,
    remedy: texts["unexpected-output"]()
  }),
  "permission-denied": followed({
    does: ":",
    options: { prefix: ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] },
    call: snapshot,
    remedy: texts["permission-denied"]()
  }),
  "locked": followed({
    does: "echo 'Error in do_open (lock.c:82): The ploop.lck is locked' >&2; exit 1",
    command: "snapshot ",
    call: snapshot,
    remedy: texts.locked()
  }),
  "input-output-failed": followed({
    does: "exit 6",
    command: "snapshot ",
    call: snapshot,
    remedy: texts["input-output-failed"]()
  }),
  "encryption-failed": followed({
    does: "exit 45",
    command: "snapshot ",
    call: snapshot,
    remedy: texts["encryption-failed"]()
  }),
  "unclassified": followed({
    does: "exit 99",
    command: "snapshot ",
    call: snapshot,
    remedy: texts.unclassified()
  }),
  "tool-aborted": followed({
    does: "kill -SEGV $$",
    command: "convert ",
    call: convert,
    remedy: texts["tool-aborted"](),
    isInspected: true
  }),
  "tool-aborted-query": followed({
    does: "kill -SEGV $$",
    command: "info ",
    options: byTool,
    call: info,
    remedy: texts["tool-aborted-query"]()
  }),
  "timed-out": followed({
    does: "exec sleep 1000",
    command: "convert ",
    options: { changeLimit: "1 second" },
    call: convert,
    remedy: texts["timed-out"](),
    isInspected: true
  }),
  "timed-out-query": followed({
    does: "exec sleep 1000",
    command: "info ",
    options: { ...byTool, queryLimit: "1 second" },
    call: info,
    remedy: texts["timed-out-query"]()
  }),
  "out-of-memory": followed({
    does: "exit 5",
    command: "info ",
    options: byTool,
    call: info,
    remedy: texts["out-of-memory"]()
  }),
  "out-of-memory-half-way": followed({
    does: "exit 5",
    command: "convert ",
    call: convert,
    remedy: texts["out-of-memory-half-way"](),
    isInspected: true
  })
}

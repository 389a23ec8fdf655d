/** What operations leave when the whole process is killed before it has given the tool's files their names. */
import { Ploop } from "@effect-ploop/core"
import { Leftovers } from "@effect-ploop/maintenance"
import { FileSystem } from "@effect/platform"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { spawn } from "node:child_process"
import { missing, RealTool } from "./realTool.js"

const program = new URL("killedOperation.ts", import.meta.url).pathname

/** Runs the tool, and does not end for a command that changes files: the process has begun its work then. */
const hanging = (mark: string) =>
  `#!/bin/sh
case "$*" in
  *" init "* | *" restore-descriptor "*) "$@"; touch ${mark}; exec sleep 600 ;;
  *" copy "*) touch ${mark}; exec "$@" ;;
  *) exec "$@" ;;
esac
`

/** Runs an operation in a process group of its own, until the tool has made its files, and kills the group. */
const killedIn = (operation: string, directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const scratch = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
    const [tool, mark] = [`${scratch}/tool`, `${scratch}/mark`]
    yield* fs.writeFileString(tool, hanging(mark), { mode: 0o755 })
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          process.execPath,
          ["--import=tsx", "--conditions=@effect-ploop/source", program, operation, directory, tool],
          { detached: true, stdio: "ignore" }
        )
      ),
      ({ pid }) => Effect.ignore(Effect.try(() => process.kill(-pid!, "SIGKILL")))
    )
    const started = Effect.filterOrFail(fs.exists(mark), (isThere) => isThere && child.exitCode === null)
    yield* Effect.retry(started, Schedule.spaced("50 millis"))
    const ended = Effect.async<void>((resume) => {
      child.once("exit", () => resume(Effect.void))
      process.kill(-child.pid!, "SIGKILL")
    })
    yield* ended
  }).pipe(Effect.scoped)

const names = (directory: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.map(fs.readDirectory(directory), (found) => found.toSorted()))

describe.skipIf(missing !== undefined)(
  `of a process that is killed with its tool${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    layer(RealTool, { excludeTestServices: true })((it) => {
      for (const operation of ["create", "restoreDescriptor", "copyReceive"]) {
        it.scoped(`in ${operation}, all leftovers are named, and the next operation there removes them`, () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const ploop = yield* Ploop.Ploop
            const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
            const before = operation === "restoreDescriptor" ? ["root.hdd"] : []
            if (operation === "restoreDescriptor") {
              const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "10M", fileSystem: "none" })
              yield* fs.remove(disk)
              yield* Effect.forEach(
                (yield* names(directory)).filter((name) => name !== "root.hdd"),
                (name) => fs.remove(`${directory}/${name}`)
              )
            }
            yield* killedIn(operation, directory)
            assert.notDeepEqual(yield* names(directory), before)
            const plan = yield* Leftovers.planDirectory({ directory, olderThan: 0 })
            const left = plan.kept.filter(({ reason }) => reason.startsWith("an operation works in it, or was killed"))
            assert.deepStrictEqual([left.length, plan.steps], [1, []])
            yield* operation === "restoreDescriptor"
              ? ploop.restoreDescriptor({ image: `${directory}/root.hdd` })
              : ploop.create({ image: `${directory}/root.hdd`, size: "10M", fileSystem: "none" })
            const again = yield* Leftovers.planDirectory({ directory, olderThan: 0 })
            assert.deepStrictEqual(again.kept, [])
          }))
      }
    })
  }
)

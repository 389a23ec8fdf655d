/**
 * Remedies of states that need a kernel and other processes, followed on the real
 * tool. It runs inside the namespaces of the emulation, and writes a line of JSON for
 * each: its name, and an empty text when it works.
 */
import { PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import { Ploop, Remedy } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { deepStrictEqual, strictEqual } from "node:assert"

const { texts } = Remedy

const scratch = process.argv[2] ?? "/tmp"

const remedied = (call: Effect.Effect<unknown, PloopError.PloopError>, remedy: Remedy.Text) =>
  Effect.map(Effect.flip(call), (error) => {
    strictEqual(error.remedy, remedy)
    return error
  })

/** A disk whose file system holds a file. */
const made = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const ploop = yield* Ploop.Ploop
    const directory = `${scratch}/${name}`
    const target = `${directory}/mnt`
    yield* fs.makeDirectory(target, { recursive: true })
    const { disk } = yield* ploop.create({ image: `${directory}/root.hdd`, size: "300M" })
    yield* Ploop.withMount({ disk, target }, () => fs.writeFileString(`${target}/motd`, "kept"))
    return { directory, disk, ploop, fs, target }
  })

type Made = Effect.Effect.Success<ReturnType<typeof made>>

const motd = ({ disk, fs, target }: Made) =>
  Ploop.withMount({ disk, target }, () => fs.readFileString(`${target}/motd`))

/** A process that reads a file until the end of the scope, once it has begun. */
const reading = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { pid } = yield* Command.start(Command.make("tail", "-f", file))
    const opened = Effect.flatMap(fs.readDirectory(`/proc/${pid}/fd`), (all) =>
      Effect.exists(all, (fd) =>
        Effect.match(fs.readLink(`/proc/${pid}/fd/${fd}`), {
          onFailure: () =>
            false,
          onSuccess: (to) => to === file
        })))
    yield* Effect.repeat(Effect.delay(opened, "5 millis"), {
      until: (isOpened) =>
        isOpened
    })
  })

const busyHolders = Effect.gen(function*() {
  const of = yield* made("busy-holders")
  const { disk, ploop, target } = of
  const { device } = yield* ploop.mount({ disk, target })
  yield* Effect.scoped(Effect.gen(function*() {
    yield* reading(`${target}/motd`)
    yield* remedied(ploop.umount({ disk }), texts["busy-holders"]({ device }))
  }))
  yield* ploop.umount({ device })
  strictEqual(yield* motd(of), "kept")
})

const busyMountsAndHolders = Effect.gen(function*() {
  const [of, inner] = [yield* made("busy-mounts"), yield* made("busy-inner")]
  const { disk, fs, ploop, target } = of
  const { device } = yield* ploop.mount({ disk, target })
  const below = `${target}/inner`
  yield* fs.makeDirectory(below)
  yield* ploop.mount({ disk: inner.disk, target: below })
  yield* Effect.scoped(Effect.gen(function*() {
    yield* reading(`${target}/motd`)
    yield* remedied(ploop.umount({ disk }), texts["busy-mounts-and-holders"]({ device, mounts: [below] }))
    yield* ploop.umount({ target: below })
  }))
  yield* ploop.umount({ device })
  deepStrictEqual([yield* motd(of), yield* motd(inner)], ["kept", "kept"])
})

const run = (program: string, ...args: ReadonlyArray<string>) => Command.exitCode(Command.make(program, ...args))

/** A file without a name, in a file system that was not unmounted: e2fsck asks before it gives one. */
const fileSystemCorrupt = Effect.gen(function*() {
  const { directory, disk, fs, ploop, target } = yield* made("corrupt")
  yield* Ploop.withMount({ disk }, ({ device, partition = device }) =>
    Effect.gen(function*() {
      for (const change of ["unlink motd", "set_super_value state 0"]) {
        strictEqual(yield* run("debugfs", "-w", "-R", change, partition), 0)
      }
    }))
  const mount = ploop.mount({ disk, target, fsck: true })
  yield* remedied(mount, texts["file-system-corrupt"]())
  yield* fs.copy(directory, `${scratch}/copy`)
  yield* Ploop.withMount({ disk }, ({ device, partition = device }) => run("e2fsck", "-fy", partition))
  yield* mount
  const [found] = yield* fs.readDirectory(`${target}/lost+found`)
  strictEqual(yield* fs.readFileString(`${target}/lost+found/${found}`), "kept")
  yield* ploop.umount({ disk })
})

/** Without the emulation, this host has no driver. */
const bare = PloopCli.layer().pipe(Layer.provideMerge(NodeContext.layer))

const prerequisiteMissing = Effect.gen(function*() {
  const of = yield* made("prerequisites")
  const { disk, target } = of
  const [without, missing] = yield* Effect.provide(
    Effect.gen(function*() {
      const ploop = yield* Ploop.Ploop
      const error = yield* Effect.flip(ploop.mount({ disk, target }))
      return [error, (yield* ploop.prerequisites).filter(({ status }) => status === "missing")] as const
    }),
    bare
  )
  strictEqual(without._tag, "PrerequisiteMissing")
  if (without._tag === "PrerequisiteMissing") {
    strictEqual(without.remedy, texts["prerequisite-missing"]({ what: without.what }))
  }
  strictEqual(missing.length > 0, true)
  strictEqual(yield* motd(of), "kept")
})

const all = {
  "busy-holders": busyHolders,
  "busy-mounts-and-holders": busyMountsAndHolders,
  "file-system-corrupt": fileSystemCorrupt,
  "prerequisite-missing": prerequisiteMissing
}

Effect.gen(function*() {
  const { prefix, sysfs } = yield* KernelEmulation.scoped({ scratch })
  const tool = PloopCli.layer({ prefix, sysfs }).pipe(Layer.provideMerge(NodeContext.layer))
  for (const [name, test] of Object.entries(all)) {
    const exit = yield* Effect.exit(Effect.provide(test, tool))
    const failure = Exit.isSuccess(exit) ? "" : Cause.pretty(exit.cause)
    yield* Console.log(JSON.stringify({ name, failure }))
  }
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain())

import { PloopCli } from "@effect-ploop/backend-cli"
import { KernelEmulation } from "@effect-ploop/conformance"
import { Ploop } from "@effect-ploop/core"
import { Command, CommandExecutor, Error as PlatformError, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer, Ref, Schedule, Schema, Stream } from "effect"
import { fileURLToPath } from "node:url"
import { cases } from "./kernelEmulation/cases.js"
import { missing, start, title } from "./kernelEmulation/namespaces.js"

const sources = fileURLToPath(new URL("../kernel-emulation", import.meta.url))

const temporary = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-emulation-test-" })
)

/** A machine without any program. */
const Bare = Layer.succeed(
  CommandExecutor.CommandExecutor,
  CommandExecutor.makeExecutor((command) =>
    Effect.fail(
      new PlatformError.SystemError({
        reason: "NotFound",
        module: "Command",
        method: "spawn",
        pathOrDescriptor: Command.flatten(command)[0].command
      })
    )
  )
).pipe(Layer.provideMerge(NodeContext.layer))

describe("the requirements of the emulated kernel", () => {
  it.effect("have a name, what needs it and a remedy", () =>
    Effect.gen(function*() {
      const found = yield* KernelEmulation.requirements()
      for (const { name, neededFor, remedy } of found) {
        for (const text of [name, neededFor, remedy]) assert.notStrictEqual(text, "")
      }
      const names = found.map(({ name }) => name)
      for (const name of ["root", "CAP_SYS_ADMIN", "loop devices", "FUSE", "gcc", "ploop", "parted"]) {
        assert.include(names, name)
      }
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("are reported in the error when they are missing, with what to install", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(KernelEmulation.enter("true"))
      assert.instanceOf(error, KernelEmulation.RequirementsMissing)
      assert.include(error.message, "gcc (needed for building the emulation): install it")
      assert.include(error.message, "apt-get install --no-install-recommends ploop")
      const encoded = yield* Schema.encode(KernelEmulation.KernelEmulationError)(error)
      assert.deepStrictEqual(yield* Schema.decode(KernelEmulation.KernelEmulationError)(encoded), error)
    }).pipe(Effect.provide(Bare)))

  it.effect("are checked only inside the namespaces", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* KernelEmulation.isInside)
      const error = yield* Effect.flip(Effect.scoped(KernelEmulation.scoped()))
      assert.strictEqual(error._tag, "NotInside")
      assert.include(error.message, "KernelEmulation.enter")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("include a capability that some machines lack", () =>
    Effect.gen(function*() {
      const [capability] = yield* KernelEmulation.optional
      assert.strictEqual(capability?.name, "CAP_SYS_RESOURCE")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe.skipIf(missing !== undefined)(title("building"), () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("happens once for any number of concurrent callers, and is announced then alone", () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const cacheDirectory = yield* temporary
        const begun = yield* Ref.make(0)
        const onBuild = Ref.update(begun, (count) => count + 1)
        const enter = KernelEmulation.enter("true", [], { cacheDirectory, onBuild })
        const commands = yield* Effect.all([enter, enter, enter], { concurrency: "unbounded" })
        const [program] = commands[0]
        assert.deepStrictEqual(commands, [[program, "enter", "true"], [program, "enter", "true"], [
          program,
          "enter",
          "true"
        ]])
        assert.lengthOf(yield* fs.readDirectory(cacheDirectory), 1)
        const built = (yield* fs.stat(program)).mtime
        const builds = yield* Ref.getAndSet(begun, 0)
        assert.isAbove(builds, 0)
        yield* enter
        assert.strictEqual(yield* Ref.get(begun), 0)
        assert.deepStrictEqual((yield* fs.stat(program)).mtime, built)
      }))

    it.scoped("refuses a directory from which nothing can be preloaded", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          KernelEmulation.enter("true", [], { cacheDirectory: `${yield* temporary}/a b` })
        )
        assert.strictEqual(error._tag, "BuildFailed")
        assert.include(error.message, "must not contain spaces or colons")
      }))

    it.scoped("reports what is missing", () =>
      Effect.gen(function*() {
        const process = yield* Command.make("sh", `${sources}/build.sh`, yield* temporary).pipe(
          Command.env({ CC: "no-such-compiler" }),
          Command.start
        )
        const words = yield* Stream.mkString(Stream.decodeText(process.stderr))
        assert.strictEqual(yield* process.exitCode, 1)
        assert.include(words, "there is no C compiler, no-such-compiler. On Debian: apt-get install")
      }))
  })
})

class Inside
  extends Context.Tag("@effect-ploop/conformance/test/Inside")<Inside, Effect.Effect.Success<typeof start>>()
{}

const InsideLive = Layer.scoped(Inside, start).pipe(Layer.provideMerge(NodeContext.layer))

describe.skipIf(missing !== undefined)(title("the real tool on the emulated kernel"), () => {
  layer(InsideLive, { excludeTestServices: true })((it) => {
    for (const name of Object.keys(cases)) {
      it.effect(name, () =>
        Effect.gen(function*() {
          const { ask, log } = yield* Inside
          const answer = yield* ask(name)
          assert.strictEqual(answer, "", `${String(answer)}\n${log.slice(-30).join("\n")}`)
        }))
    }
  })
})

/** Kills one process by its number, and not its group. */
const kill = (pid: number) => Command.exitCode(Command.make("kill", "-KILL", `${pid}`))

const Forever = Schema.Struct({ state: Schema.String, loop: Schema.String, disk: Schema.String })

/** Processes with a word in their arguments. */
const processes = (word: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const numbers = (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
    return yield* Effect.filter(numbers, (pid) =>
      Effect.match(fs.readFileString(`/proc/${pid}/cmdline`), {
        onFailure: () => false,
        onSuccess: (line) => line.includes(word)
      }))
  })

const childOf = (pid: number) =>
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`/proc/${pid}/task/${pid}/children`)),
    (children) => Number(children.trim().split(" ")[0])
  )

const killFirst = (pid: number) => Effect.flatMap(childOf(pid), kill)

const killGroup = (pid: number) => Command.exitCode(Command.make("kill", "-KILL", "--", `-${pid}`))

describe.skipIf(missing !== undefined)(title("a killed run leaves nothing but the images"), () => {
  layer(PloopCli.layer({ verbosity: 0 }).pipe(Layer.provideMerge(NodeContext.layer)), { excludeTestServices: true })(
    (it) => {
      for (
        const [who, strike, meanwhile] of [
          ["the process that waits for it", kill, "snapshots"],
          ["the first process of its namespace", killFirst, "snapshots"],
          ["the first process of its namespace, while a file system is frozen,", killFirst, "frozen"],
          ["its whole group", killGroup, "snapshots"]
        ] as const
      ) {
        it.scoped(`when ${who} is killed`, () =>
          Effect.gen(function*() {
            const fs = yield* FileSystem.FileSystem
            const path = yield* Path.Path
            const ploop = yield* Ploop.Ploop
            const { ask, child } = yield* start
            const { disk, loop, state } = yield* Schema.decodeUnknown(Forever)(yield* ask(meanwhile))
            yield* Effect.sleep("300 millis")
            yield* strike(child.pid)
            yield* Effect.ignore(child.exitCode)

            const backing = `/sys/block/loop${loop}/loop/backing_file`
            const remains = Effect.gen(function*() {
              const attached = yield* Effect.orElseSucceed(fs.readFileString(backing), () => "")
              // The path of a file without its mount is a mere slash.
              const ours = attached.trim() === "/" || attached.includes(path.basename(state))
              return [...ours ? [`loop${loop} over ${attached.trim()}`] : [], ...yield* processes(state)]
            })
            const left = yield* remains.pipe(
              Effect.repeat({
                until: (found) => found.length === 0,
                schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(2400))
              }),
              Effect.zipRight(remains)
            )
            assert.deepStrictEqual(left, [])

            // A snapshot whose descriptor was not yet in its place is refused, with this remedy.
            yield* Effect.ignore(Effect.catchTag(ploop.check({ disk }), "DescriptorInvalid", ({ remedy }) => {
              assert.include(remedy, `${disk}.tmp`)
              return fs.rename(`${disk}.tmp`, disk)
            }))
            // A merge that is done but not yet in the descriptor leaves the in-use flag on two images.
            const { nodes } = yield* ploop.listSnapshots({ disk })
            for (const { file } of nodes) {
              const image = path.resolve(path.dirname(disk), file)
              const { outcome } = yield* ploop.check({ image, force: true, dropInUse: true })
              assert.notStrictEqual(outcome, "broken")
            }
            assert.strictEqual((yield* ploop.check({ disk })).outcome, "clean")
          }))
      }
    }
  )
})

describe.skipIf(missing !== undefined)(title("two runs at the same time"), () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("are isolated: both have a first device, and neither sees the other's", () =>
      Effect.gen(function*() {
        const runs = yield* Effect.all([start, start], { concurrency: 2 })
        const answers = yield* Effect.forEach(
          runs,
          ({ ask }) => Effect.forEach(["starts, stops, clears and grows a device", Object.keys(cases)[0]!], ask),
          { concurrency: 2 }
        )
        assert.deepStrictEqual(answers, [["", ""], ["", ""]])
      }))
  })
})

import { Command, CommandExecutor, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FastCheck as fc, Fiber, Layer, Logger, Option, Schedule, Scope, Stream } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { PassThrough } from "node:stream"
import { isMainThread } from "node:worker_threads"
import * as ForkServer from "../src/ForkServer.js"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { makeMarker } from "../src/internal/forkServer/commandText.js"
import * as Heritage from "../src/internal/forkServer/heritage.js"
import * as Marked from "../src/internal/forkServer/marked.js"
import * as Process from "../src/internal/forkServer/process.js"
import * as Server from "../src/internal/forkServer/server.js"

const HostLive = Layer.provideMerge(ForkServer.layer, NodeContext.layer)

const test = <A, E>(title: string, body: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scopedLive(title, () => Effect.provide(body(), HostLive))

/** As the backend runs the tool. */
const command = (script: string, environment: Record<string, string> = {}) =>
  Command.make("/bin/sh", "-c", script).pipe(
    Command.env(environment),
    Command.stdin("ignore" as Command.Command.Input)
  )

const run = (script: string, environment?: Record<string, string>) =>
  Effect.flatMap(CommandExecutor.CommandExecutor, (executor) => executor.start(command(script, environment))).pipe(
    Effect.flatMap((process) =>
      Effect.all({
        code: process.exitCode,
        stdout: Stream.mkString(Stream.decodeText(process.stdout)),
        stderr: Stream.mkString(Stream.decodeText(process.stderr))
      }, { concurrency: "unbounded" })
    ),
    Effect.scoped
  )

// Commands with such variables are not served.
for (const name of Object.keys(process.env)) {
  if (Option.isNone(Heritage.current({ [name]: "" }))) delete process.env[name]
}

/** The process that started the command. */
const parent = Effect.map(run("echo $PPID"), ({ stdout }) => Number(stdout))

const killServer = (pid: number) =>
  Effect.sync(() => {
    assert.isAbove(pid, 1)
    assert.notStrictEqual(pid, process.pid)
    process.kill(pid, "SIGKILL")
  })

const started = (script: string) =>
  Effect.gen(function*() {
    const executor = yield* CommandExecutor.CommandExecutor
    const process = yield* executor.start(command(script))
    const first = yield* Stream.runHead(Stream.splitLines(Stream.decodeText(process.stdout)))
    return { first, process }
  })

const isThere = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return !stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")
  } catch {
    return false
  }
}

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.sync(condition), { until: (met) => met, schedule: Schedule.spaced("5 millis") })

describe("a fork server", () => {
  test("starts one command after the other by the same small process", () =>
    Effect.gen(function*() {
      const first = yield* parent
      assert.notStrictEqual(first, process.pid)
      assert.strictEqual(yield* parent, first)
    }))

  it("keeps a program alive while it waits for a command, and not while nothing runs", () => {
    const script = new URL("utils/servedProgram.ts", import.meta.url).pathname
    const args = ["--import", "tsx", "--conditions=@effect-ploop/source", script]
    assert.strictEqual(execFileSync(process.execPath, args, { encoding: "utf8" }), "30\n")
  })

  test("starts commands at once by as many small processes", () =>
    Effect.gen(function*() {
      const parents = yield* Effect.all([1, 2, 3].map(() => run("echo $PPID; sleep 0.2")), { concurrency: "unbounded" })
      assert.strictEqual(new Set(parents.map(({ stdout }) => stdout)).size, 3)
    }))

  test("gives a command the environment that this program has at that moment", () =>
    Effect.gen(function*() {
      const ask = run("echo \"<$PLOOP_TEST_ONE><$PLOOP_TEST_TWO>\"", { PLOOP_TEST_TWO: "it's\n2" })
      assert.strictEqual((yield* ask).stdout, "<><it's\n2>\n")
      yield* Effect.acquireRelease(
        Effect.sync(() => (process.env["PLOOP_TEST_ONE"] = "1")),
        () => Effect.sync(() => delete process.env["PLOOP_TEST_ONE"])
      )
      assert.strictEqual((yield* ask).stdout, "<1><it's\n2>\n")
    }))

  test("starts no command whose environment a shell would change", () =>
    Effect.gen(function*() {
      for (const name of ["a.b", "BASH_FUNC_flock%%", "IFS", "SHELLOPTS"]) {
        assert.strictEqual((yield* run("echo $PPID", { [name]: "() { :; }" })).stdout, `${process.pid}\n`)
      }
    }))

  // Only a main thread may change its directory.
  it.scopedLive.skipIf(!isMainThread)(
    "gives a command the directory that this program is in, whatever has its path now",
    () =>
      Effect.provide(
        Effect.gen(function*() {
          const fs = yield* FileSystem.FileSystem
          const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fork-" })
          yield* fs.makeDirectory(`${directory}/one`)
          const before = process.cwd()
          yield* Effect.acquireRelease(
            Effect.sync(() => process.chdir(`${directory}/one`)),
            () => Effect.sync(() => process.chdir(before))
          )
          assert.strictEqual((yield* run("pwd -P")).stdout, `${directory}/one\n`)
          yield* fs.rename(`${directory}/one`, `${directory}/two`)
          yield* fs.makeDirectory(`${directory}/one`)
          assert.strictEqual((yield* run("pwd -P")).stdout, `${directory}/two\n`)
          yield* fs.remove(`${directory}/two`, { recursive: true })
          assert.strictEqual((yield* run("echo still")).stdout, "still\n")
        }),
        HostLive
      )
  )

  test("gives a command an empty input, and none of its own descriptors", () =>
    Effect.gen(function*() {
      const ask = "cat; ls -1 /proc/self/fd"
      const direct = execFileSync("/bin/sh", ["-c", ask], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
      assert.strictEqual((yield* run(ask)).stdout, direct)
    }))

  test("leaves the signals of a command as Node does", () =>
    Effect.gen(function*() {
      const ask = "grep -E 'Sig(Ign|Blk)' /proc/self/status"
      const direct = execFileSync("/bin/sh", ["-c", ask], { encoding: "utf8" })
      assert.strictEqual((yield* run(ask)).stdout, direct)
    }))

  test("keeps the outputs of commands apart, whatever bytes they have", () =>
    Effect.gen(function*() {
      const marked = makeMarker("1-2")
      for (const text of ["", "no end of line", "\\0", "\\0001-", marked.replace("\0", "\\0"), "a\\0\\0"]) {
        const { code, stderr, stdout } = yield* run(`printf '${text}'; printf 'e${text}' >&2; exit 3`)
        const expected = execFileSync("/bin/sh", ["-c", `printf '${text}'`], { encoding: "utf8" })
        assert.deepStrictEqual([code, stdout, stderr], [CommandExecutor.ExitCode(3), expected, `e${expected}`])
      }
    }))

  it.effect.prop("reads an output up to its marker, in whatever pieces they come", {
    text: fc.string({ unit: fc.constantFrom("a", "\n", "\0", "1", "-"), maxLength: 12 }),
    cuts: fc.array(fc.nat(20), { maxLength: 4 })
  }, ({ cuts, text }) =>
    Effect.gen(function*() {
      const marker = makeMarker("1-1")
      // A text that has the marker would end there; no command knows it.
      const output = text.replaceAll(marker, "")
      const all = `${output}${marker}`
      const ends = [...cuts.sort((one, other) => one - other).filter((end) => end < all.length), all.length]
      const pipe = new PassThrough()
      const marked = Marked.make(pipe, marker)
      const reading = yield* Effect.fork(Stream.mkString(Stream.decodeText(marked.stream)))
      for (const [index, end] of ends.entries()) {
        pipe.write(all.slice(ends[index - 1] ?? 0, end))
        yield* Effect.yieldNow()
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.strictEqual(yield* Fiber.join(reading), output)
      assert.isTrue(marked.isOver())
    }))

  it.effect("does not take for the end of an output what has something behind it", () =>
    Effect.gen(function*() {
      for (const behind of ["", "x"]) {
        const pipe = new PassThrough()
        const marked = Marked.make(pipe, makeMarker("1-1"))
        pipe.write(`text${makeMarker("1-1")}${behind}`)
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(marked.stream)), "text")
        assert.strictEqual(marked.isOver(), behind === "")
      }
    }))

  test("is not used again after a command that left a process behind", () =>
    Effect.gen(function*() {
      const first = yield* parent
      yield* run("sleep 0.3 & echo begun")
      assert.notStrictEqual(yield* parent, first)
    }))

  test("is not used again after a command that a signal ended", () =>
    Effect.gen(function*() {
      const first = yield* parent
      assert.strictEqual((yield* run("echo $PPID; exit 3")).stdout, `${first}\n`)
      const [died] = yield* Effect.flatMap(
        CommandExecutor.CommandExecutor,
        (executor) => executor.start(command("kill -s KILL $$"))
      ).pipe(
        Effect.flatMap((process) =>
          Effect.all([
            Effect.exit(process.exitCode),
            Stream.runDrain(process.stdout),
            Stream.runDrain(process.stderr)
          ], { concurrency: "unbounded" })
        ),
        Effect.scoped
      )
      assert.isTrue(Exit.isFailure(died))
      assert.notStrictEqual(yield* parent, first)
    }))

  test("that is killed leaves the command, whose exit code is not known", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fork-" })
      const { first, process: child } = yield* started(`echo $PPID; sleep 0.3; echo done >${directory}/end`)
      const server = Number(first._tag === "Some" ? first.value : "")
      yield* killServer(server)
      const exit = yield* Effect.exit(child.exitCode)
      assert.isTrue(Exit.isFailure(exit))
      assert.include(`${exit}`, "its exit code is not known")
      assert.strictEqual(yield* fs.readFileString(`${directory}/end`), "done\n")
      assert.isFalse(yield* child.isRunning)
      assert.strictEqual((yield* run("echo next")).stdout, "next\n")
    }))

  test("that is killed loses no lock: this program takes it again", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fork-" })
      const files = yield* CurrentHostFiles
      const server = yield* parent
      const again = yield* Deferred.make<void>()
      const logger = Logger.make(() => void Deferred.unsafeDone(again, Effect.void))
      const scope = yield* Scope.make()
      yield* Effect.provide(
        Scope.extend(files.lockDirectory(directory), scope),
        Logger.replace(Logger.defaultLogger, logger)
      )
      yield* killServer(server)
      yield* Deferred.await(again)
      const attempt = Effect.try(() => execFileSync("flock", ["-n", directory, "true"], { stdio: "ignore" }))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(attempt)))
      yield* Scope.close(scope, Exit.void)
      yield* attempt
    }))

  test("takes no lock by a shell of what a shell would wait for", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-fork-" })
      execFileSync("mkfifo", [`${directory}/fifo`])
      const files = yield* CurrentHostFiles
      assert.isTrue(Option.isSome(yield* files.tryLock(`${directory}/fifo`)))
    }))

  test("closes the output of a command whose reader has gone, so that it ends", () =>
    Effect.gen(function*() {
      const { process: child } = yield* started("trap '' TERM; while echo more; do :; done")
      assert.notStrictEqual(`${yield* Effect.exit(child.exitCode)}`, "0")
      assert.isFalse(isThere(child.pid))
    }))

  it.live("is gone with the layer", () =>
    Effect.gen(function*() {
      const server = yield* Effect.provide(parent, HostLive)
      yield* until(() => !isThere(server))
    }))

  it.live("ends a command with the scope of its process, as Node does", () =>
    Effect.gen(function*() {
      const child = yield* Effect.scoped(Effect.map(started("echo; sleep 60"), ({ process }) => process)).pipe(
        Effect.provide(HostLive)
      )
      assert.isFalse(isThere(child.pid))
    }))
})

/** A process with this number, which began then, and of whose end this is known. */
const known = (pid: number, begun: string, ending: Server.Ending) =>
  Effect.map(Deferred.make<Server.Ending>(), (end) => {
    Deferred.unsafeDone(end, Effect.succeed(ending))
    const output = { stream: Stream.empty, isOver: () => true }
    return Process.make({ pid: CommandExecutor.ProcessId(pid), begun, ending: end, stdout: output, stderr: output })
  })

describe("a process whose number another one has got", () => {
  it.effect("does not run, although its server was killed and has seen no end of it", () =>
    Effect.gen(function*() {
      const { began } = Server.statOf(readFileSync("/proc/self/stat", "latin1"))
      assert.isTrue(yield* (yield* known(process.pid, began, "unseen")).isRunning)
      assert.isFalse(yield* (yield* known(process.pid, `${began}0`, "unseen")).isRunning)
    }))

  it.effect("is sent no signal once it has ended", () =>
    Effect.gen(function*() {
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => spawn("sleep", ["60"], { stdio: "ignore" })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const ended = yield* known(other.pid ?? 0, "0", 0)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(ended.kill("SIGCONT"))))
    }).pipe(Effect.scoped))
})

describe("the user of a command", () => {
  const of = (uid: string, gid: string) =>
    Heritage.userOf(`Name:\tnode\nUid:\t${uid}\nGid:\t${gid}\nGroups:\t4 20 \nUmask:\t0022\nThreads:\t1\n`)

  it("is unknown where the effective user or group is not the real one, which a shell would make the same", () => {
    const same = "1000\t1000\t1000\t1000"
    const other = "1000\t0\t0\t0"
    assert.deepStrictEqual([of(same, same), of(other, same), of(same, other)].map(Option.isSome), [true, false, false])
    assert.notDeepEqual(of(same, same), of("0\t0\t0\t0", same))
  })
})

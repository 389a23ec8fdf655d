import type { Operation, PloopError } from "@effect-ploop/core"
import { Command, CommandExecutor, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Deferred,
  Duration,
  Effect,
  Exit,
  FastCheck as fc,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Schedule,
  type Scope,
  Stream,
  TestClock,
  TestServices,
  Tracer
} from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as ForkServer from "../src/ForkServer.js"
import * as lease from "../src/internal/lease.js"
import * as Output from "../src/internal/output.js"
import * as Process from "../src/internal/process.js"
import { make as makeCommand } from "../src/internal/process/command.js"
import * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** How many bytes are in buffers that somebody still needs. */
const memory = () => {
  collect()
  return process.memoryUsage().arrayBuffers
}

/** Node starts the processes, or a small process does for it. */
const ways: ReadonlyArray<readonly [suffix: string, typeof NodeContext.layer]> = [
  ["", NodeContext.layer],
  [", by a fork server", Layer.provideMerge(ForkServer.layer, NodeContext.layer)]
]

/** A test with real processes and real time. */
const live = <A, E>(title: string, test: () => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) => {
  for (const [suffix, layer] of ways) it.scopedLive(`${title}${suffix}`, () => Effect.provide(test(), layer))
}

const config: Process.ProcessConfig = {
  tool: "/bin/sh",
  prefix: [],
  limits: { query: Duration.seconds(20), change: Duration.infinity },
  grace: Duration.millis(100),
  maxProcesses: 8,
  maxOutput: 1024 * 1024
}

const about = { operation: "imageInfo", subject: "/vz/a/DiskDescriptor.xml" } as const

const invocation = (
  args: ReadonlyArray<string>,
  options: Partial<Process.Invocation> = {}
): Process.Invocation => ({ ...about, args, kind: "query", ...options })

/** Runs a shell script as the tool. */
const script = (
  text: string,
  options: Partial<Process.Invocation> = {},
  changes: Partial<Process.ProcessConfig> = {}
) =>
  Effect.flatMap(
    Process.make({ ...config, ...changes }),
    (runner) => runner.run(invocation(["-c", text], options))
  )

/** Runs with the results of a script. */
const scripted = (
  answers: ScriptedExecutor.Script,
  changes: Partial<Process.ProcessConfig> = {}
) => {
  const { calls, layer } = ScriptedExecutor.make(answers)
  return Effect.map(
    Effect.provide(Process.make({ ...config, tool: "/usr/sbin/ploop", ...changes }), layer),
    (runner) => ({ calls, runner })
  )
}

const scratch = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.makeTempDirectoryScoped({ prefix: "ploop-process-" })
)

const textOf = (path: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(path))

/** The text of a file, as soon as it has this many lines. */
const linesOf = (path: string, count: number) =>
  textOf(path).pipe(
    Effect.map((text) => text.split("\n").slice(0, -1)),
    Effect.filterOrFail((lines) => lines.length >= count),
    Effect.retry(Schedule.spaced("10 millis"))
  )

/** Whether a process runs; one that only waits to be buried does not. */
const isAlive = (pid: string) =>
  Effect.match(textOf(`/proc/${pid}/stat`), {
    onFailure: () => false,
    onSuccess: (stat) => !/\) [ZX] /.test(stat)
  })

/** A process that was killed is still seen until the kernel has ended it. */
const isGone = (pid: string) =>
  Effect.repeat(isAlive(pid), { while: (alive) => alive, schedule: Schedule.spaced("5 millis") })

const printed = <E extends { readonly text: string }>(error: E) => error.text.trim().split("\n")

const expectTag = <Tag extends PloopError.Tag>(error: PloopError.PloopError, tag: Tag) => {
  assert.strictEqual(error._tag, tag, error.message)
  return error as Extract<PloopError.PloopError, { readonly _tag: Tag }>
}

describe("what an operation has read of a disk that it has locked", () => {
  for (
    const [kind, serves] of [["query", true], ["change", false], [
      "uninterruptible",
      false
    ]] as const satisfies ReadonlyArray<
      readonly [Operation.Kind, boolean]
    >
  ) {
    it.effect(`${serves ? "still" : "no longer"} serves after a run of the tool whose kind is ${kind}`, () =>
      lease.during(Effect.gen(function*() {
        const { runner } = yield* scripted([{}])
        yield* runner.run(invocation([], { kind }))
        assert.strictEqual((yield* lease.lasting) !== undefined, serves)
      })))
  }
})

describe("Process", () => {
  describe("the result of a run", () => {
    live("has both outputs apart, and an exit code that is not an error", () =>
      Effect.gen(function*() {
        const result = yield* script("echo out; echo err >&2; exit 38")
        assert.strictEqual(result.stdout, "out\n")
        assert.strictEqual(result.stderr, "err\n")
        assert.strictEqual(result.exitCode, 38)
        assert.strictEqual(result.signal, undefined)
        assert.isFalse(result.truncated)
        assert.isTrue(Duration.greaterThan(result.duration, 0))
      }))

    live("names the signal that the tool died of", () =>
      Effect.gen(function*() {
        const result = yield* script("echo half; kill -s SEGV $$")
        assert.strictEqual(result.exitCode, undefined)
        assert.strictEqual(result.signal, "SIGSEGV")
        assert.strictEqual(result.stdout, "half\n")
      }))

    it.scopedLive(
      "leaves a code above 128 as it is, for it comes from a program in between",
      () =>
        script("exit 139").pipe(
          Effect.map((result) => assert.strictEqual(result.exitCode, 139)),
          Effect.provide(NodeContext.layer)
        )
    )

    live("is empty when the tool prints nothing", () =>
      Effect.gen(function*() {
        const result = yield* script("exit 0")
        assert.deepStrictEqual([result.stdout, result.stderr, result.exitCode], ["", "", 0])
      }))

    live("keeps half a last line", () =>
      Effect.gen(function*() {
        const result = yield* script("printf 'one\\ntwo'; printf three >&2")
        assert.strictEqual(result.stdout, "one\ntwo")
        assert.strictEqual(result.stderr, "three")
      }))

    live("keeps the beginning and the end of megabytes, of both outputs", () =>
      Effect.gen(function*() {
        const flood = "echo first; head -c 4000000 /dev/zero | tr '\\0' x; echo; echo last"
        const result = yield* script(`${flood}; { ${flood}; } >&2`, {}, { maxOutput: 1000 })
        assert.isTrue(result.truncated)
        for (const text of [result.stdout, result.stderr]) {
          assert.isBelow(text.length, 1100)
          assert.isTrue(text.startsWith("first\nxxx"))
          assert.isTrue(text.endsWith("xxx\nlast\n"))
          assert.match(text, /x\n\[\.\.\. 3999012 bytes left out \.\.\.\]\nx/)
        }
      }))

    live("has U+FFFD for bytes that are not UTF-8", () =>
      Effect.map(
        script("printf 'a\\377b\\303'"),
        (result) => assert.strictEqual(result.stdout, "a\ufffdb\ufffd")
      ))

    live("has a character whole that came in two pieces", () =>
      Effect.map(
        script("printf '\\303'; sleep 0.05; printf '\\251'"),
        (result) => assert.strictEqual(result.stdout, "é")
      ))

    live("comes although a grandchild holds the outputs open", () =>
      Effect.gen(function*() {
        const result = yield* script("sleep 600 & echo $!; exit 3")
        assert.isTrue(process.kill(Number(result.stdout), "SIGKILL"), "the grandchild was there")
        assert.strictEqual(result.exitCode, 3)
      }))
  })

  describe("the tool", () => {
    live("gets every argument as it is: there is no shell", () =>
      Effect.gen(function*() {
        const args = ["a b", "$(id)", "'\"", "-x", "", "two\nlines", "ü;|&"]
        const runner = yield* Process.make({ ...config, tool: "/bin/sh" })
        const result = yield* runner.run(invocation(["-c", "for a; do printf '<%s>' \"$a\"; done", "sh", ...args]))
        assert.strictEqual(result.stdout, args.map((arg) => `<${arg}>`).join(""))
        assert.deepStrictEqual(result.argv.slice(-args.length), args)
      }))

    live(
      "reads the end of an empty input",
      () => Effect.map(script("cat; echo end"), (result) => assert.strictEqual(result.stdout, "end\n"))
    )

    const environment = (text: string) =>
      Object.fromEntries(
        text.trim().split("\n").map((line) => [line.split("=")[0]!, line.slice(line.indexOf("=") + 1)])
      )

    const assertPadded = (env: Record<string, string>) => {
      assert.strictEqual(env["LC_ALL"], "C")
      assert.strictEqual(env["PLOOP_PAD"]?.length, 8192)
    }

    live("has the environment of its parent, an English one, and more than 8 KiB of it", () =>
      Effect.gen(function*() {
        const env = environment((yield* script("env")).stdout)
        assertPadded(env)
        assert.isDefined(env["PATH"])
      }))

    live("has these also when its parent has no environment at all", () =>
      Effect.gen(function*() {
        const executor = yield* CommandExecutor.CommandExecutor
        const bare = CommandExecutor.makeExecutor((command) =>
          executor.start(Command.env(command, {}, { extendEnv: false }))
        )
        const result = yield* Effect.provideService(script("env"), CommandExecutor.CommandExecutor, bare)
        const env = environment(result.stdout)
        assertPadded(env)
        assert.isUndefined(env["HOME"])
      }))

    it("has an empty input, unless it is fed: none of it is this process's", () => {
      const config = { prefix: [], tool: "ploop" }
      const stdin = (kind: "empty" | "fed") => {
        const [{ stdin }] = Command.flatten(makeCommand(config, [], kind))
        return stdin
      }
      assert.deepStrictEqual([stdin("empty"), stdin("fed")], ["ignore", "pipe"])
    })

    it.effect("is named by the prefix, its own name and its arguments alone, so that a rule of sudoers can name it", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([{}], { prefix: ["sudo", "-n"] })
        const result = yield* runner.run(invocation(["list", "-a"]))
        assert.deepStrictEqual(calls[0]?.argv, ["sudo", "-n", "/usr/sbin/ploop", "list", "-a"])
        assert.deepStrictEqual(result.argv, calls[0]?.argv)
        assertPadded(calls[0]!.env)
      }))
  })

  describe("a tool that cannot be run", () => {
    const attempt = (tool: string, prefix: ReadonlyArray<string> = []) =>
      Effect.flatMap(Process.make({ ...config, tool, prefix }), (runner) => Effect.flip(runner.run(invocation([]))))

    const unexecutable = Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = `${yield* scratch}/tool`
      yield* fs.writeFileString(path, "")
      yield* fs.chmod(path, 0o644)
      return path
    })

    live("is ToolNotFound when it is missing", () =>
      Effect.gen(function*() {
        const error = expectTag(yield* attempt("/nowhere/ploop"), "ToolNotFound")
        assert.strictEqual(error.path, "/nowhere/ploop")
        assert.deepInclude(error, about)
        assert.include(error.text, "ENOENT")
        expectTag(yield* attempt("no-such-ploop"), "ToolNotFound")
        expectTag(yield* attempt("/bin/sh/ploop"), "ToolNotFound")
      }))

    live("is ToolNotExecutable when it may not be executed", () =>
      Effect.gen(function*() {
        const tool = yield* unexecutable
        assert.strictEqual(expectTag(yield* attempt(tool), "ToolNotExecutable").path, tool)
      }))

    live("is the prefix, when that is missing", () =>
      Effect.map(
        attempt("/bin/sh", ["no-such-sudo", "-n"]),
        (error) => assert.strictEqual(expectTag(error, "ToolNotFound").path, "no-such-sudo")
      ))

    live("is ToolNotFound when it is missing behind a prefix", () =>
      Effect.map(
        attempt("/nowhere/ploop", ["env"]),
        (error) => assert.strictEqual(expectTag(error, "ToolNotFound").path, "/nowhere/ploop")
      ))

    live("is ToolNotExecutable when it may not be executed behind a prefix", () =>
      Effect.gen(function*() {
        const tool = yield* unexecutable
        assert.strictEqual(expectTag(yield* attempt(tool, ["env"]), "ToolNotExecutable").path, tool)
      }))

    live("is an error, not a defect, when the arguments are none", () =>
      Effect.gen(function*() {
        const runner = yield* Process.make(config)
        expectTag(yield* Effect.flip(runner.run(invocation(["a\0b"]))), "Unclassified")
        expectTag(yield* Effect.flip(runner.run(invocation(["x".repeat(3_000_000)]))), "OutOfMemory")
      }))
  })

  describe("what keeps the tool from being run", () => {
    const cases: ReadonlyArray<readonly [ScriptedExecutor.Answer, PloopError.Tag]> = [
      [{ spawnError: "ENOENT" }, "ToolNotFound"],
      [{ spawnError: "EACCES" }, "ToolNotExecutable"],
      [{ spawnError: "EPERM" }, "PermissionDenied"],
      [{ spawnError: "ENOMEM" }, "OutOfMemory"],
      [{ spawnError: "EAGAIN" }, "OutOfMemory"],
      [{ spawnError: "EMFILE" }, "OutOfMemory"],
      [{ spawnError: "EIO" }, "Unclassified"],
      [{ throws: Object.assign(new Error("spawn E2BIG"), { code: "E2BIG" }) }, "OutOfMemory"],
      [{ throws: "nonsense" }, "Unclassified"],
      [{ breaks: new Error("the pipe is gone"), stdout: "half" }, "Unclassified"]
    ]
    for (const [answer, tag] of cases) {
      const cause = answer.spawnError ?? String(answer.throws ?? answer.breaks)
      it.effect(`${cause} is ${tag}`, () =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([answer])
          const error = expectTag(yield* Effect.flip(runner.run(invocation(["list"]))), tag)
          assert.include(error.text, cause.replace("Error: ", ""))
        }))
    }

    const words: ReadonlyArray<readonly [string, number, string, PloopError.Tag | undefined]> = [
      ["env", 127, "env: 'ploop': No such file or directory", "ToolNotFound"],
      ["busybox env", 127, "env: can't execute 'ploop': No such file or directory", "ToolNotFound"],
      ["env", 126, "env: 'ploop': Permission denied", "ToolNotExecutable"],
      ["sudo", 1, "sudo: ploop: command not found", "ToolNotFound"],
      ["sudo", 1, "sudo: a password is required", "PermissionDenied"],
      ["sudo", 1, "Sorry, user ann is not allowed to execute '/usr/bin/env' as root on host.", "PermissionDenied"],
      ["sudo", 1, "ann is not in the sudoers file.", "PermissionDenied"],
      ["doas", 1, "doas: Operation not permitted", "PermissionDenied"],
      [
        "sudo, which runs the tool all the same",
        1,
        "sudo: unable to resolve host vz: Name or service not known",
        undefined
      ],
      ["the tool", 1, "Error in read_conf (xml.c:1): Permission denied", undefined]
    ]
    for (const [program, exitCode, stderr, tag] of words) {
      it.effect(`"${stderr}" of ${program} is ${tag ?? "a result"}`, () =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([{ exitCode, stderr: `${stderr}\n` }], { prefix: ["sudo", "-n"] })
          const exit = yield* Effect.either(runner.run(invocation(["list"])))
          assert.strictEqual(exit._tag === "Left" ? exit.left._tag : undefined, tag)
          const plain = yield* scripted([{ exitCode, stderr: `${stderr}\n` }])
          assert.strictEqual((yield* plain.runner.run(invocation(["list"]))).exitCode, exitCode)
        }))
    }
  })

  describe("a run that takes too long", () => {
    const limit = Duration.millis(150)

    /** Runs a script, and lets the limit pass once the script has written to the file. */
    const overtime = (begun: string, text: string, options: Partial<Process.Invocation> = {}) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(script(text, { limit, ...options })))
        yield* TestServices.provideLive(
          Effect.retry(Effect.filterOrFail(textOf(begun), (found) => found !== ""), Schedule.spaced("5 millis"))
        )
        yield* TestClock.adjust(limit)
        return fiber
      })

    it.scoped("is told to stop, and is killed when it does not", () =>
      Effect.gen(function*() {
        const pids = `${yield* scratch}/pids`
        const text = `trap '' TERM; sleep 60 & echo begun; echo $$ $! > ${pids}; while :; do sleep 0.02; done`
        const fiber = yield* overtime(pids, text, { kind: "change" })
        yield* TestClock.adjust(config.grace)
        const timedOut = expectTag(yield* Fiber.join(fiber), "TimedOut")
        assert.strictEqual(Duration.toMillis(timedOut.limit), 150)
        assert.strictEqual(timedOut.signal, "SIGKILL")
        assert.deepStrictEqual(printed(timedOut), ["begun"])
        for (const pid of (yield* textOf(pids)).trim().split(" ")) yield* TestServices.provideLive(isGone(pid))
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scoped("may clean up before it stops", () =>
      Effect.gen(function*() {
        const begun = `${yield* scratch}/begun`
        const text = `trap 'echo cleaning; sleep 0.03; echo clean; exit 1' TERM; echo begun | tee ${begun}; ` +
          "sleep 60 & wait"
        const timedOut = expectTag(yield* Fiber.join(yield* overtime(begun, text)), "TimedOut")
        assert.deepStrictEqual(printed(timedOut), ["begun", "cleaning", "clean"])
        assert.strictEqual(timedOut.exitCode, 1)
      }).pipe(Effect.provide(NodeContext.layer)))

    it.effect("is never killed when that would harm an image: it is waited for", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([{ lasts: "1 hours", ignores: ["SIGTERM"], exitCode: 4 }])
        const fiber = yield* Effect.fork(Effect.flip(
          runner.run(invocation(["snapshot-merge"], { kind: "uninterruptible", limit: Duration.minutes(1) }))
        ))
        yield* TestClock.adjust("59 minutes")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("1 minutes")
        assert.strictEqual(expectTag(yield* Fiber.join(fiber), "TimedOut").exitCode, 4)
        assert.deepStrictEqual(calls[0]?.signals, ["SIGTERM"])
      }))

    for (const kind of ["query", "change", "uninterruptible"] as const) {
      it.effect(`is a success when it ends with success all the same (${kind})`, () =>
        Effect.gen(function*() {
          const { calls, runner } = yield* scripted([{ lasts: "65 seconds", ignores: ["SIGTERM"], stdout: "done" }], {
            grace: Duration.minutes(1)
          })
          const fiber = yield* Effect.fork(
            runner.run(invocation(["snapshot"], { kind, limit: Duration.minutes(1) }))
          )
          yield* TestClock.adjust("61 seconds")
          assert.deepStrictEqual(calls[0]?.signals, ["SIGTERM"])
          yield* TestClock.adjust("4 seconds")
          const result = yield* Fiber.join(fiber)
          assert.deepStrictEqual([result.exitCode, result.stdout], [0, "done"])
        }))
    }
  })

  describe("the error of a run", () => {
    it.effect("has the end of a long output, where the cause is", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ stderr: `first\n${"x".repeat(10_000)}\nlast\n`, lasts: "1 hours" }])
        const fiber = yield* Effect.fork(Effect.flip(runner.run(invocation(["list"], { limit: Duration.minutes(1) }))))
        yield* TestClock.adjust("2 minutes")
        const { text } = expectTag(yield* Fiber.join(fiber), "TimedOut")
        assert.match(text, /^…x+\nlast\n$/)
        assert.isBelow(text.length, 8200)
      }))
  })

  describe("an interrupted run", () => {
    for (const kind of ["query", "change", "uninterruptible"] as const) {
      const isKilled = kind !== "uninterruptible"
      it.effect(
        `leaves ${isKilled ? "nothing" : "what may still work"} of the group of a tool that has ended (${kind})`,
        () =>
          Effect.gen(function*() {
            const { calls, runner } = yield* scripted([{ lasts: Duration.infinity }])
            const fiber = yield* Effect.fork(runner.run(invocation(["mount"], { kind })))
            yield* TestClock.adjust("1 seconds")
            yield* Fiber.interrupt(fiber)
            assert.deepStrictEqual(calls[0]?.kills, isKilled ? ["SIGTERM", "SIGKILL"] : ["SIGTERM"])
          })
      )
    }

    live("leaves no process behind, also none of its children that ignore a signal", () =>
      Effect.gen(function*() {
        const pids = `${yield* scratch}/pids`
        const fiber = yield* Effect.fork(script(
          `(trap '' TERM; while :; do sleep 0.05; done) & echo $$ > ${pids}; echo $! >> ${pids}; wait`,
          { kind: "change" }
        ))
        const found = yield* linesOf(pids, 2)
        for (const pid of found) assert.isTrue(yield* isAlive(pid), pid)
        yield* Effect.sleep("30 millis")
        const exit = yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.isInterrupted(exit))
        for (const pid of found) yield* isGone(pid)
      }))

    live("is killed when it ignores the signal", () =>
      Effect.gen(function*() {
        const pids = `${yield* scratch}/pids`
        const fiber = yield* Effect.fork(script(`trap '' TERM; echo $$ > ${pids}; while :; do sleep 0.02; done`))
        const [pid] = yield* linesOf(pids, 1)
        const [took] = yield* Effect.timed(Fiber.interrupt(fiber))
        assert.isTrue(Duration.greaterThanOrEqualTo(took, "90 millis"))
        yield* isGone(pid!)
      }))

    live("is waited for when killing it would harm an image, and its outputs stay open", () =>
      Effect.gen(function*() {
        const file = `${yield* scratch}/file`
        const fiber = yield* Effect.fork(script(
          `trap '' TERM; echo begun > ${file}; sleep 0.4; echo merging || exit 1; echo merged >> ${file}`,
          { kind: "uninterruptible" }
        ))
        yield* linesOf(file, 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* textOf(file), "begun\nmerged\n")
      }))
  })

  describe("time", () => {
    it.effect("is the Clock's, for the limit and for the grace", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([{ lasts: Duration.infinity, ignores: ["SIGTERM"] }])
        const fiber = yield* Effect.fork(Effect.flip(
          Effect.timed(runner.run(invocation(["list"], { limit: Duration.minutes(3) })))
        ))
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(calls[0]?.signals, [])
        yield* TestClock.adjust("1 minutes")
        assert.deepStrictEqual(calls[0]?.signals, ["SIGTERM"])
        yield* TestClock.adjust(config.grace)
        assert.deepStrictEqual(calls[0]?.signals.slice(0, 2), ["SIGTERM", "SIGKILL"])
        expectTag(yield* Fiber.join(fiber), "TimedOut")
      }))

    it.effect("has no limit where none is configured", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ lasts: "30 days" }])
        const fiber = yield* Effect.fork(runner.run(invocation(["convert"], { kind: "uninterruptible" })))
        yield* TestClock.adjust("30 days")
        const { duration } = yield* Fiber.join(fiber)
        assert.strictEqual(Duration.toHours(duration), 30 * 24)
      }))

    live("keeps nothing waiting once the tool has ended", () =>
      Effect.gen(function*() {
        const timers = Effect.sync(() => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length)
        const before = yield* timers
        yield* script(":", { limit: Duration.hours(1) })
        yield* Effect.yieldNow()
        assert.isAtMost(yield* timers, before)
      }))

    const foreign = { lasts: Duration.infinity, foreign: true } as const

    it.effect("a process of another user is signalled by way of the kill prefix, where there is one", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted(
          (argv) => argv.includes("kill") ? {} : foreign,
          { prefix: ["sudo", "-n"], killPrefix: ["doas"] }
        )
        const fiber = yield* Effect.fork(runner.run(invocation(["list"], { kind: "change" })))
        yield* TestClock.adjust("1 millis")
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(calls[1]?.argv, ["doas", "kill", "-s", "TERM", "--", "-4242"])
        assert.deepStrictEqual(calls[0]?.signals, ["SIGTERM"])
      }))

    it.effect("a query of another user is left to end by itself: nothing but the tool runs behind the prefix", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([foreign], { prefix: ["sudo", "-n"] })
        const limited = yield* Effect.fork(Effect.flip(
          runner.run(invocation(["list"], { limit: Duration.minutes(1) }))
        ))
        const interrupted = yield* Effect.fork(runner.run(invocation(["list"])))
        yield* TestClock.adjust("1 millis")
        const interrupting = yield* Effect.fork(Fiber.interrupt(interrupted))
        yield* TestClock.adjust(config.grace)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.join(interrupting)))
        yield* TestClock.adjust("1 minutes")
        yield* TestClock.adjust(config.grace)
        expectTag(yield* Fiber.join(limited), "TimedOut")
        assert.strictEqual(calls.length, 2)
      }))

    it.effect("a query behind a prefix is not waited for once it has ended, also in an uninterruptible region", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ stdout: "answer" }], { prefix: ["sudo", "-n"] })
        const result = yield* Effect.uninterruptible(runner.run(invocation(["list"])))
        assert.strictEqual(result.stdout, "answer")
      }))

    it.effect("a change of another user is waited for", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ lasts: "1 hours", foreign: true, exitCode: 1 }], {
          prefix: ["sudo", "-n"]
        })
        const fiber = yield* Effect.fork(Effect.flip(
          runner.run(invocation(["init"], { kind: "change", limit: Duration.minutes(1) }))
        ))
        yield* TestClock.adjust("59 minutes")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("1 minutes")
        expectTag(yield* Fiber.join(fiber), "TimedOut")
      }))
  })

  describe("permits", () => {
    const runs = (runner: Process.Runner, kind: Operation.Kind, count: number) =>
      Effect.forEach(Array.from({ length: count }), () => runner.run(invocation([], { kind })), {
        concurrency: "unbounded"
      })

    for (const kind of ["query", "change", "uninterruptible"] as const) {
      it.effect(`let no more processes run at once than configured (${kind})`, () =>
        Effect.gen(function*() {
          const { calls, runner } = yield* scripted([{ lasts: "1 seconds" }], { maxProcesses: 2 })
          const fiber = yield* Effect.fork(runs(runner, kind, 5))
          yield* TestClock.adjust("500 millis")
          assert.strictEqual(calls.length, 2)
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(calls.length, 4)
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual((yield* Fiber.join(fiber)).length, 5)
        }))
    }

    it.effect("of queries are their own: a query waits for no merge", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted(
          (_, index) => index < 2 ? { lasts: Duration.infinity } : { stdout: "answer" },
          { maxProcesses: 2 }
        )
        yield* Effect.fork(runs(runner, "uninterruptible", 8))
        yield* TestClock.adjust("1 millis")
        assert.strictEqual((yield* runner.run(invocation(["list"]))).stdout, "answer")
      }))

    it.effect("of changes are their own: a change waits for no query", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted(
          (_, index) => index < 2 ? { lasts: Duration.infinity } : { stdout: "done" },
          { maxProcesses: 2 }
        )
        yield* Effect.fork(runs(runner, "query", 8))
        yield* TestClock.adjust("1 millis")
        assert.strictEqual((yield* runner.run(invocation(["mount"], { kind: "uninterruptible" }))).stdout, "done")
      }))

    it.effect("are not waited for any longer once the wait is interrupted, and nothing is started then", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([{ lasts: Duration.infinity }], { maxProcesses: 1 })
        yield* Effect.fork(runner.run(invocation([], { kind: "uninterruptible" })))
        const waiting = yield* Effect.fork(runner.run(invocation([], { kind: "uninterruptible" })))
        yield* TestClock.adjust("1 millis")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
        assert.strictEqual(calls.length, 1)
      }))

    it.effect("are not waited for any longer in a region that is uninterruptible but for the wait", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([{ lasts: Duration.infinity }], { maxProcesses: 1 })
        yield* Effect.fork(runner.run(invocation([], { kind: "uninterruptible" })))
        const waiting = yield* Effect.fork(
          Effect.uninterruptibleMask((restore) => runner.run(invocation([], { kind: "uninterruptible" }), restore))
        )
        yield* TestClock.adjust("1 millis")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(waiting)))
        assert.strictEqual(calls.length, 1)
      }))

    const endings: ReadonlyArray<readonly [string, ScriptedExecutor.Answer]> = [
      ["success", {}],
      ["failure", { exitCode: 1 }],
      ["a process that cannot be started", { spawnError: "ENOENT" }],
      ["a defect of the executor", { throws: "nonsense" }],
      ["a broken output", { breaks: new Error("the pipe is gone") }],
      ["an interruption", { lasts: Duration.infinity }],
      ["a limit", { lasts: Duration.infinity }]
    ]
    for (const [title, answer] of endings) {
      it.effect(`are given back after ${title}`, () =>
        Effect.gen(function*() {
          const { runner } = yield* scripted((_, index) => index === 0 ? answer : {}, { maxProcesses: 1 })
          const options = title === "a limit" ? { limit: Duration.minutes(1) } : {}
          const first = yield* Effect.fork(Effect.exit(runner.run(invocation([], options))))
          yield* TestClock.adjust("1 millis")
          if (title === "an interruption") yield* Fiber.interrupt(first)
          yield* TestClock.adjust("2 minutes")
          yield* Fiber.await(first)
          assert.strictEqual((yield* runner.run(invocation([]))).exitCode, 0)
        }))
    }
  })

  describe("the log", () => {
    interface Entry {
      readonly level: string
      readonly message: string
      readonly stream: unknown
    }

    const collected = <A, E>(
      minimum: LogLevel.LogLevel,
      effect: (entries: ReadonlyArray<Entry>) => Effect.Effect<A, E>
    ) =>
      Effect.suspend(() => {
        const entries: Array<Entry> = []
        const logger = Logger.make(({ annotations, logLevel, message }) => {
          entries.push({
            level: logLevel.label,
            message: Array.isArray(message) ? message.join(" ") : String(message),
            stream: Option.getOrUndefined(
              Option.fromNullable([...annotations].find(([key]) => key === "ploop.stream")?.[1])
            )
          })
        })
        return effect(entries).pipe(
          Effect.provide(Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(minimum)))
        )
      })

    it.effect("gets a line as soon as it is whole, while the tool runs", () =>
      collected(LogLevel.Debug, (entries) =>
        Effect.gen(function*() {
          const second = Duration.seconds(1)
          const e = new TextEncoder().encode("é\n")
          const { runner } = yield* scripted([{
            stdout: ["Opening ", second, "delta\nMount", e.slice(0, 1), second, e.slice(1)]
          }])
          const fiber = yield* Effect.fork(runner.run(invocation(["mount"])))
          const messages = () => entries.map((entry) => entry.message)
          yield* TestClock.adjust("900 millis")
          assert.deepStrictEqual(messages(), [])
          yield* TestClock.adjust("200 millis")
          assert.deepStrictEqual(messages(), ["Opening delta"])
          yield* TestClock.adjust("2 seconds")
          yield* Fiber.join(fiber)
          assert.deepStrictEqual(messages(), ["Opening delta", "Mounté"])
        })))

    it.effect("says which output a line comes from, and how loud it is", () =>
      collected(LogLevel.Debug, (entries) =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([{
            stdout: "Opening delta /vz/a\nWarning: Unable to delete snapshot\n\nRunning: mkfs\nCancelling...",
            stderr: "Error in f (a.c:1): Dirty flag is set\nError in g (b.c:2): not found\n"
          }])
          yield* runner.run(invocation(["mount"]))
          const of = (stream: string) =>
            entries.filter((entry) => entry.stream === stream).map((entry) => [entry.level, entry.message])
          assert.deepStrictEqual(of("stdout"), [
            ["DEBUG", "Opening delta /vz/a"],
            ["WARN", "Warning: Unable to delete snapshot"],
            ["DEBUG", "Running: mkfs"],
            ["INFO", "Cancelling..."]
          ])
          assert.deepStrictEqual(of("stderr"), [
            ["INFO", "Error in f (a.c:1): Dirty flag is set"],
            ["DEBUG", "Error in g (b.c:2): not found"]
          ])
        })))

    it.effect("gets a last line that has no end, also while a grandchild holds the output open", () =>
      collected(LogLevel.Debug, (entries) =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([{ stdout: "Warning: half", holdsPipes: true }])
          const fiber = yield* Effect.fork(runner.run(invocation(["mount"])))
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual((yield* Fiber.join(fiber)).stdout, "Warning: half")
          assert.deepStrictEqual(entries.map((entry) => entry.message), ["Warning: half"])
        })))

    it.effect("never gets a control character or an endless line", () =>
      collected(LogLevel.Debug, (entries) =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([{
            stdout: ["\u001b[31mred\u0007\r\n", "x".repeat(5000), "yyy", "\nnext\n"]
          }])
          const result = yield* runner.run(invocation(["mount"]))
          assert.deepStrictEqual(entries.map((entry) => entry.message), [
            "\\u001b[31mred\\u0007",
            `${"x".repeat(2000)}…`,
            "next"
          ])
          assert.strictEqual(result.stdout.length, 11 + 5000 + 3 + 6)
        })))

    it.effect("is spared what nobody wants to see", () =>
      collected(LogLevel.Info, (entries) =>
        Effect.gen(function*() {
          const { runner } = yield* scripted([{ stdout: "Opening delta\nWarning: careful\n" }])
          yield* runner.run(invocation(["mount"]))
          assert.deepStrictEqual(entries.map((entry) => entry.message), ["Warning: careful"])
        })))
  })

  describe("the trace", () => {
    const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.gen(function*() {
        const spans: Array<Tracer.Span> = []
        const native = yield* Effect.tracer
        const tracer = Tracer.make({
          context: native.context,
          span: (...args) => {
            const span = native.span(...args)
            spans.push(span)
            return span
          }
        })
        yield* Effect.exit(Effect.withTracer(Effect.withSpan(effect, "Ploop.mount"), tracer))
        return spans.map((span) => [span.name, Object.fromEntries(span.attributes), span.status._tag] as const)
      })

    it.effect("has a span for each run, and the last run and their number on the operation's", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ exitCode: 21, lasts: "5 millis" }, { signal: "SIGSEGV" }])
        const fiber = yield* Effect.fork(traced(
          Effect.zipRight(runner.run(invocation(["mount", "a b"])), runner.run(invocation(["list"])))
        ))
        yield* TestClock.adjust("5 millis")
        const first = {
          "ploop.arguments": "/usr/sbin/ploop mount 'a b'",
          "ploop.exit_code": 21,
          "ploop.signal": "none",
          "ploop.duration_ms": 5
        }
        const second = {
          "ploop.arguments": "/usr/sbin/ploop list",
          "ploop.exit_code": -1,
          "ploop.signal": "SIGSEGV",
          "ploop.duration_ms": 0
        }
        assert.deepStrictEqual(yield* Fiber.join(fiber), [
          ["Ploop.mount", { ...second, "ploop.runs": 2 }, "Ended"],
          ["ploop.process", first, "Ended"],
          ["ploop.process", second, "Ended"]
        ])
      }))
  })

  describe("a stream of what the tool prints", () => {
    const classify = (result: Process.ProcessResult) => ({ _tag: "Classified" as const, result })

    const stream = (text: string, options: Partial<Process.Invocation> = {}) =>
      Stream.unwrap(
        Effect.map(Process.make(config), (runner) => runner.stream(invocation(["-c", text], options), classify))
      )

    const size = (chunks: Chunk.Chunk<Uint8Array>) => Chunk.reduce(chunks, 0, (sum, bytes) => sum + bytes.length)

    live("has every byte", () =>
      Effect.gen(function*() {
        const chunks = yield* Stream.runCollect(stream("head -c 3000000 /dev/zero; echo noise >&2"))
        assert.strictEqual(size(chunks), 3_000_000)
      }))

    it.effect("has also what comes after the exit of the tool, which leaves it in the pipe", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ stdout: ["first,", Duration.millis(500), "last"], lasts: 0 }])
        const text = Stream.mkString(Stream.decodeText(runner.stream(invocation(["copy"]), classify)))
        const fiber = yield* Effect.fork(text)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "first,last")
      }))

    live("fails behind its last byte when the tool fails, with the tool's output", () =>
      Effect.gen(function*() {
        const seen: Array<Uint8Array> = []
        const error = yield* stream("printf half; echo why >&2; exit 13").pipe(
          Stream.runForEach((bytes) => Effect.sync(() => seen.push(bytes))),
          Effect.flip
        )
        assert.strictEqual(new TextDecoder().decode(seen[0]), "half")
        assert.strictEqual(error._tag, "Classified")
        if (error._tag === "Classified") {
          assert.strictEqual(error.result.exitCode, 13)
          assert.strictEqual(error.result.stderr, "why\n")
        }
      }))

    live("loses nothing to a reader that is slower than the tool", () =>
      Effect.gen(function*() {
        const chunks = yield* stream("head -c 400000 /dev/zero").pipe(
          Stream.mapEffect((bytes) => Effect.delay(Effect.succeed(bytes), "20 millis")),
          Stream.runCollect
        )
        assert.strictEqual(size(chunks), 400_000)
      }))

    live("ends the tool when nobody wants more", () =>
      Effect.gen(function*() {
        const pids = `${yield* scratch}/pids`
        yield* stream(`echo $$ > ${pids}; while :; do echo x; sleep 0.01; done`).pipe(Stream.take(1), Stream.runDrain)
        yield* isGone((yield* textOf(pids)).trim())
      }))

    live("ends although a grandchild holds the output open", () =>
      Effect.gen(function*() {
        const chunks = yield* Stream.runCollect(stream("sleep 4 & printf done"))
        assert.strictEqual(size(chunks), 4)
      }))

    live("fails when its time is over", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(stream("sleep 60", { limit: Duration.millis(100) })))
        assert.strictEqual(error._tag, "TimedOut")
      }))
  })

  describe("a sink for what the tool reads", () => {
    const classify = (result: Process.ProcessResult) => ({ _tag: "Classified" as const, result })

    const feed = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, text: string) =>
      Effect.flatMap(
        Process.make(config),
        (runner) => Stream.run(bytes, runner.sink(invocation(["-c", text], { kind: "change" }), classify))
      )

    const kilobytes = (count: number) => Stream.range(1, count).pipe(Stream.map(() => new Uint8Array(1024)))

    live("hands over every byte, then the end, and waits for the exit", () =>
      Effect.gen(function*() {
        const file = `${yield* scratch}/file`
        yield* feed(kilobytes(2000), `wc -c > ${file}; sleep 0.05; echo done >> ${file}`)
        assert.deepStrictEqual((yield* textOf(file)).trim().split("\n"), ["2048000", "done"])
      }))

    live("fails when the tool fails", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(feed(kilobytes(1), "cat > /dev/null; echo why >&2; exit 6"))
        assert.strictEqual(error._tag, "Classified")
        if (error._tag === "Classified") assert.strictEqual(error.result.stderr, "why\n")
      }))

    live("fails when the tool ends before it has read everything, however much there is", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(feed(Stream.forever(kilobytes(64)), "head -c 10 > /dev/null; exit 13"))
        assert.strictEqual(error._tag, "Classified")
      }))

    it.scoped("fails when the tool ends and has read nothing", () =>
      Effect.gen(function*() {
        const { runner } = yield* scripted([{ deaf: true, lasts: "1 seconds", exitCode: 13 }])
        const fiber = yield* Effect.fork(Effect.flip(
          Stream.run(Stream.forever(kilobytes(64)), runner.sink(invocation(["copy"]), classify))
        ))
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Classified")
      }))

    live("takes no more than the tool does", () =>
      Effect.gen(function*() {
        const taken = { bytes: 0 }
        const source = Stream.forever(Stream.succeed(new Uint8Array(65536))).pipe(
          Stream.tap((bytes) => Effect.zipRight(Effect.sync(() => taken.bytes += bytes.length), Effect.yieldNow()))
        )
        const fiber = yield* Effect.fork(feed(source, "sleep 60"))
        for (let before = 0; before === 0 || taken.bytes > before;) {
          before = taken.bytes
          assert.isBelow(before, 4_000_000)
          yield* Effect.sleep("100 millis")
        }
        yield* Fiber.interrupt(fiber)
      }))

    live("ends the tool when the bytes fail to come", () =>
      Effect.gen(function*() {
        const pids = `${yield* scratch}/pids`
        const begun = yield* Deferred.make<void>()
        const source = Stream.concat(
          kilobytes(1),
          Stream.fromEffect(Effect.zipRight(Deferred.await(begun), Effect.fail("cut")))
        )
        const fiber = yield* Effect.fork(Effect.flip(feed(source, `echo $$ > ${pids}; cat > /dev/null; sleep 60`)))
        const [pid] = yield* linesOf(pids, 1)
        yield* Deferred.succeed(begun, undefined)
        assert.strictEqual(yield* Fiber.join(fiber), "cut")
        yield* isGone(pid!)
      }))

    it.scoped("ends the input of a tool that waits for it when the bytes fail, and need not kill it", () =>
      Effect.gen(function*() {
        const { calls, runner } = yield* scripted([
          { lasts: Duration.infinity, ignores: ["SIGTERM"], endsWithInput: true }
        ])
        const source = Stream.concat(kilobytes(1), Stream.fail("cut"))
        const fiber = yield* Effect.fork(Effect.flip(
          Stream.run(source, runner.sink(invocation(["copy"], { kind: "change" }), classify))
        ))
        yield* TestClock.adjust(config.grace)
        assert.strictEqual(yield* Fiber.join(fiber), "cut")
        assert.deepStrictEqual(calls.map(({ signals }) => signals), [["SIGTERM"]])
      }))

    live("ends the input of a tool that ignores signals when the bytes fail", () =>
      Effect.gen(function*() {
        const file = `${yield* scratch}/file`
        const begun = `${file}.begun`
        const cut = Effect.zipRight(linesOf(begun, 1), Effect.fail("cut"))
        const source = Stream.concat(kilobytes(1), Stream.fromEffect(cut))
        yield* Effect.flip(feed(source, `trap '' TERM; echo begun > ${begun}; cat > /dev/null; echo ended > ${file}`))
        assert.strictEqual(yield* textOf(file), "ended\n")
      }))
  })

  describe("an output", () => {
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 30 })

    const push = (limit: number, pieces: ReadonlyArray<Uint8Array>) => {
      const output = new Output.Output(limit)
      const lines = [...pieces.flatMap((piece) => output.push(piece)), ...output.end()]
      return { output, lines, all: new Uint8Array(Buffer.concat(pieces)) }
    }

    it("is what was printed, in whatever pieces it came, while it is short", () => {
      fc.assert(fc.property(pieces, (pieces) => {
        const { all, lines, output } = push(2000, pieces)
        const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(all)
        assert.strictEqual(output.text(), text)
        assert.deepStrictEqual(lines, text.split(/\r\n|\n|\r/).filter((line) => line !== ""))
      }))
    })

    it("is its beginning and its end, and never a broken character, when it is long", () => {
      const characters = fc.array(fc.constantFrom("a", "é", "€", "😀", "\n"), { minLength: 20, maxLength: 200 })
      fc.assert(
        fc.property(
          characters,
          fc.integer({ min: 8, max: 40 }),
          fc.integer({ min: 1, max: 7 }),
          (chars, limit, size) => {
            const bytes = new TextEncoder().encode(chars.join(""))
            fc.pre(bytes.length > limit)
            const pieces = Array.from(
              { length: Math.ceil(bytes.length / size) },
              (_, at) => bytes.slice(at * size, (at + 1) * size)
            )
            const { output } = push(limit, pieces)
            const [, head, left, tail] = /^([^]*)\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n([^]*)$/.exec(output.text())!
            assert.isTrue(chars.join("").startsWith(head!))
            assert.isTrue(chars.join("").endsWith(tail!))
            const length = (text: string) => new TextEncoder().encode(text).length
            assert.strictEqual(length(head!) + Number(left) + length(tail!), bytes.length)
            assert.isAtMost(length(head!), limit / 2)
            assert.isAtMost(length(tail!), limit / 2 + 4)
            assert.isAtLeast(length(head!) + length(tail!), limit - 3)
          }
        )
      )
    })

    it("does not pile up, however long it is", () => {
      const output = new Output.Output(1000)
      const before = memory()
      for (let count = 0; count < 150; count++) output.push(new Uint8Array(1024 * 1024).fill(120))
      assert.isBelow(memory() - before, 100 * 1024 * 1024)
    })
  })

  describe("a command line as text", () => {
    it("separates its words, and has no control character", () => {
      assert.strictEqual(
        Output.join(["ploop", "-v-1", "a b", "it's", "", "x\ny", "{5fbaabe3}"]),
        "ploop -v-1 'a b' 'it'\\''s' '' 'x\\u000ay' {5fbaabe3}"
      )
    })
  })
})

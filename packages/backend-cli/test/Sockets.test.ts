/** Processes of this host that have a socket as their standard input. */
import { Command } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { existsSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { nodeSockets } from "../src/internal/process/nodeSockets.js"
import { until } from "./utils/clock.js"

const shell = (text: string, environment: Record<string, string> = {}) =>
  nodeSockets.start(Command.env(Command.make("/bin/sh", "-c", text), environment))

const textOf = <E>(stream: Stream.Stream<Uint8Array, E>) => Stream.mkString(Stream.decodeText(stream))

const bytes = (text: string) => new TextEncoder().encode(text)

/** Whether a process is there, other than as a zombie. */
const isThere = (pid: number) =>
  existsSync(`/proc/${pid}/exe`) && Exit.isSuccess(Effect.runSyncExit(Effect.try(() => process.kill(pid, 0))))

const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("ploop-socket-"))

describe("a process with a socket", () => {
  it.scopedLive("gets what it is sent, and sends something back", () =>
    Effect.gen(function*() {
      const { exitCode, socket } = yield* shell("read line; echo \"$line back\" >&0")
      assert.isTrue(yield* socket.offer(bytes("there\n")))
      assert.strictEqual(yield* textOf(socket.incoming), "there back\n")
      assert.strictEqual(yield* exitCode, 0)
    }))

  it.scopedLive("sees the end of what it is sent, and can still answer", () =>
    Effect.gen(function*() {
      const { socket } = yield* shell("cat > /dev/null; echo done >&0")
      yield* socket.end
      assert.strictEqual(yield* textOf(socket.incoming), "done\n")
    }))

  it.scopedLive("has the variables that it is given beside those of this process", () =>
    Effect.gen(function*() {
      const { stdout } = yield* shell("echo $LC_ALL; echo ${PATH:+there}", { LC_ALL: "none" })
      assert.strictEqual(yield* textOf(stdout), "none\nthere\n")
    }))

  it.scopedLive("that dies of a signal has no exit code", () =>
    Effect.gen(function*() {
      const { exitCode } = yield* shell("kill -s KILL $$")
      assert.include((yield* Effect.flip(exitCode)).message, "SIGKILL")
    }))

  it.scopedLive("leaves no directory of its socket", () =>
    Effect.gen(function*() {
      const before = left()
      yield* shell(":")
      assert.deepStrictEqual(left().filter((name) => !before.includes(name)), [])
    }))

  const family = "sleep 600 >&- 2>&- & echo $!; wait"

  it.scopedLive("is killed with the processes that it has started", () =>
    Effect.gen(function*() {
      const { kill, stdout } = yield* shell(family)
      const child = Number(yield* Stream.mkString(Stream.take(Stream.splitLines(Stream.decodeText(stdout)), 1)))
      assert.isTrue(isThere(child))
      yield* kill()
      yield* until(Effect.sync(() => !isThere(child)))
    }))

  it.live("ends with its scope", () =>
    Effect.gen(function*() {
      const pid = yield* Effect.scoped(Effect.map(shell("read line; exec sleep 600"), ({ pid }) => pid))
      assert.isFalse(isThere(pid))
    }))
})

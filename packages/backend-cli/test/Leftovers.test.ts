import { Ploop } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Scope } from "effect"
import { Effect, Fiber, Stream } from "effect"
import { writeFileSync } from "node:fs"
import { privatePrefix } from "../src/internal/hostFiles.js"
import { until, untilDone } from "./utils/clock.js"
import { A, scripted } from "./utils/host.js"
import type { Answer } from "./utils/ScriptedExecutor.js"

const test = (
  title: string,
  effect: Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) => it.scoped(title, () => Effect.provide(effect, NodeContext.layer))

const ploop = <A, E>(run: (ploop: Ploop.Ploop) => Effect.Effect<A, E>) => Effect.flatMap(Ploop.Ploop, run)

/** An empty directory, and a tool that creates a file where a command names one and then ends as the result says. */
const making = (command: string, answer: Answer) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* scripted("1.15", (words) => {
      if (words[0] !== command) return undefined
      writeFileSync(words.at(-1)!, "made by the tool")
      return answer
    }, { changeLimit: "10 minutes" })
    const directory = `${host.directory}/new`
    yield* fs.makeDirectory(directory)
    const asked = Effect.map(host.commands, (commands) => commands.some(([first]) => first === command))
    return {
      directory,
      context: host.context,
      running: host.running,
      asked,
      files: Effect.orDie(fs.readDirectory(directory))
    }
  })

const endings: ReadonlyArray<readonly [title: string, answer: Answer]> = [
  ["is killed", { signal: "SIGKILL" }],
  ["runs beyond its limit", { lasts: "1 hour" }]
]

describe("create leaves nothing", () => {
  const create = (directory: string) =>
    ploop((ploop) => ploop.create({ image: `${directory}/root.hdd`, size: "10M", fileSystem: "none" }))

  for (const [title, answer] of endings) {
    test(
      `when its tool ${title}`,
      Effect.gen(function*() {
        const host = yield* making("init", answer)
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(create(host.directory), host.context)))
        yield* untilDone(host, fiber, "1 minute")
        assert.include(["ToolAborted", "TimedOut"], (yield* Fiber.join(fiber))._tag)
        assert.deepStrictEqual(yield* host.files, [])
      })
    )
  }

  test(
    "when it is interrupted",
    Effect.gen(function*() {
      const host = yield* making("init", { lasts: "1 hour" })
      const fiber = yield* Effect.fork(Effect.provide(create(host.directory), host.context))
      yield* until(host.asked)
      yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)))
      assert.deepStrictEqual(yield* host.files, [])
    })
  )

  test(
    "of another process, in a private directory that nobody holds, and costs nobody any other directory",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* making("init", {})
      const modes: Readonly<Record<string, number>> = {
        [`${privatePrefix}Abc123`]: 0o700,
        [`${privatePrefix}Abc124`]: 0o755,
        [`${privatePrefix}Abc1234`]: 0o700,
        mine: 0o700
      }
      for (const [name, mode] of Object.entries(modes)) {
        yield* fs.makeDirectory(`${host.directory}/${name}`)
        yield* fs.writeFileString(`${host.directory}/${name}/file`, "")
        yield* fs.chmod(`${host.directory}/${name}`, mode)
      }
      yield* Effect.exit(Effect.provide(create(host.directory), host.context))
      assert.sameMembers(yield* host.files, Object.keys(modes).slice(1))
    })
  )

  test(
    "but what another process has made meanwhile",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "ploop-test-" })
      const image = `${directory}/root.hdd`
      const host = yield* scripted("1.15", ([command]) => {
        if (command !== "init") return undefined
        writeFileSync(image, "of another process")
        return { stderr: `Error in create_empty_delta (ploop.c:1): Can't create ${image}: File exists\n`, exitCode: 1 }
      })
      yield* Effect.exit(Effect.provide(create(directory), host.context))
      assert.strictEqual(yield* fs.readFileString(image), "of another process")
    })
  )
})

describe("a copy that is received", () => {
  const receive = (directory: string) =>
    ploop((ploop) => Stream.run(Stream.make(new Uint8Array(3)), ploop.copyReceive({ image: `${directory}/copy` })))

  test(
    "is there when it is whole",
    Effect.gen(function*() {
      const host = yield* making("copy", {})
      yield* Effect.provide(receive(host.directory), host.context)
      assert.deepStrictEqual(yield* host.files, ["copy"])
    })
  )

  for (const [title, answer] of [...endings, ["fails", { exitCode: 13, stderr: "Stream corrupted\n" }] as const]) {
    test(
      `leaves nothing when its tool ${title}`,
      Effect.gen(function*() {
        const host = yield* making("copy", answer)
        const fiber = yield* Effect.fork(Effect.flip(Effect.provide(receive(host.directory), host.context)))
        yield* untilDone(host, fiber, "1 minute")
        assert.deepStrictEqual(yield* host.files, [])
      })
    )
  }

  test(
    "does not take the place of a file, which the tool would overwrite",
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const host = yield* making("copy", {})
      yield* fs.writeFileString(`${host.directory}/copy`, "precious")
      const error = yield* Effect.flip(Effect.provide(receive(host.directory), host.context))
      assert.strictEqual(error._tag, "AlreadyExists")
      assert.strictEqual(yield* fs.readFileString(`${host.directory}/copy`), "precious")
    })
  )
})

describe("a mount that fails takes down", () => {
  const base = (disk: string) => disk.replace("DiskDescriptor.xml", "root.hdd")

  const log = (...devices: ReadonlyArray<string>) =>
    devices.map((device) => `Adding delta dev=${device} img=/x/root.hdd (rw)\n`).join("")

  /** The devices that are unmounted after a mount that ends so, on a host with `/dev/ploop7` and `/dev/ploop8`. */
  const unmounted = (
    answer: Answer,
    owner: (disk: string) => string,
    run: (ploop: Ploop.Ploop, disk: string) => Effect.Effect<unknown, PloopError.PloopError>
  ) =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", ([command], disk) =>
        command === "mount" || command === "tsnapshot"
          ? answer
          : command === "list"
          ? { stdout: `ploop7       ${owner(disk)}  \nploop8       ${owner(disk)}  \n` }
          : undefined, { changeLimit: "10 minutes" })
      const fiber = yield* Effect.fork(
        Effect.exit(Effect.provide(ploop((ploop) => run(ploop, host.disk)), host.context))
      )
      yield* untilDone(host, fiber, "1 minute")
      return (yield* host.commands).flatMap(([command, , device]) => command === "umount" ? [device] : [])
    })

  const mount = (ploop: Ploop.Ploop, disk: string) => ploop.mount({ disk })

  const failing = { stderr: "Can't mount file system dev=/dev/ploop8p1\n", exitCode: 21 }

  test(
    "the device that the tool named last",
    Effect.gen(function*() {
      const answer = { ...failing, stdout: log("/dev/ploop7", "/dev/ploop8") }
      assert.deepStrictEqual(yield* unmounted(answer, base, mount), ["/dev/ploop8"])
    })
  )

  test(
    "the device also when the limit was over",
    Effect.gen(function*() {
      const answer: Answer = { stdout: log("/dev/ploop8"), lasts: "1 hour" }
      assert.deepStrictEqual(yield* unmounted(answer, base, mount), ["/dev/ploop8"])
    })
  )

  test(
    "the device also of a temporary snapshot",
    Effect.gen(function*() {
      const answer = { ...failing, stdout: log("/dev/ploop8") }
      const take = (ploop: Ploop.Ploop, disk: string) => ploop.createTemporarySnapshot({ disk, id: A, component: "bk" })
      assert.deepStrictEqual(yield* unmounted(answer, base, take), ["/dev/ploop8"])
    })
  )

  test(
    "the device in as much time as a change may take",
    Effect.gen(function*() {
      const host = yield* scripted("1.15", ([command], disk) =>
        command === "mount"
          ? { ...failing, stdout: log("/dev/ploop8") }
          : command === "list"
          ? { stdout: `ploop8       ${base(disk)}  \n` }
          : command === "umount"
          ? { lasts: "1 hour" }
          : undefined, { queryLimit: "1 minute", changeLimit: "1 day" })
      const failed = Effect.exit(Effect.provide(ploop((ploop) => mount(ploop, host.disk)), host.context))
      yield* untilDone(host, yield* Effect.fork(failed), "10 minutes")
      const found = host.calls.filter(({ argv }) => argv.includes("umount"))
      assert.deepStrictEqual(found.map(({ signals }) => signals), [[]])
    })
  )

  test(
    "no device of another disk",
    Effect.gen(function*() {
      const answer = { ...failing, stdout: log("/dev/ploop8") }
      assert.deepStrictEqual(yield* unmounted(answer, () => "/x/root.hdd", mount), [])
    })
  )

  test(
    "no device of a disk that was mounted before, whatever the tool has named",
    Effect.gen(function*() {
      const answer = {
        stdout: log("/dev/ploop8"),
        stderr: "Image /x/root.hdd already used by device /dev/ploop8\n",
        exitCode: 21
      }
      assert.deepStrictEqual(yield* unmounted(answer, base, mount), [])
    })
  )

  test(
    "no device when the tool has named none",
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* unmounted(failing, base, mount), [])
    })
  )
})

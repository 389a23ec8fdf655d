import { LowLevel, Operation, Ploop } from "@effect-ploop/core"
import type { PloopError } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Sink, Stream, TestClock } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { until, untilDone } from "./utils/clock.js"
import { A, B, scripted, withNode } from "./utils/host.js"
import { image } from "./utils/image.js"
import type { Answer } from "./utils/ScriptedExecutor.js"
import { sysfs } from "./utils/sysfs.js"

const device = "/dev/ploop1"

interface Run {
  /** The command of the tool that does the work. */
  readonly command: string
  /** What it is called where its options make another one of it. */
  readonly title?: string
  readonly run: (
    services: { readonly ploop: Ploop.Ploop; readonly lowLevel: LowLevel.LowLevel },
    paths: { readonly disk: string; readonly directory: string }
  ) => Effect.Effect<unknown, PloopError.PloopError>
}

/** Every operation that runs the tool, on generation 1.15. */
const runs: ReadonlyArray<readonly [Operation.Name, Operation.Kind, Run]> = [
  ["create", "change", {
    command: "init",
    run: ({ ploop }, { directory }) => ploop.create({ image: `${directory}/new/root.hdd`, size: "10M" })
  }],
  ["restoreDescriptor", "change", {
    command: "restore-descriptor",
    run: ({ ploop }, { directory }) =>
      ploop.restoreDescriptor({ image: `${directory}/root.hdd`, directory: `${directory}/new` })
  }],
  ["clone", "change", {
    command: "init",
    run: ({ ploop }, { directory, disk }) => ploop.clone({ disk, snapshot: A, directory: `${directory}/new` })
  }],
  ["convert", "uninterruptible", {
    command: "convert",
    run: ({ ploop }, { disk }) => ploop.convert({ disk, version: 2 })
  }],
  ["check", "uninterruptible", { command: "check", run: ({ ploop }, { disk }) => ploop.check({ disk }) }],
  ["check", "query", {
    command: "check",
    title: "check of an image with readOnly",
    run: ({ ploop }, { directory }) => ploop.check({ image: `${directory}/root.hdd`, readOnly: true })
  }],
  ["replace", "uninterruptible", {
    command: "replace",
    run: ({ ploop }, { directory, disk }) => ploop.replace({ disk, snapshot: A, with: `${directory}/root.hdd` })
  }],
  ["mount", "uninterruptible", { command: "mount", run: ({ ploop }, { disk }) => ploop.mount({ disk }) }],
  ["umount", "change", { command: "umount", run: ({ ploop }, { disk }) => ploop.umount({ disk }) }],
  ["resize", "uninterruptible", {
    command: "resize",
    run: ({ ploop }, { disk }) => ploop.resize({ disk, size: "20M" })
  }],
  ["createSnapshot", "uninterruptible", {
    command: "snapshot",
    run: ({ ploop }, { disk }) => ploop.createSnapshot({ disk })
  }],
  ["createTemporarySnapshot", "uninterruptible", {
    command: "tsnapshot",
    run: ({ ploop }, { disk }) => ploop.createTemporarySnapshot({ disk, component: "bk" })
  }],
  ["switchSnapshot", "uninterruptible", {
    command: "snapshot-switch",
    run: ({ ploop }, { disk }) => ploop.switchSnapshot({ disk, id: A })
  }],
  ["snapshotAndSwitch", "uninterruptible", {
    command: "snapshot-switch",
    run: ({ ploop }, { disk }) => ploop.snapshotAndSwitch({ disk, id: A })
  }],
  ["switchAndDelete", "uninterruptible", {
    command: "snapshot-switch",
    run: ({ ploop }, { disk }) => ploop.switchAndDelete({ disk, id: B })
  }],
  ["deleteSnapshot", "uninterruptible", {
    command: "snapshot-delete",
    run: ({ ploop }, { disk }) => ploop.deleteSnapshot({ disk, id: A })
  }],
  ["mergeSnapshots", "uninterruptible", {
    command: "snapshot-merge",
    run: ({ ploop }, { disk }) => ploop.mergeSnapshots({ disk })
  }],
  ["imageInfo", "query", { command: "info", run: ({ ploop }, { disk }) => ploop.imageInfo({ disk }) }],
  ["isMounted", "query", { command: "info", run: ({ ploop }, { disk }) => ploop.isMounted({ disk }) }],
  ["deviceOf", "query", { command: "info", run: ({ ploop }, { disk }) => ploop.deviceOf({ disk }) }],
  ["attachments", "query", { command: "list", run: ({ ploop }, { disk }) => ploop.attachments({ disk }) }],
  ["listDevices", "query", { command: "list", run: ({ ploop }) => ploop.listDevices }],
  ["deviceStatistics", "query", { command: "stat", run: ({ ploop }) => ploop.deviceStatistics({ device }) }],
  ["balloonClear", "change", { command: "balloon", run: ({ ploop }) => ploop.balloonClear({ device }) }],
  ["balloonStatus", "query", { command: "balloon", run: ({ ploop }) => ploop.balloonStatus({ device }) }],
  ["balloonChange", "uninterruptible", {
    command: "balloon",
    run: ({ ploop }) => ploop.balloonChange({ device, size: "1M" })
  }],
  ["balloonComplete", "uninterruptible", { command: "balloon", run: ({ ploop }) => ploop.balloonComplete({ device }) }],
  ["balloonCheck", "query", { command: "balloon", run: ({ ploop }) => ploop.balloonCheck({ device }) }],
  ["balloonRepair", "uninterruptible", { command: "balloon", run: ({ ploop }) => ploop.balloonRepair({ device }) }],
  ["discard", "uninterruptible", { command: "balloon", run: ({ ploop }) => ploop.discard({ device }) }],
  ["discardStatus", "query", { command: "balloon", run: ({ ploop }) => ploop.discardStatus({ device }) }],
  ["copySend", "change", { command: "copy", run: ({ ploop }) => Stream.runDrain(ploop.copySend({ device })) }],
  ["start", "change", { command: "start", run: ({ lowLevel }) => lowLevel.start({ device }) }],
  ["stop", "change", { command: "stop", run: ({ lowLevel }) => lowLevel.stop({ device }) }],
  ["clear", "change", { command: "clear", run: ({ lowLevel }) => lowLevel.clear({ device }) }],
  ["deleteDelta", "change", { command: "delete", run: ({ lowLevel }) => lowLevel.deleteDelta({ device, level: 1 }) }],
  ["grow", "uninterruptible", { command: "grow", run: ({ lowLevel }) => lowLevel.grow({ device, size: "20M" }) }],
  ["mergeDelta", "uninterruptible", {
    command: "merge",
    run: ({ lowLevel }, { directory }) =>
      lowLevel.mergeDelta({ delta: `${directory}/root.hdd.1`, image: `${directory}/root.hdd` })
  }],
  ["nextDevice", "query", { command: "getdev", run: ({ lowLevel }) => lowLevel.nextDevice }]
]

const words = (argv: ReadonlyArray<string>) => argv.slice(1).filter((word) => !/^-v-?\d+$/.test(word))

/** The signals that the tool gets when the time of its kind is over and it ignores the first. */
const signalsOf = (kind: Operation.Kind, { command, run }: Run) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const host = yield* Effect.provideService(
      scripted(
        "1.15",
        (found) => found[0] === command ? { lasts: "10 minutes", ignores: ["SIGTERM"] } : undefined,
        kind === "query"
          ? { queryLimit: "2 minutes", changeLimit: "1 day" }
          : { queryLimit: "1 day", changeLimit: "2 minutes" }
      ),
      CurrentHostFiles,
      withNode(device)
    )
    for (const file of ["root.hdd", "root.hdd.1", "root.hdd.2"]) {
      yield* fs.writeFile(`${host.directory}/${file}`, image())
    }
    yield* fs.makeDirectory(`${host.directory}/new`)
    const fiber = yield* Effect.all({ ploop: Ploop.Ploop, lowLevel: LowLevel.LowLevel }).pipe(
      Effect.flatMap((services) => run(services, host)),
      Effect.provide(host.context),
      Effect.fork
    )
    yield* untilDone(host, fiber, "1 minute")
    return host.calls.find((call) => words(call.argv)[0] === command)?.signals ?? []
  })

describe("a tool that runs beyond the limit of its kind and ignores SIGTERM", () => {
  for (const [name, kind, run] of runs) {
    it.scoped(`is ${kind === "uninterruptible" ? "waited for" : "killed"} in ${run.title ?? name} (${kind})`, () =>
      Effect.gen(function*() {
        const signals = yield* signalsOf(kind, run)
        assert.strictEqual(signals[0], "SIGTERM")
        assert.strictEqual(signals.includes("SIGKILL"), kind !== "uninterruptible")
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it("is known for every operation that runs it on generation 1.15, other than a query of files and a copy that ends with its socket", () => {
    const named = new Set(runs.map(([name]) => name))
    const others = Operation.names.filter((name) => !named.has(name))
    assert.deepStrictEqual(others.sort(), [
      "cloneVolume",
      "copyFrom",
      "copyReceive",
      "copyTo",
      "createVolume",
      "deleteVolume",
      "dropTracking",
      "encrypt",
      "exportImage",
      "fileSystemInfo",
      "importImage",
      "listSnapshots",
      "prerequisites",
      "remove",
      "sizeLimits",
      "snapshotSizes",
      "snapshotVolume",
      "switchVolume",
      "tool",
      "topDelta",
      "volumeInfo",
      "volumeTree"
    ])
  })
})

describe("the limit", () => {
  it.scoped("of queries ends a query, and no change", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({ lasts: "1 hour" }), { queryLimit: "3 minutes" })
      const list = yield* Effect.fork(Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => Effect.timed(Effect.flip(ploop.listDevices))),
        host.context
      ))
      yield* untilDone(host, list, "1 minute")
      const [, error] = yield* Fiber.join(list)
      assert.strictEqual(error._tag, "TimedOut")

      const stop = yield* Effect.fork(Effect.provide(
        Effect.flatMap(LowLevel.LowLevel, (lowLevel) => lowLevel.stop({ device })),
        host.context
      ))
      yield* untilDone(host, stop, "1 minute")
      yield* Fiber.join(stop)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("of changes ends a change, and no query", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({ lasts: "10 minutes" }), {
        queryLimit: "1 hour",
        changeLimit: "3 minutes"
      })
      const stop = yield* Effect.fork(Effect.provide(
        Effect.flip(Effect.flatMap(LowLevel.LowLevel, (lowLevel) => lowLevel.stop({ device }))),
        host.context
      ))
      yield* untilDone(host, stop, "1 minute")
      assert.strictEqual((yield* Fiber.join(stop))._tag, "TimedOut")

      const list = yield* Effect.fork(
        Effect.provide(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices), host.context)
      )
      yield* untilDone(host, list, "1 minute")
      assert.deepStrictEqual(yield* Fiber.join(list), [])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a permit", () => {
  const stop = (number: number) =>
    Effect.flatMap(LowLevel.LowLevel, (lowLevel) => lowLevel.stop({ device: `/dev/ploop${number}` }))

  /** A process at a time, and no device, as files show. */
  const oneProcess = Effect.map(sysfs({}), (sysfs) => ({ maxProcesses: 1, queries: "files" as const, sysfs }))

  it.scoped("that is waited for can be given up", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({ lasts: "1 hour" }), yield* oneProcess)
      const first = yield* Effect.fork(Effect.provide(stop(1), host.context))
      yield* until(Effect.map(host.commands, (commands) => commands.length === 1))
      const second = yield* Effect.fork(Effect.provide(stop(2), host.context))
      yield* Effect.yieldNow()
      // The clock stands still, so that the first never ends.
      const exit = yield* Fiber.interrupt(second)
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual((yield* host.commands).length, 1)
      yield* untilDone(host, first, "1 hour")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("is given back whatever becomes of the run", () =>
    Effect.gen(function*() {
      const answers: ReadonlyArray<Answer> = [{ spawnError: "ENOMEM" }, { exitCode: 3 }, { lasts: "1 hour" }, {
        signal: "SIGSEGV"
      }]
      const host = yield* scripted("1.15", (_, __, index) => answers[index], yield* oneProcess)
      for (let index = 0; index < answers.length; index++) {
        const fiber = yield* Effect.fork(Effect.provide(stop(1), host.context))
        const before = (yield* host.commands).length
        yield* until(Effect.map(host.commands, (commands) => commands.length > before))
        yield* Fiber.interrupt(fiber)
      }
      yield* Effect.provide(stop(1), host.context)
      assert.strictEqual((yield* host.commands).length, answers.length + 1)
      yield* TestClock.adjust("1 second")
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("what a tool that was told to stop has started", () => {
  it.scoped("is killed after the tool has ended, before the operation does", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({ lasts: "1 hour" }), { queryLimit: "3 minutes" })
      const fiber = yield* Effect.fork(Effect.provide(
        Effect.flip(Effect.flatMap(Ploop.Ploop, (ploop) => ploop.listDevices)),
        host.context
      ))
      yield* untilDone(host, fiber, "1 minute")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "TimedOut")
      assert.deepStrictEqual(host.calls.at(-1)!.kills, ["SIGTERM", "SIGKILL"])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a copy that nobody reads any more", () => {
  it.scoped("ends its tool, which is killed when it ignores SIGTERM", () =>
    Effect.gen(function*() {
      const host = yield* scripted("1.15", () => ({
        stdout: ["bytes", Duration.hours(1), "more"],
        ignores: ["SIGTERM"]
      }))
      const fiber = yield* Effect.fork(Effect.provide(
        Effect.flatMap(Ploop.Ploop, (ploop) => Stream.runDrain(Stream.take(ploop.copySend({ device }), 1))),
        host.context
      ))
      yield* untilDone(host, fiber, "5 seconds")
      assert.deepStrictEqual(host.calls.at(-1)!.signals, ["SIGTERM", "SIGKILL"])
    }).pipe(Effect.provide(NodeContext.layer)))
})

describe("a copy in a dialogue that is interrupted", () => {
  const copies: ReadonlyArray<
    readonly [string, (ploop: Ploop.Ploop, directory: string) => Stream.Stream<unknown, PloopError.PloopError>]
  > = [
    ["copyTo", (ploop) => ploop.copyTo({ device }, silent)],
    ["copyFrom", (ploop, directory) => ploop.copyFrom({ image: `${directory}/new.hdd` }, silent)]
  ]
  const silent = { incoming: Stream.never, outgoing: Sink.drain }

  for (const [name, copy] of copies) {
    it.scoped(`waits for its tool, which is never killed: it resumes the device or unmounts the image first (${name})`, () =>
      Effect.gen(function*() {
        const host = yield* scripted(
          "7",
          ([command]) => command === "copy" ? { lasts: "10 minutes", ignores: ["SIGTERM"] } : undefined
        )
        const ploop = yield* Effect.provide(Ploop.Ploop, host.context)
        const fiber = yield* Effect.fork(Stream.runDrain(copy(ploop, host.directory)))
        const isCopying = Effect.map(host.commands, (commands) => commands.some(([command]) => command === "copy"))
        yield* until(isCopying)
        yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)), "1 minute")
        const signals = host.calls.find((call) => words(call.argv)[0] === "copy")!.signals
        assert.notInclude(signals, "SIGKILL")
        assert.strictEqual(host.running(), 0)
      }).pipe(Effect.provide(NodeContext.layer)))
  }
})

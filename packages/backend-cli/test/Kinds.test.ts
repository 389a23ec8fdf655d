import type { PloopError } from "@effect-ploop/core"
import { DiskDescriptor, Duplex, ExchangeFormat, LowLevel, Operation, Ploop, SnapshotId } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, Stream } from "effect"
import { CurrentHostFiles } from "../src/internal/currentHostFiles.js"
import { nodeHostFiles } from "../src/internal/nodeHostFiles.js"
import { turn, until, untilDone } from "./utils/clock.js"
import { A, B, scripted, words } from "./utils/host.js"
import { image } from "./utils/image.js"
import type * as ScriptedExecutor from "./utils/ScriptedExecutor.js"

/** One call of each operation that runs the tool, and the command that does its work. */
const calls = (
  ploop: Ploop.Ploop,
  low: LowLevel.LowLevel,
  { directory, disk }: { readonly directory: string; readonly disk: string }
): Partial<Record<Operation.Name, readonly [command: string, run: Effect.Effect<unknown, PloopError.PloopError>]>> => {
  const device = "/dev/ploop0"
  return {
    create: ["init", ploop.create({ image: `${directory}/new/root.hdd`, size: "10M" })],
    restoreDescriptor: [
      "restore-descriptor",
      ploop.restoreDescriptor({ image: `${directory}/root.hdd`, directory: `${directory}/new` })
    ],
    clone: ["init", ploop.clone({ disk, snapshot: A, directory: `${directory}/new` })],
    exportImage: [
      "convert",
      ploop.exportImage({ disk, snapshot: A, file: `${directory}/new/copy.qcow2`, format: "qcow2" })
    ],
    importImage: [
      "convert",
      ploop.importImage({ file: `${directory}/disk.qcow2`, image: `${directory}/new/root.hdd`, format: "qcow2" })
    ],
    convert: ["convert", ploop.convert({ disk, format: "preallocated" })],
    check: ["check", ploop.check({ image: `${directory}/root.hdd` })],
    replace: ["replace", ploop.replace({ disk, snapshot: A, with: `${directory}/root.hdd` })],
    mount: ["mount", ploop.mount({ disk })],
    umount: ["umount", ploop.umount({ disk })],
    resize: ["resize", ploop.resize({ disk, size: "1G" })],
    createSnapshot: ["snapshot", ploop.createSnapshot({ disk })],
    createTemporarySnapshot: ["tsnapshot", ploop.createTemporarySnapshot({ disk, component: "bk" })],
    switchSnapshot: ["snapshot-switch", ploop.switchSnapshot({ disk, id: A })],
    snapshotAndSwitch: ["snapshot", ploop.snapshotAndSwitch({ disk, id: A })],
    switchAndDelete: ["snapshot-switch", ploop.switchAndDelete({ disk, id: B })],
    deleteSnapshot: ["snapshot-delete", ploop.deleteSnapshot({ disk, id: SnapshotId.top })],
    mergeSnapshots: ["snapshot-merge", ploop.mergeSnapshots({ disk })],
    imageInfo: ["info -s", ploop.imageInfo({ disk })],
    fileSystemInfo: ["info", ploop.fileSystemInfo({ disk, mayMount: true })],
    sizeLimits: ["mount", ploop.sizeLimits({ disk, mayMount: true })],
    deviceOf: ["info -d", ploop.deviceOf({ disk })],
    isMounted: ["info -d", ploop.isMounted({ disk })],
    attachments: ["list", ploop.attachments({ disk })],
    listDevices: ["list", ploop.listDevices],
    deviceStatistics: ["stat", ploop.deviceStatistics({ device })],
    balloonStatus: ["balloon show", ploop.balloonStatus({ device })],
    balloonClear: ["balloon clear", ploop.balloonClear({ device })],
    balloonChange: ["balloon change", ploop.balloonChange({ device, size: "1M" })],
    balloonComplete: ["balloon complete", ploop.balloonComplete({ device })],
    balloonCheck: ["balloon check", ploop.balloonCheck({ device })],
    balloonRepair: ["balloon repair", ploop.balloonRepair({ device })],
    discard: ["balloon discard", ploop.discard({ device })],
    discardStatus: ["balloon discard", ploop.discardStatus({ device })],
    copySend: ["copy", Stream.runDrain(ploop.copySend({ device }))],
    copyReceive: ["copy", Stream.run(Stream.never, ploop.copyReceive({ image: `${directory}/new/copy.hdd` }))],
    copyTo: ["copy", Effect.flatMap(Duplex.pair, ([here]) => Stream.runDrain(ploop.copyTo({ device }, here)))],
    copyFrom: [
      "copy",
      Effect.flatMap(
        Duplex.pair,
        ([here]) => Stream.runDrain(ploop.copyFrom({ image: `${directory}/new/copied.hdd` }, here))
      )
    ],
    createVolume: ["create", ploop.createVolume({ directory: `${directory}/b`, size: "10M", fileSystem: "none" })],
    snapshotVolume: ["snapshot", ploop.snapshotVolume({ volume: `${directory}/a`, directory: `${directory}/b` })],
    cloneVolume: ["clone", ploop.cloneVolume({ volume: `${directory}/a`, directory: `${directory}/b` })],
    switchVolume: ["switch", ploop.switchVolume({ volume: `${directory}/a`, to: `${directory}/s` })],
    deleteVolume: ["delete", ploop.deleteVolume({ volume: `${directory}/a` })],
    start: ["start", low.start({ device })],
    stop: ["stop", low.stop({ device })],
    clear: ["clear", low.clear({ device })],
    deleteDelta: ["delete", low.deleteDelta({ device, level: 0 })],
    grow: ["grow", low.grow({ disk, size: "1G" })],
    mergeDelta: ["merge", low.mergeDelta({ delta: `${directory}/upper.hdd`, image: `${directory}/root.hdd` })],
    nextDevice: ["getdev", low.nextDevice]
  }
}

/** Operations of which files answer, or the question for the generation. */
const withoutCommand: ReadonlyArray<Operation.Name> = [
  "remove",
  "listSnapshots",
  "snapshotSizes",
  "dropTracking",
  "encrypt",
  "topDelta",
  "tool",
  "prerequisites",
  "volumeInfo",
  "volumeTree"
]

/** Whether the words are those of a command; `info` without an option is one of its own. */
const isCommand = (words: ReadonlyArray<string>, command: string): boolean => {
  const expected = command.split(" ")
  return expected.every((word, index) => words[index] === word) &&
    (command !== "info" || !(words[1] ?? "").startsWith("-"))
}

/** A volume, and one that is read-only. */
const writeVolumes = (directory: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const text = DiskDescriptor.format(DiskDescriptor.make({
      size: "10M",
      images: [{ id: SnapshotId.top, type: "Compressed", file: "root.hdd" }],
      snapshots: [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }]
    }))
    for (const [name, element] of [["a", "<Volume/>"], ["s", "<Volume><ReadOnly/></Volume>"]] as const) {
      yield* fs.makeDirectory(`${directory}/${name}`)
      yield* fs.writeFile(`${directory}/${name}/root.hdd`, image())
      yield* fs.writeFileString(
        `${directory}/${name}/DiskDescriptor.xml`,
        text.replace("<StorageData>", `<StorageData>${element}`)
      )
    }
  })

/** An operation that has begun, and what finds the command that does its work. */
const begun = (name: Operation.Name, answer: ScriptedExecutor.Answer) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const state = { command: "" }
    const host = yield* scripted(
      Operation.table[name].group === "volumes" ? "9" : "1.15",
      (words) =>
        isCommand(words, state.command)
          ? answer
          : isCommand(words, "info -s")
          ? { stdout: "size:\t\t20480\nblocksize:\t2048\nfmt_version:\t2\n" }
          : undefined
    )
    yield* fs.makeDirectory(`${host.directory}/new`)
    yield* fs.writeFile(`${host.directory}/root.hdd`, image())
    yield* fs.writeFile(`${host.directory}/upper.hdd`, image())
    yield* fs.writeFile(`${host.directory}/disk.qcow2`, ExchangeFormat.qcow2Header(1024n * 1024n))
    yield* writeVolumes(host.directory)
    const [ploop, low] = yield* Effect.provide(Effect.all([Ploop.Ploop, LowLevel.LowLevel]), host.context)
    const [command, run] = calls(ploop, low, host)[name]!
    state.command = command
    const fiber = yield* Effect.fork(Effect.exit(run))
    const find = () => host.calls.find((call) => isCommand(words(call), command))
    return { command, fiber, find, host }
  })

/** Interrupts the operation in its command, which ignores SIGTERM, and gives the signals that the command gets. */
const signalsOf = (name: Operation.Name) =>
  Effect.gen(function*() {
    const answer = { lasts: "1 day", ignores: ["SIGTERM"], exitCode: 1, stderr: "ended by itself" } as const
    const { command, fiber, find, host } = yield* begun(name, answer)
    yield* until(Effect.sync(() => find() !== undefined || fiber.unsafePoll() !== null))
    const found = find()
    assert.isDefined(found, `${name} does not run ${command}`)
    yield* untilDone(host, yield* Effect.fork(Fiber.interrupt(fiber)), "1 hour")
    return found!.signals
  })

const test = <A, E>(title: string, body: Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>) =>
  it.scoped(title, () => Effect.provide(body, NodeContext.layer))

describe("an interrupted operation has its command", () => {
  for (const name of Operation.names) {
    if (withoutCommand.includes(name)) continue
    const kind = Operation.table[name].kind
    const may = kind === "uninterruptible" ? "end by itself, because killing it would damage an image" : "killed"
    test(
      `${name}: ${may}`,
      Effect.gen(function*() {
        const signals = yield* signalsOf(name)
        if (kind === "uninterruptible") assert.notInclude(signals, "SIGKILL")
        else assert.include(signals, "SIGKILL")
      })
    )
  }
})

/** Operations that make what nobody else can reach yet, or that name a device, of which no file shows a disk here. */
const withoutLock: ReadonlyArray<Operation.Name> = [
  "createVolume",
  "copyReceive",
  "copyFrom",
  "copySend",
  "copyTo",
  "balloonClear",
  "balloonChange",
  "balloonComplete",
  "balloonRepair",
  "discard",
  "start",
  "stop",
  "clear",
  "deleteDelta"
]

describe("while another one holds its directory, an operation has started nothing", () => {
  for (const name of Operation.names) {
    if ([...withoutCommand, ...withoutLock].includes(name) || Operation.table[name].kind === "query") continue
    test(
      `${name}, whose wait ends at once when it is interrupted`,
      Effect.gen(function*() {
        const state = { isWaiting: false }
        const lockDirectory = () => Effect.zipRight(Effect.sync(() => void (state.isWaiting = true)), Effect.never)
        const { fiber, find } = yield* Effect.provideService(
          begun(name, { exitCode: 1 }),
          CurrentHostFiles,
          { ...nodeHostFiles, lockDirectory }
        )
        yield* until(Effect.sync(() => state.isWaiting || fiber.unsafePoll() !== null))
        assert.deepStrictEqual([find(), fiber.unsafePoll()], [undefined, null])
        const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
        for (let turns = 0; turns < 100 && interruption.unsafePoll() === null; turns++) yield* turn
        assert.isNotNull(interruption.unsafePoll())
      })
    )
  }
})

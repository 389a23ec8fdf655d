import { FakeHost } from "@effect-ploop/backend-fake"
import type { DevicePath, Operation, PloopError } from "@effect-ploop/core"
import { Duplex, LowLevel, Ploop } from "@effect-ploop/core"
import { FileSystem } from "@effect/platform"
import type { Chunk } from "effect"
import { Effect, Sink, Stream } from "effect"
import { a, b, c, makeDisk, makeMounted } from "./host.js"

/** A host on which every operation can do something. */
export interface World {
  readonly ploop: Ploop.Ploop
  readonly low: LowLevel.LowLevel
  /** Mounted, with one snapshot. */
  readonly mounted: { readonly disk: string; readonly target: string; readonly device: DevicePath.DevicePath }
  /** A chain of two snapshots and the top delta. */
  readonly idle: string
  /** Attached without a mount, with three snapshots. */
  readonly attached: DevicePath.DevicePath
  /** Attached, but stopped. */
  readonly stopped: DevicePath.DevicePath
  /** The packets of a copy of the mounted disk. */
  readonly packets: Chunk.Chunk<Uint8Array>
}

export const prepare = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const ploop = yield* Ploop.Ploop
  const low = yield* LowLevel.LowLevel
  const mounted = yield* makeMounted("mounted")
  yield* fs.writeFileString(`${mounted.target}/motd`, "welcome")
  yield* ploop.createSnapshot({ disk: mounted.disk, id: a })
  yield* fs.writeFile(`${mounted.target}/big`, new Uint8Array(8 * 1024 * 1024))
  yield* fs.remove(`${mounted.target}/big`)
  const idle = yield* makeDisk("idle")
  yield* ploop.createSnapshot({ disk: idle, id: a })
  yield* ploop.createSnapshot({ disk: idle, id: b })
  yield* fs.copyFile("/vz/idle/root.hdd", "/vz/idle/copy.hdd")
  yield* fs.makeDirectory("/vz/new")
  yield* fs.writeFile("/vz/free.raw", new Uint8Array(1024 * 1024).fill(7))
  const bare = yield* makeDisk("bare")
  yield* fs.remove(bare)
  const chained = yield* makeDisk("chained")
  yield* ploop.createSnapshot({ disk: chained, id: a })
  yield* ploop.createSnapshot({ disk: chained, id: b })
  yield* ploop.createSnapshot({ disk: chained, id: c })
  const { device: attached } = yield* ploop.mount({ disk: chained })
  const { device: stopped } = yield* ploop.mount({ disk: yield* makeDisk("stopped", { clusterSize: "32K" }) })
  yield* low.stop({ device: stopped })
  const packets = yield* Stream.runCollect(ploop.copySend({ device: mounted.device }))
  const host = yield* FakeHost.FakeHost
  const world: World = { ploop, low, mounted, idle, attached, stopped, packets }
  return { world, state: yield* host.state }
})

type Call = (world: World) => Effect.Effect<unknown, PloopError.PloopError>

/** A call that the generation of the host does not know. */
const unknown = (call: Effect.Effect<unknown, PloopError.PloopError>) =>
  Effect.catchTag(call, "Unsupported", () => Effect.void)

/** A call of every operation that succeeds on the prepared host. */
export const operations: { readonly [Name in Operation.Name]: Call } = {
  create: ({ ploop }) => ploop.create({ image: "/vz/new.hdd", size: "10M", fileSystem: "none" }),
  restoreDescriptor: ({ ploop }) => ploop.restoreDescriptor({ image: "/vz/bare/root.hdd" }),
  remove: ({ idle, ploop }) => ploop.remove({ disk: idle, keepOthers: true }),
  clone: ({ idle, ploop }) => ploop.clone({ disk: idle, snapshot: a, directory: "/vz/new" }),
  exportImage: ({ idle, ploop }) => ploop.exportImage({ disk: idle, snapshot: a, file: "/vz/new/idle.raw" }),
  importImage: ({ ploop }) => ploop.importImage({ file: "/vz/free.raw", image: "/vz/new/root.hdd" }),
  convert: ({ idle, ploop }) => ploop.convert({ disk: idle, format: "preallocated" }),
  encrypt: ({ idle, ploop }) => unknown(ploop.encrypt({ disk: idle, keyId: "key" })),
  check: ({ idle, ploop }) => ploop.check({ disk: idle }),
  replace: ({ idle, ploop }) => ploop.replace({ disk: idle, snapshot: a, with: "/vz/idle/copy.hdd" }),
  mount: ({ idle, ploop }) => ploop.mount({ disk: idle }),
  umount: ({ mounted, ploop }) => ploop.umount({ disk: mounted.disk }),
  resize: ({ mounted, ploop }) => ploop.resize({ disk: mounted.disk, size: "400M" }),
  createSnapshot: ({ idle, ploop }) => ploop.createSnapshot({ disk: idle }),
  createTemporarySnapshot: ({ idle, ploop }) => ploop.createTemporarySnapshot({ disk: idle, component: "backup" }),
  switchSnapshot: ({ idle, ploop }) => ploop.switchSnapshot({ disk: idle, id: a }),
  snapshotAndSwitch: ({ idle, ploop }) => ploop.snapshotAndSwitch({ disk: idle, id: a }),
  switchAndDelete: ({ idle, ploop }) => ploop.switchAndDelete({ disk: idle, id: b }),
  deleteSnapshot: ({ idle, ploop }) => ploop.deleteSnapshot({ disk: idle, id: a }),
  mergeSnapshots: ({ idle, ploop }) => ploop.mergeSnapshots({ disk: idle, all: true }),
  listSnapshots: ({ idle, ploop }) => ploop.listSnapshots({ disk: idle }),
  snapshotSizes: ({ idle, ploop }) => ploop.snapshotSizes({ disk: idle }),
  dropTracking: ({ idle, ploop }) => unknown(ploop.dropTracking({ disk: idle })),
  createVolume: ({ ploop }) => unknown(ploop.createVolume({ directory: "/vz/volume", size: "10M" })),
  snapshotVolume: ({ ploop }) => unknown(ploop.snapshotVolume({ volume: "/vz/idle", directory: "/vz/volume" })),
  cloneVolume: ({ ploop }) => unknown(ploop.cloneVolume({ volume: "/vz/idle", directory: "/vz/volume" })),
  switchVolume: ({ ploop }) => unknown(ploop.switchVolume({ volume: "/vz/idle", to: "/vz/volume" })),
  deleteVolume: ({ ploop }) => unknown(ploop.deleteVolume({ volume: "/vz/idle" })),
  volumeInfo: ({ ploop }) => unknown(ploop.volumeInfo({ volume: "/vz/idle" })),
  volumeTree: ({ ploop }) => unknown(ploop.volumeTree({ volume: "/vz/idle" })),
  imageInfo: ({ idle, ploop }) => ploop.imageInfo({ disk: idle }),
  fileSystemInfo: ({ mounted, ploop }) => ploop.fileSystemInfo({ disk: mounted.disk }),
  sizeLimits: ({ idle, ploop }) => ploop.sizeLimits({ disk: idle }),
  deviceOf: ({ idle, ploop }) => ploop.deviceOf({ disk: idle }),
  isMounted: ({ idle, ploop }) => ploop.isMounted({ disk: idle }),
  attachments: ({ mounted, ploop }) => ploop.attachments({ disk: mounted.disk }),
  listDevices: ({ ploop }) => ploop.listDevices,
  topDelta: ({ idle, ploop }) => ploop.topDelta({ disk: idle }),
  tool: ({ ploop }) => ploop.tool,
  prerequisites: ({ ploop }) => ploop.prerequisites,
  balloonStatus: ({ mounted, ploop }) => ploop.balloonStatus({ disk: mounted.disk }),
  balloonClear: ({ mounted, ploop }) => ploop.balloonClear({ disk: mounted.disk }),
  balloonChange: ({ mounted, ploop }) => ploop.balloonChange({ disk: mounted.disk, size: "8M" }),
  balloonComplete: ({ mounted, ploop }) => ploop.balloonComplete({ disk: mounted.disk }),
  balloonCheck: ({ mounted, ploop }) => ploop.balloonCheck({ disk: mounted.disk }),
  balloonRepair: ({ mounted, ploop }) => ploop.balloonRepair({ disk: mounted.disk }),
  discard: ({ mounted, ploop }) => ploop.discard({ disk: mounted.disk }),
  discardStatus: ({ mounted, ploop }) => ploop.discardStatus({ disk: mounted.disk }),
  deviceStatistics: ({ mounted, ploop }) => ploop.deviceStatistics({ device: mounted.device }),
  copySend: ({ mounted, ploop }) => Stream.runDrain(ploop.copySend({ device: mounted.device })),
  copyReceive: ({ packets, ploop }) =>
    Stream.run(Stream.fromChunk(packets), ploop.copyReceive({ image: "/vz/copy.hdd" })),
  copyTo: ({ mounted, ploop }) =>
    Effect.flatMap(Duplex.pair, ([here, there]) =>
      Effect.zipLeft(
        Stream.runDrain(ploop.copyTo({ device: mounted.device }, here)),
        // Takes everything; generation 1.15 waits for no reply.
        Stream.runDrain(there.incoming),
        { concurrent: true }
      )),
  copyFrom: ({ packets, ploop }) =>
    Stream.runDrain(
      ploop.copyFrom({ image: "/vz/copied.hdd" }, { incoming: Stream.fromChunk(packets), outgoing: Sink.drain })
    ),
  start: ({ low, stopped }) => low.start({ device: stopped }),
  stop: ({ attached, low }) => low.stop({ device: attached }),
  clear: ({ low, stopped }) => low.clear({ device: stopped }),
  deleteDelta: ({ attached, low }) => low.deleteDelta({ device: attached, level: 1 }),
  grow: ({ idle, low }) => low.grow({ disk: idle, size: "20M" }),
  mergeDelta: ({ low }) => low.mergeDelta({ delta: "/vz/idle/copy.hdd", image: "/vz/idle/root.hdd" }),
  nextDevice: ({ low }) => low.nextDevice
}

export const names = Object.keys(operations) as Array<Operation.Name>

/** The operations that change nothing but, at most, lock files. */
export const queries: ReadonlySet<Operation.Name> = new Set<Operation.Name>([
  "check",
  "listSnapshots",
  "snapshotSizes",
  "imageInfo",
  "fileSystemInfo",
  "sizeLimits",
  "deviceOf",
  "isMounted",
  "attachments",
  "listDevices",
  "topDelta",
  "tool",
  "prerequisites",
  "balloonStatus",
  "balloonClear",
  "balloonComplete",
  "balloonCheck",
  "balloonRepair",
  "discardStatus",
  "deviceStatistics",
  "copySend",
  "copyTo",
  "nextDevice",
  "dropTracking",
  "encrypt",
  "createVolume",
  "snapshotVolume",
  "cloneVolume",
  "switchVolume",
  "deleteVolume",
  "volumeInfo",
  "volumeTree"
])

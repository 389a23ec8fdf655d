import { inDirectory } from "@effect-ploop/core/Disk"
import * as Duplex from "@effect-ploop/core/Duplex"
import type * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import type { PloopError } from "@effect-ploop/core/PloopError"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Bench, Synced } from "./bench.js"
import { component, snapshot, taken } from "./bench.js"

/**
 * The operations of the service that can change something; a new one does not compile until it has a scenario. Those on
 * volumes have none: what the tool leaves of one that is cut short, it does not take up again.
 */
export type Name = {
  [N in Operation.PloopName]: (typeof Operation.table)[N] extends
    { readonly kind: "query" } | { readonly group: "volumes" } ? never
    : N
}[Operation.PloopName]

type Run = Effect.Effect<unknown, PloopError | PlatformError, Ploop.Ploop | FileSystem.FileSystem>

/** One operation on the disk of a {@link Bench}. */
export interface Scenario {
  /** Whether the disk is mounted before the operation. */
  readonly mounted: boolean
  /** What else is done before it. Default: nothing. */
  readonly before?: (bench: Bench) => Run
  readonly run: (bench: Bench) => Run
  /** The errors of a second call after the first one did its work. Default: none, it can be repeated. */
  readonly done?: ReadonlyArray<PloopError["_tag"]>
  /** The files that are still there after the operation. Default: all. */
  readonly keeps?: ReadonlyArray<Synced>
  /** The files that the operation makes besides images of the disk. Default: none. */
  readonly makes?: (bench: Bench) => ReadonlyArray<string>
}

type Call = (ploop: Ploop.Ploop, bench: Bench) => Run

const call = (use: Call) => (bench: Bench): Run => Effect.flatMap(Ploop.Ploop, (ploop) => use(ploop, bench))

const files = (use: (fs: FileSystem.FileSystem, bench: Bench) => Run) => (bench: Bench): Run =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => use(fs, bench))

/** An operation on the disk while it is idle. */
const idle = (use: Call, more: Partial<Scenario> = {}): Scenario => ({ mounted: false, run: call(use), ...more })

/** An operation on the disk while it is mounted. */
const mounted = (use: Call, more: Partial<Scenario> = {}): Scenario => ({ mounted: true, run: call(use), ...more })

const deviceOf = (ploop: Ploop.Ploop, { disk }: Bench) =>
  Effect.flatMap(Effect.flatten(ploop.deviceOf({ disk })), ({ device }) => Effect.succeed(device)).pipe(
    Effect.catchTag("NoSuchElementException", () => Effect.dieMessage("the disk has no device"))
  )

const created = (bench: Bench) => `${bench.empty}/new.hdd`

const raw = (bench: Bench) => `${bench.empty}/disk.raw`

const megabyte = 1024 * 1024

const replacement = (bench: Bench) => `${bench.directory}/replacement.hdd`

/** A balloon to be made smaller, checked and repaired. */
const balloon = call((ploop, { disk }) => ploop.balloonChange({ disk, size: "8M" }))

/** Both ends of a copy: a kill ends them together. */
const copied: Call = (ploop, bench) =>
  Effect.gen(function*() {
    const device = yield* deviceOf(ploop, bench)
    const [here, there] = yield* Duplex.pair
    yield* Effect.zip(
      Stream.runDrain(ploop.copyTo({ device }, here)),
      Stream.runDrain(ploop.copyFrom({ image: created(bench) }, there)),
      { concurrent: true }
    )
  })

export const scenarios: Readonly<Record<Name, Scenario>> = {
  create: idle((ploop, bench) => ploop.create({ image: created(bench), size: "300M" }), {
    done: ["AlreadyExists"],
    makes: (bench) => [created(bench), inDirectory(bench.empty)]
  }),
  restoreDescriptor: idle((ploop, bench) => ploop.restoreDescriptor({ image: created(bench) }), {
    before: files((fs, bench) => fs.copyFile(bench.image, created(bench))),
    done: ["AlreadyExists"],
    makes: (bench) => [inDirectory(bench.empty)]
  }),
  remove: idle((ploop, bench) => ploop.remove({ disk: inDirectory(bench.empty) }), {
    // After a kill, the second call goes on with what is left of the disk.
    before: files((fs, bench) =>
      Effect.unlessEffect(
        call((ploop) =>
          Effect.zipRight(
            ploop.create({ image: created(bench), size: "10M", fileSystem: "none" }),
            ploop.createSnapshot({ disk: inDirectory(bench.empty) })
          )
        )(bench),
        fs.exists(inDirectory(bench.empty))
      )
    ),
    done: ["DiskNotFound"]
  }),
  clone: mounted((ploop, bench) => ploop.clone({ disk: bench.disk, snapshot, directory: bench.empty }), {
    done: ["AlreadyExists"],
    makes: (bench) => [`${bench.empty}/.ploop-clone.json`, inDirectory(bench.empty)]
  }),
  exportImage: mounted((ploop, bench) => ploop.exportImage({ disk: bench.disk, snapshot, file: raw(bench) }), {
    done: ["AlreadyExists"],
    makes: (bench) => [raw(bench)]
  }),
  importImage: idle((ploop, bench) => ploop.importImage({ file: raw(bench), image: created(bench) }), {
    before: files((fs, bench) =>
      Effect.unlessEffect(
        Effect.zipRight(
          fs.writeFile(raw(bench), new Uint8Array(megabyte).fill(1)),
          fs.truncate(raw(bench), 64 * megabyte)
        ),
        fs.exists(raw(bench))
      )
    ),
    done: ["AlreadyExists"],
    makes: (bench) => [raw(bench), created(bench), inDirectory(bench.empty)]
  }),
  convert: idle((ploop, { disk }) => ploop.convert({ disk, format: "preallocated" })),
  encrypt: idle((ploop, { disk }) => ploop.encrypt({ disk, remove: true })),
  check: idle((ploop, { image }) => ploop.check({ image, force: true })),
  replace: idle((ploop, bench) => ploop.replace({ disk: bench.disk, snapshot, with: replacement(bench) }), {
    before: files((fs, bench) => fs.copyFile(bench.image, replacement(bench)))
  }),
  mount: idle((ploop, { disk, target }) => ploop.mount({ disk, target }), { done: ["AlreadyMounted"] }),
  umount: mounted((ploop, { disk }) => ploop.umount({ disk }), { done: ["NotMounted"] }),
  resize: idle((ploop, { disk }) => ploop.resize({ disk, size: "400M" })),
  createSnapshot: mounted((ploop, { disk }) => ploop.createSnapshot({ disk, id: taken }), {
    done: ["SnapshotExists"]
  }),
  createTemporarySnapshot: mounted(
    (ploop, { disk, side }) => ploop.createTemporarySnapshot({ disk, id: taken, component, target: side }),
    { done: ["SnapshotExists", "AlreadyMounted"] }
  ),
  switchSnapshot: idle((ploop, { disk }) => ploop.switchSnapshot({ disk, id: snapshot }), { keeps: ["kept"] }),
  snapshotAndSwitch: idle((ploop, { disk }) => ploop.snapshotAndSwitch({ disk, id: snapshot, keepAs: taken }), {
    keeps: ["kept"],
    done: ["SnapshotExists"]
  }),
  switchAndDelete: idle((ploop, { disk }) => ploop.switchAndDelete({ disk, id: snapshot }), {
    keeps: ["kept"],
    done: ["SnapshotNotFound"]
  }),
  deleteSnapshot: mounted((ploop, { disk }) => ploop.deleteSnapshot({ disk, id: snapshot }), {
    done: ["SnapshotNotFound"]
  }),
  mergeSnapshots: idle((ploop, { disk }) => ploop.mergeSnapshots({ disk, all: true }), {
    done: ["SnapshotIsBase", "SnapshotNotFound"]
  }),
  dropTracking: mounted((ploop, { disk }) => ploop.dropTracking({ disk })),
  fileSystemInfo: idle((ploop, { disk }) => ploop.fileSystemInfo({ disk, mayMount: true }), {
    before: files((fs, bench) => fs.remove(`${bench.directory}/disk/.statfs`, { force: true }))
  }),
  sizeLimits: idle((ploop, { disk }) => ploop.sizeLimits({ disk, mayMount: true })),
  balloonClear: mounted((ploop, { disk }) => ploop.balloonClear({ disk }), { before: balloon }),
  balloonChange: mounted((ploop, { disk }) => ploop.balloonChange({ disk, size: "16M" })),
  balloonComplete: mounted((ploop, { disk }) => ploop.balloonComplete({ disk }), { before: balloon }),
  balloonRepair: mounted((ploop, { disk }) => ploop.balloonRepair({ disk }), { before: balloon }),
  discard: mounted((ploop, { disk }) => ploop.discard({ disk })),
  copySend: mounted((ploop, bench) =>
    Effect.flatMap(deviceOf(ploop, bench), (device) => Stream.runDrain(ploop.copySend({ device })))
  ),
  copyReceive: idle(
    (ploop, bench) =>
      Effect.flatMap(
        FileSystem.FileSystem,
        (fs) => Stream.run(fs.stream(bench.stream), ploop.copyReceive({ image: created(bench) }))
      ),
    { done: ["AlreadyExists"], makes: (bench) => [created(bench)] }
  ),
  copyTo: mounted(copied, { done: ["AlreadyExists"], makes: (bench) => [created(bench)] }),
  copyFrom: mounted(copied, { done: ["AlreadyExists"], makes: (bench) => [created(bench)] })
}

import type { Generation } from "@effect-ploop/core/Generation"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as OperationError from "@effect-ploop/core/OperationError"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Ref from "effect/Ref"
import type * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { PCGRandom } from "effect/Utils"
import { FakeHost } from "../FakeHost.js"
import type { HostState } from "../HostState.js"
import * as faults from "./faults.js"
import * as fileSystem from "./fileSystem.js"
import * as hosts from "./host.js"
import * as hostState from "./hostState.js"
import * as balloon from "./operations/balloon.js"
import * as copy from "./operations/copy.js"
import * as images from "./operations/images.js"
import * as lowLevel from "./operations/lowLevel.js"
import * as mounts from "./operations/mounts.js"
import * as queries from "./operations/queries.js"
import * as resizing from "./operations/resize.js"
import * as snapshots from "./operations/snapshots.js"
import * as power from "./power.js"
import * as state from "./state.js"
import type { Answer, Tool } from "./tool.js"
import { Transaction } from "./transaction.js"

interface Options {
  readonly generation?: Generation | undefined
  readonly capacity?: number | undefined
  readonly largeDisks?: boolean | undefined
  readonly seed?: number | undefined
  readonly state?: HostState | undefined
}

type Class = (typeof PloopError.classes)[PloopError.Tag]

/** What an operation was asked about, in the words of its error. */
const subjectOf = (request: object): string => {
  for (const name of ["disk", "device", "target", "image"]) {
    const value: unknown = Reflect.get(request, name)
    if (typeof value === "string") return value
  }
  return "host"
}

const initial = (options: Options, now: number): state.State =>
  options.state === undefined
    ? state.make({
      generation: options.generation ?? "1.15",
      capacity: options.capacity,
      largeDisks: options.largeDisks ?? true,
      random: new PCGRandom(options.seed ?? 0).getState(),
      now
    })
    : hostState.unwrap(options.state)

/** Files that were open when a state was taken belong to nobody now. */
const withoutHandles = (from: state.State, now: number): state.State => {
  const tx = new Transaction(from, now)
  power.closeFiles(tx)
  return tx.state
}

export const make = (options: Options) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const path = yield* Effect.provide(Path.Path, Path.layer)
    const host = yield* hosts.make(withoutHandles(initial(options, now), now))
    const fault = yield* faults.make

    const run = <A>(operation: string, subject: string, transition: (tool: Tool) => Answer<A>) =>
      host.run<A, PloopError.PloopError>(
        (tx) => transition({ tx, path, operation, subject }),
        () => new PloopError.NoSpace({ operation, subject, text: "No space left on device" })
      )

    /** An operation is a transition of the host, whose failures are those that the operation is known to have. */
    const operation = <Members extends ReadonlyArray<Class>, Request extends object, A>(
      name: string,
      errors: Schema.Union<Members>,
      transition: (tool: Tool, request: Request) => Answer<A>
    ) =>
    (request: Request) =>
      Effect.zipRight(
        fault.before(name),
        run(name, subjectOf(request), (tool) => transition(tool, request))
      ).pipe(Effect.mapError(PloopError.narrow(errors)))

    const ask = <Members extends ReadonlyArray<Class>, A>(
      name: string,
      errors: Schema.Union<Members>,
      transition: (tool: Tool) => Answer<A>
    ) => operation<Members, object, A>(name, errors, transition)({})

    const ploop = Ploop.make({
      create: operation("create", OperationError.CreateError, images.create),
      restoreDescriptor: operation(
        "restoreDescriptor",
        OperationError.RestoreDescriptorError,
        images.restoreDescriptor
      ),
      convert: operation("convert", OperationError.ConvertError, images.convert),
      check: operation("check", OperationError.CheckError, images.check),
      replace: operation("replace", OperationError.ReplaceError, images.replace),
      mount: operation("mount", OperationError.MountError, mounts.mount),
      umount: operation("umount", OperationError.UmountError, mounts.umount),
      resize: operation("resize", OperationError.ResizeError, resizing.resize),
      createSnapshot: operation("createSnapshot", OperationError.CreateSnapshotError, snapshots.createSnapshot),
      createTemporarySnapshot: operation(
        "createTemporarySnapshot",
        OperationError.CreateTemporarySnapshotError,
        snapshots.createTemporarySnapshot
      ),
      switchSnapshot: operation("switchSnapshot", OperationError.SwitchSnapshotError, snapshots.switchSnapshot),
      snapshotAndSwitch: operation(
        "snapshotAndSwitch",
        OperationError.SnapshotAndSwitchError,
        snapshots.snapshotAndSwitch
      ),
      switchAndDelete: operation("switchAndDelete", OperationError.SwitchAndDeleteError, snapshots.switchAndDelete),
      deleteSnapshot: operation("deleteSnapshot", OperationError.DeleteSnapshotError, snapshots.deleteSnapshot),
      mergeSnapshots: operation("mergeSnapshots", OperationError.MergeSnapshotsError, snapshots.mergeSnapshots),
      listSnapshots: operation("listSnapshots", OperationError.ListSnapshotsError, snapshots.listSnapshots),
      imageInfo: operation("imageInfo", OperationError.ImageInfoError, queries.imageInfo),
      fileSystemInfo: operation("fileSystemInfo", OperationError.FileSystemInfoError, queries.fileSystemInfo),
      deviceOf: operation("deviceOf", OperationError.DeviceOfError, queries.deviceOf),
      isMounted: operation("isMounted", OperationError.IsMountedError, queries.isMounted),
      listDevices: ask("listDevices", OperationError.ListDevicesError, queries.listDevices),
      topDelta: operation("topDelta", OperationError.TopDeltaError, queries.topDelta),
      tool: ask(
        "tool",
        OperationError.ToolError,
        ({ tx }) => Either.right({ path: "ploop", generation: tx.state.generation })
      ),
      prerequisites: ask("prerequisites", OperationError.PrerequisitesError, queries.prerequisites),
      balloonStatus: operation("balloonStatus", OperationError.BalloonStatusError, balloon.balloonStatus),
      balloonClear: operation("balloonClear", OperationError.BalloonClearError, balloon.balloonClear),
      balloonChange: operation("balloonChange", OperationError.BalloonChangeError, balloon.balloonChange),
      balloonComplete: operation("balloonComplete", OperationError.BalloonCompleteError, balloon.balloonComplete),
      balloonCheck: operation("balloonCheck", OperationError.BalloonCheckError, balloon.balloonCheck),
      balloonRepair: operation("balloonRepair", OperationError.BalloonRepairError, balloon.balloonRepair),
      discard: operation("discard", OperationError.DiscardError, balloon.discard),
      discardStatus: operation("discardStatus", OperationError.DiscardStatusError, balloon.discardStatus),
      deviceStatistics: operation(
        "deviceStatistics",
        OperationError.DeviceStatisticsError,
        queries.deviceStatistics
      ),
      copySend: (request) =>
        Stream.unwrap(Effect.map(
          operation("copySend", OperationError.CopySendError, copy.copySend)(request),
          (packets) => Stream.fromIterable(packets)
        )),
      copyReceive: (request) => {
        const receive = (transition: (tool: Tool) => Answer<void>) => run("copyReceive", request.image, transition)
        return Sink.unwrap(Effect.map(
          Effect.zipRight(fault.before("copyReceive"), receive((tool) => copy.requireNew(tool, request))),
          () =>
            Sink.mapEffect(Sink.collectAll<Uint8Array>(), (chunks) =>
              receive((tool) => copy.copyReceive(tool, request, concat(Chunk.toReadonlyArray(chunks)))))
        )).pipe(Sink.mapError(PloopError.narrow(OperationError.CopyReceiveError)))
      }
    })

    const low = LowLevel.make({
      start: operation("start", OperationError.StartError, lowLevel.start),
      stop: operation("stop", OperationError.StopError, lowLevel.stop),
      clear: operation("clear", OperationError.ClearError, lowLevel.clear),
      deleteDelta: operation("deleteDelta", OperationError.DeleteDeltaError, lowLevel.deleteDelta),
      grow: operation("grow", OperationError.GrowError, resizing.grow),
      nextDevice: ask("nextDevice", OperationError.NextDeviceError, lowLevel.nextDevice)
    })

    const control: FakeHost = {
      fail: (operation, error, calls) =>
        fault.add(operation, calls, { error }),
      delay: (operation, duration, calls) => fault.add(operation, calls, { delay: Duration.decode(duration) }),
      reset: fault.reset,
      cutPower: host.change(power.cut),
      state: Effect.map(Ref.get(host.state), hostState.wrap),
      restore: (next) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => host.replace(withoutHandles(hostState.unwrap(next), at)))
    }

    return Context.make(Ploop.Ploop, ploop).pipe(
      Context.add(LowLevel.LowLevel, low),
      Context.add(FileSystem.FileSystem, fileSystem.make(host, path)),
      Context.add(FakeHost, control)
    )
  })

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

import * as CopyProtocol from "@effect-ploop/core/CopyProtocol"
import type { Generation } from "@effect-ploop/core/Generation"
import * as LowLevel from "@effect-ploop/core/LowLevel"
import * as Operation from "@effect-ploop/core/Operation"
import * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { PCGRandom } from "effect/Utils"
import { concatUint8Arrays } from "uint8array-extras"
import { FakeHost } from "../FakeHost.js"
import type { HostState } from "../HostState.js"
import * as calls from "./calls.js"
import * as devices from "./devices.js"
import * as dialogue from "./dialogue.js"
import * as disks from "./disk.js"
import * as faults from "./faults.js"
import * as fileSystem from "./fileSystem.js"
import * as hosts from "./host.js"
import * as hostState from "./hostState.js"
import * as balloon from "./operations/balloon.js"
import * as cloning from "./operations/cloning.js"
import * as copy from "./operations/copy.js"
import { dropTracking } from "./operations/dropTracking.js"
import { encrypt } from "./operations/encryption.js"
import * as exchange from "./operations/exchange.js"
import * as images from "./operations/images.js"
import * as lowLevel from "./operations/lowLevel.js"
import * as mounts from "./operations/mounts.js"
import * as queries from "./operations/queries.js"
import * as removal from "./operations/removal.js"
import * as resizing from "./operations/resize.js"
import * as limits from "./operations/sizeLimits.js"
import * as snapshots from "./operations/snapshots.js"
import * as sizes from "./operations/snapshotSizes.js"
import * as volumes from "./operations/volumes.js"
import * as power from "./power.js"
import * as sharedData from "./sharedData.js"
import * as state from "./state.js"
import type { Answer, Tool } from "./tool.js"
import { Transaction } from "./transaction.js"

interface Options {
  readonly generation?: Generation | undefined
  readonly capacity?: number | undefined
  readonly largeDisks?: boolean | undefined
  readonly seed?: number | undefined
  readonly sharedData?: sharedData.SharedData | undefined
  readonly state?: HostState | undefined
}

/** The size of the disk that a result or a request names: an operation of this host is done at once, and as a whole. */
const sizeIn = (of: unknown): bigint | undefined =>
  Predicate.hasProperty(of, "size") && Predicate.isBigInt(of.size) ? of.size : undefined

/** The operations that name the size of a disk, and can take minutes on a host. */
const sized: ReadonlySet<Operation.Name> = new Set<Operation.Name>(["create", "exportImage", "importImage", "resize"])

/** Reports the size of the disk as what was done. */
const tell = (request: unknown, result: unknown): Effect.Effect<void> => {
  const size = sizeIn(result) ?? sizeIn(request)
  return size === undefined ? Effect.void : Progress.tell(size, size)
}

const initial = (options: Options, now: number): state.State =>
  options.state === undefined
    ? state.make({
      generation: options.generation ?? "1.15",
      capacity: options.capacity,
      largeDisks: options.largeDisks ?? true,
      random: new PCGRandom(options.seed ?? 0).getState(),
      shared: options.sharedData === undefined ? undefined : sharedData.unwrap(options.sharedData),
      now
    })
    : hostState.unwrap(options.state)

/** The disk that a request names. */
const diskOf = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "disk") && Predicate.isString(request.disk) ? request.disk : undefined

/** Closes the files that were open when the state was read: no caller has their handles now. */
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
    const recorded = yield* calls.make

    /** Records a call, and returns the delays and failures that a test has asked for, if there are any. */
    const begin = (name: Operation.Name, request: unknown, subject: string) => {
      recorded.record(name, request)
      return fault.before(name, subject)
    }

    const before = (name: Operation.Name, request: unknown) =>
      Effect.suspend(() => begin(name, request, Operation.subjectOf(request)) ?? Effect.void)

    const noSpace = (operation: Operation.Name, subject: string) => () =>
      new PloopError.NoSpace({ operation, subject, text: "No space left on device" })

    const run = <A>(operation: Operation.Name, request: unknown, transition: (tool: Tool) => Answer<A>) => {
      const subject = Operation.subjectOf(request)
      return host.run<A, PloopError.PloopError>(
        (tx) => transition({ tx, path, operation, subject }),
        noSpace(operation, subject)
      )
    }

    /** A query of the file system mounts the disk only where it knows no other way, and judges the descriptor then. */
    const isJudged = (name: Operation.Name): boolean =>
      Refusal.isJudgedByDescriptor(name) && name !== "fileSystemInfo" && name !== "sizeLimits"

    const judge = (tool: Tool, request: unknown): Answer<void> => {
      const disk = isJudged(tool.operation) ? diskOf(request) : undefined
      return disk === undefined ? Either.void : disks.judge(tool, disk)
    }

    /** Refuses what the tool would do with the device of another disk. */
    const requireOwnDevice = (tool: Tool, request: unknown): Answer<void> => {
      const name = tool.operation
      const { generation } = tool.tx
      const named = diskOf(request)
      if (named === undefined || !Refusal.mistakesDevices(generation, name)) return Either.void
      const disk = Option.getOrUndefined(Either.getRight(disks.readAnyName(tool, named)))
      if (disk === undefined) return Either.void
      const component = name === "umount" && Predicate.hasProperty(request, "component") ? request.component : undefined
      const own = Predicate.isString(component) ? component : undefined
      return Refusal.otherDisk(tool, generation, devices.ofOther(tool, disk, own)?.device)
    }

    /**
     * An operation is a transition of the host, after the injected delays and failures. It runs as one step where there
     * are none: the steps of Effect would take as long as the transition.
     */
    const operation = <Request, A>(
      name: Operation.Name,
      transition: (tool: Tool, request: Request) => Answer<A>
    ) => {
      const isSized = sized.has(name)
      const allowed = (tool: Tool, request: Request): Answer<A> => {
        const own = requireOwnDevice(tool, request)
        const judged = Either.isRight(own) ? judge(tool, request) : own
        return Either.isRight(judged) ? transition(tool, request) : Either.left(judged.left)
      }
      return (request: Request) =>
        Effect.withFiberRuntime<A, PloopError.PloopError>((fiber) => {
          const subject = Operation.subjectOf(request)
          const injected = begin(name, request, subject)
          const run = (): Effect.Effect<A, PloopError.PloopError> => {
            const result = host.runIn(
              fiber,
              (tx) => allowed({ tx, path, operation: name, subject }, request),
              noSpace(name, subject)
            )
            return isSized ? Effect.tap(result, (result) => tell(request, result)) : result
          }
          return injected === undefined ? run() : Effect.flatMap(Waiting.interruptible(injected), run)
        })
    }

    const form = Effect.map(host.state, (now) => CopyProtocol.form[now.generation])

    const query = <A>(name: Operation.Name, transition: (tool: Tool) => Answer<A>) =>
      operation<void, A>(name, transition)()

    const ploop = Ploop.make({
      create: operation("create", images.create),
      restoreDescriptor: operation("restoreDescriptor", images.restoreDescriptor),
      remove: operation("remove", removal.remove),
      clone: operation("clone", cloning.clone),
      exportImage: operation("exportImage", exchange.exportImage),
      importImage: operation("importImage", exchange.importImage),
      convert: operation("convert", images.convert),
      encrypt: operation("encrypt", encrypt),
      check: operation("check", images.check),
      replace: operation("replace", images.replace),
      mount: operation("mount", mounts.mount),
      umount: operation("umount", mounts.umount),
      resize: operation("resize", resizing.resize),
      createSnapshot: operation("createSnapshot", snapshots.createSnapshot),
      createTemporarySnapshot: operation("createTemporarySnapshot", snapshots.createTemporarySnapshot),
      switchSnapshot: operation("switchSnapshot", snapshots.switchSnapshot),
      snapshotAndSwitch: operation("snapshotAndSwitch", snapshots.snapshotAndSwitch),
      switchAndDelete: operation("switchAndDelete", snapshots.switchAndDelete),
      deleteSnapshot: operation("deleteSnapshot", snapshots.deleteSnapshot),
      mergeSnapshots: operation("mergeSnapshots", snapshots.mergeSnapshots),
      listSnapshots: operation("listSnapshots", snapshots.listSnapshots),
      snapshotSizes: operation("snapshotSizes", sizes.snapshotSizes),
      dropTracking: operation("dropTracking", dropTracking),
      createVolume: operation("createVolume", volumes.createVolume),
      snapshotVolume: operation("snapshotVolume", volumes.snapshotVolume),
      cloneVolume: operation("cloneVolume", volumes.cloneVolume),
      switchVolume: operation("switchVolume", volumes.switchVolume),
      deleteVolume: operation("deleteVolume", volumes.deleteVolume),
      volumeInfo: operation("volumeInfo", volumes.volumeInfo),
      volumeTree: operation("volumeTree", volumes.volumeTree),
      imageInfo: operation("imageInfo", queries.imageInfo),
      fileSystemInfo: operation("fileSystemInfo", queries.fileSystemInfo),
      sizeLimits: operation("sizeLimits", limits.sizeLimits),
      deviceOf: operation("deviceOf", queries.deviceOf),
      isMounted: operation("isMounted", queries.isMounted),
      attachments: operation("attachments", queries.attachments),
      listDevices: query("listDevices", queries.listDevices),
      topDelta: operation("topDelta", queries.topDelta),
      tool: query("tool", ({ tx }) => Either.right({ path: "ploop", generation: tx.generation })),
      prerequisites: query("prerequisites", queries.prerequisites),
      deviceStatistics: operation("deviceStatistics", queries.deviceStatistics),
      balloonStatus: operation("balloonStatus", balloon.balloonStatus),
      balloonClear: operation("balloonClear", balloon.balloonClear),
      balloonChange: operation("balloonChange", balloon.balloonChange),
      balloonComplete: operation("balloonComplete", balloon.balloonComplete),
      balloonCheck: operation("balloonCheck", balloon.balloonCheck),
      balloonRepair: operation("balloonRepair", balloon.balloonRepair),
      discard: operation("discard", balloon.discard),
      discardStatus: operation("discardStatus", balloon.discardStatus),
      copySend: (request) =>
        Stream.unwrap(Effect.map(operation("copySend", copy.copySend)(request), Stream.fromIterable)),
      copyReceive: (request) => {
        const receive = (transition: (tool: Tool) => Answer<void>) => run("copyReceive", request, transition)
        const begun = Effect.zipRight(
          before("copyReceive", request),
          receive((tool) =>
            Either.flatMap(Refusal.copy(tool, tool.tx.generation), () => copy.requireNew(tool, request))
          )
        )
        return Sink.unwrap(Effect.as(
          begun,
          Sink.mapEffect(
            Sink.collectAll<Uint8Array>(),
            (chunks) => receive((tool) => copy.copyReceive(tool, request, concatUint8Arrays([...chunks])))
          )
        ))
      },
      copyTo: (request, wire) => {
        const step: dialogue.Run = (transition) => run("copyTo", request, transition)
        return Stream.unwrap(
          before("copyTo", request).pipe(
            Effect.zipRight(
              step((tool) =>
                Refusal.copyTo(tool, tool.tx.generation, request, tool.tx.device(request.device)?.levels.length ?? 0)
              )
            ),
            Effect.zipRight(form),
            Effect.map((form) => dialogue.copyTo(step, form, request, wire))
          )
        )
      },
      copyFrom: (request, wire) => {
        const step: dialogue.Run = (transition) => run("copyFrom", request, transition)
        return Stream.unwrap(
          Effect.map(
            Effect.zipRight(before("copyFrom", request), form),
            (form) => dialogue.copyFrom(step, form, request, wire)
          )
        )
      }
    })

    const low = LowLevel.make({
      start: operation("start", lowLevel.start),
      stop: operation("stop", lowLevel.stop),
      clear: operation("clear", lowLevel.clear),
      deleteDelta: operation("deleteDelta", lowLevel.deleteDelta),
      grow: operation("grow", resizing.grow),
      mergeDelta: operation("mergeDelta", lowLevel.mergeDelta),
      nextDevice: query("nextDevice", lowLevel.nextDevice)
    })

    const control: FakeHost = {
      fail: (operation, error, calls) => fault.add(operation, calls, { error }),
      delay: (operation, duration, calls) => fault.add(operation, calls, { delay: Duration.decode(duration) }),
      calls: recorded.all,
      reset: fault.reset,
      cutPower: host.change(power.cut),
      state: Effect.map(host.state, hostState.wrap),
      restore: (next) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) => host.replace(withoutHandles(hostState.unwrap(next), at)))
    }

    return Context.make(Ploop.Ploop, ploop).pipe(
      Context.add(LowLevel.LowLevel, low),
      Context.add(FileSystem.FileSystem, fileSystem.make(host, path)),
      Context.add(Path.Path, path),
      Context.add(FakeHost, control)
    )
  })

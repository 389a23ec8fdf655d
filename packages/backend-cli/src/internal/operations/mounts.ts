import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as DevicePath from "@effect-ploop/core/DevicePath"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as Operation from "@effect-ploop/core/Operation"
import type * as Ploop from "@effect-ploop/core/Ploop"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as Progress from "@effect-ploop/core/Progress"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotId from "@effect-ploop/core/SnapshotId"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Waiting from "@effect-ploop/core/Waiting"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { About } from "../host.js"
import { context, outcome, unexpected } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import * as statfsCache from "../statfsCache.js"
import { requireAttachable } from "./attachable.js"
import * as confinement from "./confinement.js"
import { attachment, deviceOf, devicesOfDisk, isMountedDevice, listDevices, runningDevice } from "./devices.js"
import * as losses from "./losses.js"
import { endingMaintenance } from "./maintenance.js"
import { requireNoHarm } from "./otherDevices.js"
import * as sharing from "./sharing.js"
import { measuring, namingSmallest, requireBallooned } from "./shrinking.js"
import * as staleFlag from "./staleFlag.js"
import { attachingIdle, stopDevices } from "./teardown.js"
import * as tracking from "./tracking.js"
import { umount } from "./umount.js"

type Methods = "mount" | "umount" | "resize"

export const requireDirectory = (session: Session, about: About, target: string) =>
  Effect.flatMap(
    session.host.isDirectory(target),
    (isDirectory) => Refusal.missingMountPoint(about, target, isDirectory)
  )

/** The delta that is to be mounted. The descriptor is read only if the request is for a snapshot. */
const mountedDelta = (session: Session, about: About, request: Request.Mount, path: string) =>
  Option.match(Refusal.mountTop(request), {
    onSome: (top): Effect.Effect<Refusal.MountedDelta, PloopError.PloopError> => Effect.succeed(top),
    onNone: () =>
      Effect.flatMap(
        session.host.descriptor(about, path),
        ({ tree }) => Refusal.mountSnapshot(about, request, tree)
      )
  })

/** A mount writes to the delta that it mounts, and without a component it merges temporary snapshots. */
const requireMountInside = (
  session: Session,
  about: About,
  request: Request.Mount,
  path: string,
  { readOnly, snapshot = SnapshotId.top }: Refusal.MountedDelta
) =>
  confinement.requireInsideIfRead(
    session,
    about,
    path,
    ...(readOnly ? [] : [confinement.image(snapshot)]),
    ...(request.component === undefined ? [confinement.temporary] : [])
  )

/** Refuses to write to images that other disks have: to the delta that is mounted, and to those that a mount merges or converts. */
const requireOwnImages = (
  session: Session,
  about: About,
  request: Request.Mount,
  path: string,
  { readOnly, snapshot = SnapshotId.top }: Refusal.MountedDelta
) =>
  Effect.gen(function*() {
    const isConverted = GenerationTraits.convertsWhenMounted[yield* session.generation] && !readOnly &&
      request.component === undefined
    yield* sharing.requireUnsharedIfRead(
      session,
      about,
      path,
      ...(readOnly ? [] : [confinement.image(snapshot)]),
      ...(request.component === undefined ? [sharing.onTheWay] : [])
    )
    const found = isConverted
      ? Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
      : undefined
    if (found === undefined) return
    const images = SnapshotTree.chain(found.tree, snapshot).map(({ file }) => found.image(file))
    const old = yield* Effect.filter(images, (image) =>
      Effect.map(session.host.formatVersion(image), Option.exists((version) => version === 1)))
    yield* sharing.requireUnsharedImages(session, about, old)
  })

/** What is to be mounted, and where: nothing has changed yet. */
const prepareMount = (session: Session, about: About, request: Request.Mount, path: string) =>
  Effect.gen(function*() {
    const target = request.target === undefined
      ? undefined
      // It is there already, and the absolute form of a path that was checked.
      : session.host.absolute(request.target) as HostPath
    if (target !== undefined) yield* requireDirectory(session, about, target)
    const delta = yield* mountedDelta(session, about, request, path)
    yield* requireNoHarm(session, about, request, path, delta)
    yield* requireMountInside(session, about, request, path, delta)
    yield* requireOwnImages(session, about, request, path, delta)
    yield* requireAttachable(session, about, path, delta)
    return { target, ...delta }
  })

/**
 * Takes down a device of the disk that came up although the mount failed. The
 * tool names the device that it was told to use also when another disk runs on it.
 */
const tearDown = (session: Session, about: About, path: string, stdout: string, spared?: DevicePath.DevicePath) => {
  const device = parse.attachedDevice(stdout)
  return device === undefined || device === spared ? Effect.void : stopDevices(
    session,
    about,
    Effect.map(
      devicesOfDisk(session, about, path),
      (devices) => devices.filter((running) => running.device === device)
    )
  )
}

/** Finds the device after a mount: from the tool's answer, not from its log, which is only the last resort. */
export const findAttachment = (
  session: Session,
  about: About,
  path: string,
  component: string | undefined,
  stdout: string
) =>
  Effect.gen(function*() {
    const found = yield* deviceOf(session, about, path, component)
    if (Option.isSome(found)) return found.value
    const logged = parse.attachedDevice(stdout)
    if (logged === undefined) {
      return yield* unexpected(about, undefined, {
        line: stdout.split("\n")[0] ?? "",
        expected: "a line that names the device"
      })
    }
    return yield* attachment(session, DevicePath.make(logged), { component })
  })

/**
 * Runs a command that attaches a device. What was attached is taken down when
 * the command fails, when its effect is not known, and when the caller was
 * interrupted meanwhile and so will never know of it, unless a scope waits for
 * what was attached. Before the command is started, an interruption ends the wait at once. `device` is the one that
 * the tool is told to use; if it runs before, it is left alone.
 */
export const attach = (
  session: Session,
  about: About & { readonly operation: "create" | "mount" | "createTemporarySnapshot" | "sizeLimits" },
  call: {
    readonly args: args.Arguments
    readonly path: string
    readonly component: string | undefined
    /** The snapshot that is attached; the top delta unless given. */
    readonly snapshot?: SnapshotId.SnapshotId | undefined
    readonly device?: DevicePath.DevicePath | undefined
    /** Fails when what was attached is not what was requested, so that it is taken down. */
    readonly verify?: (attached: Result.Attachment) => Effect.Effect<void, PloopError.PloopError>
  }
) =>
  Waiting.uninterruptibleMask((wait, restore) =>
    Effect.gen(function*() {
      const generation = yield* wait(session.generation)
      const spared = yield* wait(alreadyRunning(session, about, call.device))
      const verifyImages = yield* wait(losses.watch(session, about, call.path))
      const clearFlag = yield* wait(staleFlag.watch(session, about, call.path, call.snapshot ?? SnapshotId.top))
      const run = { ...about, args: call.args, kind: Operation.table[about.operation].kind }
      const result = yield* session.runner.run(run, wait).pipe(
        Effect.tapError((error) =>
          error._tag === "TimedOut" ? tearDown(session, about, call.path, error.text, spared) : Effect.void
        )
      )
      if (result.exitCode !== 0) {
        const error = session.classify(outcome(about, generation, result))
        if (error._tag !== "AlreadyMounted") yield* tearDown(session, about, call.path, result.stdout, spared)
        yield* clearFlag
        return yield* error
      }
      const found = verifyImages(result).pipe(
        Effect.zipRight(findAttachment(session, about, call.path, call.component, result.stdout)),
        Effect.tap((attached) => call.verify?.(attached) ?? Effect.void)
      )
      return yield* Effect.onError(
        Effect.zipLeft(found, restore(Effect.yieldNow())),
        () => tearDown(session, about, call.path, result.stdout, spared)
      )
    })
  )

/** The device that the tool is told to use, if it runs before. */
const alreadyRunning = (session: Session, about: About, device: DevicePath.DevicePath | undefined) =>
  device === undefined
    ? Effect.succeed(undefined)
    : Effect.map(listDevices(session, about), (devices) => devices.find((running) => running.device === device)?.device)

const refuseRawShrink = (session: Session, about: About, request: Request.Resize, path: string) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    if (request.balloon) return
    // The tool reports what is wrong with a descriptor.
    const found = Option.getOrUndefined(yield* Effect.option(session.host.descriptor(about, path)))
    if (found === undefined || !Refusal.isCutWhenIdle(generation, found.descriptor)) return
    const device = yield* runningDevice(session, about, path)
    if (device !== undefined) {
      if (!GenerationTraits.shrinksAttachedAsIdle[generation]) return
      if (yield* isMountedDevice(session, about, device)) return
    }
    const { sectors } = yield* session.ask(
      { ...about, args: args.imageInfo(path), descriptor: path, kind: "query" },
      parse.imageInfo
    )
    yield* Refusal.shrinkIdleRaw(about, generation, request, ByteSize.fromSectors(sectors))
  })

/** Refuses a file system of another type than the requested one, where the tool mounts whatever it finds. */
const requireType = (session: Session, about: About, request: Request.Mount, attached: Result.Attachment) =>
  Effect.gen(function*() {
    const wanted = request.fileSystem
    if (wanted === undefined || request.target === undefined) return
    if (!GenerationTraits.mountsTypeItFinds[yield* session.generation]) return
    const mounts = Option.getOrElse(yield* session.host.mounts, () => [])
    const found = mounts.find(({ source }) => source === (attached.partition ?? attached.device))?.type
    if (found !== undefined && found !== wanted) {
      return yield* new PloopError.MountFailed({
        ...context(about),
        text: `the file system is ${found}, not ${wanted}`
      })
    }
  })

/** Removes the numbers of the file system from before a resize, which some generations leave beside the disk. */
const dropNumbers = (session: Session, path: string) =>
  Effect.gen(function*() {
    if (!GenerationTraits.keepsNumbersWhenResized[yield* session.generation]) return
    const cache = session.host.join(session.host.directory(path), statfsCache.name)
    const found = yield* session.files.find(cache)
    if (Option.isSome(found)) yield* session.files.unlink(cache, found.value)
  }).pipe(
    Effect.catchAll((error) =>
      Effect.logWarning("the numbers of the file system from before the resize could not be removed", error)
    )
  )

export const make = (session: Session): Pick<Ploop.Backend, Methods> => ({
  mount: (request) => {
    const about = { operation: "mount", subject: request.disk } as const
    return session.onSoundDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        const { readOnly, snapshot, target } = yield* Waiting.interruptible(prepareMount(session, about, request, path))
        const attached = yield* attach(session, about, {
          args: args.mount(session.verbosity, request, { disk: path, target, snapshot, readOnly }),
          path,
          component: request.component,
          snapshot,
          device: request.device,
          verify: (attached) => requireType(session, about, request, attached)
        })
        const mounted: Result.Mounted = {
          ...attached,
          disk: request.disk,
          readOnly,
          ...(target !== undefined && { target }),
          ...(snapshot !== undefined && snapshot !== SnapshotId.top && { snapshot })
        }
        return mounted
      }))
  },

  umount: umount(session),

  resize: (request) => {
    const about = { operation: "resize", subject: request.disk } as const
    return session.onSoundDisk(about, request.disk, (path) =>
      Effect.gen(function*() {
        if (request.mode !== "auto") {
          yield* Refusal.resize(about, request, yield* runningDevice(session, about, path))
        }
        yield* Refusal.resizeByBalloon(about, yield* session.generation, request)
        yield* refuseRawShrink(session, about, request, path)
        yield* confinement.requireInsideIfRead(session, about, path, confinement.top, confinement.temporary)
        yield* sharing.requireUnsharedIfRead(session, about, path, confinement.top, sharing.onTheWay)
        yield* requireAttachable(session, about, path)
        const run = session.execute({
          ...about,
          args: args.resize(session.verbosity, request, path),
          kind: Operation.kindOf("resize", request)
        }).pipe(
          Effect.tap(({ stdout }) => requireBallooned(session, about, request, path, stdout)),
          Progress.track(tracking.changedDisk(session, about, path, tracking.unknown))
        )
        const sized = namingSmallest(session, about, path, run)
        const ending = endingMaintenance(session, about, { disk: path }, sized)
        yield* measuring(session, about, request, path, attachingIdle(session, about, path, ending))
        yield* dropNumbers(session, path)
      }))
  }
})

import * as DevicePath from "@effect-ploop/core/DevicePath"
import type { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import type * as Request from "@effect-ploop/core/Request"
import type * as Result from "@effect-ploop/core/Result"
import type { SnapshotId } from "@effect-ploop/core/SnapshotId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as args from "../arguments.js"
import type { DriverChain } from "../driver.js"
import type { About, Descriptor } from "../host.js"
import { context } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import { attachment, imageOf, isReadOnly, listDevices, pathOf } from "./devices.js"

/** The most images that a device has: device mapper takes no more. */
const levelLimit = 253

const missing = (about: About, what: string) => new PloopError.PrerequisiteMissing({ ...context(about), what })

/** The chain of a device of device mapper; none when the device does not report it. */
const mappedChain = (session: Session, about: About, device: string) =>
  Effect.gen(function*() {
    const name = DevicePath.baseName(DevicePath.make(device))
    const images: Array<string> = []
    while (images.length < levelLimit) {
      const call = { ...about, args: args.imageOfLevel(name, images.length), kind: "query" } as const
      const { exitCode, stdout } = yield* session.dmsetup.run(call)
      if (exitCode !== 0) return Option.none<DriverChain>()
      const image = stdout.replace(/\n$/, "")
      if (image === "") break
      images.push(image)
    }
    return Option.some<DriverChain>({ images, readOnly: yield* isReadOnly(session, about, device) })
  })

/** The images of a device, base first; none when the device was stopped meanwhile, or the kernel does not report it. */
export const chainOf = (session: Session, about: About, device: string) =>
  Effect.gen(function*() {
    const driver = session.drivers[yield* session.generation]
    return Option.isSome(driver)
      ? yield* driver.value.chain(DevicePath.baseName(DevicePath.make(device)))
      : yield* mappedChain(session, about, device)
  })

/** The identifiers of the deltas of a disk, by the real paths of their images. */
const identifiers = (session: Session, { image, tree }: Descriptor) =>
  Effect.map(
    Effect.forEach(tree.nodes, ({ file, id }) =>
      Effect.map(session.host.real(image(file)), (path) => [path, id] as const)),
    (pairs): ReadonlyMap<string, SnapshotId> =>
      new Map(pairs)
  )

interface Level {
  readonly image: HostPath
  readonly isDeleted: boolean
  /** The delta of the disk that it is. A file at the path of a removed image is another file. */
  readonly id: SnapshotId | undefined
}

const levelOf = (session: Session, ids: ReadonlyMap<string, SnapshotId>) => (path: string) =>
  Effect.gen(function*() {
    const found: { readonly image: HostPath; readonly deleted?: boolean } = yield* imageOf(session, path)
    const isDeleted = found.deleted === true
    const isReplaced = isDeleted && (yield* session.host.exists(found.image))
    const level: Level = { image: found.image, isDeleted, id: isReplaced ? undefined : ids.get(found.image) }
    return level
  })

/** The mount points of a device: those of the mount table, and the one that the tool lists. */
const targetsOf = (session: Session, about: About, { device, target }: Result.RunningDevice) =>
  Effect.map(
    Effect.flatMap(
      session.host.mounts,
      Option.match({ onNone: () => Effect.fail(missing(about, "the mount table")), onSome: Effect.succeed })
    ),
    (mounts): ReadonlyArray<HostPath> => [
      ...new Set([
        ...mounts.filter(parse.isMountOf(device)).map((mount) => pathOf(mount.target)),
        ...(target === undefined ? [] : [target])
      ])
    ]
  )

/** What a device of the disk shows; none for a device of another disk, and for one that was stopped meanwhile. */
const described =
  (session: Session, about: About, ids: ReadonlyMap<string, SnapshotId>) => (running: Result.RunningDevice) =>
    Effect.gen(function*() {
      const { component, device } = running
      const chain = yield* chainOf(session, about, device)
      if (Option.isNone(chain)) {
        const isRunning = (yield* listDevices(session, about)).some((other) => other.device === device)
        return isRunning ? yield* missing(about, `the chain of ${device}, as the kernel reports it,`) : Option.none()
      }
      const levels = yield* Effect.forEach(chain.value.images, levelOf(session, ids))
      if (levels[0]?.id === undefined) return Option.none()
      const snapshot = levels.at(-1)?.id
      return Option.some<Result.AttachedDevice>({
        ...(yield* attachment(session, device, { component })),
        ...(snapshot !== undefined && { snapshot }),
        readOnly: chain.value.readOnly,
        targets: yield* targetsOf(session, about, running),
        images: levels.map(({ image }) => image),
        deleted: levels.filter(({ isDeleted }) => isDeleted).map(({ image }) => image)
      })
    })

export const attachments = (session: Session) => ({ disk }: Request.OfDisk) => {
  const about = { operation: "attachments", subject: disk } as const
  return session.lookAt(about, disk, (path) =>
    Effect.gen(function*() {
      const ids = yield* identifiers(session, yield* session.host.descriptor(about, path))
      const devices = yield* listDevices(session, about)
      const bases = devices.filter(({ image }) => ids.has(image))
      return (yield* Effect.forEach(bases, described(session, about, ids))).flatMap(Option.toArray)
    }))
}

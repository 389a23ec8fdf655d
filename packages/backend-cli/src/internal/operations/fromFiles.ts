/**
 * Results of queries from files alone. Each is none where the files do not tell
 * for certain; the tool is asked then.
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DriverDevice } from "../driver.js"
import type { About, Descriptor } from "../host.js"
import { same } from "../hostFiles.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import * as statistics from "../statistics.js"

/** Marks the span of the operation, so that a reader knows where a result comes from. */
const seen = <A, E, R>(answer: Effect.Effect<Option.Option<A>, E, R>): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.tap(answer, (found) => Effect.annotateCurrentSpan("ploop.source", Option.isSome(found) ? "files" : "tool"))

/** The driver, of a generation whose devices are all in sysfs. */
const driverOf = (session: Session) => Effect.map(session.generation, (generation) => session.drivers[generation])

const devicesOf = (session: Session) =>
  Effect.flatMap(
    driverOf(session),
    Option.match({
      onNone: () => Effect.succeed(Option.none<ReadonlyArray<DriverDevice>>()),
      onSome: (driver) => driver.devices
    })
  )

/** Whether the tool would name other nodes for a device than its own. */
const isWrapped = (session: Session, { name }: DriverDevice) =>
  Effect.flatMap(
    driverOf(session),
    Option.match({ onNone: () => Effect.succeed(false), onSome: (driver) => driver.isWrapped(name) })
  )

/** How many files are inspected at once: a host may have thousands of devices. */
const concurrency = 16

/** Whether a device may have an image by another name: it has two, or a directory was renamed since. */
const hasAnotherName = ({ files }: Session, image: string, others: ReadonlyArray<DriverDevice>) =>
  Effect.flatMap(files.stamp(image), (stamp) =>
    Effect.map(
      Effect.forEach(others, (device) => files.stamp(device.image), { concurrency }),
      (stamps) => stamps.some((other) => same(stamp, other))
    )).pipe(
      // A path at which nothing is seen may have been the image's.
      Effect.orElseSucceed(() => true)
    )

/**
 * The device without a component that has the base image of a disk. The driver
 * shows real paths, so an image that is a link is one with another name.
 */
const unnamedOf = (session: Session, descriptor: Descriptor, devices: ReadonlyArray<DriverDevice>) =>
  Effect.gen(function*() {
    const unnamed = devices.filter(({ component }) => component === undefined)
    const base = descriptor.descriptor.images[0]
    if (unnamed.length === 0) return Option.some(Option.none<DriverDevice>())
    if (base === undefined) return Option.none()
    const image = descriptor.image(base.file)
    const own = unnamed.filter((device) => device.image === image)
    const [device] = own
    if (device !== undefined) {
      return own.length > 1 || (yield* isWrapped(session, device)) ? Option.none() : Option.some(Option.some(device))
    }
    return (yield* hasAnotherName(session, image, unnamed)) ? Option.none() : Option.some(Option.none<DriverDevice>())
  })

/** The unnamed device of a disk, by its descriptor. */
export const unnamedDevice = (session: Session, descriptor: Option.Option<Descriptor>) =>
  seen(Effect.gen(function*() {
    const devices = yield* devicesOf(session)
    return Option.isNone(devices) || Option.isNone(descriptor)
      ? Option.none<Option.Option<DriverDevice>>()
      : yield* unnamedOf(session, descriptor.value, devices.value)
  }))

/** The devices that run, with their mount points, for an operation that is not a query of them. */
export const runningDevices = (session: Session) =>
  Effect.gen(function*() {
    const devices = yield* devicesOf(session)
    if (Option.isNone(devices) || devices.value.length === 0) return Option.map(devices, (): Array<parse.Row> => [])
    if (yield* Effect.exists(devices.value, (device) => isWrapped(session, device))) return Option.none()
    const table = yield* session.host.mounts
    return Option.map(table, (mounts) =>
      devices.value.map(({ component, image, name }): parse.Row => ({
        device: `/dev/${name}`,
        image,
        component,
        target: mounts.find(parse.isMountOf(`/dev/${name}`))?.target
      })))
  })

/** The devices that run, with their mount points. */
export const listDevices = (session: Session) => seen(runningDevices(session))

const idleInfo = (session: Session, { descriptor, image, tree }: Descriptor) =>
  Effect.gen(function*() {
    const top = SnapshotTree.top(tree)
    const entry = descriptor.images.find(({ file }) => file === top.file)
    if (entry === undefined || entry.type !== "Compressed") return Option.none<parse.ImageInfo>()
    const path = image(top.file)
    const stamp = yield* session.files.stamp(path)
    const header = yield* session.host.header(path)
    return Option.flatMap(header, ({ clusterSize, isInUse, isRegular, size, start, version }) =>
      isRegular && !isInUse && clusterSize === descriptor.clusterSize && stamp.size >= start
        ? Option.some<parse.ImageInfo>({
          sectors: ByteSize.toSectors(size),
          clusterSectors: ByteSize.toSectors(clusterSize),
          version
        })
        : Option.none())
  })

/** Size, clusters and version of a disk: of its device, or of its top delta while none runs. */
export const imageInfo = (session: Session, about: About, disk: string) =>
  seen(Effect.gen(function*() {
    const driver = yield* driverOf(session)
    const descriptor = yield* Effect.option(session.host.descriptor(about, disk))
    const device = yield* unnamedDevice(session, descriptor)
    if (Option.isNone(driver) || Option.isNone(device)) return Option.none<parse.ImageInfo>()
    if (Option.isSome(device.value)) return yield* driver.value.geometry(device.value.value.name)
    return yield* Effect.flatMap(descriptor, (found) => idleInfo(session, found)).pipe(
      Effect.orElseSucceed(() => Option.none<parse.ImageInfo>())
    )
  }))

/** Where the file system of a device is mounted, with no other one mounted over it. */
const visibleTarget = (session: Session, { name }: DriverDevice) =>
  Effect.map(session.host.mounts, (table) => {
    const mounts = Option.getOrElse(table, () => [])
    const isOwn = parse.isMountOf(`/dev/${name}`)
    const target = mounts.find(isOwn)?.target
    const upper = mounts.findLast((mount) => mount.target === target)
    return upper !== undefined && isOwn(upper) ? target : undefined
  })

/** The numbers of the file system that is mounted from a device. */
const mountedNumbers = (session: Session, device: DriverDevice) =>
  Effect.gen(function*() {
    const target = yield* visibleTarget(session, device)
    if (target === undefined) return Option.none<statistics.Statistics>()
    const numbers = yield* session.files.numbers(target)
    // After an unmount meanwhile, they are those of the file system below.
    return (yield* visibleTarget(session, device)) === target ? statistics.make(numbers) : Option.none()
  }).pipe(Effect.orElseSucceed(() => Option.none<statistics.Statistics>()))

/** The numbers that an unmount has left, or those of the mounted file system. */
export const fileSystemInfo = (session: Session, about: About, disk: string) =>
  seen(Effect.gen(function*() {
    const descriptor = yield* Effect.option(session.host.descriptor(about, disk))
    const device = yield* unnamedDevice(session, descriptor)
    if (Option.isNone(device)) return Option.none<Result.FileSystemInfo>()
    const cached = yield* session.host.cachedStatistics(disk)
    if (Option.isSome(cached)) return Option.some<Result.FileSystemInfo>({ ...cached.value, source: "cached" })
    const mounted = Option.isSome(device.value) ? yield* mountedNumbers(session, device.value.value) : Option.none()
    return Option.map(mounted, (found): Result.FileSystemInfo => ({ ...found, source: "mounted" }))
  }))

/** What a device has counted. */
export const deviceStatistics = (session: Session, device: string) =>
  seen(Effect.flatMap(
    driverOf(session),
    Option.match({
      onNone: () => Effect.succeed(Option.none<Result.DeviceStatistics>()),
      onSome: (driver) => driver.statistics(device.slice("/dev/".length))
    })
  ))

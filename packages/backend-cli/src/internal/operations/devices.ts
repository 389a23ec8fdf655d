import * as DevicePath from "@effect-ploop/core/DevicePath"
import { descriptorName } from "@effect-ploop/core/Disk"
import * as GenerationTraits from "@effect-ploop/core/GenerationTraits"
import { HostPath } from "@effect-ploop/core/HostPath"
import * as PloopError from "@effect-ploop/core/PloopError"
import * as PrintableText from "@effect-ploop/core/PrintableText"
import * as Refusal from "@effect-ploop/core/Refusal"
import type * as Result from "@effect-ploop/core/Result"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as args from "../arguments.js"
import type { About, Descriptor } from "../host.js"
import { same } from "../hostFiles.js"
import { fileError } from "../newFiles.js"
import { context, unexpected } from "../outcome.js"
import * as parse from "../parse.js"
import type { Session } from "../session.js"
import * as fromFiles from "./fromFiles.js"

/** An answer of "not running" after this long is not one: the tool waits a minute for a lock, and then says the same. */
const suspicious = Duration.seconds(30)

export const attachment = (
  session: Session,
  device: DevicePath.DevicePath,
  known: { readonly partition?: string | undefined; readonly component?: string | undefined }
): Effect.Effect<Result.Attachment> =>
  Effect.map(
    known.partition === undefined ? session.host.hasNode(DevicePath.partition(device)) : Effect.succeed(true),
    (partitioned) => ({
      device,
      ...(partitioned && {
        partition: known.partition === undefined
          ? DevicePath.partition(device)
          : DevicePath.PartitionPath.make(known.partition)
      }),
      ...(known.component !== undefined && { component: known.component })
    })
  )

/** The device mapper's library, about a device that was removed while the tool read the list of devices. */
const cutShort = /^device-mapper: table ioctl on \S+ +(?:\([\d:]+\) )?failed: No such device or address$/m

/** Whether the tool may have overlooked a device that runs. */
export const isCutShort = ({ stderr }: { readonly stderr: string }): boolean => cutShort.test(stderr)

/**
 * The list of devices. Generation 9 leaves out what comes after a device that is
 * removed meanwhile, and succeeds: such a list is asked for again.
 */
const listing = (session: Session, query: About & { readonly kind: "query" }) =>
  session.execute({ ...query, args: args.list }).pipe(
    Effect.filterOrFail(
      (result) => !isCutShort(result),
      (result) => new PloopError.DeviceFailed(context(query, result))
    ),
    Effect.retry({ times: 20, while: (error) => error._tag === "DeviceFailed", schedule: Schedule.spaced("50 millis") })
  )

const listedByTool = (session: Session, about: About) =>
  Effect.gen(function*() {
    const generation = yield* session.generation
    const query = { ...about, kind: "query" } as const
    const plain = yield* listing(session, query)
    const listsMountPoints = args.listsMountPoints[generation]
    const long = listsMountPoints && plain.stdout !== ""
      ? yield* session.execute({ ...query, args: args.listLong })
      : undefined
    const rows = yield* Either.mapLeft(
      parse.devices(plain.stdout, long?.stdout, generation),
      (found) => unexpected(about, plain, found)
    )
    const mounts = rows.length > 0 && !listsMountPoints
      ? Option.getOrElse(yield* session.host.mounts, () => [])
      : []
    return rows.map((row) => ({
      ...row,
      target: row.target ??
        mounts.find(parse.isMountOf(row.device))?.target
    }))
  })

const isPath = Schema.is(HostPath)

/** A path that the kernel names. A path that no operation accepts is escaped. */
export const pathOf = (path: string): HostPath => HostPath.make(isPath(path) ? path : PrintableText.escape(path))

/** What the kernel appends to the path of a file that was removed. */
const removed = " (deleted)"

/** The path of an image, and whether the file was removed; a file may have that ending as its name. */
export const imageOf = (session: Session, path: string) =>
  !path.endsWith(removed)
    ? Effect.succeed({ image: pathOf(path) })
    : Effect.map(session.host.exists(path), (exists) =>
      exists ? { image: pathOf(path) } : { image: pathOf(path.slice(0, -removed.length)), deleted: true })

const runningDeviceOf = (session: Session) => (row: parse.Row): Effect.Effect<Result.RunningDevice> =>
  Effect.map(imageOf(session, row.image), (found) => ({
    device: DevicePath.make(row.device),
    ...found,
    ...(row.target !== undefined && { target: pathOf(row.target) }),
    ...(row.component !== undefined && { component: row.component })
  }))

export const listDevices = (session: Session, about: About) =>
  Effect.gen(function*() {
    const listed = yield* fromFiles.listDevices(session)
    const rows = Option.isSome(listed) ? listed.value : yield* listedByTool(session, about)
    return yield* Effect.forEach(rows, runningDeviceOf(session))
  })

/** The images of a disk, by their real paths. */
export const realImages = (session: Session, { descriptor, image }: Descriptor) =>
  Effect.map(
    Effect.forEach(descriptor.images, ({ file }) => session.host.real(image(file))),
    (paths): ReadonlySet<string> => new Set(paths)
  )

/** Every device of the disk with this descriptor. */
const devicesOf = (session: Session, about: About, disk: Descriptor) =>
  Effect.gen(function*() {
    const images = yield* realImages(session, disk)
    const devices = yield* listDevices(session, about)
    // A file at the path of a removed image is another file.
    return yield* Effect.filter(devices, (device) =>
      Effect.map(session.host.real(device.image), (path) => device.deleted !== true && images.has(path)))
  })

/** Every device of the disk, those of components included. */
export const devicesOfDisk = (session: Session, about: About, disk: string) =>
  Effect.flatMap(session.host.descriptor(about, disk), (found) => devicesOf(session, about, found))

/**
 * The device of another disk that has the base image of this one by another name.
 * Only a file with several names can be that of another disk.
 */
const deviceOfOther = (session: Session, about: About, disk: Descriptor, component: string | undefined) =>
  Effect.gen(function*() {
    const base = yield* session.host.real(disk.image(SnapshotTree.base(disk.tree).file))
    const file = Option.getOrUndefined(yield* session.files.find(base))
    if (file === undefined || file.links < 2) return undefined
    const own = yield* realImages(session, disk)
    const devices = yield* listDevices(session, about)
    const others = yield* Effect.filter(
      devices.filter((device) => device.deleted !== true && device.component === component),
      ({ image }) =>
        Effect.flatMap(session.host.real(image), (path) =>
          own.has(path)
            ? Effect.succeed(false)
            : Effect.map(session.files.find(path), Option.exists((found) => same(found, file))))
    )
    return others[0]?.device
  }).pipe(
    Effect.catchTags({
      BadArgument: (error) => Effect.fail(fileError(about, disk.image(SnapshotTree.base(disk.tree).file))(error)),
      SystemError: (error) => Effect.fail(fileError(about, disk.image(SnapshotTree.base(disk.tree).file))(error))
    })
  )

/** Whether the tool has taken the device of another disk for that of this one. */
const isOfOther = (session: Session, about: About, disk: string, device: string) =>
  Effect.gen(function*() {
    if (GenerationTraits.findsDevicesByPath[yield* session.generation]) return false
    const found = yield* Effect.option(session.host.descriptor(about, disk))
    return Option.isSome(found) && (yield* deviceOfOther(session, about, found.value, undefined)) === device
  })

/** Refuses what the tool would do with the device of another disk. */
export const requireOwnDevice = (
  session: Session,
  about: About,
  disk: string,
  component: string | undefined
): Effect.Effect<void, PloopError.PloopError> =>
  Effect.gen(function*() {
    // The operation itself reports what is wrong with the tool or the descriptor.
    const generation = Option.getOrUndefined(yield* Effect.option(session.generation))
    if (generation === undefined || !Refusal.mistakesDevices(generation, about.operation)) return
    const found = yield* Effect.option(session.host.descriptor(about, disk))
    if (Option.isNone(found)) return
    yield* Refusal.otherDisk(about, generation, yield* deviceOfOther(session, about, found.value, component))
  })

const unnamedByTool = (session: Session, about: About, disk: string) =>
  Effect.gen(function*() {
    const call = { ...about, args: args.deviceOf(disk), descriptor: disk, kind: "query" } as const
    const result = yield* session.execute(call)
    const found = yield* Either.mapLeft(
      parse.device(result.stdout),
      (found) => unexpected(about, result, found)
    )
    if (found.device !== undefined) {
      if (yield* isOfOther(session, about, disk, found.device)) return Option.none<Result.Attachment>()
      return Option.some(yield* attachment(session, DevicePath.make(found.device), found))
    }
    if (Duration.greaterThan(result.duration, suspicious) || /is locked|Already locked/.test(result.stderr)) {
      return yield* new PloopError.Locked(context(about, result))
    }
    // The tool gives the same answer, with success, when it could not look.
    if (/: Permission denied$/m.test(result.stderr)) {
      return yield* new PloopError.PermissionDenied(context(about, result))
    }
    if (GenerationTraits.queriesSilently[yield* session.generation]) return yield* listedDevice(session, about, disk)
    // Of a descriptor that only the tool can read, nobody knows what it has read.
    yield* session.host.descriptor(about, disk)
    return Option.none()
  })

/**
 * The unnamed device in the list of devices. Where queries fail silently, the tool
 * finds no device of a disk whose descriptor is damaged, or that another process
 * has locked, although it runs.
 */
const listedDevice = (session: Session, about: About, disk: string) =>
  Effect.gen(function*() {
    const devices = yield* devicesOfDisk(session, about, disk)
    const found = devices.find(({ component }) => component === undefined)
    return found === undefined ? Option.none() : Option.some(yield* attachment(session, found.device, {}))
  })

/**
 * The device that runs an image: its base image is the one that devices show, and
 * of any other the descriptor beside it says which disk it belongs to. The tool
 * finds devices by disks only, and would clear the in-use flag of a running image.
 */
export const deviceOfImage = (session: Session, about: About, image: string) =>
  Effect.gen(function*() {
    const { host } = session
    if (!(yield* host.exists(image))) return undefined
    const path = yield* host.real(image)
    const devices = (yield* listDevices(session, about)).filter(({ deleted }) => deleted !== true)
    if (devices.length === 0) return undefined
    const own = yield* Effect.findFirst(
      devices,
      (device) => Effect.map(host.real(device.image), (base) => base === path)
    )
    if (Option.isSome(own)) return own.value.device
    const disk = host.join(host.directory(path), descriptorName)
    const found = yield* Effect.option(host.descriptor(about, disk))
    if (Option.isNone(found)) return undefined
    const { descriptor, image: imageOf } = found.value
    const isOfDisk = yield* Effect.exists(
      descriptor.images,
      ({ file }) => Effect.map(host.real(imageOf(file)), (real) => real === path)
    )
    return isOfDisk ? (yield* devicesOfDisk(session, about, disk))[0]?.device : undefined
  })

/** The unnamed device of the disk. */
export const unnamedDevice = (session: Session, about: About, disk: string) =>
  Effect.option(session.host.descriptor(about, disk)).pipe(
    Effect.flatMap((descriptor) => fromFiles.unnamedDevice(session, descriptor)),
    Effect.flatMap(Option.match({
      onNone: () => unnamedByTool(session, about, disk),
      onSome: Option.match({
        onNone: () => Effect.succeed(Option.none<Result.Attachment>()),
        onSome: ({ name }) => Effect.asSome(attachment(session, DevicePath.make(`/dev/${name}`), {}))
      })
    }))
  )

/**
 * The device that writes to the top delta of a disk under another name than this
 * one: the in-use flag of the top delta says that one does. The tool itself
 * refuses a second device of this name.
 */
export const otherWriter = (session: Session, about: About, disk: Descriptor, own: string | undefined) =>
  Effect.gen(function*() {
    const top = disk.image(SnapshotTree.top(disk.tree).file)
    if (!Option.exists(yield* session.host.header(top), ({ isInUse }) => isInUse)) return undefined
    const devices = yield* devicesOf(session, about, disk)
    return devices.some(({ component }) => component === own)
      ? undefined
      : devices.find(({ component }) => component?.startsWith("~") !== true)?.device
  })

/** Whether it was seen that a device of device mapper takes no writes. */
export const isReadOnly = (session: Session, about: About, device: string): Effect.Effect<boolean> =>
  session.dmsetup.run({ ...about, args: args.attributes(DevicePath.baseName(DevicePath.make(device))), kind: "query" })
    .pipe(
      Effect.match({
        onFailure: () => false,
        onSuccess: ({ exitCode, stdout }) => exitCode === 0 && /^L..r$/.test(stdout.trim())
      })
    )

/** The devices that show the top delta under the name of a component, where they set its in-use flag. */
export const devicesOfTop = (session: Session, about: About, disk: string) =>
  Effect.gen(function*() {
    const found = yield* Effect.option(session.host.descriptor(about, disk))
    if (Option.isNone(found)) return []
    const top = found.value.image(SnapshotTree.top(found.value.tree).file)
    if (!Option.exists(yield* session.host.header(top), ({ isInUse }) => isInUse)) return []
    const devices = yield* devicesOfDisk(session, about, disk)
    return devices.some(({ component }) => component === undefined) ? [] : devices.map(({ device }) => device)
  })

/** The name of the unnamed device of the disk, if one runs. */
export const runningDevice = (session: Session, about: About, disk: string) =>
  Effect.map(unnamedDevice(session, about, disk), (found) => Option.getOrUndefined(found)?.device)

/** Whether the file system of a device is mounted. */
export const isMountedDevice = (session: Session, about: About, device: string) =>
  Effect.map(
    listDevices(session, about),
    (devices) => devices.some((running) => running.device === device && running.target !== undefined)
  )

/** The device whose file system is mounted at a directory. */
export const deviceAt = (session: Session, about: About, target: string) =>
  Effect.gen(function*() {
    const place = yield* session.host.real(target)
    const mounts = Option.getOrElse(yield* session.host.mounts, () => []).filter((mount) => mount.target === place)
    const devices = yield* listDevices(session, about)
    const found = devices.find(({ device, target }) => target === place || mounts.some(parse.isMountOf(device)))
    return Option.fromNullable(found?.device)
  })

export const deviceOf = (session: Session, about: About, disk: string, component: string | undefined) =>
  component === undefined
    ? unnamedDevice(session, about, disk)
    : Effect.gen(function*() {
      const devices = yield* devicesOfDisk(session, about, disk)
      const found = devices.find((device) => device.component === component)
      return found === undefined
        ? Option.none<Result.Attachment>()
        : Option.some(yield* attachment(session, found.device, { component }))
    })

/**
 * What disks use, how fast they grow, and when they or their host are full if it goes
 * on like this.
 *
 * @example
 * import { Usage } from "@effect-ploop/maintenance"
 * import { Console, Schedule, Stream } from "effect"
 *
 * const watch = Usage.stream({
 *   disks: ["/vz/101/DiskDescriptor.xml", "/vz/102/DiskDescriptor.xml"],
 *   schedule: Schedule.spaced("10 minutes")
 * }).pipe(
 *   Usage.alerts({ diskShare: 95, fullWithin: "3 days" }),
 *   Stream.runForEach((alert) => Console.log(`${alert.state}: ${alert.message}`))
 * )
 *
 * @since 0.2.0
 */
import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import * as HostPath from "@effect-ploop/core/HostPath"
import type { Ploop } from "@effect-ploop/core/Ploop"
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Path } from "@effect/platform/Path"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { HostSpace } from "./HostSpace.js"
import { check } from "./internal/policyInvalid.js"
import * as sets from "./internal/set/plan.js"
import { checks } from "./internal/usage/alerts.js"
import { record } from "./internal/usage/metrics.js"
import { readingOf, type Round } from "./internal/usage/reading.js"
import { sample } from "./internal/usage/sample.js"
import type * as MaintenanceError from "./MaintenanceError.js"
import * as UsagePolicy from "./UsagePolicy.js"

/**
 * What a disk uses.
 *
 * - `disk`: the disk;
 * - `fileSystem`: the number of the host's file system that has it;
 * - `images`: what its images take on the host, in bytes;
 * - `imagesPerDay`: how fast that grows, in bytes a day; absent at the first reading;
 * - `used`, `size`: what its file system uses and has, in bytes; absent when it would have to be mounted for that;
 * - `usedPerDay`: how fast that grows, in bytes a day; absent where it is not known;
 * - `fullAt`: when its file system is full if it goes on like this; absent when it does not grow.
 *
 * @since 0.2.0
 * @category models
 */
export class DiskUsage extends Schema.Class<DiskUsage>("@effect-ploop/maintenance/Usage/DiskUsage")({
  disk: Disk.Disk,
  fileSystem: Schema.Number,
  images: ByteSize.ByteSizeFromString,
  imagesPerDay: Schema.optional(Schema.Number),
  used: Schema.optional(ByteSize.ByteSizeFromString),
  size: Schema.optional(ByteSize.ByteSizeFromString),
  usedPerDay: Schema.optional(Schema.Number),
  fullAt: Schema.optional(Schema.DateTimeUtc)
}) {}

/**
 * What is used of a file system of the host that has disks.
 *
 * - `fileSystem`: its number;
 * - `path`: the directory of a disk on it;
 * - `used`, `size`: in bytes; what is kept for privileged processes counts as used;
 * - `usedPerDay`: how fast that grows, in bytes a day; absent at the first reading;
 * - `fullAt`: when it is full if it goes on like this; absent when it does not grow.
 *
 * @since 0.2.0
 * @category models
 */
export class HostUsage extends Schema.Class<HostUsage>("@effect-ploop/maintenance/Usage/HostUsage")({
  fileSystem: Schema.Number,
  path: HostPath.HostPath,
  used: ByteSize.ByteSizeFromString,
  size: ByteSize.ByteSizeFromString,
  usedPerDay: Schema.optional(Schema.Number),
  fullAt: Schema.optional(Schema.DateTimeUtc)
}) {}

/**
 * A disk that could not be read, and why.
 *
 * @since 0.2.0
 * @category models
 */
export class Unread extends Schema.Class<Unread>("@effect-ploop/maintenance/Usage/Unread")({
  disk: Disk.Disk,
  reason: Schema.String
}) {}

/**
 * What all disks use at one time.
 *
 * - `at`: when it was read;
 * - `disks`: the disks that could be read;
 * - `hosts`: the file systems of the host that they are on;
 * - `unread`: the disks that could not.
 *
 * @since 0.2.0
 * @category models
 */
export class Reading extends Schema.Class<Reading>("@effect-ploop/maintenance/Usage/Reading")({
  at: Schema.DateTimeUtc,
  disks: Schema.Array(DiskUsage),
  hosts: Schema.Array(HostUsage),
  unread: Schema.Array(Unread)
}) {}

const make = ({ at, disks, hosts, unread }: ReturnType<typeof readingOf>): Reading =>
  new Reading({
    at,
    disks: disks.map((disk) => new DiskUsage(disk)),
    hosts: hosts.map((host) => new HostUsage(host)),
    unread: unread.map((one) => new Unread(one))
  })

type Services = Ploop | FileSystem | Path | HostSpace

const round = (disks: ReadonlyArray<Disk.Disk>): Effect.Effect<Round, never, Services> =>
  Effect.gen(function*() {
    const at = yield* DateTime.now
    const samples = yield* Effect.forEach(disks, (disk) =>
      Effect.either(Effect.mapError(sample(disk), ({ message }) => ({ disk, reason: message }))))
    return {
      at,
      samples: samples.filter(Either.isRight).map(({ right }) =>
        right
      ),
      unread: samples.filter(Either.isLeft).map(({ left }) => left)
    }
  }).pipe(Effect.withSpan("Usage.read"))

/**
 * @since 0.2.0
 * @category models
 */
export interface StreamOptions {
  /** The disks, by the paths of their descriptors. Each once. */
  readonly disks: ReadonlyArray<string>
  /** When to read them; the first reading is made at once. Default: every five minutes. */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** From how many of the last readings the growth is estimated. Default: 288, a day of the default schedule. */
  readonly readings?: number | undefined
}

/**
 * What disks use, again and again, with the growth since the readings before. A disk
 * that cannot be read does not end it. It also sets the metrics
 * `ploop_disk_images_bytes`, `ploop_disk_used_bytes`, `ploop_disk_size_bytes`,
 * `ploop_disk_seconds_until_full`, `ploop_host_used_bytes`, `ploop_host_size_bytes`
 * and `ploop_host_seconds_until_full`, by the tags `disk` and `path`.
 *
 * @since 0.2.0
 * @category constructors
 */
export const stream = (
  options: StreamOptions
): Stream.Stream<Reading, MaintenanceError.PolicyInvalid, Services> =>
  Stream.unwrap(
    Effect.map(sets.disks(options.disks), (disks) =>
      Stream.repeatEffectWithSchedule(round(disks), options.schedule ?? Schedule.spaced("5 minutes")).pipe(
        Stream.mapAccum<ReadonlyArray<Round>, Round, Reading>([], (before, now) => [
          [...before, now].slice(-(options.readings ?? 288)),
          make(readingOf(before, now))
        ]),
        Stream.tap(record)
      ))
  )

/**
 * What disks use now, without a growth.
 *
 * @since 0.2.0
 * @category queries
 */
export const read = (
  disks: ReadonlyArray<string>
): Effect.Effect<Reading, MaintenanceError.PolicyInvalid, Services> =>
  sets.disks(disks).pipe(
    Effect.flatMap(round),
    Effect.map((now) => make(readingOf([], now))),
    Effect.tap(record)
  )

/**
 * Something that has become wrong, or right again.
 *
 * - `kind`: `filling` is a share that is used, `full-soon` an estimate, `unreadable` a disk that cannot be read;
 * - `subject`: the disk, or a directory on the file system of the host;
 * - `state`: whether it is so now, or no longer;
 * - `at`: since when;
 * - `message`: the numbers, for people.
 *
 * @since 0.2.0
 * @category models
 */
export class Alert extends Schema.Class<Alert>("@effect-ploop/maintenance/Usage/Alert")({
  kind: Schema.Literal("filling", "full-soon", "unreadable"),
  subject: Schema.String,
  state: Schema.Literal("raised", "cleared"),
  at: Schema.DateTimeUtc,
  message: Schema.String
}) {}

/** The alerts of a reading that are not those before it, and those that are raised after it. */
const changes = (policy: UsagePolicy.Policy) => (before: ReadonlySet<string>, reading: Reading) => {
  const raised = new Set(before)
  const events = checks(reading, policy).flatMap(({ isOn, kind, message, subject }) => {
    const key = `${kind} ${subject}`
    const on = isOn(before.has(key))
    if (on === before.has(key)) return []
    if (on) raised.add(key)
    else raised.delete(key)
    return [new Alert({ kind, subject, state: on ? "raised" : "cleared", at: reading.at, message })]
  })
  return [raised as ReadonlySet<string>, events] as const
}

/**
 * The alerts of a stream of readings: one event when something becomes wrong, and
 * one when it is right again. A share has to be two percent below its limit for that.
 *
 * @since 0.2.0
 * @category combinators
 */
export const alerts =
  (options: UsagePolicy.PolicyOptions = {}) =>
  <E, R>(readings: Stream.Stream<Reading, E, R>): Stream.Stream<Alert, E | MaintenanceError.PolicyInvalid, R> =>
    Stream.unwrap(
      Effect.map(check(UsagePolicy.Policy, options), (policy) =>
        readings.pipe(
          Stream.mapAccum<ReadonlySet<string>, Reading, ReadonlyArray<Alert>>(new Set(), changes(policy)),
          Stream.flattenIterables
        ))
    )

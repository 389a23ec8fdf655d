import * as ByteSize from "@effect-ploop/core/ByteSize"
import * as Disk from "@effect-ploop/core/Disk"
import type * as DateTime from "effect/DateTime"
import { fullAt, perDay, type Point } from "./growth.js"
import type { Sample } from "./sample.js"

/** A disk that could not be read. */
interface Unread {
  readonly disk: Disk.Disk
  readonly reason: string
}

/** What was sampled at one time. */
export interface Round {
  readonly at: DateTime.Utc
  readonly samples: ReadonlyArray<Sample>
  readonly unread: ReadonlyArray<Unread>
}

const size = (bytes: bigint): ByteSize.ByteSize => ByteSize.ByteSizeFromSelf.make(bytes)

const isDefined = <A>(value: A | undefined): value is A => value !== undefined

const points = (samples: ReadonlyArray<Sample>, bytes: (sample: Sample) => bigint | undefined): ReadonlyArray<Point> =>
  samples.map((sample) => {
    const found = bytes(sample)
    return found === undefined ? undefined : { at: sample.at, bytes: found }
  }).filter(isDefined)

/** A field that is there only when it has a value. */
const when = <K extends string, A>(key: K, value: A | undefined): { readonly [P in K]?: A } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: A }

const diskOf = (now: Sample, before: ReadonlyArray<Sample>) => {
  const own = [...before.filter(({ disk }) => disk === now.disk), now]
  const usedPerDay = perDay(points(own, ({ inside }) => inside?.used))
  return {
    disk: now.disk,
    fileSystem: now.fileSystem,
    images: size(now.images),
    ...when("imagesPerDay", perDay(points(own, ({ images }) => images))),
    ...(now.inside !== undefined && {
      used: size(now.inside.used),
      size: size(now.inside.size),
      ...when("usedPerDay", usedPerDay),
      ...when("fullAt", fullAt(now.at, now.inside.used, now.inside.size, usedPerDay))
    })
  }
}

const hostOf = (now: Sample, before: ReadonlyArray<Sample>) => {
  const path = Disk.directory(now.disk)
  const own = points(
    [...before.filter(({ fileSystem }) => fileSystem === now.fileSystem), now],
    ({ host }) => host.used
  )
  const usedPerDay = perDay(own)
  return {
    fileSystem: now.fileSystem,
    path,
    used: size(now.host.used),
    size: size(now.host.size),
    ...when("usedPerDay", usedPerDay),
    ...when("fullAt", fullAt(now.at, now.host.used, now.host.size, usedPerDay))
  }
}

/** What a round says, with the growth since the rounds before it. */
export const readingOf = (before: ReadonlyArray<Round>, { at, samples, unread }: Round) => {
  const earlier = before.flatMap((round) => round.samples)
  // A host is named after the first of its disks.
  const hosts = new Map(samples.toReversed().map((sample) => [sample.fileSystem, sample]))
  return {
    at,
    disks: samples.map((sample) => diskOf(sample, earlier)),
    hosts: Array.from(hosts.values(), (sample) => hostOf(sample, earlier)),
    unread
  }
}

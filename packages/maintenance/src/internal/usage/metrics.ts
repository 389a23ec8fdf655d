import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const disk = {
  images: gauge("ploop_disk_images_bytes", "What the images of a disk take on the host."),
  used: gauge("ploop_disk_used_bytes", "What the file system in a disk uses."),
  size: gauge("ploop_disk_size_bytes", "The size of the file system in a disk."),
  untilFull: gauge("ploop_disk_seconds_until_full", "When the file system in a disk is full if it goes on like this.")
}

const host = {
  used: gauge("ploop_host_used_bytes", "What is used of a file system of the host that has disks."),
  size: gauge("ploop_host_size_bytes", "The size of a file system of the host that has disks."),
  untilFull: gauge("ploop_host_seconds_until_full", "When that file system is full if it goes on like this.")
}

/** The seconds until then; infinite when that is not to be expected. */
const seconds = (now: DateTime.Utc, then: DateTime.Utc | undefined): number =>
  then === undefined ? Infinity : Duration.toSeconds(DateTime.distanceDuration(now, then))

type Gauge = Metric.Metric.Gauge<number>

const set = (gauge: Gauge, tag: readonly [string, string], value: bigint | number | undefined) =>
  value === undefined ? Effect.void : Metric.set(Metric.tagged(gauge, ...tag), Number(value))

interface Numbers {
  readonly used?: bigint | undefined
  readonly size?: bigint | undefined
  readonly fullAt?: DateTime.Utc | undefined
}

interface Reading {
  readonly at: DateTime.Utc
  readonly disks: ReadonlyArray<Numbers & { readonly disk: string; readonly images: bigint }>
  readonly hosts: ReadonlyArray<Numbers & { readonly path: string }>
}

/** Sets the gauges to the numbers of a reading. */
export const record = ({ at, disks, hosts }: Reading): Effect.Effect<void> =>
  Effect.all([
    ...disks.flatMap((one) => {
      const tag = ["disk", one.disk] as const
      return [
        set(disk.images, tag, one.images),
        set(disk.used, tag, one.used),
        set(disk.size, tag, one.size),
        set(disk.untilFull, tag, one.size === undefined ? undefined : seconds(at, one.fullAt))
      ]
    }),
    ...hosts.flatMap((one) => {
      const tag = ["path", one.path] as const
      return [
        set(host.used, tag, one.used),
        set(host.size, tag, one.size),
        set(host.untilFull, tag, seconds(at, one.fullAt))
      ]
    })
  ], { discard: true })

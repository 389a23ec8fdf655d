import type * as Result from "@effect-ploop/core/Result"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostFiles } from "./hostFiles.js"
import type { ImageInfo } from "./parse.js"

/** A device as the driver shows it in sysfs. */
export interface DriverDevice {
  /** Such as `ploop101`. */
  readonly name: string
  /** The image of its base delta. */
  readonly image: string
  readonly component: string | undefined
}

/** The chain of a device. */
export interface DriverChain {
  /** The paths of the images, the base first, as the kernel names them. */
  readonly images: ReadonlyArray<string>
  readonly readOnly: boolean
}

/**
 * The driver of generations 1.15 and 7, by what it shows in sysfs. Each answer is
 * none where sysfs cannot be read or does not tell for certain.
 */
export interface Driver {
  /** The devices that have an image. */
  readonly devices: Effect.Effect<Option.Option<ReadonlyArray<DriverDevice>>>
  /** The images of a device, and whether it refuses writes. */
  readonly chain: (name: string) => Effect.Effect<Option.Option<DriverChain>>
  /** Size, clusters and version of the disk that a device shows. */
  readonly geometry: (name: string) => Effect.Effect<Option.Option<ImageInfo>>
  /** What a device has counted. */
  readonly statistics: (name: string) => Effect.Effect<Option.Option<Result.DeviceStatistics>>
  /** How a device reads and writes its base delta, as in `kaio`. */
  readonly io: (name: string) => Effect.Effect<Option.Option<string>>
  /** Whether another device lies on a device or on its partition, as on an encrypted disk: that one is mounted then. */
  readonly isWrapped: (name: string) => Effect.Effect<boolean>
}

const withoutLineEnd = (text: string): string => text.endsWith("\n") ? text.slice(0, -1) : text

const wholeNumber = (text: string): Option.Option<bigint> =>
  /^\d{1,18}$/.test(text) ? Option.some(BigInt(text)) : Option.none()

const isVersion = (number: bigint): number is 0n | 1n | 2n => number >= 0n && number <= 2n

const versions = [0, 1, 2] as const

/** Reads sysfs below a directory; `/sys` is the kernel's own. */
export const make = (files: HostFiles, sysfs: string): Driver => {
  const block = `${sysfs}/block`

  /** None when it is not there; anything else that is wrong ends the whole answer. */
  const line = (path: string) => Effect.map(files.kernelText(`${block}/${path}`), Option.map(withoutLineEnd))

  const number = (path: string) => Effect.map(line(path), Option.flatMap(wholeNumber))

  const device = (name: string) =>
    Effect.gen(function*() {
      const image = yield* line(`${name}/pdelta/0/image`)
      if (Option.isNone(image)) return undefined
      const cookie = yield* Effect.flatMap(line(`${name}/pstate/cookie`), (found) => found)
      const found: DriverDevice = { name, image: image.value, component: cookie === "" ? undefined : cookie }
      return found
    })

  return {
    devices: Effect.option(Effect.gen(function*() {
      const names = yield* Effect.flatMap(files.kernelNames(block), (found) => found)
      const found: Array<DriverDevice> = []
      for (const name of names) {
        const seen = /^ploop\d+$/.test(name) ? yield* device(name) : undefined
        if (seen !== undefined) found.push(seen)
      }
      return found
    })),
    chain: (name) =>
      Effect.option(Effect.gen(function*() {
        const levels = yield* Effect.flatMap(files.kernelNames(`${block}/${name}/pdelta`), (found) => found)
        const images: Array<string> = []
        for (const level of levels.keys()) {
          images.push(yield* Effect.flatMap(line(`${name}/pdelta/${level}/image`), (found) => found))
        }
        return { images, readOnly: (yield* Effect.flatMap(number(`${name}/ro`), (found) => found)) !== 0n }
      })),
    geometry: (name) =>
      Effect.map(
        Effect.option(Effect.all([
          Effect.flatMap(number(`${name}/size`), (found) => found),
          Effect.flatMap(number(`${name}/pstate/block_size`), (found) => found),
          Effect.flatMap(number(`${name}/pstate/fmt_version`), (found) => found)
        ])),
        Option.filterMap(([sectors, clusterSectors, version]) =>
          isVersion(version)
            ? Option.some({ sectors, clusterSectors, version: versions[Number(version)] ?? 0 })
            : Option.none()
        )
      ),
    statistics: (name) =>
      Effect.option(Effect.gen(function*() {
        const names = yield* Effect.flatMap(files.kernelNames(`${block}/${name}/pstat`), (found) => found)
        const counters: Record<string, bigint> = {}
        for (const counter of names) {
          counters[counter] = yield* Effect.flatMap(number(`${name}/pstat/${counter}`), (found) => found)
        }
        return counters
      })),
    io: (name) => Effect.map(Effect.option(line(`${name}/pdelta/0/io`)), Option.flatten),
    isWrapped: (name) =>
      Effect.exists(
        [name, `${name}p1`],
        (part) =>
          Effect.match(files.kernelNames(`${sysfs}/class/block/${part}/holders`), {
            onFailure: () => true,
            onSuccess: Option.exists((holders) => holders.length > 0)
          })
      )
  }
}

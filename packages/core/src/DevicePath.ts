/**
 * Block devices of running images.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const whole = /^\/dev\/(?:mapper\/)?ploop\d+$/

const part = /^\/dev\/(?:mapper\/)?ploop\d+p\d+$/

/**
 * A whole device: `/dev/ploop17761` where the driver is ploop's own,
 * `/dev/mapper/ploop23456` where it is the device mapper.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DevicePath = Schema.String.pipe(
  Schema.pattern(whole, { message: () => "must be a ploop device, as in /dev/ploop17761 or /dev/mapper/ploop23456" }),
  Schema.brand("@effect-ploop/core/DevicePath")
)

/**
 * @since 0.1.0
 * @category models
 */
export type DevicePath = typeof DevicePath.Type

/**
 * A partition of a device, such as `/dev/ploop17761p1`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PartitionPath = Schema.String.pipe(
  Schema.pattern(part, { message: () => "must be a partition of a ploop device, as in /dev/ploop17761p1" }),
  Schema.brand("@effect-ploop/core/PartitionPath")
)

/**
 * @since 0.1.0
 * @category models
 */
export type PartitionPath = typeof PartitionPath.Type

/**
 * Makes a device path, or throws when the text is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (path: string) => DevicePath = Schema.decodeSync(DevicePath)

/**
 * The only partition that ploop makes on a device.
 *
 * @since 0.1.0
 * @category conversions
 */
export const partition = (device: DevicePath): PartitionPath => PartitionPath.make(`${device}p1`)

/**
 * The name of the device without its directory: `ploop17761`.
 *
 * @since 0.1.0
 * @category conversions
 */
export const baseName = (device: DevicePath): string => device.slice(device.lastIndexOf("/") + 1)

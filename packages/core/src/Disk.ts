/**
 * How a disk is named: by the path of its `DiskDescriptor.xml`.
 *
 * There is nothing to open or to close; every operation takes this path.
 *
 * @example
 * import { Disk } from "@effect-ploop/core"
 *
 * console.log(Disk.inDirectory("/vz/private/101/root.hdd"))
 * // "/vz/private/101/root.hdd/DiskDescriptor.xml"
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HostPath from "./HostPath.js"
import { brokenRule } from "./internal/hostPath.js"

/**
 * The name that the tool gives to every descriptor it makes, and the only one
 * that generation 9 recognises.
 *
 * @since 0.1.0
 * @category constants
 */
export const descriptorName = "DiskDescriptor.xml"

const isDescriptor = (path: string): boolean => /[^/]\.xml$/.test(path)

/**
 * The path of a descriptor. Its name ends in `.xml`: by that the tool knows a
 * descriptor from an image.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Disk = HostPath.HostPath.pipe(
  Schema.filter((path) => isDescriptor(path), {
    message: () => "must be the path of a descriptor, whose name ends in .xml, as in /vz/disk/DiskDescriptor.xml"
  }),
  Schema.brand("@effect-ploop/core/Disk")
)

/**
 * @since 0.1.0
 * @category models
 */
export type Disk = typeof Disk.Type

/**
 * Names the disk by its descriptor, or throws with the rule that was broken.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (path: string): Disk =>
  // As in HostPath: to decode takes many times as long as the rules.
  brokenRule(path) === undefined && isDescriptor(path) ? path as Disk : decode(path)

const decode = Schema.decodeSync(Disk)

/**
 * Names the disk whose `DiskDescriptor.xml` is in this directory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inDirectory = (directory: string): Disk =>
  make(`${directory.replace(/(?<=.)\/+$/, "")}/${descriptorName}`.replace("//", "/"))

/**
 * The directory that holds the descriptor; `.` when the path has none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const directory = (disk: Disk): HostPath.HostPath => {
  const slash = disk.lastIndexOf("/")
  return HostPath.make(slash < 0 ? "." : slash === 0 ? "/" : disk.slice(0, slash))
}

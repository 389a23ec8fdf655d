import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as content from "./content.js"
import type { Disk } from "./describedDisk.js"

const encoder = new TextEncoder()

/** What a descriptor takes without its images and snapshots, and what one of each takes without the name of a file. */
const [frame, entry] = [1024, 256]

/** A character takes at most five bytes, as `&amp;` does. */
const widest = 5

/** The maximum size of the text of a descriptor, in bytes: at once, without the text. */
const limit = ({ images, keyId, snapshots, source, volume }: DiskDescriptor.DiskDescriptor): number =>
  keyId !== undefined || volume !== undefined || source !== undefined
    ? Infinity
    : images.reduce((sum, { file }) => sum + widest * file.length, frame + entry * (images.length + snapshots.length))

type Fields = ConstructorParameters<typeof DiskDescriptor.DiskDescriptor>[0]

/**
 * A descriptor with fields that have been checked: each comes from a descriptor that was read, or from a checked request.
 * The constructor asks each field of the class for a default, also where it does not validate, and takes ten times as long.
 */
export const describe = (fields: Fields): DiskDescriptor.DiskDescriptor =>
  Object.assign(
    // An object with the prototype of the class and all its fields is what its constructor makes.
    Object.create(DiskDescriptor.DiskDescriptor.prototype) as DiskDescriptor.DiskDescriptor,
    fields
  )

/** The text of a descriptor as the contents of a file, rendered when something reads it. */
export class DescriptorFile extends content.Deferred {
  /** The tree in the descriptor, made once for the file and for the operation that writes it. */
  readonly tree: ReturnType<typeof SnapshotTree.fromDescriptor>
  readonly most: number

  /** No field, so that the states of two hosts are equal although the disk was read in one of them only. */
  #disk: Disk | undefined

  constructor(readonly descriptor: DiskDescriptor.DiskDescriptor) {
    super()
    this.tree = SnapshotTree.fromDescriptor(descriptor)
    this.most = limit(descriptor)
  }

  /** The disk with this descriptor, if it was read from this path before. */
  diskAt(path: string): Disk | undefined {
    return this.#disk?.path === path ? this.#disk : undefined
  }

  /** Keeps the disk for the operations that follow. */
  keep(disk: Disk): Disk {
    this.#disk = disk
    return disk
  }

  protected render(): Uint8Array {
    return encoder.encode(DiskDescriptor.format(this.descriptor))
  }
}

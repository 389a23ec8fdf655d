import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
import * as SnapshotTree from "@effect-ploop/core/SnapshotTree"
import * as content from "./content.js"

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

/** The text of a descriptor as the contents of a file, rendered when something reads it. */
export class DescriptorFile extends content.Deferred {
  /** The tree in the descriptor, made once for the file and for the operation that writes it. */
  readonly tree: ReturnType<typeof SnapshotTree.fromDescriptor>
  readonly most: number

  constructor(readonly descriptor: DiskDescriptor.DiskDescriptor) {
    super()
    this.tree = SnapshotTree.fromDescriptor(descriptor)
    this.most = limit(descriptor)
  }

  protected render(): Uint8Array {
    return encoder.encode(DiskDescriptor.format(this.descriptor))
  }
}

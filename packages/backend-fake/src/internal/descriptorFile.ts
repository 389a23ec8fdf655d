import * as DiskDescriptor from "@effect-ploop/core/DiskDescriptor"
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

const render = (descriptor: DiskDescriptor.DiskDescriptor): Uint8Array =>
  encoder.encode(DiskDescriptor.format(descriptor))

/** The text of a descriptor as the contents of a file, rendered when something reads it. */
export const make = (descriptor: DiskDescriptor.DiskDescriptor): content.Bytes =>
  content.deferred(descriptor, render, limit(descriptor))

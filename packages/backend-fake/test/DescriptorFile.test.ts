/** A descriptor is rendered when something reads it, and takes the same space before and after. */
import { DiskDescriptor, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as content from "../src/internal/content.js"
import { DescriptorFile } from "../src/internal/descriptorFile.js"

/** The descriptor of a chain of images with these names. */
const chain = (files: ReadonlyArray<string>): DiskDescriptor.DiskDescriptor => {
  const ids = files.map((_, index) =>
    index === 0 ? SnapshotId.top : SnapshotId.make(`{11111111-2222-4333-8444-${`${index}`.padStart(12, "0")}}`)
  )
  return DiskDescriptor.make({
    size: "4P",
    clusterSize: "64M",
    preallocated: true,
    images: files.map((file, index) => ({ id: ids[index]!, type: "Compressed", file })),
    snapshots: ids.map((id, index) => ({ id, parent: ids[index + 1] ?? SnapshotId.none, temporary: index > 0 }))
  })
}

const names = fc.oneof(
  fc.array(fc.constantFrom("&", "<", "\r", "é", "€", "𝕏", "a"), { minLength: 1, maxLength: 80 }).map((all) =>
    all.join("")
  ),
  fc.constant("root.hdd.{5fbaabe3-6958-40ff-92a7-860e329aab41}")
)

describe("the file of a descriptor", () => {
  it("takes as much space before it is read as afterwards, and holds the text of the descriptor", () => {
    fc.assert(fc.property(fc.array(names, { minLength: 1, maxLength: 12 }), (files) => {
      const descriptor = chain(files)
      const file = new DescriptorFile(descriptor)
      const before = content.allocated(file)
      const bytes = content.read(file, 0, file.size)
      assert.strictEqual(new TextDecoder().decode(bytes), DiskDescriptor.format(descriptor))
      assert.strictEqual(before, Math.ceil(bytes.length / 4096) * 4096)
      assert.strictEqual(content.allocated(file), before)
    }))
  })
})

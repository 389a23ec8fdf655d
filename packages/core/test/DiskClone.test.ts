import { ByteSize, DiskClone, DiskDescriptor, Refusal, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import * as trees from "./utils/trees.js"

const [a, b, c] = ["a", "b", "c"].map((digit) =>
  SnapshotId.make(`${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}`)
) as [SnapshotId.SnapshotId, SnapshotId.SnapshotId, SnapshotId.SnapshotId]

const source = DiskDescriptor.make({
  size: "10G",
  images: [
    { id: a, type: "Compressed", file: "/elsewhere/root.hdd" },
    { id: b, type: "Compressed", file: `root.hdd.${c}` },
    { id: SnapshotId.top, type: "Compressed", file: "root.hdd" }
  ],
  snapshots: [
    { id: a, parent: SnapshotId.none, temporary: false },
    { id: b, parent: a, temporary: false },
    { id: SnapshotId.top, parent: b, temporary: false }
  ]
})

const tree = Either.getOrThrow(SnapshotTree.fromDescriptor(source))

const chain = [...SnapshotTree.chain(tree, b)].reverse()

const descriptorOf = (top: string | undefined) =>
  DiskClone.descriptor({ source, chain, top, size: ByteSize.GiB(9), generation: "7" })

describe("a clone", () => {
  it("has names of its own in its directory, whatever directories and names the images have", () => {
    assert.deepStrictEqual(DiskClone.links(chain).map(({ name }) => name), ["root.hdd", `root.hdd.${b}`])
    assert.strictEqual(DiskClone.topName(chain, c), `root.hdd.${c}`)
  })

  it("has a descriptor that can be read, with the chain, the size at the snapshot and a top delta", () => {
    const read = Either.getOrThrow(DiskDescriptor.parse(DiskDescriptor.format(descriptorOf(`root.hdd.${c}`))))
    assert.deepStrictEqual(read.snapshots.map(({ id, parent }) => [id, parent]), [
      [a, SnapshotId.none],
      [b, a],
      [SnapshotId.top, b]
    ])
    assert.strictEqual(read.diskSize, ByteSize.GiB(9))
    assert.strictEqual(read.rootElement, "Virtuozzo_disk_image")
  })

  it("keeps the limit of the size of deltas and the name of the key, and is part of no volume", () => {
    const kept = { maxDeltaSize: ByteSize.GiB(1), keyId: "k" }
    const full = new DiskDescriptor.DiskDescriptor({ ...source, ...kept, volume: { readOnly: false } })
    const { keyId, maxDeltaSize, volume } = DiskClone.descriptor({
      source: full,
      chain,
      top: "top.hdd",
      size: ByteSize.GiB(9),
      generation: "9"
    })
    assert.deepStrictEqual({ keyId, maxDeltaSize }, kept)
    assert.isUndefined(volume)
  })

  it("without a top delta of its own has the last image for that", () => {
    const { images, snapshots } = descriptorOf(undefined)
    assert.deepStrictEqual(images.map(({ file, id }) => [id, file]), [
      [a, "root.hdd"],
      [SnapshotId.top, `root.hdd.${b}`]
    ])
    assert.deepStrictEqual(snapshots.map(({ parent }) => parent), [SnapshotId.none, a])
  })

  it("has a record that is read as it was written, and no other text is one", () => {
    const record = {
      disk: "/vz/1/DiskDescriptor.xml",
      snapshot: a,
      images: ["root.hdd"]
    } as unknown as DiskClone.Record
    assert.deepStrictEqual(DiskClone.parseRecord(DiskClone.formatRecord(record)), Option.some(record))
    for (const text of ["", "{}", "[]", "root.hdd"]) assert.isTrue(Option.isNone(DiskClone.parseRecord(text)))
  })
})

describe("an image with other names", () => {
  const about = { operation: "deleteSnapshot", subject: "/vz/1/DiskDescriptor.xml" } as const

  it("is refused by its path; one without is not", () => {
    const refused = Refusal.unshared(about, [{ image: "/a", links: 1 }, { image: "/b", links: 2 }])
    const { _tag, image } = Either.getOrThrow(Either.flip(refused))
    assert.deepStrictEqual([_tag, image], ["ImageShared", "/b"])
    assert.isTrue(Either.isRight(Refusal.unshared(about, [{ image: "/a", links: 1 }, { image: "/gone", links: 0 }])))
  })

  it("is written to when a snapshot with a child is deleted, and when the top delta above it is", () => {
    assert.deepStrictEqual(Refusal.writtenWhenDeleted(tree, a), ["/elsewhere/root.hdd"])
    assert.deepStrictEqual(Refusal.writtenWhenDeleted(tree, SnapshotId.top), [`root.hdd.${c}`])
    assert.deepStrictEqual(Refusal.writtenWhenDeleted(tree, c), [])
  })

  it("is not written to when a snapshot without children is deleted: its file goes", () => {
    const branched = trees.disk([[a, SnapshotId.none], [b, a], [SnapshotId.top, a]])
    assert.deepStrictEqual(Refusal.writtenWhenDeleted(branched.tree, b), [])
  })

  it("is written to when a snapshot with several children is deleted: the last of them is merged into it later", () => {
    const branched = trees.disk([[a, SnapshotId.none], [b, a], [SnapshotId.top, a]])
    assert.deepStrictEqual(Refusal.writtenWhenDeleted(branched.tree, a), ["image.0"])
  })

  it("is not written to by a check that repairs nothing", () => {
    const switches = { dropInUse: false, force: false, hardForce: false, readOnly: false, repairSparse: false }
    assert.isFalse(Refusal.repairs(switches))
    for (const name of ["dropInUse", "force", "hardForce", "repairSparse"] as const) {
      assert.isTrue(Refusal.repairs({ ...switches, [name]: true }), name)
    }
    assert.isFalse(Refusal.repairs({ ...switches, force: true, readOnly: true }))
  })
})

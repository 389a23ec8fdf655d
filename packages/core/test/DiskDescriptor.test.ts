import { ByteSize, DiskDescriptor, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"

const fixtures = new URL("fixtures/descriptors/", import.meta.url)

const written = readdirSync(fixtures).flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, fixtures)).map((name) =>
    [`${folder}/${name}`, readFileSync(new URL(`${folder}/${name}`, fixtures), "utf8")] as const
  )
)

const read = (text: string) => Either.getOrThrow(DiskDescriptor.parse(text))

const refused = (text: string) => Either.getOrThrow(Either.flip(DiskDescriptor.parse(text)))

const fresh = written.find(([name]) => name === "1.15-no-kernel/descriptor-fresh.xml")![1]

const branched = written.find(([name]) => name === "1.15-no-kernel/descriptor-branched.xml")![1]

const withoutSource = (descriptor: DiskDescriptor.DiskDescriptor) =>
  new DiskDescriptor.DiskDescriptor({ ...descriptor, source: undefined })

describe("what a real tool wrote", () => {
  for (const [name, text] of written) {
    it(`${name} comes out byte for byte`, () => {
      assert.strictEqual(DiskDescriptor.format(read(text)), text)
    })

    it(`${name} is what this module would write itself`, () => {
      assert.strictEqual(DiskDescriptor.format(withoutSource(read(text))), text)
    })
  }

  it("has the geometry that this module computes", () => {
    for (
      const [size, ...expected] of [[2048, 4, 16, 32], [20480, 40, 16, 32], [204800, 400, 16, 32], [
        2097152,
        2080,
        16,
        63
      ], [209715200, 409600, 16, 32]] as const
    ) {
      const { cylinders, heads, sectors } = DiskDescriptor.geometry(ByteSize.fromSectors(size))
      assert.deepStrictEqual([cylinders, heads, sectors], expected)
    }
  })
})

describe("reading", () => {
  it("compares identifiers without regard to case, and gives them in one form", () => {
    const descriptor = read(branched.replaceAll("aaaaaaaa", "AAAAAAAA"))
    assert.strictEqual(descriptor.images[0]?.id, SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a"))
  })

  it("ignores the root element", () => {
    assert.strictEqual(read(fresh.replaceAll("Parallels_disk_image", "Something_else")).rootElement, "Something_else")
  })

  it("tolerates a descriptor without snapshots: its image is the top", () => {
    const text = fresh.replace(/<Snapshots>[\s\S]*<\/Snapshots>/, "<Snapshots></Snapshots>")
    assert.deepStrictEqual(read(text).snapshots, [{ id: SnapshotId.top, parent: SnapshotId.none, temporary: false }])
  })

  it("renames the top of an old descriptor, as the tool does", () => {
    const old = "{12345678-0000-4000-8000-000000000001}"
    const descriptor = read(fresh.replaceAll(SnapshotId.top, old))
    assert.strictEqual(descriptor.images[0]?.id, SnapshotId.top)
    assert.strictEqual(descriptor.snapshots[0]?.id, SnapshotId.top)
  })

  it("decodes the predefined and the numeric entities, and no others", () => {
    const descriptor = read(fresh.replace("<File>root.hdd</File>", "<File>a&amp;b&lt;&#xe9;&#10;&unknown;</File>"))
    assert.strictEqual(descriptor.images[0]?.file, "a&b<é\n&unknown;")
  })

  it("is not harmed by entities that explode", () => {
    const bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" +
      fresh.replace(/^<\?xml.*\n/, "")
    const parsed = DiskDescriptor.parse(bomb.replace("root.hdd", "&b;"))
    assert.isFalse(Either.isRight(parsed) && parsed.right.images[0]!.file.includes("aaaa"))
  })

  const broken: ReadonlyArray<readonly [title: string, text: string, element: string]> = [
    ["text that is not XML", "<a><b></a>", "the text"],
    ["text that is cut short", fresh.slice(0, 300), "the text"],
    ["nothing", "", "the text"],
    ["no parameters", fresh.replaceAll("Disk_Parameters", "X"), "/Disk_Parameters"],
    ["no storage", fresh.replaceAll("Storage>", "X>"), "/StorageData/Storage"],
    ["no list of snapshots", fresh.replaceAll("Snapshots>", "X>"), "/Snapshots"],
    ["no image", fresh.replace(/<Image>[\s\S]*<\/Image>/, ""), "/StorageData/Storage/Image"],
    ["two storages", fresh.replace(/(<Storage>[\s\S]*<\/Storage>)/, "$1$1"), "/StorageData/Storage"],
    ["a cluster size that is not a number", fresh.replace("<Blocksize>2048", "<Blocksize>abc"), "Blocksize"],
    ["a cluster size that is not a power of two", fresh.replace("<Blocksize>2048", "<Blocksize>2000"), "Blocksize"],
    ["no cluster size", fresh.replace(/<Blocksize>.*<\/Blocksize>/, ""), "Blocksize"],
    ["a GUID that is none", fresh.replace(`<GUID>${SnapshotId.top}`, "<GUID>x"), "GUID"],
    [
      "a top that is not listed",
      fresh.replace(`<TopGUID>${SnapshotId.top}`, "<TopGUID>{12345678-0000-4000-8000-000000000001}"),
      "TopGUID"
    ],
    ["a top that is temporary", fresh.replace("</ParentGUID>", "</ParentGUID><Temporary/>"), "TopGUID"],
    ["more images than snapshots", fresh.replace(/(<Image>[\s\S]*<\/Image>)/, "$1$1"), "Image"],
    ["a type that is none", fresh.replace("Compressed", "Zipped"), "Type"]
  ]
  for (const [title, text, element] of broken) {
    it(`refuses ${title}, and names the element`, () => {
      const error = refused(text)
      assert.strictEqual(error.element, element)
      assert.isNotEmpty(error.rule)
    })
  }
})

describe("writing", () => {
  it("keeps elements, comments and attributes that it does not know, where they were", () => {
    const text = branched
      .replace(
        "<Padding>0</Padding>",
        "<Padding>0</Padding>\n    <!-- a comment -->\n    <Encryption><KeyId>k</KeyId></Encryption>"
      )
      .replace("<Shot>", "<Shot kind=\"x\">\n      <TemporaryZero/>")
    const descriptor = read(text)
    const changed = DiskDescriptor.format(
      new DiskDescriptor.DiskDescriptor({ ...descriptor, diskSize: ByteSize.MiB(128) })
    )
    assert.strictEqual(changed, text.replaceAll("131072", "262144"))
  })

  it("adds and removes images and snapshots as the tool would", () => {
    const descriptor = read(branched)
    const gone = SnapshotId.make("bbbbbbbb-0000-4000-8000-00000000000b")
    const smaller = new DiskDescriptor.DiskDescriptor({
      ...descriptor,
      images: descriptor.images.filter((image) => image.id !== gone),
      snapshots: descriptor.snapshots.filter((snapshot) => snapshot.id !== gone)
    })
    const text = DiskDescriptor.format(smaller)
    assert.strictEqual(text, DiskDescriptor.format(withoutSource(smaller)))
    const again = new DiskDescriptor.DiskDescriptor({ ...descriptor, source: text })
    const back = read(DiskDescriptor.format(again))
    assert.deepStrictEqual(back.images, descriptor.images)
    assert.deepStrictEqual(back.snapshots, descriptor.snapshots)
  })

  const files = fc.string({ minLength: 1, unit: "grapheme" })
    // XML has no way to write most control characters.
    .filter((file) =>
      !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(file) && !/\p{Surrogate}/u.test(file)
    )

  const ids = fc.uniqueArray(fc.uuid({ version: 4 }), { minLength: 0, maxLength: 6 })

  const descriptors = fc.tuple(
    ids,
    fc.array(files, { minLength: 7, maxLength: 7 }),
    fc.integer({ min: 1, max: 1 << 20 }),
    fc.boolean(),
    fc.array(fc.nat(), { minLength: 7, maxLength: 7 }),
    fc.array(fc.boolean(), { minLength: 7, maxLength: 7 })
  )
    .map(([uuids, names, mebibytes, preallocated, parents, temporary]) => {
      const all = [...uuids.map(SnapshotId.make), SnapshotId.top]
      return DiskDescriptor.make({
        size: ByteSize.MiB(mebibytes),
        preallocated,
        images: all.map((id, index) => ({ id, type: "Compressed" as const, file: names[index]! })),
        snapshots: all.map((id, index) => ({
          id,
          parent: index === 0 ? SnapshotId.none : all[parents[index]! % index]!,
          temporary: id !== SnapshotId.top && temporary[index]!
        }))
      })
    })

  it("is undone by reading, whatever the names of the files", () => {
    fc.assert(fc.property(descriptors, (descriptor) => {
      const back = withoutSource(read(DiskDescriptor.format(descriptor)))
      assert.deepStrictEqual(back, withoutSource(descriptor))
    }))
  })

  it("over an older text gives the same as from scratch", () => {
    fc.assert(fc.property(descriptors, descriptors, (before, after) => {
      const over = new DiskDescriptor.DiskDescriptor({ ...after, source: DiskDescriptor.format(before) })
      assert.deepStrictEqual(withoutSource(read(DiskDescriptor.format(over))), withoutSource(after))
    }))
  })

  it("is the codec's other direction", () => {
    const decode = Schema.decodeSync(DiskDescriptor.DiskDescriptorFromXml)
    const encode = Schema.encodeSync(DiskDescriptor.DiskDescriptorFromXml)
    assert.strictEqual(encode(decode(branched)), branched)
    assert.throws(() => decode("<a/>"), /Disk_Parameters/)
  })

  it("gives a descriptor whose snapshots are a tree", () => {
    fc.assert(fc.property(descriptors, (descriptor) => {
      const tree = Either.getOrThrow(SnapshotTree.fromDescriptor(descriptor))
      assert.strictEqual(SnapshotTree.nodes(tree).length, descriptor.images.length)
    }))
  })
})

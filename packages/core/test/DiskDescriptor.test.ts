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

  it("renames the top of an old descriptor also as the parent of what is built on it", () => {
    const [old, child] = [
      "{12345678-0000-4000-8000-000000000001}",
      SnapshotId.make("12345678-0000-4000-8000-000000000002")
    ]
    const described = DiskDescriptor.make({
      size: "1G",
      images: [
        { id: SnapshotId.top, type: "Compressed", file: "root.hdd" },
        { id: child, type: "Compressed", file: "child.hdd" }
      ],
      snapshots: [
        { id: SnapshotId.top, parent: SnapshotId.none, temporary: false },
        { id: child, parent: SnapshotId.top, temporary: false }
      ]
    })
    const text = DiskDescriptor.format(described).replaceAll(SnapshotId.top, old)
    assert.deepStrictEqual(read(text).snapshots, described.snapshots)
  })

  it("decodes the predefined and the numeric references", () => {
    const descriptor = read(fresh.replace("<File>root.hdd</File>", "<File>a&amp;b&lt;&#xe9;&#9;</File>"))
    assert.strictEqual(descriptor.images[0]?.file, "a&b<é\t")
  })

  for (const reference of ["&unknown;", "&constructor;", "&#0;", "&#1;", "&#xD800;", "&#x110000;"]) {
    it(`refuses the reference ${reference}, which stands for nothing`, () => {
      assert.strictEqual(refused(fresh.replace("root.hdd", `a${reference}b`)).element, "File")
    })
  }

  it("refuses a declaration that is not one, as the tool does", () => {
    const declare = (declaration: string) => DiskDescriptor.parse(fresh.replace(/^<\?xml[^>]*>/, declaration))
    for (const declaration of ["<?xml version=\"1. \"?>", "<?xml version=\"2.0\"?>", "<?xml encoding=\"UTF-8\"?>"]) {
      assert.isTrue(Either.isLeft(declare(declaration)), declaration)
    }
    for (const declaration of ["", "<?xml version='1.1'?>", "<?xml version=\"1.0\" standalone=\"yes\"?>"]) {
      assert.isTrue(Either.isRight(declare(declaration)), declaration)
    }
  })

  it("refuses a document type, whose entities the tool leaves out", () => {
    const text = fresh.replace("?>", "?>\n<!DOCTYPE a [<!ENTITY r \"root\">]>")
    assert.include(refused(text).rule, "document type")
    assert.include(refused(text.replace("root.hdd", "&r;.hdd")).rule, "document type")
  })

  it("is not misled by a document type in a comment", () => {
    assert.strictEqual(read(fresh.replace("?>", "?>\n<!-- <!DOCTYPE a> -->")).images.length, 1)
  })

  for (
    const [what, file] of [
      ["a CDATA section", "<![CDATA[root.hdd]]>"],
      ["text and a CDATA section", "root<![CDATA[.hdd]]>"],
      ["a comment in its middle", "root<!-- -->.hdd"],
      ["an element", "root<b/>.hdd"]
    ] as const
  ) {
    it(`refuses a path that is ${what}: the tool reads a part of it`, () => {
      assert.strictEqual(refused(fresh.replace("root.hdd", file)).element, "File")
    })
  }

  it("reads numbers as the tool does: decimal, octal and hexadecimal", () => {
    for (const size of ["131072", "0x20000", "0400000", " 131072", "+131072"]) {
      const { diskSize } = read(fresh.replace(/<Disk_size>\d+/, `<Disk_size>${size}`))
      assert.strictEqual(ByteSize.toSectors(diskSize), 131072n, size)
    }
  })

  for (const size of ["131072 ", "-1", "08", "10M", "1e3", "0x", ""]) {
    it(`refuses the size ${JSON.stringify(size)}, in which the tool reads no number`, () => {
      assert.strictEqual(refused(fresh.replace(/<Disk_size>\d+/, `<Disk_size>${size}`)).element, "Disk_size")
    })
  }

  it("does not ask for the namespace, as the tool does not", () => {
    const prefixed = fresh.replace(/<(\/?)(\w)/g, "<$1p:$2").replace("disk_image>", "disk_image xmlns:p=\"urn:x\">")
    assert.deepStrictEqual(withoutSource(read(prefixed)), withoutSource(read(fresh)))
    assert.deepStrictEqual(
      withoutSource(read(fresh.replace("disk_image>", "disk_image xmlns=\"urn:x\">"))),
      withoutSource(read(fresh))
    )
  })

  const inBytes = (text: string, encoding: string, bom: ReadonlyArray<number>, swap = false): Uint8Array => {
    const declared = text.replace("?>", ` encoding="${encoding}"?>`)
    const units = swap
      ? Array.from(declared, (char) => [char.charCodeAt(0) >> 8, char.charCodeAt(0) & 255])
      : Array.from(declared, (char) => [char.charCodeAt(0) & 255, char.charCodeAt(0) >> 8])
    return new Uint8Array([...bom, ...encoding === "UTF-16" ? units.flat() : units.map((unit) => unit[0]!)])
  }

  for (
    const [what, bytes] of [
      ["UTF-8 with a byte order mark", new Uint8Array([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(fresh)])],
      ["UTF-16, the low byte first", inBytes(fresh, "UTF-16", [0xff, 0xfe])],
      ["UTF-16, the high byte first", inBytes(fresh, "UTF-16", [0xfe, 0xff], true)],
      ["UTF-16 without a byte order mark", inBytes(fresh, "UTF-16", [])],
      ["ISO-8859-1", inBytes(fresh, "ISO-8859-1", [])]
    ] as const
  ) {
    it(`reads ${what}, and keeps it as UTF-8`, () => {
      const descriptor = Either.getOrThrow(DiskDescriptor.parseBytes(bytes))
      assert.deepStrictEqual(withoutSource(descriptor), withoutSource(read(fresh)))
      assert.strictEqual(DiskDescriptor.format(descriptor), fresh)
    })
  }

  it("refuses bytes that are not in the encoding that they say, and an encoding that nobody knows", () => {
    for (const bytes of [new Uint8Array([...new TextEncoder().encode(fresh), 0xe9]), inBytes(fresh, "Klingon", [])]) {
      assert.include(Either.getOrThrow(Either.flip(DiskDescriptor.parseBytes(bytes))).rule, "encoding")
    }
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
    ["an element behind the root", `${fresh}<X/>`, "the text"],
    ["no parameters", fresh.replaceAll("Disk_Parameters", "X"), "/Disk_Parameters"],
    ["no storage", fresh.replaceAll("Storage>", "X>"), "/StorageData/Storage"],
    ["no list of snapshots", fresh.replaceAll("Snapshots>", "X>"), "/Snapshots"],
    ["no image", fresh.replace(/<Image>[\s\S]*<\/Image>/, ""), "/StorageData/Storage/Image"],
    ["two storages", fresh.replace(/(<Storage>[\s\S]*<\/Storage>)/, "$1$1"), "/StorageData/Storage"],
    ["a cluster size that is not a number", fresh.replace("<Blocksize>2048", "<Blocksize>abc"), "Blocksize"],
    ["a cluster size that is not a power of two", fresh.replace("<Blocksize>2048", "<Blocksize>2000"), "Blocksize"],
    [
      "cylinders in a number that is not exact in JavaScript",
      fresh.replace(/<Cylinders>\d+/, "<Cylinders>9007199254740992"),
      "Cylinders"
    ],
    ["no cluster size", fresh.replace(/<Blocksize>.*<\/Blocksize>/, ""), "Blocksize"],
    ["a GUID that is none", fresh.replace(`<GUID>${SnapshotId.top}`, "<GUID>x"), "GUID"],
    [
      "a top that is not listed",
      fresh.replace(`<TopGUID>${SnapshotId.top}`, "<TopGUID>{12345678-0000-4000-8000-000000000001}"),
      "TopGUID"
    ],
    ["a top that is temporary", fresh.replace("</ParentGUID>", "</ParentGUID><Temporary/>"), "TopGUID"],
    ["more images than snapshots", fresh.replace(/(<Image>[\s\S]*<\/Image>)/, "$1$1"), "Image"],
    ["a type that is none", fresh.replace("Compressed", "Zipped"), "Type"],
    ["a type with blanks, which the tool takes for another", fresh.replace("Compressed", " Plain "), "Type"],
    ["a GUID without braces", fresh.replace(`<GUID>${SnapshotId.top}`, `<GUID>${SnapshotId.top.slice(1, -1)}`), "GUID"],
    ["a GUID with blanks", fresh.replace(`<GUID>${SnapshotId.top}`, `<GUID> ${SnapshotId.top}`), "GUID"],
    [
      "an element behind the images, which the tool takes for one",
      fresh.replace("</Image>", "</Image><X/>"),
      "/StorageData/Storage/Image"
    ],
    ["an element behind the snapshots", fresh.replace("</Shot>", "</Shot><X/>"), "/Snapshots/Shot"],
    ["an element behind the storage", fresh.replace("</Storage>", "</Storage><X/>"), "/StorageData/Storage"],
    [
      "a preallocation that is neither 0 nor 1",
      fresh.replace("</Blocksize>", "</Blocksize><Preallocated>2</Preallocated>"),
      "Preallocated"
    ],
    [
      "a raw image that is preallocated",
      fresh.replace("Compressed", "Plain").replace("</Blocksize>", "</Blocksize><Preallocated>1</Preallocated>"),
      "Preallocated"
    ]
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

  it("marks a preallocated disk with a 1, the only mark that the tool takes, also over a text without it", () => {
    const mark = "<Preallocated>1</Preallocated>"
    const plain = read(fresh)
    for (const source of [undefined, fresh]) {
      const text = DiskDescriptor.format(new DiskDescriptor.DiskDescriptor({ ...plain, preallocated: true, source }))
      assert.include(text, mark)
      assert.isTrue(read(text).preallocated)
      assert.notInclude(
        DiskDescriptor.format(new DiskDescriptor.DiskDescriptor({ ...read(text), preallocated: false })),
        "Preallocated"
      )
    }
  })

  it("keeps what only generations 7 and 9 write, and the limit of deltas", () => {
    const text = fresh
      .replace("</Disk_size>", "</Disk_size>\n    <Max_delta_size>7</Max_delta_size>")
      .replace("</Padding>", "</Padding>\n    <Encryption>\n      <KeyId>k</KeyId>\n    </Encryption>")
      .replace(
        "<StorageData>",
        "<StorageData>\n    <Volume>\n      <Parent>p</Parent>\n      <SnapshotGUID>s</SnapshotGUID>\n      <ReadOnly>1</ReadOnly>\n    </Volume>"
      )
    assert.strictEqual(DiskDescriptor.format(withoutSource(read(text))), text)
  })

  it("of the codec refuses a descriptor that it could not read", () => {
    const encode = Schema.encodeEither(DiskDescriptor.DiskDescriptorFromXml)
    const descriptor = read(fresh)
    for (
      const changes of [{ images: [] }, { snapshots: [] }, { images: [{ ...descriptor.images[0]!, file: "a\u0001" }] }]
    ) {
      assert.isTrue(Either.isLeft(encode(new DiskDescriptor.DiskDescriptor({ ...descriptor, ...changes }))))
    }
  })

  it("over a text in which the same things have other forms gives what reads as the descriptor", () => {
    const old = "{12345678-0000-4000-8000-000000000001}"
    for (
      const text of [
        fresh.replace(/<Disk_size>\d+/, "<Disk_size>0x20000"),
        fresh.replaceAll(SnapshotId.top, SnapshotId.top.toUpperCase()),
        branched.replaceAll(SnapshotId.top, old).replaceAll("<Shot>", "<Shot kind=\"x\">")
      ]
    ) {
      const changed = new DiskDescriptor.DiskDescriptor({ ...read(text), diskSize: ByteSize.MiB(128) })
      const written = DiskDescriptor.format(changed)
      assert.deepStrictEqual(withoutSource(read(written)), withoutSource(changed))
      assert.strictEqual(written.split("kind").length, text.split("kind").length)
    }
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

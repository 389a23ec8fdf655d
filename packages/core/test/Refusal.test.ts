import {
  ByteSize,
  ClusterSize,
  DiskDescriptor,
  Generation,
  GenerationTraits,
  type ImageExamination,
  Refusal,
  Request,
  SnapshotId,
  SnapshotTree
} from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Option, Schema } from "effect"
import * as trees from "./utils/trees.js"

const { none, top } = SnapshotId
const [a, b, c, d] = [trees.id("a"), trees.id("b"), trees.id("c"), trees.id("d")]

const disk = "/vz/disk/DiskDescriptor.xml"

const about: Refusal.About = { operation: "check", subject: disk }

const all = Generation.Generation.literals

/** The tag of an error and its own fields, without what every error carries. */
const own = (error: { readonly _tag: string }): Record<string, unknown> =>
  Object.fromEntries(Object.entries(error).filter(([name]) => !["operation", "subject", "text"].includes(name)))

const accepted = <A, E extends { readonly _tag: string }>(result: Either.Either<A, E>): A =>
  Either.getOrThrowWith(result, (error) => new Error(`refused: ${error._tag}`))

/** What was decided, or the error, in a form that can be compared. */
const decision = <A, E extends { readonly _tag: string }>(result: Either.Either<A, E>): unknown =>
  Either.match(result, { onLeft: own, onRight: (value) => value })

const refused = <E extends { readonly _tag: string }>(
  result: Either.Either<unknown, E>,
  expected: Record<string, unknown>
) => {
  assert.isTrue(Either.isLeft(result), "it was accepted")
  if (Either.isLeft(result)) assert.deepInclude(own(result.left), expected)
}

/** Refused by these generations, and accepted by the others. */
const refusedBy = <E extends { readonly _tag: string }>(
  generations: ReadonlyArray<Generation.Generation>,
  result: (generation: Generation.Generation) => Either.Either<unknown, E>,
  expected: Record<string, unknown> = { _tag: "Unsupported" }
) => {
  for (const generation of all) {
    if (generations.includes(generation)) refused(result(generation), expected)
    else accepted(result(generation))
  }
}

describe("every refusal", () => {
  it("says which operation was refused on what, and that the tool was not asked", () => {
    const error = Either.getOrThrow(Either.flip(Refusal.idleDisk(about, undefined)))
    assert.deepInclude(error, { ...about, text: "" })
    assert.isUndefined(error.exitCode)
  })

  it("names the generation that is at fault", () => {
    const error = Either.getOrThrow(Either.flip(Refusal.copy(about, "7")))
    assert.match(error.message, /generation 7/)
  })
})

describe("a descriptor", () => {
  const text = DiskDescriptor.format(DiskDescriptor.make({
    size: "10M",
    rootElement: "Parallels_disk_image",
    images: [{ id: a, type: "Compressed", file: "root.hdd" }, { id: top, type: "Compressed", file: "top" }],
    snapshots: [{ id: a, parent: none, temporary: false }, { id: top, parent: a, temporary: false }]
  }))

  const judged = (
    source: string,
    generation: Generation.Generation,
    operation: Refusal.About["operation"] = "createSnapshot",
    images: ReadonlyMap<string, ImageExamination.ImageStart> = new Map()
  ) => {
    const descriptor = Either.getOrThrow(DiskDescriptor.parse(source))
    const tree = Either.getOrThrow(SnapshotTree.fromDescriptor(descriptor))
    return Refusal.descriptor({ operation, subject: disk }, generation, { descriptor, tree }, images)
  }

  const starts = (images: Readonly<Record<string, Partial<ImageExamination.ImageStart>>>) =>
    new Map(
      Object.entries(images).map(([file, start]) => [
        file,
        { clusterSize: undefined, cutOff: undefined, lacksExtension: false, ...start }
      ])
    )

  const within = (element: string, what: string) => text.replace(`</${element}>`, `${what}</${element}>`)

  it("that the tool wrote, or that has no text, is not refused", () => {
    for (const generation of all) {
      accepted(judged(text, generation, "createSnapshot", starts({ top: { clusterSize: ByteSize.MiB(1) } })))
    }
  })

  it("may hold anything when nothing writes it: a query reads it, and a mount without temporary snapshots", () => {
    const strange = within("Disk_Parameters", "<Name>x</Name>")
    for (const generation of all) {
      accepted(judged(strange, generation, "listSnapshots"))
      accepted(judged(strange, generation, "mount"))
      refused(judged(strange.replace("</ParentGUID>", "</ParentGUID><Temporary/>"), generation, "mount"), {
        _tag: "Unsupported"
      })
    }
  })

  for (
    const [what, source, generations] of [
      ["an element", within("Disk_Parameters", "<Name/>"), all],
      ["an attribute of the root", text.replace("disk_image>", "disk_image Version=\"1.0\">"), all],
      ["a comment", within("Snapshots", "<!-- x -->"), all],
      ["an instruction", within("StorageData", "<?x y?>").replace("</Storage><?x y?>", "<?x y?></Storage>"), all],
      ["text between elements", text.replace("<Snapshots>", "<Snapshots>x"), all],
      ["a second element of a name", text.replace("<Padding>", "<Heads>1</Heads><Padding>"), all],
      ["a second list of snapshots", text.replace(/(<Snapshots>[^]*<\/Snapshots>)/, "$1$1"), all],
      ["a CDATA section", within("Snapshots", "<![CDATA[x]]>"), all],
      ["an attribute of an image", text.replace("<Image>", "<Image Id=\"1\">"), all],
      ["more than text in a leaf", text.replace("<Padding>0", "<Padding>0<X/>"), all],
      ["a padding that is not 0", text.replace("<Padding>0", "<Padding>5"), all],
      ["a start that is not 0, as the second piece of a split disk has", text.replace("<Start>0", "<Start>64"), all],
      ["the name of a key", within("Disk_Parameters", "<Encryption><KeyId>k</KeyId></Encryption>"), ["1.15"]],
      ["the key itself", within("Disk_Parameters", "<Encryption><Data>k</Data></Encryption>"), all],
      ["a volume", text.replace("<StorageData>", "<StorageData><Volume><ReadOnly/></Volume>"), ["1.15"]]
    ] as const
  ) {
    it(`with ${what} is not written again by a generation that would drop it`, () => {
      refusedBy(generations, (generation) => judged(source, generation))
    })
  }

  it("with ../ behind the beginning of a path is refused where the tool would take another file", () => {
    const at = (file: string) => text.replace("<File>root.hdd", `<File>${file}`)
    for (const file of ["sub/../root.hdd", "./../root.hdd", "../a/../root.hdd", "a../root.hdd"]) {
      for (const operation of ["check", "mount", "createSnapshot"] as const) {
        refusedBy(["7", "9"], (generation) => judged(at(file), generation, operation), { _tag: "DescriptorInvalid" })
      }
    }
    for (const file of ["../root.hdd", "..//../a/root.hdd", "/vz/../root.hdd", "./root.hdd", "a..b/root.hdd"]) {
      for (const generation of all) accepted(judged(at(file), generation, "check"))
    }
  })

  it("that fits together is judged alike by every operation, and one that does not is refused", () => {
    const moved = text.replace("<File>top</File>", "<File>root.hdd</File>")
    const split = text.replace(`<ParentGUID>${a}`, `<ParentGUID>${none}`)
    const plain = text.replace(/Compressed(?=<\/Type>\s*<File>top)/, "Plain")
    for (const generation of all) {
      for (const operation of ["check", "mount", "createSnapshot"] as const) {
        for (const source of [moved, split, plain]) {
          assert.notStrictEqual(source, text)
          refused(judged(source, generation, operation), { _tag: "DescriptorInvalid" })
        }
        accepted(judged(text.replaceAll("Compressed", "Plain"), generation, operation))
      }
    }
  })

  it("without cylinders or heads is refused by the generation that divides by them", () => {
    for (const name of ["Cylinders", "Heads"]) {
      const zero = text.replace(new RegExp(`<${name}>\\d+`), `<${name}>0`)
      refusedBy(["1.15"], (generation) => judged(zero, generation), { _tag: "DescriptorInvalid" })
    }
  })

  it("of an encrypted disk is not mounted either, where the generation would take the images for plain text", () => {
    const encrypted = within("Disk_Parameters", "<Encryption><KeyId>k</KeyId></Encryption>")
    refusedBy(["1.15"], (generation) => judged(encrypted, generation, "mount"))
  })

  it("with an encryption that describes none is not refused", () => {
    const nil = `<Encryption><Engine>${none}</Engine><Data></Data></Encryption>`
    for (const generation of all) accepted(judged(within("Disk_Parameters", nil), generation))
  })

  it("whose clusters are not those of an image is refused, and the error says which they are", () => {
    const result = judged(text, "9", "mount", starts({ top: { clusterSize: ByteSize.KiB(512) } }))
    refused(result, { _tag: "DescriptorInvalid" })
    assert.match(Either.getOrThrow(Either.flip(result)).message, /Blocksize is 2048, but the header of top says 1024/)
  })

  it("of an image that is cut off is refused where that image is rewritten, or gets another one above it", () => {
    const cutOff = "the file ends in its header, after 100 bytes"
    for (const generation of all) {
      refused(judged(text, generation, "convert", starts({ "root.hdd": { cutOff } })), { _tag: "ImageCorrupt" })
      refused(judged(text, generation, "createSnapshot", starts({ top: { cutOff } })), { _tag: "ImageCorrupt" })
      accepted(judged(text, generation, "createSnapshot", starts({ "root.hdd": { cutOff } })))
      accepted(judged(text, generation, "switchSnapshot", starts({ top: { cutOff } })))
    }
  })

  it("of an image that has lost its map of changed blocks is refused where a new delta would get a copy of it", () => {
    const lost = (file: string, operation: Refusal.About["operation"]) => (generation: Generation.Generation) =>
      judged(text, generation, operation, starts({ [file]: { lacksExtension: true } }))
    for (const operation of ["createSnapshot", "createTemporarySnapshot", "snapshotAndSwitch"] as const) {
      refusedBy(["7", "9"], lost("top", operation))
      for (const generation of all) accepted(lost("root.hdd", operation)(generation))
    }
    for (const generation of all) accepted(lost("top", "switchSnapshot")(generation))
  })

  it("that is none is refused with what can be done with its one image, unless that could lose something", () => {
    const single = DiskDescriptor.format(DiskDescriptor.make({
      size: "10M",
      images: [{ id: top, type: "Plain", file: "root.hdd" }],
      snapshots: [{ id: top, parent: none, temporary: false }]
    }))
    const remedy = (source: string) => {
      const error = Either.getOrThrow(Either.flip(DiskDescriptor.parse(source)))
      return Refusal.unreadableDescriptor(about, new TextEncoder().encode(source), error).remedy
    }
    const broken = (source: string) => source.replace(/<TopGUID>.*<\/TopGUID>/, "<TopGUID>x</TopGUID>")
    assert.include(remedy(broken(single)), "restoreDescriptor({ image: \"/vz/disk/root.hdd\", format: \"raw\" })")
    for (
      const unsafe of [
        broken(text),
        broken(single.replace("</Disk_Parameters>", "<Encryption><KeyId>k</KeyId></Encryption></Disk_Parameters>")),
        single.replace(/(<Storage>[\s\S]*<\/Storage>)/, "$1$1"),
        "no XML"
      ]
    ) assert.notInclude(remedy(unsafe), "restoreDescriptor")
  })
})

describe("a format version", () => {
  it("is 2 by default where the driver knows it, and 1 elsewhere", () => {
    const old: GenerationTraits.Row<number> = { "1.15": 1, "7": 1, "9": 2 }
    for (const generation of all) {
      assert.strictEqual(GenerationTraits.defaultVersion(generation, { largeDisks: true }), 2)
      assert.strictEqual(GenerationTraits.defaultVersion(generation, { largeDisks: false }), old[generation])
    }
  })
})

describe("files, devices and directories", () => {
  it("a descriptor must be called DiskDescriptor.xml on generation 9", () => {
    for (const path of ["/vz/disk.xml", "disk.xml", "/vz/DiskDescriptor.xml/other.xml", "/vz/MyDiskDescriptor.xml"]) {
      refusedBy(["9"], (generation) => Refusal.descriptorName(about, generation, path))
    }
    for (const path of ["/vz/DiskDescriptor.xml", "DiskDescriptor.xml"]) {
      refusedBy([], (generation) => Refusal.descriptorName(about, generation, path))
    }
  })

  it("a new file must not exist", () => {
    refused(Refusal.existingFile(about, "/vz/root.hdd", true), { _tag: "AlreadyExists", path: "/vz/root.hdd" })
    accepted(Refusal.existingFile(about, "/vz/root.hdd", false))
  })

  it("an image that is used must exist", () => {
    refused(Refusal.missingImage(about, "/vz/new.hdd", false), { _tag: "ImageNotFound", image: "/vz/new.hdd" })
    accepted(Refusal.missingImage(about, "/vz/new.hdd", true))
  })

  it("a device that is unmounted must exist", () => {
    refused(Refusal.missingDevice(about, false), { _tag: "DeviceNotFound" })
    accepted(Refusal.missingDevice(about, true))
  })

  it("a mount point must be a directory", () => {
    refused(Refusal.missingMountPoint(about, "/mnt", false), { _tag: "MountPointInvalid", target: "/mnt" })
    accepted(Refusal.missingMountPoint(about, "/mnt", true))
  })
})

describe("running disks", () => {
  it("images of a running disk are in use", () => {
    refused(Refusal.runningDisk(about, "/dev/ploop1"), { _tag: "ImageInUse", device: "/dev/ploop1" })
    accepted(Refusal.runningDisk(about, undefined))
  })

  it("a disk is attached once by one name", () => {
    refused(Refusal.attachedDisk(about, "/dev/ploop1"), { _tag: "AlreadyMounted", device: "/dev/ploop1" })
    accepted(Refusal.attachedDisk(about, undefined))
  })

  it("what needs a device is refused without one", () => {
    refused(Refusal.idleDisk(about, undefined), { _tag: "NotMounted" })
    accepted(Refusal.idleDisk(about, "/dev/ploop1"))
  })
})

describe("create", () => {
  const size = ByteSize.GiB(1)
  const usual = { sparse: false }

  it("does not ask generation 1.15 for a sparse image, for which its tool has no option", () => {
    refusedBy(
      ["1.15"],
      (generation) => Refusal.create(about, generation, { size, fileSystem: "none", format: "raw", sparse: true }, 2),
      { _tag: "Unsupported", instead: "Leave sparse out." }
    )
  })

  it("does not ask generation 9 for ext3, which it would make XFS", () => {
    refusedBy(
      ["9"],
      (generation) => Refusal.create(about, generation, { size, fileSystem: "ext3", format: "expanded", ...usual }, 2)
    )
    refusedBy(
      [],
      (generation) => Refusal.create(about, generation, { size, fileSystem: "ext4", format: "expanded", ...usual }, 2)
    )
    refusedBy(
      [],
      (generation) => Refusal.create(about, generation, { size, fileSystem: "none", format: "expanded", ...usual }, 2)
    )
  })

  it("refuses a size from 2 TiB for format version 1", () => {
    const create = (size: ByteSize.ByteSize, version: 1 | 2) => (generation: Generation.Generation) =>
      Refusal.create(about, generation, { size, fileSystem: "none", format: "expanded", ...usual }, version)
    refusedBy(all, create(ByteSize.TiB(2), 1), { _tag: "InvalidArgument", field: "size", value: "2T" })
    refusedBy([], create(ByteSize.fromSectors(ByteSize.toSectors(ByteSize.TiB(2)) - 1n), 1))
    refusedBy([], create(ByteSize.TiB(2), 2))
  })
})

describe("check", () => {
  const check = (options: Request.CheckOptions) => (generation: Generation.Generation) =>
    Refusal.check(about, generation, Schema.decodeSync(Request.Check)(options))

  it("refuses a switch for a disk on generation 1.15, which would ignore it, and names it", () => {
    for (
      const given of ["force", "hardForce", "duplicates", "readOnly", "silent", "dropInUse", "repairSparse"] as const
    ) {
      refusedBy(["1.15"], check({ disk, [given]: true }), {
        _tag: "Unsupported",
        reason: `generation 1.15 ignores ${given} when it checks a disk`
      })
    }
  })

  it("takes switches for an image, and a disk without any", () => {
    refusedBy([], check({ image: "/vz/disk/root.hdd", force: true }))
    refusedBy([], check({ disk, force: false }))
    refusedBy([], check({ disk, snapshot: a }))
  })
})

describe("replace", () => {
  const replace =
    (request: Partial<Pick<Request.Replace, "level" | "keepName">>, device?: string) =>
    (generation: Generation.Generation) => Refusal.replace(about, generation, { keepName: false, ...request }, device)

  it("needs a running disk on generation 9", () => {
    refusedBy(["9"], replace({}))
    refusedBy([], replace({}, "/dev/ploop1"))
  })

  it("takes a level of a running disk only", () => {
    refused(replace({ level: 0 })("7"), { _tag: "NotMounted" })
    accepted(replace({ level: 0 }, "/dev/ploop1")("7"))
  })

  it("keeps the name while the disk is idle only", () => {
    refusedBy(all, replace({ keepName: true }, "/dev/ploop1"), { _tag: "ImageInUse", device: "/dev/ploop1" })
    accepted(replace({ keepName: true })("7"))
  })
})

describe("grow", () => {
  const largest = ByteSize.fromSectors(ByteSize.toSectors(ByteSize.TiB(2)) - 1n)

  it("refuses a size from 2 TiB for an image of format version 1", () => {
    refused(Refusal.grow(about, { size: ByteSize.TiB(2) }, 1), { _tag: "SizeRefused" })
    accepted(Refusal.grow(about, { size: largest }, 1))
    accepted(Refusal.grow(about, { size: ByteSize.TiB(2) }, 2))
    accepted(Refusal.grow(about, { size: ByteSize.TiB(2) }, undefined))
  })

  it("grows a running disk by whole clusters", () => {
    refused(Refusal.growRunning(about, { size: ByteSize.KiB(1536) }, ByteSize.MiB(1)), { _tag: "SizeRefused" })
    accepted(Refusal.growRunning(about, { size: ByteSize.MiB(2) }, ByteSize.MiB(1)))
  })
})

describe("mount", () => {
  const { tree } = trees.disk([[a, none], [b, a], [top, a]])

  it("shows the top delta, for writing unless said otherwise", () => {
    for (const snapshot of [undefined, top]) {
      for (const [readOnly, expected] of [[undefined, false], [false, false], [true, true]] as const) {
        assert.deepStrictEqual(Option.getOrUndefined(Refusal.mountTop({ snapshot, readOnly })), {
          snapshot: undefined,
          readOnly: expected
        })
      }
    }
  })

  it("leaves a snapshot to be decided from the tree", () => {
    for (const snapshot of ["base", a] as const) {
      assert.isTrue(Option.isNone(Refusal.mountTop({ snapshot })))
    }
  })

  it("shows a snapshot read-only unless said otherwise", () => {
    assert.deepStrictEqual(accepted(Refusal.mountSnapshot(about, { snapshot: b }, tree)), {
      snapshot: b,
      readOnly: true
    })
  })

  it("shows the lowest delta as the base", () => {
    assert.deepStrictEqual(accepted(Refusal.mountSnapshot(about, { snapshot: "base" }, tree)), {
      snapshot: a,
      readOnly: true
    })
  })

  it("lets nobody write to a snapshot that others are built on", () => {
    refused(Refusal.mountSnapshot(about, { snapshot: "base", readOnly: false }, tree), {
      _tag: "SnapshotHasChildren",
      id: a,
      children: 2
    })
    assert.isFalse(accepted(Refusal.mountSnapshot(about, { snapshot: b, readOnly: false }, tree)).readOnly)
  })
})

describe("resize", () => {
  it("is online with a device and offline without", () => {
    refused(Refusal.resize(about, { mode: "online" }, undefined), { _tag: "NotMounted" })
    refused(Refusal.resize(about, { mode: "offline" }, "/dev/ploop1"), { _tag: "AlreadyMounted" })
    accepted(Refusal.resize(about, { mode: "online" }, "/dev/ploop1"))
    accepted(Refusal.resize(about, { mode: "offline" }, undefined))
  })

  it("is either when the mode is left open", () => {
    for (const device of [undefined, "/dev/ploop1"]) accepted(Refusal.resize(about, { mode: "auto" }, device))
  })

  it("damages an idle raw disk without snapshots, except on generation 9", () => {
    const disks = {
      raw: trees.disk([[top, none]], "Plain"),
      rawWithSnapshot: trees.disk([[a, none], [top, a]], "Plain"),
      ploop: trees.disk([[top, none]])
    }
    const cuts: GenerationTraits.Row<boolean> = { "1.15": true, "7": true, "9": false }
    for (const generation of all) {
      assert.strictEqual(Refusal.isCutWhenIdle(generation, disks.raw.descriptor), cuts[generation])
      assert.isFalse(Refusal.isCutWhenIdle(generation, disks.rawWithSnapshot.descriptor))
      assert.isFalse(Refusal.isCutWhenIdle(generation, disks.ploop.descriptor))
    }
  })

  it("refuses such a disk its present size as well as a smaller one", () => {
    const size = ByteSize.MiB(100)
    const resize = (wanted: number) => Refusal.shrinkIdleRaw(about, "7", { size: ByteSize.MiB(wanted) }, size)
    refused(resize(50), { _tag: "Unsupported" })
    refused(resize(100), { _tag: "Unsupported" })
    accepted(resize(101))
  })
})

describe("createSnapshot", () => {
  const shared = trees.disk([[a, none, "temporary"], [b, a], [top, a]]).tree
  const alone = trees.disk([[a, none, "temporary"], [b, a], [top, b]]).tree

  it("is refused on generation 1.15 while a temporary snapshot of an idle disk has several children", () => {
    refusedBy(["1.15"], (generation) => Refusal.createSnapshot(about, generation, shared, undefined))
    refused(Refusal.createSnapshot(about, "1.15", shared, undefined), {
      reason: "generation 1.15 takes no snapshot of an idle disk while a temporary snapshot has several children: " + a
    })
  })

  it("is not refused on a running disk, or when the temporary snapshot has one child", () => {
    refusedBy([], (generation) => Refusal.createSnapshot(about, generation, shared, "/dev/ploop1"))
    refusedBy([], (generation) => Refusal.createSnapshot(about, generation, alone, undefined))
  })
})

describe("a switch", () => {
  const { tree } = trees.disk([[a, none], [b, a, "temporary"], [c, b], [top, b]])

  it("goes to a snapshot that is there, is not the top and is not temporary", () => {
    refused(Refusal.switchTo(about, tree, d), { _tag: "SnapshotNotFound", id: d })
    refused(Refusal.switchTo(about, tree, top), { _tag: "SnapshotIsCurrent", id: top })
    refused(Refusal.switchTo(about, tree, b), { _tag: "SnapshotIsTemporary", id: b })
    accepted(Refusal.switchTo(about, tree, a))
  })

  it("deletes a snapshot that only the top delta is built on", () => {
    refused(Refusal.switchAndDelete(about, tree, a), { _tag: "SnapshotHasChildren", id: a, children: 1 })
    refused(Refusal.switchAndDelete(about, tree, b), { _tag: "SnapshotHasChildren", id: b, children: 1 })
    accepted(Refusal.switchAndDelete(about, tree, c))
    accepted(Refusal.switchAndDelete(about, trees.disk([[a, none], [top, a]]).tree, a))
  })
})

/**
 * What the tool makes of the entries when it deletes the top delta: the parent
 * becomes the top, but only in the entries before it.
 */
const withoutTop = (entries: ReadonlyArray<trees.Entry>) => {
  const index = entries.findIndex(([id]) => id === top)
  const parent = entries[index]?.[1]
  const renamed = (id: SnapshotId.SnapshotId) => id === parent ? top : id
  return entries.flatMap((entry, place): ReadonlyArray<trees.Entry> => {
    const [id, below, ...rest] = entry
    return place === index ? [] : [place < index ? [renamed(id), renamed(below), ...rest] : entry]
  })
}

describe("deleteSnapshot", () => {
  it("refuses the top delta exactly when the tool would leave no tree that can be read", () => {
    fc.assert(
      fc.property(trees.entries, (entries) => {
        const disk = trees.disk(entries)
        fc.pre(SnapshotTree.children(disk.tree, top).length === 0 && disk.tree.nodes.length > 1)
        assert.strictEqual(
          Either.isRight(Refusal.deleteSnapshot(about, disk, top)),
          Either.isRight(trees.tree(withoutTop(entries)))
        )
      }),
      { numRuns: 500 }
    )
  })

  it("refuses a top delta that the tool would lose the parent of others with", () => {
    refused(Refusal.deleteSnapshot(about, trees.disk([[a, none], [top, a], [b, a]]), top), { _tag: "Unsupported" })
    refused(Refusal.deleteSnapshot(about, trees.disk([[top, a], [a, none]]), top), { _tag: "Unsupported" })
    accepted(Refusal.deleteSnapshot(about, trees.disk([[a, none], [b, a], [top, a]]), top))
  })

  it("refuses a top delta with children, since the disk would have none afterwards", () => {
    refused(Refusal.deleteSnapshot(about, trees.disk([[a, none], [top, a], [b, top]]), top), {
      _tag: "SnapshotHasChildren",
      id: top,
      children: 1
    })
  })

  it("leaves every other snapshot to the tool", () => {
    fc.assert(fc.property(trees.entries, fc.nat(), (entries, index) => {
      const [id] = entries[index % entries.length]!
      fc.pre(id !== top)
      accepted(Refusal.deleteSnapshot(about, trees.disk(entries), id))
    }))
  })
})

/** The entries after a merge: the merged ones are gone, and the survivor stands where the last of them stood. */
const afterMerge = (
  entries: ReadonlyArray<trees.Entry>,
  { merged, survivor }: Refusal.MergeRange
): ReadonlyArray<trees.Entry> => {
  const bottom = entries.find(([id]) => id === merged.at(-1))![1]
  return entries
    .filter(([id]) => !merged.includes(id))
    .map(([id, parent, ...rest]) => [id, id === survivor ? bottom : parent, ...rest] as const)
}

/** A disk, and a range of its snapshots from one that is not the base down to one of its ancestors. */
const ranges = fc.tuple(trees.entries, fc.nat(), fc.nat()).map(([entries, from, length]) => {
  const { tree } = trees.disk(entries)
  const nodes = tree.nodes.filter((node) => node.parent !== undefined)
  const survivor = nodes[from % nodes.length]?.id
  const below = survivor === undefined ? [] : SnapshotTree.chain(tree, survivor).slice(1).map((node) => node.id)
  return { entries, tree, survivor, merged: below.slice(0, 1 + length % below.length) }
})

describe("the range of a merge", () => {
  it("is the snapshot and its ancestors, and accepted exactly when every other snapshot keeps its parent", () => {
    fc.assert(
      fc.property(ranges, ({ entries, merged, survivor, tree }) => {
        fc.pre(survivor !== undefined)
        const range: Refusal.MergeRange = { survivor, merged }
        const found = Refusal.mergeRange(about, tree, { snapshot: survivor, downTo: merged.at(-1) })
        if (Either.isRight(found)) assert.deepStrictEqual(found.right, range)
        else assert.strictEqual(found.left._tag, "SnapshotHasChildren")
        assert.strictEqual(Either.isRight(found), Either.isRight(trees.tree(afterMerge(entries, range))))
      }),
      { numRuns: 500 }
    )
  })

  it("is one step unless an end is given", () => {
    fc.assert(fc.property(ranges, ({ merged, survivor, tree }) => {
      fc.pre(survivor !== undefined)
      assert.deepStrictEqual(
        decision(Refusal.mergeRange(about, tree, { snapshot: survivor })),
        decision(Refusal.mergeRange(about, tree, { snapshot: survivor, downTo: merged[0] }))
      )
    }))
  })

  it("goes from the top to the base for all", () => {
    fc.assert(fc.property(trees.entries, (entries) => {
      const { tree } = trees.disk(entries)
      fc.pre(SnapshotTree.top(tree).parent !== undefined)
      assert.deepStrictEqual(
        decision(Refusal.mergeRange(about, tree, { all: true })),
        decision(Refusal.mergeRange(about, tree, { downTo: SnapshotTree.base(tree).id }))
      )
    }))
  })

  const { tree } = trees.disk([[a, none], [b, a], [c, b], [d, a], [top, c]])

  it("begins at the top delta unless said otherwise", () => {
    assert.deepStrictEqual(accepted(Refusal.mergeRange(about, tree, {})), { survivor: top, merged: [c] })
  })

  it("has both ends in the tree", () => {
    const unknown = trees.id("f")
    refused(Refusal.mergeRange(about, tree, { snapshot: unknown }), { _tag: "SnapshotNotFound", id: unknown })
    refused(Refusal.mergeRange(about, tree, { downTo: unknown }), { _tag: "SnapshotNotFound", id: unknown })
  })

  it("does not begin at the base", () => {
    refused(Refusal.mergeRange(about, tree, { snapshot: a }), { _tag: "SnapshotIsBase" })
  })

  it("ends at an ancestor of its beginning", () => {
    refused(Refusal.mergeRange(about, tree, { snapshot: c, downTo: d }), {
      _tag: "SnapshotNotAncestor",
      id: c,
      ancestor: d
    })
    refused(Refusal.mergeRange(about, tree, { snapshot: c, downTo: c }), { _tag: "SnapshotNotAncestor" })
  })

  it("does not go through a snapshot with another child, which it names", () => {
    refused(Refusal.mergeRange(about, tree, { downTo: a }), { _tag: "SnapshotHasChildren", id: a, children: 2 })
  })

  it("does not go through the top delta", () => {
    const { tree } = trees.disk([[a, none], [top, a], [b, top]])
    refused(Refusal.mergeRange(about, tree, { snapshot: b }), { _tag: "SnapshotHasChildren", id: top, children: 1 })
  })
})

describe("a merge into a new file", () => {
  const disk = trees.disk([[a, none], [b, a], [c, b], [top, c]])
  const raw = trees.disk([[a, none], [b, a], [top, b]], "Plain")

  it("is of any number of images on generation 1.15, of two on 7 and of none on 9", () => {
    const pair = { survivor: top, merged: [c] }
    const chain = { survivor: top, merged: [c, b] }
    refusedBy(["9"], (generation) => Refusal.mergeIntoFile(about, generation, disk, pair))
    refusedBy(["7", "9"], (generation) => Refusal.mergeIntoFile(about, generation, disk, chain))
  })

  it("does not take in a raw base image", () => {
    refusedBy(all, (generation) => Refusal.mergeIntoFile(about, generation, raw, { survivor: b, merged: [a] }))
    refused(Refusal.mergeIntoFile(about, "1.15", raw, { survivor: top, merged: [b, a] }), { _tag: "Unsupported" })
    refusedBy(["9"], (generation) => Refusal.mergeIntoFile(about, generation, raw, { survivor: top, merged: [b] }))
  })
})

describe("fileSystemInfo", () => {
  const info = (mayMount: boolean, isCached: boolean, isRunning: boolean) =>
    Refusal.fileSystemInfo(about, { mayMount }, { isCached, isRunning })

  it("reads what the last unmount left, then the mounted file system, without consent", () => {
    assert.strictEqual(accepted(info(false, true, true)), "cached")
    assert.strictEqual(accepted(info(false, true, false)), "cached")
    assert.strictEqual(accepted(info(false, false, true)), "mounted")
  })

  it("mounts an idle disk with consent only", () => {
    assert.strictEqual(accepted(info(true, false, false)), "temporary-mount")
    refused(info(false, false, false), { _tag: "ConsentRequired", option: "mayMount" })
  })
})

describe("what a generation does not have", () => {
  it("is maintenance of the balloon on 9", () => {
    refusedBy(["9"], (generation) => Refusal.balloonMaintenance(about, generation))
  })

  it("is a copy in one direction on 7 and 9", () => {
    refusedBy(["7", "9"], (generation) => Refusal.copy(about, generation))
  })

  it("is the name of the next device on 9", () => {
    refusedBy(["9"], (generation) => Refusal.nextDevice(about, generation))
  })
})

describe("a mounted disk of generation 9", () => {
  const cluster = ClusterSize.standard
  const measured = (balloon: number): Refusal.MeasuredFileSystem => ({
    size: ByteSize.MiB(298),
    available: ByteSize.MiB(140),
    capacity: ByteSize.MiB(143),
    balloon: ByteSize.MiB(balloon),
    tables: ByteSize.MiB(5)
  })

  it("is refused a size below what its file system and its files take, with the smallest one", () => {
    const shrink = (generation: Generation.Generation, size: number) =>
      Refusal.shrinkMounted(about, generation, { size: ByteSize.MiB(size) }, cluster, measured(0))
    // 158 MiB are taken, and four clusters stay outside of the file system.
    for (const generation of ["1.15", "7"] as const) accepted(shrink(generation, 161))
    refused(shrink("9", 161), { _tag: "SizeRefused", minimum: ByteSize.MiB(162) })
    accepted(shrink("9", 162))
    accepted(shrink("9", 400))
    // The tool refuses that by itself: nothing is left for a file system.
    accepted(shrink("9", 4))
  })

  it("is said to take the size that is not refused, and what ext4 keeps for itself", () => {
    const limits = (generation: Generation.Generation, fileSystem: Refusal.SizedDisk["fileSystem"]) =>
      Refusal.sizeLimits(generation, { size: ByteSize.MiB(300), clusterSize: cluster, version: 2, fileSystem })
    const mounted = { _tag: "Mounted", measured: measured(0) } as const
    assert.strictEqual(limits("9", mounted).minimum, ByteSize.MiB(168))
    assert.strictEqual(limits("1.15", mounted).minimum, ByteSize.MiB(163))
    // Of a large one, ext4 keeps 16 MiB.
    const large = { ...measured(0), size: ByteSize.GiB(2), available: ByteSize.GiB(1) }
    assert.strictEqual(limits("9", { _tag: "Mounted", measured: large }).minimum, ByteSize.MiB(1024 + 16 + 4))
    assert.strictEqual(limits("7", { _tag: "Idle", least: ByteSize.MiB(100) + 1n }).minimum, ByteSize.MiB(105))
    assert.strictEqual(limits("7", { _tag: "CutWhenIdle" }).minimum, ByteSize.MiB(301))
    assert.notProperty(limits("7", undefined), "minimum")
  })

  it("was shrunk only if files cannot have more than its new size", () => {
    const after = (balloon: number, capacity = 143) => ({ ...measured(balloon), capacity: ByteSize.MiB(capacity) })
    const shrunk = (size: number, found: Refusal.MeasuredFileSystem) =>
      Refusal.shrunk(about, { size: ByteSize.MiB(size) }, measured(0), found)
    accepted(shrunk(100, after(50)))
    refused(shrunk(100, after(42)), { _tag: "SizeRefused" })
    // A kernel that knows the balloon has taken it off already.
    accepted(shrunk(100, after(43, 100)))
    refused(shrunk(100, after(42, 101)), { _tag: "SizeRefused" })
    accepted(shrunk(400, after(0)))
  })

  it("keeps the device of a temporary snapshot, and a top delta that a device shows", () => {
    const tree = trees.disk([[a, none, "temporary"], [top, a]]).tree
    const plain = trees.disk([[a, none], [top, a]]).tree
    refusedBy(["7", "9"], (generation) => Refusal.temporaryDevices(about, generation, tree, ["/dev/mapper/ploop7"]))
    const device = "/dev/ploop7"
    refusedBy(["7"], (generation) => Refusal.readOnlyMerge(about, generation, tree, [], device))
    refusedBy(["1.15", "7"], (generation) => Refusal.readOnlyMerge(about, generation, plain, [a], device))
    const aboveBase = trees.disk([[a, none], [b, a], [top, b]]).tree
    refusedBy(
      ["1.15", "7", "9"],
      (generation) => Refusal.readOnlyMerge(about, generation, aboveBase, [b], device)
    )
    accepted(Refusal.readOnlyMerge(about, "7", aboveBase, [a], device))
    accepted(Refusal.readOnlyMerge(about, "7", tree, [], undefined))
    accepted(Refusal.readOnlyMerge(about, "7", plain, [], device))
    accepted(Refusal.temporaryDevices(about, "9", tree, []))
    accepted(Refusal.temporaryDevices(about, "9", plain, ["/dev/mapper/ploop7"]))
    const devices = ["/dev/mapper/ploop7"]
    refused(Refusal.shownImages(about, "9", top, devices), { _tag: "SnapshotInUse", id: top, devices })
    for (const generation of ["1.15", "7"] as const) accepted(Refusal.shownImages(about, generation, top, devices))
    accepted(Refusal.shownImages(about, "9", top, []))
    refused(Refusal.besideWriter(about, "9", "/dev/mapper/ploop7"), { _tag: "MountFailed" })
    refused(Refusal.besideWriter(about, "7", "/dev/ploop7"), { _tag: "MountFailed" })
    accepted(Refusal.besideWriter(about, "1.15", "/dev/ploop7"))
    accepted(Refusal.besideWriter(about, "9", undefined))
  })

  it("is discarded without limits, which the tool ignores", () => {
    refusedBy(["9"], (generation) => Refusal.discard(about, generation, { minBlock: ByteSize.MiB(1) }))
    refusedBy(["9"], (generation) => Refusal.discard(about, generation, { toFree: ByteSize.MiB(1) }))
    accepted(Refusal.discard(about, "9", {}))
  })

  it("is merged by its files where the tool can", () => {
    refusedBy(["9"], (generation) => Refusal.bareDeltas(about, generation))
  })

  it("is resized with its balloon while it is idle where the tool can", () => {
    refusedBy(["1.15"], (generation) => Refusal.resizeByBalloon(about, generation, { balloon: true }))
    accepted(Refusal.resizeByBalloon(about, "1.15", { balloon: false }))
  })

  it("is defragmented with the options that its generation has", () => {
    refusedBy(["1.15", "9"], (generation) => Refusal.discard(about, generation, { defragOnly: true }))
    refusedBy(["1.15"], (generation) => Refusal.discard(about, generation, { defragThreshold: 5 }))
    const only = { defragOnly: true, defragThreshold: undefined }
    const above = { defragOnly: false, defragThreshold: 5 }
    refused(Refusal.defragDevice(about, "7", only, "kaio"), { _tag: "Unsupported" })
    for (const io of ["direct", undefined]) {
      accepted(Refusal.defragDevice(about, "7", only, io))
      refused(Refusal.defragDevice(about, "7", above, io), { _tag: "Unsupported" })
    }
    accepted(Refusal.defragDevice(about, "7", above, "kaio"))
    accepted(Refusal.defragDevice(about, "9", above, undefined))
  })

  it("is not defragmented when a shell would read the path of an image as something else", () => {
    for (
      const path of ["/a;b", "/a b", "/$(id)", "/`id`", "/a\nb", "/a&b", "/{1..3}", "/{a,b}", "/a*", "/'a", "/a\\b"]
    ) {
      refusedBy(["7", "9"], (generation) => Refusal.defragPaths(about, generation, ["/vz/root.hdd", path]))
    }
    const snapshot = "/vz/7_a-b/root.hdd.{5fbaabe3-6958-40ff-92a7-860e329aab41}"
    accepted(Refusal.defragPaths(about, "9", ["/vz/root.hdd", snapshot]))
  })
})

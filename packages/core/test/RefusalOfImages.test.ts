/** Refusals that depend on the images of a disk: what cannot be attached, merged, or described again. */
import type { Request } from "@effect-ploop/core"
import {
  ByteSize,
  ExchangeFormat,
  Generation,
  HostPath,
  Operation,
  Refusal,
  SnapshotId,
  SnapshotTree
} from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as trees from "./utils/trees.js"

const { none, top } = SnapshotId
const [a, b, c] = [trees.id("a"), trees.id("b"), trees.id("c")]

const about: Refusal.About = { operation: "mergeSnapshots", subject: "/vz/disk/DiskDescriptor.xml" }

const all = Generation.Generation.literals

const tagOf = (result: Either.Either<unknown, { readonly _tag: string }>): string =>
  Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: () => "accepted" })

const messageOf = (result: Either.Either<unknown, { readonly message: string }>): string =>
  Either.match(result, { onLeft: ({ message }) => message, onRight: () => "accepted" })

describe("the images of a device", () => {
  const cases: ReadonlyArray<readonly [title: string, images: Refusal.AttachedImages, attached: boolean]> = [
    ["of version 2", { isRaw: false, versions: [2, 2] }, true],
    ["of which none can be read", { isRaw: false, versions: [undefined] }, true],
    ["of which one is of version 1", { isRaw: false, versions: [2, 1] }, false],
    ["of which the base is of version 1", { isRaw: false, versions: [1, 2] }, false],
    ["of which the only one is raw", { isRaw: true, versions: [undefined] }, false],
    ["on a raw base", { isRaw: true, versions: [undefined, 2] }, false],
    ["on a raw base, one of version 1", { isRaw: true, versions: [undefined, 1] }, false]
  ]
  for (const [title, images, expected] of cases) {
    it(`${title} are ${expected ? "" : "not "}attached by generation 9, and by the other generations`, () => {
      const attached = (generation: Generation.Generation) => Either.isRight(Refusal.attach(about, generation, images))
      assert.deepStrictEqual(all.map(attached), all.map((generation) => generation === "9" ? expected : true))
    })
  }
})

describe("a disk whose changes would be tracked", () => {
  const track = (generation: Generation.Generation, disk: trees.Described) =>
    tagOf(Refusal.trackChanges(about, generation, { track: true }, disk))

  it("has a place for them in its top delta: a raw image has none, but what is above a raw base has", () => {
    for (const generation of ["7", "9"] as const) {
      assert.strictEqual(track(generation, trees.disk([[top, none]])), "accepted")
      assert.strictEqual(track(generation, trees.disk([[top, none]], "Plain")), "Unsupported")
      assert.strictEqual(track(generation, trees.disk([[a, none], [top, a]], "Plain")), "accepted")
    }
    assert.strictEqual(track("1.15", trees.disk([[top, none]])), "Unsupported")
  })
})

describe("a delta that is merged by its file", () => {
  const image: Refusal.BareImage = {
    image: "/vz/disk/root.hdd",
    real: "/vz/disk/root.hdd",
    exists: true,
    clusterSize: 1_048_576n,
    version: 2,
    isDirty: false,
    device: undefined
  }
  const merged = (changes: Partial<Refusal.BareImage>) =>
    tagOf(Refusal.mergeDelta(about, { ...image, real: "/vz/disk/root.hdd.1", ...changes }, image))

  it("is in the directory of the image, which is locked, wherever a link to it is", () => {
    assert.strictEqual(merged({}), "accepted")
    assert.strictEqual(merged({ image: "/links/root.hdd.1" }), "accepted")
    assert.strictEqual(merged({ real: "/vz/other/root.hdd.1" }), "InvalidArgument")
    assert.strictEqual(merged({ real: "/vz/disk/below/root.hdd.1" }), "InvalidArgument")
    assert.strictEqual(merged({ real: image.real }), "InvalidArgument")
  })

  it("has the format version and the cluster size of the image, which the tool does not compare", () => {
    assert.strictEqual(merged({ version: 1 }), "InvalidArgument")
    assert.strictEqual(merged({ clusterSize: 524_288n }), "InvalidArgument")
  })
})

describe("an image that would be merged", () => {
  const { descriptor } = trees.disk([[a, none], [top, a]])
  const whole: Refusal.MergedImage = {
    image: "/vz/disk/root.hdd",
    isRawBase: false,
    exists: true,
    clusterSize: descriptor.clusterSize,
    isDirty: false
  }
  const merged = (generation: Generation.Generation, ...images: ReadonlyArray<Partial<Refusal.MergedImage>>) =>
    Refusal.mergeable(about, generation, { descriptor }, images.map((image) => ({ ...whole, ...image })))

  for (
    const [title, image, tag] of [
      ["that is missing", { exists: false }, "ImageNotFound"],
      ["without a header", { clusterSize: undefined }, "ImageCorrupt"],
      ["with smaller clusters than the descriptor says", { clusterSize: ByteSize.KiB(512) }, "ImageCorrupt"],
      ["with larger clusters than the descriptor says", { clusterSize: ByteSize.MiB(2) }, "ImageCorrupt"],
      ["whose in-use flag is set", { isDirty: true }, "ImageDirty"]
    ] as const
  ) {
    it(`${title} is ${tag} where the tool would lose it`, () => {
      assert.strictEqual(tagOf(merged("7", {}, image)), tag)
      assert.strictEqual(tagOf(merged("9", image, {})), tag)
      assert.strictEqual(tagOf(merged("1.15", image)), "accepted")
    })
  }

  it("says which clusters it has, and which it should have", () => {
    assert.include(
      messageOf(merged("9", { clusterSize: ByteSize.KiB(512) })),
      "512 KiB, and those of the descriptor 1 MiB"
    )
  })

  it("and that is whole is merged", () => {
    for (const generation of all) assert.strictEqual(tagOf(merged(generation, {}, {})), "accepted")
  })

  it("and that is the base of a raw disk is merged but by generation 9", () => {
    const raw = { isRawBase: true, exists: false, clusterSize: undefined, isDirty: true }
    assert.deepStrictEqual(all.map((generation) => tagOf(merged(generation, raw))), [
      "accepted",
      "accepted",
      "Unsupported"
    ])
  })
})

describe("a format version", () => {
  const { descriptor } = trees.disk([[a, none], [top, a]])
  const raw = { ...descriptor, images: descriptor.images.map((image) => ({ ...image, type: "Plain" as const })) }
  const about: Refusal.About = { operation: "convert", subject: "/vz/disk/DiskDescriptor.xml" }

  it("is not given to a disk with a raw base image", () => {
    for (const version of [1, 2] as const) {
      assert.strictEqual(tagOf(Refusal.convert(about, { descriptor: raw }, { version })), "Unsupported")
      assert.strictEqual(tagOf(Refusal.convert(about, { descriptor }, { version })), "accepted")
    }
  })

  it("that is not requested is not refused", () => {
    assert.strictEqual(tagOf(Refusal.convert(about, { descriptor: raw }, {})), "accepted")
  })
})

describe("what is merged on the way", () => {
  const ids = (nodes: ReadonlyArray<SnapshotTree.Node>) => nodes.map(({ id }) => id)

  /** `a`, on it the temporary `b`, on it `c` and the top. */
  const { tree } = trees.disk([[a, none], [b, a, "temporary"], [c, b], [top, c]])

  it("is a temporary snapshot with its only child, and the snapshot that is deleted", () => {
    for (const generation of ["7", "9"] as const) {
      assert.deepStrictEqual(ids(Refusal.mergedOnTheWay(generation, tree)), [b, c])
      assert.deepStrictEqual(ids(Refusal.mergedOnTheWay(generation, tree, a)), [a, b, c])
      assert.deepStrictEqual(ids(Refusal.mergedOnTheWay(generation, tree, c)), [b, c, top])
    }
  })

  it("is nothing where a merge that fails loses nothing", () => {
    assert.deepStrictEqual(ids(Refusal.mergedOnTheWay("1.15", tree, a)), [])
    assert.deepStrictEqual(ids(Refusal.mergedAfterSwitch("1.15", tree, a)), [])
  })

  it("leaves out a temporary snapshot with two children, or with none", () => {
    const shared = trees.disk([[a, none, "temporary"], [b, a], [top, a]]).tree
    assert.deepStrictEqual(ids(Refusal.mergedOnTheWay("9", shared)), [])
    const alone = trees.disk([[a, none], [b, a, "temporary"], [top, a]]).tree
    assert.deepStrictEqual(ids(Refusal.mergedOnTheWay("9", alone)), [])
  })

  it("is never the top delta after a switch, which has discarded it", () => {
    const temporary = trees.disk([[a, none], [b, a, "temporary"], [top, b]]).tree
    assert.deepStrictEqual(ids(Refusal.mergedAfterSwitch("9", temporary, a)), [a, b])
    const deleted = trees.disk([[a, none], [top, a]]).tree
    assert.deepStrictEqual(ids(Refusal.mergedAfterSwitch("9", deleted, a)), [a])
  })
})

describe("a descriptor for an image that is all there is", () => {
  const id = "{aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa}"
  const other = "{bbbbbbbb-0000-4000-8000-bbbbbbbbbbbb}"

  for (
    const [image, beside, isRefused] of [
      ["/vz/disk/root.hdd", ["root.hdd", "notes", "DiskDescriptor.xml.lck"], false],
      ["/vz/disk/root.hdd", ["root.hdd", `root.hdd.${id}`], true],
      [`/vz/disk/root.hdd.${id}`, ["root.hdd", `root.hdd.${id}`], true],
      [`/vz/disk/root.hdd.${id}`, [`root.hdd.${id}`, `root.hdd.${other}`], true],
      ["/vz/disk/root.hdd", ["root.hdd", `root.hdd.${id.toUpperCase()}`], true],
      ["/vz/disk/root.hdd", ["root.hdd", `other.hdd.${id}`], false],
      ["/vz/disk/root.hdd", ["root.hdd", "root.hdd.bak"], false],
      ["/vz/disk/root.hdd", ["root.hdd", `root.hdd.${id}.bak`], false]
    ] as const
  ) {
    it(`is ${isRefused ? "refused" : "written"} for ${image} beside ${beside.join(", ")}`, () => {
      assert.strictEqual(Either.isLeft(Refusal.orphanedDeltas(about, image, beside)), isRefused)
    })
  }
})

describe("a device that writes to the disk under another name", () => {
  it("is in the way, and the error says what would happen and what to do instead", () => {
    assert.isTrue(Either.isRight(Refusal.otherWriter(about, undefined)))
    for (
      const [operation, reason, instead] of [
        ["mount", "overwrites", "mount the disk read-only"],
        ["switchSnapshot", "a file that is removed", "Unmount /dev/ploop7 first"],
        ["switchAndDelete", "a file that is removed", "Unmount /dev/ploop7 first"],
        ["createSnapshot", "would appear in the snapshot", "Unmount /dev/ploop7 first"]
      ] as const
    ) {
      const error = Either.getOrThrow(Either.flip(Refusal.otherWriter({ ...about, operation }, "/dev/ploop7")))
      assert.include(error.reason, "/dev/ploop7")
      assert.include(error.reason, reason)
      assert.include(error.remedy, instead)
    }
  })
})

describe("a directory for a new file", () => {
  it("must be there, and the error names it", () => {
    assert.isTrue(Either.isRight(Refusal.missingDirectory(about, "/vz/new", true)))
    assert.include(messageOf(Refusal.missingDirectory(about, "/vz/new", false)), "/vz/new")
  })
})

describe("a file system that is not mounted although the device runs", () => {
  it("is NotMounted, and the error says that the device runs", () => {
    assert.include(Refusal.unmountedFileSystem(about).message, "the device runs")
  })
})

describe("the descriptor of a disk", () => {
  it("is judged for each operation that rewrites it or uses its images", () => {
    const judged = Operation.names.filter(Refusal.isJudgedByDescriptor)
    assert.deepStrictEqual([...judged].sort(), [
      "check",
      "clone",
      "cloneVolume",
      "convert",
      "createSnapshot",
      "createTemporarySnapshot",
      "deleteSnapshot",
      "dropTracking",
      "encrypt",
      "exportImage",
      "fileSystemInfo",
      "grow",
      "mergeSnapshots",
      "mount",
      "replace",
      "resize",
      "sizeLimits",
      "snapshotAndSwitch",
      "snapshotVolume",
      "switchAndDelete",
      "switchSnapshot"
    ])
  })
})

describe("the images of a clone", () => {
  const chainOf = (length: number): ReadonlyArray<trees.Entry> => {
    const ids = Array.from(
      { length },
      (_, index) =>
        index === length - 1 ? top : SnapshotId.make(`{${String(index).padStart(8, "0")}-0000-4000-8000-aaaaaaaaaaaa}`)
    )
    return ids.map((id, index) => [id, ids[index - 1] ?? none])
  }

  /** How a clone of the last snapshot below the top ends, which has so many images below it. */
  const cloned = (images: number, request: Partial<Pick<Request.Clone, "flatten" | "mode" | "snapshot">>) => {
    const { tree } = trees.disk(chainOf(images + 1))
    const snapshot = SnapshotTree.top(tree).parent!
    return Refusal.cloneChain({ ...about, operation: "clone" }, tree, {
      mode: "full",
      flatten: false,
      snapshot,
      ...request
    })
  }

  it("are at most 127, with the top delta that the clone gets besides", () => {
    for (const mode of ["linked", "full"] as const) {
      assert.strictEqual(tagOf(cloned(126, { mode })), "accepted")
      assert.strictEqual(tagOf(cloned(127, { mode })), "SnapshotLimitReached")
    }
  })

  it("are as many as there are where the clone gets no top delta", () => {
    assert.strictEqual(tagOf(cloned(127, { flatten: true })), "accepted")
    assert.strictEqual(tagOf(cloned(126, { snapshot: top })), "accepted")
    assert.strictEqual(tagOf(cloned(127, { snapshot: top, mode: "linked" })), "SnapshotLimitReached")
  })
})

describe("a full clone", () => {
  it("is made on another file system, and of images that a mount converts: it shares none of them", () => {
    const request = { directory: HostPath.HostPath.make("/mnt/clone"), snapshot: a }
    const image: Refusal.ClonedImage = {
      image: "/vz/disk/root.hdd",
      isRawBase: false,
      exists: true,
      size: ByteSize.MiB(10),
      version: 1,
      isDirty: false,
      device: undefined
    }
    const cloned = (mode: Request.Clone["mode"], isOnFileSystem: boolean, version: 1 | 2) =>
      tagOf(Refusal.clone({ ...about, operation: "clone" }, "7", { ...request, mode }, {
        isOfDisk: false,
        isOnFileSystem,
        images: [{ ...image, version }]
      }))
    for (const [isOnFileSystem, version] of [[false, 2], [true, 1]] as const) {
      assert.strictEqual(cloned("full", isOnFileSystem, version), "accepted")
      assert.strictEqual(cloned("linked", isOnFileSystem, version), "Unsupported")
    }
    assert.strictEqual(cloned("linked", true, 2), "accepted")
  })
})

describe("an image that is copied", () => {
  const whole: Refusal.ClonedImage = {
    image: "/vz/disk/root.hdd",
    isRawBase: false,
    exists: true,
    length: 1048576n,
    size: ByteSize.MiB(10),
    version: 2,
    isDirty: false,
    device: undefined
  }
  const exported = (image: Partial<Refusal.ClonedImage>) =>
    tagOf(Refusal.exportImage({ ...about, operation: "exportImage" }, { snapshot: a }, [{ ...whole, ...image }]))

  for (
    const [what, expected, image] of [
      ["is whole", "accepted", {}],
      ["is whole, as far as it is seen", "accepted", { length: undefined }],
      ["is raw", "accepted", { isRawBase: true, size: undefined, version: undefined }],
      ["is raw and ends in its first sector", "ImageCorrupt", { isRawBase: true, length: 511n, size: undefined }],
      ["is a directory", "ImageCorrupt", { length: 0n, size: undefined }],
      ["is raw and a directory", "ImageCorrupt", { isRawBase: true, length: 0n, size: undefined }],
      ["ends before the tool has read what it reads first", "ImageCorrupt", { length: 4095n }],
      ["has no header that the tool takes", "ImageCorrupt", { size: undefined }],
      ["has a header with a size of 0", "ImageCorrupt", { size: 0n }]
    ] as ReadonlyArray<readonly [string, string, Partial<Refusal.ClonedImage>]>
  ) {
    it(`${what}: ${expected}`, () => {
      assert.strictEqual(exported(image), expected)
    })
  }
})

describe("a qcow2 image that is imported", () => {
  /** What is wrong with one of 8 MiB that has these fields changed, or ends in its header. */
  const wrong = (change: (view: DataView) => void, length?: number) => {
    const header = ExchangeFormat.qcow2Header(8n * 1024n * 1024n)
    change(new DataView(header.buffer))
    const start = header.subarray(0, length)
    const request = { file: HostPath.HostPath.make("/vz/disk.qcow2"), format: "qcow2" } as const
    const found = { start, size: BigInt(start.length) }
    return messageOf(Refusal.importImage({ ...about, operation: "importImage" }, request, 2, found))
  }

  for (
    const [title, rule, change] of [
      ["is whole in its file", "accepted", () => undefined],
      ["has a version that is known", "of version 2 or 3, not 4", (view) => view.setUint32(4, 4)],
      ["continues no other file", "without a backing file", (view) => view.setBigUint64(8, 104n)],
      ["has its data in its own file", "with its data in it", (view) => view.setBigUint64(72, 4n)],
      ["is not encrypted", "without encryption", (view) => view.setUint32(32, 2)],
      ["is not marked as damaged", "that no program has found damaged", (view) => view.setBigUint64(72, 2n)]
    ] as ReadonlyArray<readonly [string, string, (view: DataView) => void]>
  ) {
    it(`${title}, or it is refused`, () => {
      assert.include(wrong(change), rule)
    })
  }

  it("has all of its header, which is shorter in version 2, or it is refused", () => {
    for (
      const [version, length, rule] of [
        [3, 104, "accepted"],
        [3, 103, "no header"],
        [3, 80, "no header"],
        [3, 72, "no header"],
        [2, 72, "accepted"],
        [2, 71, "no header"],
        [3, 4, "no header"],
        [3, 3, "no header"],
        [3, 0, "no header"]
      ] as const
    ) {
      assert.include(wrong((view) => view.setUint32(4, version), length), rule, `${length} bytes of version ${version}`)
    }
  })
})

import { ByteSize, ChangeTracking, ImageExamination, SnapshotId } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc } from "effect"

const sectors = 2048
const cluster = sectors * 512

/** An image of 10 clusters in version 1 or 2, of which the first three are in the file. */
const image = (version: 1 | 2, poke: (view: DataView) => void = () => {}): Uint8Array => {
  const bytes = new Uint8Array(4 * cluster)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode(version === 1 ? "WithoutFreeSpace" : "WithouFreSpacExt"))
  view.setUint32(16, 2, true)
  view.setUint32(28, sectors, true)
  view.setUint32(32, 10, true)
  view.setUint32(36, 10 * sectors, true)
  view.setUint32(48, sectors, true)
  for (const index of [0, 1, 2]) view.setUint32(64 + 4 * index, (index + 1) * (version === 1 ? sectors : 1), true)
  poke(view)
  return bytes
}

const findings = (bytes: Uint8Array, size = bytes.length): ReadonlyArray<string> => {
  const header = bytes.subarray(0, Math.min(size, ImageExamination.headerLength))
  const length = Math.min(Number(ImageExamination.lengthToExamine(header)), size)
  return ImageExamination.examine(bytes.subarray(0, length), BigInt(size))
}

describe.each([1, 2] as const)("an image of version %s", (version) => {
  it("that is whole has nothing wrong with it, and may be longer than it must", () => {
    assert.deepStrictEqual(findings(image(version)), [])
    assert.deepStrictEqual(findings(image(version), 4 * cluster + 1000), [])
  })

  it("is found to be cut off, wherever that is", () => {
    const whole = image(version)
    fc.assert(fc.property(fc.nat(whole.length - 1), (size) => {
      assert.isNotEmpty(findings(whole, size), `cut to ${size} bytes`)
    }))
  })

  const damage: ReadonlyArray<readonly [what: string, poke: (view: DataView) => void, finding: RegExp]> = [
    ["another signature", (view) => view.setUint8(3, 0), /signature/],
    ["another type", (view) => view.setUint32(16, 7, true), /type/],
    ["a cluster size that is not a power of two", (view) => view.setUint32(28, 1000, true), /cluster size/],
    ["no cluster size", (view) => view.setUint32(28, 0, true), /cluster size/],
    ["no size", (view) => view.setUint32(36, 0, true), /size in the header is 0/],
    ["a size that is too large for its clusters", (view) => view.setUint32(36, 11 * sectors, true), /too few/],
    [
      "a size that is too small for its data",
      (view) => view.setUint32(36, sectors, true),
      /behind the end of the disk/
    ],
    ["no first cluster", (view) => view.setUint32(48, 0, true), /first cluster/],
    ["a first cluster between two", (view) => view.setUint32(48, sectors + 1, true), /first cluster/],
    [
      "a table that is too small",
      (view) => {
        view.setUint32(32, 0x7fffff, true)
        view.setUint32(36, 0x7fffff * 64, true)
      },
      /too small/
    ],
    ["an unfinished conversion", (view) => view.setUint32(52, 2, true), /conversion/],
    [
      "an entry that is behind the file",
      (view) => view.setUint32(68, version === 1 ? 9 * sectors : 9, true),
      /cluster 1/
    ]
  ]
  for (const [what, poke, finding] of damage) {
    it(`with ${what} is found to be damaged`, () => {
      const [first] = findings(image(version, poke))
      assert.match(first ?? "nothing", finding)
    })
  }

  it("with many wrong entries has a short list of findings", () => {
    const found = findings(image(version, (view) => {
      for (let index = 100; index < 200; index++) view.setUint32(64 + 4 * index, 1, true)
    }))
    assert.strictEqual(found.length, 11)
    assert.match(found[10]!, /90 more/)
  })
})

it("an entry of version 1 that is inside the header or between two clusters is damage", () => {
  for (const entry of [1, sectors + 1]) {
    assert.match(findings(image(1, (view) => view.setUint32(64, entry, true)))[0] ?? "", /cluster 0/)
  }
})

it("a raw image is damaged when it is empty, or shorter than the disk that it is", () => {
  assert.isNotEmpty(ImageExamination.examineRaw(0n, undefined))
  assert.isNotEmpty(ImageExamination.examineRaw(511n, 512n))
  assert.isEmpty(ImageExamination.examineRaw(512n, 512n))
  assert.isEmpty(ImageExamination.examineRaw(1n, undefined))
})

describe("the map of changed blocks", () => {
  const empty: ChangeTracking.Tracking = {
    since: SnapshotId.make("22222222-2222-2222-2222-222222222222"),
    size: ByteSize.MiB(64),
    blockSize: ByteSize.KiB(64),
    parts: []
  }

  /** What generations 7 and 9 wrote at the end of an image of 64 MiB. */
  const written = "87eadc23ef4c23ab7a597d397686964bbcd900b89b0eda584ab32c25ae5f3820000000000000000020000000000000" +
    "00000002000000000022222222222222222222222222222222800000000000000"

  it("is written as the tool writes it, with its checksum", () => {
    const start = ChangeTracking.format(empty, cluster).subarray(0, 80)
    assert.strictEqual(Buffer.from(start).toString("hex"), written.padEnd(160, "0"))
  })

  it("is read as it was written, unless a byte of it is another one", () => {
    const map = { ...empty, parts: [0n, 1n, 4096n] }
    const block = ChangeTracking.format(map, 32_768)
    assert.deepStrictEqual(ChangeTracking.parse(block), Either.right(map))
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const damaged = Uint8Array.from(block)
        damaged[at] = damaged[at]! ^ difference
        assert.isTrue(Either.isLeft(ChangeTracking.parse(damaged)), `byte ${at}`)
      }),
      { numRuns: 20 }
    )
  })

  it("is found by the start of an image that is a part of a larger buffer", () => {
    const start = ChangeTracking.withPosition(image(2).subarray(0, ImageExamination.headerLength), 8_388_608n)
    const buffer = new Uint8Array(100 + start.length).fill(0xff)
    buffer.set(start, 100)
    assert.strictEqual(ChangeTracking.position(buffer.subarray(100)), 8_388_608n)
  })

  it("is missing when the file ends in front of it, or in it", () => {
    const start = ChangeTracking.withPosition(image(2).subarray(0, ImageExamination.headerLength), BigInt(4 * cluster))
    const lacks = (fileSize: number) => ImageExamination.readStart(start, BigInt(fileSize)).lacksExtension
    assert.deepStrictEqual([4 * cluster, 4 * cluster + 1, 5 * cluster - 1, 5 * cluster].map(lacks), [
      true,
      true,
      true,
      false
    ])
  })

  it("is cut off with all of its clusters that are at the end of the file, and with no other", () => {
    const at = BigInt(4 * cluster)
    const part = (index: number) => BigInt(index * sectors)
    const start = ChangeTracking.withPosition(image(2).subarray(0, ImageExamination.headerLength), at)
    const sizeWithout = (parts: ReadonlyArray<bigint>, clusters: number) =>
      ChangeTracking.withoutExtension(
        start,
        ChangeTracking.format({ ...empty, parts }, cluster),
        BigInt(clusters * cluster)
      )?.size
    assert.strictEqual(sizeWithout([0n, 1n], 5), at)
    assert.strictEqual(sizeWithout([part(5), 1n, part(6)], 7), at)
    assert.strictEqual(sizeWithout([part(5), part(6)], 8), BigInt(8 * cluster))
    assert.strictEqual(sizeWithout([part(6)], 7), BigInt(6 * cluster))
  })

  it("counts only where the mark of the image says so", () => {
    const start = image(2).subarray(0, ImageExamination.headerLength)
    const tracked = ChangeTracking.withPosition(start, 8_388_608n)
    assert.strictEqual(ChangeTracking.position(start), undefined)
    assert.strictEqual(ChangeTracking.position(tracked), 8_388_608n)
    assert.strictEqual(ImageExamination.readHeader(tracked).inUse, 0)
    tracked[ImageExamination.inUsePosition] = 0
    assert.strictEqual(ChangeTracking.position(tracked), undefined)
  })
})

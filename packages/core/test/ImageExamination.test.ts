import { ImageExamination } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"

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

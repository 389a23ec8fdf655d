import { Refusal } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"

describe("the removal of a disk", () => {
  const image = (name: string, links = 1, isDirty = false): Refusal.RemovableImage => ({
    image: `/vz/disk/${name}`,
    name,
    links,
    isInherited: false,
    isDirty
  })
  const removable: Refusal.RemovableDisk = {
    descriptor: "disk.xml",
    names: ["a.hdd", "b.hdd", ".statfs", "disk.xml", "disk.xml.lck"],
    irregular: [],
    images: [image("a.hdd"), image("b.hdd"), { ...image("c.hdd", 2, true), name: undefined }],
    device: undefined
  }
  const judged = (disk: Partial<Refusal.RemovableDisk>, keepOthers = false) =>
    Refusal.remove({ operation: "remove", subject: "/vz/disk/disk.xml" }, { keepOthers }, { ...removable, ...disk })

  it("removes the images from the top to the base, and the descriptor last", () => {
    assert.deepStrictEqual(
      judged({}),
      Either.right({ own: ["b.hdd", "a.hdd", ".statfs", "disk.xml.lck", "disk.xml"], others: [] })
    )
  })

  it("leaves out what is not there", () => {
    assert.deepStrictEqual(
      judged({ names: ["a.hdd", "disk.xml"] }),
      Either.right({ own: ["a.hdd", "disk.xml"], others: [] })
    )
  })

  it("refuses other files without consent, and keeps them with it", () => {
    const names = [...removable.names, "z", "c.hdd"]
    assert.strictEqual(Either.flip(judged({ names })).pipe(Either.getOrThrow)._tag, "ConsentRequired")
    assert.deepStrictEqual(Either.getOrThrow(judged({ names }, true)).others, ["c.hdd", "z"])
  })

  it("removes the names that a clone has for the images which it shares", () => {
    const images = [{ ...image("a.hdd", 2), isInherited: true }, image("b.hdd")]
    assert.deepStrictEqual(Either.map(judged({ images }), ({ own }) => own), Either.map(judged({}), ({ own }) => own))
  })

  it("refuses a running disk, a set in-use flag, another name of an image and a name that is not a file", () => {
    const tags = ([
      { device: "/dev/ploop1" },
      { images: [image("a.hdd", 1, true)] },
      { images: [image("a.hdd", 2)] },
      { irregular: [".statfs"] }
    ] as const).map((disk) => Either.getOrThrow(Either.flip(judged(disk, true)))._tag)
    assert.deepStrictEqual(tags, ["ImageInUse", "ImageDirty", "ImageShared", "Unsupported"])
  })
})

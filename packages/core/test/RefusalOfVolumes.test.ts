/** What is refused because of other volumes. */
import { DiskVolume, Refusal } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"

const about: Refusal.About = { operation: "deleteVolume", subject: "/vz/1" }

const tagOf = (result: Either.Either<unknown, { readonly _tag: string }>): string =>
  Either.match(result, { onLeft: ({ _tag }) => _tag, onRight: () => "accepted" })

const volume: Refusal.DeletedVolume = {
  directory: "/vz/1",
  volume: { readOnly: false },
  children: [],
  images: ["/vz/1/root.hdd"],
  lowest: "/vz/1",
  ancestors: 0,
  device: undefined,
  names: ["DiskDescriptor.xml", "DiskDescriptor.xml.lck", ".statfs", "children", "root.hdd"],
  others: [],
  childDevice: undefined,
  merged: []
}

const snapshot = { readOnly: true }

describe("the deletion of a volume", () => {
  for (
    const [title, changes, tag] of [
      ["with nothing of another one in its directory is accepted", {}, "accepted"],
      ["of a disk that is part of none is InvalidArgument", { volume: undefined }, "InvalidArgument"],
      ["that is running is ImageInUse", { device: "/dev/ploop1" }, "ImageInUse"],
      ["that has a child is VolumeHasChildren", { children: ["/vz/2"] }, "VolumeHasChildren"],
      [
        "that is a snapshot with one child, which takes its images, is accepted",
        { volume: snapshot, children: ["/vz/2"], images: ["/vz/0/root.hdd"], names: ["DiskDescriptor.xml"] },
        "accepted"
      ],
      [
        "that is a snapshot with two children is VolumeHasChildren",
        { volume: snapshot, children: ["/vz/2", "/vz/3"] },
        "VolumeHasChildren"
      ],
      [
        "that is a snapshot whose child runs is ImageInUse",
        { volume: snapshot, children: ["/vz/2"], childDevice: "/dev/ploop1" },
        "ImageInUse"
      ],
      [
        "that is a snapshot whose child has its image in the directory is ImageShared",
        { volume: snapshot, children: ["/vz/2"] },
        "ImageShared"
      ],
      ["with an image of another one in the directory is ImageShared", { others: ["/vz/1/other.hdd"] }, "ImageShared"],
      ["beside another one whose path begins with its own is accepted", { others: ["/vz/10/root.hdd"] }, "accepted"],
      ["with a file of no volume in the directory is Unsupported", { names: ["notes.txt"] }, "Unsupported"],
      [
        "with snapshots of its own and a parent is Unsupported",
        { volume: { readOnly: false, parent: "../0" }, images: ["/vz/1/root.hdd", "/vz/1/top.hdd"], names: [] },
        "Unsupported"
      ]
    ] as const
  ) {
    it(title, () => assert.strictEqual(tagOf(Refusal.deleteVolume(about, { ...volume, ...changes })), tag))
  }
})

describe("a chain of volumes", () => {
  const to = { ...volume, directory: "/vz/0", lowest: "/vz/0", volume: snapshot }

  for (
    const [operation, refused] of [
      ["snapshotVolume", (ancestors: number) => Refusal.snapshotVolume(about, { ...volume, ancestors })],
      ["cloneVolume", (ancestors: number) => Refusal.cloneVolume(about, { ...volume, ancestors })],
      ["switchVolume", (ancestors: number) => Refusal.switchVolume(about, volume, { ...to, ancestors })]
    ] as const
  ) {
    it(`is made one longer by ${operation} only while it is shorter than the longest that the tool reads`, () => {
      assert.strictEqual(tagOf(refused(DiskVolume.longestChain - 2)), "accepted")
      assert.strictEqual(tagOf(refused(DiskVolume.longestChain - 1)), "InvalidArgument")
    })
  }
})

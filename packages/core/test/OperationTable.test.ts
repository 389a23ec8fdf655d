/** What the table of operations says of each, as the words of its documentation say it. */
import { DevicePath, Operation } from "@effect-ploop/core"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

const ofKind = (kind: Operation.Kind) => Operation.names.filter((name) => Operation.table[name].kind === kind).sort()

describe("an operation", () => {
  it("is never killed when that would harm an image", () => {
    assert.deepStrictEqual(ofKind("uninterruptible"), [
      "balloonChange",
      "balloonComplete",
      "balloonRepair",
      "check",
      "cloneVolume",
      "convert",
      "createSnapshot",
      "createTemporarySnapshot",
      "createVolume",
      "deleteSnapshot",
      "deleteVolume",
      "discard",
      "dropTracking",
      "encrypt",
      "grow",
      "mergeDelta",
      "mergeSnapshots",
      "mount",
      "remove",
      "replace",
      "resize",
      "sizeLimits",
      "snapshotAndSwitch",
      "snapshotVolume",
      "switchAndDelete",
      "switchSnapshot",
      "switchVolume"
    ])
  })

  it("is a query when it changes nothing", () => {
    assert.deepStrictEqual(ofKind("query"), [
      "attachments",
      "balloonCheck",
      "balloonStatus",
      "deviceOf",
      "deviceStatistics",
      "discardStatus",
      "imageInfo",
      "isMounted",
      "listDevices",
      "listSnapshots",
      "nextDevice",
      "prerequisites",
      "snapshotSizes",
      "tool",
      "topDelta",
      "volumeInfo",
      "volumeTree"
    ])
  })

  it("is about its disk, or else its image, its device or its mount point, or else the host", () => {
    const all = { target: "/mnt", device: "/dev/ploop7", image: "/vz/root.hdd", disk: "/vz/DiskDescriptor.xml" }
    assert.strictEqual(Operation.subjectOf(all), all.disk)
    assert.strictEqual(Operation.subjectOf({ ...all, disk: undefined }), all.image)
    assert.strictEqual(Operation.subjectOf({ target: all.target, device: all.device }), all.device)
    assert.strictEqual(Operation.subjectOf({ target: all.target }), all.target)
    for (const none of [undefined, null, 5, {}, { disk: 5 }]) assert.strictEqual(Operation.subjectOf(none), "host")
  })
})

describe("the path of a partition", () => {
  it("is a device and the number of the partition, and nothing before or behind", () => {
    const isPartition = Schema.is(DevicePath.PartitionPath)
    for (const path of ["/dev/ploop7p1", "/dev/mapper/ploop23456p1"]) assert.isTrue(isPartition(path))
    for (const path of ["/dev/ploop7", "/dev/ploop7p1x", "/dev/ploop7p1/..", "x/dev/ploop7p1", "/dev/ploop7p"]) {
      assert.isFalse(isPartition(path), path)
    }
  })
})

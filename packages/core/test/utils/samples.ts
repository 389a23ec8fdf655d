import type { Operation } from "@effect-ploop/core"
import { ByteSize, ClusterSize, DevicePath, Disk, HostPath, SnapshotId, SnapshotTree } from "@effect-ploop/core"
import { Option } from "effect"

const disk = "/vz/101/DiskDescriptor.xml"
const image = HostPath.make("/vz/101/root.hdd")
const device = DevicePath.make("/dev/ploop17")
const id = SnapshotId.make("aaaaaaaa-0000-4000-8000-00000000000a")
const attachment = { device, partition: DevicePath.partition(device), component: "backup" }
const tree = SnapshotTree.SnapshotTree.make({
  nodes: [SnapshotTree.Node.make({ id: SnapshotId.top, temporary: false, file: "root.hdd" })]
})
const nothing = undefined
const directory = HostPath.make("/vz/volume")
const size = ByteSize.GiB(10)

interface Sample {
  /** What a caller may write, with every option that goes together. */
  readonly options: unknown
  readonly result: unknown
}

const volume = {
  directory,
  disk: Disk.inDirectory(directory),
  readOnly: false,
  parent: HostPath.make("/vz/snapshot"),
  snapshot: id,
  children: [HostPath.make("/vz/clone")],
  deltaSize: ByteSize.MiB(1)
}

/** A call of every operation. */
export const samples: { readonly [Name in Operation.Name]: Sample } = {
  create: {
    options: {
      image,
      size: "10G",
      format: "raw",
      clusterSize: "64K",
      version: 2,
      fileSystem: "ext3",
      lazy: false,
      label: "root",
      partition: false,
      sparse: true
    },
    result: { disk: Disk.make(disk), image, version: 2 }
  },
  restoreDescriptor: { options: { image, format: "raw", clusterSize: 65536n }, result: Disk.make(disk) },
  remove: {
    options: { disk, keepOthers: true },
    result: { removed: [image, HostPath.make(disk)], kept: [HostPath.make("/vz/101/notes")] }
  },
  clone: {
    options: { disk, snapshot: id, directory: "/vz/102" },
    result: { disk: Disk.make("/vz/102/DiskDescriptor.xml"), images: [image] }
  },
  exportImage: {
    options: { disk, snapshot: id, file: "/backup/101.qcow2", format: "qcow2" },
    result: { file: HostPath.make("/backup/101.qcow2"), size }
  },
  importImage: {
    options: { file: "/backup/101.raw", image, version: 2, clusterSize: "256K" },
    result: { disk: Disk.make(disk), image, version: 2, size }
  },
  convert: { options: { disk, version: 1 }, result: nothing },
  check: { options: { image, raw: true, clusterSize: "1M" }, result: { outcome: "clean", findings: ["a line"] } },
  replace: { options: { disk, level: 0, with: "/vz/new.hdd", keepName: true }, result: nothing },
  mount: {
    options: { disk, snapshot: "base", target: "/mnt", readOnly: true, data: ["noload"] },
    result: { ...attachment, disk: Disk.make(disk), target: HostPath.make("/mnt"), readOnly: true }
  },
  umount: { options: { disk, component: "~backup" }, result: nothing },
  resize: { options: { disk, size: 10n << 30n, mode: "online" }, result: nothing },
  createSnapshot: { options: { disk, id }, result: id },
  createTemporarySnapshot: {
    options: { disk, component: "backup", target: "/mnt" },
    result: { ...attachment, disk: Disk.make(disk), id }
  },
  switchSnapshot: { options: { disk, id }, result: nothing },
  snapshotAndSwitch: { options: { disk, id, keepAs: id }, result: id },
  switchAndDelete: { options: { disk, id }, result: nothing },
  deleteSnapshot: { options: { disk, id }, result: { _tag: "MarkedTemporary", id, children: [id] } },
  mergeSnapshots: { options: { disk, all: true, into: "/vz/merged.hdd" }, result: { survivor: id, image, gone: [id] } },
  listSnapshots: { options: { disk }, result: tree },
  snapshotSizes: { options: { disk }, result: [{ id, image, size, moved: size }] },
  createVolume: { options: { directory, size: "10G", clusterSize: "64K", fileSystem: "ext3" }, result: volume },
  snapshotVolume: { options: { volume: directory, directory: "/vz/snapshot" }, result: volume },
  cloneVolume: { options: { volume: directory, directory: "/vz/clone" }, result: volume },
  switchVolume: { options: { volume: directory, to: "/vz/snapshot" }, result: volume },
  deleteVolume: { options: { volume: directory }, result: nothing },
  volumeInfo: { options: { volume: directory }, result: volume },
  volumeTree: {
    options: { volume: directory },
    result: {
      directory,
      readOnly: true,
      children: [{ directory: HostPath.make("/vz/clone"), readOnly: false, children: [] }]
    }
  },
  encrypt: { options: { disk, keyId: "key/1", copy: true }, result: undefined },
  dropTracking: { options: { disk }, result: undefined },
  imageInfo: { options: { disk }, result: { size, clusterSize: ClusterSize.standard, version: 2 } },
  fileSystemInfo: {
    options: { disk, mayMount: true },
    result: { size, free: size, inodes: 655_360n, freeInodes: 655_349n, blockSize: ByteSize.KiB(4), source: "cached" }
  },
  sizeLimits: {
    options: { disk, mayMount: true },
    result: { size, minimum: size, maximum: size, maximumGrow: size }
  },
  deviceOf: { options: { disk }, result: Option.some(attachment) },
  isMounted: { options: { disk }, result: true },
  attachments: {
    options: { disk },
    result: [{
      ...attachment,
      snapshot: SnapshotId.top,
      readOnly: false,
      targets: [HostPath.make("/mnt")],
      images: [image],
      deleted: []
    }]
  },
  listDevices: { options: nothing, result: [{ device, image, target: HostPath.make("/mnt") }] },
  topDelta: { options: { disk }, result: image },
  tool: { options: nothing, result: { path: "ploop", generation: "1.15" } },
  prerequisites: {
    options: nothing,
    result: [{ name: "driver", status: "missing", neededFor: "mount", remedy: "Load it." }]
  },
  deviceStatistics: { options: { device }, result: { bio_in: 1n << 60n } },
  balloonStatus: { options: { device }, result: { size, maintenance: "OFF" } },
  balloonClear: { options: { disk }, result: "OFF" },
  balloonChange: { options: { target: "/mnt", size: 0 }, result: { before: size, after: size, truncated: size } },
  balloonComplete: { options: { disk }, result: ["a line"] },
  balloonCheck: { options: { disk }, result: [] },
  balloonRepair: { options: { disk }, result: [] },
  discard: {
    options: { disk, automount: true, defrag: true, toFree: "1G", minBlock: "1M" },
    result: { truncated: size, relocated: 3 }
  },
  discardStatus: { options: { disk }, result: { balloon: size, disk: size, image: size } },
  copySend: { options: { device, freezeCommand: "fsfreeze -f /mnt" }, result: new Uint8Array([1]) },
  copyReceive: { options: { image }, result: nothing },
  copyTo: { options: { device }, result: { number: 1, bytes: size } },
  copyFrom: { options: { image }, result: { number: 1, bytes: size } },
  start: { options: { device }, result: nothing },
  stop: { options: { device }, result: nothing },
  clear: { options: { device }, result: nothing },
  deleteDelta: { options: { device, level: 1 }, result: nothing },
  grow: { options: { image, raw: true, size: "20G" }, result: nothing },
  mergeDelta: { options: { delta: `${image}.1`, image }, result: nothing },
  nextDevice: { options: nothing, result: device }
}

/** One way to break the host in memory. */
export interface Mutant {
  /** What is broken, as a sentence. */
  readonly broken: string
  /** The operation whose cases are run first. */
  readonly operation: string
  /** A file in the sources of the package. */
  readonly file: string
  /** A text that is in the file once. */
  readonly find: string
  /** What takes its place. */
  readonly put: string
}

const images = "internal/operations/images.ts"
const mounts = "internal/operations/mounts.ts"
const resizing = "internal/operations/resize.ts"
const snapshots = "internal/operations/snapshots.ts"
const merging = "internal/operations/merging.ts"
const queries = "internal/operations/queries.ts"
const balloon = "internal/operations/balloon.ts"
const copy = "internal/operations/copy.ts"
const lowLevel = "internal/operations/lowLevel.ts"
const devices = "internal/devices.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    broken: "create does not round the size up to whole clusters",
    operation: "create",
    file: images,
    find: "const size = ClusterSize.roundUp(request.size, cluster)",
    put: "const size = request.size"
  },
  {
    broken: "create writes over a descriptor that is there",
    operation: "create",
    file: images,
    find: "refuseExisting(tool, path, disk)",
    put: "refuseExisting(tool, path)"
  },
  {
    broken: "a new preallocated image has no room in its file",
    operation: "create",
    file: images,
    find: "filled: image.clusterCount(blank)",
    put: "filled: 0"
  },
  {
    broken: "a new descriptor names its image by an absolute path",
    operation: "create",
    file: images,
    find: "file: tool.path.basename(path)",
    put: "file: path"
  },
  {
    broken: "create makes ext4 when it is asked for ext3",
    operation: "create",
    file: "internal/freshFileSystem.ts",
    find: "ext4.layout(options.type,",
    put: "ext4.layout(\"ext4\","
  },
  {
    broken: "create takes a size one step below the least for a file system",
    operation: "create",
    file: images,
    find: "return size > 2n * cluster",
    put: "return size >= 2n * cluster"
  },
  {
    broken: "generation 7 refuses ext3, and generation 9 makes it",
    operation: "create",
    file: images,
    find: "if (generation(tool) === \"9\" && request.fileSystem === \"ext3\") {",
    put: "if (generation(tool) === \"7\" && request.fileSystem === \"ext3\") {"
  },
  {
    broken: "a new disk is refused for the descriptor that is there, not for its image",
    operation: "create",
    file: images,
    find: "refuseExisting(tool, path, disk)",
    put: "refuseExisting(tool, disk, path)"
  },
  {
    broken: "a restored descriptor has the size of the file for that of the disk",
    operation: "restoreDescriptor",
    file: images,
    find: "const size = BigInt(opened.image.size)",
    put: "const size = BigInt(image.fileSize(opened.image))"
  },
  {
    broken: "a restored descriptor replaces one that is there",
    operation: "restoreDescriptor",
    file: images,
    find: "yield* refuseExisting(tool, disk)",
    put: ""
  },
  {
    broken: "a restored descriptor names its image as seen from a link to its directory",
    operation: "restoreDescriptor",
    file: images,
    find: "disks.relative(tool, directory, real)",
    put: "disks.relative(tool, home, real)"
  },
  {
    broken: "a raw image of a size that 32 KiB divides alone is given no cluster",
    operation: "restoreDescriptor",
    file: images,
    find: "17n, 16n, 15n]",
    put: "17n, 16n]"
  },
  {
    broken: "generation 7 names an image elsewhere by its absolute path",
    operation: "restoreDescriptor",
    file: "internal/disk.ts",
    find: "generation(tool) !== \"1.15\" || path.startsWith",
    put: "generation(tool) === \"9\" || path.startsWith"
  },
  {
    broken: "convert never goes back to format version 1",
    operation: "convert",
    file: images,
    find: "if (found.version !== version)",
    put: "if (found.version < version)"
  },
  {
    broken: "a base image that is converted to preallocated stays as small as it was",
    operation: "convert",
    file: images,
    find: "filled: raw ? 0 : clusters,",
    put: "filled: 0,"
  },
  {
    broken: "convert changes a disk that is in use",
    operation: "convert",
    file: images,
    find: "yield* refuseRunning(tool, disk)",
    put: ""
  },
  {
    broken: "generation 7 calls it a success that a raw image has no version",
    operation: "convert",
    file: images,
    find: "generation(tool) === \"7\" ? 38 : 0,",
    put: "0,"
  },
  {
    broken: "a disk whose base becomes raw has deltas of another type",
    operation: "convert",
    file: images,
    find:
      "images: disk.descriptor.images.map((other) => ({ ...other, type: format === \"raw\" ? \"Plain\" : \"Compressed\" }))",
    put:
      "images: disk.descriptor.images.map((other, index) => ({ ...other, type: format === \"raw\" && index === 0 ? \"Plain\" : \"Compressed\" }))"
  },
  {
    broken: "convert changes the version of an image that is marked as in use",
    operation: "convert",
    file: images,
    find: "          requireClean(tool)\n",
    put: "          (opened) => Either.right(opened)\n"
  },
  {
    broken: "convert gives version 1 to a disk that is too large for it",
    operation: "convert",
    file: images,
    find: "version === 1 && disk.descriptor.diskSize > FormatVersion.maximumSize(1)",
    put: "version === 1 && disk.descriptor.diskSize < 0n"
  },
  {
    broken: "a check says that it repaired an image, and leaves the mark of use in it",
    operation: "check",
    file: images,
    find: "{ ...found, dirty: false, staleFlag",
    put: "{ ...found, staleFlag"
  },
  {
    broken: "a check of a disk looks at its uppermost image only",
    operation: "check",
    file: images,
    find: "const nodes = [...SnapshotTree.chain(disk.tree, id)].reverse()",
    put: "const nodes = SnapshotTree.chain(disk.tree, id).slice(0, 1)"
  },
  {
    broken: "a check throws away what is in a broken image without being told to",
    operation: "check",
    file: images,
    find: "if (!mend.hardForce) return",
    put: "if (mend.readOnly) return"
  },
  {
    broken: "an image that is converted to preallocated is not marked as empty",
    operation: "check",
    file: images,
    find: "staleFlag: opened.image.staleFlag || (!raw && wasEmpty)",
    put: "staleFlag: opened.image.staleFlag"
  },
  {
    broken: "a check of a disk tells how its last image was, not the others",
    operation: "check",
    file: images,
    find: "outcome: one.outcome === \"clean\" ? found.outcome : one.outcome",
    put: "outcome: one.outcome"
  },
  {
    broken: "a check looks for duplicates without force",
    operation: "check",
    file: images,
    find: "mend.duplicates && (mend.force || found.dirty)",
    put: "mend.duplicates"
  },
  {
    broken: "generation 1.15 takes only one value for the mark of use",
    operation: "check",
    file: "internal/image.ts",
    find: "anyMark ? view.getUint32(44, true) !== 0 : ",
    put: ""
  },
  {
    broken: "a check of an image that was in use does not look closely",
    operation: "check",
    file: images,
    find: "found.staleFlag && (found.dirty || mend.force)",
    put: "found.staleFlag && mend.force"
  },
  {
    broken: "replace takes an image that differs from the one it replaces",
    operation: "replace",
    file: images,
    find: "yield* refuseDifferent(tool, old, next)",
    put: ""
  },
  {
    broken: "replace counts levels from the top",
    operation: "replace",
    file: images,
    find: "const level = levels[request.level ?? 0]",
    put: "const level = levels.at(-1 - (request.level ?? 0))"
  },
  {
    broken: "replace takes an image that is marked as empty otherwise than the old one",
    operation: "replace",
    file: images,
    find: "image.isMarkedEmpty(old.image) !== image.isMarkedEmpty(next.image)",
    put: "false"
  },
  {
    broken: "replace under the old name leaves a descriptor that lay aside",
    operation: "replace",
    file: images,
    find: "return disks.dropAside(tool, disk)",
    put: "return"
  },
  {
    broken: "a read-only mount takes writes",
    operation: "mount",
    file: devices,
    find: "readOnly: options.readOnly })",
    put: "readOnly: false })"
  },
  {
    broken: "a mount leaves the numbers of an earlier one beside the image",
    operation: "mount",
    file: mounts,
    find: "if (request.component === undefined) disks.dropStatfs(tool, disk)",
    put: ""
  },
  {
    broken: "a mount leaves its image without the mark of use",
    operation: "mount",
    file: devices,
    find: "if (!options.readOnly) yield* clearInUse(tool, top, true)",
    put: ""
  },
  {
    broken: "a snapshot with one child is mounted for writing",
    operation: "mount",
    file: mounts,
    find: "snapshot === SnapshotId.top || children === 0",
    put: "snapshot === SnapshotId.top || children <= 1"
  },
  {
    broken: "a mount passes over mount options that the file system does not know",
    operation: "mount",
    file: devices,
    find: "options.data?.find((option) => !isKnown(option))",
    put: "options.data?.find((option) => option === \"\")"
  },
  {
    broken: "a mount does not finish what was begun with a temporary snapshot",
    operation: "mount",
    file: mounts,
    find: "if (request.component === undefined) mergeTemporary(tool, disk)",
    put: ""
  },
  {
    broken: "a mount that fails leaves its device behind",
    operation: "mount",
    file: mounts,
    find: "{ ...wanted, component: request.component, device: request.device })",
    put: "{ ...wanted, component: request.component, device: request.device }); tool.tx.keep()"
  },
  {
    broken: "generation 7 mounts images of version 1 as they are",
    operation: "mount",
    file: mounts,
    find: "const convert = generation(tool) === \"7\"",
    put: "const convert = generation(tool) === \"9\""
  },
  {
    broken: "umount leaves no numbers beside the image",
    operation: "umount",
    file: mounts,
    find: "devices.writeStatfs(tool, disk, device)",
    put: ""
  },
  {
    broken: "umount takes a file system away in which a file is open",
    operation: "umount",
    file: devices,
    find: "for (const handle of HashMap.values(tx.state.handles)) if (handle.file.volume === volume) return true",
    put: ""
  },
  {
    broken: "umount leaves the mark of use in the image",
    operation: "umount",
    file: devices,
    find: "yield* setInUse(tool, device, false)",
    put: ""
  },
  {
    broken: "umount of an idle disk fails with the code of a bad parameter",
    operation: "umount",
    file: mounts,
    find: ": said(tool, 40,",
    put: ": said(tool, 38,"
  },
  {
    broken: "a umount that fails keeps no numbers",
    operation: "umount",
    file: mounts,
    find: "and stay when it fails.\n      tool.tx.keep()",
    put: "and stay when it fails."
  },
  {
    broken: "umount leaves the directory at which the tool mounts by itself",
    operation: "umount",
    file: mounts,
    find: "files.removeDirectory(tool.tx, `${disks.base(tool, disk)}.mnt`)",
    put: ""
  },
  {
    broken: "a resize leaves the old size in the descriptor",
    operation: "resize",
    file: resizing,
    find: "yield* disks.change(tool, disk, { diskSize: ByteSize.make(size) })",
    put: ""
  },
  {
    broken: "a resize of an idle disk leaves it attached",
    operation: "resize",
    file: mounts,
    find: "yield* devices.detach(tool, current)",
    put: ""
  },
  {
    broken: "a resize that must be offline is done to a mounted disk",
    operation: "resize",
    file: resizing,
    find: "if (request.mode === \"offline\" && device !== undefined) {",
    put: "if (request.mode === \"offline\" && device?.readOnly === true) {"
  },
  {
    broken: "a disk that is made smaller offline keeps more of its file system than it may",
    operation: "resize",
    file: resizing,
    find: "const wanted = size - 4 * cluster",
    put: "const wanted = size - 2 * cluster"
  },
  {
    broken: "a disk that is made smaller offline gives nothing back to the host",
    operation: "resize",
    file: resizing,
    find: "return yield* discardBehind(tool, current(tool, device))",
    put: "return"
  },
  {
    broken: "a raw disk with a snapshot cannot be made smaller",
    operation: "resize",
    file: resizing,
    find: "if (chain.length > 1) return",
    put: ""
  },
  {
    broken: "a resize that fails leaves the numbers of the file system before it",
    operation: "resize",
    file: mounts,
    find: "if (Either.isLeft(result)) tool.tx.keep()",
    put: ""
  },
  {
    broken: "an offline resize leaves numbers beside the image",
    operation: "resize",
    file: resizing,
    find: "(attached) => change(attached, false), false)",
    put: "(attached) => change(attached, false))"
  },
  {
    broken: "a file system gains less than its disk",
    operation: "resize",
    file: resizing,
    find: "resizeFileSystem(tool, grown, size - 2 * cluster)",
    put: "resizeFileSystem(tool, grown, size - 4 * cluster)"
  },
  {
    broken: "a chain of snapshots may be one longer",
    operation: "createSnapshot",
    file: snapshots,
    find: "const longestChain = 127",
    put: "const longestChain = 128"
  },
  {
    broken: "a snapshot of a mounted disk misses what only the kernel has",
    operation: "createSnapshot",
    file: snapshots,
    find: "yield* devices.sync(tool, device)",
    put: ""
  },
  {
    broken: "what is written after a snapshot of a mounted disk goes to the snapshot",
    operation: "createSnapshot",
    file: snapshots,
    find: "devices.push(tool, device, level)",
    put: ""
  },
  {
    broken: "the image of a snapshot taken of a mounted disk keeps the mark of use",
    operation: "createSnapshot",
    file: snapshots,
    find: "{ ...inode.body, dirty: false }",
    put: "{ ...inode.body }"
  },
  {
    broken: "a descriptor keeps the root element of another generation",
    operation: "createSnapshot",
    file: "internal/disk.ts",
    find: "    rootElement: rootElement(tool),",
    put: "    rootElement: descriptor.rootElement,"
  },
  {
    broken: "the missing image of a raw disk has the code of other images",
    operation: "createSnapshot",
    file: "internal/disk.ts",
    find: "[15, \"Failed to stat\"]",
    put: "[4, \"open\"]"
  },
  {
    broken: "a delta upon a raw image has another type than it",
    operation: "createSnapshot",
    file: snapshots,
    find:
      "({ ...entry, id: renamed(entry.id) })),\n        { id: SnapshotId.top, type: disks.isRaw(disk) ? \"Plain\" : \"Compressed\", file }",
    put: "({ ...entry, id: renamed(entry.id) })),\n        { id: SnapshotId.top, type: \"Compressed\", file }"
  },
  {
    broken: "a delta upon a raw image has format version 1",
    operation: "createSnapshot",
    file: snapshots,
    find: "tool.tx.state.largeDisks ? 2 : 1",
    put: "1"
  },
  {
    broken: "a snapshot that mends an image leaves it marked as empty",
    operation: "createSnapshot",
    file: snapshots,
    find: "dirty: false, staleFlag: false",
    put: "dirty: false"
  },
  {
    broken: "generation 9 locks with a file",
    operation: "createSnapshot",
    file: "internal/disk.ts",
    find: "if (generation(tool) !== \"9\" && Either.isLeft(",
    put: "if (Either.isLeft("
  },
  {
    broken: "a temporary snapshot is not marked as one",
    operation: "createTemporarySnapshot",
    file: snapshots,
    find: "entry.temporary || (temporary && entry.id === SnapshotId.top)",
    put: "entry.temporary"
  },
  {
    broken: "a temporary snapshot is shown for writing",
    operation: "createTemporarySnapshot",
    file: snapshots,
    find: "{ snapshot: id, readOnly: true, component }",
    put: "{ snapshot: id, readOnly: false, component }"
  },
  {
    broken: "a temporary snapshot is merged away while it is mounted",
    operation: "createTemporarySnapshot",
    file: merging,
    find: "!inUse(tool, disk, disks.imagePath(tool, disk, node.file))",
    put: "node.file !== \"\""
  },
  {
    broken: "a switch leaves the file of the old top delta",
    operation: "switchSnapshot",
    file: snapshots,
    find: "files.unlink(tool.tx, old)",
    put: ""
  },
  {
    broken: "a switch to a temporary snapshot is done",
    operation: "switchSnapshot",
    file: snapshots,
    find: "if (node.temporary) return yield* said",
    put: "if (node.temporary && node.parent === undefined) return yield* said"
  },
  {
    broken: "a switch leaves the numbers of the old file system beside the image",
    operation: "switchSnapshot",
    file: snapshots,
    find: "disks.dropStatfs(tool, disk)",
    put: ""
  },
  {
    broken: "generation 9 leaves an identifier out of the name of a delta when it switches",
    operation: "switchSnapshot",
    file: snapshots,
    find: "stripped && generation(tool) === \"9\"",
    put: "generation(tool) === \"9\""
  },
  {
    broken: "a delta upon a raw image has another type than it after a switch",
    operation: "switchSnapshot",
    file: snapshots,
    find:
      "images.filter((entry) => entry.id !== SnapshotId.top),\n        { id: SnapshotId.top, type: disks.isRaw(disk) ? \"Plain\" : \"Compressed\", file }",
    put:
      "images.filter((entry) => entry.id !== SnapshotId.top),\n        { id: SnapshotId.top, type: \"Compressed\", file }"
  },
  {
    broken: "snapshotAndSwitch keeps the data under another identifier than it was given",
    operation: "snapshotAndSwitch",
    file: snapshots,
    find: "const kept = request.keepAs ?? tool.tx.uuid()",
    put: "const kept = tool.tx.uuid()"
  },
  {
    broken: "switchAndDelete takes a snapshot that others are built on",
    operation: "switchAndDelete",
    file: snapshots,
    find: "SnapshotTree.children(disk.tree, id).filter((node) => node.id !== SnapshotId.top).length",
    put: "0"
  },
  {
    broken: "switchAndDelete undoes its switch when it cannot delete",
    operation: "switchAndDelete",
    file: snapshots,
    find: "the switch has happened.\n    tool.tx.keep()",
    put: "the switch has happened."
  },
  {
    broken: "a deleted snapshot keeps its file",
    operation: "deleteSnapshot",
    file: merging,
    find: "yield* denied(tool, 35, `unlink ${path}`)(files.unlink(tool.tx, path))\n    return next",
    put: "return next"
  },
  {
    broken: "a snapshot with several children is not marked when it is deleted",
    operation: "deleteSnapshot",
    file: snapshots,
    find: ": yield* markTemporary(tool, disk, id)",
    put: ": disk"
  },
  {
    broken: "a snapshot is deleted under the device that shows it",
    operation: "deleteSnapshot",
    file: merging,
    find: "if (attached.length > 0 && id !== SnapshotId.top) {",
    put: "if (attached.length > 1 && id !== SnapshotId.top) {"
  },
  {
    broken: "a deletion fails when something else cannot be merged after it",
    operation: "deleteSnapshot",
    file: snapshots,
    find: "yield* Either.orElse(mergeTemporary(tool, next), () => disks.readAnyName(tool, disk.path))",
    put: "yield* mergeTemporary(tool, next)"
  },
  {
    broken: "the top delta stays when a device with a name shows it",
    operation: "deleteSnapshot",
    file: merging,
    find: "attached.length > 0 && id !== SnapshotId.top",
    put: "attached.length > 0"
  },
  {
    broken: "a merge forgets the child's data",
    operation: "mergeSnapshots",
    file: merging,
    find: "tree: child.delta.tree ?? parent.delta.tree,",
    put: "tree: parent.delta.tree ?? child.delta.tree,"
  },
  {
    broken: "a merge forgets that the parent had clusters of its own",
    operation: "mergeSnapshots",
    file: merging,
    find: "clusters: HashSet.union(parent.delta.clusters, child.delta.clusters)",
    put: "clusters: child.delta.clusters"
  },
  {
    broken: "a merge into a smaller parent keeps the parent's size",
    operation: "mergeSnapshots",
    file: merging,
    find: "size: Math.max(parent.size, child.size),",
    put: "size: parent.size,"
  },
  {
    broken: "what is merged into a temporary snapshot becomes temporary",
    operation: "mergeSnapshots",
    file: merging,
    find: "entry.id === last ? { ...entry, id: survivor!, temporary } : entry",
    put: "entry.id === last ? { ...entry, id: survivor! } : entry"
  },
  {
    broken: "a merge takes an image that is marked as in use",
    operation: "mergeSnapshots",
    file: merging,
    find: "return opened.image.dirty && !inUse ?",
    put: "return opened.image.truncated && !inUse ?"
  },
  {
    broken: "a merge goes through a snapshot that has another child",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "if (children > 1 || ancestor === SnapshotId.top) {",
    put: "if (children > 2 || ancestor === SnapshotId.top) {"
  },
  {
    broken: "a merge down to a snapshot stops after the first",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "downTo === undefined ? 1 : chain.indexOf(downTo)",
    put: "1"
  },
  {
    broken: "a merge writes over the file that it is to make",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "return Either.isRight(files.lookup(tool.tx, into))",
    put: "return into === disk.path"
  },
  {
    broken: "a chain that is merged into a new file keeps the size of the base",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "const moved = { ...opened.image, size }",
    put: "const moved = opened.image"
  },
  {
    broken: "a device does not know the new file of a merge",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "? { ...level, path: into } : level",
    put: "? level : level"
  },
  {
    broken: "the information about an image that is marked as in use is given",
    operation: "imageInfo",
    file: queries,
    find: "if (image.dirty && generation(tool) === \"1.15\")",
    put: "if (image.truncated && generation(tool) === \"1.15\")"
  },
  {
    broken: "an idle disk is mounted for its numbers without consent",
    operation: "fileSystemInfo",
    file: queries,
    find: "if (request.mayMount !== true) {",
    put: "if (request.mayMount === false) {"
  },
  {
    broken: "what files take of a file system is shown as free",
    operation: "fileSystemInfo",
    file: devices,
    find: "freeBlocks: shown(volume.space?.freeBlocks ?? 0),",
    put: "freeBlocks: shown(layout.blocks - ext4.overhead(layout)),"
  },
  {
    broken: "a mount under another name removes the numbers of the last umount",
    operation: "fileSystemInfo",
    file: mounts,
    find: "if (request.component === undefined) disks.dropStatfs(tool, disk)",
    put: "disks.dropStatfs(tool, disk)"
  },
  {
    broken: "generation 1.15 has a code for a disk that is attached and not mounted",
    operation: "fileSystemInfo",
    file: queries,
    find: "...(generation(tool) !== \"1.15\" && { exitCode: 15 })",
    put: "exitCode: 15"
  },
  {
    broken: "the inodes that a file system reserves are free",
    operation: "fileSystemInfo",
    file: devices,
    find: "inodes - ext4.reservedInodes - HashMap",
    put: "inodes - HashMap"
  },
  {
    broken: "the numbers of a file system are looked for where a link to the descriptor leads",
    operation: "fileSystemInfo",
    file: queries,
    find: "tool.path.dirname(tool.path.resolve(\"/\", request.disk))",
    put: "tool.path.dirname(disk.path)"
  },
  {
    broken: "the numbers of a file system are kept beside the descriptor",
    operation: "fileSystemInfo",
    file: "internal/disk.ts",
    find: "`${tool.path.dirname(base(tool, disk))}/.statfs`",
    put: "`${disk.home}/.statfs`"
  },
  {
    broken: "the device of a component is that of any component",
    operation: "deviceOf",
    file: queries,
    find: "devices.all(tool, disk).find((other) => other.component === component)",
    put: "devices.all(tool, disk)[0]"
  },
  {
    broken: "the list of devices has no mount points",
    operation: "listDevices",
    file: queries,
    find: "...(target !== undefined && { target }),",
    put: ""
  },
  {
    broken: "a balloon that is made smaller gives nothing back",
    operation: "balloonChange",
    file: balloon,
    find: "space.release(volume.space!, held)",
    put: "volume.space!"
  },
  {
    broken: "a discard frees less than it was asked to by part of a cluster",
    operation: "discard",
    file: balloon,
    find: "Math.ceil(Number(request.toFree) / device.clusterSize)",
    put: "Math.floor(Number(request.toFree) / device.clusterSize)"
  },
  {
    broken: "a discard takes extents that are shorter than was said",
    operation: "discard",
    file: balloon,
    find: "if (length < minimum) continue",
    put: ""
  },
  {
    broken: "a discard that may not mount mounts an idle disk",
    operation: "discard",
    file: balloon,
    find: "if (request.disk !== undefined && request.automount === true) {",
    put: "if (request.disk !== undefined) {"
  },
  {
    broken: "a discard that mounts an idle disk leaves no numbers beside the image",
    operation: "discard",
    file: balloon,
    find: "(device) => discardFrom(tool, device, request))",
    put: "(device) => discardFrom(tool, device, request), false)"
  },
  {
    broken: "a discard of no device fails with the code of other operations",
    operation: "discard",
    file: balloon,
    find: "tool.operation.startsWith(\"discard\") ? 1 : 38",
    put: "38"
  },
  {
    broken: "the state of a discard counts the balloon as part of the disk",
    operation: "discardStatus",
    file: balloon,
    find: "disk: mebibytes(device.size - balloon),",
    put: "disk: mebibytes(device.size),"
  },
  {
    broken: "the state of a discard is asked for of an idle disk",
    operation: "discardStatus",
    file: balloon,
    find: "return yield* refused(new PloopError.NotMounted(context(tool)))",
    put: "return yield* notMounted(tool)"
  },
  {
    broken: "the counters of a device do not count what is written",
    operation: "deviceStatistics",
    file: "internal/transaction.ts",
    find: "bio_writes: bio_writes + BigInt(clusters.size)",
    put: "bio_writes"
  },
  {
    broken: "the counters of no device fail with the code of other operations",
    operation: "deviceStatistics",
    file: copy,
    find: "said(tool, 9, ",
    put: "said(tool, 2, "
  },
  {
    broken: "a copy carries the mark of use",
    operation: "copySend",
    file: copy,
    find: "{ ...inode.body, dirty: false }",
    put: "{ ...inode.body }"
  },
  {
    broken: "a copy of what is not mounted fails with the code of a missing device",
    operation: "copySend",
    file: copy,
    find: "said(tool, 4, `Can't find mount point",
    put: "said(tool, 2, `Can't find mount point"
  },
  {
    broken: "a stream that breaks off between two packets is taken for a whole copy",
    operation: "copyReceive",
    file: copy,
    find: "if (at + headerSize > bytes.length) return yield* said(tool, 6, \"Error in nread(desc): Success\")",
    put: "if (at + headerSize > bytes.length) return"
  },
  {
    broken: "a received image can be read by everybody",
    operation: "copyReceive",
    file: copy,
    find: "files.flags(\"wx\"), 0o600",
    put: "files.flags(\"wx\"), 0o644"
  },
  {
    broken: "a stream that is no copy fails with the code of a short one",
    operation: "copyReceive",
    file: copy,
    find: "said(tool, 13, \"Stream corrupted\")",
    put: "said(tool, 6, \"Stream corrupted\")"
  },
  {
    broken: "a running device is started once more",
    operation: "start",
    file: lowLevel,
    find: "if (device.running) return yield* said(tool, 3, \"PLOOP_IOC_START: Device or resource busy\")",
    put: ""
  },
  {
    broken: "stop leaves the mark of use in the image",
    operation: "stop",
    file: lowLevel,
    find: "yield* devices.setInUse(tool, device, false)",
    put: ""
  },
  {
    broken: "the top delta of a running device can be taken out",
    operation: "deleteDelta",
    file: lowLevel,
    find: "if (level === undefined || request.level === device.levels.length - 1) {",
    put: "if (level === undefined) {"
  },
  {
    broken: "grow makes an idle image smaller",
    operation: "grow",
    file: resizing,
    find: "if (size < opened.image.size) {",
    put: "if (size < opened.image.clusterSize) {"
  },
  {
    broken: "part of a cluster, for a running disk, is refused by the tool and not before it",
    operation: "grow",
    file: resizing,
    find: "if (device !== undefined && size % device.clusterSize !== 0) {",
    put: "if (device !== undefined && size % 512 !== 0) {"
  },
  {
    broken: "a grown image of few clusters is not marked as empty",
    operation: "grow",
    file: resizing,
    find: "image.rewritten(grown)",
    put: "grown"
  },
  {
    broken: "a read-only device is not grown to the size that it has",
    operation: "grow",
    file: resizing,
    find: "size > device.size && device.topReadOnly",
    put: "device.topReadOnly"
  },
  {
    broken: "generation 7 has the same code as 1.15 for growing a disk that is not there",
    operation: "grow",
    file: "internal/disk.ts",
    find: "[\"resize\", \"grow\"]",
    put: "[\"resize\"]"
  },
  {
    broken: "the next device is one that is there already",
    operation: "nextDevice",
    file: devices,
    find: "while (isTaken(tx, DevicePath.make(`/dev/ploop${number}`))) number++",
    put: ""
  },
  {
    broken: "a write into a file loses what stood around it",
    operation: "mount",
    file: "internal/content.ts",
    find: "if (old !== undefined) bytes.set(old)",
    put: ""
  },
  {
    broken: "an operation that fails leaves the half of its work",
    operation: "mount",
    file: "internal/host.ts",
    find: "return [result, tx.left ?? before]",
    put: "return [result, tx.state]"
  },
  {
    broken: "a mount of the only image as the base names a snapshot",
    operation: "mount",
    file: mounts,
    find: "...(snapshot !== undefined && snapshot !== SnapshotId.top && { snapshot })",
    put: "...(snapshot !== undefined && { snapshot })"
  },
  {
    broken: "generation 7 gives images version 2 when they are mounted under another name",
    operation: "mount",
    file: mounts,
    find: "!options.readOnly && options.component === undefined",
    put: "!options.readOnly"
  },
  {
    broken: "generation 1.15 refuses a file system without a balloon",
    operation: "mount",
    file: devices,
    find: "generation(tool) === \"1.15\" || device.volume === undefined || balloon(",
    put: "device.volume === undefined || balloon("
  },
  {
    broken: "a disk cannot be shown twice read-only",
    operation: "mount",
    file: devices,
    find: "other.device !== device.device && !other.readOnly && tx",
    put: "other.device !== device.device && tx"
  },
  {
    broken: "a mount takes the mark of use from images below the last",
    operation: "mount",
    file: mounts,
    find: "if (index < chain.length - 1) return said(",
    put: "if (index < -1) return said("
  },
  {
    broken: "a mount that mends an image leaves it marked as empty",
    operation: "mount",
    file: mounts,
    find: "dirty: false, staleFlag: false",
    put: "dirty: false"
  },
  {
    broken: "a disk is not shown read-only beside a device that only attaches it",
    operation: "mount",
    file: devices,
    find: "!other.readOnly && tx.mountsOf(other.device).length > 0 &&",
    put: "!other.readOnly &&"
  },
  {
    broken: "the state of a balloon of no disk fails with the code of other operations",
    operation: "balloonStatus",
    file: "internal/disk.ts",
    find: "tool.operation.startsWith(\"balloon\")",
    put: "tool.operation.startsWith(\"balloonChange\")"
  },
  {
    broken: "a top delta on which others are built is deleted",
    operation: "deleteSnapshot",
    file: snapshots,
    find: "if (id === SnapshotId.top && children.length > 0) {",
    put: "if (id === SnapshotId.top && children.length > 1) {"
  },
  {
    broken: "a top delta is deleted where its parent is lost to another",
    operation: "deleteSnapshot",
    file: snapshots,
    find: "id === renamed || parent === renamed",
    put: "id === renamed"
  },
  {
    broken: "a snapshot is merged into the top delta",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "children > 1 || ancestor === SnapshotId.top",
    put: "children > 1"
  },
  {
    broken: "what is merged into a new file is not called empty",
    operation: "mergeSnapshots",
    file: snapshots,
    find: "isCopied ? image.calledEmpty(moved) : moved",
    put: "moved"
  },
  {
    broken: "the new delta of a read-only device is read-only too",
    operation: "createSnapshot",
    file: devices,
    find: "levels: [...device.levels, level], topReadOnly: false",
    put: "levels: [...device.levels, level]"
  }
]

import { inFile as inAnyFile } from "../engine/Mutant.js"
import type { Breakage } from "../engine/Selection.js"
import { at } from "../engine/Selection.js"

const inFile = (file: string, operation: string, breakages: Readonly<Record<string, Breakage>>) =>
  inAnyFile({ package: "backend-fake", file: `internal/${file}`, operation }, breakages)

const images = "operations/images.ts"
const mounts = "operations/mounts.ts"
const resizing = "operations/resize.ts"
const snapshots = "operations/snapshots.ts"
const merging = "operations/merging.ts"
const queries = "operations/queries.ts"
const balloon = "operations/balloon.ts"
const copy = "operations/copy.ts"
const lowLevel = "operations/lowLevel.ts"
const devices = "devices.ts"
const disks = "disk.ts"

export const fake = [
  ...inFile(images, "create", {
    "create does not round the size up to whole clusters": at("create").call("roundUp").unwrap(),
    "create writes over a descriptor that is there": at("requireCreatable").call("refuseExisting").part(-1).drop(),
    "a new disk is refused for the descriptor that is there, not for its image": at("requireCreatable").call(
      "refuseExisting"
    )
      .swap(1, 2),
    "a new preallocated image has no room in its file": at("newImage").value("preallocated").nth(1).put("0"),
    "a new descriptor names its image by an absolute path": at("create").call("basename").unwrap(),
    "create takes a size one step below the least for a file system": at("refuseForFileSystem").binary(">").nth(-1)
      .operator(">="),
    "generation 7 refuses ext3, and generation 9 makes it": at("requireCreatable").call("create").put("Either.void")
  }),
  ...inFile("freshFileSystem.ts", "create", {
    "create makes ext4 when it is asked for ext3": at("make").call("layout").part(0).put("\"ext4\"")
  }),
  ...inFile(images, "restoreDescriptor", {
    "a restored descriptor has the size of the file for that of the disk": at("restoreDescriptor").call("BigInt").nth(0)
      .put("BigInt(image.fileSize(opened.image))"),
    "a restored descriptor replaces one that is there": at("restoreDescriptor").call("refuseExisting").drop(),
    "a restored descriptor names its image as seen from a link to its directory": at("restoreDescriptor").call(
      "relative"
    ).part(1).put("home"),
    "a raw image of a size that 32 KiB divides alone is given no cluster": at("clusterOfRaw").literal("15n").drop()
  }),
  ...inFile(images, "convert", {
    "convert never goes back to format version 1": at("convertVersion").if().nth(-1).condition().put(
      "found.version < version"
    ),
    "a base image that is converted to preallocated stays as small as it was": at("convertBase").value("preallocated")
      .put(
        "0"
      ),
    "convert changes a disk that is in use": at("convert").call("refuseRunning").drop(),
    "a disk whose base becomes raw is none by its descriptor": at("convertFormat").property("images").drop(),
    "convert changes the version of an image whose in-use flag is set": at("convertVersion").mention("requireClean")
      .put("() => (opened: disks.OpenImage) => Either.right(opened)"),
    "convert gives version 1 to a disk that is too large for it": at("convertVersion").binary(">").put("false")
  }),
  ...inFile(images, "check", {
    "a check says that it repaired an image, and leaves the mark of use in it": at("checkKnown").property("dirty")
      .drop(),
    "a check of a disk inspects its uppermost image only": at("checkDisk").array().calling("chain").put(
      "[SnapshotTree.chain(disk.tree, id)[0]!]"
    ),
    "a check throws away what is in a broken image without being told to": at("checkKnown").if().mentioning("hardForce")
      .innermost().never(),
    "an image that is converted to preallocated is not marked as empty": at("convertBase").value("staleFlag").unwrap(0),
    "a check of a disk reports its last image, not the others": at("checkChain").call("worse").put("one.outcome"),
    "a check looks for duplicates without force": at("checkKnown").binary("||").mentioning("force").nth(0)
      .put("true"),
    "a check of an image that was in use does not look closely": at("checkKnown.stale").binary("||").unwrap(1)
  }),
  ...inFile("image.ts", "check", {
    "generation 1.15 takes only one value for the mark of use": at("fromBytes").value("dirty").unwrap(1)
  }),
  ...inFile(images, "replace", {
    "replace takes an image that differs from the one it replaces": at("replace").call("refuseDifferent").drop(),
    "replace counts levels from the top": at("selected.level").put("levels.at(-1 - (request.level ?? 0))"),
    "replace takes an image that is marked as empty otherwise than the old one": at("refuseDifferent").call(
      "isSameHeader"
    ).put("true"),
    "replace under the old name leaves a descriptor that lay aside": at("replace").call("dropAside").drop()
  }),
  ...inFile(devices, "mount", {
    "a read-only mount takes writes": at("attach").call("setVolume").value("readOnly").put("false"),
    "a mount leaves its image without the mark of use": at("attach").call("markInUse").put("Either.void"),
    "a mount passes over mount options that the file system does not know": at("mount.strange").call("find").part(0)
      .put("(option) => option === \"\""),
    "generation 1.15 refuses a file system without a balloon": at("requireBalloon").binary("===").nth(0).put("false"),
    "a disk cannot be shown twice read-only": at("isWrittenElsewhere").not().put("true"),
    "a disk is not shown read-only beside a device that only attaches it": at("isWrittenElsewhere").binary(">").put(
      "true"
    )
  }),
  ...inFile(mounts, "mount", {
    "a mount leaves the numbers of an earlier one beside the image": at("mount").call("dropStatfs").drop(),
    "a snapshot with one child is mounted for writing": at("mountedDelta").call("mountSnapshot").put(
      "Either.right({ snapshot: SnapshotId.top, readOnly: false })"
    ),
    "a mount does not finish what was begun with a temporary snapshot": at("mount").call("mergeTemporary").drop(),
    "a mount that fails leaves its device behind": at("mount").call("attach").put(
      "((found) => (tool.tx.checkpoint(), found))(_)"
    ),
    "generation 7 mounts images of version 1 as they are": at("attach.convert").call("trait").put("false"),
    "a mount of the only image as the base names a snapshot": at("mounted").binary("!==").nth(-1).put("true"),
    "generation 7 gives images version 2 when they are mounted under another name": at("attach.convert").binary("===")
      .nth(-1).put("true"),
    "a mount takes the mark of use from images below the last": at("repairChain").if().nth(1).never(),
    "a mount that repairs an image leaves it marked as empty": at("repairChain").property("staleFlag").drop()
  }),
  ...inFile("content.ts", "mount", {
    "a write into a file loses what stood around it": at("merged").if().nth(1).never()
  }),
  ...inFile("host.ts", "mount", {
    "an operation that fails leaves the half of its work": at("make.runIn").binary("??").put("tx.state")
  }),
  ...inFile(mounts, "umount", {
    "umount leaves no numbers beside the image": at("umountDisk").call("writeStatfs").drop(),
    "umount of an idle disk fails with the code of a bad parameter": at("umountDisk").literal("40").put("38"),
    "an unmount that fails keeps no numbers": at("umountDisk").call("checkpoint").drop(),
    "umount leaves the directory at which the tool mounts by itself": at("umountDisk").call("removeDirectory").drop()
  }),
  ...inFile(devices, "umount", {
    "umount takes a file system away in which a file is open": at("holds").loop().drop(),
    "umount leaves the mark of use in the image": at("detach").call("setInUse").drop()
  }),
  ...inFile(resizing, "resize", {
    "a resize leaves the old size in the descriptor": at("resizeRunning").call("change").drop(),
    "a resize that must be offline is done to a mounted disk": at("resize").call("resize").drop(),
    "a disk that is made smaller offline keeps more of its file system than it may": at("resizeRunning.wanted").literal(
      "4"
    ).put("2"),
    "a disk that is made smaller offline gives nothing back to the host": at("resizeRunning").call("discardBehind").put(
      "Either.void"
    ),
    "a raw disk with a snapshot cannot be made smaller": at("refuseRawShrink").if().drop(),
    "an offline resize leaves numbers beside the image": at("resize").call("temporarily").part(-1).drop(),
    "a file system gains less than its disk": at("resizeRunning").call("resizeFileSystem").nth(0).literal("2").put("4")
  }),
  ...inFile(mounts, "resize", {
    "a resize of an idle disk leaves it attached": at("temporarily").call("detach").nth(-1).drop(),
    "a resize that fails leaves the numbers of the file system before it": at("temporarily").call("checkpoint").nth(-1)
      .drop()
  }),
  ...inFile(snapshots, "createSnapshot", {
    "a chain of snapshots may be one longer": at("longestChain").put("128"),
    "a snapshot of a mounted disk misses what only the kernel has": at("addDelta").call("sync").drop(),
    "what is written after a snapshot of a mounted disk goes to the snapshot": at("addDelta").call("push").drop(),
    "the image of a snapshot taken of a mounted disk keeps the mark of use": at("addDelta").property("dirty").nth(0)
      .drop(),
    "a delta on a raw image has format version 1": at("newDelta").call("defaultVersion").put("1"),
    "a snapshot that repairs an image leaves it marked as empty": at("repaired").property("staleFlag").drop()
  }),
  ...inFile(disks, "createSnapshot", {
    "a descriptor keeps the root element of another generation": at("changed").value("rootElement").put(
      "descriptor.rootElement"
    ),
    "the images of a descriptor keep types of their own": at("changed").value("images").put("images"),
    "the missing image of a raw disk has the code of other images": at("openForSize").value("missing").unwrap(1)
  }),
  ...inFile(devices, "createSnapshot", {
    "the new delta of a read-only device is read-only too": at("push").property("topReadOnly").drop()
  }),
  ...inFile(snapshots, "createTemporarySnapshot", {
    "a temporary snapshot is not marked as one": at("withSnapshot").value("temporary").nth(0).unwrap(0),
    "a temporary snapshot is shown for writing": at("createTemporarySnapshot").value("readOnly").nth(-1).put("false")
  }),
  ...inFile(merging, "createTemporarySnapshot", {
    "a temporary snapshot is merged while it is mounted": at("nextTemporary").call("inUse").put("false")
  }),
  ...inFile(snapshots, "switchSnapshot", {
    "a switch leaves the file of the old top delta": at("switchTo").call("unlink").drop(),
    "a switch to a temporary snapshot is done": at("openSnapshot").ternary().never(),
    "a switch leaves the numbers of the old file system beside the image": at("switchTo").call("dropStatfs").drop(),
    "generation 9 leaves an identifier out of the name of a delta when it switches": at("baseName").binary("&&").unwrap(
      1
    )
  }),
  ...inFile(snapshots, "snapshotAndSwitch", {
    "snapshotAndSwitch keeps the data under another identifier than it was given": at("snapshotAndSwitch").binary("??")
      .unwrap(1)
  }),
  ...inFile(snapshots, "switchAndDelete", {
    "switchAndDelete takes a snapshot that others are built on": at("switchAndDelete").call("switchAndDelete").drop(),
    "switchAndDelete undoes its switch when it cannot delete": at("switchAndDelete").call("checkpoint").drop()
  }),
  ...inFile(merging, "deleteSnapshot", {
    "a deleted snapshot keeps its file": at("removeLeaf").curried("denied").drop(),
    "a snapshot is deleted under the device that shows it": at("removeLeaf").binary(">").literal("0").put("1"),
    "the top delta stays when a device with a name shows it": at("removeLeaf").binary("!==").nth(0).put("true")
  }),
  ...inFile(snapshots, "deleteSnapshot", {
    "a snapshot with several children is not marked when it is deleted": at("removeNode").call("markTemporary").put(
      "Either.right(disk)"
    ),
    "a deletion fails when something else cannot be merged after it": at("removeUnrefused").call("orElse").unwrap(),
    "a top delta on which others are built is deleted": at("deleteSnapshot").call("deleteSnapshot").put("Either.void")
  }),
  ...inFile(merging, "mergeSnapshots", {
    "a merge forgets the child's data": at("merged").binary("??").swap(),
    "a merge forgets that the parent had clusters of its own": at("merged").call("together").unwrap(1),
    "a merge into a smaller parent keeps the parent's size": at("mergedSize").call("max").nth(-1).unwrap(0),
    "what is merged into a temporary snapshot becomes temporary": at("remaining").property("temporary").drop(),
    "a merge takes an image whose in-use flag is set": at("requireClean").ternary().never()
  }),
  ...inFile(snapshots, "mergeSnapshots", {
    "a chain that is merged into a new file keeps the size of the base": at("moveInto.moved").put("opened.image"),
    "a device does not know the new file of a merge": at("moveInto").call("setDevice").property("path").drop(),
    "what is merged into a new file has no empty flag": at("moveInto").call("withEmptyFlag").unwrap()
  }),
  ...inFile(queries, "imageInfo", {
    "the information about an image whose in-use flag is set is given": at("imageInfo").if().mentioning("dirty").never()
  }),
  ...inFile(queries, "fileSystemInfo", {
    "an idle disk is mounted for its numbers without consent": at("fileSystemInfo").call("fileSystemInfo").value(
      "isCached"
    ).put("true"),
    "the numbers of a file system are looked for where a link to the descriptor leads": at("fileSystemInfo.cached")
      .call("dirname").part(0).put("disk.path")
  }),
  ...inFile(devices, "fileSystemInfo", {
    "what files take of a file system is shown as free": at("numbers").call("shown").nth(1).put(
      "shown(layout.blocks - layouts.overhead(layout))"
    ),
    "the inodes that a file system reserves are free": at("numbers").call("reservedInodes").put("0")
  }),
  ...inFile(mounts, "fileSystemInfo", {
    "a mount under another name removes the numbers of the last unmount": at("mount").if().calling("dropStatfs")
      .innermost().always()
  }),
  ...inFile(disks, "fileSystemInfo", {
    "the numbers of a file system are kept beside the descriptor": at("statfs").arrow().body().put(
      "`${disk.home}/.statfs`"
    )
  }),
  ...inFile(queries, "deviceOf", {
    "the device of a component is that of any component": at("deviceOf.device").call("find").nth(-1).part(0).put(
      "() => true"
    )
  }),
  ...inFile(queries, "listDevices", {
    "the list of devices has no mount points": at("listDevices").spread().nth(0).drop()
  }),
  ...inFile(balloon, "balloonChange", {
    "a balloon that is made smaller gives nothing back": at("inflate").call("release").unwrap()
  }),
  ...inFile(balloon, "discard", {
    "a discard frees less than it was asked to by part of a cluster": at("discardFrom.most").call("ceil").put(
      "Math.floor(_0)"
    ),
    "a discard takes extents that are shorter than was said": at("discardFrom").if().mentioning("minimum")
      .nth(-1).drop(),
    "a discard that may not mount mounts an idle disk": at("discard").binary("===").nth(0).put("true"),
    "a discard that mounts an idle disk leaves no numbers beside the image": at("discard").call("temporarily").put(
      "temporarily(_0, _1, _2, false)"
    ),
    "a discard of no device fails with the code of other operations": at("named").ternary().saying("1").innermost()
      .unwrap(1)
  }),
  ...inFile(balloon, "discardStatus", {
    "the state of a discard counts the balloon as part of the disk": at("discardStatus").value("disk").binary("-")
      .unwrap(0),
    "the state of a discard is asked for of an idle disk": at("discardStatus").call("idleDisk").drop()
  }),
  ...inFile("transaction.ts", "deviceStatistics", {
    "the counters of a device do not count what is written": at("Transaction.settle").binary("+").nth(0).unwrap(0)
  }),
  ...inFile(queries, "deviceStatistics", {
    "the counters of no device fail with the code of other operations": at("deviceStatistics").literal("9").put("2")
  }),
  ...inFile(copy, "copySend", {
    "a copy carries the mark of use": at("imageOf").property("dirty").nth(0).drop(),
    "a copy of what is not mounted fails with the code of a missing device": at("runningTop").literal("4").put("2")
  }),
  ...inFile(copy, "copyReceive", {
    "a stream that breaks off between two packets is taken for a whole copy": at("parse").if().nth(0).never(),
    "a received image can be read by everybody": at("store").literal("0o600").put("0o644"),
    "a stream that is not a copy fails with the code of a short one": at("parse").literal("13").put("6")
  }),
  ...inFile(lowLevel, "start", {
    "a running device is started once more": at("start").if().drop()
  }),
  ...inFile(lowLevel, "stop", {
    "stop leaves the mark of use in the image": at("stop").call("setInUse").drop()
  }),
  ...inFile(lowLevel, "deleteDelta", {
    "the top delta of a running device can be taken out": at("deleteDelta").binary("||").unwrap(0)
  }),
  ...inFile(resizing, "grow", {
    "grow makes an idle image smaller": at("growIdle").binary("<").nth(-1).put("false"),
    "part of a cluster, for a running disk, is refused by the tool and not before it": at("grow").call("growRunning")
      .nth(0).drop(),
    "a grown image of few clusters is not marked as empty": at("growIdle").call("rewritten").unwrap(),
    "a running device grows to a smaller size": at("growRunning").if().never()
  }),
  ...inFile(devices, "nextDevice", {
    "the next device is one that is there already": at("next").loop().drop()
  }),
  ...inFile("traits.ts", "convert", {
    "generation 7 converts images to version 1": at("convertsTo").value("7").put("[1, 2]")
  }),
  ...inFile("traits.ts", "createSnapshot", {
    "generation 9 locks with a file": at("leavesLockFile").value("9").put("true")
  }),
  ...inFile("traits.ts", "check", {
    "generation 7 clears the mark of use in a check of a disk": at("clearsInUseFlagOfDisk").value("7").put("true"),
    "generation 1.15 writes in a check that is read-only": at("checksWithoutWriting").value("1.15").put("false")
  }),
  ...inFile("traits.ts", "replace", {
    "generation 7 compares a replacement": at("comparesReplacement").value("7").put("true")
  }),
  ...inFile("traits.ts", "fileSystemInfo", {
    "generation 1.15 has a code for a disk that is attached and not mounted": at("unmountedFileSystemCode").value(
      "1.15"
    ).put("15")
  }),
  ...inFile("traits.ts", "balloonStatus", {
    "the state of a balloon of no disk fails with the code of other operations": at("balloonCode").literal("balloon")
      .put("\"balloonChange\"")
  }),
  ...inFile("traits.ts", "resize", {
    "generation 7 has the same code as 1.15 for resizing a disk that is not there": at("missingDescriptorCode")
      .value("7").put("balloonCode")
  }),
  ...inFile(snapshots, "mergeSnapshots", {
    "a merge writes over the file that it is to make": at("mergeSnapshots").call("existingFile").drop()
  })
]

import { inFile as inAnyFile } from "../engine/Mutant.js"
import type { Breakage } from "../engine/Selection.js"
import { at } from "../engine/Selection.js"

const inFile = (file: string, breakages: Readonly<Record<string, Breakage>>) =>
  inAnyFile({ package: "core", file }, breakages)

export const core = [
  ...inFile("internal/resource.ts", {
    "what was mounted is not unmounted": at("mounted").call("release").put("Effect.void"),
    "a scoped mount is unmounted by its device": at("release").value("component").put("undefined"),
    "a busy unmount at the end of a scope is not tried again": at("release").call("retry").drop(),
    "an unmount at the end of a scope is tried again after any failure": at("release").property("while").drop(),
    "a scoped mount that was unmounted meanwhile is a failure": at("release").call("catchTag").drop(),
    "the end of a temporary snapshot leaves it mounted": at("temporarySnapshot").call("release").put(
      "Effect.void"
    ),
    "the end of a temporary snapshot leaves it": at("temporarySnapshot").call("zipRight").drop(),
    "a temporary snapshot that is gone is a failure": at("temporarySnapshot").call("catchTag").drop(),
    "a failed release at the end of a scope is not reported": at("scoped").binary("??").put(
      "(() => Effect.void)"
    )
  }),
  ...inFile("Ploop.ts", {
    "a busy unmount is tried for ever": at("whileBusy").call("intersect").drop(),
    "the intervals of a busy unmount grow beyond five seconds": at("whileBusy").call("modifyDelay").drop()
  }),
  ...inFile("internal/argument.ts", {
    "bigints in options that are refused are a defect": at("show").call("stringify").part(1).drop(),
    "control characters of options come raw into messages": at("show").call("escape").unwrap(),
    "a value of any length is shown whole": at("show").call("escape").ternary().never(),
    "a rule of ours gives way to what Schema expected": at("refuse").binary("??").nth(-1).unwrap(1),
    "the field of a broken option is its first part only": at("refuse").call("join").nth(-1).put("_0 ?? path[0]")
  }),
  ...inFile("Operation.ts", {
    "the subject of an error is not the disk": at("subjectOf").loop().drop(),
    "a check that changes nothing is a change": at("table.check").property("isQuery").drop(),
    "convert can be killed": at("table.convert").value("kind").put("\"change\""),
    "delete can be killed": at("table.deleteSnapshot").value("kind").put("\"change\""),
    "a merge can be killed": at("table.mergeSnapshots").value("kind").put("\"change\""),
    "a switch can be killed": at("table.switchSnapshot").value("kind").put("\"change\""),
    "a snapshot can be killed": at("table.createSnapshot").value("kind").put("\"change\""),
    "a repair of a balloon can be killed": at("table.balloonRepair").value("kind").put("\"change\""),
    "a mount is a query": at("table.mount").value("kind").put("\"query\""),
    "a query of devices cannot be killed": at("table.listDevices").value("kind").put("\"uninterruptible\"")
  }),
  ...inFile("PrintableText.ts", {
    "control characters come raw into messages": at("escape").call("replace").put("text"),
    "bidirectional marks come raw into messages": at("escape").call("replace").part(0).put(
      "/[\\u0000-\\u0008\\u000a-\\u001f]/g"
    ),
    "isolates of direction come raw into messages": at("escape").call("replace").part(0).put(
      "/[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e]/g"
    )
  }),
  ...inFile("internal/json.ts", {
    "a large number is rounded in JSON": at("number").ternary().always(),
    "a result with a size cannot become JSON": at("serializable").if().nth(1).never(),
    "a list of results with sizes cannot become JSON": at("serializable").if().nth(0).never(),
    "what makes JSON of a result is seen in copies of it": at("serializable").call("defineProperty").put(
      "Object.assign(value, { toJSON: () => fields(value) })"
    )
  }),
  ...inFile("internal/refusal/paths.ts", {
    "a descriptor of any name is taken for one": at("descriptorName").binary("&&").put("false"),
    "a file that is there may be overwritten": at("existingFile").mention("exists").nth(-1).put("false"),
    "an image that is missing is looked for": at("missingImage").not().put("false"),
    "a device that is missing is looked for": at("missingDevice").not().put("false"),
    "a mount point that is missing is mounted at": at("missingMountPoint").not().put("false")
  }),
  ...inFile("internal/refusal/running.ts", {
    "a running disk is changed as if it were idle": at("runningDisk").ternary().always(),
    "a disk is attached twice": at("attachedDisk").ternary().always(),
    "an idle disk is taken for a running one": at("idleDisk").binary("===").put("false")
  }),
  ...inFile("internal/refusal/images.ts", {
    "ext3 is asked of generation 9": at("ext3").binary("&&").put("false"),
    "a new disk is larger than its version holds": at("create").call("largerThanVersion").put("Either.void"),
    "a disk may be as large as its version and no larger": at("largerThanVersion").binary(">").operator(">="),
    "a check of a disk has options that the tool ignores": at("check").binary("&&").nth(0).put("false"),
    "a check with readOnly and dropInUse changes the image": at("check").binary("&&").nth(-1).put("false"),
    "read-only is not among the options that the tool ignores": at("checkSwitches").literal("readOnly").drop(),
    "an image of an idle disk is replaced on generation 9": at("replace").call("when").nth(0).drop(),
    "a level is given for an idle disk": at("replace").call("when").nth(1).drop(),
    "a name is kept while the disk runs": at("replace").call("when").nth(2).drop(),
    "a raw disk is given a format version": at("convert").binary("&&").put("false"),
    "an image of version 1 grows beyond what it holds": at("grow").binary("&&").put("false"),
    "an image of any version is held to the limit of version 1": at("grow").binary("===").put("true"),
    "a running disk grows by part of a cluster": at("growRunning").binary("!==").put("false")
  }),
  ...inFile("internal/refusal/mounts.ts", {
    "the top delta is mounted as a snapshot": at("mountTop").binary("||").unwrap(0),
    "a snapshot with children is mounted for writing": at("mountSnapshot").ternary().nth(-1).always(),
    "a snapshot is mounted for writing unless it is said otherwise": at("mountSnapshot.readOnly").put(
      "request.readOnly === true"
    ),
    "the base of a disk is its top": at("mountSnapshot").call("base").put("SnapshotTree.top(tree)"),
    "an online resize of an idle disk is done": at("resize").call("idleDisk").put("Either.void"),
    "an offline resize of a running disk is done": at("resize").call("attachedDisk").put("Either.void"),
    "a raw disk with snapshots is cut": at("isCutWhenIdle").binary("===").nth(0).put("true"),
    "an idle raw disk is cut to the size that it has": at("shrinkIdleRaw").binary("<=").operator("<")
  }),
  ...inFile("internal/refusal/queries.ts", {
    "an idle disk is mounted for its numbers without consent": at("fileSystemInfo").ternary().always(),
    "the numbers of a running disk are those of a mount for them": at("fileSystemInfo").if().nth(1).never(),
    "maintenance is asked of a driver that has none": at("balloonMaintenance").not().put("false"),
    "a copy in a dialogue is taken for a stream": at("copy").call("when").part(0).put("false"),
    "generation 9 has a next device": at("nextDevice").call("when").part(0).put("false")
  }),
  ...inFile("internal/refusal/snapshots.ts", {
    "a snapshot beside a shared temporary one is tried": at("createSnapshot").ternary().nth(0).never(),
    "a temporary snapshot with one child is in the way": at("sharedTemporary").literal("1").put("0"),
    "a switch to the top delta is done": at("switchTo").call("when").nth(0).drop(),
    "a switch to a temporary snapshot is done": at("switchTo").call("when").nth(1).drop(),
    "a switch away from a snapshot that others are built on deletes it": at("switchAndDelete").binary(">").put("false"),
    "the top delta counts as a child of the snapshot that is deleted": at("switchAndDelete").binary("!==").put("true"),
    "a top delta on which others are built is deleted": at("deleteSnapshot").ternary().never(),
    "a top delta is deleted where its parent is lost to another": at("losesParent").binary("||").unwrap(0),
    "a top delta is deleted where it is the parent that is lost": at("losesParent").binary("||").unwrap(1)
  }),
  ...inFile("internal/refusal/limits.ts", {
    "ext4 keeps two per cent of its space, however much that is": at("keptByExt4").ternary().always()
  }),
  ...inFile("internal/refusal/sharing.ts", {
    "a snapshot without children is written to when it is deleted": at("writtenByDeletion.isWritten").put("true"),
    "a check that fills holes writes to no image": at("repairs").mention("repairSparse").nth(-1).put("false"),
    "a deletion that merges later writes to no image": at("writtenByDeletion.isWritten").binary(">").put(
      "SnapshotTree.children(tree, id).length === 1"
    )
  }),
  ...inFile("internal/refusal/merge.ts", {
    "a merge goes through a snapshot that has another child": at("sharedAncestor").literal("1").put("2"),
    "a snapshot is merged into the top delta": at("sharedAncestor").binary("||").unwrap(1),
    "a merge down to a snapshot stops after the first": at("stepsOf").return().nth(1).call("right").part(0).put("1"),
    "a merge of all stops after the first": at("stepsOf").ternary().nth(0).unwrap(1),
    "a merge down to the snapshot itself is one": at("stepsOf").binary(">").operator(">="),
    "a merge of a base has nothing to do": at("mergeRange").call("when").nth(1).drop(),
    "a delta of a directory that is not locked is merged": at("mergeDelta").call("when").nth(1).drop(),
    "a merge of a snapshot that is missing has nothing to do": at("mergeRange").call("when").nth(0).drop(),
    "generation 9 merges into a new file": at("mergeIntoFile").call("when").nth(0).drop(),
    "generation 7 merges a chain into a new file": at("mergeIntoFile").call("when").nth(1).drop(),
    "a raw base is merged into a new file": at("mergeIntoFile").call("when").nth(2).drop()
  }),
  ...inFile("internal/refusal/clone.ts", {
    "a clone of as many images as can be gets one more": at("cloneChain").binary(">=").operator(">"),
    "a full clone is refused what only a linked one cannot do": at("clone").if().always()
  }),
  ...inFile("internal/refusal/exchange.ts", {
    "an imported image may continue any file of the host": at("wrongQcow2").if().mentioning("hasBackingFile").never(),
    "an imported image may have its data in any file of the host": at("wrongQcow2").if().mentioning("hasDataFile")
      .never(),
    "an encrypted image is imported": at("wrongQcow2").if().mentioning("isEncrypted").never(),
    "an image that is marked as damaged is imported": at("wrongQcow2").ternary().never()
  }),
  ...inFile("internal/refusal/removal.ts", {
    "an image that another disk has is removed": at("requireOwn").binary("&&").nth(0).put("false"),
    "an image that a clone has inherited is in the way": at("requireOwn").binary("&&").nth(0).unwrap(0)
  }),
  ...inFile("SnapshotChange.ts", {
    "every snapshot is gone after a merge": at("gone").call("filter").put("ids(SnapshotTree.nodes(before))"),
    "a deletion that marks a snapshot says that it is gone": at("deleted").if().nth(1).never(),
    "the snapshot that a deleted top delta uncovers is not reported": at("deleted").spread().drop(),
    "a temporary snapshot with children is deleted again": at("alreadyMarked").ternary().never()
  }),
  ...inFile("GenerationTraits.ts", {
    "generation 9 depends on large disk support": at("knowsVersion2").value("9").put("(driver) => driver.largeDisks"),
    "new disks of every host are of version 2": at("defaultVersion").ternary().always(),
    "generation 7 copies one way": at("copiesInDialogue").value("7").put("false"),
    "generation 9 unmounts disks": at("unmountsDevicesOnly").value("9").put("false"),
    "generation 7 cuts no raw disks": at("cutsIdleRawDisks").value("7").put("false"),
    "generation 9 merges into a raw base": at("mergesIntoRawBase").value("9").put("true")
  }),
  ...inFile("internal/message.ts", {
    "a subject with a line end comes raw into the message": at("short").call("escape").unwrap(),
    "a message shows all that the tool printed": at("quoted").ternary().never(),
    "a message shows the beginning of what the tool printed": at("quoted").call("slice").put("words.slice(0, limit)"),
    "a message hides the identifier of a snapshot that may be there": at("render.made").ternary().always(),
    "a subject of any length is shown whole": at("short").ternary().never(),
    "a message has no exit code": at("render.code").ternary().always()
  }),
  ...inFile("internal/operation.ts", {
    "streams are not counted": at("stream").call("ensuringWith").drop(),
    "a sink is counted by an error that it cannot have": at("sink").return().nth(-1).put(
      "return Sink.mapError(Sink.ensuringWith(sunk, count), narrowed(Operation.subjectOf(options)))"
    )
  }),
  ...inFile("internal/decode.ts", {
    "an option that does not exist is ignored": at("decode").value("onExcessProperty").put("\"ignore\""),
    "an option that does not exist is passed over where no other has options": at("isFlat").not().nth(-1).put("false")
  }),
  ...inFile("internal/metrics.ts", {
    "an interrupted operation counts as a defect": at("outcome").ternary().never(),
    "operations are not counted": at("counter").call("unsafeUpdate").put("undefined"),
    "how long an operation takes is not measured": at("timer").call("unsafeUpdate").put("undefined"),
    "a failure beside an interruption counts as an interruption": at("outcome").call("isInterruptedOnly").put(
      "Cause.isInterrupted(cause)"
    )
  }),
  ...inFile("internal/call.ts", {
    "the span of an operation does not end": at("end").call("end").put("undefined"),
    "an operation is not the parent of what it runs": at("within").call("add").unwrap(),
    "the logs of an operation do not name it": at("within").call("set").nth(0).unwrap(),
    "what follows a call is logged in its name": at("instrument").call("set").nth(0).put("Effect.void"),
    "a span does not say what it is about": at("annotations").property("ploop.subject").drop(),
    "a path forges a line of the log": at("annotations").call("escape").unwrap(),
    "what the caller annotated its logs with is lost within a call": at("within").mention("logged").nth(-1).put(
      "HashMap.empty()"
    )
  }),
  ...inFile("internal/classify.ts", {
    "the rules are asked in any exit code": at("applies").binary("&&").nth(0).part(0).part(0).put("true"),
    "the rules are asked in any operation": at("applies").call("includes").nth(1).put("true"),
    "only the standard error is searched for a cause": at("classify.words").put("words = outcome.stderr"),
    "an error keeps the beginning of what the tool printed": at("contextOf").call("slice").put("words.slice(0, limit)"),
    "an error keeps all that the tool printed": at("contextOf").ternary().never(),
    "a killed tool has failed of itself": at("classify").if().nth(0).never(),
    "a signal behind a prefix is an exit code": at("classify.signal").call("signalOf").put("undefined"),
    "an image rolled back is replaced": at("hiddenFailure").if().never(),
    "a raw image that was not converted is converted": at("hiddenFailure").ternary().never(),
    "a file that a new disk would overwrite is a snapshot in use": at("byCode").ternary().nth(-1).never(),
    "without a device mapper, generation 9 is out of memory": at("byCode").ternary().nth(0).never(),
    "the holders of a busy mount are not read": at("holders").call("set").drop(),
    "only the last holder of a busy mount is named": at("holders").array().nth(-1).put("[...found.values()].slice(-1)"),
    "a lock that another process holds is permission denied": at("rules").construct("Locked").nth(-1)
      .put("new PloopError.PermissionDenied(context)"),
    "the pid of the holder of a lock is lost": at("rules").construct("Locked").nth(0).property("pid").drop(),
    "a number of the tool is of any size": at("count").call("min").unwrap(0),
    "a process with the number of a file of the tool is not a holder": at("holders").binary("===").nth(0).put("true"),
    "an ancestor in capitals is another snapshot": at("named").call("toLowerCase").nth(-1).put("groups[\"ancestor\"]")
  }),
  ...inFile("SnapshotTree.ts", {
    "two snapshots of one identifier are a tree": at("fromDescriptor").if().nth(0).never(),
    "an image without a snapshot is passed over": at("fromDescriptor").if().nth(2).put(
      "if (snapshot === undefined) continue"
    ),
    "two images of one snapshot are a tree": at("fromDescriptor").if().nth(1).never(),
    "a snapshot on a missing one is a tree": at("fromDescriptor").if().nth(3).never(),
    "a snapshot that is its own ancestor is a tree": at("fromDescriptor").if().nth(4).never(),
    "a tree may have no top delta": at("fromDescriptor").if().nth(-1).never(),
    "a temporary snapshot is an ordinary one": at("nodeOf").value("temporary").nth(1).put("false"),
    "the base is the lowest of any chain": at("base").binary("??").put("tree.nodes[0]"),
    "a snapshot is its own ancestor": at("isAncestor").binary("&&").unwrap(1),
    "the children of a snapshot are all snapshots": at("below").call("filter").put("tree.nodes"),
    "a chain leaves its base out": at("chain").call("push").put("next.value.parent === undefined || _"),
    "a rendered tree shows control characters raw": at("defaultLabel").call("escape").unwrap(),
    "a rendered tree does not mark what is temporary": at("defaultLabel").ternary().nth(-1).never(),
    "the children in a large tree are in the reverse order": at("indexOf").call("push").put("siblings.unshift(node)")
  }),
  ...inFile("ByteSize.ts", {
    "a part of a sector is cut off": at("toSectors").binary("+").put("size"),
    "a bare number in text is bytes": at("parse").binary("??").nth(-1).part(1).put("\"b\""),
    "K is 1000 bytes": at("units").literal("10n").put("9n"),
    "a size that a unit does not divide is rounded when it is written": at("toText").binary("&&").unwrap(0),
    "negative sizes are sizes": at("ByteSizeFromSelf").binary(">=").put("true"),
    "fractional numbers of bytes are rounded": at("ByteSizeFromNumber").call("isSafeInteger").put("true")
  }),
  ...inFile("SnapshotId.ts", {
    "an identifier in capitals is another one": at("canonical").call("toLowerCase").put(
      "text.startsWith(\"{\") ? text : `{${text}}`"
    ),
    "a new snapshot may have the identifier of the top delta": at("NewSnapshotId").binary("||").unwrap(0),
    "the nil UUID is a snapshot": at("SnapshotId").ternary().never(),
    "a random identifier is of no version": at("random").index().nth(0).put("digits[13]")
  }),
  ...inFile("Request.ts", {
    "a disk of no bytes can be created": at("positive").binary(">").operator(">="),
    "a size may have a part of a sector": at("sectors").call("filter").nth(0).drop(),
    "an image may be called like a descriptor": at("Create").if().nth(1).never(),
    "a block size without a file system is ignored": at("Create").ternary().never(),
    "two ways of naming one thing can be given at once": at("exactlyOne").binary("===").nth(0).operator(">="),
    "none of several ways has to be given": at("exactlyOne").binary("===").nth(0).operator("<="),
    "options that exclude each other can be given together": at("notTogether").binary("||").put("true"),
    "an option that needs another one stands alone": at("needs").binary("||").put("true"),
    "a mount option may smuggle in another one": at("Mount").call("filter").nth(0).put("_0"),
    "a discard that only defragments takes a smallest extent": at("Discard").literal("minBlock").drop()
  }),
  ...inFile("internal/hostPath.ts", {
    "a path may hold a NUL byte": at("brokenTextRule").if().nth(1).never(),
    "a path is counted in characters": at("isTooLong").binary("||").put("path.length > longest"),
    "a path may be half of a character": at("brokenTextRule").if().nth(2).never(),
    "characters of three bytes are counted as two": at("isTooLong").literal("3").put("2")
  }),
  ...inFile("FormatVersion.ts", {
    "version 1 holds as much as version 2": at("maximumSize").ternary().never()
  }),
  ...inFile("DiskDescriptor.ts", {
    "a split disk is read as its first part": at("readStorage").ternary().nth(-1).always(),
    "a temporary top delta is accepted": at("readSnapshots").if().nth(1).never(),
    "an older top delta keeps its identifier": at("renameTop.renamed").ternary().never(),
    "as many images as snapshots need not be there": at("readSnapshots").if().nth(-1).never(),
    "what does not change in a descriptor is written again": at("format").if().nth(-1).never(),
    "a snapshot that is no longer temporary stays so in the file": at("change").ternary().nth(-1).always(),
    "a number that is not exact is read": at("small").ternary().always(),
    "what is built on a renamed top delta keeps its old name": at("renameTop").value("parent").put("snapshot.parent"),
    "a preallocated disk has a mark that the tool does not take": at("storageFields").literal("1").put("\"2\""),
    "a change loses what is in the elements of an older top delta": at("setList").binary("||").nth(0).unwrap(0)
  }),
  ...inFile("internal/descriptorXml.ts", {
    "entities of a descriptor are expanded": at("options").value("processEntities").put("true"),
    "broken XML is read as far as it goes": at("parse").if().nth(0).never(),
    "a control character in a descriptor is read": at("parse").if().nth(2).never(),
    "a descriptor may declare entities of its own": at("parse").if().nth(3).never()
  }),
  ...inFile("internal/xmlText.ts", {
    "a carriage return in a file name is lost": at("encode").call("replace").part(0).put("/[&<>]/g"),
    "an ampersand in a file name breaks the descriptor": at("encode").call("replace").part(0).put("/[<>\\r]/g")
  }),
  ...inFile("PloopError.ts", {
    "an error that an operation does not have is shown as one that it has": at("narrow").call("has").put("true"),
    "a narrowed error loses its exit code": at("narrow").property("exitCode").drop(),
    "a failure that passes is final": at("Busy").binary("===").put("false"),
    "a failure that stays is to be tried again": at("AlreadyExists").literal("false").put("true"),
    "the deletion of another delta is to be tried": at("isRepeatable").binary("&&").unwrap(0)
  }),
  ...inFile("ExitCode.ts", {
    "every code above 128 is a signal": at("signalOf").ternary().put("signals.get(code - 128) ?? \"SIGKILL\""),
    "a code below 128 may be a signal": at("signalOf").ternary().always()
  }),
  ...inFile("Progress.ts", {
    "the numbers of an uninterruptible operation are read for ever": at("track").call("interruptible").unwrap()
  }),
  ...inFile("CopyProtocol.ts", {
    "the next reply makes good what the receiver refused": at("Watch.replied").if().nth(1).put(
      "this.refused = code > 0"
    ),
    "a dialogue always has checksums": at("Watch.replied").binary("!==").put("true")
  }),
  ...inFile("internal/marks.ts", {
    "the extension of an image is looked for at the start of a shared buffer": at("extensionSector").construct(
      "DataView"
    )
      .put("new DataView(start.buffer)")
  }),
  ...inFile("ImageExamination.ts", {
    "a file that ends in its extension is whole": at("lacksExtension").binary("+").unwrap(0)
  }),
  ...inFile("internal/refusal/volumes.ts", {
    "a volume holds those whose paths begin with its own": at("isBelow").call("startsWith").part(0).put("directory"),
    "a volume is deleted with a file of no volume": at("ownFiles").call("when").nth(-1).drop(),
    "a snapshot is deleted while its child runs": at("deleteVolume").call("runningDisk").nth(-1).drop()
  }),
  ...inFile("internal/changes/imageFile.ts", {
    "an image ends where one read of it does": at("readNext").if().condition().put("part === undefined || at > 0")
  }),
  ...inFile("internal/changes/entry.ts", {
    "a file that becomes setuid is the same": at("metadata").literal("0o7777").put("0o777")
  }),
  ...inFile("internal/changes/tracked.ts", {
    "the last byte of a map is not read where a part of it is used": at("partOf").binary("/").nth(-1).put("count / 8n")
  }),
  ...inFile("internal/changes/held.ts", {
    "what was released is released again at the end of the scope": at("make").call("getAndSet").put("Ref.get(releases)")
  }),
  ...inFile("internal/changes/between.ts", {
    "tracked blocks are all although the disk was mounted meanwhile": at("trackedBlocks").call("concat").unwrap()
  }),
  ...inFile("internal/changes/blocks.ts", {
    "the disk ends where the first image does": at("extents").call("reduce").put("images[0].size")
  }),
  ...inFile("internal/changes/walk.ts", {
    "a file that is named like a balloon is left out anywhere": at("isBalloon").binary("===").put("true")
  }),
  ...inFile("ChangeTracking.ts", {
    "one cluster of an extension is cut off": at("withoutExtension").loop().put(
      "if (clusters.has(size - clusterSize)) size -= clusterSize"
    )
  }),
  ...inFile("internal/progress.ts", {
    "a listener that throws ends the operation": at("told").call("suspend").put("listen(report)")
  }),
  ...inFile("DiskClone.ts", {
    "a clone loses the limit of the size of deltas": at("descriptor").spread().mentioning("maxDeltaSize").drop()
  }),
  ...inFile("internal/refusal/descriptors.ts", {
    "a lost map is copied when a snapshot is taken before a switch": at("copiesMap").literal("snapshotAndSwitch").drop()
  }),
  ...inFile("internal/known.ts", {
    "a failure of no class is shown as an empty object": at("shown").call("String").put(
      "Inspectable.toStringUnknown(error, 0)"
    )
  })
]
